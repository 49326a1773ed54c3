/* SPDX-License-Identifier: MIT */
/* See resources.h. */
#include "supervisor/resources.h"

#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "shared/base/clock.h"
#include "supervisor/alert/alerts.h"
#include "supervisor/alert/usage.h"
#include "supervisor/base/fleet_state.h"
#include "supervisor/child/member.h"
#include "supervisor/identify/budget.h"
#include "supervisor/identify/discord_ask.h"
#include "supervisor/identify/discord_info.h"
#include "supervisor/identify/ledger.h"
#include "supervisor/log/fleet_log.h"
#include "supervisor/operation/service_change.h"
#include "supervisor/operation/operation.h"

#define MIB (1u << 20)

void
resources_init(struct resources *l, struct fleet *f)
{
	memset(l, 0, sizeof(*l));
	l->fleet = f;
}

void
resources_start(struct resources *l, uint32_t shards)
{
	l->shard = base_alloc(shards * sizeof(*l->shard));
}

void
resources_forget(struct resources *l)
{
	free(l->shard);
	l->shard = NULL;
}

/* ---- processes ------------------------------------------------------ */

static void
trend(const struct usage *u, uint64_t limit, double unit, const char *of,
    char *out, size_t size)
{
	double rate = usage_per_hour(u) / unit;
	int64_t eta = usage_eta_s(u, limit);
	char when[48];

	if (eta < 0 || rate < 0.1) {
		str_format(out, size, "not growing");
		return;
	}
	usage_eta_words(eta, when, sizeof(when));
	str_format(out, size, "growing by %.*f%s an hour: at the limit %s",
	    rate < 10 ? 1 : 0, rate, of, when);
}

static void
say(enum usage_news news, const char *words, const char *name, const char *what)
{
	if (news == USAGE_NEWS_WARN)
		log_warn("%s", words);
	else if (news == USAGE_NEWS_URGENT)
		log_error("%s", words);
	else if (news == USAGE_NEWS_OVER)
		log_notice("The %s of the %s is below %d %% of its limit "
			   "again.",
		    what, name, USAGE_OVER);
}

static void
fds_words(const struct usage *u, const char *name, uint64_t limit, char *out,
    size_t size)
{
	char way[128];

	trend(u, limit, 1, "", way, sizeof(way));
	str_format(out, size,
	    "The %s has %llu of %llu file descriptors open (%llu %%), %s. "
	    "Raise the limit (LimitNOFILE= in the unit, \"ulimit -n\" in a "
	    "shell), or look for what leaks them.",
	    name, (unsigned long long)u->last, (unsigned long long)limit,
	    (unsigned long long)(u->last * 100 / limit), way);
}

static void
memory_words(const struct usage *u, const char *name, const char *key,
    uint64_t limit, char *out, size_t size)
{
	char way[128];

	trend(u, limit, MIB, " MiB", way, sizeof(way));
	str_format(out, size,
	    "The %s takes %llu of %llu MiB of memory (%llu %%), %s. The limit "
	    "is [limits] %s; \"shardherd why\" and the log tell what it holds.",
	    name, (unsigned long long)u->last / MIB,
	    (unsigned long long)limit / MIB,
	    (unsigned long long)(u->last * 100 / limit), way, key);
}

/* Of a gate the log is the supervisor's, the cache the system's to drop. */
static uint64_t
memory_of(const struct page_watch *w, const char *key)
{
	return 1024
	    * (strcmp(key, "memory_gate") == 0 && w->anon_kb > 0 ? w->anon_kb
								 : w->rss_kb);
}

static void
judge(struct resources_process *p, const struct page_watch *w, int32_t pid,
    const char *name, const char *key, int64_t memory)
{
	char words[RESOURCES_WORDS];
	struct usage_marks m;
	enum usage_news news;

	if (p->pid != pid) {
		memset(p, 0, sizeof(*p));
		p->pid = pid;
	}
	if (pid <= 0 || w->sampled_ms == 0 || w->sampled_ms == p->sampled_ms)
		return;
	p->sampled_ms = w->sampled_ms;
	if (w->fd_limit > 0 && w->fds > 0) {
		m = usage_marks(w->fd_limit);
		news = usage_take(&p->fds, w->fds, &m, w->sampled_ms);
		fds_words(&p->fds, name, w->fd_limit, words, sizeof(words));
		say(news, words, name, "number of file descriptors");
	}
	if (memory > 0) {
		m = usage_marks((uint64_t)memory);
		news = usage_take(&p->memory, memory_of(w, key), &m,
		    w->sampled_ms);
		memory_words(&p->memory, name, key, (uint64_t)memory, words,
		    sizeof(words));
		say(news, words, name, "memory");
	}
}

/* What grows in a gate goes with it: nothing else needs it to stay. */
static void
renew_gate(struct resources *l)
{
	struct fleet *f = l->fleet;
	uint64_t limit = (uint64_t)f->config->memory_gate;
	uint64_t now = clock_boot_ms();

	if (limit == 0 || l->gate.pid <= 0 || l->gate.memory.last < limit
	    || (l->gate_renewed_ms != 0
		&& now - l->gate_renewed_ms < RESOURCES_RENEW_MS)
	    || operation_may(f, OPERATION_RELOAD, NULL) == -1
	    || service_change_renew(&f->service[SERVICE_GATE], NULL) == -1)
		return;
	l->gate_renewed_ms = now;
	log_warn("The gate takes %llu of %llu MiB of memory ([limits] "
		 "memory_gate): another one takes its place, its clients "
		 "RESUME.",
	    (unsigned long long)l->gate.memory.last / MIB,
	    (unsigned long long)limit / MIB);
}

static void
look_processes(struct resources *l)
{
	struct fleet *f = l->fleet;
	const struct config *c = f->config;

	judge(&l->supervisor, &f->page.head->supervisor_watch,
	    (int32_t)getpid(), "supervisor", "memory_supervisor",
	    c->memory_supervisor);
	judge(&l->handler, &f->page.head->handler_watch, f->handler->pid,
	    "handler", "memory_handler", c->memory_handler);
	judge(&l->gate, &f->page.head->gate_watch, f->gate->pid, "gate",
	    "memory_gate", c->memory_gate);
	renew_gate(l);
	for (uint32_t i = 0; i < f->local; i++)
		judge(&l->shard[i], &f->page.slot[i].watch, f->shard[i].pid,
		    f->shard[i].name, "memory_shard", c->memory_shard);
}

/* The worst of one process, if it is worse than what there is. */
static uint32_t
worse(const struct resources_process *p, const struct page_watch *w,
    const char *name, const char *key, int64_t memory, unsigned *level,
    char *words, size_t size)
{
	if (p->pid == 0 || (p->fds.level == 0 && p->memory.level == 0))
		return 0;
	if (p->fds.level > *level && w->fd_limit > 0) {
		*level = p->fds.level;
		fds_words(&p->fds, name, w->fd_limit, words, size);
	}
	if (p->memory.level > *level && memory > 0) {
		*level = p->memory.level;
		memory_words(&p->memory, name, key, (uint64_t)memory, words,
		    size);
	}
	return 1;
}

uint32_t
resources_processes(const struct resources *l, char *words, size_t size)
{
	const struct fleet *f = l->fleet;
	const struct config *c = f->config;
	const struct page_head *h = f->page.head;
	unsigned level = 0;
	uint32_t n;

	words[0] = '\0';
	n = worse(&l->supervisor, &h->supervisor_watch, "supervisor",
	    "memory_supervisor", c->memory_supervisor, &level, words, size);
	n += worse(&l->handler, &h->handler_watch, "handler", "memory_handler",
	    c->memory_handler, &level, words, size);
	n += worse(&l->gate, &h->gate_watch, "gate", "memory_gate",
	    c->memory_gate, &level, words, size);
	for (uint32_t i = 0; i < f->local; i++)
		n += worse(&l->shard[i], &f->page.slot[i].watch,
		    f->shard[i].name, "memory_shard", c->memory_shard, &level,
		    words, size);
	return n;
}

/* ---- disks ---------------------------------------------------------- */

static void
disk_words(struct resources_disk *d, const char *key, const char *dir)
{
	char way[128], when[48];
	double rate = usage_per_hour(&d->used) / MIB;
	int64_t eta = usage_eta_s(&d->used, d->size);

	str_format(way, sizeof(way), "it does not shrink");
	if (eta >= 0 && rate >= 0.1) {
		usage_eta_words(eta, when, sizeof(when));
		str_format(way, sizeof(way),
		    "shrinking by %.*f MiB an hour: full %s", rate < 10 ? 1 : 0,
		    rate, when);
	}
	str_format(d->words, sizeof(d->words),
	    "The disk of %s (%s) has %llu of %llu MiB free, %s. When it is "
	    "full, %s: make room.",
	    key, dir, (unsigned long long)d->free / MIB,
	    (unsigned long long)d->size / MIB, way,
	    strcmp(key, "log_dir") == 0
		? "log lines are lost"
		: "no IDENTIFY can be written down, so none is sent, and no "
		  "event be kept on disk");
}

static void
look_disk(struct resources_disk *d, const char *key, const char *dir,
    int64_t least)
{
	struct usage_marks m;
	enum usage_news news;
	struct statvfs v;
	uint64_t floor;

	if (statvfs(dir, &v) == -1 || v.f_blocks == 0)
		return;
	d->size = (uint64_t)v.f_blocks * v.f_frsize;
	d->free = (uint64_t)v.f_bavail * v.f_frsize;
	if (d->free > d->size)
		d->free = d->size;
	floor = (uint64_t)least < d->size / 10 ? (uint64_t)least : d->size / 10;
	m.warn = d->size - floor;
	m.over = d->size - floor - floor / 4;
	m.urgent = d->size
	    - (floor / 8 > RESOURCES_DISK_LEAST	   ? floor / 8
		    : floor > RESOURCES_DISK_LEAST ? RESOURCES_DISK_LEAST
						   : floor / 8);
	news = usage_take(&d->used, d->size - d->free, &m, clock_boot_ms());
	if (d->used.level == 0 || least == 0) {
		if (d->words[0] != '\0')
			log_notice("The disk of %s (%s) has room again: %llu "
				   "of %llu MiB are free.",
			    key, dir, (unsigned long long)d->free / MIB,
			    (unsigned long long)d->size / MIB);
		d->words[0] = '\0';
		return;
	}
	disk_words(d, key, dir);
	if (news != USAGE_SAME)
		say(news, d->words, key, "disk");
}

static bool
same_disk(const char *a, const char *b)
{
	struct stat x, y;

	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev;
}

static void
look_disks(struct resources *l)
{
	const struct config *c = l->fleet->config;

	look_disk(&l->state, "state_dir", c->state_dir, c->disk_free);
	if (!same_disk(c->state_dir, c->log_dir))
		look_disk(&l->log, "log_dir", c->log_dir, c->disk_free);
	else
		l->log.words[0] = '\0';
	status_notes_say(&l->fleet->notes, NOTE_DISK, l->state.words);
	status_notes_say(&l->fleet->notes, NOTE_LOG_DISK, l->log.words);
}

/* ---- the clock ------------------------------------------------------ */

int64_t
resources_clock_step(struct resources *l, int64_t wall_ms, uint64_t boot_ms)
{
	int64_t now = wall_ms - (int64_t)boot_ms;
	int64_t step = l->clock_known ? now - l->clock_ms : 0;

	l->clock_known = true;
	l->clock_ms = now;
	return step >= RESOURCES_CLOCK_MS || step <= -RESOURCES_CLOCK_MS ? step
									 : 0;
}

static void
look_clock(struct resources *l)
{
	struct fleet *f = l->fleet;
	int64_t step = resources_clock_step(l, clock_wall_ms(),
	    clock_boot_ms());

	if (step == 0)
		return;
	log_warn(
	    "The clock of this machine was set %s by %.1f s. What is counted "
	    "by the day and the hour is moved along; timers of plugins go by "
	    "the new time.",
	    step > 0 ? "forward" : "back",
	    (double)(step > 0 ? step : -step) / 1000);
	budget_clock_set(&f->ledger->budget, step);
	alerts_clock_set(f->alerts, step);
	if (f->logs->first_ms != 0)
		f->logs->first_ms += step;
	/* What is kept for the next start names the reset by the old time. */
	if (f->local > 0)
		discord_info_want(f->discord_info, DISCORD_ASK_GATEWAY_BOT);
}

void
resources_look(struct resources *l)
{
	look_clock(l);
	look_disks(l);
	if (l->fleet->local > 0 && l->shard != NULL)
		look_processes(l);
}
