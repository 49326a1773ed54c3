/* SPDX-License-Identifier: MIT */
#include "tools/cli/orders/stopping.h"

#include "shared/base/clock.h"
#include "shared/json/json.h"
#include "shared/process/pidfd.h"
#include "shared/process/process.h"
#include "tools/cli/base/control_ask.h"
#include "tools/cli/base/progress.h"
#include "shared/view/lock.h"
#include "shared/view/view.h"

#include <signal.h>

#define WAKE_MS 3000 /* for a supervisor to go on */
#define KILL_MS 5000 /* for the kernel to end it */

/* pid 0: it is not known, whoever answers is meant. */
static int
ask(struct cli *c, bool end_sessions, double seconds, int32_t *pid)
{
	struct json_object *q = control_ask_new("stop"), *a, *f;

	json_put_bool(q, "end_sessions", end_sessions);
	a = control_ask_lines(&c->config, q, -1, seconds, NULL, NULL, &c->err);
	if (a != NULL) {
		if (*pid == 0 && json_object_object_get_ex(a, "pid", &f))
			*pid = json_object_get_int(f);
		json_object_put(a);
		return 0;
	}
	if (c->err.code != EXIT_DOWN || end_sessions || *pid == 0)
		return -1;
	if (kill(*pid, SIGTERM) == 0)
		return 0;
	return err_sys(&c->err, EXIT_UNKNOWN,
	    "Cannot stop the supervisor (pid %d)", *pid);
}

static void
report(struct cli *c, const char *what)
{
	if (c->json)
		cli_print_json(
		    json_put_text(json_object_new_object(), "stopped", what));
}

static bool
started_at(pid_t pid, const void *start)
{
	return process_lives(pid, *(const uint64_t *)start);
}

/* One that outlived its supervisor is known by its title only. */
static bool
is_shard(pid_t pid, const void *arg)
{
	const struct view_shard *s = arg;

	return s->orphan || process_lives(pid, s->w.pid_start);
}

/* Who had SIGTERM, which is MSG_STOP. */
struct asked {
	bool shards, bots, handler, gate, web;
};

/* The parents of clients' processes, which end with them. */
static unsigned
stop_bots(const struct view *v, bool signal_them)
{
	unsigned n = 0;

	for (size_t i = 0; i < PAGE_CLIENTS; i++) {
		const struct page_watch *w = &v->process[i].w;
		bool lives = process_lives(w->pid, w->pid_start);

		n += lives;
		if (lives && signal_them)
			pidfd_signal_if(w->pid, SIGTERM, started_at,
			    &w->pid_start);
	}
	return n;
}

/* Once there are none of those before it; 1: it lives. */
static unsigned
stop_one(const struct page_watch *w, bool alive, unsigned before, bool *asked)
{
	if (alive && before == 0 && !*asked)
		pidfd_signal_if(w->pid, SIGTERM, started_at, &w->pid_start);
	*asked |= before == 0;
	return alive;
}

/* Each is asked once those are gone who still have something for it: how many
 * there are. */
static unsigned
stop_orphans(const struct config *config, struct asked *asked)
{
	struct view v;
	struct err none;
	unsigned n = 0, bots;

	if (view_read(&v, config, &none) == -1)
		return 0;
	for (size_t i = 0; i < v.n; i++) {
		n += v.shard[i].alive;
		if (v.shard[i].alive && !asked->shards)
			pidfd_signal_if(v.shard[i].pid, SIGTERM, is_shard,
			    &v.shard[i]);
	}
	asked->shards = true;
	bots = stop_bots(&v, n == 0 && !asked->bots);
	asked->bots |= n == 0;
	n += bots;
	n += stop_one(&v.handler_watch, v.handler_alive, n, &asked->handler);
	n += stop_one(&v.gate_watch, v.gate_alive, n, &asked->gate);
	n += stop_one(&v.web_watch, v.web_alive, n, &asked->web);
	view_free(&v);
	return n;
}

/* Nobody holds the lock.  The handler goes after the shards, which flush to it,
 * and the bots, who have their calls from it; the gate, to which it flushes,
 * after it; web, which tells of all of them, goes last. */
static int
stop_rest(struct cli *c, double seconds)
{
	uint64_t until = clock_boot_ms() + (uint64_t)(seconds * 1000);
	struct asked asked = {false};
	struct view v;
	unsigned n;

	/* Another user cannot see: that is not to say it is not running. */
	if (view_read(&v, &c->config, &c->err) == 0)
		view_free(&v);
	else if (c->err.code != EXIT_DOWN)
		return cli_fail(c);
	if ((n = stop_orphans(&c->config, &asked)) == 0) {
		page_mark_stopped(c->config.state_dir);
		if (!c->json)
			cli_say("The fleet is not running.");
		report(c, "already");
		return EXIT_FINE;
	}
	if (!c->json)
		cli_say("The supervisor is gone; stopping the %u processes "
			"that outlived it.",
		    n);
	while (n > 0) {
		n = stop_orphans(&c->config, &asked);
		if (n > 0 && !cli_step(until))
			return cli_error(c, EXIT_WAIT,
			    "%u processes are still stopping after %g s.", n,
			    seconds);
	}
	page_mark_stopped(c->config.state_dir);
	report(c, "now");
	return EXIT_FINE;
}

/* Asked, or past asking: is it still there? */
static bool
lives(struct cli *c, int32_t pid, bool by_lock)
{
	int32_t now;

	if (by_lock)
		return lock_held(c->config.state_dir, &now) && now == pid;
	return process_lives(pid, 0);
}

static bool
holds_lock(pid_t pid, const void *state_dir)
{
	int32_t now;

	return lock_held(state_dir, &now) && now == pid;
}

/*
 * One that was stopped by a signal is woken.  One that hangs is of no use any
 * more: the kernel ends it, and what outlives it is stopped one by one, which
 * keeps the sessions.  0: ask it, 1: it is gone, -1.
 */
static int
rouse(struct cli *c, bool end_sessions, int32_t pid)
{
	uint64_t until = clock_boot_ms() + WAKE_MS;
	struct err hung;
	int32_t now;

	if (view_awake(&c->config, &hung) == 0)
		return 0;
	pidfd_signal_if(pid, SIGCONT, holds_lock, c->config.state_dir);
	while (cli_step(until))
		if (view_awake(&c->config, &hung) == 0)
			return 0;
	if (end_sessions)
		return err_set(&c->err, EXIT_UNKNOWN,
		    "The supervisor (pid %d) hangs, and only it can end the "
		    "sessions. Without --end-sessions the fleet is stopped "
		    "even so.",
		    pid);
	if (!c->json)
		cli_say("The supervisor (pid %d) hangs: it is killed.", pid);
	pidfd_signal_if(pid, SIGKILL, holds_lock, c->config.state_dir);
	until = clock_boot_ms() + KILL_MS;
	while (lock_held(c->config.state_dir, &now) && now == pid)
		if (!cli_step(until))
			return err_set(&c->err, EXIT_WAIT,
			    "The supervisor (pid %d) was killed and does not "
			    "end: the kernel holds it.",
			    pid);
	return 1;
}

static int
stop_running(struct cli *c, bool end_sessions, double seconds, int32_t pid)
{
	uint64_t until = clock_boot_ms() + (uint64_t)(seconds * 1000);
	bool by_lock = pid != 0;
	int r = by_lock ? rouse(c, end_sessions, pid) : 0;

	if (r != 0)
		return r == 1 ? stop_rest(c, seconds) : cli_fail(c);
	if (ask(c, end_sessions, seconds, &pid) == -1
	    && (pid == 0 || lives(c, pid, by_lock))) {
		if (clock_boot_ms() >= until)
			c->err.code = EXIT_WAIT;
		return cli_fail(c);
	}
	while (lives(c, pid, by_lock))
		if (!cli_step(until))
			return cli_error(c, EXIT_WAIT,
			    "The supervisor (pid %d) is still stopping after "
			    "%g s.",
			    pid, seconds);
	report(c, "now");
	return EXIT_FINE;
}

static int
stop_all(struct cli *c, bool end_sessions, double seconds)
{
	int32_t pid;

	if (lock_held(c->config.state_dir, &pid))
		return stop_running(c, end_sessions, seconds, pid);
	/* Its state_dir may be moved or gone: it answers all the same. */
	if (control_ask_anybody(&c->config))
		return stop_running(c, end_sessions, seconds, 0);
	return stop_rest(c, seconds);
}

int
stopping(struct cli *c, bool end_sessions, double seconds)
{
	int code;

	if (seconds == 0)
		seconds = view_patience(&c->config, PATIENCE_STOP);
	progress_begin(c, PROGRESS_GONE, "Stopping", seconds);
	code = stop_all(c, end_sessions, seconds);
	progress_end();
	return code;
}
