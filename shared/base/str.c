/* SPDX-License-Identifier: MIT */
#include "shared/base/str.h"

#include "shared/base/text.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

size_t
str_copy(char *dst, const char *src, size_t size)
{
	size_t len = strlen(src);

	if (size > 0) {
		size_t n = text_cut(src, len, size - 1);

		memcpy(dst, src, n);
		dst[n] = '\0';
	}
	return len;
}

bool
str_format(char *dst, size_t size, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(dst, size, fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n >= size && size > 0)
		dst[text_whole(dst, size - 1)] = '\0';
	return n >= 0 && (size_t)n < size;
}

bool
str_to_u64(const char *s, uint64_t *out)
{
	uint64_t v = 0;

	if (*s == '\0')
		return false;
	for (; *s != '\0'; s++) {
		if (*s < '0' || *s > '9')
			return false;
		uint64_t digit = (uint64_t)(*s - '0');
		if (v > (UINT64_MAX - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	*out = v;
	return true;
}

bool
str_to_i64(const char *s, int64_t *out)
{
	bool negative = *s == '-';
	uint64_t v;

	if (!str_to_u64(s + negative, &v) || v > (uint64_t)INT64_MAX)
		return false;
	*out = negative ? -(int64_t)v : (int64_t)v;
	return true;
}

bool
str_to_double(const char *s, double *out)
{
	char *end;

	/* strtod would take leading blanks, hex, inf and nan. */
	if (s[strspn(s, "0123456789.-")] != '\0' || *s == '\0')
		return false;
	errno = 0;
	double v = strtod(s, &end);
	if (*end != '\0' || end == s || errno == ERANGE)
		return false;
	*out = v;
	return true;
}
