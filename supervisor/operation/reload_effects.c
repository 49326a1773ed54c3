/* SPDX-License-Identifier: MIT */
/* See reload_effects.h. */
#include "supervisor/operation/reload_effects.h"

#include <string.h>

#include "shared/base/clock.h"
#include "supervisor/base/fleet_state.h"
#include "supervisor/child/member.h"
#include "supervisor/child/program.h"
#include "supervisor/child/uplinks.h"
#include "supervisor/operation/service_change.h"
#include "supervisor/operation/next_config.h"
#include "supervisor/operation/operation.h"
#include "supervisor/operation/probation.h"
#include "supervisor/operation/reload.h"
#include "supervisor/child/loglevel.h"

/* ---- config --------------------------------------------------------- */

static void
swap_config(struct reload_effects *h)
{
	next_config_swap(h->fleet, h->other);
	/* An operator's level stays, unless the file's was changed. */
	if (h->other->log_level != h->fleet->config->log_level)
		loglevel_set(h->fleet,
		    (enum log_level)h->fleet->config->log_level);
}

static void
drop_other(struct reload_effects *h)
{
	next_config_drop(h->other);
	h->other = NULL;
}

/* ---- who is in service ---------------------------------------------- */

/*
 * Puts c into service in place of from.  Handlers write their part of the page
 * only while handler_watch names them, so that there is one writer at a time.
 */
static void
take_service(struct fleet *f, struct member *c, struct member *from)
{
	struct page_watch *w = &f->page.head->handler_watch;
	struct page_watch *spare = &f->spare_watch, was = *w;

	f->handler = c;
	page_begin(&w->lock);
	w->pid = spare->pid;
	w->pid_start = spare->pid_start;
	w->started_ms = spare->started_ms;
	w->restart_ms = 0;
	w->rss_kb = w->uss_kb = w->fds = w->fd_limit = 0;
	w->sampled_ms = 0;
	w->starts++;
	str_copy(w->version, spare->version, sizeof(w->version));
	page_end(&w->lock);
	spare->pid = was.pid;
	spare->pid_start = was.pid_start;
	spare->started_ms = was.started_ms;
	str_copy(spare->version, was.version, sizeof(spare->version));
	str_copy(c->name, "handler", sizeof(c->name));
	str_copy(from->name,
	    from == f->reload->old ? "old handler" : "new handler",
	    sizeof(from->name));
}

static bool
serving(const struct member *c)
{
	return c->state == MEMBER_UP && c->ready_ms != 0;
}

static uint32_t
behind(void *arg)
{
	struct reload_effects *h = arg;
	struct fleet *f = h->fleet;
	const struct member *other = member_spare(f);
	uint32_t n = 0;

	for (uint32_t i = 0; i < f->local; i++) {
		const struct member *c = &f->shard[i];

		if (c->state != MEMBER_UP)
			continue; /* it begins with whoever serves */
		/* Whose other handler is gone is over as soon as it is told. */
		n += c->pair_due
		    || (member_running(other)
			&& c->switched != f->handler->generation);
	}
	return n;
}

/* ---- looking at the new one ----------------------------------------- */

/* What an operator holds back is not missed. */
static void
count_plugins(struct fleet *f, struct probation_sample *s)
{
	struct page_plugins *all = base_alloc(sizeof(*all));

	if (page_read(&f->page.head->plugins, all, sizeof(*all)))
		for (uint32_t i = 0; i < all->count && i < PAGE_PLUGINS; i++) {
			const struct page_plugin *p = &all->plugin[i];

			s->plugins += p->state != PLUGIN_HELD
			    || !p->by_operator;
			s->plugins_up += p->state == PLUGIN_UP;
		}
	free(all);
}

static void
take_sample(struct fleet *f, struct probation_sample *s)
{
	struct page_handler ph;
	struct page_shard ps;

	memset(s, 0, sizeof(*s));
	s->now_ms = clock_boot_ms();
	for (uint32_t i = 0; i < f->local; i++) {
		if (!page_read(&f->page.slot[i].shard, &ps, sizeof(ps)))
			continue;
		s->waiting += ps.queue_events + ps.spool_events;
		s->acked += ps.acked_seq;
	}
	if (!page_read(&f->page.head->handler, &ph, sizeof(ph)))
		return;
	count_plugins(f, s);
	s->plugin_ends = ph.plugin_restarts + ph.dead_letters;
	s->taken = ph.events;
}

static uint64_t
patience_ms(const struct config *c)
{
	double s = 0;

	for (size_t i = 0; i < c->plugins; i++)
		if (c->plugin[i].timeout_s > s)
			s = c->plugin[i].timeout_s;
	return (uint64_t)((s + RELOAD_EFFECTS_SLACK_S) * 1000);
}

static enum reload_verdict
judge(void *arg, bool last, char *words, size_t size)
{
	struct reload_effects *h = arg;
	struct probation_sample s;

	take_sample(h->fleet, &s);
	return probation_judge(&h->probation, &s, last, words, size);
}

/* A handler that serves is not given up for one that can do less. */
static bool
fit(void *arg, char *words, size_t size)
{
	struct reload_effects *h = arg;

	if (h->unfit[0] == '\0' || !serving(h->old))
		return true;
	str_copy(words, h->unfit, size);
	return false;
}

static void
obituary(void *arg, char *words, size_t size)
{
	struct reload_effects *h = arg;
	const char *end = member_watch(h->fresh)->last_end;
	size_t name = strlen(h->fresh->name) + 1;

	/* "new handler (pid 7) exited ...": its name is said already. */
	str_copy(words, strlen(end) > name ? end + name : "ended", size);
}

/* ---- actions -------------------------------------------------------- */

static void
tell(void *arg, const char *sentence)
{
	struct reload_effects *h = arg;

	report_tell(&h->report, "%s", sentence);
}

static int
start_fresh(void *arg, struct err *e)
{
	struct reload_effects *h = arg;
	struct member *fresh = h->fresh, *old = h->old;
	char words[RELOAD_WORDS];

	if (program_open(&fresh->program, h->fleet->program_path,
		h->other->text, e)
	    == -1)
		return -1;
	str_copy(fresh->name, "new handler", sizeof(fresh->name));
	fresh->trial = true;
	member_event(fresh, MEMBER_ON_START);
	if (!member_running(fresh)) {
		fresh->trial = false;
		member_event(fresh, MEMBER_ON_STOP);
		program_close(&fresh->program);
		return err_set(e, EXIT_DEGRADED,
		    "the new handler's process could not be made (see the "
		    "log); nothing was changed");
	}
	old->trial = true;
	/* A restart of it, asked for or due, would only come in between. */
	if (old->state == MEMBER_WAITING || old->state == MEMBER_STOPPING)
		member_event(old, MEMBER_ON_STOP);
	str_format(words, sizeof(words),
	    "Handler generation %u starts beside generation %u.",
	    fresh->generation, old->generation);
	tell(h, words);
	return 0;
}

static void
promote(void *arg)
{
	struct reload_effects *h = arg;
	struct fleet *f = h->fleet;
	struct probation_sample before;
	uint64_t served = h->old->ready_ms != 0
	    ? clock_boot_ms() - h->old->ready_ms
	    : 0;

	take_sample(f, &before);
	probation_begin(&h->probation, &before, served,
	    before.plugin_ends - h->old->ends_before, patience_ms(h->other));
	swap_config(h);
	h->promoted = true;
	take_service(f, h->fresh, h->old);
	uplinks_add(f->uplinks, h->fresh);
}

static bool
retire(void *arg)
{
	struct reload_effects *h = arg;

	member_event(h->old, MEMBER_ON_STOP);
	return member_running(h->old);
}

/* The shards heard of a newer generation: the old one returns as the newest. */
static void
serve_again(struct reload_effects *h)
{
	struct fleet *f = h->fleet;

	h->old->generation = ++f->epoch;
	uplinks_add(f->uplinks, h->old);
}

static void
restore(void *arg, const char *why)
{
	struct reload_effects *h = arg;
	struct fleet *f = h->fleet;
	/* One of another token can't serve any more: it is started anew. */
	bool alive = member_running(h->old) && h->old->state != MEMBER_STOPPING
	    && h->old->identity == f->identity;

	if (member_running(h->fresh))
		member_kill(h->fresh, h->promoted ? CRASH_HUNG : CRASH_START,
		    why);
	else
		member_event(h->fresh, MEMBER_ON_STOP);
	if (h->promoted) {
		swap_config(h);
		take_service(f, h->old, h->fresh);
	}
	h->anew = !alive;
	h->unfit[0] = '\0';
	h->switched = h->promoted;
	if (!alive)
		member_revive(h->old);
	else if (h->promoted && serving(h->old))
		serve_again(h);
	h->promoted = false;
}

static bool
restored(void *arg)
{
	struct reload_effects *h = arg;

	return !member_running(h->fresh) && serving(h->old) && behind(h) == 0;
}

/* Of one that was started anew: its plugins have to come up, too. */
static void
aftermath(void *arg, char *words, size_t size)
{
	struct reload_effects *h = arg;

	if (!h->switched && !h->anew) {
		str_copy(words,
		    "The one before goes on as it was; nothing was changed.",
		    size);
		return;
	}
	if (!h->anew)
		str_copy(words,
		    "The one before serves again with its configuration; it "
		    "had not been stopped.",
		    size);
	else if (h->unfit[0] == '\0')
		str_copy(words,
		    "The one before serves again with its configuration; it "
		    "was started anew, and so were its plugins.",
		    size);
	else
		str_format(words, size,
		    "The one before serves again with its configuration; it "
		    "was started anew, and %.150s.",
		    h->unfit);
}

static void
settle(void *arg, bool rolled_back)
{
	struct reload_effects *h = arg;
	struct fleet *f = h->fleet;

	h->fresh->trial = h->old->trial = false;
	program_close(h->promoted ? &h->old->program : &h->fresh->program);
	drop_other(h);
	/* Killed, and not gone yet (a frozen group, a disk that hangs): when it
	 * goes nobody starts it again. */
	if (rolled_back && h->fresh != f->handler && member_running(h->fresh))
		member_event(h->fresh, MEMBER_ON_STOP);
	if (rolled_back && !f->stopping && f->handler->state == MEMBER_DOWN)
		member_event(f->handler, MEMBER_ON_START);
	h->fresh = h->old = NULL;
	h->promoted = false;
}

static void
done(void *arg, int code, const char *sentence)
{
	struct reload_effects *h = arg;
	struct fleet *f = h->fleet;
	struct err e;

	h->last_code = code;
	status_notes_past(&f->page, -1, "reload: %s", sentence);
	status_notes_say(&f->notes, NOTE_RELOAD,
	    code == EXIT_FINE || f->stopping ? "" : sentence);
	if (code == EXIT_FINE) {
		log_notice("Reload: %s Generation %u, after %.1f s.", sentence,
		    f->handler->generation,
		    (double)(clock_boot_ms() - h->began_ms) / 1000);
		report_fine(&h->report, f->handler->generation, sentence);
		service_change_follow(f);
		f->member_ops->configured(f);
	} else {
		err_set(&e, code, "%s", sentence);
		report_end(&h->report, 0, &e);
	}
}

static const struct reload_actions actions = {
    .start = start_fresh,
    .fit = fit,
    .promote = promote,
    .behind = behind,
    .retire = retire,
    .judge = judge,
    .obituary = obituary,
    .restore = restore,
    .restored = restored,
    .aftermath = aftermath,
    .settle = settle,
    .tell = tell,
    .done = done,
};

/* ---- the public face ------------------------------------------------ */

void
reload_effects_init(struct reload_effects *h, struct fleet *f)
{
	memset(h, 0, sizeof(*h));
	h->fleet = f;
	h->report = (struct report) {&f->control, "Reload", 0};
	reload_init(&h->reload, f->timers, &actions, h);
}

void
reload_effects_free(struct reload_effects *h)
{
	timer_stop(&h->reload.deadline);
	timer_stop(&h->reload.tick);
	drop_other(h);
}

static void
limits_of(const struct config *c, struct reload_limits *l)
{
	double stop = c->handler_drain_timeout_s + c->stop_timeout_s;

	l->ready_s = c->handler_start_timeout_s + RELOAD_EFFECTS_READY_S;
	l->switch_s = c->handler_drain_timeout_s + RELOAD_EFFECTS_SLACK_S;
	l->stop_s = stop + RELOAD_EFFECTS_SLACK_S;
	l->probation_s = c->handler_probation_s;
	l->back_s = c->handler_start_timeout_s + stop + RELOAD_EFFECTS_SLACK_S;
}

/* next, which is taken over, is the config of the new handler. */
static int
begin(struct reload_effects *h, struct config *next, uint32_t ticket,
    struct err *e)
{
	struct fleet *f = h->fleet;
	struct reload_limits limits;

	must(!reload_effects_busy(h) && h->other == NULL);
	h->other = next;
	limits_of(next, &limits);
	h->old = f->handler;
	h->fresh = member_spare(f);
	h->unfit[0] = '\0';
	h->anew = h->switched = false;
	h->began_ms = clock_boot_ms();
	h->report.ticket = ticket;
	if (reload_begin(&h->reload, &limits, e) == 0)
		return 0;
	h->report.ticket = 0;
	h->old = h->fresh = NULL;
	drop_other(h);
	return -1;
}

int
reload_effects_begin(struct reload_effects *h, uint32_t ticket, bool check,
    bool no_wait, struct err *e)
{
	struct fleet *f = h->fleet;
	struct config *next;

	if (operation_may(f, OPERATION_RELOAD, e) == -1)
		return -1;
	next = next_config_reload(f, ticket, e);
	if (next == NULL)
		return -1;
	if (check) {
		next_config_drop(next);
		control_done(&f->control, ticket, f->handler->generation, NULL);
		return 0;
	}
	if (begin(h, next, ticket, e) == -1)
		return -1;
	if (no_wait)
		report_end(&h->report, f->epoch, NULL);
	return 0;
}

int
reload_effects_changed(struct reload_effects *h, struct err *e)
{
	int rc = next_config_differs(h->fleet, e);

	if (rc != 1)
		return rc;
	return reload_effects_begin(h, 0, false, false, e) == -1 ? -1 : 1;
}

int
reload_effects_same(struct reload_effects *h, uint32_t ticket,
    enum operation_underway within, struct err *e)
{
	struct config *next;

	if (operation_may_within(h->fleet, OPERATION_RELOAD, within, e) == -1)
		return -1;
	next = next_config_same(h->fleet, ticket, e);
	return next == NULL ? -1 : begin(h, next, ticket, e);
}

/* Did this plugin work so far, or did all that there are? */
static bool
worked(struct fleet *f, const char *name)
{
	struct page_plugins *all = base_alloc(sizeof(*all));
	struct probation_sample s = {0};
	bool yes = false;

	count_plugins(f, &s);
	if (page_read(&f->page.head->plugins, all, sizeof(*all)))
		for (uint32_t i = 0; i < all->count && i < PAGE_PLUGINS; i++)
			yes |= all->plugin[i].state == PLUGIN_UP
			    && strcmp(all->plugin[i].name, name) == 0;
	free(all);
	return yes || s.plugins_up == s.plugins;
}

void
reload_effects_plugin_down(struct reload_effects *h, struct member *c,
    const char *text)
{
	const char *end = strstr(text, " (");
	char name[192];

	if (h->unfit[0] != '\0')
		return;
	if (c == h->old && h->anew)
		str_format(h->unfit, sizeof(h->unfit),
		    "can't bring up plugin %s", text);
	if (c != h->fresh || h->reload.state != RELOAD_STARTING)
		return;
	str_copy(name, text, sizeof(name));
	if (end != NULL && (size_t)(end - text) < sizeof(name))
		name[end - text] = '\0';
	if (worked(h->fleet, name))
		str_format(h->unfit, sizeof(h->unfit),
		    "could not bring up plugin %s", text);
}

void
reload_effects_ready(struct reload_effects *h, struct member *c)
{
	if (c == h->fresh || h->reload.state == RELOAD_ROLLING_BACK)
		reload_event(&h->reload, RELOAD_ON_READY);
}

void
reload_effects_gone(struct reload_effects *h, struct member *c)
{
	if (c == h->fresh)
		reload_event(&h->reload, RELOAD_ON_NEW_GONE);
	else if (c == h->old && !c->again)
		reload_event(&h->reload, RELOAD_ON_OLD_GONE);
}

void
reload_effects_moved(struct reload_effects *h)
{
	reload_event(&h->reload, RELOAD_ON_MOVED);
}

void
reload_effects_abort(struct reload_effects *h)
{
	struct member *fresh = h->fresh;

	if (reload_effects_busy(h) && !h->promoted)
		member_event(fresh, MEMBER_ON_STOP);
	reload_event(&h->reload, RELOAD_ON_ABORT);
}
