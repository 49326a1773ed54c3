/* SPDX-License-Identifier: MIT */
/* See rest_spent.h. */
#include "handler/rest/rest_spent.h"

#include <string.h>

/* An interaction's: its token is in the path, and the major parameter. */
static bool
is_interactions(const struct endpoint *e)
{
	return e->bare && e->exempt && !e->hook;
}

static uint64_t
key_of(const struct endpoint *e)
{
	return base_hash64(e->major, strlen(e->major));
}

void
rest_spent_limited(struct rest_spent *s, const struct endpoint *e, uint64_t now)
{
	uint64_t key = key_of(e);
	size_t at = 0;

	if (!is_interactions(e))
		return;
	for (size_t i = 0; i < nitems(s->place); i++) {
		if (s->place[i].since_ms != 0 && s->place[i].key == key) {
			at = i;
			break;
		}
		if (s->place[i].since_ms < s->place[at].since_ms)
			at = i;
	}
	if (s->place[at].key != key || s->place[at].since_ms == 0
	    || now - s->place[at].since_ms > REST_SPENT_MS) {
		s->place[at].key = key;
		s->place[at].since_ms = now;
		s->place[at].limited = 0;
	}
	s->place[at].limited++;
}

bool
rest_spent_is(const struct rest_spent *s, const struct endpoint *e,
    uint64_t now)
{
	uint64_t key;

	if (!is_interactions(e))
		return false;
	key = key_of(e);
	for (size_t i = 0; i < nitems(s->place); i++)
		if (s->place[i].since_ms != 0 && s->place[i].key == key)
			return s->place[i].limited >= REST_SPENT_429S
			    && now - s->place[i].since_ms <= REST_SPENT_MS;
	return false;
}
