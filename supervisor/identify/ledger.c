/* SPDX-License-Identifier: MIT */
/* See ledger.h. */
#include "supervisor/identify/ledger.h"

#include <string.h>

#include "shared/base/clock.h"
#include "supervisor/base/fleet_state.h"
#include "supervisor/child/member.h"
#include "supervisor/identify/budget.h"
#include "supervisor/identify/discord_ask.h"
#include "supervisor/identify/discord_info.h"
#include "supervisor/identify/permit.h"

#define RECOUNT_MS 300000
#define ENDED_KEY "sessions-ended" /* store blob: wall ms, int64_t */
#define KEPT_KEY "budget"	   /* store blob: struct budget_kept */

/* ---- the past ------------------------------------------------------- */

struct past {
	struct ledger *l;
	int64_t now;
	uint64_t sent;
	bool feed; /* tell permits and budget too */
	uint64_t lost[LEDGER_LOST_MAX];
	size_t lost_n;
};

static int
on_entry(const struct store_identify *id, void *arg)
{
	struct past *p = arg;
	struct permit *permit = p->l->fleet->permit;
	uint32_t slot = id->shard % permit->count;
	int64_t age = p->now - id->sent_ms;

	if (id->outcome == OUTCOME_UNUSED)
		return 0;
	p->sent++;
	if (!p->feed)
		return 0;
	if (id->outcome == OUTCOME_PENDING && p->lost_n < LEDGER_LOST_MAX)
		p->lost[p->lost_n++] = id->id;
	budget_granted(&p->l->budget, id->id, id->sent_ms,
	    permit_sent_lately(permit, slot));
	permit_remember(permit, slot, age > 0 ? (uint64_t)age : 0, id->outcome,
	    (id->flags & STORE_IDENTIFY_FORCED) != 0
		|| id->cause == CAUSE_ENDED);
	return 0;
}

static void
count(struct ledger *l, bool feed)
{
	struct fleet *f = l->fleet;
	struct past p = {.l = l, .now = clock_wall_ms(), .feed = feed};
	struct err e;

	if (store_identify_each(&f->store, p.now - LEDGER_DAY_MS, on_entry, &p,
		&e)
	    == -1) {
		log_warn("The identify ledger can't be read: %s", e.text);
		return;
	}
	for (size_t i = 0; i < p.lost_n; i++)
		store_writes_settle(&f->writes, p.lost[i], OUTCOME_LOST, 0);
	l->sent_24h = p.sent;
	l->counted_ms = clock_boot_ms();
}

void
ledger_init(struct ledger *l, struct fleet *f)
{
	struct budget_kept kept;
	int64_t ended;
	size_t len;

	memset(l, 0, sizeof(*l));
	l->fleet = f;
	budget_init(&l->budget, f->identity);
	if (store_blob_get(&f->store, KEPT_KEY, &kept, sizeof(kept), &len, NULL)
		== 1
	    && len == sizeof(kept))
		budget_restore(&l->budget, &kept);
	count(l, true);
	if (store_blob_get(&f->store, ENDED_KEY, &ended, sizeof(ended), &len,
		NULL)
		== 1
	    && len == sizeof(ended) && ended <= clock_wall_ms())
		permit_ended(f->permit, (uint64_t)(clock_wall_ms() - ended));
	ledger_asking(l);
}

void
ledger_ended(struct ledger *l)
{
	int64_t now = clock_wall_ms();
	struct err e;

	if (store_blob_put(&l->fleet->store, ENDED_KEY, &now, sizeof(now), &e)
	    == -1)
		log_warn("That an operator ends the sessions can't be noted, "
			 "so their IDENTIFYs will count as nobody's wish: %s",
		    e.text);
}

/* ---- Discord's counter ---------------------------------------------- */

void
ledger_asking(struct ledger *l)
{
	budget_asking(&l->budget, permit_pending(l->fleet->permit));
}

void
ledger_answer(struct ledger *l, int64_t total, int64_t remaining,
    int64_t reset_ms)
{
	struct budget *b = &l->budget;
	uint64_t n = budget_answer(b, total, remaining, reset_ms,
	    clock_wall_ms());

	if (n > 0)
		log_warn(
		    "%llu IDENTIFYs were spent with this token that are not "
		    "ours (%llu in 24 h): something else uses it. Look for a "
		    "second copy of the bot on another machine, in a test or a "
		    "container; if there is none, reset the token.",
		    (unsigned long long)n,
		    (unsigned long long)budget_foreign_24h(b, clock_wall_ms()));
	store_writes_blob(&l->fleet->writes, KEPT_KEY, &b->kept,
	    sizeof(b->kept));
}

void
ledger_tick(struct ledger *l)
{
	if (clock_boot_ms() - l->counted_ms >= RECOUNT_MS)
		count(l, false);
}

/* ---- the permits' actions ------------------------------------------- */

static struct store_identify
entry(const struct fleet *f, const struct permit_request *r, int64_t now)
{
	return (struct store_identify) {.sent_ms = now,
	    .asked_ms = now - (int64_t)(clock_boot_ms() - r->asked_boot_ms),
	    .shard = r->shard,
	    .shard_count = f->count,
	    .key = r->key,
	    .cause = r->cause,
	    .outcome = OUTCOME_PENDING,
	    .close_code = r->close_code,
	    .flags = r->forced ? STORE_IDENTIFY_FORCED : 0};
}

static uint32_t
refused(struct ledger *l, const struct err *e)
{
	bool busy = e->code == EXIT_TRY_LATER;

	/* The page says so at once; the log, when it lasts. */
	if (!busy || ++l->refusals == LEDGER_TELL)
		log_error("The identify ledger can't be written: %s", e->text);
	return busy ? PERMIT_BUSY_MS : PERMIT_RERECORD_MS;
}

static uint32_t
act_record(void *arg, struct permit_request *r, size_t n)
{
	struct fleet *f = arg;
	struct ledger *l = f->ledger;
	int64_t now = clock_wall_ms();
	struct store_identify id[PERMIT_PASS_MAX];
	struct err e;

	for (size_t i = 0; i < n; i++)
		id[i] = entry(f, &r[i], now);
	if (store_identify_add(&f->store, id, n, &e) == -1)
		return refused(l, &e);
	for (size_t i = 0; i < n; i++) {
		r[i].id = id[i].id;
		budget_granted(&l->budget, id[i].id, now, r[i].again);
	}
	l->refusals = 0;
	l->sent_24h += n;
	l->granted_ms = clock_boot_ms();
	return 0;
}

static bool
act_grant(void *arg, uint32_t slot, uint32_t serial, uint64_t id)
{
	struct fleet *f = arg;
	struct member *c = &f->shard[slot];
	struct msg_permit_grant m = {.ledger_id = id};

	log_info("%s may IDENTIFY now.", c->name);
	f->notes.due = true;
	return ipc_send(&c->ipc, MSG_PERMIT_GRANT, (int32_t)c->slot, serial, &m,
		   sizeof(m), -1)
	    == 0;
}

static void
act_settle(void *arg, uint64_t id, uint32_t outcome, uint32_t close_code)
{
	struct fleet *f = arg;

	if (outcome == OUTCOME_UNUSED) {
		budget_unused(&f->ledger->budget, id);
		if (f->ledger->sent_24h > 0)
			f->ledger->sent_24h--;
	}
	store_writes_settle(&f->writes, id, outcome, close_code);
}

static void
act_refresh(void *arg)
{
	struct fleet *f = arg;

	discord_info_want(f->discord_info, DISCORD_ASK_GATEWAY_BOT);
}

static void
act_say(void *arg, const char *sentence)
{
	struct fleet *f = arg;

	if (sentence[0] != '\0')
		log_warn("%s", sentence);
	status_notes_say(&f->notes, NOTE_PERMIT, sentence);
}

const struct permit_actions ledger_actions = {
    .record = act_record,
    .grant = act_grant,
    .settle = act_settle,
    .refresh = act_refresh,
    .say = act_say,
};
