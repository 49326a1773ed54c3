/* SPDX-License-Identifier: MIT */
#include "tools/sim/base/text.h"

#include <stdarg.h>
#include <string.h>

#define TEXT_MIN 256

void
text_reserve(struct sim_text *t, size_t more)
{
	size_t need = t->len + more + 1, cap = t->cap ? t->cap : TEXT_MIN;

	if (need <= t->cap)
		return;
	while (cap < need)
		cap *= 2;
	t->p = base_realloc(t->p, cap);
	t->cap = cap;
}

void
text_add(struct sim_text *t, const void *data, size_t len)
{
	text_reserve(t, len);
	if (len > 0)
		memcpy(t->p + t->len, data, len);
	t->len += len;
	t->p[t->len] = '\0';
}

void
text_str(struct sim_text *t, const char *s)
{
	text_add(t, s, strlen(s));
}

static void __attribute__((format(printf, 2, 0)))
add_va(struct sim_text *t, const char *fmt, va_list ap)
{
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	must(n >= 0);
	text_reserve(t, (size_t)n);
	vsnprintf(t->p + t->len, (size_t)n + 1, fmt, again);
	va_end(again);
	t->len += (size_t)n;
}

void
text_fmt(struct sim_text *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_va(t, fmt, ap);
	va_end(ap);
}

int
text_say(struct sim_text *t, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_va(t, fmt, ap);
	va_end(ap);
	return code;
}

void
text_u64(struct sim_text *t, uint64_t v)
{
	char buf[20];
	size_t i = sizeof(buf);

	do {
		buf[--i] = (char)('0' + v % 10);
		v /= 10;
	} while (v > 0);
	text_add(t, buf + i, sizeof(buf) - i);
}

static void
json_byte(struct sim_text *t, unsigned char c)
{
	if (c == '"' || c == '\\')
		text_fmt(t, "\\%c", c);
	else if (c == '\n')
		text_str(t, "\\n");
	else if (c < 0x20 || c == 0x7f)
		text_fmt(t, "\\u%04x", c);
	else
		text_add(t, &c, 1);
}

void
text_quote_n(struct sim_text *t, const char *s, size_t len)
{
	text_add(t, "\"", 1);
	for (size_t i = 0; i < len; i++)
		json_byte(t, (unsigned char)s[i]);
	text_add(t, "\"", 1);
}

void
text_quote(struct sim_text *t, const char *s)
{
	text_quote_n(t, s, strlen(s));
}

void
text_reset(struct sim_text *t)
{
	t->len = 0;
	if (t->p)
		t->p[0] = '\0';
}

void
text_drop(struct sim_text *t, size_t n)
{
	must(n <= t->len);
	t->len -= n;
	if (t->len > 0)
		memmove(t->p, t->p + n, t->len);
	if (t->p)
		t->p[t->len] = '\0';
}

void
text_free(struct sim_text *t)
{
	free(t->p);
	*t = (struct sim_text){0};
}
