/* SPDX-License-Identifier: MIT */
#include "shared/base/err.h"

#include "shared/base/text.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

static void printflike(3, 0)
    err_vset(struct err *e, int code, const char *fmt, va_list ap)
{
	e->code = code;
	text_vformat(e->text, sizeof(e->text), fmt, ap);
}

int
err_set(struct err *e, int code, const char *fmt, ...)
{
	va_list ap;

	if (e == NULL)
		return -1;
	va_start(ap, fmt);
	err_vset(e, code, fmt, ap);
	va_end(ap);
	return -1;
}

int
err_sys(struct err *e, int code, const char *fmt, ...)
{
	int saved = errno;
	va_list ap;

	if (e == NULL)
		return -1;
	va_start(ap, fmt);
	err_vset(e, code, fmt, ap);
	va_end(ap);
	size_t n = strlen(e->text);
	str_format(e->text + n, sizeof(e->text) - n, ": %s", strerror(saved));
	errno = saved;
	return -1;
}

int
err_prefix(struct err *e, const char *fmt, ...)
{
	char old[sizeof(e->text)];
	va_list ap;

	if (e == NULL)
		return -1;
	str_copy(old, e->text, sizeof(old));
	va_start(ap, fmt);
	text_vformat(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	size_t n = strlen(e->text);
	str_format(e->text + n, sizeof(e->text) - n, ": %s", old);
	return -1;
}
