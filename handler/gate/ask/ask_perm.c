/* SPDX-License-Identifier: MIT */
/* See ask_perm.h; discord-protocol.md, permissions. */
#include "handler/gate/ask/ask_perm.h"

#include "shared/json/envelope.h"
#include "shared/json/walk.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#define BIT(n) (UINT64_C(1) << (n))

enum {
	MANAGE_CHANNELS = 4,
	ADMINISTRATOR = 3,
	VIEW_CHANNEL = 10,
	SEND_MESSAGES = 11,
	READ_MESSAGE_HISTORY = 16,
	CONNECT = 20,
	MANAGE_ROLES = 28,
	SEND_MESSAGES_IN_THREADS = 38,
};

/* Nothing without sending: TTS, links, files, everyone. */
static const uint64_t of_sending = BIT(12) | BIT(14) | BIT(15) | BIT(17);
/* Nothing without connecting: speaking, streaming, moving ... */
static const uint64_t of_voice = BIT(8) | BIT(9) | BIT(21) | BIT(22) | BIT(23)
    | BIT(24) | BIT(25) | BIT(32) | BIT(39) | BIT(42) | BIT(45) | BIT(48)
    | BIT(MANAGE_CHANNELS) | BIT(MANAGE_ROLES);
static const uint64_t when_timed_out = BIT(VIEW_CHANNEL)
    | BIT(READ_MESSAGE_HISTORY);

struct span {
	const char *p;
	size_t len;
};

/* Bits are text of digits; of an old object a number. */
static uint64_t
bits_of(struct span o, const char *key)
{
	struct walk_item item;
	char text[32];
	uint64_t bits;
	size_t quote;

	if (!walk_find(o.p, o.len, key, &item))
		return 0;
	quote = item.value[0] == '"';
	if (item.len < 2 * quote
	    || !str_format(text, sizeof(text), "%.*s",
		(int)(item.len - 2 * quote), item.value + quote)
	    || !str_to_u64(text, &bits))
		return 0;
	return bits;
}

/* ---- of the guild --------------------------------------------------- */

/* Adds what a role gives; one that is gone gives nothing. */
static int
add_role(const struct ask_perm *a, uint64_t role, uint64_t *bits,
    struct err *err)
{
	struct span o;
	int got = guild_cache_get(a->view, a->guild, GUILD_CACHE_ROLE, role,
	    &o.p, &o.len, err);

	if (got == 1)
		*bits |= bits_of(o, "permissions");
	return got == -1 ? -1 : 0;
}

static bool
roles_of(const struct ask_perm *a, struct walk *w)
{
	struct walk_item roles;

	return walk_find(a->member, a->len, "roles", &roles)
	    && walk_into(w, roles.value, roles.len);
}

static int
by_roles(const struct ask_perm *a, uint64_t *bits, struct err *err)
{
	struct walk_item item;
	struct walk w;

	*bits = 0;
	if (add_role(a, a->guild, bits, err) == -1)
		return -1;
	if (roles_of(a, &w))
		while (walk_next(&w, &item))
			if (add_role(a, envelope_id(item.value, item.len), bits,
				err)
			    == -1)
				return -1;
	return 0;
}

/* Times are text of one form: the earlier one is the lesser. */
static bool
is_timed_out(const struct ask_perm *a)
{
	time_t s = (time_t)(a->now_ms / 1000);
	struct walk_item until;
	char now[24];
	struct tm tm;

	if (!walk_find(a->member, a->len, "communication_disabled_until",
		&until)
	    || until.value[0] != '"' || until.len < 21
	    || gmtime_r(&s, &tm) == NULL)
		return false;
	strftime(now, sizeof(now), "%Y-%m-%dT%H:%M:%S", &tm);
	return strncmp(until.value + 1, now, 19) > 0;
}

/* ---- of a channel --------------------------------------------------- */

static bool
has_role(const struct ask_perm *a, uint64_t role)
{
	struct walk_item item;
	struct walk w;

	if (!roles_of(a, &w))
		return false;
	while (walk_next(&w, &item))
		if (envelope_id(item.value, item.len) == role)
			return true;
	return false;
}

/* Whose overwrite it is: 0 everyone's, 1 a role's, 2 its own; -1: another's. */
static int
place_of(const struct ask_perm *a, struct span overwrite)
{
	uint64_t id = walk_id(overwrite.p, overwrite.len, "id");
	struct walk_item type;

	if (!walk_find(overwrite.p, overwrite.len, "type", &type))
		return -1;
	if (memchr(type.value, '1', type.len) != NULL)
		return id == a->user ? 2 : -1;
	if (id == a->guild)
		return 0;
	return has_role(a, id) ? 1 : -1;
}

static uint64_t
overwrite(const struct ask_perm *a, struct span channel, uint64_t bits)
{
	uint64_t allow[3] = {0}, deny[3] = {0};
	struct walk_item list, item;
	struct walk w;

	if (!walk_find(channel.p, channel.len, "permission_overwrites", &list)
	    || !walk_into(&w, list.value, list.len))
		return bits;
	while (walk_next(&w, &item)) {
		struct span o = {item.value, item.len};
		int at = place_of(a, o);

		if (at < 0)
			continue;
		allow[at] |= bits_of(o, "allow");
		deny[at] |= bits_of(o, "deny");
	}
	for (int at = 0; at < 3; at++)
		bits = (bits & ~deny[at]) | allow[at];
	return bits;
}

static bool
is_voice(struct span channel)
{
	struct walk_item type;

	return walk_find(channel.p, channel.len, "type", &type)
	    && ((type.len == 1 && type.value[0] == '2')
		|| (type.len == 2 && memcmp(type.value, "13", 2) == 0));
}

/* What is of no use without something else. */
static uint64_t
without(struct span channel, bool thread, uint64_t bits)
{
	if (!(bits & BIT(VIEW_CHANNEL)))
		return 0;
	if (!(bits & BIT(thread ? SEND_MESSAGES_IN_THREADS : SEND_MESSAGES)))
		bits &= ~of_sending;
	if (is_voice(channel) && !(bits & BIT(CONNECT)))
		bits &= ~of_voice;
	return bits;
}

/* The channel whose overwrites count: a thread has its parent's. */
static int
find_channel(const struct ask_perm *a, struct span *out, bool *thread,
    struct err *err)
{
	uint64_t id = a->channel;
	int got = guild_cache_get(a->view, a->guild, GUILD_CACHE_THREAD, id,
	    &out->p, &out->len, err);

	*thread = got == 1;
	if (got == 1)
		id = walk_id(out->p, out->len, "parent_id");
	if (got != -1)
		got = guild_cache_get(a->view, a->guild, GUILD_CACHE_CHANNEL,
		    id, &out->p, &out->len, err);
	if (got == 0)
		err_set(err, EXIT_DEGRADED,
		    "the gate's cache has no channel %" PRIu64, id);
	return got;
}

int
ask_perm_of(const struct ask_perm *a, uint64_t *bits, bool *all,
    struct err *err)
{
	struct span core, channel;
	bool thread = false;
	int got = guild_cache_get(a->view, a->guild, GUILD_CACHE_CORE, 0,
	    &core.p, &core.len, err);

	if (got == 0)
		err_set(err, EXIT_DEGRADED,
		    "the gate's cache has no guild %" PRIu64, a->guild);
	if (got != 1 || by_roles(a, bits, err) == -1)
		return got != 1 ? got : -1;
	if (a->channel != 0
	    && (got = find_channel(a, &channel, &thread, err)) != 1)
		return got;
	*all = (*bits & BIT(ADMINISTRATOR))
	    || walk_id(core.p, core.len, "owner_id") == a->user;
	if (*all) {
		*bits = ASK_PERM_ALL;
		return 1;
	}
	if (a->channel != 0)
		*bits = overwrite(a, channel, *bits);
	if (is_timed_out(a))
		*bits &= when_timed_out;
	if (a->channel != 0)
		*bits = without(channel, thread, *bits);
	return 1;
}
