/* SPDX-License-Identifier: MIT */
/*
 * The session record in the store.  A record that cannot be read is not the
 * same as none: the shard then ends and is started again, it never IDENTIFYs
 * on a guess (I1).
 */
#include "shard/session_record.h"

#include "shard/session/payload.h"
#include "shared/base/clock.h"

#include <string.h>

#define RECORD_BUSY_S 0.1 /* while others write, and up to twice that */
#define RECORD_TELL 50	  /* refusals of a busy store until it is told */

static void
blank(const struct shard_args *a, struct store_session *rec)
{
	memset(rec, 0, sizeof(*rec));
	rec->shard = a->id;
	rec->shard_count = a->count;
	rec->identity = payload_identity(a->token);
	rec->intents = a->config->intents;
}

/* A record of another layout, token or intents is left alone: the operator
 * may take the change back, and the next READY overwrites it. */
static bool
usable(const struct store_session *have, const struct store_session *want,
    enum identify_cause *cause)
{
	if (have->identity != want->identity)
		*cause = CAUSE_OTHER_TOKEN;
	else if (have->shard_count != want->shard_count)
		*cause = CAUSE_OTHER_LAYOUT;
	else if (have->intents != want->intents)
		*cause = CAUSE_OTHER_INTENTS;
	else if (have->id[0] == '\0')
		*cause = CAUSE_NO_SESSION;
	else
		return true;
	return false;
}

int
session_record_load(struct process *p, struct store_session *rec,
    enum identify_cause *cause)
{
	struct store_session found;
	struct err err;
	uint64_t hash, safe;
	int rc = store_session_get(p->args->store, p->args->id, &found, &err);

	*cause = CAUSE_NO_SESSION;
	blank(p->args, rec);
	if (rc < 0) {
		log_error("cannot read the session record: %s", err.text);
		return -1;
	}
	if (rc == 0 || !usable(&found, rec, cause))
		return 0;
	*rec = found;
	/* With the handler, or on disk on its way there. */
	hash = store_session_key(rec);
	safe = page_cursor_get(p->slot, hash);
	if (safe > rec->seq)
		rec->seq = safe;
	rec->seq = outbox_follow(&p->pending, hash, rec->seq);
	return 0;
}

void
session_record_retry(struct process *p)
{
	const struct store *db = p->args->store;
	struct err err;
	int rc = 0;

	must(!p->standby && !p->handed); /* the place is another one's */
	if (p->due == SESSION_RECORD_PUT)
		rc = store_session_put(db, &p->record, &err);
	else if (p->due == SESSION_RECORD_DROP)
		rc = store_session_drop(db, p->args->id, &err);
	if (rc == 0) {
		p->due = SESSION_RECORD_CLEAN;
		p->record_busy = 0;
		return;
	}
	/*
	 * The loop must not wait, it owes Discord heartbeats; but until it is
	 * written, the end of this process costs an IDENTIFY.
	 */
	if (err.code == EXIT_TRY_LATER)
		timer_set(&p->record_late,
		    RECORD_BUSY_S * (1 + clock_random()));
	if (err.code != EXIT_TRY_LATER || ++p->record_busy == RECORD_TELL)
		log_warn("cannot write the session record, will try again: "
			 "%s",
		    err.text);
}

static void
on_late(struct timer *t)
{
	struct process *p = container_of(t, struct process, record_late);

	if (p->due != SESSION_RECORD_CLEAN && !p->standby && !p->handed)
		session_record_retry(p);
}

void
session_record_init(struct process *p)
{
	timer_init(p->timers, &p->record_late, on_late);
}

void
session_record_put(struct process *p, const struct store_session *rec)
{
	uint64_t cursor;

	if (p->standby)
		return;
	p->record = *rec;
	p->record.seen_ms = clock_wall_ms();
	/* Never behind what the supervisor's batches have stored. */
	cursor = page_cursor_get(p->slot, p->session.hash);
	if (cursor > p->record.seq)
		p->record.seq = cursor;
	p->due = SESSION_RECORD_PUT;
	session_record_retry(p);
}

void
session_record_drop(struct process *p)
{
	if (p->standby)
		return;
	p->due = SESSION_RECORD_DROP;
	session_record_retry(p);
}
