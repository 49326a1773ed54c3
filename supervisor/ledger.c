/* SPDX-License-Identifier: MIT */
/* See ledger.h. */
#include "supervisor/ledger.h"

#include <string.h>

#include "shared/clock.h"
#include "supervisor/fleet.h"

#define RECOUNT_MS 300000
#define RESET_SLACK_MS 120000	/* the same window, give or take */

/* ---- the past -------------------------------------------------------- */

struct past {
	struct ledger *l;
	int64_t now;
	uint64_t sent;
	bool feed;		/* tell the permits too */
	uint64_t lost[LEDGER_LOST_MAX];
	size_t lost_n;
};

static int
on_entry(const struct store_identify *id, void *arg)
{
	struct past *p = arg;
	int64_t age = p->now - id->sent_ms;

	if (id->outcome == OUTCOME_UNUSED)
		return 0;
	p->sent++;
	if (!p->feed)
		return 0;
	if (id->outcome == OUTCOME_PENDING && p->lost_n < LEDGER_LOST_MAX)
		p->lost[p->lost_n++] = id->id;
	permit_remember(&p->l->fleet->permit, id->shard,
	    age > 0 ? (uint64_t)age : 0,
	    (id->flags & STORE_IDENTIFY_FORCED) != 0);
	return 0;
}

static void
count(struct ledger *l, bool feed)
{
	struct fleet *f = l->fleet;
	struct past p = { .l = l, .now = clock_wall_ms(), .feed = feed };
	struct err e;

	if (store_identify_each(&f->store, p.now - LEDGER_DAY_MS, on_entry, &p,
	    &e) == -1) {
		log_warn("The identify ledger can't be read: %s", e.text);
		return;
	}
	for (size_t i = 0; i < p.lost_n; i++)
		store_identify_settle(&f->store, p.lost[i], OUTCOME_LOST, 0,
		    NULL);
	l->sent_24h = p.sent;
	l->counted_ms = clock_boot_ms();
}

static int
on_since(const struct store_identify *id, void *arg)
{
	int64_t *left = arg;

	if (id->outcome != OUTCOME_UNUSED && *left > 0)
		--*left;
	return 0;
}

/* What Discord should say now, from its last answer and our own ledger. */
static void
expect(struct ledger *l)
{
	struct fleet *f = l->fleet;
	int64_t now = clock_wall_ms(), left;
	struct store_gateway g;

	l->expected = -1;
	if (store_gateway_get(&f->store, &g, NULL) != 1
	    || g.reset_wall_ms <= now)
		return;
	l->expected_reset_ms = clock_boot_ms()
	    + (uint64_t)(g.reset_wall_ms - now);
	left = g.remaining;
	if (store_identify_each(&f->store, g.fetched_wall_ms, on_since, &left,
	    NULL) == 0)
		l->expected = left;
}

void
ledger_init(struct ledger *l, struct fleet *f)
{
	memset(l, 0, sizeof(*l));
	l->fleet = f;
	l->foreign_since_ms = clock_wall_ms();
	expect(l);
	count(l, true);
}

void
ledger_compare(struct ledger *l, int64_t remaining, uint64_t reset_ms)
{
	int64_t ours = permit_remaining(&l->fleet->permit);
	int64_t expected = ours >= 0 ? ours : l->expected;
	uint64_t was = l->expected_reset_ms;
	bool same = reset_ms < was + RESET_SLACK_MS
	    && was < reset_ms + RESET_SLACK_MS;

	if (expected >= 0 && same && remaining < expected) {
		l->foreign_24h += (uint64_t)(expected - remaining);
		log_warn("%lld IDENTIFYs were spent with this token that are "
		    "not ours: is the bot running somewhere else too?",
		    (long long)(expected - remaining));
	}
	l->expected_reset_ms = reset_ms;
}

void
ledger_tick(struct ledger *l)
{
	int64_t now = clock_wall_ms();

	if (clock_boot_ms() - l->counted_ms >= RECOUNT_MS)
		count(l, false);
	if (now - l->foreign_since_ms >= LEDGER_DAY_MS) {
		l->foreign_24h = 0;
		l->foreign_since_ms = now;
	}
}

/* ---- the permits' actions -------------------------------------------- */

static uint64_t
act_record(void *arg, const struct permit_request *r)
{
	struct fleet *f = arg;
	int64_t now = clock_wall_ms();
	struct store_identify id = { .sent_ms = now,
	    .asked_ms = now - (int64_t)(clock_boot_ms() - r->asked_boot_ms),
	    .shard = f->first + r->shard, .shard_count = f->count,
	    .key = r->key, .cause = r->cause, .outcome = OUTCOME_PENDING,
	    .close_code = r->close_code };
	struct err e;

	if (store_identify_add(&f->store, &id, &e) == -1) {
		log_error("The identify ledger can't be written: %s", e.text);
		return 0;
	}
	f->ledger.sent_24h++;
	return id.id;
}

static bool
act_grant(void *arg, uint32_t slot, uint32_t serial, uint64_t id)
{
	struct fleet *f = arg;
	struct member *c = &f->shard[slot];
	struct msg_permit_grant m = { .ledger_id = id };

	log_info("%s may IDENTIFY now.", c->name);
	board_update(&f->board);
	return ipc_send(&c->ipc, MSG_PERMIT_GRANT, (int32_t)c->id, serial, &m,
	    sizeof(m), -1) == 0;
}

static void
act_settle(void *arg, uint64_t id, uint32_t outcome, uint32_t close_code)
{
	struct fleet *f = arg;
	struct err e;

	if (outcome == OUTCOME_UNUSED && f->ledger.sent_24h > 0)
		f->ledger.sent_24h--;
	if (store_identify_settle(&f->store, id, outcome, close_code, &e)
	    == -1)
		log_warn("The identify ledger can't be written: %s", e.text);
}

static void
act_refresh(void *arg)
{
	struct fleet *f = arg;

	asking_want(&f->asking, ASK_GATEWAY_BOT);
}

static void
act_say(void *arg, const char *sentence)
{
	struct fleet *f = arg;

	if (sentence[0] != '\0')
		log_warn("%s", sentence);
	board_note(&f->board, BOARD_PERMIT, sentence);
}

const struct permit_actions ledger_actions = {
	.record = act_record,
	.grant = act_grant,
	.settle = act_settle,
	.refresh = act_refresh,
	.say = act_say,
};
