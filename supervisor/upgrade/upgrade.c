/* SPDX-License-Identifier: MIT */
/* See upgrade.h. */
#include "supervisor/upgrade/upgrade.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "shared/page/page.h"
#include "shared/base/text.h"
#include "shared/base/version.h"
#include "supervisor/base/fleet_state.h"
#include "supervisor/base/sd_notify.h"
#include "supervisor/child/member.h"
#include "supervisor/child/program.h"
#include "supervisor/operation/operation.h"
#include "supervisor/operation/probe.h"
#include "supervisor/operation/reload_effects.h"
#include "supervisor/upgrade/upgrade_check.h"
#include "supervisor/upgrade/upgrade_handoff.h"
#include "supervisor/upgrade/upgrade_guard.h"
#include "supervisor/child/kept.h"
#include "supervisor/child/spawn.h"

#define PROGRAM_SELF "/proc/self/exe"

/* ---- what the client and the log are told --------------------------- */

static void
end(struct upgrade *s, const struct err *e)
{
	report_end(&s->report, s->fleet->handler->generation, e);
	s->arrived = false;
}

static void
forget(struct upgrade *s)
{
	helper_stop(&s->helper);
	program_close(&s->program);
}

static void
fail(struct upgrade *s, const struct err *why)
{
	struct err e;

	err_set(&e, why->code,
	    "Not upgraded, everything goes on as before: %s.", why->text);
	forget(s);
	end(s, &e);
}

/* ---- the exec ------------------------------------------------------- */

/*
 * Becomes the program behind fd, started as path.  a names what passes through
 * besides config and token.  Returns when it can't, with nothing changed.
 */
static void
become(struct fleet *f, int fd, const char *path, struct arrival *a,
    struct err *e)
{
	struct program program = {.fd = fd};
	bool guarded = a->guard != -1;
	char name[CONFIG_PATH_MAX], **argv;

	str_copy(name, path, sizeof(name));
	a->path = f->config->path;
	a->lock = f->lock_fd;
	a->gate_log = f->kept->fd[KEPT_GATE_LOG];
	a->gate_listen = f->kept->fd[KEPT_GATE_LISTEN];
	a->rest_listen = f->kept->fd[KEPT_REST_LISTEN];
	a->web_listen = f->kept->fd[KEPT_WEB_LISTEN];
	a->web_public = f->kept->fd[KEPT_WEB_PUBLIC];
	a->nofile = f->nofile.rlim_cur == RLIM_INFINITY ? 0
							: f->nofile.rlim_cur;
	a->config = spawn_config(f->config->text, e);
	if (a->config == -1)
		return;
	a->token = spawn_token(f->token, e);
	if (a->token == -1)
		goto err1;
	if (!guarded)
		a->guard = upgrade_guard_start(f, a);
	argv = upgrade_handoff_argv(a, name);
	upgrade_handoff_keep(a, true);
	sd_notify_environ(f->notify);
	program_exec(&program, argv);
	err_sys(e, EXIT_DEGRADED, "the program file %s can't be executed",
	    path);
	sd_notify_forget();
	upgrade_handoff_keep(a, false);
	fd_cloexec(fd, true);
	if (!guarded)
		upgrade_guard_release(&a->guard);
	free(argv);
	close(a->token);
err1:
	close(a->config);
}

static void
blank(struct arrival *a)
{
	memset(a, 0, sizeof(*a));
#define X(m, s) a->m = -1;
	UPGRADE_HANDOFF_FDS(X)
#undef X
	a->path = a->why = a->home = "";
	a->from = SHARDHERD_VERSION;
}

static void
describe(const struct upgrade *s, struct arrival *a)
{
	struct fleet *f = s->fleet;

	blank(a);
	a->client = control_fd(&f->control, s->report.ticket);
	a->count = f->count;
	a->foreground = f->foreground;
	a->handler = !s->wish.keep_handler;
	a->home = f->program_path;
	a->back = open(PROGRAM_SELF, O_PATH | O_CLOEXEC);
}

/* All that is only in memory and would be missed goes to disk first. */
static void
go(struct upgrade *s)
{
	struct fleet *f = s->fleet;
	struct arrival a;
	struct err e = {0};

	report_tell(&s->report,
	    "The new program takes over now, as the same process.");
	probe_give_up(f->probe,
	    "the supervisor became another program meanwhile");
	f->upgrade_ops->keep(f);
	if (store_writes_flush(&f->writes, &e) == -1) {
		fail(s, &e);
		return;
	}
	describe(s, &a);
	become(f, s->program.fd, s->wish.path, &a, &e);
	if (a.back != -1)
		close(a.back);
	fail(s, &e);
}

void
upgrade_leave(struct upgrade *s)
{
	struct fleet *f = s->fleet;
	struct arrival a;
	struct err e = {0};

	if (!s->cold)
		return;
	describe(s, &a);
	a.restart = 1;
	become(f, s->program.fd, s->wish.path, &a, &e);
	/* Everything has ended, so it is this program that must start it. */
	log_error("Upgrade: %s: the fleet starts again as it was.", e.text);
	a.returned = 1;
	a.why = e.text;
	if (a.back != -1)
		become(f, a.back,
		    f->program_path[0] != '\0' ? f->program_path : PROGRAM_SELF,
		    &a, &(struct err) {0});
}

/* ---- judging -------------------------------------------------------- */

/* Why the processes can't be taken over; "": they can. */
static void
cost(const struct upgrade *s, char *out, size_t size)
{
	const struct examined *x = &s->examined;
	const struct config *c = s->fleet->config;

	out[0] = '\0';
	if (x->contract != CONTRACT_VERSION)
		str_format(out, size,
		    "it speaks contract version %u and the running processes "
		    "%d",
		    x->contract, CONTRACT_VERSION);
	else if (x->page != PAGE_VERSION)
		str_format(out, size,
		    "its stats page has layout version %u and the present one "
		    "%d",
		    x->page, PAGE_VERSION);
	else if (c->orphan_time_s <= 0)
		str_format(out, size,
		    "[limits] orphan_time is 0, so the processes end with "
		    "their supervisor");
}

static void
begin_cold(struct upgrade *s, const char *why)
{
	report_tell(&s->report,
	    "Forced, as %s: all %u shards stop, their sessions kept, and "
	    "RESUME under the new program.",
	    why, s->fleet->local);
	s->cold = true;
	s->fleet->upgrade_ops->stop(s->fleet);
}

static void
fits(struct upgrade *s)
{
	struct fleet *f = s->fleet;
	char why[256];
	struct err e;

	cost(s, why, sizeof(why));
	report_tell(&s->report,
	    "%s is version %s and accepts config and state; version %s runs.",
	    s->wish.path, s->examined.version, SHARDHERD_VERSION);
	if (why[0] != '\0' && !s->wish.force) {
		err_set(&e, EXIT_DEGRADED,
		    "the processes can't be taken over, as %s. --force stops "
		    "all %u shards and lets them RESUME under the new program",
		    why, f->local);
		fail(s, &e);
	} else if (s->wish.check) {
		report_tell(&s->report,
		    why[0] != '\0'
			? "All %u shards "
			  "would stop and RESUME."
			: "All %u shards and the handler "
			  "would be taken over; nothing was changed.",
		    f->local);
		forget(s);
		end(s, NULL);
	} else if (why[0] != '\0') {
		begin_cold(s, why);
	} else {
		go(s);
	}
}

static void
on_examined(struct helper *h, bool late)
{
	struct upgrade *s = container_of(h, struct upgrade, helper);
	struct err e, why;

	if (late) {
		err_set(&e, EXIT_DEGRADED,
		    "%s did not answer within %d s when asked whether it can "
		    "take over",
		    s->wish.path, UPGRADE_EXAMINE_S);
		fail(s, &e);
		/* Did something begin meanwhile that only memory knows of? */
	} else if (operation_may_within(s->fleet, OPERATION_UPGRADE,
		       UNDERWAY_UPGRADE, &e)
	    == -1) {
		fail(s, &e);
	} else if (upgrade_check_read(h->said, h->status, &s->examined, &why)
	    == -1) {
		err_set(&e, why.code, "%s can't take over: %s", s->wish.path,
		    TEXT_OF(why.text, 700));
		fail(s, &e);
	} else {
		fits(s);
	}
}

static int
start(struct upgrade *s, struct err *e)
{
	struct fleet *f = s->fleet;

	if (program_open(&s->program, s->wish.path, f->config->text, e) == -1)
		return -1;
	if (spawn_examiner(f, &s->helper, &s->program, s->wish.path,
		UPGRADE_EXAMINE_S, e)
	    == 0)
		return 0;
	program_close(&s->program);
	return -1;
}

/* ---- the public face ------------------------------------------------ */

void
upgrade_init(struct upgrade *s, struct fleet *f)
{
	memset(s, 0, sizeof(*s));
	s->fleet = f;
	s->report = (struct report) {&f->control, "Upgrade", 0};
	s->from.guard = -1;
	program_init(&s->program);
	helper_init(&s->helper, f->loop, f->timers, on_examined);
}

void
upgrade_free(struct upgrade *s)
{
	bool cold = s->cold;

	/* That program is still needed. */
	if (!cold)
		forget(s);
}

int
upgrade_begin(struct upgrade *s, uint32_t ticket,
    const struct request_upgrade *wish, struct err *e)
{
	struct fleet *f = s->fleet;

	if (operation_may(f, OPERATION_UPGRADE, e) == -1)
		return -1;
	s->wish = *wish;
	if (s->wish.path[0] == '\0')
		str_copy(s->wish.path, f->program_path, sizeof(s->wish.path));
	if (s->wish.path[0] == '\0')
		return err_set(e, EXIT_USAGE,
		    "it is not known where the running program was started "
		    "from: name the new one");
	if (start(s, e) == -1)
		return -1;
	s->report.ticket = ticket;
	return 0;
}

void
upgrade_cancel(struct upgrade *s)
{
	struct err e;

	if (!s->cold)
		return;
	s->cold = false;
	err_set(&e, EXIT_TRY_LATER, "the fleet was asked to stop");
	fail(s, &e);
}

/* ---- after the exec ------------------------------------------------- */

void
upgrade_arrive(struct upgrade *s, const struct arrival *a)
{
	s->arrived = true;
	s->from = *a;
	s->report.ticket = control_take(&s->fleet->control, a->client);
	s->from.client = -1;
}

static void
replace_handler(struct upgrade *s)
{
	struct err e, why;
	uint32_t ticket = s->report.ticket;

	s->arrived = false;
	s->report.ticket = 0;
	if (reload_effects_same(s->fleet->reload, ticket, UNDERWAY_COUNT, &why)
	    == 0)
		return;
	s->report.ticket = ticket;
	err_set(&e, why.code,
	    "The supervisor is upgraded, the handler goes on with the program "
	    "of before: %s. \"shardherd reload\" tries again.",
	    why.text);
	end(s, &e);
}

void
upgrade_settled(struct upgrade *s, uint32_t shards)
{
	const struct arrival *a = &s->from;
	struct fleet *f = s->fleet;
	struct err e;

	if (!s->arrived)
		return;
	upgrade_guard_release(&s->from.guard);
	if (a->back != -1) /* we stay */
		close(a->back);
	s->from.back = -1;
	if (a->returned) {
		err_set(&e, EXIT_DEGRADED,
		    "Not upgraded, version %s runs as before: the new program "
		    "could not start: %s",
		    SHARDHERD_VERSION, a->why);
		end(s, &e);
		return;
	}
	report_tell(&s->report,
	    "Version %s runs, version %s before, as the same process %d: %u of "
	    "%u shards were taken over.",
	    SHARDHERD_VERSION, a->from, (int)getpid(), shards, f->local);
	if (a->handler && !a->restart && f->handler->state == MEMBER_UP)
		replace_handler(s);
	else
		end(s, NULL);
}

void
upgrade_return(struct fleet *f, const struct arrival *a, const struct err *why)
{
	struct arrival next;
	struct err e;

	if (a == NULL || a->back == -1 || a->returned || f->token == NULL)
		return;
	blank(&next);
	next.client = f->upgrade->arrived
	    ? control_fd(&f->control, f->upgrade->report.ticket)
	    : a->client;
	next.guard = a->guard;
	next.count = a->count;
	next.foreground = a->foreground;
	next.returned = 1;
	next.why = why->text;
	become(f, a->back, a->home[0] != '\0' ? a->home : PROGRAM_SELF, &next,
	    &e);
}
