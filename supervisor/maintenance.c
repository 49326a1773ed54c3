/* SPDX-License-Identifier: MIT */
/* See maintenance.h. */
#include "supervisor/maintenance.h"

#include <string.h>

#include "shared/base/clock.h"
#include "shared/state/config_kept.h"
#include "supervisor/upgrade/adopt_call.h"
#include "supervisor/base/fleet_state.h"
#include "supervisor/log/fleet_log.h"
#include "supervisor/log/log_compress.h"
#include "supervisor/log/log_rotation.h"

/* Where else should it be said?  status shows it. */
static void
tell_homeless(struct maintenance *u, const struct fleet_log *g)
{
	char words[sizeof(g->path) + 128];

	u->homeless = g->homeless;
	str_format(words, sizeof(words),
	    "The log %s was deleted and can't be made again: what is logged "
	    "now is lost. Make its directory.",
	    g->path);
	status_notes_say(&u->fleet->notes, NOTE_LOG, g->homeless ? words : "");
}

static void
keep_logs(struct maintenance *u)
{
	struct fleet_log *g = u->fleet->logs;

	if (!g->file)
		return;
	fleet_log_check(g);
	if (g->homeless != u->homeless)
		tell_homeless(u, g);
	fleet_log_check_age(g);
	if (g->compress && (u->pack.news || u->turn % MAINTENANCE_LOGS == 0))
		log_compress_some(&u->pack, g->path);
	if (u->turn++ % MAINTENANCE_LOGS == 0)
		log_rotation_prune(g->path, g->files, g->total, g->size);
}

/* Also after a reload, which brings another. */
static void
keep_config(struct maintenance *u)
{
	const struct config *c = u->fleet->config;
	uint64_t sum = base_hash64(c->text, strlen(c->text));
	char words[256] = "";
	struct err e;

	if (c->kept_for != NULL)
		str_format(words, sizeof(words),
		    "It runs by the config of before, as the file has a fault: "
		    "mend it, then \"shardherd reload\". %s",
		    c->kept_for);
	if (strcmp(u->fleet->notes.text[NOTE_CONFIG], words) != 0)
		status_notes_say(&u->fleet->notes, NOTE_CONFIG, words);
	if (sum == u->kept || u->fleet->local == 0)
		return;
	/* Not tried again and again: the disk's trouble is told elsewhere. */
	u->kept = sum;
	if (config_kept_put(c, &e) == -1)
		log_warn("The config can't be kept for a start that finds a "
			 "broken file: %s",
		    e.text);
}

static void
on_timer(struct timer *t)
{
	struct maintenance *u = container_of(t, struct maintenance, timer);
	struct fleet *f = u->fleet;

	timer_set(t, MAINTENANCE_S);
	if (f->page.head != NULL)
		page_beat(&f->page.head->pulse.supervisor_ms, clock_boot_ms());
	keep_logs(u);
	keep_config(u);
	control_check(&f->control);
	adopt_call_check(f->adopt);
	fd_reserve_refill(&f->reserve);
}

void
maintenance_init(struct maintenance *u, struct fleet *f)
{
	memset(u, 0, sizeof(*u));
	u->fleet = f;
	fd_reserve_init(&f->reserve);
	log_compress_init(&u->pack, f->loop, f->timers);
	f->logs->reserve = &f->reserve;
	f->logs->pack = &u->pack;
	timer_init(f->timers, &u->timer, on_timer);
	timer_set(&u->timer, MAINTENANCE_S);
}

void
maintenance_stop(struct maintenance *u)
{
	timer_stop(&u->timer);
	helper_stop(&u->pack.helper);
	u->fleet->logs->pack = NULL;
	u->fleet->logs->reserve = NULL;
	fd_reserve_close(&u->fleet->reserve);
}
