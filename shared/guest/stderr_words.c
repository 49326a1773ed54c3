/* SPDX-License-Identifier: MIT */
/* See stderr_words.h. */
#include "shared/guest/stderr_words.h"

#include "shared/base/text.h"

#include <string.h>

/* Node, Bun and Deno; Rust; Go; PHP: what they say behind the error. */
static const char *const trailer[] = {"Node.js v", "Bun v", "Deno v",
    "note: ", "goroutine ", "created by ", "exit status ", "Stack trace:", "#",
    "thrown ", "(Use `node --trace"};

/* How much of its beginning is blank, also as text.h writes a tab. */
static size_t
blank(const char *line)
{
	size_t n = 0;

	for (;;)
		if (strncmp(line + n, "\\x09", 4) == 0)
			n += 4;
		else if (line[n] == ' ' || line[n] == '\t' || line[n] == '\r')
			n++;
		else
			return n;
}

/* A frame of Go: "main.main()", "main.(*T).f(0x1, 0x2)". */
static bool
is_call(const char *line, size_t len)
{
	return line[len - 1] == ')' && strcspn(line, "(") < strcspn(line, " ");
}

static bool
is_trailer(const char *line)
{
	size_t len = strlen(line);

	while (len > 0 && (line[len - 1] == ' ' || line[len - 1] == '\r'))
		len--;
	if (len == 0 || blank(line) > 0)
		return true;
	if (strspn(line, "{}[]()^~;,-=") >= len || is_call(line, len))
		return true;
	for (size_t i = 0; i < nitems(trailer); i++)
		if (strncmp(line, trailer[i], strlen(trailer[i])) == 0)
			return true;
	return false;
}

void
stderr_words(char *words, size_t size, const char *line)
{
	if (line[blank(line)] == '\0')
		return;
	if (words[0] == '\0' || !is_trailer(line))
		text_clean(words, size, line, strlen(line));
}
