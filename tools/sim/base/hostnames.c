/* SPDX-License-Identifier: MIT */
#include "tools/sim/base/hostnames.h"

#include <arpa/inet.h>
#include <string.h>

#define NAME_BYTES 200 /* with the rest of a URL in SIM_URL_MAX */

/* The next name of the list, from *at on; false at its end. */
static bool
next(const char **at, char out[NAME_BYTES])
{
	size_t n;

	*at += strspn(*at, ", \t");
	n = strcspn(*at, ", \t");
	str_format(out, NAME_BYTES, "%.*s", n < NAME_BYTES ? (int)n : 0, *at);
	*at += n;
	return n > 0;
}

static bool
is_address(const char *name)
{
	unsigned char in[16];

	return inet_pton(AF_INET, name, in) == 1
	    || inet_pton(AF_INET6, name, in) == 1;
}

static bool
is_any(const char *name)
{
	return strcmp(name, "0.0.0.0") == 0 || strcmp(name, "::") == 0;
}

int
hostnames_check(const struct sim *sim, struct err *e)
{
	const char *at = sim->cfg.names;
	char name[NAME_BYTES];
	int n = 0;

	while (next(&at, name)) {
		bool host = strspn(name,
				"abcdefghijklmnopqrstuvwxyz"
				"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.")
			== strlen(name)
		    && name[0] != '\0' && strchr("-.", name[0]) == NULL;

		if ((!host && !is_address(name)) || is_any(name))
			return err_set(e, EXIT_USAGE,
			    "--names %s: expected names of hosts and "
			    "addresses.",
			    sim->cfg.names);
		if (++n > HOSTNAMES_MAX)
			return err_set(e, EXIT_USAGE, "--names: %d at most.",
			    HOSTNAMES_MAX);
	}
	return 0;
}

static void
add(FILE *f, const char *name)
{
	fprintf(f, ",%s:%s", is_address(name) ? "IP" : "DNS", name);
}

char *
hostnames_sans(const struct sim *sim)
{
	const char *at = sim->cfg.names;
	char name[NAME_BYTES], *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (f == NULL)
		bug("no memory for a few names");
	fputs("DNS:localhost,IP:127.0.0.1,IP:::1", f);
	if (!is_any(sim->cfg.listen))
		add(f, sim->cfg.listen);
	while (next(&at, name))
		add(f, name);
	fclose(f);
	return text;
}

void
hostnames_host(const struct sim *sim, char *out, size_t size)
{
	const char *at = sim->cfg.names;
	char name[NAME_BYTES];
	bool six;

	if (!next(&at, name))
		str_copy(name, sim->cfg.listen, sizeof(name));
	six = strchr(name, ':') != NULL;
	str_format(out, size, "%s%s%s", six ? "[" : "", name, six ? "]" : "");
}
