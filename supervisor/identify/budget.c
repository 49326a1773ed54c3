/* SPDX-License-Identifier: MIT */
/*
 * See budget.h.  An answer is compared with the last one that came while no
 * permit of ours was in flight (the base): what is missing beyond all we may
 * have sent since is foreign.  While permits are in flight that is a lower
 * bound, entered as far as it goes; the first quiet answer makes it exact and
 * becomes the new base.
 */
#include "supervisor/identify/budget.h"

#include <string.h>

#define HOUR_MS 3600000
#define MINUTE_MS 60000

void
budget_init(struct budget *b, uint64_t identity)
{
	memset(b, 0, sizeof(*b));
	b->kept.identity = identity;
	b->kept.base = -1;
}

void
budget_restore(struct budget *b, const struct budget_kept *k)
{
	if (k->identity == b->kept.identity)
		b->kept = *k;
}

/* ---- our own -------------------------------------------------------- */

static void
count_pace(struct budget *b, int64_t at_ms, uint32_t again, uint32_t foreign)
{
	int64_t minute = at_ms / MINUTE_MS;
	size_t i = (size_t)(minute % BUDGET_MINUTES);

	if (b->pace[i].minute > minute)
		return; /* older than the hour */
	if (b->pace[i].minute != minute) {
		memset(&b->pace[i], 0, sizeof(b->pace[i]));
		b->pace[i].minute = minute;
	}
	b->pace[i].again += again;
	b->pace[i].foreign += foreign;
}

void
budget_granted(struct budget *b, uint64_t id, int64_t sent_ms, bool again)
{
	b->last_id = id;
	if (again)
		count_pace(b, sent_ms, 1, 0);
	if (id <= b->kept.base_id)
		return;
	b->own++;
	if (b->kept.base < 0 || sent_ms < b->kept.reset_ms - BUDGET_EDGE_MS)
		return;
	if (b->edge_id == 0)
		b->edge_id = id;
	b->own_edge++;
}

void
budget_unused(struct budget *b, uint64_t id)
{
	if (id > b->kept.base_id && b->own > 0)
		b->own--;
	if (b->edge_id != 0 && id >= b->edge_id && b->own_edge > 0)
		b->own_edge--;
}

/* ---- answers -------------------------------------------------------- */

void
budget_asking(struct budget *b, uint32_t pending)
{
	b->ask_id = b->last_id;
	b->ask_pending = pending;
}

uint32_t
budget_unsure(const struct budget *b)
{
	return b->ask_pending + (uint32_t)(b->last_id - b->ask_id);
}

static void
found(struct budget *b, uint64_t n, int64_t now_ms)
{
	int64_t hour = now_ms / HOUR_MS;
	size_t i = (size_t)(hour % BUDGET_HOURS);

	if (b->kept.hour[i].hour != hour) {
		b->kept.hour[i].hour = hour;
		b->kept.hour[i].foreign = 0;
	}
	b->kept.hour[i].foreign += n;
	b->kept.foreign_ever += n;
	b->kept.found_ms = now_ms;
	count_pace(b, now_ms, 0, (uint32_t)n);
}

/* A permit in flight may or may not be in this answer: then there is none. */
static void
rebase(struct budget *b, int64_t remaining, int64_t now_ms)
{
	b->kept.base = budget_unsure(b) == 0 ? remaining : -1;
	b->kept.base_id = b->last_id;
	b->kept.base_ms = now_ms;
	b->kept.judged = 0;
	b->own = b->own_edge = b->edge_id = 0;
}

/* The reset came: the full budget is the base, ours at its edge may count. */
static void
new_window(struct budget *b, int64_t total, int64_t now_ms)
{
	uint64_t own = b->own_edge;

	b->kept.base = total;
	b->kept.base_id = b->edge_id != 0 ? b->edge_id - 1 : b->last_id;
	b->kept.base_ms = now_ms;
	b->kept.judged = 0;
	b->own = own;
	b->own_edge = b->edge_id = 0;
}

/* Is this answer of a later window than the base? */
static bool
window_passed(const struct budget *b, int64_t reset_ms, int64_t now_ms)
{
	return now_ms >= b->kept.reset_ms - BUDGET_SLIDE_MS
	    && reset_ms > b->kept.reset_ms + BUDGET_SLIDE_MS;
}

uint64_t
budget_answer(struct budget *b, int64_t total, int64_t remaining,
    int64_t reset_ms, int64_t now_ms)
{
	struct budget_kept *k = &b->kept;
	int64_t foreign, fresh = 0;

	if (k->base >= 0 && window_passed(b, reset_ms, now_ms))
		new_window(b, total, now_ms);
	/* More than there was, or another total: counted anew by Discord. */
	if (k->base < 0 || remaining > k->base
	    || (k->total != 0 && k->total != total && k->base != total)) {
		rebase(b, remaining, now_ms);
	} else {
		foreign = k->base - remaining - (int64_t)b->own;
		fresh = foreign - k->judged;
		if (fresh > 0) {
			k->judged = foreign;
			found(b, (uint64_t)fresh, now_ms);
		}
		if (budget_unsure(b) == 0)
			rebase(b, remaining, now_ms);
	}
	k->total = total;
	k->reset_ms = reset_ms;
	return fresh > 0 ? (uint64_t)fresh : 0;
}

/* ---- what follows --------------------------------------------------- */

uint64_t
budget_foreign_24h(const struct budget *b, int64_t now_ms)
{
	int64_t now = now_ms / HOUR_MS;
	uint64_t n = 0;

	for (size_t i = 0; i < BUDGET_HOURS; i++)
		if (b->kept.hour[i].hour > now - BUDGET_HOURS)
			n += b->kept.hour[i].foreign;
	return n;
}

static uint64_t
pace_of(const struct budget *b, int64_t now_ms, bool own)
{
	int64_t now = now_ms / MINUTE_MS;
	uint64_t n = 0;

	for (size_t i = 0; i < BUDGET_MINUTES; i++)
		if (b->pace[i].minute > now - BUDGET_MINUTES)
			n += b->pace[i].foreign + (own ? b->pace[i].again : 0);
	return n;
}

uint64_t
budget_foreign_1h(const struct budget *b, int64_t now_ms)
{
	return pace_of(b, now_ms, false);
}

int64_t
budget_forecast_s(const struct budget *b, int64_t spare, int64_t now_ms)
{
	uint64_t pace = pace_of(b, now_ms, true);
	int64_t s;

	if (spare <= 0)
		return 0;
	if (pace == 0)
		return -1;
	s = spare * (HOUR_MS / 1000) / (int64_t)pace;
	return now_ms + s * 1000 < b->kept.reset_ms ? s : -1;
}

/* ---- a clock that was set ------------------------------------------- */

static int64_t
rounded(int64_t ms, int64_t unit)
{
	return (ms + (ms < 0 ? -unit : unit) / 2) / unit;
}

static void
move_hours(struct budget *b, int64_t hours)
{
	struct budget_kept was = b->kept;

	memset(b->kept.hour, 0, sizeof(b->kept.hour));
	for (size_t i = 0; i < BUDGET_HOURS; i++) {
		int64_t hour = was.hour[i].hour + hours;

		if (was.hour[i].hour == 0 || hour <= 0)
			continue;
		b->kept.hour[hour % BUDGET_HOURS].hour = hour;
		b->kept.hour[hour % BUDGET_HOURS].foreign = was.hour[i].foreign;
	}
}

static void
move_minutes(struct budget *b, int64_t minutes)
{
	struct budget was = *b;

	memset(b->pace, 0, sizeof(b->pace));
	for (size_t i = 0; i < BUDGET_MINUTES; i++) {
		int64_t minute = was.pace[i].minute + minutes;

		if (was.pace[i].minute == 0 || minute <= 0)
			continue;
		b->pace[minute % BUDGET_MINUTES] = was.pace[i];
		b->pace[minute % BUDGET_MINUTES].minute = minute;
	}
}

void
budget_clock_set(struct budget *b, int64_t step_ms)
{
	struct budget_kept *k = &b->kept;

	k->reset_ms += k->reset_ms != 0 ? step_ms : 0;
	k->base_ms += k->base_ms != 0 ? step_ms : 0;
	k->found_ms += k->found_ms != 0 ? step_ms : 0;
	move_hours(b, rounded(step_ms, HOUR_MS));
	move_minutes(b, rounded(step_ms, MINUTE_MS));
}
