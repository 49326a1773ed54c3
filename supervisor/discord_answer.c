/* SPDX-License-Identifier: MIT */
/* See discord_answer.h. */
#include "supervisor/discord_answer.h"

#include <string.h>

#include "shared/base/clock.h"
#include "supervisor/base/fleet_state.h"
#include "supervisor/fleet.h"
#include "supervisor/identify/answer_rules.h"
#include "supervisor/identify/budget.h"
#include "supervisor/identify/hold.h"
#include "supervisor/identify/ledger.h"
#include "supervisor/identify/permit.h"
#include "supervisor/operation/token_move.h"
#include "supervisor/reshard.h"
#include "supervisor/gateway.h"

static void
name_intents(uint64_t bits, char *out, size_t size)
{
	size_t len = 0;

	out[0] = '\0';
	for (unsigned b = 0; b < 64; b++) {
		const char *name = config_intent_name(b);

		if ((bits >> b & 1) == 0 || name == NULL || len >= size)
			continue;
		len += (size_t)snprintf(out + len, size - len, "%s%s",
		    len ? ", " : "", name);
	}
}

/* The privileged intents asked for and not granted, in words; "": none. */
static void
name_missing(struct fleet *f, const struct discord_ask_answer *w, char *out,
    size_t size)
{
	out[0] = '\0';
	if (w->app_status == DISCORD_ASK_OK)
		name_intents(answer_rules_missing_intents(f->config->intents,
				 w->app_flags),
		    out, size);
	else if (w->app_status != DISCORD_ASK_NONE)
		log_warn(
		    "/applications/@me gave no usable answer (%s): privileged "
		    "intents could not be checked before the first IDENTIFY.",
		    discord_ask_status_name[w->app_status]);
}

/* false: the fleet must not start with these intents. */
static bool
intents_granted(struct fleet *f, const char *missing)
{
	char text[PERMIT_WORDS];

	if (missing[0] == '\0')
		return true;
	str_format(text, sizeof(text),
	    "[bot] intents asks for %.90s, which the application may not use: "
	    "enable it in the developer portal (Bot, Privileged Gateway "
	    "Intents) or take it out.",
	    missing);
	if (f->launched == 0) {
		fleet_give_up(f, EXIT_CONFIG, text);
		return false;
	}
	/* Sessions that exist keep their intents; new ones would be 4014. */
	if (f->hold->code == 0)
		hold_set(f->hold, 4014, HOLD_NO_SHARD, text);
	return true;
}

static void
keep(struct fleet *f, const struct discord_ask_answer *w)
{
	struct store_gateway g = {.shards = (uint32_t)w->shards,
	    .max_concurrency = (uint32_t)w->max_concurrency,
	    .total = w->total,
	    .remaining = w->remaining,
	    .fetched_wall_ms = clock_wall_ms()};

	g.reset_wall_ms = g.fetched_wall_ms + w->reset_after_ms;
	str_copy(g.url, w->url, sizeof(g.url));
	store_writes_gateway(&f->writes, &g);
}

static void
budget(struct fleet *f, const struct discord_ask_answer *w)
{
	uint64_t now = clock_boot_ms();
	struct permit_answer b = {.max_concurrency =
				      (uint32_t)w->max_concurrency,
	    .total = w->total,
	    .remaining = w->remaining,
	    .reset_boot_ms = now + (uint64_t)w->reset_after_ms,
	    .fetched_boot_ms = now,
	    .unsure = budget_unsure(&f->ledger->budget)};

	ledger_answer(f->ledger, w->total, w->remaining,
	    clock_wall_ms() + w->reset_after_ms);
	permit_budget(f->permit, &b);
}

/* For the handler, which wants to know who is mentioned. */
static void
keep_user(struct fleet *f, const char *id)
{
	char known[sizeof(((struct discord_ask_answer *)0)->user_id)] = "";
	size_t len = 0, n = strlen(id);
	struct err e;

	if (store_blob_get(&f->store, CONTRACT_BOT_KEY, known, sizeof(known),
		&len, &e)
		== 1
	    && len == n && memcmp(known, id, n) == 0)
		return;
	store_writes_blob(&f->writes, CONTRACT_BOT_KEY, id, n);
}

static void
remark(struct fleet *f, const struct discord_ask_answer *w)
{
	int64_t want = w->shards;

	if (w->user_status == DISCORD_ASK_OK)
		keep_user(f, w->user_id);
	if (w->user_status == DISCORD_ASK_OK)
		log_info("The token belongs to %s (%s).", w->user_name,
		    w->user_id);
	if (w->app_endpoint)
		log_warn(
		    "The application has an interactions endpoint URL: Discord "
		    "sends interactions there and not to this bot.");
	if (f->count > 0 && want * 5 > (int64_t)f->count * 6)
		log_warn("Discord recommends %lld shards, %u are running: "
			 "stop with --end-sessions and start again to grow.",
		    (long long)want, f->count);
}

static void
good(struct fleet *f, const struct discord_ask_answer *w)
{
	char missing[128];
	struct err e;

	gateway_learned(f, w->url);
	if (f->local > 0 && reshard_answered(f->reshard, w))
		return;
	name_missing(f, w, missing, sizeof(missing));
	if (!intents_granted(f, missing))
		return;
	if (f->local == 0
	    && fleet_launch(f, answer_rules_count(f->config->shards, w->shards),
		   &e)
		== -1) {
		fleet_give_up(f, e.code, e.text);
		return;
	}
	budget(f, w);
	keep(f, w);
	if (w->app_status != DISCORD_ASK_NONE)
		hold_answered(f->hold, missing);
	token_move_known(f->token_move, w);
	remark(f, w);
	f->notes.due = true;
	fleet_tell_ready(f);
}

static void
refused(struct fleet *f)
{
	char text[1024];

	if (f->launched > 0) {
		hold_refused(f->hold);
		if (f->hold->code == 0)
			hold_set(f->hold, 401, HOLD_NO_SHARD,
			    "Discord refuses the token (401): it is wrong or "
			    "was reset. Put the bot's present token into "
			    "token_file, then: shardherd token reload.");
		return;
	}
	str_format(text, sizeof(text),
	    "Discord refuses the token in %s (401): it is wrong or was reset. "
	    "Put the bot's present token there and start again.",
	    f->config->token_file);
	fleet_give_up(f, EXIT_CONFIG, text);
}

void
discord_answer(struct fleet *f, const struct discord_ask_answer *w)
{
	if (w->status == DISCORD_ASK_UNAUTHORIZED)
		refused(f);
	else
		good(f, w);
}
