/* SPDX-License-Identifier: MIT */
/* The fleet as a whole: see verdict.h. */
#include "shared/page/verdict_impl.h"

#include "shared/base/text.h"

#include <stdarg.h>
#include <string.h>

const char *const verdict_fleet_name[VERDICT_FLEET_STATES] = {
    [VERDICT_STOPPED] = "stopped",
    [VERDICT_CRASHED] = "crashed",
    [VERDICT_STOPPING] = "stopping",
    [VERDICT_HELD] = "held",
    [VERDICT_STARTING] = "starting",
    [VERDICT_DEGRADED] = "degraded",
    [VERDICT_READY] = "ready",
};

/* ---- findings ------------------------------------------------------- */

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

static struct verdict_finding *printflike(5, 0)
    found(struct verdict_fleet *v, enum verdict_code code, enum page_rank rank,
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

struct verdict_finding *
verdict_found(struct verdict_fleet *v, enum verdict_code code, int64_t age_ms,
    const char *fmt, ...)
{
	struct verdict_finding *f;
	va_list ap;

	va_start(ap, fmt);
	f = found(v, code, verdict_code_rank[code], age_ms, fmt, ap);
	va_end(ap);
	return f;
}

struct verdict_finding *
verdict_found_as(struct verdict_fleet *v, enum verdict_code code,
    enum page_rank rank, int64_t age_ms, const char *fmt, ...)
{
	struct verdict_finding *f;
	va_list ap;

	va_start(ap, fmt);
	f = found(v, code, rank, age_ms, fmt, ap);
	va_end(ap);
	return f;
}

struct verdict_finding *
verdict_name(struct verdict_finding *f, uint32_t count, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	text_vformat(f->name, sizeof(f->name), fmt, ap);
	va_end(ap);
	f->count = count;
	return f;
}

void
verdict_detail(struct verdict_finding *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	text_vformat(f->detail, sizeof(f->detail), fmt, ap);
	va_end(ap);
}

int64_t
verdict_age(const struct verdict_facts *f, uint64_t stamp_ms)
{
	if (stamp_ms == 0)
		return -1;
	return f->now_ms > stamp_ms ? (int64_t)(f->now_ms - stamp_ms) : 0;
}

int64_t
verdict_wall(const struct verdict_facts *f, uint64_t stamp_ms)
{
	return stamp_ms == 0 ? 0 : f->wall_ms + (int64_t)(stamp_ms - f->now_ms);
}

/* ---- the supervisor and what it says -------------------------------- */

static void
look_supervisor(const struct verdict_facts *f, struct verdict_fleet *v)
{
	int32_t pid = f->cluster->pid;
	struct verdict_finding *w;

	if (f->stopped)
		w = verdict_found(v, VERDICT_CODE_SUPERVISOR_HUNG, -1,
		    "The supervisor (pid %d) is stopped by a signal or a "
		    "debugger: it hangs, and nothing that dies is started "
		    "again.",
		    pid);
	else if (f->hung_s > 0)
		w = verdict_found(v, VERDICT_CODE_SUPERVISOR_HUNG,
		    f->hung_s * 1000,
		    "The supervisor (pid %d) has done nothing for %lld s: it "
		    "hangs or is stopped. Nothing that dies is started again.",
		    pid, (long long)f->hung_s);
	else
		return;
	verdict_name(w, 1, "%d", pid)->note = true;
}

bool
verdict_noted(const struct page_cluster *c, enum verdict_code code)
{
	for (size_t i = 0; i < PAGE_NOTES; i++)
		if (c->note[i].code == code && c->note[i].text[0] != '\0')
			return true;
	return false;
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

	for (size_t i = 0; i < PAGE_NOTES && c->note[i].text[0] != '\0'; i++) {
		struct verdict_finding *w;

		if (c->note[i].rank >= PAGE_RANKS_N)
			continue;
		w = verdict_found_as(v, note_code(c, &c->note[i]),
		    c->note[i].rank, f->wall_ms - c->note[i].since_ms, "%.255s",
		    c->note[i].text);
		w->note = w->advised = true;
	}
}

static void
look_probe(const struct verdict_facts *f, struct verdict_fleet *v)
{
	const struct page_probe *p = &f->cluster->probe;

	if (p->scheduled && p->code != EXIT_FINE)
		verdict_found(v, VERDICT_CODE_PROBE_FAILED,
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
	if (f->shards->ready == 0 && f->shards->deaf == 0
	    && f->shards
		    ->group[VERDICT_CODE_SHARD_HUNG - VERDICT_CODE_SHARD_FIRST]
		    .n
		== 0)
		return VERDICT_STARTING;
	return v->n > 0 && v->found[0].rank < PAGE_INFO ? VERDICT_DEGRADED
							: VERDICT_READY;
}

static int
exit_code(const struct verdict_facts *f, const struct verdict_fleet *v)
{
	/* A fleet on hold loses what disconnects: no less serious. */
	if (!f->alive || f->shards->ready == 0 || v->state == VERDICT_HELD)
		return EXIT_DOWN;
	if (v->n > 0 && v->found[0].rank == PAGE_CRITICAL)
		return EXIT_DOWN;
	return v->state == VERDICT_READY ? EXIT_FINE : EXIT_DEGRADED;
}

static void
look_dead(const struct verdict_facts *f, struct verdict_fleet *v)
{
	v->state = state(f, v);
	verdict_found(v,
	    v->state == VERDICT_STOPPED ? VERDICT_CODE_FLEET_STOPPED
					: VERDICT_CODE_FLEET_CRASHED,
	    -1, "%s", verdict_fleet_name[v->state]);
	look_notes(f, v);
	verdict_look_shards(f, v);
	verdict_look_disk(f, v);
}

static void
look_alive(const struct verdict_facts *f, struct verdict_fleet *v)
{
	if (f->cluster->held) /* the cause of what else is ill */
		look_notes(f, v);
	if (f->cluster->stopping)
		verdict_found(v, VERDICT_CODE_FLEET_STOPPING, -1,
		    "the fleet is being stopped");
	verdict_look_shards(f, v);
	verdict_look_fleet_deaf(f, v);
	verdict_look_handler(f, v);
	verdict_look_gate(f, v);
	if (!f->cluster->stopping) {
		verdict_look_clients(f, v);
		verdict_look_web(f, v);
	}
	look_supervisor(f, v);
	verdict_look_disk(f, v);
	verdict_look_limits(f, v);
	look_probe(f, v);
	if (!f->cluster->held)
		look_notes(f, v);
	verdict_look_budget(f, v);
	verdict_look_letters(f, v);
}

void
verdict_fleet(const struct verdict_facts *f, struct verdict_fleet *v)
{
	memset(v, 0, sizeof(*v));
	if (f->alive)
		look_alive(f, v);
	else
		look_dead(f, v);
	v->state = state(f, v);
	v->exit = exit_code(f, v);
}

/* ---- to be said ----------------------------------------------------- */

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

const struct verdict_finding *
verdict_find(const struct verdict_fleet *v, const enum verdict_code *codes,
    int64_t age_ms)
{
	for (; *codes != VERDICT_CODE_NONE; codes++)
		for (size_t i = 0; i < v->n; i++)
			if (v->found[i].code == *codes && !v->found[i].fresh
			    && (v->found[i].age_ms < 0
				|| v->found[i].age_ms >= age_ms))
				return &v->found[i];
	return NULL;
}

/* "40 s", "12 min", "3 h". */
static void
span(int64_t ms, char out[32])
{
	long long s = ms / 1000;

	if (s < 120)
		str_format(out, 32, "%lld s", s);
	else if (s < 7200)
		str_format(out, 32, "%lld min", s / 60);
	else
		str_format(out, 32, "%lld h", s / 3600);
}

void
verdict_sentence(const struct verdict_finding *f, char *out, size_t size)
{
	char age[32] = "";
	size_t len;

	if (f->age_ms >= 0 && !f->note)
		span(f->age_ms, age);
	len = strlen(f->text);
	str_format(out, size, "%s%s%s%s%s", f->text,
	    age[0] != '\0' ? " for " : "", age,
	    f->detail[0] == '\0'		     ? ""
		: len > 0 && f->text[len - 1] == '.' ? " "
						     : ": ",
	    f->detail);
	len = strlen(out);
	if (len > 0 && out[len - 1] != '.' && len + 1 < size)
		str_copy(out + len, ".", size - len);
}
