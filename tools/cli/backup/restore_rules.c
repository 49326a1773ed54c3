/* SPDX-License-Identifier: MIT */
/* See restore_rules.h. */
#include "tools/cli/backup/restore_rules.h"

#include <string.h>

#define LETTERS "blob/dead"

/* Of the moment at which the backup was made. */
static const char *const moment[] = {
    "blob/budget",	   /* Discord's counter, and what of it was ours */
    "blob/sessions-ended", /* that an operator ended them just before */
    "blob/rollout",	   /* one that was under way */
    "blob/boot",	   /* of the machine */
    "blob/gate-session/",  /* of clients, in a log that is gone */
    "blob/gate-cursor/",
};

static bool
begins(const struct store_item *it, const char *with)
{
	size_t n = strlen(with);

	return it->key_len >= n && memcmp(it->key, with, n) == 0;
}

void
restore_rules_there(struct restore_rules *r, const struct store_item *it)
{
	r->there = true;
	r->letters |= begins(it, LETTERS);
}

/* One that is kept too long costs a RESUME that Discord refuses; with the s of
 * then it would tell again, at worst, what the plugins have had. */
static bool
take_session(struct restore_rules *r, const struct store_item *it)
{
	struct store_session s;
	int64_t seen;

	if (r->there || !store_copy_session(it, &s))
		return false;
	seen = s.seen_ms > s.ready_ms ? s.seen_ms : s.ready_ms;
	if (r->now_ms - seen > RESTORE_RULES_SESSION_MS || seen > r->now_ms) {
		r->old_sessions++;
		return false;
	}
	r->sessions++;
	return true;
}

bool
restore_rules_take(struct restore_rules *r, const struct store_item *it)
{
	switch (store_copy_kind(it)) {
	case STORE_COPY_SCHEMA:
		return false;
	case STORE_COPY_SESSION:
		return take_session(r, it);
	case STORE_COPY_IDENTIFY:
		r->identifies++;
		return true;
	default:
		break;
	}
	for (size_t i = 0; i < nitems(moment); i++)
		if (begins(it, moment[i]))
			return false;
	return !(r->letters && begins(it, LETTERS));
}

void
restore_rules_ledger(struct restore_rules *r, const struct store_identify *e,
    const struct store_identify *other)
{
	if (e->sent_ms == other->sent_ms && e->shard == other->shard
	    && e->shard_count == other->shard_count)
		return; /* the same one, settled there at the latest */
	r->stray = base_realloc(r->stray, (r->strays + 1) * sizeof(*r->stray));
	r->stray[r->strays++] = *e;
}

void
restore_rules_free(struct restore_rules *r)
{
	free(r->stray);
	r->stray = NULL;
	r->strays = 0;
}
