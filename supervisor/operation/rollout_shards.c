/* SPDX-License-Identifier: MIT */
/*
 * The shards of a rollout: what their processes say goes to the succession it
 * is about, and how those replaced are doing.
 */
#include "supervisor/operation/rollout_effects.h"

#include "shared/base/clock.h"
#include "shared/base/text.h"
#include "shared/page/verdict.h"
#include "supervisor/base/fleet_state.h"
#include "supervisor/child/member.h"
#include "supervisor/operation/handover_effects.h"
#include "supervisor/operation/rollout.h"
#include "supervisor/child/liveness.h"

/* ---- how those replaced are doing ----------------------------------- */

static enum rollout_verdict
judge_one(struct rollout_effects *r, struct member *c, char *words, size_t size)
{
	struct page_slot *p = &r->fleet->page.slot[c->slot];
	uint64_t now = clock_boot_ms();
	struct page_shard s;
	const char *why;

	if (c->pid != r->slot[c->slot].pid) {
		str_format(words, size,
		    "%s has ended since it was replaced: %s.", c->name,
		    TEXT_OF(p->watch.last_end, 150));
		return ROLLOUT_BAD;
	}
	if (!page_read(&p->shard, &s, sizeof(s)) || s.pid != c->pid
	    || s.state != SHARD_READY)
		return ROLLOUT_WAIT;
	why = liveness_judge(&s, now);
	if (why == NULL
	    && verdict_deaf(&s, VERDICT_INTERVALS, ROLLOUT_EFFECTS_ACK_SLACK_MS,
		now))
		why = "no heartbeat was acknowledged for two intervals";
	if (why == NULL)
		return ROLLOUT_GOOD;
	str_format(words, size, "%s is not well since it was replaced: %s.",
	    c->name, why);
	return ROLLOUT_BAD;
}

enum rollout_verdict
rollout_effects_judge(void *arg, char *words, size_t size)
{
	struct rollout_effects *r = arg;
	enum rollout_verdict all = ROLLOUT_GOOD, one;

	for (uint32_t i = 0; i < r->slots; i++) {
		if (r->slot[i].mark != ROLLOUT_EFFECTS_MOVED)
			continue;
		one = judge_one(r, &r->fleet->shard[i], words, size);
		if (one == ROLLOUT_BAD) {
			r->slot[i].mark = ROLLOUT_EFFECTS_FAILED;
			return one;
		}
		if (one == ROLLOUT_WAIT)
			all = one;
	}
	return all;
}

/* ---- from the processes --------------------------------------------- */

static struct handover_effects *
lane_of(struct rollout_effects *r, const struct member *c)
{
	for (size_t i = 0; i < ROLLOUT_EFFECTS_LANES; i++)
		if (handover_effects_about(&r->lane[i], c))
			return &r->lane[i];
	return NULL;
}

void
rollout_effects_standby(struct rollout_effects *r, struct member *c)
{
	struct handover_effects *s = lane_of(r, c);

	if (s != NULL)
		handover_effects_standby(s, c);
}

void
rollout_effects_trouble(struct rollout_effects *r, struct member *c,
    const char *words)
{
	struct handover_effects *s = lane_of(r, c);

	if (s != NULL)
		handover_effects_trouble(s, c, words);
}

void
rollout_effects_handed(struct rollout_effects *r, struct member *c,
    const struct msg_handed *m)
{
	struct handover_effects *s = lane_of(r, c);

	if (s != NULL)
		handover_effects_handed(s, c, m);
}

void
rollout_effects_ready(struct rollout_effects *r, struct member *c)
{
	struct handover_effects *s = lane_of(r, c);

	if (s != NULL)
		handover_effects_ready(s, c);
}

void
rollout_effects_asked(struct rollout_effects *r, struct member *c)
{
	struct handover_effects *s = lane_of(r, c);

	if (s != NULL)
		handover_effects_asked(s, c);
}

void
rollout_effects_gone(struct rollout_effects *r, struct member *c)
{
	struct handover_effects *s = lane_of(r, c);

	if (s != NULL)
		handover_effects_gone(s, c);
}

bool
rollout_effects_shows(const struct rollout_effects *r, uint32_t slot)
{
	return r->presence
	    && r->fleet->page.slot[slot].watch.settings != r->fleet->settings;
}

bool
rollout_effects_running(const struct rollout_effects *r)
{
	for (size_t i = 0; i < ROLLOUT_EFFECTS_LANES; i++)
		if (member_running(&r->lane[i].other))
			return true;
	return false;
}

struct member *
rollout_effects_find(struct rollout_effects *r, pid_t pid)
{
	for (size_t i = 0; i < ROLLOUT_EFFECTS_LANES; i++)
		if (r->lane[i].other.pid == pid)
			return &r->lane[i].other;
	return NULL;
}
