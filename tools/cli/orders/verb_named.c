/* SPDX-License-Identifier: MIT */
/* Orders about one: shard, plugin or client of the gate. */
#include "shared/base/clock.h"
#include "shared/json/json.h"
#include "shared/view/lock.h"
#include "tools/cli/base/control_ask.h"
#include "tools/cli/base/follow.h"
#include "tools/cli/base/progress.h"
#include "shared/view/view.h"
#include "tools/cli/base/names.h"
#include "tools/cli/orders/verb.h"

#define ANSWER_S 15 /* the gate's, and some */
#define USUAL_START_S                                                          \
	60	     /* where the config has no such client: it refuses;
			    of a shard, a RESUME with all that it missed */
#define IDLE_MS 2000 /* without a process or a time for the next one */

/* The answer, or NULL with c->err. */
static struct json_object *
order_shard(struct cli *c, uint64_t id, const char *action, bool force)
{
	struct json_object *q = control_ask_new("shard"), *a;
	int32_t pid;

	json_put_int(q, "id", (int64_t)id);
	json_put_text(q, "action", action);
	json_put_bool(q, "force", force);
	a = control_ask(&c->config, q, &c->err);
	if (a == NULL && c->err.code == EXIT_DOWN
	    && lock_held(c->config.state_dir, &pid))
		err_set(&c->err, EXIT_TRY_LATER,
		    "The supervisor (pid %d) runs, but its socket in %s is "
		    "missing. It makes a new one within seconds; try again.",
		    pid, c->config.run_dir);
	return a;
}

int
verb_shard_order(struct cli *c, uint64_t id, const char *action, bool force)
{
	struct json_object *a = order_shard(c, id, action, force);

	return a == NULL ? cli_fail(c) : follow_end(c, a);
}

/* ---- a shard's next process ----------------------------------------- */

/* What there was, and what there is of it now. */
struct waited {
	struct cli *cli;
	uint64_t id, begin_ms, until;
	struct page_watch was;
	struct view_shard is;
	uint64_t idle_ms; /* since when it has neither process nor prospect */
	bool fleet_alive, fleet_hung, held;
	char note[VERDICT_WORDS]; /* of a fleet on hold */
};

static uint64_t
crashes(const struct page_watch *w)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < CRASHES; i++)
		n += w->crashes[i];
	return n;
}

static bool
look(struct waited *x, struct err *e)
{
	const struct view_shard *s;
	struct view v;

	if (view_read(&v, &x->cli->config, e) == -1)
		return false;
	s = view_shard(&v, x->id, e);
	if (s != NULL)
		x->is = *s;
	x->fleet_alive = v.alive;
	x->fleet_hung = v.hung;
	x->held = v.cluster.held != 0;
	str_copy(x->note, view_note(&v), sizeof(x->note));
	view_free(&v);
	return s != NULL;
}

static bool
is_replaced(const struct waited *x)
{
	return x->is.alive
	    && (x->is.w.pid != x->was.pid
		|| x->is.w.pid_start != x->was.pid_start);
}

static void
say_state(const struct waited *x, char *out, size_t size)
{
	const char *why = x->is.evidence[0] != '\0' ? x->is.evidence
						    : x->is.s.note;

	if (!is_replaced(x) && x->is.alive)
		str_format(out, size, "its old process (pid %d) has not ended",
		    x->is.pid);
	else
		str_format(out, size, "it is %s%s%s", x->is.state,
		    why[0] != '\0' ? ": " : "", why);
}

/* Nobody starts it again: 0 while that is not so. */
static int
find_end(struct waited *x, struct err *e)
{
	uint64_t now = clock_boot_ms();
	char is[VERDICT_WORDS * 2];

	say_state(x, is, sizeof(is));
	if (x->fleet_hung)
		return view_awake(&x->cli->config, e);
	if (!x->fleet_alive)
		return err_set(e, EXIT_DOWN,
		    "The supervisor ended while shard %llu was waited for; see "
		    "\"shardherd logs\".",
		    (unsigned long long)x->id);
	if (x->held && is_replaced(x) && x->is.s.state == SHARD_PERMIT)
		return err_set(e, EXIT_DEGRADED,
		    "Shard %llu has a new process, and no session: it may not "
		    "IDENTIFY. %s",
		    (unsigned long long)x->id, x->note);
	if (x->is.alive || x->is.w.restart_ms != 0) {
		x->idle_ms = 0;
		return 0;
	}
	if (x->idle_ms == 0)
		x->idle_ms = now;
	if (now - x->idle_ms < IDLE_MS)
		return 0;
	return err_set(e, EXIT_DEGRADED,
	    "Shard %llu is not started again by itself, %s.",
	    (unsigned long long)x->id, is);
}

/* 0: it is well in another process; -1 with why not. */
static int
await(struct waited *x, struct err *e)
{
	char is[VERDICT_WORDS * 2];

	do {
		if (!look(x, e))
			return -1;
		if (is_replaced(x) && x->is.ready && x->is.s.pid == x->is.pid)
			return 0;
		if (find_end(x, e) == -1)
			return -1;
		say_state(x, is, sizeof(is));
		progress_words(is);
	} while (cli_step(x->until));
	return err_set(e, EXIT_WAIT,
	    "After %g s shard %llu is not ready yet, %s. It goes on by itself: "
	    "\"shardherd why %llu\" says how it gets on.",
	    (double)((clock_boot_ms() - x->begin_ms) / 100) / 10,
	    (unsigned long long)x->id, is, (unsigned long long)x->id);
}

static int
tell_replaced(const struct waited *x, struct json_object *answer)
{
	const struct view_shard *s = &x->is;
	double took = (double)((clock_boot_ms() - x->begin_ms) / 100) / 10;

	if (x->cli->json) {
		json_put_int(answer, "shard", s->id);
		json_put_int(answer, "shard_pid", s->pid);
		json_put_text(answer, "shard_state", s->state);
		return follow_end(x->cli, answer);
	}
	printf("shard %u is ready in a new process, pid %d, after %g s\n",
	    s->id, s->pid, took);
	if (crashes(&s->w) != crashes(&x->was))
		cli_print("%s", s->w.last_end);
	json_object_put(answer);
	return EXIT_FINE;
}

int
verb_shard_restart(struct cli *c, uint64_t id, bool no_wait, double seconds)
{
	struct waited *x;
	struct json_object *a = NULL;
	bool well = false;
	char what[48];
	int code;

	if (no_wait)
		return verb_shard_order(c, id, "restart", false);
	if (seconds <= 0)
		seconds = view_patience(&c->config, PATIENCE_STOP)
		    + USUAL_START_S;
	x = base_alloc(sizeof(*x));
	x->cli = c;
	x->id = id;
	x->begin_ms = clock_boot_ms();
	x->until = x->begin_ms + (uint64_t)(seconds * 1000);
	str_format(what, sizeof(what), "Restarting shard %llu",
	    (unsigned long long)id);
	progress_begin(c, PROGRESS_PLAIN, what, seconds);
	if (look(x, &c->err)) {
		x->was = x->is.w;
		a = order_shard(c, id, "restart", false);
		well = a != NULL && await(x, &c->err) == 0;
	}
	progress_end();
	if (!well && a != NULL)
		json_object_put(a);
	code = well ? tell_replaced(x, a) : cli_fail(c);
	free(x);
	return code;
}

/* ---- plugins and clients -------------------------------------------- */

/* A new process, READY, and the end of the one before. */
static double
patience(const struct config *c, const char *name)
{
	const struct config_client *k = config_client(c, name);

	return (k != NULL ? k->start_timeout_s : USUAL_START_S)
	    + 2 * c->stop_timeout_s + ANSWER_S;
}

int
verb_client_restart(struct cli *c, const char *name)
{
	struct json_object *q = control_ask_new("client");

	json_put_text(q, "action", "restart");
	json_put_text(q, "name", name);
	return follow_order(c, q, "Replacing the client's process",
	    patience(&c->config, name));
}

int
verb_client_kick(struct cli *c, const char *name, bool end)
{
	struct json_object *q = control_ask_new("client");

	json_put_text(q, "action", "kick");
	json_put_text(q, "name", name);
	json_put_bool(q, "end", end);
	return follow_order(c, q, "The gate is waited for", ANSWER_S);
}

int
verb_plugin_order(struct cli *c, const char *action, const char *name)
{
	struct json_object *q;

	if (names_find(c, name, NAMES_PLUGIN) == 0)
		return cli_fail(c);
	q = control_ask_new("plugin");
	json_put_text(q, "action", action);
	json_put_text(q, "name", name);
	return follow_order(c, q, "The plugin is waited for",
	    view_patience(&c->config, PATIENCE_PLUGIN));
}
