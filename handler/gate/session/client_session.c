/* SPDX-License-Identifier: MIT */
/* What a session gets; see client_session.h. */
#include "handler/gate/session/client_session.h"

#include "shared/discord/dispatch.h"

#include <string.h>

const char *const client_session_result_name[CLIENT_SESSION_RESULTS] = {
    [CLIENT_SESSION_OK] = "ok",
    [CLIENT_SESSION_END] = "end",
    [CLIENT_SESSION_MORE] = "more",
    [CLIENT_SESSION_OVERRUN] = "overrun",
    [CLIENT_SESSION_INVALID] = "invalid",
};

void
client_session_begin(struct client_session *c, const struct gatelog *g,
    uint64_t n, uint64_t missed_from, uint64_t live)
{
	uint64_t whole = gatelog_whole(g) - 1;

	must(n > 0 && live <= gatelog_last(g));
	c->size = sizeof(*c);
	c->life = gatelog_life(g);
	c->live = live;
	c->first = missed_from > whole ? missed_from : whole;
	if (c->first > live)
		c->first = live;
	c->first_s = c->acked_s = n;
	c->acked = c->first;
}

bool
client_session_valid(const void *data, size_t len, struct client_session *out)
{
	struct client_session c;

	if (len != sizeof(c))
		return false;
	memcpy(&c, data, sizeof(c));
	if (c.size != sizeof(c) || c.number == 0 || c.life == 0
	    || c.shard >= c.shard_count || c.guilds > CLIENT_SESSION_GUILDS_MAX
	    || c.first_s == 0 || c.acked_s < c.first_s || c.first > c.live
	    || c.acked < c.first || memchr(c.id, '\0', sizeof(c.id)) == NULL
	    || memchr(c.client, '\0', sizeof(c.client)) == NULL)
		return false;
	*out = c;
	return true;
}

/* ---- the filter ----------------------------------------------------- */

/* May it see what is of this guild, and is that its shard's? */
static bool
is_routed(const struct client_session *c, uint64_t guild)
{
	if (guild == 0)
		return c->shard == 0 && c->guilds == 0;
	if ((guild >> 22) % c->shard_count != c->shard)
		return false;
	if (c->guilds == 0)
		return true;
	for (uint32_t i = 0; i < c->guilds; i++)
		if (c->guild[i] == guild)
			return true;
	return false;
}

/*
 * Of a dispatch that is not in our table nobody knows which intent asks for it.
 * Who asked for all that we asked for would have got it from Discord, too; who
 * asked for less might not have, and does not.
 */
static bool
asked_for(const struct client_session *c, const struct gatelog_record *r)
{
	if (r->event == DISPATCH_UNKNOWN || r->event >= DISPATCH_ALL)
		return (c->flags & CLIENT_SESSION_ALL_INTENTS) != 0;
	return (r->flags & GATELOG_SELF) != 0
	    || dispatch_wanted((enum dispatch)r->event, c->intents,
		r->guild == 0);
}

static bool
catches_up(const struct client_session *c, const struct gatelog_record *r)
{
	if (r->event >= DISPATCH_ALL)
		return false;
	switch (dispatch_row[r->event].catch_up) {
	case DISPATCH_CATCH_UP_NO:
		return false;
	case DISPATCH_CATCH_UP_YES:
		return true;
	case DISPATCH_CATCH_UP_YOUNG:
		return c->born_ms - r->received_ms < CLIENT_SESSION_YOUNG_MS;
	}
	bug("a dispatch that neither catches up nor does not");
}

bool
client_session_gets(const struct client_session *c,
    const struct gatelog_record *r)
{
	if (r->to != 0)
		return r->to == c->number;
	if (r->event < DISPATCH_ALL
	    && dispatch_row[r->event].to != DISPATCH_TO_ALL)
		return false;
	return is_routed(c, r->guild) && asked_for(c, r)
	    && (r->position > c->live || catches_up(c, r));
}

bool
client_session_expired(const struct client_session *c,
    const struct gatelog_record *r)
{
	return r->to == 0 && r->position <= c->live && r->event < DISPATCH_ALL
	    && dispatch_row[r->event].catch_up == DISPATCH_CATCH_UP_YOUNG
	    && dispatch_row[r->event].to == DISPATCH_TO_ALL
	    && is_routed(c, r->guild) && asked_for(c, r) && !catches_up(c, r);
}

static void
count_expired(const struct client_session *c, const struct gatelog_record *r,
    struct client_cursor *cur)
{
	if (r->position <= cur->judged)
		return;
	cur->judged = r->position;
	cur->expired += client_session_expired(c, r);
}

/* ---- marks ---------------------------------------------------------- */

#define STRIDE_MIN 32

/* Every second one goes when there is no place for more. */
static void
mark(struct client_cursor *cur)
{
	uint32_t n = cur->marks;

	if (n > 0 && cur->s < cur->mark[n - 1].s + cur->stride)
		return;
	if (n == CLIENT_SESSION_MARKS) {
		for (n = 0; n < CLIENT_SESSION_MARKS / 2; n++)
			cur->mark[n] = cur->mark[2 * n + 1];
		cur->stride *= 2;
	}
	cur->mark[n].s = cur->s;
	cur->mark[n].reader = cur->reader;
	cur->marks = n + 1;
}

/* Those before s are of no use any more. */
static void
unmark(struct client_cursor *cur, uint64_t s)
{
	uint32_t gone = 0;

	while (gone < cur->marks && cur->mark[gone].s < s)
		gone++;
	cur->marks -= gone;
	memmove(cur->mark, cur->mark + gone, cur->marks * sizeof(cur->mark[0]));
	if (cur->marks < CLIENT_SESSION_MARKS / 4 && cur->stride > STRIDE_MIN)
		cur->stride /= 2;
}

/* The last mark that is not beyond s, if it is beyond acked. */
static bool
place_at_mark(const struct client_session *c, uint64_t s,
    struct client_cursor *cur)
{
	uint32_t n = cur->marks;

	while (n > 0 && cur->mark[n - 1].s > s)
		n--;
	if (n == 0 || cur->mark[n - 1].s < c->acked_s)
		return false;
	cur->s = cur->mark[n - 1].s;
	cur->reader = cur->mark[n - 1].reader;
	return true;
}

/* ---- walking -------------------------------------------------------- */

enum client_session_result
client_session_next(const struct client_session *c, const struct gatelog *g,
    struct client_cursor *cur, struct gatelog_record *r, const char **raw)
{
	uint64_t lost;

	for (int i = 0; i < CLIENT_SESSION_WALK_MAX; i++)
		switch (gatelog_next(g, &cur->reader, r, raw, &lost)) {
		case GATELOG_END:
			return CLIENT_SESSION_END;
		case GATELOG_LOST:
			return CLIENT_SESSION_OVERRUN;
		case GATELOG_RECORD:
			if (client_session_gets(c, r)) {
				cur->s++;
				mark(cur);
				return CLIENT_SESSION_OK;
			}
			count_expired(c, r, cur);
		}
	return CLIENT_SESSION_MORE;
}

/* Moves cur until it is behind s: OK, END, MORE or OVERRUN. */
static enum client_session_result
walk_to(const struct client_session *c, const struct gatelog *g, uint64_t s,
    struct client_cursor *cur)
{
	enum client_session_result got = CLIENT_SESSION_OK;
	struct gatelog_record r;
	const char *raw;

	while (cur->s < s && got == CLIENT_SESSION_OK)
		got = client_session_next(c, g, cur, &r, &raw);
	return got;
}

/* A cursor at a known pair. */
static bool
place(const struct gatelog *g, uint64_t s, uint64_t position,
    struct client_cursor *cur)
{
	cur->s = s;
	cur->marks = 0;
	cur->stride = STRIDE_MIN;
	return gatelog_seek(g, &cur->reader, position);
}

enum client_session_result
client_session_resume(const struct client_session *c, const struct gatelog *g,
    uint64_t s, struct client_cursor *cur)
{
	bool back = s < c->acked_s; /* it forgot what it had: from the start */

	if (s < c->first_s)
		return CLIENT_SESSION_INVALID;
	if (c->life != gatelog_life(g)
	    || (!place_at_mark(c, s, cur)
		&& !place(g, back ? c->first_s : c->acked_s,
		    back ? c->first : c->acked, cur)))
		return CLIENT_SESSION_OVERRUN;
	return client_session_resume_more(c, g, s, cur);
}

enum client_session_result
client_session_resume_more(const struct client_session *c,
    const struct gatelog *g, uint64_t s, struct client_cursor *cur)
{
	enum client_session_result got = walk_to(c, g, s, cur);

	return got == CLIENT_SESSION_END ? CLIENT_SESSION_INVALID : got;
}

/* Passes what is not for it: stops before what is, and at the cursor sent. */
static enum client_session_result
pass_others(const struct client_session *c, const struct gatelog *g,
    struct client_cursor *cur, uint64_t sent)
{
	struct gatelog_reader at = cur->reader;
	struct gatelog_record r;
	const char *raw;
	uint64_t lost;

	for (int i = 0; i < CLIENT_SESSION_WALK_MAX; i++) {
		if (at.position >= sent
		    || gatelog_next(g, &at, &r, &raw, &lost) != GATELOG_RECORD
		    || client_session_gets(c, &r))
			return CLIENT_SESSION_OK;
		cur->reader = at;
	}
	return CLIENT_SESSION_MORE;
}

enum client_session_result
client_session_acknowledge(struct client_session *c, const struct gatelog *g,
    uint64_t s, struct client_cursor *sent)
{
	enum client_session_result got = CLIENT_SESSION_OK;
	struct client_cursor cur = *sent;

	if (s > sent->s)
		return CLIENT_SESSION_INVALID;
	if (s < c->acked_s)
		return CLIENT_SESSION_OK;
	if (s < sent->s) {
		if (c->life != gatelog_life(g)
		    || (!place_at_mark(c, s, &cur)
			&& !place(g, c->acked_s, c->acked, &cur)))
			return CLIENT_SESSION_OVERRUN;
		got = walk_to(c, g, s, &cur);
		if (got == CLIENT_SESSION_OK)
			got = pass_others(c, g, &cur, sent->reader.position);
	}
	if (got == CLIENT_SESSION_OVERRUN)
		return got;
	/* On the way as well: any pair it passed is true. */
	c->acked_s = cur.s;
	c->acked = cur.reader.position;
	unmark(sent, cur.s);
	return got == CLIENT_SESSION_END ? CLIENT_SESSION_INVALID : got;
}

void
client_session_message(const struct gatelog_record *r, const char *raw,
    uint64_t s, char digits[CLIENT_SESSION_DIGITS], struct iovec out[3])
{
	size_t rest = (size_t)r->s_off + r->s_len;
	char *end = digits + CLIENT_SESSION_DIGITS, *from = end;
	char *p = (char *)(uintptr_t)raw;

	do
		*--from = (char)('0' + s % 10);
	while ((s /= 10) != 0);
	out[0] = (struct iovec) {p, r->s_off};
	out[1] = (struct iovec) {from, (size_t)(end - from)};
	out[2] = (struct iovec) {p + rest, r->len - rest};
}
