/* SPDX-License-Identifier: MIT */
/* Numbers with units: "64M", "250ms". */
#include "shared/config/config_keys.h"

#include <math.h>
#include <string.h>
#include <strings.h>

struct unit {
	const char *name;
	int64_t scale;
};

/* Largest first: writing takes the first that divides. */
static const struct unit size_unit[] = {
	{"G", (int64_t)1 << 30}, {"M", 1 << 20}, {"K", 1 << 10}, {"", 1},
};
static const struct unit time_unit[] = {
	{"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}, {"", 1000},
};

static const struct unit *
units_of(enum config_type type, size_t *n)
{
	*n = type == CONFIG_SIZE ? nitems(size_unit) : nitems(time_unit);
	return type == CONFIG_SIZE ? size_unit : time_unit;
}

/* "1.5M": a number and one of the units.  -1 when it is neither. */
int
config_unit_read(const char *text, enum config_type type, int64_t *out)
{
	size_t n, digits = strspn(text, "0123456789.");
	const struct unit *unit = units_of(type, &n);
	char number[32];
	double d;

	if (digits == 0 || digits >= sizeof(number))
		return -1;
	memcpy(number, text, digits);
	number[digits] = '\0';
	if (!str_to_double(number, &d))
		return -1;
	text += digits + strspn(text + digits, " ");
	for (size_t i = 0; i < n; i++) {
		if (strcasecmp(text, unit[i].name) != 0)
			continue;
		d *= (double)unit[i].scale;
		if (d > 9e15)
			return -1;
		*out = llround(d);
		return 0;
	}
	return -1;
}

void
config_unit_write(int64_t value, enum config_type type, char *out, size_t size)
{
	const struct unit *unit;
	size_t n;

	unit = units_of(type, &n);
	for (size_t i = 0; i < n; i++) {
		if (unit[i].name[0] == '\0' && type == CONFIG_DURATION)
			continue;	/* bare numbers are read, not written */
		if (value % unit[i].scale != 0 ||
		    (value == 0 && unit[i].scale != 1))
			continue;
		str_format(out, size, "%lld%s",
		    (long long)(value / unit[i].scale), unit[i].name);
		return;
	}
}
