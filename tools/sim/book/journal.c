/* SPDX-License-Identifier: MIT */
#include "tools/sim/book/journal.h"

#include <string.h>
#include <zlib.h>

#define NAMES_MAX 1024 /* distinct event names told apart */

struct journal_chunk {
	unsigned used, open; /* open: counted and not yet audited */
	struct journal_entry entry[JOURNAL_CHUNK];
};

/* Names are few and shared by all sessions; entries keep an index. */
static char *names[NAMES_MAX];
static uint16_t names_used;

static uint16_t
name_index(const char *t)
{
	static uint16_t last;

	if (last < names_used && strcmp(names[last], t) == 0)
		return last;
	for (uint16_t i = 0; i < names_used; i++) {
		if (strcmp(names[i], t) == 0)
			return last = i;
	}
	if (names_used == NAMES_MAX)
		return NAMES_MAX - 1;
	names[names_used] = base_strdup(t);
	return last = names_used++;
}

const char *
journal_name(const struct journal_entry *e)
{
	return names[e->name];
}

uint32_t
journal_crc(const void *data, size_t len)
{
	const unsigned char *p = data;
	uLong crc = crc32(0, NULL, 0);
	size_t i, start = 0;

	if (!memchr(p, '\n', len) && !memchr(p, '\r', len))
		return (uint32_t)crc32(crc, p, (uInt)len);
	for (i = 0; i < len; i++) {
		if (p[i] != '\n' && p[i] != '\r')
			continue;
		crc = crc32(crc, p + start, (uInt)(i - start));
		crc = crc32(crc, (const Bytef *)" ", 1);
		start = i + 1;
	}
	return (uint32_t)crc32(crc, p + start, (uInt)(len - start));
}

void
journal_init(struct journal *j)
{
	memset(j, 0, sizeof(*j));
}

void
journal_free(struct journal *j)
{
	for (size_t i = 0; i < j->count; i++)
		free(j->chunk[i]);
	free(j->chunk);
	journal_init(j);
}

static void
drop_first(struct journal *j)
{
	free(j->chunk[0]);
	j->count--;
	j->first++;
	memmove(j->chunk, j->chunk + 1, j->count * sizeof(*j->chunk));
}

static void
trim(struct journal *j)
{
	while (j->count > JOURNAL_CHUNKS_DONE
	    && (j->chunk[0]->open == 0 || j->count > JOURNAL_CHUNKS_MAX))
		drop_first(j);
}

struct journal_entry *
journal_add(struct journal *j, const char *t, uint64_t number, const void *raw,
    size_t len, unsigned flags)
{
	size_t at = j->seq % JOURNAL_CHUNK;
	struct journal_chunk *c;
	struct journal_entry *e;

	if (at == 0) {
		trim(j);
		if (j->count == j->cap) {
			j->cap = j->cap ? j->cap * 2 : 4;
			j->chunk = base_realloc(j->chunk,
			    j->cap * sizeof(*j->chunk));
		}
		j->chunk[j->count++] = base_alloc(sizeof(*c));
	}
	c = j->chunk[j->count - 1];
	e = &c->entry[at];
	*e = (struct journal_entry) {number, journal_crc(raw, len),
	    (uint32_t)len, name_index(t), (uint8_t)flags, 0};
	c->used++;
	if (flags & JOURNAL_COUNTED)
		c->open++;
	j->seq++;
	return e;
}

static struct journal_chunk *
chunk_of(struct journal *j, uint64_t seq)
{
	size_t n = (size_t)((seq - 1) / JOURNAL_CHUNK);

	if (n < j->first || n >= j->first + j->count)
		return NULL;
	return j->chunk[n - j->first];
}

struct journal_entry *
journal_get(struct journal *j, uint64_t seq, bool *held)
{
	struct journal_chunk *c;

	*held = true;
	if (seq == 0 || seq > j->seq)
		return NULL;
	c = chunk_of(j, seq);
	*held = c != NULL;
	return c ? &c->entry[(seq - 1) % JOURNAL_CHUNK] : NULL;
}

void
journal_handled(struct journal *j, uint64_t seq)
{
	struct journal_chunk *c = chunk_of(j, seq);

	must(c && c->open > 0);
	c->open--;
}
