/* SPDX-License-Identifier: MIT */
/* The fleet as a whole: see verdict.h. */
#include "shared/page/verdict.h"

#include "shared/base/text.h"

#include <stdarg.h>
#include <string.h>

#define DISK_NOTE "The disk of state_dir" /* as limits.c begins */
#define DISK_FULL (UINT64_C(1) << 20)	  /* bytes: a commit may need as much */

const char *const verdict_fleet_name[VERDICT_FLEET_STATES] = {
    [VERDICT_STOPPED] = "stopped",
    [VERDICT_CRASHED] = "crashed",
    [VERDICT_STOPPING] = "stopping",
    [VERDICT_HELD] = "held",
    [VERDICT_STARTING] = "starting",
    [VERDICT_DEGRADED] = "degraded",
    [VERDICT_READY] = "ready",
};

static struct verdict_finding *found(struct verdict_fleet *, enum verdict_code,
    int64_t age_ms, const char *, ...) printflike(4, 5);
static struct verdict_finding *found_as(struct verdict_fleet *,
    enum verdict_code, enum page_rank, int64_t age_ms, const char *, ...)
    printflike(5, 6);

/* In the order of the calls within a rank; the least make room. */
static struct verdict_finding *
put(struct verdict_fleet *v, const struct verdict_finding *f)
{
	static struct verdict_finding none;
	size_t at = v->n;

	while (at > 0 && v->found[at - 1].rank > f->rank)
		at--;
	if (at == VERDICT_FINDINGS)
		return &none;
	if (v->n == VERDICT_FINDINGS)
		v->n--;
	memmove(&v->found[at + 1], &v->found[at], (v->n - at) * sizeof(*f));
	v->found[at] = *f;
	v->n++;
	return &v->found[at];
}

static struct verdict_finding *
found_vas(struct verdict_fleet *v, enum verdict_code code, enum page_rank rank,
    int64_t age_ms, const char *fmt, va_list ap)
{
	struct verdict_finding f = {.code = code,
	    .subject = verdict_code_subject[code],
	    .count = 1,
	    .rank = rank,
	    .age_ms = age_ms};

	text_vformat(f.text, sizeof(f.text), fmt, ap);
	return put(v, &f);
}

/* As grave as it is as a rule. */
static struct verdict_finding *
found(struct verdict_fleet *v, enum verdict_code code, int64_t age_ms,
    const char *fmt, ...)
{
	struct verdict_finding *f;
	va_list ap;

	va_start(ap, fmt);
	f = found_vas(v, code, verdict_code_rank[code], age_ms, fmt, ap);
	va_end(ap);
	return f;
}

static struct verdict_finding *
found_as(struct verdict_fleet *v, enum verdict_code code, enum page_rank rank,
    int64_t age_ms, const char *fmt, ...)
{
	struct verdict_finding *f;
	va_list ap;

	va_start(ap, fmt);
	f = found_vas(v, code, rank, age_ms, fmt, ap);
	va_end(ap);
	return f;
}

/* Milliseconds since a stamp of the page, -1: never. */
static int64_t
age(const struct verdict_facts *f, uint64_t stamp_ms)
{
	if (stamp_ms == 0)
		return -1;
	return f->now_ms > stamp_ms ? (int64_t)(f->now_ms - stamp_ms) : 0;
}

/* ---- plugins -------------------------------------------------------- */

static bool
is_held(const struct page_plugin *p)
{
	return p->by_operator != 0;
}

/* On its first way up; one that ended before is down until it is up again. */
static bool
is_coming(const struct page_plugin *p)
{
	return (p->state == PLUGIN_IDLE || p->state == PLUGIN_STARTING)
	    && p->strikes == 0;
}

bool
verdict_plugin_well(const struct page_plugin *p)
{
	return p->name[0] == '\0' || is_held(p)
	    || (p->state == PLUGIN_UP && !p->failing);
}

static void
look_plugins(const struct verdict_facts *f, struct verdict_fleet *v)
{
	const struct page_plugin *first = NULL;
	uint32_t up = 0, down = 0, coming = 0;
	struct verdict_finding *w;

	for (uint32_t i = 0;
	     f->plugins != NULL && i < f->plugins->count && i < PAGE_PLUGINS;
	     i++) {
		const struct page_plugin *p = &f->plugins->plugin[i];

		if (p->name[0] == '\0' || is_held(p))
			continue;
		up += p->state == PLUGIN_UP;
		coming += p->state != PLUGIN_UP && is_coming(p);
		if (p->state == PLUGIN_UP || is_coming(p))
			continue;
		if (down++ == 0)
			first = p;
	}
	if (down > 0) {
		w = found_as(v,
		    first->state == PLUGIN_HELD ? VERDICT_CODE_PLUGIN_HELD
						: VERDICT_CODE_PLUGIN_DOWN,
		    up + coming == 0 ? PAGE_CRITICAL : PAGE_WARNING,
		    age(f, first->state_since_ms),
		    "%u of %u plugins up, %.63s %s", up, up + down + coming,
		    first->name,
		    first->state < PLUGIN_STATES
			? page_plugin_state_name[first->state]
			: "unknown");
		w->count = down;
		str_copy(w->name, first->name, sizeof(w->name));
		str_copy(w->detail, first->note, VERDICT_WORDS);
	} else if (coming > 0)
		found(v, VERDICT_CODE_PLUGIN_STARTING, -1,
		    "%u of %u plugins up", up, up + coming)
		    ->count = coming;
	else if (up == 0 && f->handler->plugins_up < f->handler->plugins
	    && (f->plugins == NULL || f->plugins->count == 0))
		found(v, VERDICT_CODE_PLUGIN_STARTING, -1,
		    "%u of %u plugins up", f->handler->plugins_up,
		    f->handler->plugins);
}

/* ---- the parts ------------------------------------------------------ */

static void
look_rest(const struct verdict_facts *f, struct verdict_fleet *v)
{
	const struct page_handler *h = f->handler;

	if (h->rest >= PAGE_REST_LIMITED && h->rest < PAGE_REST_STATES)
		str_copy(found(v, VERDICT_CODE_REST_LIMITED,
			     age(f, h->rest_since_ms), "REST %s",
			     page_rest_name[h->rest])
			     ->detail,
		    h->rest_note, VERDICT_WORDS);
	else if (h->rest != PAGE_REST_FINE)
		found(v, VERDICT_CODE_REST_LIMITED, -1, "REST: %.255s",
		    h->rest_note);
	if (h->commands_note[0] != '\0')
		found(v, VERDICT_CODE_COMMANDS_LEFT_OUT, -1, "commands: %.255s",
		    h->commands_note);
	else if (h->commands_out > 0)
		found(v, VERDICT_CODE_COMMANDS_LEFT_OUT, -1,
		    "%u commands are left out", h->commands_out);
}

static void
look_handler(const struct verdict_facts *f, struct verdict_fleet *v)
{
	const struct page_handler *h = f->handler;
	int64_t since = age(f, h->state_since_ms);

	if (!f->handler_alive || h->state == HANDLER_DOWN)
		str_copy(found(v, VERDICT_CODE_HANDLER_DOWN, since,
			     "handler down")
			     ->detail,
		    h->note, VERDICT_WORDS);
	else if (f->handler_silent_s > 0)
		/* Not down: it is replaced when it stays so, nothing is lost. */
		str_copy(found(v, VERDICT_CODE_HANDLER_HUNG,
			     f->handler_silent_s * 1000, "handler silent for")
			     ->detail,
		    "it hangs or is stopped; the shards keep its events",
		    VERDICT_WORDS);
	else if (h->state != HANDLER_READY)
		found(v, VERDICT_CODE_HANDLER_STARTING, since, "handler %s",
		    page_handler_state_name[h->state]);
	else
		look_plugins(f, v);
	if (f->handler_alive)
		look_rest(f, v);
	if (f->handler_alive && h->plugins_failing > 0)
		found(v, VERDICT_CODE_PLUGIN_ERRING, -1, "%.255s", h->note);
}

static const enum verdict_code client_code[VERDICT_CLIENT_STATES] = {
    [VERDICT_CLIENT_LOST] = VERDICT_CODE_CLIENT_LOSING,
    [VERDICT_CLIENT_FALLING] = VERDICT_CODE_CLIENT_LATE,
    [VERDICT_CLIENT_SLOW] = VERDICT_CODE_CLIENT_SLOW,
    [VERDICT_CLIENT_AWAY] = VERDICT_CODE_CLIENT_AWAY,
    [VERDICT_CLIENT_PARTLY] = VERDICT_CODE_CLIENT_PARTLY,
};

static struct verdict_finding *
of_client(struct verdict_finding *w, const struct page_client *c, uint32_t n)
{
	str_copy(w->name, c->name, sizeof(w->name));
	w->count = n;
	return w;
}

static void
look_client(const struct verdict_facts *f, const struct verdict_gate *g,
    enum verdict_client_state state, struct verdict_fleet *v)
{
	const struct page_client *c = g->first[state];

	if (c != NULL)
		verdict_gate_words(g, f->gate, state, f->now_ms,
		    of_client(found(v, client_code[state], age(f, c->away_ms),
				  "client %.63s %s", c->name,
				  verdict_client_name[state]),
			c, g->n[state])
			->detail);
}

/* Clients that are away are their owners' business; what is lost to them, or
 * soon will be, is not. */
static void
look_clients(const struct verdict_facts *f, struct verdict_fleet *v)
{
	const struct page_gate *p = f->gate;
	struct verdict_gate g;

	verdict_gate(p, f->now_ms, &g);
	if (g.cache[0] != '\0')
		str_copy(found(v, VERDICT_CODE_GATE_CACHE, -1,
			     "the gate's cache")
			     ->detail,
		    g.cache, VERDICT_WORDS);
	if (g.first_overran != NULL)
		verdict_gate_overran(&g, f->now_ms,
		    of_client(found(v, VERDICT_CODE_CLIENT_OVERRAN, -1,
				  "client %.63s fell off the log of the gate",
				  g.first_overran->name),
			g.first_overran, g.overran)
			->detail);
	look_client(f, &g, VERDICT_CLIENT_LOST, v);
	look_client(f, &g, VERDICT_CLIENT_FALLING, v);
	look_client(f, &g, VERDICT_CLIENT_SLOW, v);
	if (g.first[VERDICT_CLIENT_AWAY] != NULL
	    && age(f, g.first[VERDICT_CLIENT_AWAY]->away_ms)
		>= VERDICT_GATE_AWAY_MS)
		look_client(f, &g, VERDICT_CLIENT_AWAY, v);
	if (g.refuses)
		str_format(found(v, VERDICT_CODE_GATE_REFUSING, -1,
			       "the gate refuses clients again and again")
			       ->detail,
		    VERDICT_WORDS, "%u connections within a minute, most: %s",
		    p->refused_now,
		    p->refused_end < PAGE_GATE_ENDS_N
			? page_gate_end[p->refused_end].words
			: "unknown");
}

static void
look_gate(const struct verdict_facts *f, struct verdict_fleet *v)
{
	const struct page_gate *g = f->gate;

	if (g == NULL)
		return;
	if (!f->gate_alive || g->state == GATE_DOWN)
		str_copy(found(v, VERDICT_CODE_GATE_DOWN,
			     age(f, g->state_since_ms), "gate down")
			     ->detail,
		    "no client can connect; what they miss is kept",
		    VERDICT_WORDS);
	else if (f->gate_silent_s > 0)
		str_copy(found(v, VERDICT_CODE_GATE_HUNG,
			     f->gate_silent_s * 1000, "gate silent for")
			     ->detail,
		    "it hangs or is stopped; what clients miss is kept",
		    VERDICT_WORDS);
	else if (g->state != GATE_READY)
		found(v, VERDICT_CODE_GATE_STARTING, age(f, g->state_since_ms),
		    "gate %s", page_gate_state_name[g->state]);
	else if (g->note[0] != '\0')
		found(v, VERDICT_CODE_GATE_ERRING, -1, "gate: %.255s", g->note);
	look_clients(f, v);
}

static void
look_shards(const struct verdict_facts *f, struct verdict_fleet *v)
{
	uint32_t ill = f->shards - f->ready;
	struct verdict_finding *w;

	if (f->shards == 0)
		found(v, VERDICT_CODE_FLEET_STARTING, -1,
		    "no shard was started yet");
	if (ill == 0)
		return;
	w = found_as(v, f->ill_code,
	    f->ready == 0 ? PAGE_CRITICAL : PAGE_WARNING, f->ill_ms,
	    "shard %u %s", f->first_ill, f->ill_word);
	str_format(w->name, sizeof(w->name), "%u", f->first_ill);
	w->count = ill;
	if (ill > 1)
		str_format(w->detail, sizeof(w->detail), "%u are not ready",
		    ill);
}

/* It counts as ready still: what it hears it does hear. */
static void
look_partly(const struct verdict_facts *f, struct verdict_fleet *v)
{
	struct verdict_finding *w;

	if (f->partly == 0)
		return;
	w = found(v, VERDICT_CODE_SHARD_PARTLY_DEAF, -1, "shard %u partly deaf",
	    f->first_partly);
	str_format(w->name, sizeof(w->name), "%u", f->first_partly);
	w->count = f->partly;
	str_copy(w->detail, f->partly_words, sizeof(w->detail));
}

static void
look_supervisor(const struct verdict_facts *f, struct verdict_fleet *v)
{
	int32_t pid = f->cluster->pid;
	struct verdict_finding *w;

	if (f->stopped)
		w = found(v, VERDICT_CODE_SUPERVISOR_HUNG, -1,
		    "The supervisor (pid %d) is stopped by a signal or a "
		    "debugger: it hangs, and nothing that dies is started "
		    "again.",
		    pid);
	else if (f->hung_s > 0)
		w = found(v, VERDICT_CODE_SUPERVISOR_HUNG, f->hung_s * 1000,
		    "The supervisor (pid %d) has done nothing for %lld s: it "
		    "hangs or is stopped. Nothing that dies is started again.",
		    pid, (long long)f->hung_s);
	else
		return;
	str_format(w->name, sizeof(w->name), "%d", pid);
	w->note = true;
}

static bool
noted(const struct page_cluster *c, const char *begin)
{
	for (size_t i = 0; i < PAGE_NOTES; i++)
		if (strncmp(c->note[i].text, begin, strlen(begin)) == 0)
			return true;
	return false;
}

/* Looked at here: a supervisor that hangs notes nothing. */
static void
look_disk(const struct verdict_facts *f, struct verdict_fleet *v)
{
	uint64_t least = f->cluster->disk_free;

	if (!f->disk_known)
		return;
	if (least > f->disk_size / 10)
		least = f->disk_size / 10;
	if (f->disk_free < DISK_FULL)
		found(v, VERDICT_CODE_DISK_FULL, -1,
		    "The disk of state_dir is full: no IDENTIFY can be written "
		    "down, so none is sent, and no event be kept: make room");
	else if (f->disk_free < least && !noted(f->cluster, DISK_NOTE))
		found(v, VERDICT_CODE_DISK_SHORT, -1,
		    DISK_NOTE " has only "
			      "%llu MiB free: make room.",
		    (unsigned long long)f->disk_free >> 20)
		    ->note = true;
}

/* A page is a file: whoever wrote it. */
static enum verdict_code
note_code(const struct page_cluster *c, const struct page_note *n)
{
	if (n->code == VERDICT_CODE_NONE || n->code >= VERDICT_CODES_N)
		return VERDICT_CODE_FLEET_HALTED;
	if (n->code == VERDICT_CODE_FLEET_HELD && !c->held)
		return VERDICT_CODE_FLEET_HALTED;
	return n->code;
}

static void
look_notes(const struct verdict_facts *f, struct verdict_fleet *v)
{
	const struct page_cluster *c = f->cluster;

	for (size_t i = 0; i < PAGE_NOTES && c->note[i].text[0] != '\0'; i++)
		if (c->note[i].rank < PAGE_RANKS_N)
			found_as(v, note_code(c, &c->note[i]), c->note[i].rank,
			    f->wall_ms - c->note[i].since_ms, "%.255s",
			    c->note[i].text)
			    ->note = true;
}

static void
look_probe(const struct verdict_facts *f, struct verdict_fleet *v)
{
	const struct page_probe *p = &f->cluster->probe;

	if (p->scheduled && p->code != EXIT_FINE)
		found(v, VERDICT_CODE_PROBE_FAILED,
		    p->at_wall_ms != 0 ? f->wall_ms - p->at_wall_ms : -1,
		    "the last probe failed: %.255s", p->text)
		    ->note = true;
}

/* ---- the sum -------------------------------------------------------- */

static enum verdict_fleet_state
state(const struct verdict_facts *f, const struct verdict_fleet *v)
{
	if (!f->alive)
		return f->cluster->pid == 0 ? VERDICT_STOPPED : VERDICT_CRASHED;
	if (f->cluster->stopping)
		return VERDICT_STOPPING;
	if (f->cluster->held)
		return VERDICT_HELD;
	if (f->ready == 0 && f->deaf == 0)
		return VERDICT_STARTING;
	return v->n > 0 && v->found[0].rank < PAGE_INFO ? VERDICT_DEGRADED
							: VERDICT_READY;
}

static int
exit_code(const struct verdict_facts *f, const struct verdict_fleet *v)
{
	/* A fleet on hold loses what disconnects: no less serious. */
	if (!f->alive || f->ready == 0 || v->state == VERDICT_HELD)
		return EXIT_DOWN;
	if (v->n > 0 && v->found[0].rank == PAGE_CRITICAL)
		return EXIT_DOWN;
	return v->state == VERDICT_READY ? EXIT_FINE : EXIT_DEGRADED;
}

void
verdict_fleet(const struct verdict_facts *f, struct verdict_fleet *v)
{
	memset(v, 0, sizeof(*v));
	if (!f->alive) {
		v->state = state(f, v);
		found(v,
		    v->state == VERDICT_STOPPED ? VERDICT_CODE_FLEET_STOPPED
						: VERDICT_CODE_FLEET_CRASHED,
		    -1, "%s", verdict_fleet_name[v->state]);
		look_notes(f, v);
	} else {
		if (f->cluster->held) /* the cause of what else is ill */
			look_notes(f, v);
		look_shards(f, v);
		look_partly(f, v);
		look_handler(f, v);
		look_gate(f, v);
		look_supervisor(f, v);
		look_disk(f, v);
		look_probe(f, v);
		if (!f->cluster->held)
			look_notes(f, v);
	}
	v->state = state(f, v);
	v->exit = exit_code(f, v);
}

void
verdict_advise(const struct verdict_finding *f, char out[VERDICT_WORDS])
{
	const char *advice = verdict_advice[f->code];
	size_t n = 0;

	for (; *advice != '\0' && n + 1 < VERDICT_WORDS; advice++)
		if (*advice == '%')
			n += str_copy(out + n, f->name, VERDICT_WORDS - n);
		else
			out[n++] = *advice;
	out[n < VERDICT_WORDS ? n : VERDICT_WORDS - 1] = '\0';
}
