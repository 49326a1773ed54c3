/* SPDX-License-Identifier: MIT */
#include "shared/base/base.h"

#include <string.h>
#include <unistd.h>

static char fault[480];

const char *
base_fault(void)
{
	return fault;
}

void
base_fail(const char *file, int line, const char *func, const char *what)
{
	char text[512];
	int n;

	snprintf(fault, sizeof(fault), "invariant broken at %s:%d in %s: %s",
	    file, line, func, what);
	n = snprintf(text, sizeof(text), "<4>%s\n", fault);

	if (n > 0)
		(void)!write(STDERR_FILENO, text,
		    (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1);
	abort();
}

void *
base_alloc(size_t size)
{
	void *p = calloc(1, size ? size : 1);

	if (p == NULL)
		bug("out of memory");
	return p;
}

void *
base_realloc(void *p, size_t size)
{
	void *q = realloc(p, size ? size : 1);

	if (q == NULL)
		bug("out of memory");
	return q;
}

char *
base_strdup(const char *s)
{
	size_t n = strlen(s) + 1;

	return memcpy(base_alloc(n), s, n);
}

uint64_t
base_hash64(const void *data, size_t len)
{
	const unsigned char *p = data;
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < len; i++)
		h = (h ^ p[i]) * 0x100000001b3u;
	return h;
}
