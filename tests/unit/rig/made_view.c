/* SPDX-License-Identifier: MIT */
#include "tests/unit/rig/made_view.h"

#include "shared/base/clock.h"

#include <string.h>

#define HOUR_MS 3600000

static void
judge(struct view *v)
{
	struct verdict_facts f = {.cluster = &v->cluster,
	    .handler = &v->handler,
	    .plugins = &v->plugins,
	    .alive = v->alive,
	    .hung_s = v->hung_s,
	    .stopped = v->stopped,
	    .handler_alive = v->handler_alive,
	    .handler_silent_s = v->handler_silent_s,
	    .gate = v->cluster.gate ? &v->gate : NULL,
	    .gate_alive = v->gate_alive,
	    .gate_silent_s = v->gate_silent_s,
	    .shards = &v->shards,
	    .now_ms = v->now_ms,
	    .wall_ms = v->wall_ms};

	verdict_fleet(&f, &v->verdict);
}

/* Who is to be silent hears much, and for ten minutes none of the first class. */
static void
silence(struct page_shard *s, uint64_t now_ms)
{
	s->silence_ms = 60000;
	s->traffic = 1000000;
	s->class[0] = (struct page_class) {.last_ms = now_ms - 600000,
	    .seen = VERDICT_SEEN,
	    .over = VERDICT_SEEN,
	    .longest = 1};
}

/* Judged as on a page, but for what of a page is not made up. */
static void
count(struct view *v)
{
	memset(&v->shards, 0, sizeof(v->shards));
	memset(v->in_state, 0, sizeof(v->in_state));
	for (size_t i = 0; i < v->n; i++) {
		struct view_shard *s = &v->shard[i];
		struct verdict_shard f = {.s = &s->s,
		    .w = &s->w,
		    .cluster = &v->cluster,
		    .id = s->id,
		    .alive = s->alive,
		    .stopped = s->stopped,
		    .orphan = s->orphan};
		struct verdict is;

		if (s->silent != 0)
			silence(&s->s, v->now_ms);
		is = verdict_shards_add(&v->shards, &f, v->now_ms);
		s->deaf = is.deaf;
		s->ready = is.ready;
		s->silent = is.silent;
		s->state = is.word;
		s->code = is.code;
		s->age_ms = is.age_ms;
		v->in_state[s->s.state] += !s->deaf;
	}
	v->ready = v->shards.ready;
	v->deaf = v->shards.deaf;
	v->partly = v->shards.partly;
}

void
made_view_now(struct view *v)
{
	v->now_ms = clock_boot_ms();
	v->wall_ms = clock_wall_ms();
	count(v);
	judge(v);
}

void
made_view_shard(struct view *v, uint32_t id, enum shard_state state,
    uint64_t age_ms)
{
	struct view_shard *s = &v->shard[id - v->cluster.first];

	s->s.state = state;
	s->s.state_since_ms = clock_boot_ms() - age_ms;
	s->alive = state != SHARD_DOWN;
	s->pid = s->alive ? 7000 + (int32_t)id : 0;
	made_view_now(v);
}

void
made_view_failing(struct view *v)
{
	v->plugins.plugin[0].failing = 1;
	v->handler.plugins_failing = 1;
	str_copy(v->handler.note, MADE_VIEW_SECRET, sizeof(v->handler.note));
	made_view_now(v);
}

void
made_view_held(struct view *v)
{
	struct page_note *n = &v->cluster.note[0];

	v->cluster.held = 1;
	n->since_ms = clock_wall_ms();
	n->rank = PAGE_CRITICAL;
	n->code = VERDICT_CODE_FLEET_HELD;
	str_copy(n->text, MADE_VIEW_SECRET, sizeof(n->text));
	made_view_now(v);
}

static void
make_shard(struct view_shard *s, uint32_t id)
{
	s->id = id;
	s->pid = s->s.pid = 7000 + (int32_t)id;
	s->alive = true;
	s->s.state = SHARD_READY;
	s->s.state_since_ms = clock_boot_ms() - HOUR_MS;
	s->s.rtt_ms = 38 + id * 7 % 31;
	s->s.guilds = 1200;
	str_copy(s->s.note, MADE_VIEW_SECRET, sizeof(s->s.note));
	str_copy(s->w.last_end, MADE_VIEW_SECRET, sizeof(s->w.last_end));
	str_copy(s->w.version, MADE_VIEW_SECRET, sizeof(s->w.version));
}

void
made_view(struct view *v, uint32_t n)
{
	struct page_cluster *c = &v->cluster;

	memset(v, 0, sizeof(*v));
	c->pid = 6900;
	c->shard_count = c->local = n;
	c->started_ms = clock_boot_ms() - HOUR_MS;
	str_copy(c->name, MADE_VIEW_SECRET, sizeof(c->name));
	str_copy(c->version, MADE_VIEW_SECRET, sizeof(c->version));
	str_copy(c->config_path, "/etc/" MADE_VIEW_SECRET,
	    sizeof(c->config_path));
	str_copy(c->run_dir, "/run/" MADE_VIEW_SECRET, sizeof(c->run_dir));
	v->alive = v->handler_alive = true;
	v->handler.state = HANDLER_READY;
	v->handler_state = page_handler_state_name[HANDLER_READY];
	v->gate_state = page_gate_state_name[GATE_DOWN];
	v->plugins.count = 1;
	v->plugins.plugin[0].state = PLUGIN_UP;
	str_copy(v->plugins.plugin[0].name, MADE_VIEW_SECRET, 64);
	v->n = n;
	v->shard = base_alloc((n + 1) * sizeof(*v->shard));
	for (uint32_t i = 0; i < n; i++)
		make_shard(&v->shard[i], i);
	made_view_now(v);
}
