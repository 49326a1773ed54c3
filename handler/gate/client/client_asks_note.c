/* SPDX-License-Identifier: MIT */
/*
 * Questions as notes in the log: records that no session gets.  d is an array:
 * op, guild, question, our nonce, the session's number, its nonce.
 */
#include "handler/gate/client/client_asks_impl.h"

#include "shared/base/clock.h"
#include "shared/json/walk.h"

#include <inttypes.h>
#include <string.h>

#define NOTE "SHARDHERD_ASK"
#define PARTS 6

void
client_asks_note(struct gate_clients *all, const struct client_ask *q,
    const struct client_asker *asker)
{
	struct gatelog_record r = {.received_ms = q->since_ms,
	    .to = CLIENT_ASKS_TO};
	struct buf raw = {0};

	buf_printf(&raw,
	    "{\"t\":\"" NOTE "\",\"s\":0,\"op\":0,\"d\":[%d,%" PRIu64
	    ",%" PRIu64 ",\"%s\",%" PRIu64 ",%s]}",
	    q->op, q->guild, q->question, q->nonce, asker->number,
	    asker->nonce[0] != '\0' ? asker->nonce : "false");
	if (gatelog_describe(&r, buf_data(&raw), buf_len(&raw), 0))
		gatelog_append(all->setup.log, &r, buf_data(&raw));
	buf_free(&raw);
}

static bool
number(const struct walk_item *v, uint64_t *out)
{
	char text[24];

	if (v->len >= sizeof(text))
		return false;
	memcpy(text, v->value, v->len);
	text[v->len] = '\0';
	return str_to_u64(text, out);
}

/* By our nonce, or, of an op without, by what was asked. */
static struct client_ask *
question(struct client_asks *a, uint64_t op, uint64_t guild, uint64_t asked,
    const char *nonce, int64_t since_ms)
{
	list_each (&a->list, e) {
		struct client_ask *q = container_of(e, struct client_ask, link);

		if ((uint64_t)q->op == op && q->guild == guild
		    && q->question == asked && strcmp(q->nonce, nonce) == 0
		    && q->since_ms == since_ms)
			return q;
	}
	return client_asks_add(a, (int)op, guild, asked, nonce, since_ms);
}

/* What we wrote ourselves; a piece of something else is no note. */
static void
read_note(struct client_asks *a, const struct gatelog_record *r,
    const char *raw)
{
	uint64_t op, guild, asked, session;
	struct walk_item part[PARTS];
	char nonce[CLIENT_ASKS_NONCE];
	struct client_asker *asker;
	struct client_ask *q;
	struct walk_item d;
	struct walk w;
	int n = 0;

	if (!walk_find(raw, r->len, "d", &d) || !walk_into(&w, d.value, d.len))
		return;
	while (n < PARTS && walk_next(&w, &part[n]))
		n++;
	if (n != PARTS || !number(&part[0], &op) || !number(&part[1], &guild)
	    || !number(&part[2], &asked) || !number(&part[4], &session)
	    || part[3].len < 2 || part[3].len - 2 >= sizeof(nonce)
	    || part[5].len >= CLIENT_ASKS_THEIRS)
		return;
	memcpy(nonce, part[3].value + 1, part[3].len - 2);
	nonce[part[3].len - 2] = '\0';
	q = question(a, op, guild, asked, nonce, r->received_ms);
	/* What came as one copy alone is not found again: who asks the same
	 * now has an answer of its own. */
	q->cut = true;
	if (q->askers == CLIENT_ASKS_ASKERS_MAX)
		return;
	asker = &q->asker[q->askers++];
	asker->number = session;
	if (part[5].value[0] == 'f')
		return;
	memcpy(asker->nonce, part[5].value, part[5].len);
	asker->nonce[part[5].len] = '\0';
}

static bool
is_note(const struct gatelog_record *r, const char *raw)
{
	return r->to == CLIENT_ASKS_TO && r->t_len == strlen(NOTE)
	    && memcmp(raw + r->t_off, NOTE, r->t_len) == 0;
}

static void
read_answer(struct client_asks *a, const struct gatelog_record *r,
    const char *raw)
{
	struct client_ask *q;
	struct walk_item d;

	if (!walk_find(raw, r->len, "d", &d) || d.value[0] != '{')
		return;
	q = client_asks_of(a, r, d.value, d.len);
	if (q != NULL && r->event == DISPATCH_RATE_LIMITED)
		client_asks_drop(a, q);
	else if (q != NULL)
		client_asks_piece(q, r->position);
}

void
client_asks_find(struct gate_clients *all, struct client_asks *a)
{
	int64_t since = clock_wall_ms() - CLIENT_ASKS_LIFE_S * 1000;
	const struct gatelog *g = all->setup.log;
	struct gatelog_reader at;
	struct gatelog_record r;
	const char *raw;
	uint64_t lost;

	if (!gatelog_seek(g, &at, gatelog_oldest(g) - 1))
		return;
	for (;;) {
		enum gatelog_read got = gatelog_next(g, &at, &r, &raw, &lost);

		if (got == GATELOG_END)
			return;
		if (got != GATELOG_RECORD || r.received_ms < since)
			continue;
		if (is_note(&r, raw))
			read_note(a, &r, raw);
		else if (r.to == 0 && r.event < DISPATCH_ALL
		    && dispatch_row[r.event].to == DISPATCH_TO_ASKER)
			read_answer(a, &r, raw);
	}
}
