/* SPDX-License-Identifier: MIT */
/* A plugin's answers; see health.h. */
#include "handler/process/health.h"

#include "shared/base/text.h"

#include <string.h>

void
health_begin(struct health *h)
{
	h->history = 0;
	h->n = 0;
	h->last[0] = '\0';
}

static unsigned
bad(const struct health *h)
{
	return (unsigned)__builtin_popcount(h->history);
}

bool
health_fails(const struct health *h)
{
	return h->n >= HEALTH_LEAST && 2 * bad(h) >= h->n;
}

bool
health_answer(struct health *h, const char *error)
{
	bool before = health_fails(h);

	_Static_assert(HEALTH_ANSWERS == 32, "as many as history has bits");
	h->history = h->history << 1 | (error != NULL);
	h->n += h->n < HEALTH_ANSWERS;
	if (error != NULL) {
		h->errors++;
		text_clean(h->last, sizeof(h->last), error, strlen(error));
	}
	return before != health_fails(h);
}

void
health_words(const struct health *h, char *out, size_t size)
{
	text_format(out, size,
	    "%u of its last %u answers are errors, at last: %s", bad(h), h->n,
	    TEXT_OF(h->last, 100));
}
