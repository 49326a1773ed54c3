/* SPDX-License-Identifier: MIT */
/* See discord_info.h. */
#include "supervisor/identify/discord_info.h"

#include <string.h>

#include "shared/base/clock.h"
#include "shared/base/log.h"
#include "supervisor/base/fleet_state.h"
#include "supervisor/identify/hold.h"
#include "supervisor/identify/ledger.h"

static void on_answer(struct discord_ask *, const struct discord_ask_answer *);
static void on_retry(struct timer *);

void
discord_info_init(struct discord_info *a, struct fleet *f)
{
	memset(a, 0, sizeof(*a));
	a->fleet = f;
	discord_ask_init(&a->ask, f->loop, f->timers, f->config, f->token,
	    f->ca_file, on_answer);
	timer_init(f->timers, &a->retry, on_retry);
}

void
discord_info_stop(struct discord_info *a)
{
	timer_stop(&a->retry);
	helper_stop(&a->ask.helper);
}

static void
retry_later(struct discord_info *a, const struct discord_ask_answer *answer)
{
	double s = answer_rules_retry_s(answer, ++a->fails, clock_random());
	char words[512];

	answer_rules_words(answer, s, words, sizeof(words));
	log_warn("%s", words);
	status_notes_say(&a->fleet->notes, NOTE_ASKING, words);
	timer_set(&a->retry, s);
}

static void
start(struct discord_info *a)
{
	struct discord_ask_answer none = {.status = DISCORD_ASK_UNREACHABLE};
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
	if (helper_busy(&a->ask.helper)) {
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

	if (p->known
	    && clock_boot_ms() - p->answer.fetched_boot_ms
		>= DISCORD_INFO_BUSY_MS)
		discord_info_want(a, DISCORD_ASK_GATEWAY_BOT);
}

int
discord_info_now(struct discord_info *a, struct err *e)
{
	if (a->forbidden)
		return err_set(e, EXIT_CONFIG,
		    "Discord refuses the token: nothing is asked until "
		    "\"shardherd release\".");
	if (timer_pending(&a->retry))
		return err_set(e, EXIT_TRY_LATER,
		    "Discord %s; it is asked again soon.",
		    a->fails > 0 ? "did not answer"
				 : "was asked several times just now");
	if (helper_busy(&a->ask.helper))
		return err_set(e, EXIT_TRY_LATER,
		    "Discord is just being asked: try again in a moment.");
	if (a->asked_ms != 0
	    && clock_boot_ms() - a->asked_ms < DISCORD_INFO_LEAST_MS)
		return err_set(e, EXIT_TRY_LATER,
		    "Discord was asked less than %d s ago.",
		    DISCORD_INFO_LEAST_MS / 1000);
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

/* ---- an answer -------------------------------------------- */

static void
answered(struct discord_info *a, const struct discord_ask_answer *w)
{
	struct fleet *f = a->fleet;

	a->fails = 0;
	a->what = DISCORD_ASK_GATEWAY_BOT;
	if (a->forbidden) {
		discord_info_allow(a);
		if (f->hold->code == 401)
			hold_new_token(f->hold);
	}
	a->recommended = (uint32_t)w->shards;
	status_notes_say(&f->notes, NOTE_ASKING, "");
	status_notes_say(&f->notes, NOTE_START, "");
	f->answered(f, w);
}

static void
refused(struct discord_info *a, const struct discord_ask_answer *w)
{
	a->forbidden = true;
	a->what = DISCORD_ASK_GATEWAY_BOT;
	/* Nothing foreign is final: two calls that count, then. */
	if (a->fleet->launched > 0)
		timer_set(&a->retry, DISCORD_INFO_REFUSED_S);
	a->fleet->answered(a->fleet, w);
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
	if (w.status == DISCORD_ASK_OK
	    && !answer_rules_answer_ok(&w, f->config->api))
		w.status = DISCORD_ASK_GARBAGE;
	if (w.status == DISCORD_ASK_UNAUTHORIZED)
		refused(a, &w);
	else if (w.status == DISCORD_ASK_OK)
		answered(a, &w);
	else
		retry_later(a, &w);
	/* Last, as who waits for it reads the rest then. */
	if (w.status == DISCORD_ASK_OK
	    || w.status == DISCORD_ASK_UNAUTHORIZED) {
		a->answered_ms = asked;
		f->notes.due = true;
	}
	if (a->more) {
		a->more = false;
		discord_info_want(a, DISCORD_ASK_EVERYTHING);
	}
}
