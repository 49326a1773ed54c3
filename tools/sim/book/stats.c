/* SPDX-License-Identifier: MIT */
#include "tools/sim/book/stats.h"

#include "shared/base/clock.h"

#include <stdarg.h>
#include <string.h>

bool
stats_read_shard(const char *word, int *shard, unsigned *count)
{
	size_t n = strcspn(word, "/");
	uint64_t id, of = 0;
	char text[8];

	if (n >= sizeof(text))
		return false;
	memcpy(text, word, n);
	text[n] = '\0';
	if (!str_to_u64(text, &id) || id >= SIM_SHARDS_MAX)
		return false;
	if (word[n] == '/'
	    && (!str_to_u64(word + n + 1, &of) || of > SIM_SHARDS_MAX
		|| id >= of))
		return false;
	*shard = (int)id;
	*count = (unsigned)of;
	return true;
}

/* The place of a key, or the free one where it belongs. */
static uint16_t *
place(struct stats_book *b, int key)
{
	size_t i = ((unsigned)key * 2654435761u) % STATS_TABLE;

	while (b->table[i] > 0 && b->slot[b->table[i] - 1]->key != key)
		i = (i + 1) % STATS_TABLE;
	return &b->table[i];
}

const struct stats *
stats_find(struct sim *sim, int key)
{
	uint16_t *at = place(sim->stats, key);

	return *at > 0 ? sim->stats->slot[*at - 1] : NULL;
}

struct stats *
stats_of(struct sim *sim, int key)
{
	struct stats_book *b = sim->stats;
	struct stats *s;
	uint16_t *at;

	if (key < 0)
		return &b->unknown;
	at = place(b, key);
	if (*at > 0)
		return b->slot[*at - 1];
	if (b->slots == STATS_SLOTS_MAX)
		return &b->unknown;
	s = base_alloc(sizeof(*s));
	s->key = key;
	b->slot[b->slots++] = s;
	*at = (uint16_t)b->slots;
	return s;
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
	for (unsigned i = 0; i < b->slots; i++)
		add(out, b->slot[i]);
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
	for (unsigned i = 0; b != NULL && i < b->slots; i++)
		free(b->slot[i]);
	free(b);
}

/* The same of the same shard, written down before. */
static struct stats_violation *
alike(struct stats_book *b, int key, bool odd, const char *what)
{
	for (size_t i = 0; i < STATS_VIOLATIONS_MAX && i < b->violations; i++) {
		struct stats_violation *v = &b->violation[i];

		if (v->odd == odd && v->key == key
		    && strcmp(v->what, what) == 0)
			return v;
	}
	return NULL;
}

static void write_down(struct sim *, int key, bool odd, const char *fmt,
    va_list ap) printflike(4, 0);
static void
write_down(struct sim *sim, int key, bool odd, const char *fmt, va_list ap)
{
	struct stats_book *b = sim->stats;
	struct stats_violation *v;
	char what[sizeof(v->what)];

	vsnprintf(what, sizeof(what), fmt, ap);
	if (odd)
		stats_of(sim, key)->odd++;
	else
		stats_of(sim, key)->violations++;
	/* What anybody may send as often as he likes takes one place. */
	v = odd || key < 0 ? alike(b, key, odd, what) : NULL;
	if (v) {
		v->times++;
		return;
	}
	v = &b->violation[b->violations++ % STATS_VIOLATIONS_MAX];
	v->at_ms = clock_boot_ms() - sim->started_ms;
	v->key = key;
	v->odd = odd;
	v->times = 1;
	str_copy(v->what, what, sizeof(v->what));
}

void
stats_violation(struct sim *sim, int key, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	write_down(sim, key, false, fmt, ap);
	va_end(ap);
}

void
stats_odd(struct sim *sim, int key, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	write_down(sim, key, true, fmt, ap);
	va_end(ap);
}
