/* SPDX-License-Identifier: MIT */
/* See ask.h. */
#include "handler/gate/ask/ask.h"

#include "handler/gate/ask/ask_perm.h"
#include "shared/base/clock.h"
#include "shared/json/edit.h"

#include <inttypes.h>
#include <string.h>

struct ask {
	const struct guild_cache_view *view;
	const struct gate_ask *q;
	const char *behind;
	size_t len;
	uint64_t guild, user;
	struct buf *out;
};

const char ask_cold[] = "the gate's cache is cold: guilds are not known until "
			"Discord sends them";

void
ask_refuse(struct ask_answer *a, enum gate_answered status, const char *why)
{
	a->head.status = status;
	buf_eat(&a->text, buf_len(&a->text));
	buf_puts(&a->text, why);
}

/* ---- each kind: 1, 0 with what is not known, -1 --------------------- */

static int
unknown(struct err *err, const char *what, uint64_t id)
{
	err_set(err, EXIT_DEGRADED, "the gate's cache has no %s %" PRIu64, what,
	    id);
	return 0;
}

static int
ask_guild(const struct ask *a, struct err *err)
{
	int got = guild_cache_guild(a->view, a->guild, a->out, err);

	return got == 0 ? unknown(err, "guild", a->guild) : got;
}

/* As REST has it: in a GUILD_CREATE it has no guild_id. */
static int
ask_channel(const struct ask *a, struct err *err)
{
	const char *value = NULL;
	char guild[24];
	struct edit e;
	size_t len = 0;
	int got = guild_cache_get(a->view, a->guild, GUILD_CACHE_CHANNEL,
	    a->q->channel, &value, &len, err);

	if (got == 0)
		got = guild_cache_get(a->view, a->guild, GUILD_CACHE_THREAD,
		    a->q->channel, &value, &len, err);
	if (got != 1)
		return got == 0 ? unknown(err, "channel", a->q->channel) : -1;
	str_format(guild, sizeof(guild), "\"%" PRIu64 "\"", a->guild);
	edit_begin(&e, a->out);
	edit_set(&e, value, len, "guild_id", guild, strlen(guild));
	edit_end(&e);
	return 1;
}

static int
member_of(const struct ask *a, const char **value, size_t *len, struct err *err)
{
	int got = guild_cache_get(a->view, a->guild, GUILD_CACHE_MEMBER,
	    a->user, value, len, err);

	if (got == 0)
		err_set(err, EXIT_DEGRADED,
		    "the gate's cache does not have the member %" PRIu64
		    " of guild %" PRIu64 " ([gate] members says whom it keeps)",
		    a->user, a->guild);
	return got;
}

static int
ask_member(const struct ask *a, struct err *err)
{
	const char *value;
	size_t len;
	int got = member_of(a, &value, &len, err);

	if (got == 1)
		buf_add(a->out, value, len);
	return got;
}

/* What came with the question counts; it is the newer one. */
static int
ask_permissions(const struct ask *a, struct err *err)
{
	struct ask_perm p = {.view = a->view,
	    .guild = a->guild,
	    .user = a->user,
	    .channel = a->q->channel,
	    .member = a->behind,
	    .len = a->len,
	    .now_ms = clock_wall_ms()};
	uint64_t bits;
	bool all;
	int got = a->len > 0 ? 1 : member_of(a, &p.member, &p.len, err);

	if (got == 0)
		err_set(err, EXIT_DEGRADED,
		    "the gate's cache does not have the member %" PRIu64
		    " of guild %" PRIu64
		    ": say its roles, or the member of an event",
		    a->user, a->guild);
	if (got != 1 || (got = ask_perm_of(&p, &bits, &all, err)) != 1)
		return got;
	buf_printf(a->out,
	    "{\"permissions\":\"%" PRIu64
	    "\",\"all\":%s,\"guild_id\":\"%" PRIu64 "\"}",
	    bits, all ? "true" : "false", a->guild);
	return 1;
}

static int
ask_place(const struct ask *a, struct err *err)
{
	return 1;
}

static const struct {
	int (*fn)(const struct ask *, struct err *);
	bool user; /* it is about one: 0 is the bot */
} kinds[GATE_ASKS] = {
    [GATE_ASK_GUILD] = {ask_guild, false},
    [GATE_ASK_CHANNEL] = {ask_channel, false},
    [GATE_ASK_MEMBER] = {ask_member, true},
    [GATE_ASK_PERMISSIONS] = {ask_permissions, true},
    [GATE_ASK_PLACE] = {ask_place, false},
};

/* A channel alone says its guild. */
static int
find_guild(struct ask *a, struct err *err)
{
	int got;

	a->guild = a->q->guild;
	if (a->guild != 0)
		return 1;
	got = guild_cache_place(a->view, a->q->channel, &a->guild, err);
	return got == 0 ? unknown(err, "channel", a->q->channel) : got;
}

void
ask_answer(const struct guild_cache_view *v, const struct gate_ask *q,
    const char *behind, size_t len, uint64_t self, struct ask_answer *out)
{
	struct ask a = {.view = v,
	    .q = q,
	    .behind = behind,
	    .len = len,
	    .user = q->user != 0 ? q->user : self,
	    .out = &out->text};
	struct err err = {.text = ""};
	int got;

	*out = (struct ask_answer) {.head = {.status = GATE_ANSWER_OK}};
	if (q->what >= GATE_ASKS) {
		ask_refuse(out, GATE_ANSWER_UNKNOWN,
		    "this gate does not know such a question");
		return;
	}
	if (kinds[q->what].user && a.user == 0) {
		ask_refuse(out, GATE_ANSWER_COLD,
		    "the bot's user id is not known yet");
		return;
	}
	got = find_guild(&a, &err);
	if (got == 1)
		got = kinds[q->what].fn(&a, &err);
	out->head.guild = a.guild;
	if (got == 0 && guild_cache_cold(v))
		ask_refuse(out, GATE_ANSWER_COLD, ask_cold);
	else if (got != 1)
		ask_refuse(out,
		    got == 0 ? GATE_ANSWER_UNKNOWN : GATE_ANSWER_COLD,
		    err.text);
}
