/* SPDX-License-Identifier: MIT */
#include "shared/view/view.h"

#include "shared/base/clock.h"
#include "shared/base/text.h"
#include "shared/page/verdict.h"
#include "shared/process/process.h"
#include "shared/view/lock.h"

#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define HEARD_MS 3000 /* so lately: a look at its process can be spared */

/*
 * The kernel's word first: who has the slot, as long as that is whom the
 * supervisor started.  Else pid and start time, which costs a look into /proc
 * for each.  A process that outlived its supervisor is known by its own word
 * and title only.
 */
static void
find_process(const struct page *page, uint32_t slot, uint64_t now_ms,
    struct view_shard *sh)
{
	pid_t holder = page_slot_holder(page, slot);
	char title[64];

	str_format(title, sizeof(title), "shardherd: shard %u/", sh->id);
	if (holder > 0 && holder == sh->w.pid) {
		sh->pid = holder;
		/* What hears something does not stand still. */
		sh->stopped = now_ms - sh->s.frame_ms > HEARD_MS
		    && process_stopped(holder);
	} else if (process_lives_look(sh->w.pid, sh->w.pid_start,
		       &sh->stopped)) {
		sh->pid = sh->w.pid;
	} else if (process_titled(sh->s.pid, title)) {
		sh->pid = sh->s.pid;
		sh->orphan = true;
		sh->stopped = process_stopped(sh->pid);
	}
	sh->alive = sh->pid != 0;
}

int64_t
view_age(const struct view *v, uint64_t stamp_ms)
{
	if (stamp_ms == 0 || stamp_ms > v->now_ms)
		return stamp_ms == 0 ? -1 : 0;
	return (int64_t)(v->now_ms - stamp_ms);
}

/* A page is a file: whoever wrote it, its words are shown as text. */
#define WORDS(array) text_clean_own(array, sizeof(array))

static void
read_shard(struct view *v, const struct page *page, uint32_t i,
    struct view_shard *out)
{
	const struct page_slot *slot = &page->slot[i];
	struct verdict_shard f = {.s = &out->s,
	    .w = &out->w,
	    .cluster = &v->cluster,
	    .id = out->id};
	struct verdict one;

	page_read(&slot->shard, &out->s, sizeof(out->s));
	page_read(&slot->watch, &out->w, sizeof(out->w));
	WORDS(out->s.note);
	WORDS(out->w.last_end);
	WORDS(out->w.version);
	out->cursor_seq = page_cursor_get(slot, out->s.session);
	find_process(page, i, v->now_ms, out);
	out->orphan |= out->alive && !v->alive;
	f.alive = out->alive;
	f.stopped = out->stopped;
	f.orphan = out->orphan;
	one = verdict_shards_add(&v->shards, &f, v->now_ms);
	out->s.state = one.state;
	out->code = one.code;
	out->ready = one.ready;
	out->deaf = one.deaf;
	out->silent = one.silent;
	out->age_ms = one.age_ms;
	out->until_ms = one.until_ms;
	out->state = one.word;
	verdict_words(&out->s, &one, v->now_ms, out->silent_words);
	verdict_evidence(&f, &one, v->now_ms, out->evidence);
	v->in_state[out->s.state] += !out->deaf;
}

/* Its loop does not turn: what it says of itself is of then. */
static void
find_silent(struct view *v, struct page_head *h)
{
	uint64_t beat = page_last_beat(&h->pulse.handler_ms);

	v->handler_state = page_handler_state_name[v->handler.state];
	v->handler_stopped = v->handler_alive
	    && process_stopped(v->handler_watch.pid);
	if (v->handler_alive && beat != 0)
		v->handler_silent_s = verdict_hangs_s(beat,
		    v->handler_watch.started_ms, VERDICT_SILENT_MS, v->now_ms);
	if (v->handler_silent_s == 0 && !v->handler_stopped)
		return;
	v->handler_state = "silent";
	if (v->handler_silent_s == 0)
		str_copy(v->handler.note,
		    "Stopped by a signal or a debugger; the shards keep its "
		    "events.",
		    sizeof(v->handler.note));
	else
		str_format(v->handler.note, sizeof(v->handler.note),
		    "Silent for %lld s: it hangs or is stopped; the shards keep its "
		    "events.",
		    (long long)v->handler_silent_s);
}

static void
find_silent_gate(struct view *v, struct page_head *h)
{
	uint64_t beat = page_last_beat(&h->pulse.gate_ms);

	v->gate_state = page_gate_state_name[v->gate.state];
	v->gate_stopped = v->gate_alive && process_stopped(v->gate_watch.pid);
	v->web_stopped = v->web_alive && process_stopped(v->web_watch.pid);
	if (v->gate_alive && beat != 0)
		v->gate_silent_s = verdict_hangs_s(beat,
		    v->gate_watch.started_ms, VERDICT_SILENT_MS, v->now_ms);
	if (v->gate_silent_s > 0 || v->gate_stopped)
		v->gate_state = "silent";
}

/* It tells the supervisor that its loop turns, so that one has to listen. */
static void
find_silent_web(struct view *v, struct page_head *h)
{
	uint64_t beat = page_last_beat(&h->pulse.web_ms);

	if (v->web_alive && v->alive && beat != 0
	    && view_age(v, page_last_beat(&h->pulse.supervisor_ms))
		< VERDICT_SILENT_MS)
		v->web_silent_s = verdict_hangs_s(beat, v->web_watch.started_ms,
		    VERDICT_SILENT_MS, v->now_ms);
}

/* The supervisor holds its lock but looks after nothing. */
static void
find_hung(struct view *v, struct page_head *h)
{
	uint64_t beat = page_last_beat(&h->pulse.supervisor_ms);

	v->stopped = v->alive && process_stopped(v->cluster.pid);
	if (v->alive && v->n > 0)
		v->hung_s = verdict_hangs_s(beat, v->cluster.started_ms,
		    VERDICT_HUNG_MS, v->now_ms);
	v->hung = v->stopped || v->hung_s > 0;
}

static void
look_disk(struct verdict_facts *f, const char *dir)
{
	struct statvfs fs;

	if (statvfs(dir, &fs) == -1 || fs.f_blocks == 0)
		return;
	f->disk_known = true;
	f->disk_size = (uint64_t)fs.f_blocks * fs.f_frsize;
	f->disk_free = (uint64_t)fs.f_bavail * fs.f_frsize;
}

static void
find_stopped_plugins(struct view *v)
{
	for (uint32_t i = 0; i < v->plugins.count && i < PAGE_PLUGINS; i++)
		if (v->handler_alive && v->plugins.plugin[i].pid > 0
		    && process_stopped(v->plugins.plugin[i].pid))
			v->plugins_stopped |= UINT64_C(1) << i;
}

/* Of the clients whose process was started once and is wanted. */
static void
find_processes(const struct view *v, struct verdict_process *out)
{
	for (size_t i = 0; i < PAGE_CLIENTS; i++) {
		const struct view_process *p = &v->process[i];

		out[i].w = &p->w;
		out[i].alive = p->alive;
		out[i].up = p->pid != 0;
		out[i].stopped = p->pid > 0 && process_stopped(p->pid);
		out[i].runner_stopped = p->alive && process_stopped(p->w.pid);
		str_copy(out[i].name, p->w.starts > 0 ? p->name : "",
		    sizeof(out[i].name));
	}
}

/* A supervisor that has just begun is still to start it. */
static bool
web_due(const struct view *v)
{
	return v->cluster.web
	    && (v->web_watch.starts > 0 || v->web_watch.last_end[0] != '\0');
}

static void
judge(struct view *v, const char *state_dir)
{
	struct verdict_process process[PAGE_CLIENTS];
	struct verdict_facts f = {.cluster = &v->cluster,
	    .handler = &v->handler,
	    .plugins = &v->plugins,
	    .alive = v->alive,
	    .hung_s = v->hung_s,
	    .stopped = v->stopped,
	    .handler_alive = v->handler_alive,
	    .handler_stopped = v->handler_stopped,
	    .gate = v->cluster.gate ? &v->gate : NULL,
	    .gate_alive = v->gate_alive,
	    .gate_stopped = v->gate_stopped,
	    .gate_silent_s = v->gate_silent_s,
	    .handler_silent_s = v->handler_silent_s,
	    .handler_watch = &v->handler_watch,
	    .web_alive = v->web_alive,
	    .web_stopped = v->web_stopped,
	    .web_silent_s = v->web_silent_s,
	    .web_watch = web_due(v) ? &v->web_watch : NULL,
	    .gate_watch = &v->gate_watch,
	    .supervisor_watch = &v->supervisor_watch,
	    .shards = &v->shards,
	    .process = process,
	    .now_ms = v->now_ms,
	    .wall_ms = v->wall_ms};

	find_stopped_plugins(v);
	f.plugins_stopped = v->plugins_stopped;
	find_processes(v, process);
	look_disk(&f, state_dir);
	verdict_fleet(&f, &v->verdict);
}

/* Each on its own: an array that ends nowhere must not be read beyond. */
static void
clean_words(struct view *v)
{
	struct page_cluster *c = &v->cluster;

	WORDS(c->name);
	WORDS(c->version);
	WORDS(c->config_path);
	WORDS(c->run_dir);
	WORDS(c->log_dir);
	WORDS(c->reboot);
	WORDS(c->rollout_note);
	WORDS(c->dead_plugin);
	WORDS(c->probe.text);
	WORDS(v->handler.note);
	WORDS(v->handler.rest_note);
	WORDS(v->handler.commands_note);
	WORDS(v->handler_watch.version);
	WORDS(v->gate.note);
	WORDS(v->gate_watch.version);
	WORDS(v->gate_watch.last_end);
	WORDS(v->web_watch.version);
	WORDS(v->web_watch.last_end);
	WORDS(v->handler_watch.last_end);
	for (size_t i = 0; i < PAGE_NOTES; i++)
		WORDS(c->note[i].text);
	for (size_t i = 0; i < PAGE_CLIENTS; i++) {
		WORDS(v->gate.client[i].name);
		WORDS(v->gate.client[i].note);
	}
	for (size_t i = 0; i <= PAGE_CLIENTS; i++)
		WORDS(v->clients_rest.of[i].name);
	for (size_t i = 0; i < PAGE_PLUGINS; i++) {
		WORDS(v->plugins.plugin[i].name);
		WORDS(v->plugins.plugin[i].note);
	}
}

/* One that is not running any more is shown while its client is there. */
static void
read_process(struct view_process *to, const struct page_client_process *from)
{
	struct page_client_process *p = base_alloc(sizeof(*p));
	bool alive;

	page_read(from, p, sizeof(*p));
	page_read(&from->watch, &to->w, sizeof(to->w));
	alive = process_lives(to->w.pid, to->w.pid_start);
	str_copy(to->name, p->name, sizeof(to->name));
	WORDS(to->name);
	WORDS(to->w.last_end);
	WORDS(to->w.version);
	to->alive = alive;
	to->pid = alive ? p->pid : 0;
	to->changing = alive && p->changing;
	free(p);
}

static void
read_page(struct view *v, const struct page *page, bool locked)
{
	const struct page_head *h = page->head;

	page_read(&h->cluster, &v->cluster, sizeof(v->cluster));
	page_read(&h->handler, &v->handler, sizeof(v->handler));
	page_read(&h->handler_watch, &v->handler_watch,
	    sizeof(v->handler_watch));
	page_read(&h->supervisor_watch, &v->supervisor_watch,
	    sizeof(v->supervisor_watch));
	page_read(&h->plugins, &v->plugins, sizeof(v->plugins));
	page_read(&h->gate, &v->gate, sizeof(v->gate));
	page_read(&h->gate_watch, &v->gate_watch, sizeof(v->gate_watch));
	page_read(&h->web_watch, &v->web_watch, sizeof(v->web_watch));
	page_read(&h->clients_rest, &v->clients_rest, sizeof(v->clients_rest));
	for (size_t i = 0; i < PAGE_CLIENTS; i++)
		read_process(&v->process[i], &h->client[i]);
	clean_words(v);
	if (v->handler.rest >= PAGE_REST_STATES)
		v->handler.rest = PAGE_REST_FINE;
	v->alive = locked;
	v->handler_alive = process_lives(v->handler_watch.pid,
	    v->handler_watch.pid_start);
	if (!v->handler_alive || v->handler.state >= HANDLER_STATES)
		v->handler.state = HANDLER_DOWN;
	v->gate_alive = process_lives(v->gate_watch.pid,
	    v->gate_watch.pid_start);
	if (!v->gate_alive || v->gate.state >= GATE_STATES)
		v->gate.state = GATE_DOWN;
	v->web_alive = process_lives(v->web_watch.pid, v->web_watch.pid_start);
	if (v->gate.clients > PAGE_CLIENTS)
		v->gate.clients = PAGE_CLIENTS;
	v->n = v->cluster.local < h->slots ? v->cluster.local : h->slots;
	v->shard = base_alloc((v->n + 1) * sizeof(*v->shard));
	for (size_t i = 0; i < v->n; i++) {
		v->shard[i].id = v->cluster.first + (uint32_t)i;
		read_shard(v, page, (uint32_t)i, &v->shard[i]);
	}
	v->ready = v->shards.ready;
	v->deaf = v->shards.deaf;
	v->partly = v->shards.partly;
	find_silent(v, page->head);
	find_silent_gate(v, page->head);
	find_silent_web(v, page->head);
	find_hung(v, page->head);
}

/* Always -1: a fleet that runs was started, whatever became of its files. */
static int
page_missing(const struct config *c, bool locked, struct err *err)
{
	if (err == NULL || err->code != EXIT_DOWN || !locked)
		return -1;
	return err_set(err, EXIT_UNKNOWN,
	    "The fleet runs, but %s/stats, which tells how it is, is gone: "
	    "\"shardherd restart\" makes it again.",
	    c->state_dir);
}

const struct view_process *
view_process(const struct view *v, const char *client)
{
	for (size_t i = 0; i < PAGE_CLIENTS; i++)
		if (client[0] != '\0' && v->process[i].w.starts > 0
		    && strcmp(v->process[i].name, client) == 0)
			return &v->process[i];
	return NULL;
}

int
view_read(struct view *v, const struct config *c, struct err *err)
{
	struct page page;
	int32_t pid;
	bool locked = lock_held(c->state_dir, &pid);

	memset(v, 0, sizeof(*v));
	if (access("/proc/self/stat", F_OK) == -1)
		return err_sys(err, EXIT_UNKNOWN,
		    "It cannot be told which processes live, as "
		    "/proc/self/stat cannot be found");
	if (page_open(&page, c->state_dir, err) == -1)
		return page_missing(c, locked, err);
	v->now_ms = clock_boot_ms();
	v->wall_ms = clock_wall_ms();
	read_page(v, &page, locked);
	v->told_down = !locked && stopped_get(c->state_dir, &v->told);
	keeper_find(&v->keeper, c->state_dir);
	page_close(&page);
	judge(v, c->state_dir);
	return 0;
}

void
view_own(struct view *v, const struct page *page, const char *state_dir)
{
	memset(v, 0, sizeof(*v));
	v->now_ms = clock_boot_ms();
	v->wall_ms = clock_wall_ms();
	read_page(v, page, true);
	judge(v, state_dir);
}

void
view_free(struct view *v)
{
	free(v->shard);
	v->shard = NULL;
}

int
view_awake(const struct config *c, struct err *err)
{
	struct view v;
	struct err none;
	int r = 0;

	if (view_read(&v, c, &none) == -1)
		return 0;
	if (v.hung)
		r = err_set(err, EXIT_UNKNOWN,
		    "The supervisor (pid %d) hangs or is stopped%s: it answers "
		    "nobody. What it has not begun it will not do later. Look "
		    "for what stops it (\"kill -CONT %d\" wakes a stopped "
		    "one); \"shardherd stop\" ends the fleet even so.",
		    v.cluster.pid, v.stopped ? " by a signal" : "",
		    v.cluster.pid);
	view_free(&v);
	return r;
}

const char *
view_note(const struct view *v)
{
	for (size_t i = 0; i < v->verdict.n; i++)
		if (v->verdict.found[i].note)
			return v->verdict.found[i].text;
	return "";
}

/* A handler that hangs counts nothing any more; the shards do. */
uint64_t
view_unanswered(const struct view *v)
{
	uint64_t n = 0;

	for (size_t i = 0; i < v->n; i++) {
		const struct page_shard *s = &v->shard[i].s;
		uint64_t waits = v->shard[i].alive ? s->queue_events : 0;

		/* While a spool is in use it holds what the queue does. */
		n += s->spool_events > waits ? s->spool_events : waits;
	}
	return n > v->handler.lag_events ? n : v->handler.lag_events;
}

uint64_t
view_backlog(const struct view *v)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < v->plugins.count && i < PAGE_PLUGINS; i++)
		if (v->plugins.plugin[i].name[0] != '\0')
			n += v->plugins.plugin[i].waiting
			    + v->plugins.plugin[i].backlog_events;
	return n;
}

bool
view_is_behind(const struct view *v, const struct view_shard *s)
{
	return s->alive
	    && (s->w.program != v->cluster.program
		|| s->w.settings != v->cluster.settings);
}

uint32_t
view_behind(const struct view *v)
{
	uint32_t n = 0;

	for (size_t i = 0; i < v->n; i++)
		n += view_is_behind(v, &v->shard[i]);
	return n;
}

const struct view_shard *
view_shard(const struct view *v, uint64_t id, struct err *err)
{
	if (id >= v->cluster.first && id - v->cluster.first < v->n)
		return &v->shard[id - v->cluster.first];
	err_set(err, EXIT_USAGE,
	    "Shard %llu does not run here; this fleet has %zu.",
	    (unsigned long long)id, v->n);
	return NULL;
}

double
view_patience(const struct config *c, enum patience kind)
{
	double file = patience_s(c, kind), fleet = 0;
	struct view v;
	struct err none;

	if (view_read(&v, c, &none) == 0) {
		if (v.alive)
			fleet = (double)v.cluster.patience_ms[kind] / 1000;
		view_free(&v);
	}
	if (fleet == 0)
		return file;
	/* A reload brings the file's limits into force. */
	return kind == PATIENCE_RELOAD && file > fleet ? file : fleet;
}
