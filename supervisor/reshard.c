/* SPDX-License-Identifier: MIT */
/* See reshard.h. */
#include "supervisor/reshard.h"

#include <string.h>

#include "supervisor/base/fleet_state.h"
#include "supervisor/child/member.h"
#include "supervisor/fleet.h"
#include "supervisor/identify/discord_ask.h"
#include "supervisor/identify/discord_info.h"
#include "supervisor/identify/hold.h"
#include "supervisor/identify/permit.h"
#include "supervisor/operation/operation.h"
#include "supervisor/operation/service_change.h"
#include "supervisor/operation/reload_effects.h"
#include "supervisor/operation/rollout_effects.h"
#include "supervisor/operation/token_move.h"

static void on_timer(struct timer *);

void
reshard_init(struct reshard *r, struct fleet *f)
{
	memset(r, 0, sizeof(*r));
	r->fleet = f;
	timer_init(f->timers, &r->timer, on_timer);
}

enum reshard_verdict
reshard_judge(uint32_t count, int64_t configured, int64_t recommended,
    int64_t spare)
{
	if (configured > 0)
		return RESHARD_FIXED;
	if (recommended == (int64_t)count)
		return RESHARD_SAME;
	return spare < recommended ? RESHARD_NO_BUDGET : RESHARD_GO;
}

static void
say(struct reshard *r, const char *text)
{
	struct fleet *f = r->fleet;

	log_error("%s", text);
	permit_release(f->permit); /* a hold keeps its first sentence */
	permit_hold(f->permit, text);
	status_notes_say(&f->notes, NOTE_FATAL, text);
}

void
reshard_begin(struct reshard *r, uint32_t code, uint32_t shard)
{
	char text[PERMIT_WORDS];

	if (r->state != RESHARD_NOT || r->fleet->hold->code != 0)
		return;
	r->state = RESHARD_ASKING;
	r->code = code;
	r->shard = shard;
	str_format(text, sizeof(text),
	    "Discord refuses shard %u of %u (%u): asking it for a fitting "
	    "number of shards.",
	    shard, r->fleet->count, code);
	say(r, text);
	discord_info_want(r->fleet->discord_info, DISCORD_ASK_GATEWAY_BOT);
}

/* ---- the answer ----------------------------------------------------- */

static void
hold(struct reshard *r, const char *why, int64_t recommended)
{
	char text[PERMIT_WORDS];

	r->state = RESHARD_NOT;
	str_format(text, sizeof(text),
	    "Discord refuses shard %u of %u (%u), and %s %lld.", r->shard,
	    r->fleet->count, r->code, why, (long long)recommended);
	hold_set(r->fleet->hold, r->code, HOLD_NO_SHARD, text);
}

static void
wait_for_budget(struct reshard *r, int64_t need, int64_t spare)
{
	char text[PERMIT_WORDS];

	r->state = RESHARD_SHORT;
	str_format(text, sizeof(text),
	    "The bot needs %lld shards and so many IDENTIFYs, only %lld are "
	    "left above the reserve: the new layout waits for the reset; live "
	    "sessions go on.",
	    (long long)need, (long long)(spare > 0 ? spare : 0));
	say(r, text);
}

static void
begin_stop(struct reshard *r, int64_t count)
{
	static const uint32_t none;
	struct fleet *f = r->fleet;
	char text[PERMIT_WORDS];

	str_format(text, sizeof(text),
	    "Re-planning from %u to %lld shards: the old layout is stopped, "
	    "the new one follows.",
	    f->count, (long long)count);
	say(r, text);
	r->state = RESHARD_STOPPING;
	timer_stop(&f->launch_timer);
	token_move_abort(f->token_move,
	    "The number of shards changes, and all of them start anew: ask "
	    "again when they run.");
	reload_effects_abort(f->reload);
	rollout_effects_abort(f->rollout);
	/* A start in the middle of this must not take the old layout up. */
	store_writes_blob(&f->writes, FLEET_LAYOUT_KEY, &none, sizeof(none));
	for (uint32_t i = 0; i < f->local; i++)
		member_event(&f->shard[i], MEMBER_ON_STOP);
	timer_set(&r->timer, 0);
}

bool
reshard_answered(struct reshard *r, const struct discord_ask_answer *w)
{
	struct fleet *f = r->fleet;
	int64_t spare = w->remaining - permit_reserve(f->permit);

	if (r->state == RESHARD_STOPPING)
		return true;
	if (r->state == RESHARD_NOT)
		return false;
	switch (reshard_judge(f->count, f->config->shards, w->shards, spare)) {
	case RESHARD_FIXED:
		hold(r,
		    "[gateway] shards sets that number: make it auto, then "
		    "stop and start. Recommended:",
		    w->shards);
		return false;
	case RESHARD_SAME:
		hold(r,
		    "yet recommends just that number; nothing fits better than",
		    w->shards);
		return false;
	case RESHARD_NO_BUDGET:
		wait_for_budget(r, w->shards, spare);
		return false;
	case RESHARD_GO:
		break;
	}
	if (operation_may(f, OPERATION_RESHARD, NULL) == -1)
		return false;
	begin_stop(r, w->shards);
	return true;
}

/* ---- the old layout's end ------------------------------------------- */

static bool
shards_gone(const struct fleet *f)
{
	for (uint32_t i = 0; i < f->local; i++)
		if (member_running(&f->shard[i]))
			return false;
	return !rollout_effects_running(f->rollout);
}

static void
on_timer(struct timer *t)
{
	struct reshard *r = container_of(t, struct reshard, timer);
	struct fleet *f = r->fleet;

	if (r->state != RESHARD_STOPPING || f->stopping || !shards_gone(f))
		return;
	for (size_t i = 0; i < FLEET_HANDLERS; i++)
		member_event(&f->handler_slot[i], MEMBER_ON_STOP);
	if (member_running(f->handler) || member_running(member_spare(f))
	    || !service_change_end(&f->service[SERVICE_GATE]))
		return;
	fleet_unlaunch(f);
	r->state = RESHARD_NOT;
	status_notes_say(&f->notes, NOTE_FATAL, "");
	discord_info_want(f->discord_info,
	    DISCORD_ASK_GATEWAY_BOT); /* its answer launches */
}

void
reshard_progress(struct reshard *r)
{
	if (r->state == RESHARD_STOPPING)
		timer_set(&r->timer, 0);
}
