/* SPDX-License-Identifier: MIT */
#include "tests/unit/rig/fake_time.h"

#include <math.h>

#define BOOT_MS 1000000u
#define WALL_MS 1790000000000

struct timers {
	int unused;
};

static struct {
	uint64_t now_ms;
	int64_t wall_step_ms;
	double random;
	struct list pending; /* in order of due_ms */
	bool ready;
} fake;

static void
prepare(void)
{
	if (fake.ready)
		return;
	fake.now_ms = BOOT_MS;
	fake.wall_step_ms = 0;
	fake.random = 0.5;
	list_init(&fake.pending);
	fake.ready = true;
}

void
fake_time_reset(void)
{
	prepare();
	while (!list_empty(&fake.pending))
		timer_stop(container_of(fake.pending.next, struct timer, link));
	fake.ready = false;
	prepare();
}

void
fake_time_set_wall(int64_t step_ms)
{
	prepare();
	fake.wall_step_ms += step_ms;
}

void
fake_time_random(double value)
{
	prepare();
	fake.random = value;
}

uint64_t
clock_boot_ms(void)
{
	prepare();
	return fake.now_ms;
}

int64_t
clock_wall_ms(void)
{
	return WALL_MS + (int64_t)(clock_boot_ms() - BOOT_MS)
	    + fake.wall_step_ms;
}

double
clock_random(void)
{
	prepare();
	return fake.random;
}

struct timers *
timer_base_new(struct ev_loop *loop)
{
	static struct timers all; /* one clock, one list */

	prepare();
	return &all;
}

void
timer_base_free(struct timers *ts)
{
}

void
timer_init(struct timers *ts, struct timer *t, timer_fn *fn)
{
	t->base = ts;
	t->fn = fn;
	t->pending = false;
	list_init(&t->link);
}

void
timer_set(struct timer *t, double after_s)
{
	struct list *at;

	prepare();
	must(t->fn != NULL && !isnan(after_s));
	timer_stop(t);
	after_s = timer_clamp(after_s);
	t->due_ms = fake.now_ms + (uint64_t)(after_s * 1000.0 + 0.5);
	for (at = fake.pending.prev; at != &fake.pending; at = at->prev)
		if (container_of(at, struct timer, link)->due_ms <= t->due_ms)
			break;
	list_append(at->next, &t->link);
	t->pending = true;
}

void
timer_stop(struct timer *t)
{
	if (!t->pending)
		return;
	list_remove(&t->link);
	t->pending = false;
}

uint64_t
fake_time_next(void)
{
	uint64_t due;

	prepare();
	if (list_empty(&fake.pending))
		return UINT64_MAX;
	due = container_of(fake.pending.next, struct timer, link)->due_ms;
	return due > fake.now_ms ? due - fake.now_ms : 0;
}

static void
fire_first(void)
{
	struct timer *t = container_of(fake.pending.next, struct timer, link);

	timer_stop(t);
	t->fn(t);
}

void
fake_time_advance(uint64_t ms)
{
	uint64_t end = clock_boot_ms() + ms, next;

	while (fake.now_ms <= end
	    && (next = fake_time_next()) <= end - fake.now_ms) {
		fake.now_ms += next;
		fire_first();
	}
	if (fake.now_ms < end)
		fake.now_ms = end;
}

void
fake_time_pass(uint64_t ms)
{
	fake.now_ms = clock_boot_ms() + ms;
}

void
fake_time_sleep(uint64_t ms)
{
	fake.now_ms = clock_boot_ms() + ms;
	while (fake_time_next() == 0)
		fire_first();
}
