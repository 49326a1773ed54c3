/* SPDX-License-Identifier: MIT */
#include "tools/sim/control/audit_check.h"

#include "tools/sim/gateway/session.h"
#include "tools/sim/book/stats.h"

/* The next blank-separated word, or NULL. */
static const char *
word(const char **p, const char *end, size_t *len)
{
	const char *start = *p;

	while (*p < end && **p != ' ')
		(*p)++;
	*len = (size_t)(*p - start);
	if (*p < end)
		(*p)++;
	return *len > 0 ? start : NULL;
}

static bool
number(const char *p, size_t len, unsigned base, uint64_t *out)
{
	*out = 0;
	for (size_t i = 0; i < len; i++) {
		unsigned c = (unsigned char)p[i];
		unsigned d = c >= 'a' && c <= 'f' ? c - 'a' + 10 : c - '0';

		if (d >= base || *out > (UINT64_MAX - d) / base)
			return false;
		*out = *out * base + d;
	}
	return len > 0;
}

/* Counts the first audit of an event of a session, however late. */
static void
handled(struct session *s, struct stats *st, uint64_t seq)
{
	journal_handled(&s->journal, seq);
	s->handled++;
	st->handled++;
	if (s->ended)
		st->lost--;
}

static void
audited(struct session *s, struct journal_entry *e, uint64_t seq, uint32_t crc)
{
	struct stats *st = stats_of(s->sim, (int)s->shard);
	bool counted = e->flags & JOURNAL_COUNTED;

	if (e->crc != crc) {
		st->corrupt++;
		stats_violation(s->sim, (int)s->shard,
		    "%s with seq %llu was handled with other bytes",
		    journal_name(e), (unsigned long long)seq);
	}
	if (e->audits < UINT8_MAX)
		e->audits++;
	if (e->audits > 1) {
		st->repeated += counted;
		return;
	}
	if (seq < s->audit_seq)
		st->reordered++;
	else
		s->audit_seq = seq;
	if (counted)
		handled(s, st, seq);
}

static void
look_up(struct session *s, bool has_seq, uint64_t seq, uint32_t crc)
{
	struct stats *st = stats_of(s->sim, (int)s->shard);
	struct journal_entry *e;
	bool held = true;

	e = has_seq ? journal_get(&s->journal, seq, &held) : NULL;
	if (session_was_raw(s, crc) && (!e || e->crc != crc))
		st->raw_handled++;
	else if (e)
		audited(s, e, seq, crc);
	else if (!held)
		st->repeated++; /* only handled chunks are given back */
	else
		st->unknown++;
}

bool
audit_check_line(struct sim *sim, const char *line, size_t len)
{
	const char *p = line, *end = line + len, *kind, *id, *q, *c;
	size_t kind_len, id_len, seq_len, crc_len;
	struct session *s;
	uint64_t seq = 0, crc;
	bool has_seq;

	kind = word(&p, end, &kind_len);
	id = word(&p, end, &id_len);
	q = word(&p, end, &seq_len);
	c = word(&p, end, &crc_len);
	if (!kind || *kind != 'e' || !id || !q || !c
	    || !number(c, crc_len, 16, &crc))
		return false;
	has_seq = *q != '-';
	if (has_seq && !number(q, seq_len, 10, &seq))
		return false;
	s = session_find(sim, id, id_len);
	if (s)
		look_up(has_seq ? session_owner(s, seq, (uint32_t)crc) : s,
		    has_seq, seq, (uint32_t)crc);
	else
		stats_of(sim, -1)->unknown++;
	return true;
}
