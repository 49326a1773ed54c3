/* SPDX-License-Identifier: MIT */
/* See last_words.h. */
#include "handler/last_words.h"

#include <string.h>

/* Node, Bun and Deno; Rust; Go; PHP: what they say behind the error. */
static const char *const trailer[] = {"Node.js v", "Bun v", "Deno v", "note: ",
    "goroutine ", "created by ", "exit status ", "Stack trace:", "#", "thrown ",
    "(Use `node --trace"};

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
	if (len == 0 || line[0] == ' ' || line[0] == '\t')
		return true;
	if (strspn(line, "{}[]()^~;,-=") >= len || is_call(line, len))
		return true;
	for (size_t i = 0; i < nitems(trailer); i++)
		if (strncmp(line, trailer[i], strlen(trailer[i])) == 0)
			return true;
	return false;
}

void
last_words(char *words, size_t size, const char *line)
{
	if (line[strspn(line, " \t\r")] == '\0')
		return;
	if (words[0] == '\0' || !is_trailer(line))
		str_copy(words, line, size);
}
