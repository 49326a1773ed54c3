/* SPDX-License-Identifier: MIT */
/* What runs short: IDENTIFYs, file descriptors, memory, disks; see verdict.h. */
#include "shared/page/verdict_impl.h"

#define DISK_FULL (UINT64_C(1) << 20) /* bytes: a commit may need as much */

/* ---- the budget ----------------------------------------------------- */

static void
look_left(const struct verdict_facts *f, struct verdict_fleet *v)
{
	const struct page_cluster *c = f->cluster;
	int64_t reset = c->reset_wall_ms - f->wall_ms;
	struct verdict_finding *w;

	if (c->fetched_wall_ms == 0 || c->remaining < 0)
		return;
	if (c->remaining <= c->left_least) {
		w = verdict_found(v, VERDICT_CODE_BUDGET_SHORT, -1,
		    "%lld of %lld IDENTIFYs are left (reserve %u), the reset "
		    "is in %lld min.",
		    (long long)c->remaining, (long long)c->total, c->reserve,
		    reset > 0 ? (long long)reset / 60000 : 0);
		w->note = true;
		w->until_ms = reset > 0 ? c->reset_wall_ms : 0;
	} else if (c->forecast_s >= 0 && c->forecast_s <= c->forecast_least_s) {
		verdict_found(v, VERDICT_CODE_BUDGET_FORECAST, -1,
		    "At the pace of the last hour the IDENTIFYs down to the "
		    "reserve are gone in %lld min.",
		    (long long)c->forecast_s / 60)
		    ->note = true;
	}
}

void
verdict_look_budget(const struct verdict_facts *f, struct verdict_fleet *v)
{
	const struct page_cluster *c = f->cluster;

	look_left(f, v);
	if (c->foreign_least > 0 && c->foreign_1h >= c->foreign_least)
		verdict_found(v, VERDICT_CODE_BUDGET_FOREIGN,
		    c->foreign_found_ms != 0 ? f->wall_ms - c->foreign_found_ms
					     : -1,
		    "%llu IDENTIFYs were spent with this token by something "
		    "else (%llu in 24 h).",
		    (unsigned long long)c->foreign_1h,
		    (unsigned long long)c->foreign_24h)
		    ->note = true;
	if (c->identifies_most > 0 && c->identifies_1h >= c->identifies_most
	    && !verdict_noted(c, VERDICT_CODE_IDENTIFY_SLOW))
		verdict_found(v, VERDICT_CODE_IDENTIFY_SLOW, -1,
		    "%u IDENTIFYs within an hour that nobody asked for%s.",
		    c->identifies_1h,
		    c->braked ? "; each shard is slowed down" : "")
		    ->note = true;
	if (c->crashing)
		verdict_found(v, VERDICT_CODE_SHARDS_CRASHING, -1,
		    "A third of the shards died alike within 10 s: one is "
		    "started at a time until it stays up.")
		    ->note = true;
}

/* ---- processes ------------------------------------------------------ */

static bool
is_near(uint64_t used, uint64_t limit)
{
	return limit > 0 && used / VERDICT_SHORT >= limit / 100
	    && (double)used * 100 >= (double)limit * VERDICT_SHORT;
}

static void
found_near(enum verdict_code code, enum verdict_subject of, const char *who,
    uint64_t used, uint64_t limit, uint32_t n, uint32_t id,
    struct verdict_fleet *v)
{
	bool fds = code == VERDICT_CODE_FDS_SHORT;
	uint64_t unit = fds ? 1 : UINT64_C(1) << 20;
	struct verdict_finding *w;
	char name[32];

	str_format(name, sizeof(name), "%s", who);
	if (of == VERDICT_OF_SHARD)
		str_format(name, sizeof(name), "shard %u", id);
	w = verdict_found(v, code, -1, "The %s %s %llu of %llu %s (%llu %%).",
	    name, fds ? "has" : "takes", (unsigned long long)(used / unit),
	    (unsigned long long)(limit / unit),
	    fds ? "file descriptors open" : "MiB of memory",
	    (unsigned long long)((double)used * 100 / (double)limit));
	w->subject = of;
	w->note = true;
	if (of == VERDICT_OF_SHARD)
		verdict_name(w, n, "%u", id);
	if (n > 1)
		verdict_detail(w, "So it is with %u more shards.", n - 1);
}

static void
look_process(const struct page_watch *p, enum verdict_subject of,
    uint64_t memory, uint64_t limit, struct verdict_fleet *v)
{
	const char *who = verdict_subject_name[of];

	if (p == NULL || p->sampled_ms == 0)
		return;
	if (is_near(p->fds, p->fd_limit))
		found_near(VERDICT_CODE_FDS_SHORT, of, who, p->fds, p->fd_limit,
		    1, 0, v);
	if (is_near(memory, limit))
		found_near(VERDICT_CODE_MEMORY_SHORT, of, who, memory, limit, 1,
		    0, v);
}

static uint64_t
memory(const struct page_watch *w)
{
	return w != NULL ? w->rss_kb * 1024 : 0;
}

void
verdict_look_limits(const struct verdict_facts *f, struct verdict_fleet *v)
{
	const uint64_t *limit = f->cluster->memory_limit;
	const struct verdict_near *fds = &f->shards->fds,
				  *mem = &f->shards->memory;
	const struct page_watch *g = f->gate_alive ? f->gate_watch : NULL;

	look_process(f->supervisor_watch, VERDICT_OF_SUPERVISOR,
	    memory(f->supervisor_watch), limit[PAGE_MEMORY_SUPERVISOR], v);
	if (f->handler_alive)
		look_process(f->handler_watch, VERDICT_OF_HANDLER,
		    memory(f->handler_watch), limit[PAGE_MEMORY_HANDLER], v);
	/* Its log is the supervisor's, its cache the system's to drop. */
	look_process(g, VERDICT_OF_GATE,
	    g != NULL && g->anon_kb > 0 ? g->anon_kb * 1024 : memory(g),
	    limit[PAGE_MEMORY_GATE], v);
	if (fds->n > 0)
		found_near(VERDICT_CODE_FDS_SHORT, VERDICT_OF_SHARD, "",
		    fds->used, fds->limit, fds->n, fds->first, v);
	if (mem->n > 0)
		found_near(VERDICT_CODE_MEMORY_SHORT, VERDICT_OF_SHARD, "",
		    mem->used, mem->limit, mem->n, mem->first, v);
}

/* ---- the disk ------------------------------------------------------- */

/* Looked at here: a supervisor that hangs notes nothing. */
void
verdict_look_disk(const struct verdict_facts *f, struct verdict_fleet *v)
{
	uint64_t least = f->cluster->disk_free;

	if (!f->disk_known)
		return;
	if (least > f->disk_size / 10)
		least = f->disk_size / 10;
	if (f->disk_free < DISK_FULL)
		verdict_found(v, VERDICT_CODE_DISK_FULL, -1,
		    "The disk of state_dir is full: no IDENTIFY can be written "
		    "down, so none is sent, and no event be kept: make room");
	else if (f->disk_free < least
	    && !verdict_noted(f->cluster, VERDICT_CODE_DISK_SHORT))
		verdict_found(v, VERDICT_CODE_DISK_SHORT, -1,
		    "The disk of state_dir has only %llu MiB free: make room.",
		    (unsigned long long)f->disk_free >> 20)
		    ->note = true;
}
