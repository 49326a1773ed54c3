/* SPDX-License-Identifier: MIT */
/* See rollout_effects.h. */
#include "supervisor/operation/rollout_effects.h"

#include <string.h>
#include <sys/stat.h>

#include "shared/base/clock.h"
#include "shared/config/config_diff.h"
#include "supervisor/base/fleet_state.h"
#include "supervisor/child/member.h"
#include "supervisor/identify/permit.h"
#include "supervisor/operation/handover_effects.h"
#include "supervisor/operation/next_config.h"
#include "supervisor/operation/operation.h"
#include "supervisor/operation/rollout.h"

#define UNDERWAY_KEY "rollout" /* store blob while one is under way */

/* ---- which shards --------------------------------------------------- */

/* The program file is the same as long as these are. */
static uint64_t
program_mark(void)
{
	struct stat st;
	uint64_t id[4] = {0};

	if (stat("/proc/self/exe", &st) == 0) {
		id[0] = st.st_dev;
		id[1] = st.st_ino;
		id[2] = (uint64_t)st.st_mtim.tv_sec;
		id[3] = (uint64_t)st.st_mtim.tv_nsec;
	}
	return base_hash64(id, sizeof(id));
}

static uint64_t
settings_of(const struct config *c)
{
	return config_diff_sum(c, CONFIG_RELOAD_SHARDS);
}

static bool
is_behind(const struct rollout_effects *r, uint32_t slot)
{
	const struct page_watch *w = &r->fleet->page.slot[slot].watch;

	return w->program != r->fleet->program
	    || w->settings != r->fleet->settings;
}

/* Marks those to replace; how many there are. */
static uint32_t
choose(struct rollout_effects *r, bool all)
{
	struct fleet *f = r->fleet;
	uint32_t n = 0;

	if (r->slots != f->local) {
		free(r->slot);
		r->slot = base_alloc(f->local * sizeof(*r->slot));
		r->slots = f->local;
	}
	for (uint32_t i = 0; i < f->local; i++) {
		r->slot[i].mark = all || is_behind(r, i) ? ROLLOUT_EFFECTS_DUE
							 : ROLLOUT_EFFECTS_NOT;
		n += r->slot[i].mark == ROLLOUT_EFFECTS_DUE;
	}
	return n;
}

/* ---- what the operator reads ---------------------------------------- */

static void
publish(struct rollout_effects *r, const char *sentence)
{
	str_copy(r->note, sentence, sizeof(r->note));
	r->fleet->notes.due = true;
}

static void
event(struct rollout_effects *r, enum rollout_event ev)
{
	rollout_event(&r->rollout, ev);
	r->fleet->notes.due = true;
}

static void
tell(void *arg, const char *sentence)
{
	struct rollout_effects *r = arg;

	report_tell(&r->report, "%s", sentence);
	publish(r, sentence);
}

/* A start after our death tells that it was given up. */
static void
note_underway(struct rollout_effects *r, bool on)
{
	uint32_t v = on;

	store_writes_blob(&r->fleet->writes, UNDERWAY_KEY, &v, sizeof(v));
}

/* ---- actions of the policy ------------------------------------------ */

static struct handover_effects *
free_lane(struct rollout_effects *r)
{
	for (size_t i = 0; i < ROLLOUT_EFFECTS_LANES; i++)
		if (handover_effects_free(&r->lane[i]))
			return &r->lane[i];
	return NULL;
}

static void
shard_failed(struct rollout_effects *r, struct member *c, const char *why)
{
	char words[ROLLOUT_WORDS];

	r->slot[c->slot].mark = ROLLOUT_EFFECTS_FAILED;
	str_format(words, sizeof(words), "%s was not replaced: %s.", c->name,
	    why);
	tell(r, words);
}

/* Without a session there is nothing to hand over, and nothing to lose. */
static enum rollout_step
restart_plainly(struct rollout_effects *r, struct member *c,
    enum shard_state state)
{
	if (state == SHARD_IDENTIFYING) {
		shard_failed(r, c, "its IDENTIFY is under way");
		return ROLLOUT_REFUSED;
	}
	r->slot[c->slot].mark = ROLLOUT_EFFECTS_PLAIN;
	member_event(c, MEMBER_ON_RESTART);
	return ROLLOUT_SKIPPED;
}

static enum rollout_step
replace_one(struct rollout_effects *r, struct member *c)
{
	struct fleet *f = r->fleet;
	struct handover_effects *lane = free_lane(r);
	struct page_shard s;
	struct err e;

	if (c->state != MEMBER_UP) {
		/* Its next start takes program and config as they are. */
		r->slot[c->slot].mark = ROLLOUT_EFFECTS_PLAIN;
		return ROLLOUT_SKIPPED;
	}
	if (f->permit->held[0] != '\0') {
		shard_failed(r, c, "the fleet is on hold");
		return ROLLOUT_REFUSED;
	}
	if (page_read(&f->page.slot[c->slot].shard, &s, sizeof(s))
	    && s.session == 0)
		return restart_plainly(r, c, (enum shard_state)s.state);
	/* Those before of others have not ended yet. */
	if (lane == NULL)
		return ROLLOUT_LATER;
	if (handover_effects_begin(lane, c, &e) == 0) {
		r->slot[c->slot].mark = ROLLOUT_EFFECTS_BUSY;
		return ROLLOUT_BEGUN;
	}
	shard_failed(r, c, e.text);
	return ROLLOUT_REFUSED;
}

static enum rollout_step
next(void *arg)
{
	struct rollout_effects *r = arg;

	for (uint32_t i = 0; i < r->slots; i++)
		if (r->slot[i].mark == ROLLOUT_EFFECTS_DUE)
			return replace_one(r, &r->fleet->shard[i]);
	return ROLLOUT_SKIPPED;
}

static void
lane_done(void *arg, struct member *c, bool ok, const char *why)
{
	struct rollout_effects *r = arg;
	char words[128];

	if (r->slot == NULL || r->slot[c->slot].mark != ROLLOUT_EFFECTS_BUSY)
		return;
	if (!ok) {
		shard_failed(r, c, why);
		event(r, ROLLOUT_ON_FAILED);
		return;
	}
	r->slot[c->slot].mark = ROLLOUT_EFFECTS_MOVED;
	r->slot[c->slot].pid = c->pid;
	str_format(words, sizeof(words), "%s is replaced, %u of %u.", c->name,
	    r->rollout.moved + 1, r->rollout.plan.total);
	tell(r, words);
	event(r, ROLLOUT_ON_MOVED);
}

/* ---- the end -------------------------------------------------------- */

static void
undo_now(struct rollout_effects *r)
{
	struct rollout_effects_order o = {-1, -1, -1, -1, false, false, false};
	uint32_t ticket = r->undo_ticket;
	struct err e;

	r->undo_next = false;
	r->undo_ticket = 0;
	if (rollout_effects_undo(r, ticket, &o, &e) == -1)
		control_done(&r->fleet->control, ticket, 0, &e);
}

static void
done(void *arg, int code, const char *sentence)
{
	struct rollout_effects *r = arg;
	struct err e;

	note_underway(r, false);
	publish(r, sentence); /* whoever has the answer looks there next */
	if (code == EXIT_FINE) {
		log_notice("Rollout: %s After %.1f s.", sentence,
		    (double)(clock_boot_ms() - r->began_ms) / 1000);
		report_fine(&r->report, 0, sentence);
	} else {
		err_set(&e, code, "%s", sentence);
		report_end(&r->report, 0, &e);
	}
	if (r->undo_next)
		undo_now(r);
}

static const struct rollout_actions actions = {
    .next = next,
    .judge = rollout_effects_judge,
    .tell = tell,
    .done = done,
};

/* ---- the beginning -------------------------------------------------- */

static uint32_t
pick(int64_t asked, int64_t otherwise)
{
	return (uint32_t)(asked >= 0 ? asked : otherwise);
}

static void
make_plan(const struct rollout_effects *r,
    const struct rollout_effects_order *o, uint32_t total,
    struct rollout_plan *p)
{
	const struct config *c = r->fleet->config;

	p->total = total;
	p->canary = pick(o->canary, c->rollout_canary);
	p->parallel = pick(o->parallel, c->rollout_parallel);
	if (p->parallel > ROLLOUT_EFFECTS_LANES)
		p->parallel = ROLLOUT_EFFECTS_LANES;
	p->max_failures = pick(o->max_failures, c->rollout_max_failures);
	p->pause_s = o->pause_s >= 0 ? o->pause_s : c->rollout_pause_s;
}

static void
plan_words(const struct rollout_plan *p, const char *verb, char *out,
    size_t size)
{
	str_format(out, size,
	    "%s %u shards, each with one RESUME and no IDENTIFY: %u first, %g "
	    "s of watching, then %u at a time; more than %u failures stop it.",
	    verb, p->total, p->canary < p->total ? p->canary : p->total,
	    p->pause_s, p->parallel > 0 ? p->parallel : 1, p->max_failures);
}

/* The config in force is the one to roll out. */
static void
roll(struct rollout_effects *r, const struct rollout_effects_order *o,
    uint32_t total)
{
	char words[ROLLOUT_WORDS];
	struct rollout_plan p;

	make_plan(r, o, total, &p);
	plan_words(&p, "Replacing", words, sizeof(words));
	r->began_ms = clock_boot_ms();
	note_underway(r, true);
	tell(r, words);
	if (o->no_wait)
		report_end(&r->report, 0, NULL);
	rollout_begin(&r->rollout, &p);
	r->fleet->notes.due = true;
}

static void
nothing_to_do(struct rollout_effects *r)
{
	report_fine(&r->report, 0,
	    "Every shard runs this program and this configuration already; "
	    "with --all they are replaced nevertheless.");
}

static void
roll_those_behind(struct rollout_effects *r,
    const struct rollout_effects_order *o)
{
	uint32_t n = choose(r, o->all);

	if (n == 0)
		nothing_to_do(r);
	else
		roll(r, o, n);
}

static void
put_in_force(struct rollout_effects *r, struct config *c)
{
	next_config_swap(r->fleet, c);
	r->presence = strcmp(r->fleet->config->presence, c->presence) != 0;
	r->fleet->settings = settings_of(r->fleet->config);
}

static void
drop_before(struct rollout_effects *r)
{
	next_config_drop(r->before);
	r->before = NULL;
}

/* c holds the config to roll out; it is freed or kept. */
static void
dry_run(struct rollout_effects *r, const struct rollout_effects_order *o,
    struct config *c)
{
	uint64_t was = r->fleet->settings;
	char words[ROLLOUT_WORDS];
	struct rollout_plan p;
	uint32_t n;

	r->fleet->settings = settings_of(c);
	n = choose(r, o->all);
	r->fleet->settings = was;
	next_config_drop(c);
	if (n == 0) {
		nothing_to_do(r);
		return;
	}
	make_plan(r, o, n, &p);
	plan_words(&p, "Would replace", words, sizeof(words));
	report_fine(&r->report, 0, words);
}

int
rollout_effects_begin(struct rollout_effects *r, uint32_t ticket,
    const struct rollout_effects_order *o, struct err *e)
{
	struct config *c;

	if (operation_may(r->fleet, OPERATION_ROLLOUT, e) == -1)
		return -1;
	c = next_config_rollout(r->fleet, ticket, e);
	if (c == NULL)
		return -1;
	must(!rollout_effects_busy(r));
	r->report.ticket = ticket;
	if (o->dry_run) {
		dry_run(r, o, c);
		return 0;
	}
	if (settings_of(c) != r->fleet->settings) {
		put_in_force(r, c);
		drop_before(r);
		r->before = c;
	} else {
		next_config_drop(c);
	}
	roll_those_behind(r, o);
	return 0;
}

/* While one is under way it is stopped first. */
static int
undo_later(struct rollout_effects *r, uint32_t ticket, struct err *e)
{
	if (r->undo_next)
		return err_set(e, EXIT_TRY_LATER, "an undo is under way");
	r->undo_next = true;
	r->undo_ticket = ticket;
	event(r, ROLLOUT_ON_HALT);
	return 0;
}

int
rollout_effects_undo(struct rollout_effects *r, uint32_t ticket,
    const struct rollout_effects_order *o, struct err *e)
{
	struct rollout_effects_order now = *o;
	struct config *c;

	if (r->before == NULL)
		return err_set(e, EXIT_DEGRADED,
		    "there is no configuration to go back to: no rollout has "
		    "changed one since the supervisor started. To go back to "
		    "another program: \"shardherd upgrade FILE\", then "
		    "\"shardherd rollout\"");
	/* What it would replace is known only when the one under way ended. */
	if (operation_may(r->fleet,
		o->dry_run ? OPERATION_ROLLOUT : OPERATION_UNDO, e)
	    == -1)
		return -1;
	if (rollout_effects_busy(r))
		return undo_later(r, ticket, e);
	c = next_config_undo(r->fleet, r->before, ticket, e);
	if (c == NULL)
		return -1;
	if (now.canary < 0)
		now.canary = 0;
	if (now.pause_s < 0)
		now.pause_s = 0;
	r->report.ticket = ticket;
	if (o->dry_run) {
		dry_run(r, &now, c);
		return 0;
	}
	put_in_force(r, c);
	next_config_drop(c);
	drop_before(r);
	roll_those_behind(r, &now);
	return 0;
}

int
rollout_effects_halt(struct rollout_effects *r, struct err *e)
{
	if (!rollout_effects_busy(r))
		return err_set(e, EXIT_TRY_LATER, "no rollout is under way");
	event(r, ROLLOUT_ON_HALT);
	return 0;
}

void
rollout_effects_abort(struct rollout_effects *r)
{
	struct err e;

	if (r->undo_next) {
		r->undo_next = false;
		err_set(&e, EXIT_TRY_LATER,
		    "the fleet is stopping: nothing was undone");
		control_done(&r->fleet->control, r->undo_ticket, 0, &e);
		r->undo_ticket = 0;
	}
	event(r, ROLLOUT_ON_ABORT);
	for (size_t i = 0; i < ROLLOUT_EFFECTS_LANES; i++)
		handover_effects_abort(&r->lane[i]);
}

/* ---- life ----------------------------------------------------------- */

void
rollout_effects_init(struct rollout_effects *r, struct fleet *f)
{
	memset(r, 0, sizeof(*r));
	r->fleet = f;
	r->report = (struct report) {&f->control, "Rollout", 0};
	r->fleet->program = program_mark();
	r->fleet->settings = settings_of(f->config);
	rollout_init(&r->rollout, f->timers, &actions, r);
	for (size_t i = 0; i < ROLLOUT_EFFECTS_LANES; i++)
		handover_effects_init(&r->lane[i], f, lane_done, r);
}

void
rollout_effects_free(struct rollout_effects *r)
{
	timer_stop(&r->rollout.deadline);
	timer_stop(&r->rollout.tick);
	for (size_t i = 0; i < ROLLOUT_EFFECTS_LANES; i++)
		handover_effects_close(&r->lane[i]);
	rollout_effects_forget(r);
	drop_before(r);
}

void
rollout_effects_launched(struct rollout_effects *r)
{
	uint32_t underway = 0;
	size_t len = 0;

	if (store_blob_get(&r->fleet->store, UNDERWAY_KEY, &underway,
		sizeof(underway), &len, NULL)
		!= 1
	    || len != sizeof(underway) || underway == 0)
		return;
	note_underway(r, false);
	log_notice("The rollout under way when the supervisor ended was given "
		   "up there.");
	publish(r,
	    "Given up when the supervisor ended; shards started since then run "
	    "program and configuration as they are.");
}

void
rollout_effects_forget(struct rollout_effects *r)
{
	free(r->slot);
	r->slot = NULL;
	r->slots = 0;
}
