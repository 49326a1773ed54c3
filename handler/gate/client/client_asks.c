/* SPDX-License-Identifier: MIT */
/* Questions and answers; see client_asks.h. */
#include "handler/gate/client/client_asks_impl.h"

#include "handler/gate/client/client_command.h"

#include "shared/base/clock.h"
#include "shared/json/edit.h"
#include "shared/json/envelope.h"
#include "shared/json/json.h"
#include "shared/json/walk.h"

#include <inttypes.h>
#include <openssl/rand.h>
#include <string.h>

#define RETRY_S 5 /* told to who asks when nothing more may go up */

/* ---- the set -------------------------------------------------------- */

void
client_asks_drop(struct client_asks *a, struct client_ask *q)
{
	list_remove(&q->link);
	a->n--;
	free(q->piece);
	free(q);
}

struct client_ask *
client_asks_add(struct client_asks *a, int op, uint64_t guild,
    uint64_t question, const char *nonce, int64_t since_ms)
{
	struct client_ask *q = base_alloc(sizeof(*q));

	if (a->n == CLIENT_ASKS_MAX)
		client_asks_drop(a,
		    container_of(a->list.next, struct client_ask, link));
	q->op = op;
	q->guild = guild;
	q->question = question;
	q->since_ms = since_ms;
	str_copy(q->nonce, nonce, sizeof(q->nonce));
	list_append(&a->list, &q->link);
	a->n++;
	return q;
}

void
client_asks_piece(struct client_ask *q, uint64_t position)
{
	if (q->pieces == CLIENT_ASKS_PIECES) {
		q->cut = true;
		return;
	}
	if ((q->pieces & (q->pieces - 1)) == 0)
		q->piece = base_realloc(q->piece,
		    (q->pieces != 0 ? 2 * q->pieces : 1) * sizeof(*q->piece));
	q->piece[q->pieces++] = position;
}

static struct client_ask *
same(const struct client_asks *a, int op, uint64_t guild, uint64_t question,
    int64_t now)
{
	list_each (&a->list, e) {
		struct client_ask *q = container_of(e, struct client_ask, link);

		if (q->op == op && q->guild == guild && q->question == question
		    && now - q->since_ms < CLIENT_ASKS_SHARE_S * 1000
		    && q->askers < CLIENT_ASKS_ASKERS_MAX && !q->cut)
			return q;
	}
	return NULL;
}

/* ---- copies --------------------------------------------------------- */

/* The object with nonce as the asker gave it. */
static void
with_nonce(struct buf *out, const char *object, size_t len, const char *nonce)
{
	struct edit e;

	edit_begin(&e, out);
	edit_set(&e, object, len, "nonce", nonce[0] != '\0' ? nonce : NULL,
	    strlen(nonce));
	edit_end(&e);
}

/* RATE_LIMITED has it in meta. */
static void
with_meta(struct buf *out, const char *d, size_t len, const char *nonce)
{
	struct buf meta = {0};
	struct walk_item m;
	struct edit e;

	if (walk_find(d, len, "meta", &m) && m.value[0] == '{')
		with_nonce(&meta, m.value, m.len, nonce);
	edit_begin(&e, out);
	if (buf_len(&meta) > 0)
		edit_set(&e, d, len, "meta", buf_data(&meta), buf_len(&meta));
	else
		edit_members(&e, d, len, NULL, 0);
	edit_end(&e);
	buf_free(&meta);
}

/* Appends raw for one asker; d is inside raw.  false: it is too long. */
static bool
copy_to(struct gate_clients *all, const struct gatelog_record *r,
    const char *raw, const char *d, size_t d_len, const struct client_ask *q,
    const struct client_asker *asker, uint64_t lane)
{
	struct gatelog_record copy = *r;
	struct buf out = {0};
	bool appended;

	buf_add(&out, raw, (size_t)(d - raw));
	if (q->nonce[0] == '\0')
		buf_add(&out, d, d_len);
	else if (r->event == DISPATCH_RATE_LIMITED)
		with_meta(&out, d, d_len, asker->nonce);
	else
		with_nonce(&out, d, d_len, asker->nonce);
	buf_add(&out, d + d_len, r->len - (size_t)(d - raw) - d_len);
	copy.to = asker->number;
	copy.lane = lane;
	appended = gatelog_describe(&copy, buf_data(&out), buf_len(&out), 0)
	    && gatelog_append(all->setup.log, &copy, buf_data(&out));
	buf_free(&out);
	return appended;
}

/* What came of the answer already, for who asked later. */
static void
copy_past(struct gate_clients *all, const struct client_ask *q,
    const struct client_asker *asker)
{
	struct gatelog *g = all->setup.log;

	for (unsigned i = 0; i < q->pieces; i++) {
		struct gatelog_reader at;
		struct gatelog_record r;
		struct buf raw = {0};
		const char *in_log;
		struct walk_item d;
		uint64_t lost;

		/* It is in the log for half a minute, or nobody has it. */
		if (!gatelog_seek(g, &at, q->piece[i] - 1)
		    || gatelog_next(g, &at, &r, &in_log, &lost)
			!= GATELOG_RECORD)
			continue;
		buf_add(&raw, in_log, r.len);
		if (walk_find(buf_data(&raw), r.len, "d", &d))
			copy_to(all, &r, buf_data(&raw), d.value, d.len, q,
			    asker, 0);
		buf_free(&raw);
	}
}

/* ---- asking --------------------------------------------------------- */

static void
new_nonce(char out[CLIENT_ASKS_NONCE])
{
	uint64_t n;

	must(RAND_bytes((unsigned char *)&n, sizeof(n)) == 1);
	must(str_format(out, CLIENT_ASKS_NONCE, "g%016" PRIx64, n));
}

/* Nothing more may go up: Discord's own words for it. */
static void
refuse(struct gate_clients *all, const struct client_live *l, int op,
    uint64_t guild, const char *nonce)
{
	struct gatelog_record r = {.received_ms = clock_wall_ms(),
	    .to = l->rec.number};
	struct buf raw = {0};

	buf_printf(&raw,
	    "{\"t\":\"RATE_LIMITED\",\"s\":0,\"op\":0,\"d\":{\"opcode\":%d,"
	    "\"retry_after\":%d,\"meta\":{\"guild_id\":\"%" PRIu64 "\"",
	    op, RETRY_S, guild);
	if (nonce[0] != '\0')
		buf_printf(&raw, ",\"nonce\":%s", nonce);
	buf_puts(&raw, "}}}");
	if (gatelog_describe(&r, buf_data(&raw), buf_len(&raw), 0)) {
		gatelog_append(all->setup.log, &r, buf_data(&raw));
		gate_clients_appended(all);
	}
	buf_free(&raw);
}

/* d for upstream: the guild alone, and our nonce where there is one. */
static void
question_of(struct buf *out, int op, uint64_t guild, const char *d, size_t len,
    const char *nonce)
{
	static const char *const ours[] = {"guild_id", "guild_ids", "nonce"};
	char value[128];
	struct edit e;

	edit_begin(&e, out);
	if (op == 31) {
		must(str_format(value, sizeof(value), "[\"%" PRIu64 "\"]",
		    guild));
		edit_set(&e, d, len, "guild_ids", value, strlen(value));
	} else if (op == 8) {
		edit_members(&e, d, len, ours, nitems(ours));
		must(
		    str_format(value, sizeof(value), "\"%" PRIu64 "\"", guild));
		edit_add(&e, "guild_id", value, strlen(value));
		must(str_format(value, sizeof(value), "\"%s\"", nonce));
		edit_add(&e, "nonce", value, strlen(value));
	} else {
		edit_members(&e, d, len, NULL, 0);
	}
	edit_end(&e);
}

static uint64_t
hash_of(int op, const char *d, size_t len)
{
	static const char *const except[] = {"nonce", "guild_id", "guild_ids"};
	struct buf b = {0};
	struct edit e;
	uint64_t h;

	buf_printf(&b, "%d", op);
	edit_begin(&e, &b);
	edit_members(&e, d, len, except, nitems(except));
	edit_end(&e);
	h = base_hash64(buf_data(&b), buf_len(&b));
	buf_free(&b);
	return h;
}

/* Sends a new one up; NULL: not taken. */
static struct client_ask *
ask_upstream(struct gate_clients *all, const struct client_live *l, int op,
    uint64_t guild, const char *d, size_t len)
{
	char nonce[CLIENT_ASKS_NONCE] = "";
	struct buf text = {0};
	bool taken;

	if (op == 8)
		new_nonce(nonce);
	question_of(&text, op, guild, d, len, nonce);
	taken = client_command_send(all, l->rec.client, op, guild,
	    buf_data(&text), buf_len(&text));
	buf_free(&text);
	return taken ? client_asks_add(all->asks, op, guild,
		   hash_of(op, d, len), nonce, clock_wall_ms())
		     : NULL;
}

static bool
ask_one(struct gate_clients *all, const struct client_live *l, int op,
    uint64_t guild, const char *d, size_t len, const char *nonce)
{
	struct client_asker *asker;
	struct client_ask *q;

	if (!client_command_sees(&l->rec, guild))
		return false;
	q = same(all->asks, op, guild, hash_of(op, d, len), clock_wall_ms());
	if (q == NULL)
		q = ask_upstream(all, l, op, guild, d, len);
	if (q == NULL) {
		refuse(all, l, op, guild, nonce);
		return true;
	}
	asker = &q->asker[q->askers++];
	asker->number = l->rec.number;
	str_copy(asker->nonce, nonce, sizeof(asker->nonce));
	client_asks_note(all, q, asker);
	copy_past(all, q, asker);
	if (q->pieces > 0)
		gate_clients_appended(all);
	return true;
}

/* An op 31 is of several guilds; libraries of before send op 8 so, too. */
static bool
ask_each(struct gate_clients *all, const struct client_live *l, int op,
    const struct walk_item *list, const char *d, size_t len, const char *nonce)
{
	struct walk_item guild;
	bool taken = false;
	struct walk w;

	if (!walk_into(&w, list->value, list->len))
		return false;
	for (int n = 0; n < CLIENT_ASKS_GUILDS_MAX && walk_next(&w, &guild);
	     n++)
		taken |= ask_one(all, l, op,
		    envelope_id(guild.value, guild.len), d, len, nonce);
	return taken;
}

bool
client_asks_ask(struct gate_clients *all, const struct client_live *l, int op,
    const char *d, size_t len)
{
	char nonce[CLIENT_ASKS_THEIRS] = "";
	struct walk_item v;

	if (op == 31)
		return walk_find(d, len, "guild_ids", &v)
		    && ask_each(all, l, op, &v, d, len, "");
	if (walk_find(d, len, "nonce", &v)) {
		/* Discord ignores one of more than 32 bytes. */
		if (v.len >= sizeof(nonce) || v.value[0] == '{'
		    || v.value[0] == '[')
			v.len = 0;
		memcpy(nonce, v.value, v.len);
		nonce[v.len] = '\0';
	}
	if (!walk_find(d, len, "guild_id", &v))
		return false;
	return v.value[0] == '['
	    ? ask_each(all, l, op, &v, d, len, nonce)
	    : ask_one(all, l, op, envelope_id(v.value, v.len), d, len, nonce);
}

/* ---- answers -------------------------------------------------------- */

static int
op_of(const struct gatelog_record *r)
{
	switch (r->event) {
	case DISPATCH_GUILD_MEMBERS_CHUNK:
		return 8;
	case DISPATCH_SOUNDBOARD_SOUNDS:
		return 31;
	case DISPATCH_CHANNEL_INFO:
		return 43;
	default:
		return 0;
	}
}

static bool
has_nonce(const struct client_ask *q, const struct walk_item *nonce)
{
	return q->nonce[0] != '\0' && nonce->len == strlen(q->nonce) + 2
	    && memcmp(nonce->value + 1, q->nonce, nonce->len - 2) == 0;
}

struct client_ask *
client_asks_of(const struct client_asks *a, const struct gatelog_record *r,
    const char *d, size_t len)
{
	struct walk_item meta = {.value = d, .len = len}, nonce = {0};
	int op = op_of(r);

	if (r->event == DISPATCH_RATE_LIMITED
	    && !walk_find(d, len, "meta", &meta))
		return NULL;
	if (!walk_find(meta.value, meta.len, "nonce", &nonce))
		nonce.len = 0;
	/* The newest question first. */
	for (struct list *e = a->list.prev; e != &a->list; e = e->prev) {
		struct client_ask *q = container_of(e, struct client_ask, link);

		if (has_nonce(q, &nonce)
		    || (op != 0 && op != 8 && q->op == op
			&& q->guild == r->guild))
			return q;
	}
	return NULL;
}

/* An answer for one asker, and nobody else reads such. */
static bool
is_lean(const struct gate_clients *all, const struct gatelog_record *r,
    const struct client_ask *q)
{
	return all->setup.lean && q->askers == 1
	    && r->event == DISPATCH_GUILD_MEMBERS_CHUNK;
}

bool
client_asks_answer(struct gate_clients *all, const struct gatelog_record *r,
    const char *raw)
{
	struct client_ask *q;
	struct walk_item d;

	if (op_of(r) == 0 && r->event != DISPATCH_RATE_LIMITED)
		return false;
	if (!envelope_valid(raw, r->len, JSON_DEPTH_MAX)
	    || !walk_find(raw, r->len, "d", &d) || d.value[0] != '{')
		return false;
	q = client_asks_of(all->asks, r, d.value, d.len);
	if (q == NULL)
		return false;
	if (is_lean(all, r, q)
	    && copy_to(all, r, raw, d.value, d.len, q, &q->asker[0], r->lane)) {
		client_asks_piece(q, gatelog_last(all->setup.log));
		return true;
	}
	for (unsigned i = 0; i < q->askers; i++)
		copy_to(all, r, raw, d.value, d.len, q, &q->asker[i], 0);
	if (r->event == DISPATCH_RATE_LIMITED)
		client_asks_drop(all->asks, q);
	else /* the record itself comes next */
		client_asks_piece(q, gatelog_last(all->setup.log) + 1);
	return false;
}

/* ---- life ----------------------------------------------------------- */

void
client_asks_expire(struct gate_clients *all)
{
	int64_t now = clock_wall_ms();

	list_each_safe (&all->asks->list, e, next) {
		struct client_ask *q = container_of(e, struct client_ask, link);

		if (now - q->since_ms > CLIENT_ASKS_LIFE_S * 1000
		    || now < q->since_ms)
			client_asks_drop(all->asks, q);
	}
}

struct client_asks *
client_asks_new(struct gate_clients *all)
{
	struct client_asks *a = base_alloc(sizeof(*a));

	list_init(&a->list);
	client_asks_find(all, a);
	return a;
}

void
client_asks_free(struct client_asks *a)
{
	list_each_safe (&a->list, e, next)
		client_asks_drop(a, container_of(e, struct client_ask, link));
	free(a);
}
