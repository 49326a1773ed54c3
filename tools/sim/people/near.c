/* SPDX-License-Identifier: MIT */
#include "tools/sim/people/near.h"

#include "shared/config/config.h"

#include <string.h>

#define SAY_ALL_MAX 12 /* names that are told when none is near */

void
near_offer(struct near *near, const char *name)
{
	if (near->n == NEAR_MAX || name == NULL)
		return;
	for (size_t i = 0; i < near->n; i++)
		if (strcmp(near->name[i], name) == 0)
			return;
	near->name[near->n++] = name;
}

void
near_say(const struct near *near, const char *word, struct sbuf *out)
{
	const char *best = config_nearest(word, near->name, near->n);

	if (best != NULL) {
		sbuf_fmt(out, "; did you mean %s?", best);
		return;
	}
	if (near->n == 0 || near->n > SAY_ALL_MAX)
		return;
	sbuf_str(out, "; there are ");
	for (size_t i = 0; i < near->n; i++)
		sbuf_fmt(out, "%s%s", i > 0 ? ", " : "", near->name[i]);
}
