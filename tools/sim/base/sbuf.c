/* SPDX-License-Identifier: MIT */
#include "tools/sim/base/sbuf.h"

#include <stdarg.h>
#include <string.h>

#define SBUF_MIN 256

void
sbuf_reserve(struct sbuf *t, size_t more)
{
	size_t need = t->len + more + 1, cap = t->cap ? t->cap : SBUF_MIN;

	if (need <= t->cap)
		return;
	while (cap < need)
		cap *= 2;
	t->p = base_realloc(t->p, cap);
	t->cap = cap;
}

void
sbuf_add(struct sbuf *t, const void *data, size_t len)
{
	sbuf_reserve(t, len);
	if (len > 0)
		memcpy(t->p + t->len, data, len);
	t->len += len;
	t->p[t->len] = '\0';
}

void
sbuf_str(struct sbuf *t, const char *s)
{
	sbuf_add(t, s, strlen(s));
}

void
sbuf_fmt(struct sbuf *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	must(n >= 0);
	sbuf_reserve(t, (size_t)n);
	va_start(ap, fmt);
	vsnprintf(t->p + t->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	t->len += (size_t)n;
}

static void
json_byte(struct sbuf *t, unsigned char c)
{
	if (c == '"' || c == '\\')
		sbuf_fmt(t, "\\%c", c);
	else if (c == '\n')
		sbuf_str(t, "\\n");
	else if (c < 0x20 || c == 0x7f)
		sbuf_fmt(t, "\\u%04x", c);
	else
		sbuf_add(t, &c, 1);
}

void
sbuf_quote(struct sbuf *t, const char *s)
{
	sbuf_add(t, "\"", 1);
	for (; *s != '\0'; s++)
		json_byte(t, (unsigned char)*s);
	sbuf_add(t, "\"", 1);
}

void
sbuf_reset(struct sbuf *t)
{
	t->len = 0;
	if (t->p)
		t->p[0] = '\0';
}

void
sbuf_drop(struct sbuf *t, size_t n)
{
	must(n <= t->len);
	t->len -= n;
	if (t->len > 0)
		memmove(t->p, t->p + n, t->len);
	if (t->p)
		t->p[t->len] = '\0';
}

void
sbuf_free(struct sbuf *t)
{
	free(t->p);
	*t = (struct sbuf) {0};
}
