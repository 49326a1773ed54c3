/* SPDX-License-Identifier: MIT */
#include "tools/sim/gateway/request.h"

#include "tools/sim/gateway/opcode.h"
#include "tools/sim/gateway/strike.h"
#include "tools/sim/gateway/gateway.h"
#include "tools/sim/gateway/intents.h"
#include "tools/sim/world/guild.h"
#include "tools/sim/world/user.h"
#include "tools/sim/book/stats.h"
#include "tools/sim/base/jso.h"
#include "tools/sim/gateway/check.h"

#include "shared/base/clock.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#define REQUEST_NONCE_MAX 32 /* bytes; longer ones are dropped */
#define REQUEST_USERS_MAX 100
#define REQUEST_FULL_MS 30000 /* one full list per guild in this time */
#define REQUEST_FULL_MAX 1024 /* guilds whose last full list is remembered */
#define INTENT_MEMBERS (1u << 1)

/* Does anybody hear of presences? */
static bool
is_heard(struct session *s)
{
	list_each (&s->sim->gateway->live, e) {
		if (container_of(e, struct session, link)->intents
		    & INTENTS_PRESENCES)
			return true;
	}
	return false;
}

/* Of a bot's activity Discord keeps these, and adds when it was made
 * (discord-protocol.md section 3.1, op 3). */
static json_object *
activity_of(json_object *given)
{
	static const char *const kept[] = {"name", "type", "url", "state"};
	json_object *o = json_object_new_object(), *v;

	for (size_t i = 0; i < nitems(kept); i++) {
		if (json_object_object_get_ex(given, kept[i], &v))
			jso_set(o, kept[i], json_object_get(v));
	}
	jso_set_int(o, "created_at", clock_wall_ms());
	return o;
}

static json_object *
activities_of(json_object *given)
{
	json_object *list = json_object_new_array();

	for (size_t i = 0; given && i < json_object_array_length(given); i++)
		json_object_array_add(list,
		    activity_of(json_object_array_get_idx(given, i)));
	return list;
}

/* What others see of it; who is invisible seems to be offline. */
static json_object *
presence_of(struct session *s, json_object *d)
{
	json_object *o = json_object_new_object(), *web;
	const char *status = jso_get_text(d, "status");

	if (strcmp(status, "invisible") == 0)
		status = "offline";
	jso_set(o, "user", json_object_new_object());
	jso_set_id(jso_get(o, "user"), "id", user_id(s->sim->world, s->user));
	jso_set_text(o, "status", status);
	jso_set(o, "activities", activities_of(jso_get(d, "activities")));
	web = json_object_new_object();
	if (strcmp(status, "offline") != 0)
		jso_set_text(web, "web", status);
	jso_set(o, "client_status", web);
	return o;
}

/* A presence is a shard's: it is seen in the shard's guilds. */
static void
show_presence(struct session *s, json_object *d)
{
	struct world *w = s->sim->world;
	json_object *o;

	if (!is_heard(s))
		return;
	o = presence_of(s, d);
	for (unsigned i = 0; i < world_guilds(w); i++) {
		uint64_t id = world_guild_id(w, i);

		if ((id >> 22) % s->count != s->shard
		    || !world_has_bot(w, i, s->user))
			continue;
		jso_set_id(o, "guild_id", id);
		gateway_emit_json(s->sim, i, "PRESENCE_UPDATE", o);
	}
	json_object_put(o);
}

void
request_presence(struct conn *c, json_object *d)
{
	struct check_odd odd = {0};
	const char *why = check_presence(d, &odd);

	if (!why && odd.text[0])
		stats_odd(c->sim, c->key, "op 3: %s", odd.text);
	if (why)
		opcode_refuse(c, 4001, "op 3: %s", why);
	else if (conn_stamp(&c->presences, CONN_PRESENCES_MAX,
		     CONN_PRESENCES_S))
		opcode_refuse(c, 4008,
		    "Rate limited: over %d presence updates in %d s.",
		    CONN_PRESENCES_MAX, CONN_PRESENCES_S);
	else {
		stats_of(c->sim, c->key)->presences++;
		show_presence(c->session, d);
	}
}

static uint64_t
guild_of(struct conn *c, json_object *d)
{
	json_object *v = jso_get(d, "guild_id");
	uint64_t id;

	/* As op 8 was once, of several guilds. */
	if (json_object_is_type(v, json_type_array)
	    && json_object_array_length(v) == 1) {
		stats_odd(c->sim, c->key, "guild_id is a list");
		v = json_object_array_get_idx(v, 0);
	}
	return check_snowflake(v, &id) ? id : 0;
}

int64_t
request_guild(struct conn *c, uint64_t id, int op)
{
	struct session *s = c->session;
	int64_t i = world_guild_find(c->sim->world, id);
	struct guild *g = i >= 0 ? guild_at(c->sim->world, (unsigned)i) : NULL;

	if (g != NULL && guild_member_is(g, s->user)
	    && (id >> 22) % s->count == s->shard)
		return i;
	stats_violation(c->sim, c->key,
	    "op %d for guild %" PRIu64 ", which is not of this shard", op, id);
	return -1;
}

static void
answer(struct conn *c, const char *t, const struct sbuf *d)
{
	gateway_next(c->sim);
	session_dispatch(c->session, t, d->p, d->len, JOURNAL_COUNTED);
}

/* ---- op 8 ----------------------------------------------------------- */

/* One full list per guild in REQUEST_FULL_MS; 0 or the ms still to wait. */
static uint64_t
full_list_wait(uint64_t guild)
{
	static struct {
		uint64_t guild, at_ms;
	} last[REQUEST_FULL_MAX];
	size_t i = (guild >> 22) % REQUEST_FULL_MAX;
	uint64_t now = clock_boot_ms();

	if (last[i].guild == guild && now - last[i].at_ms < REQUEST_FULL_MS)
		return REQUEST_FULL_MS - (now - last[i].at_ms);
	last[i].guild = guild;
	last[i].at_ms = now;
	return 0;
}

static void
add_nonce(struct sbuf *t, json_object *d)
{
	json_object *v = check_field(d, "nonce", json_type_string);

	if (!v || json_object_get_string_len(v) > REQUEST_NONCE_MAX)
		return;
	sbuf_str(t, ",\"nonce\":");
	sbuf_quote(t, json_object_get_string(v));
}

static void
rate_limited(struct conn *c, json_object *d, uint64_t guild, uint64_t wait)
{
	struct sbuf t = {0};

	sbuf_fmt(&t,
	    "{\"retry_after\":%.3f,\"opcode\":8,\"meta\":"
	    "{\"guild_id\":\"%" PRIu64 "\"",
	    (double)wait / 1000, guild);
	add_nonce(&t, d);
	sbuf_str(&t, "}}");
	answer(c, "RATE_LIMITED", &t);
	sbuf_free(&t);
}

/* Is this member asked for by the ids or by the beginning of a name? */
static bool
asked_for(json_object *member, json_object *ids, const char *query)
{
	json_object *user = check_field(member, "user", json_type_object);
	const char *id = jso_get_text(user, "id");
	const char *name = jso_get_text(user, "username");

	if (!ids)
		return strncasecmp(name, query, strlen(query)) == 0;
	if (json_object_is_type(ids, json_type_string))
		return strcmp(json_object_get_string(ids), id) == 0;
	for (size_t i = 0; i < json_object_array_length(ids); i++) {
		json_object *v = json_object_array_get_idx(ids, i);

		if (v && strcmp(json_object_get_string(v), id) == 0)
			return true;
	}
	return false;
}

struct finding {
	json_object *list, *ids;
	const char *query;
	size_t most; /* 0: all */
};

static bool
find_member(void *arg, struct guild *g, unsigned user)
{
	struct finding *f = arg;
	json_object *m = guild_member(g, user);

	if (asked_for(m, f->ids, f->query))
		json_object_array_add(f->list, m);
	else
		json_object_put(m);
	return f->most == 0 || json_object_array_length(f->list) < f->most;
}

/* The members asked for, an array that the caller puts. */
static json_object *
find_members(struct conn *c, unsigned guild, json_object *d)
{
	json_object *query = check_field(d, "query", json_type_string);
	json_object *limit = check_field(d, "limit", json_type_int);
	struct finding f = {.list = json_object_new_array(),
	    .ids = jso_get(d, "user_ids"),
	    .query = query ? json_object_get_string(query) : "",
	    .most = query ? (size_t)json_object_get_int64(limit) : 0};

	guild_member_each(guild_at(c->sim->world, guild), find_member, &f);
	return f.list;
}

/* The ids of d that are of nobody in list. */
static void
add_not_found(json_object *d, json_object *list, struct sbuf *t)
{
	json_object *ids = jso_get(d, "user_ids");
	const char *comma = "";

	for (size_t i = 0; json_object_is_type(ids, json_type_array)
	     && i < json_object_array_length(ids);
	     i++) {
		json_object *id = json_object_array_get_idx(ids, i);
		bool found = false;

		for (size_t k = 0; k < json_object_array_length(list); k++)
			found |= asked_for(json_object_array_get_idx(list, k),
			    id, NULL);
		if (found)
			continue;
		sbuf_str(t, comma);
		sbuf_str(t, json_object_to_json_string(id));
		comma = ",";
	}
}

static void
send_chunk(struct conn *c, uint64_t id, json_object *d, json_object *list,
    unsigned index, unsigned count)
{
	size_t size = c->sim->cfg.chunk_size, n = index * size;
	struct sbuf t = {0};
	const char *comma = "";

	sbuf_str(&t, "{\"not_found\":[");
	if (index == 0)
		add_not_found(d, list, &t);
	sbuf_str(&t, "],\"members\":[");
	for (; n < (index + 1) * size && n < json_object_array_length(list);
	     n++) {
		sbuf_str(&t, comma);
		sbuf_str(&t,
		    json_object_to_json_string_ext(
			json_object_array_get_idx(list, n),
			JSON_C_TO_STRING_PLAIN));
		comma = ",";
	}
	sbuf_fmt(&t,
	    "],\"guild_id\":\"%" PRIu64 "\",\"chunk_index\":%u,"
	    "\"chunk_count\":%u",
	    id, index, count);
	add_nonce(&t, d);
	sbuf_str(&t, "}");
	answer(c, "GUILD_MEMBERS_CHUNK", &t);
	sbuf_free(&t);
}

static void
send_members(struct conn *c, uint64_t id, unsigned guild, json_object *d)
{
	json_object *list = find_members(c, guild, d);
	size_t n = json_object_array_length(list);
	unsigned size = c->sim->cfg.chunk_size;
	unsigned count = n > 0 ? (unsigned)((n + size - 1) / size) : 1;

	for (unsigned i = 0; i < count && c->session; i++)
		send_chunk(c, id, d, list, i, count);
	json_object_put(list);
}

/* NULL, or what is wrong. */
static const char *
check_members(json_object *d)
{
	json_object *query = check_field(d, "query", json_type_string);
	json_object *limit = check_field(d, "limit", json_type_int), *v;
	bool ids = json_object_object_get_ex(d, "user_ids", &v);

	if (ids == (query != NULL))
		return "needs either query or user_ids";
	if (query && (!limit || json_object_get_int64(limit) < 0))
		return "query needs a limit";
	if (ids && !json_object_is_type(v, json_type_array)
	    && !json_object_is_type(v, json_type_string))
		return "user_ids is neither an id nor a list";
	if (ids && json_object_is_type(v, json_type_array)
	    && json_object_array_length(v) > REQUEST_USERS_MAX)
		return "over 100 user_ids";
	return NULL;
}

static bool
is_full(json_object *d)
{
	json_object *q = check_field(d, "query", json_type_string);

	return q && json_object_get_string_len(q) == 0
	    && json_object_get_int64(check_field(d, "limit", json_type_int))
	    == 0;
}

void
request_members(struct conn *c, json_object *d)
{
	uint64_t id = guild_of(c, d), wait;
	const char *why = id ? check_members(d) : "guild_id is missing";
	int64_t guild;

	if (why) {
		opcode_refuse(c, 4001, "op 8: %s", why);
		return;
	}
	guild = request_guild(c, id, 8);
	if (guild < 0)
		return;
	if (is_full(d) && !(c->session->intents & INTENT_MEMBERS)) {
		stats_violation(c->sim, c->key,
		    "op 8 for every member without the GUILD_MEMBERS intent");
		return;
	}
	if (strike_members_lost(c))
		return;
	if (strike_members_limited(c, &wait)
	    || (is_full(d) && (wait = full_list_wait(id)) > 0))
		rate_limited(c, d, id, wait);
	else
		send_members(c, id, (unsigned)guild, d);
}

/* ---- ops 31 and 43 -------------------------------------------------- */

void
request_sounds(struct conn *c, json_object *d)
{
	json_object *ids = check_field(d, "guild_ids", json_type_array);

	if (!ids) {
		opcode_refuse(c, 4001, "op 31: guild_ids is not a list");
		return;
	}
	for (size_t i = 0; i < json_object_array_length(ids); i++) {
		struct sbuf t = {0};
		uint64_t id;

		if (!check_snowflake(json_object_array_get_idx(ids, i), &id)
		    || request_guild(c, id, 31) < 0 || !conn_is_live(c))
			continue;
		sbuf_fmt(&t,
		    "{\"soundboard_sounds\":[],\"guild_id\":\"%" PRIu64 "\"}",
		    id);
		answer(c, "SOUNDBOARD_SOUNDS", &t);
		sbuf_free(&t);
	}
}

void
request_channels(struct conn *c, json_object *d)
{
	uint64_t id = guild_of(c, d);
	struct sbuf t = {0};

	if (!id || !check_field(d, "fields", json_type_array)) {
		opcode_refuse(c, 4001, "op 43: guild_id or fields is wrong");
		return;
	}
	if (request_guild(c, id, 43) < 0)
		return;
	sbuf_fmt(&t, "{\"guild_id\":\"%" PRIu64 "\",\"channels\":[]}", id);
	answer(c, "CHANNEL_INFO", &t);
	sbuf_free(&t);
}
