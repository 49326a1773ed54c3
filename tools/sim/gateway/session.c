/* SPDX-License-Identifier: MIT */
#include "tools/sim/gateway/session.h"

#include "tools/sim/gateway/gateway.h"
#include "tools/sim/gateway/ledger.h"
#include "tools/sim/gateway/voice.h"
#include "tools/sim/book/stats.h"

#include "shared/base/clock.h"

#include <string.h>

static struct session **
bucket_of(struct sim *sim, const char *id, size_t len)
{
	return &sim->gateway->bucket[base_hash64(id, len) % GATEWAY_BUCKETS];
}

static void
on_expire(struct timer *t)
{
	session_end(container_of(t, struct session, expire));
}

static struct session *
last_of(struct list *l, unsigned shard, unsigned count)
{
	struct session *last = NULL;

	list_each (l, e) {
		struct session *s = container_of(e, struct session, link);

		if (s->shard == shard && s->count == count)
			last = s;
	}
	return last;
}

/* As some compatible servers do: the id stays, its number begins at 1. */
static bool
same_id(struct sim *sim, unsigned shard, unsigned count, char id[33])
{
	struct session *old = last_of(&sim->gateway->live, shard, count);

	if (!sim->cfg.same_ids)
		return false;
	if (!old)
		old = last_of(&sim->gateway->ended, shard, count);
	if (!old)
		return false;
	if (old->conn)
		conn_close(old->conn, 4000, "Identified elsewhere.");
	str_copy(id, old->id, sizeof(old->id));
	session_end(old);
	return true;
}

struct session *
session_new(struct sim *sim, unsigned shard, unsigned count, uint64_t intents)
{
	struct session *s = base_alloc(sizeof(*s));
	struct session **b;

	if (!same_id(sim, shard, count, s->id))
		gateway_random_hex(s->id, 16);
	s->sim = sim;
	s->shard = shard;
	s->count = count;
	s->key = stats_key(shard, count);
	s->intents = intents;
	s->replay = sim->cfg.replay;
	s->window = base_alloc(s->replay * sizeof(*s->window));
	journal_init(&s->journal);
	timer_init(sim->timers, &s->expire, on_expire);
	list_append(&sim->gateway->live, &s->link);
	b = bucket_of(sim, s->id, strlen(s->id));
	s->next = *b;
	*b = s;
	return s;
}

struct session *
session_find(struct sim *sim, const char *id, size_t len)
{
	struct session *s = *bucket_of(sim, id, len);

	while (s && (strlen(s->id) != len || memcmp(s->id, id, len) != 0))
		s = s->next;
	return s;
}

struct session *
session_owner(struct session *s, uint64_t seq, uint32_t crc)
{
	for (struct session *o = s; o; o = o->next) {
		bool held;
		struct journal_entry *e = strcmp(o->id, s->id) != 0
		    ? NULL
		    : journal_get(&o->journal, seq, &held);

		if (e && e->crc == crc)
			return o;
	}
	return s;
}

struct session *
session_newest(struct sim *sim, unsigned shard, unsigned count)
{
	struct session *found = NULL;

	list_each (&sim->gateway->live, e) {
		struct session *s = container_of(e, struct session, link);

		if (s->shard == shard && (count == 0 || s->count == count)
		    && (s->conn || !found || !found->conn))
			found = s;
	}
	return found;
}

/* {"t":T,"s":N,"op":0,"d":D} as one exact allocation. */
static struct session_kept
envelope(const char *t, uint64_t seq, const char *d, size_t len)
{
	char head[192];
	int n = snprintf(head, sizeof(head),
	    "{\"t\":\"%s\",\"s\":%llu,\"op\":0,\"d\":", t,
	    (unsigned long long)seq);
	struct session_kept k = {0};

	must(n > 0 && (size_t)n < sizeof(head));
	k.len = (size_t)n + len + 1;
	k.raw = malloc(k.len);
	must(k.raw);
	memcpy(k.raw, head, (size_t)n);
	memcpy(k.raw + n, d, len);
	k.raw[k.len - 1] = '}';
	return k;
}

/* Takes k over as the next seq's bytes. */
static void
issue(struct session *s, const char *t, struct session_kept k, unsigned flags)
{
	struct stats *st = stats_of(s->sim, s->key);
	struct session_kept *slot;
	struct journal_entry *e;

	e = journal_add(&s->journal, t, s->sim->gateway->number, k.raw, k.len,
	    flags);
	slot = &s->window[s->journal.seq % s->replay];
	free(slot->raw);
	*slot = k;
	if (flags & JOURNAL_COUNTED) {
		s->sent++;
		st->sent++;
	}
	if (!s->conn || !conn_is_live(s->conn))
		return;
	ledger_left(s, e, s->journal.seq, false);
	session_leaves(s, s->journal.seq);
	conn_send(s->conn, k.raw, k.len);
}

void
session_dispatch(struct session *s, const char *t, const char *d, size_t len,
    unsigned flags)
{
	if (s->withheld[0] && strncmp(t, s->withheld, strlen(s->withheld)) == 0)
		return;
	issue(s, t, envelope(t, s->journal.seq + 1, d, len), flags);
}

void
session_issue(struct session *s, const char *t, const void *raw, size_t len)
{
	struct session_kept k = {malloc(len + 1), len, 0};

	must(k.raw);
	memcpy(k.raw, raw, len);
	issue(s, t, k, JOURNAL_COUNTED);
}

void
session_gap_begin(struct session *s, uint64_t seq)
{
	const struct session_kept *k = &s->window[seq % s->replay];

	s->resumed_from_ms = seq > 0 && seq >= session_oldest(s)
		&& seq <= s->journal.seq
	    ? k->sent_ms
	    : 0;
}

void
session_leaves(struct session *s, uint64_t seq)
{
	struct stats *st = stats_of(s->sim, s->key);
	uint64_t now = clock_boot_ms();

	s->window[seq % s->replay].sent_ms = now;
	if (s->resumed_from_ms == 0)
		return;
	st->gap_ms = now - s->resumed_from_ms;
	if (st->gap_ms > st->gap_max_ms)
		st->gap_max_ms = st->gap_ms;
	s->resumed_from_ms = 0;
}

uint64_t
session_oldest(const struct session *s)
{
	uint64_t seq = s->journal.seq;

	return seq > s->replay ? seq - s->replay + 1 : 1;
}

const char *
session_kept(const struct session *s, uint64_t seq, size_t *len)
{
	const struct session_kept *k = &s->window[seq % s->replay];

	if (seq < session_oldest(s) || seq > s->journal.seq)
		return NULL;
	*len = k->len;
	return k->raw;
}

void
session_detach(struct session *s)
{
	s->conn = NULL;
	if (!s->ended)
		timer_set(&s->expire, s->sim->cfg.session_ttl_s);
}

static void
free_window(struct session *s)
{
	for (unsigned i = 0; i < s->replay; i++)
		free(s->window[i].raw);
	free(s->window);
	s->window = NULL;
}

void
session_end(struct session *s)
{
	struct gateway *g = s->sim->gateway;

	if (s->ended)
		return;
	s->ended = true;
	timer_stop(&s->expire);
	ledger_end(s);
	free_window(s);
	list_remove(&s->link);
	list_append(&g->ended, &s->link);
	voice_session_ends(s);
	if (++g->ended_count > SESSION_ENDED_MAX)
		session_free(container_of(g->ended.next, struct session, link));
}

void
session_note_raw(struct session *s, const void *data, size_t len)
{
	s->raw[s->raws++ % SESSION_RAW_MAX] = journal_crc(data, len);
	stats_of(s->sim, s->key)->raw_sent++;
}

bool
session_was_raw(const struct session *s, uint32_t crc)
{
	unsigned n = s->raws < SESSION_RAW_MAX ? s->raws : SESSION_RAW_MAX;

	for (unsigned i = 0; i < n; i++) {
		if (s->raw[i] == crc)
			return true;
	}
	return false;
}

void
session_free(struct session *s)
{
	struct session **b = bucket_of(s->sim, s->id, strlen(s->id));

	while (*b != s)
		b = &(*b)->next;
	*b = s->next;
	if (s->conn)
		s->conn->session = NULL;
	timer_stop(&s->expire);
	if (s->ended)
		s->sim->gateway->ended_count--;
	else
		free_window(s);
	list_remove(&s->link);
	journal_free(&s->journal);
	free(s->voice);
	free(s);
}
