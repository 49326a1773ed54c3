/* SPDX-License-Identifier: MIT */
/* See token_move.h. */
#include "supervisor/operation/token_move.h"

#include <stdarg.h>
#include <string.h>

#include "shared/base/clock.h"
#include "shared/base/secret.h"
#include "shared/base/text.h"
#include "supervisor/base/fleet_state.h"
#include "supervisor/child/member.h"
#include "supervisor/identify/discord_ask.h"
#include "supervisor/identify/discord_info.h"
#include "supervisor/identify/hold.h"
#include "supervisor/identify/ledger.h"
#include "supervisor/identify/permit.h"
#include "supervisor/operation/operation.h"
#include "supervisor/operation/reload_effects.h"
#include "supervisor/identify/answer_rules.h"

static void on_answer(struct discord_ask *, const struct discord_ask_answer *);
static void on_tick(struct timer *);

/* ---- words ---------------------------------------------------------- */

/* The end of all: with a sentence and a code that is not 0, or fine. */
static void
finish(struct token_move *r, const struct err *e)
{
	timer_stop(&r->tick);
	secret_drop(r->fresh);
	free(r->since_ms);
	r->fresh = NULL;
	r->since_ms = NULL;
	r->ask.token = "";
	r->state = TOKEN_MOVE_IDLE;
	r->last_code = e != NULL ? e->code : EXIT_FINE;
	report_end(&r->report, r->fleet->handler->generation, e);
}

static void fail(struct token_move *, int code, const char *fmt, ...)
    printflike(3, 4);

static void
fail(struct token_move *r, int code, const char *fmt, ...)
{
	char text[600];
	struct err e;
	va_list ap;

	va_start(ap, fmt);
	text_vformat(text, sizeof(text), fmt, ap);
	va_end(ap);
	err_set(&e, code, "%s", text);
	finish(r, &e);
}

/* ---- whose token ---------------------------------------------------- */

static void
keep_bot(struct token_move *r, const struct discord_ask_answer *w)
{
	struct fleet *f = r->fleet;
	struct token_rules_bot was = r->bot;

	/* A part that was not answered this time is not forgotten. */
	r->bot.identity = f->identity;
	str_copy(r->bot.user_id, w->user_id, sizeof(r->bot.user_id));
	str_copy(r->bot.name, w->user_name, sizeof(r->bot.name));
	if (w->app_id[0] != '\0')
		str_copy(r->bot.app_id, w->app_id, sizeof(r->bot.app_id));
	if (memcmp(&was, &r->bot, sizeof(was)) != 0)
		store_writes_blob(&f->writes, TOKEN_MOVE_BOT_KEY, &r->bot,
		    sizeof(r->bot));
}

void
token_move_known(struct token_move *r, const struct discord_ask_answer *w)
{
	if (w->user_status == DISCORD_ASK_OK)
		keep_bot(r, w);
}

static void
restore_bot(struct token_move *r)
{
	size_t len;

	if (store_blob_get(&r->fleet->store, TOKEN_MOVE_BOT_KEY, &r->bot,
		sizeof(r->bot), &len, NULL)
		!= 1
	    || len != sizeof(r->bot) || r->bot.identity != r->fleet->identity)
		memset(&r->bot, 0, sizeof(r->bot));
}

/* ---- moving --------------------------------------------------------- */

static bool
moved(const struct fleet *f, const struct member *c)
{
	return c->identity == f->identity;
}

/* On its way, and worth waiting for. */
static bool
in_flight(const struct token_move *r, const struct member *c)
{
	uint64_t since = r->since_ms[c->slot];

	return since != 0 && (!moved(r->fleet, c) || c->ready_ms == 0)
	    && clock_boot_ms() - since < TOKEN_MOVE_PATIENCE_MS;
}

static void
move_shard(struct token_move *r, struct member *c)
{
	r->since_ms[c->slot] = clock_boot_ms();
	/* One that waits for its restart gets the new token then anyway. */
	if (c->state != MEMBER_WAITING && c->state != MEMBER_STOPPING)
		member_event(c, MEMBER_ON_RESTART);
}

/* The key must be free: a shard that waits for it had better stay connected. */
static bool
may_move(const struct token_move *r, const struct member *c)
{
	const struct permit *p = r->fleet->permit;

	return r->since_ms[c->slot] == 0 && !moved(r->fleet, c)
	    && permit_key_free_ms(p, c->slot % p->keys, true)
	    <= clock_boot_ms();
}

static void
progress(struct token_move *r, uint32_t done)
{
	struct fleet *f = r->fleet;

	if (clock_boot_ms() - r->told_ms < TOKEN_MOVE_TELL_MS)
		return;
	r->told_ms = clock_boot_ms();
	report_tell(&r->report, "%u of %u shards run with the new token.", done,
	    f->local);
}

/*
 * A restart of any cause brings the new token.  The operator has asked for
 * its IDENTIFY and the budget was looked at: no brake is to hold it up.
 */
static void
note_moved(struct token_move *r, const struct member *c)
{
	if (!moved(r->fleet, c))
		return;
	if (r->since_ms[c->slot] == 0)
		r->since_ms[c->slot] = clock_boot_ms();
	if (c->ready_ms == 0)
		(void)permit_force(r->fleet->permit, c->slot);
}

/* ---- the handler goes over ------------------------------------------ */

/*
 * The one in service, whoever that is by now, must run with the new token.
 * Start-first, as soon as nothing else is done with it; where that fails, by
 * an ordinary restart: the old token serves nobody.
 */
static void
move_handler(struct token_move *r)
{
	struct fleet *f = r->fleet;
	struct err e;

	if (r->handler_ms == 0)
		r->handler_ms = clock_boot_ms();
	if (moved(f, f->handler) || f->underway(f, UNDERWAY_RELOAD)
	    || f->underway(f, UNDERWAY_PLUGIN)
	    || f->handler->state == MEMBER_STOPPING
	    || f->handler->state == MEMBER_WAITING)
		return;
	if (!r->handler_plainly) {
		r->handler_plainly = true;
		if (reload_effects_same(f->reload, 0, UNDERWAY_TOKEN, &e) == 0)
			return;
		log_notice("The handler is restarted for the new token: %s.",
		    e.text);
	}
	member_event(f->handler, MEMBER_ON_RESTART);
}

static bool
handler_moved(const struct fleet *f)
{
	return moved(f, f->handler) && f->handler->ready_ms != 0;
}

/* There, or not worth waiting for any more. */
static bool
handler_settled(const struct token_move *r)
{
	return handler_moved(r->fleet)
	    || clock_boot_ms() - r->handler_ms >= TOKEN_MOVE_PATIENCE_MS;
}

/* ---- the shards go over --------------------------------------------- */

/* All that can be waited for has come: how it is. */
static void
conclude(struct token_move *r, uint32_t done)
{
	struct fleet *f = r->fleet;

	report_tell(&r->report,
	    "%u of %u shards run with the new token, after %.1f s.", done,
	    f->local, (double)(clock_boot_ms() - r->began_ms) / 1000);
	if (!handler_moved(f))
		fail(r, EXIT_DEGRADED,
		    "The handler is not ready with the new token yet: see "
		    "\"shardherd status\".");
	else if (done < f->local)
		fail(r, EXIT_DEGRADED,
		    "%u shards are not ready with the new token yet; they go "
		    "on by themselves: see \"shardherd status\".",
		    f->local - done);
	else
		finish(r, NULL);
}

static void
move_some(struct token_move *r)
{
	struct fleet *f = r->fleet;
	uint32_t flying = 0, done = 0, gone = 0;

	move_handler(r);
	for (uint32_t i = 0; i < f->local; i++) {
		const struct member *c = &f->shard[i];

		note_moved(r, c);
		flying += in_flight(r, c);
		gone += moved(f, c) || r->since_ms[i] != 0;
		done += moved(f, c) && c->ready_ms != 0;
	}
	for (uint32_t i = 0; i < f->local && flying < f->permit->keys; i++) {
		if (!may_move(r, &f->shard[i]))
			continue;
		move_shard(r, &f->shard[i]);
		flying++;
		gone++;
	}
	if (gone < f->local || flying > 0 || !handler_settled(r))
		progress(r, done);
	else
		conclude(r, done);
}

static void
ask_again(struct token_move *r)
{
	struct err e;

	r->asks++;
	if (discord_ask_start(&r->ask, DISCORD_ASK_EVERYTHING, &e) == -1)
		finish(r, &e);
}

static void
on_tick(struct timer *t)
{
	struct token_move *r = container_of(t, struct token_move, tick);
	struct fleet *f = r->fleet;

	if (r->state == TOKEN_MOVE_ASKING) {
		ask_again(r);
		return;
	}
	timer_set(t, TOKEN_MOVE_TICK_S);
	if (f->hold->code != 0)
		fail(r, EXIT_DEGRADED,
		    "The fleet came on hold on its way to the new token, and "
		    "stays there: %s",
		    f->hold->text);
	else
		move_some(r);
}

/*
 * The token may have come by another way than its file, which then still holds
 * the one that is dead, systemd's copy for as long as the unit runs: asking
 * Discord about that one again could only be refused.
 */
static void
note_stale(struct token_move *r)
{
	struct fleet *f = r->fleet;
	char *token = config_read_token(f->config->token_file, NULL);
	struct err e;

	r->stale = token != NULL ? secret_identity(token) : 0;
	secret_free(token);
	if (r->stale == f->identity)
		r->stale = 0;
	if (store_blob_put(&f->store, TOKEN_MOVE_STALE_KEY, &r->stale,
		sizeof(r->stale), &e)
	    == -1)
		log_warn("That token_file holds an old token can't be kept: "
			 "%s",
		    e.text);
}

/* From here on every process that starts gets the new token. */
static void
put_in_force(struct token_move *r, const struct discord_ask_answer *w)
{
	struct fleet *f = r->fleet;

	secret_drop(f->token);
	f->token = r->fresh;
	r->fresh = NULL;
	f->identity = secret_identity(f->token);
	nonce_seal(&f->nonce, f->token);
	f->discord_info->ask.token = f->token;
	f->discord_info->forbidden = false;
	f->ledger->budget.kept.identity = f->identity;
	memset(&r->seen, 0, sizeof(r->seen));
	note_stale(r);
	keep_bot(r, w);
	hold_new_token(f->hold);
	/* An answer to the old token would be taken for one to this. */
	discord_info_stop(f->discord_info);
	discord_info_want(f->discord_info, DISCORD_ASK_EVERYTHING);
}

static void
move(struct token_move *r, const struct discord_ask_answer *w)
{
	struct fleet *f = r->fleet;

	put_in_force(r, w);
	r->state = TOKEN_MOVE_MOVING;
	r->since_ms = base_alloc(f->local * sizeof(*r->since_ms));
	r->began_ms = r->told_ms = clock_boot_ms();
	r->handler_ms = 0;
	r->handler_plainly = false;
	/* It has the seal of the token, which an adoption asks for. */
	if (member_running(f->gate))
		member_event(f->gate, MEMBER_ON_RESTART);
	report_tell(&r->report,
	    "The new token is in force: the handler and %u shards go over.",
	    f->local);
	timer_set(&r->tick, 0);
	if (r->options.no_wait)
		report_end(&r->report, f->handler->generation, NULL);
}

/* ---- the question --------------------------------------------------- */

static int
judge(struct token_move *r, const struct discord_ask_answer *w, struct err *e)
{
	struct fleet *f = r->fleet;
	struct token_rules_cost cost = {.shards = f->local,
	    .keys = (uint32_t)w->max_concurrency,
	    .interval_s = f->config->identify_interval_s,
	    .total = w->total,
	    .remaining = w->remaining,
	    .reserve = permit_reserve(f->permit),
	    .reset_ms = w->reset_after_ms,
	    .force = r->options.force};
	char words[400];

	if (r->bot.user_id[0] == '\0')
		return err_set(e, EXIT_TRY_LATER,
		    "Discord has not told yet whose token the fleet runs with, "
		    "so the new one can't be compared. Nothing was changed; "
		    "stopping and starting the fleet takes the new one.");
	if (!token_rules_same_bot(&r->bot, w))
		return err_set(e, EXIT_CONFIG,
		    "The new token belongs to another bot: %s (%s), and the "
		    "fleet runs %s (%s). Nothing was changed.",
		    w->user_name, w->user_id, r->bot.name, r->bot.user_id);
	report_tell(&r->report,
	    "The new token is good and belongs to the same bot, %s (%s).",
	    w->user_name, w->user_id);
	if (token_rules_price(&cost, words, sizeof(words), e) == -1)
		return -1;
	report_tell(&r->report, "%s", words);
	return 0;
}

/* 429, and worth another try: the questions share a limit with others. */
static bool
limited(struct token_move *r, const struct discord_ask_answer *w)
{
	double s = w->retry_after_s > 0 ? w->retry_after_s : 1;

	if ((w->status != DISCORD_ASK_LIMITED
		&& w->user_status != DISCORD_ASK_LIMITED)
	    || r->asks >= TOKEN_MOVE_ASKS || s > TOKEN_MOVE_ASK_WAIT_S)
		return false;
	timer_set(&r->tick, s);
	return true;
}

static void
on_answer(struct discord_ask *ask, const struct discord_ask_answer *answer)
{
	struct discord_ask_answer copy = *answer, *w = &copy;
	struct token_move *r = container_of(ask, struct token_move, ask);
	struct err e;

	if (limited(r, w))
		return;
	if (w->status == DISCORD_ASK_UNAUTHORIZED) {
		fail(r, EXIT_CONFIG,
		    "Discord refuses the new token (401): it is wrong or was "
		    "reset again. Nothing was changed; the fleet goes on with "
		    "the token it has.");
	} else if (w->status != DISCORD_ASK_OK
	    || w->user_status != DISCORD_ASK_OK
	    || !answer_rules_answer_ok(w, r->fleet->config->api)) {
		fail(r, EXIT_TRY_LATER,
		    "Discord could not be asked about the new token (%s%s%s). "
		    "Nothing was changed; try again later.",
		    discord_ask_status_name[w->status != DISCORD_ASK_OK
			    ? w->status
			    : w->user_status],
		    w->words[0] ? ": " : "", w->words);
	} else if (operation_may_within(r->fleet, OPERATION_TOKEN,
		       UNDERWAY_TOKEN, &e)
		== -1
	    || judge(r, w, &e) == -1) {
		finish(r, &e);
	} else if (r->options.dry) {
		report_tell(&r->report, "Nothing was changed.");
		finish(r, NULL);
	} else {
		move(r, w);
	}
}

/* The very token for which the fleet is held. */
static void
refuse_same(const struct token_move *r, struct err *e)
{
	char road[PERMIT_WORDS];

	token_rules_road(r->fleet->config, road, sizeof(road));
	err_set(e, EXIT_CONFIG,
	    "This is the token that Discord refuses and the fleet is on hold "
	    "for: nothing can change by it. Make a new one on the bot's page "
	    "of the developer portal. %s",
	    road);
}

int
token_move_begin(struct token_move *r, char *token, uint32_t ticket,
    const struct token_move_options *o, struct err *e)
{
	struct fleet *f = r->fleet;

	if (operation_may(f, OPERATION_TOKEN, e) == -1) {
		secret_drop(token);
		return -1;
	}
	if (token == NULL) {
		token = config_read_token(f->config->token_file, e);
		if (token == NULL)
			return -1;
		token = secret_take(token);
	}
	r->options = *o;
	r->report.ticket = ticket;
	r->fresh = token;
	if (secret_identity(token) == f->identity && hold_of_token(f->hold)) {
		r->report.ticket = 0;
		refuse_same(r, e);
		finish(r, e);
		return -1;
	}
	if (secret_identity(token) == f->identity) {
		control_say(&f->control, ticket, "same",
		    "The fleet runs with this very token: nothing to do.");
		finish(r, NULL);
		return 0;
	}
	r->ask.token = token;
	if (discord_ask_start(&r->ask, DISCORD_ASK_EVERYTHING, e) == -1) {
		r->report.ticket = 0;
		finish(r, e);
		return -1;
	}
	r->state = TOKEN_MOVE_ASKING;
	r->asks = 1;
	return 0;
}

void
token_move_abort(struct token_move *r, const char *why)
{
	if (!token_move_busy(r))
		return;
	helper_stop(&r->ask.helper);
	fail(r, EXIT_TRY_LATER, "%s", why);
}

/* ---- the file ------------------------------------------------------- */

static bool
same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino
	    && a->st_size == b->st_size && a->st_mode == b->st_mode
	    && memcmp(&a->st_mtim, &b->st_mtim, sizeof(a->st_mtim)) == 0
	    && memcmp(&a->st_ctim, &b->st_ctim, sizeof(a->st_ctim)) == 0;
}

static void
look_at_file(struct token_move *r)
{
	struct fleet *f = r->fleet;
	struct err e;
	char *token = config_read_token(f->config->token_file, &e);
	bool was = r->differs, old;
	uint64_t id;

	if (token == NULL) {
		log_warn("The next start would fail: %s", e.text);
		return;
	}
	id = secret_identity(token);
	secret_free(token);
	r->differs = id != f->identity && id != r->stale;
	if (r->differs && !was)
		log_notice(
		    "token_file holds another token now. The fleet goes on "
		    "with the one it has; \"shardherd token reload\" checks "
		    "the new one and moves the fleet over.");
	/* Of a copy systemd makes a new one at the next start. */
	old = id == r->stale && id != f->identity
	    && !config_token_is_copy(f->config);
	status_notes_say(&f->notes, NOTE_TOKEN,
	    old ? "token_file still holds the "
		  "token that the fleet has left: the next start would take it. "
		  "Write the new one there."
		: !r->differs
		? ""
		: "token_file "
		  "holds another token than the fleet runs with: \"shardherd "
		  "token reload --dry-run\" tells what moving over costs.");
}

void
token_move_watch(struct token_move *r)
{
	struct stat st;

	if (token_move_busy(r) || stat(r->fleet->config->token_file, &st) == -1
	    || same_file(&st, &r->seen))
		return;
	r->seen = st;
	look_at_file(r);
}

bool
token_move_wanted(struct token_move *r)
{
	token_move_watch(r);
	return r->differs;
}

void
token_move_init(struct token_move *r, struct fleet *f)
{
	size_t len;

	memset(r, 0, sizeof(*r));
	r->fleet = f;
	r->report = (struct report) {&f->control, "Token", 0};
	discord_ask_init(&r->ask, f->loop, f->timers, f->config, "", f->ca_file,
	    on_answer);
	timer_init(f->timers, &r->tick, on_tick);
	restore_bot(r);
	if (store_blob_get(&f->store, TOKEN_MOVE_STALE_KEY, &r->stale,
		sizeof(r->stale), &len, NULL)
		!= 1
	    || len != sizeof(r->stale))
		r->stale = 0;
}

void
token_move_free(struct token_move *r)
{
	helper_stop(&r->ask.helper);
	timer_stop(&r->tick);
	secret_drop(r->fresh);
	free(r->since_ms);
	r->fresh = NULL;
	r->since_ms = NULL;
}
