/* SPDX-License-Identifier: MIT */
#include "tools/sim/book/stats.h"

#include "shared/base/clock.h"

#include <stdarg.h>
#include <string.h>

struct stats *
stats_of(struct sim *sim, int shard)
{
	struct stats_book *b = sim->stats;
	unsigned old = b->shards;

	if (shard < 0 || shard >= SIM_SHARDS_MAX)
		return &b->unknown;
	if ((unsigned)shard >= b->shards) {
		b->shards = (unsigned)shard + 1;
		b->shard = base_realloc(b->shard,
		    b->shards * sizeof(*b->shard));
		memset(b->shard + old, 0,
		    (b->shards - old) * sizeof(*b->shard));
	}
	return &b->shard[shard];
}

void
stats_close(struct stats *s, unsigned code, unsigned count)
{
	for (size_t i = 0; i < STATS_CLOSES; i++) {
		if (s->closes[i].code == 0)
			s->closes[i].code = code;
		if (s->closes[i].code == code) {
			s->closes[i].count += count;
			return;
		}
	}
}

static void
add(struct stats *to, const struct stats *from)
{
#define X(n) to->n += from->n;
	STATS_COUNTERS(X)
#undef X
	if (from->gap_max_ms > to->gap_max_ms)
		to->gap_max_ms = from->gap_max_ms;
	for (size_t i = 0; i < STATS_CLOSES && from->closes[i].code; i++)
		stats_close(to, from->closes[i].code, from->closes[i].count);
}

void
stats_total(struct sim *sim, struct stats *out)
{
	struct stats_book *b = sim->stats;

	*out = b->unknown;
	for (unsigned i = 0; i < b->shards; i++)
		add(out, &b->shard[i]);
}

uint64_t
stats_pending(const struct stats *s)
{
	uint64_t done = s->handled + s->lost;

	return s->sent > done ? s->sent - done : 0;
}

bool
stats_get(const struct stats *s, const char *name, size_t len, uint64_t *out)
{
#define X(n)                                                                   \
	if (len == strlen(#n) && memcmp(name, #n, len) == 0) {                 \
		*out = s->n;                                                   \
		return true;                                                   \
	}
	STATS_COUNTERS(X)
#undef X
	if (len == 7 && memcmp(name, "pending", 7) == 0) {
		*out = stats_pending(s);
		return true;
	}
	return false;
}

void
stats_free(struct stats_book *b)
{
	if (b != NULL)
		free(b->shard);
	free(b);
}

void
stats_violation(struct sim *sim, int shard, const char *fmt, ...)
{
	struct stats_book *b = sim->stats;
	struct stats_violation *v;
	va_list ap;

	v = &b->violation[b->violations++ % STATS_VIOLATIONS_MAX];
	v->at_ms = clock_boot_ms() - sim->started_ms;
	v->shard = shard;
	va_start(ap, fmt);
	vsnprintf(v->what, sizeof(v->what), fmt, ap);
	va_end(ap);
	stats_of(sim, shard)->violations++;
}
