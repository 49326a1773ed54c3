/* SPDX-License-Identifier: MIT */
/* See sighup.h. */
#include "supervisor/sighup.h"

#include <string.h>

#include "supervisor/base/fleet_state.h"
#include "supervisor/identify/hold.h"
#include "supervisor/log/fleet_log.h"
#include "supervisor/operation/reload_effects.h"
#include "supervisor/operation/token_move.h"
#include "supervisor/systemd.h"

static void
trouble(struct sighup *h, const char *what)
{
	str_format(h->trouble, sizeof(h->trouble),
	    "the last reload: %s; see the log", what);
}

static void
finish(struct sighup *h)
{
	timer_stop(&h->tick);
	h->step = SIGHUP_IDLE;
	systemd_reloaded(h->fleet->systemd, h->trouble);
	if (h->again)
		sighup_signal(h);
}

/* The token's move may take hours: it is only waited for its check. */
static bool
step_over(struct sighup *h)
{
	struct fleet *f = h->fleet;

	if (h->step == SIGHUP_CONFIG) {
		if (reload_effects_busy(f->reload))
			return false;
		if (f->reload->last_code != EXIT_FINE)
			trouble(h,
			    "the new handler failed, the old one serves");
		return true;
	}
	if (f->token_move->state == TOKEN_MOVE_ASKING)
		return false;
	if (!token_move_busy(f->token_move)
	    && f->token_move->last_code != EXIT_FINE)
		trouble(h, "the new token was not taken");
	return true;
}

static void
take_token(struct sighup *h)
{
	const struct token_move_options o = {.no_wait = true};
	struct err e;

	if (!token_move_wanted(h->fleet->token_move)) {
		if (hold_of_token(h->fleet->hold)) {
			log_error("SIGHUP brings no new token: %s",
			    h->fleet->hold->text);
			trouble(h, "no new token was found");
		}
		finish(h);
		return;
	}
	h->step = SIGHUP_TOKEN;
	if (token_move_begin(h->fleet->token_move, NULL, 0, &o, &e) == -1) {
		log_error("SIGHUP: the new token was not taken: %s", e.text);
		trouble(h, "the new token was not taken");
		finish(h);
		return;
	}
	timer_set(&h->tick, SIGHUP_TICK_S);
}

static void
on_tick(struct timer *t)
{
	struct sighup *h = container_of(t, struct sighup, tick);

	if (!step_over(h))
		timer_set(t, SIGHUP_TICK_S);
	else if (h->step == SIGHUP_CONFIG)
		take_token(h);
	else
		finish(h);
}

static void
take_config(struct sighup *h)
{
	struct err e;
	int rc = reload_effects_changed(h->fleet->reload, &e);

	if (rc == 1) {
		h->step = SIGHUP_CONFIG;
		timer_set(&h->tick, SIGHUP_TICK_S);
		return;
	}
	if (rc == -1) {
		log_error("SIGHUP: the config was not taken, nothing was "
			  "changed: %s",
		    e.text);
		trouble(h, "the config was not taken");
	}
	take_token(h);
}

void
sighup_signal(struct sighup *h)
{
	struct fleet *f = h->fleet;

	fleet_log_reopen(f->logs);
	log_notice("Log file reopened.");
	h->again = h->step != SIGHUP_IDLE;
	if (h->again || f->stopping)
		return;
	h->trouble[0] = '\0';
	systemd_reloading(f->systemd);
	if (f->local > 0)
		take_config(h);
	else
		finish(h);
}

void
sighup_init(struct sighup *h, struct fleet *f)
{
	memset(h, 0, sizeof(*h));
	h->fleet = f;
	timer_init(f->timers, &h->tick, on_tick);
}

void
sighup_free(struct sighup *h)
{
	timer_stop(&h->tick);
}
