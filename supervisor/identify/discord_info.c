/* SPDX-License-Identifier: MIT */
/* See discord_info.h. */
#include "supervisor/identify/discord_info.h"

#include <string.h>

#include "shared/base/clock.h"
#include "shared/base/text.h"
#include "supervisor/fleet.h"
#include "supervisor/gateway.h"

static void on_answer(struct discord_ask *, const struct discord_ask_answer *);
static void on_retry(struct timer *);

void
discord_info_init(struct discord_info *a, struct fleet *f)
{
	memset(a, 0, sizeof(*a));
	a->fleet = f;
	discord_ask_init(&a->ask, f->loop, f->timers, f->config, f->token, f->ca_file,
	    on_answer);
	timer_init(f->timers, &a->retry, on_retry);
}

void
discord_info_stop(struct discord_info *a)
{
	timer_stop(&a->retry);
	discord_ask_stop(&a->ask);
}

static void
retry_later(struct discord_info *a, const struct discord_ask_answer *answer)
{
	double s = answer_rules_retry_s(answer, ++a->fails, clock_random());
	char words[512];

	answer_rules_words(answer, s, words, sizeof(words));
	log_warn("%s", words);
	status_page_note(a->fleet->status_page, BOARD_ASKING, words);
	timer_set(&a->retry, s);
}

static void
start(struct discord_info *a)
{
	struct discord_ask_answer none = { .status = DISCORD_ASK_UNREACHABLE };
	struct err e;

	a->asked_ms = clock_boot_ms();
	if (a->fleet->local > 0)
		ledger_asking(a->fleet->ledger);
	if (discord_ask_start(&a->ask, a->what, &e) == 0)
		return;
	str_format(none.words, sizeof(none.words), "%s", e.text);
	retry_later(a, &none);
}

void
discord_info_want(struct discord_info *a, enum discord_ask_what what)
{
	double wait;

	if (a->forbidden || a->fleet->stopping)
		return;
	if (discord_ask_busy(&a->ask)) {
		a->more |= what > a->what;
		return;
	}
	if (what > a->what)
		a->what = what;
	if (timer_pending(&a->retry))
		return;
	wait = answer_rules_pace_s(&a->pace, clock_boot_ms(), clock_random());
	if (wait > 0)
		timer_set(&a->retry, wait);
	else
		start(a);
}

void
discord_info_tick(struct discord_info *a)
{
	const struct permit *p = a->fleet->permit;
	uint64_t due = (uint64_t)(a->fleet->config->reconcile_s * 1000);
	uint64_t last = p->answer.fetched_boot_ms;

	/* What was granted since must be in Discord's count soon. */
	if (a->fleet->ledger->granted_ms > last)
		due = DISCORD_INFO_BUSY_MS;
	if (p->known && clock_boot_ms() - last >= due)
		discord_info_want(a, DISCORD_ASK_GATEWAY_BOT);
}

void
discord_info_unreached(struct discord_info *a)
{
	const struct permit *p = a->fleet->permit;

	if (p->known && clock_boot_ms() - p->answer.fetched_boot_ms
	    >= DISCORD_INFO_BUSY_MS)
		discord_info_want(a, DISCORD_ASK_GATEWAY_BOT);
}

int
discord_info_now(struct discord_info *a, struct err *e)
{
	if (a->forbidden)
		return err_set(e, EXIT_CONFIG, "Discord refuses the token: "
		    "nothing is asked until \"shardherd release\".");
	if (timer_pending(&a->retry))
		return err_set(e, EXIT_TRY_LATER, "Discord %s; it is asked "
		    "again soon.", a->fails > 0 ? "did not answer"
		    : "was asked several times just now");
	if (discord_ask_busy(&a->ask))
		return err_set(e, EXIT_TRY_LATER, "Discord is just being "
		    "asked: try again in a moment.");
	if (a->asked_ms != 0
	    && clock_boot_ms() - a->asked_ms < DISCORD_INFO_LEAST_MS)
		return err_set(e, EXIT_TRY_LATER, "Discord was asked less than "
		    "%d s ago.", DISCORD_INFO_LEAST_MS / 1000);
	discord_info_want(a, DISCORD_ASK_GATEWAY_BOT);
	return 0;
}

void
discord_info_allow(struct discord_info *a)
{
	a->forbidden = false;
	timer_stop(&a->retry);
}

static void
on_retry(struct timer *t)
{
	start(container_of(t, struct discord_info, retry));
}

/* ---- what an answer means -------------------------------------------- */

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
		    w->app_flags), out, size);
	else if (w->app_status != DISCORD_ASK_NONE)
		log_warn("/applications/@me gave no usable answer (%s): "
		    "privileged intents could not be checked before the first "
		    "IDENTIFY.", discord_ask_status_name[w->app_status]);
}

/* false: the fleet must not start with these intents. */
static bool
intents_granted(struct fleet *f, const char *missing)
{
	char text[PERMIT_WORDS];

	if (missing[0] == '\0')
		return true;
	str_format(text, sizeof(text), "[bot] intents asks for %.90s, which "
	    "the application may not use: enable it in the developer portal "
	    "(Bot, Privileged Gateway Intents) or take it out.", missing);
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
	struct store_gateway g = { .shards = (uint32_t)w->shards,
	    .max_concurrency = (uint32_t)w->max_concurrency,
	    .total = w->total, .remaining = w->remaining,
	    .fetched_wall_ms = clock_wall_ms() };

	g.reset_wall_ms = g.fetched_wall_ms + w->reset_after_ms;
	str_copy(g.url, w->url, sizeof(g.url));
	store_writes_gateway(&f->writes, &g);
}

static void
budget(struct fleet *f, const struct discord_ask_answer *w)
{
	uint64_t now = clock_boot_ms();
	struct permit_answer b = {
	    .max_concurrency = (uint32_t)w->max_concurrency,
	    .total = w->total, .remaining = w->remaining,
	    .reset_boot_ms = now + (uint64_t)w->reset_after_ms,
	    .fetched_boot_ms = now,
	    .unsure = budget_unsure(&f->ledger->budget) };

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
		&len, &e) == 1 && len == n && memcmp(known, id, n) == 0)
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
		log_warn("The application has an interactions endpoint URL: "
		    "Discord sends interactions there and not to this bot.");
	if (f->count > 0 && want * 5 > (int64_t)f->count * 6)
		log_warn("Discord recommends %lld shards, %u are running: "
		    "stop with --end-sessions and start again to grow.",
		    (long long)want, f->count);
}

static void
answered(struct discord_info *a, const struct discord_ask_answer *w)
{
	struct fleet *f = a->fleet;
	char missing[128];
	struct err e;

	a->fails = 0;
	a->what = DISCORD_ASK_GATEWAY_BOT;
	if (a->forbidden) {
		discord_info_allow(a);
		if (f->hold->code == 401)
			hold_new_token(f->hold);
	}
	a->recommended = (uint32_t)w->shards;
	status_page_note(f->status_page, BOARD_ASKING, "");
	status_page_note(f->status_page, BOARD_START, "");
	gateway_learned(f, w->url);
	if (f->local > 0 && reshard_answered(f->reshard, w))
		return;
	name_missing(f, w, missing, sizeof(missing));
	if (!intents_granted(f, missing))
		return;
	if (f->local == 0 && fleet_launch(f,
	    answer_rules_count(f->config->shards, w->shards), &e) == -1) {
		fleet_give_up(f, e.code, e.text);
		return;
	}
	budget(f, w);
	keep(f, w);
	if (w->app_status != DISCORD_ASK_NONE)
		hold_answered(f->hold, missing);
	token_move_known(f->token_move, w);
	remark(f, w);
	fleet_tell_ready(f);
	status_page_update(f->status_page);
}

static void
refused(struct discord_info *a)
{
	struct fleet *f = a->fleet;
	char text[1024];

	a->forbidden = true;
	a->what = DISCORD_ASK_GATEWAY_BOT;
	if (f->launched > 0) {
		/* Nothing foreign is final: two calls that count, then. */
		timer_set(&a->retry, DISCORD_INFO_REFUSED_S);
		hold_refused(f->hold);
		if (f->hold->code == 0)
			hold_set(f->hold, 401, HOLD_NO_SHARD, "Discord "
			    "refuses the token (401): it is wrong or was "
			    "reset. Put the bot's present token into "
			    "token_file, then: shardherd token reload.");
		return;
	}
	str_format(text, sizeof(text), "Discord refuses the token in %s (401): "
	    "it is wrong or was reset. Put the bot's present token there and "
	    "start again.", f->config->token_file);
	fleet_give_up(f, EXIT_CONFIG, text);
}

static void
on_answer(struct discord_ask *ask, const struct discord_ask_answer *answer)
{
	struct discord_info *a = container_of(ask, struct discord_info, ask);
	struct fleet *f = a->fleet;
	struct discord_ask_answer w = *answer;
	uint64_t asked = a->asked_ms;

	a->pace.over_ms = clock_boot_ms();
	if (f->stopping)
		return;
	if (w.status == DISCORD_ASK_OK && !answer_rules_answer_ok(&w, f->config->api))
		w.status = DISCORD_ASK_GARBAGE;
	if (w.status == DISCORD_ASK_UNAUTHORIZED)
		refused(a);
	else if (w.status == DISCORD_ASK_OK)
		answered(a, &w);
	else
		retry_later(a, &w);
	/* Last, as who waits for it reads the rest then. */
	if (w.status == DISCORD_ASK_OK || w.status == DISCORD_ASK_UNAUTHORIZED) {
		a->answered_ms = asked;
		status_page_update(f->status_page);
	}
	if (a->more) {
		a->more = false;
		discord_info_want(a, DISCORD_ASK_EVERYTHING);
	}
}
