/* SPDX-License-Identifier: MIT */
#include "tools/sim/gateway/identify.h"

#include "tools/sim/gateway/opcode.h"
#include "tools/sim/gateway/strike.h"
#include "tools/sim/gateway/gateway.h"
#include "tools/sim/gateway/ledger.h"
#include "tools/sim/book/starts.h"
#include "tools/sim/world/world.h"
#include "tools/sim/book/stats.h"
#include "tools/sim/gateway/intents.h"
#include "tools/sim/gateway/check.h"
#include "tools/sim/world/user.h"
#include "tools/sim/base/jso.h"

#include "shared/base/clock.h"

#include <inttypes.h>
#include <string.h>

#define INTENTS_ALL 53608447u	   /* every documented bit (section 6.2) */
#define GUILDS_PER_SHARD_MAX 2500u /* section 4.2 */
#define LARGE_MIN 50
#define LARGE_MAX 250

struct identify {
	unsigned bot;
	unsigned shard, count;
	uint64_t intents;
	bool compress;
	unsigned large;
};

/* Privileged intents and the application flags that allow them. */
static const struct {
	uint64_t intent, flags;
} privileged[] = {
    {1u << 1, 3u << 14},  /* GUILD_MEMBERS */
    {1u << 8, 3u << 12},  /* GUILD_PRESENCES */
    {1u << 15, 3u << 18}, /* MESSAGE_CONTENT */
};

static bool
token_ok(struct conn *c, json_object *d, unsigned *bot)
{
	json_object *v = check_field(d, "token", json_type_string);
	const char *text = json_object_get_string(v);
	int n;

	if (!v) {
		opcode_refuse(c, 4001, "token is missing");
		return false;
	}
	/* Half of the clients send it as in a header (section 2.5). */
	if (strncmp(text, "Bot ", 4) == 0)
		text += 4;
	n = sim_bot_find(c->sim, text);
	*bot = n < 0 ? 0 : (unsigned)n;
	if (n >= 0)
		return true;
	opcode_refuse(c, 4004, "Authentication failed.");
	return false;
}

static bool
shard_ok(struct conn *c, json_object *d, struct identify *id)
{
	json_object *v = check_field(d, "shard", json_type_array);
	json_object *a, *b, *any;
	int64_t n, of;

	id->shard = 0;
	id->count = 1;
	if (!json_object_object_get_ex(d, "shard", &any) || !any)
		return true;
	a = v ? json_object_array_get_idx(v, 0) : NULL;
	b = v ? json_object_array_get_idx(v, 1) : NULL;
	if (!json_object_is_type(a, json_type_int)
	    || !json_object_is_type(b, json_type_int)
	    || json_object_array_length(v) != 2) {
		opcode_refuse(c, 4010, "Invalid shard: not [id, count].");
		return false;
	}
	n = json_object_get_int64(a);
	of = json_object_get_int64(b);
	if (of < 1 || of > SIM_SHARDS_MAX || n < 0 || n >= of) {
		opcode_refuse(c, 4010, "Invalid shard.");
		return false;
	}
	id->shard = (unsigned)n;
	id->count = (unsigned)of;
	return true;
}

static bool
layout_ok(struct conn *c, const struct identify *id)
{
	struct sim_config *cfg = &c->sim->cfg;
	unsigned guilds = world_guilds(c->sim->world);

	if (id->count < cfg->shards_min
	    || guilds / id->count > GUILDS_PER_SHARD_MAX) {
		opcode_refuse(c, 4011, "Sharding required.");
		return false;
	}
	if (cfg->shards_multiple > 1 && id->count % cfg->shards_multiple) {
		opcode_refuse(c, 4010,
		    "Invalid shard: the count must be a multiple of %u.",
		    cfg->shards_multiple);
		return false;
	}
	return true;
}

static bool
intents_ok(struct conn *c, json_object *d, struct identify *id)
{
	json_object *v = check_field(d, "intents", json_type_int);

	if (!v || json_object_get_int64(v) < 0
	    || (json_object_get_uint64(v) & ~(uint64_t)INTENTS_ALL)) {
		opcode_refuse(c, 4013, "Invalid intent(s).");
		return false;
	}
	id->intents = json_object_get_uint64(v);
	for (size_t i = 0; i < nitems(privileged); i++) {
		if ((id->intents & privileged[i].intent)
		    && !(c->sim->bot[id->bot].flags & privileged[i].flags)) {
			opcode_refuse(c, 4014, "Disallowed intent(s).");
			return false;
		}
	}
	return true;
}

static bool
property(json_object *p, const char *name)
{
	char old[16];

	str_format(old, sizeof(old), "$%s", name);
	return check_field(p, name, json_type_string)
	    || check_field(p, old, json_type_string);
}

static const char *
compress_of(json_object *d, struct identify *id, struct check_odd *odd)
{
	json_object *v = jso_get(d, "compress");

	if (json_object_is_type(v, json_type_string))
		check_odd_add(odd, "compress is a string");
	else if (v && !json_object_is_type(v, json_type_boolean))
		return "compress is not a boolean";
	id->compress = json_object_is_type(v, json_type_boolean)
	    && json_object_get_boolean(v);
	return NULL;
}

static const char *
threshold(json_object *d, struct identify *id, struct check_odd *odd)
{
	json_object *v = jso_get(d, "large_threshold");
	int64_t n = v ? json_object_get_int64(v) : LARGE_MIN;

	if (v && !json_object_is_type(v, json_type_int))
		return "large_threshold is not a number";
	if (n < LARGE_MIN || n > LARGE_MAX)
		check_odd_add(odd, "large_threshold is not from 50 to 250");
	id->large = n < LARGE_MIN ? LARGE_MIN
	    : n > LARGE_MAX	  ? LARGE_MAX
				  : (unsigned)n;
	return NULL;
}

/* NULL, or what is wrong with the other members. */
static const char *
shape(json_object *d, struct identify *id, struct check_odd *odd)
{
	json_object *p = check_field(d, "properties", json_type_object);
	json_object *presence = jso_get(d, "presence");
	const char *why;

	if (!p)
		return "properties is missing";
	if (!property(p, "os") || !property(p, "browser")
	    || !property(p, "device"))
		check_odd_add(odd, "properties lack os, browser or device");
	why = compress_of(d, id, odd);
	if (!why)
		why = threshold(d, id, odd);
	if (!why && presence)
		why = check_presence(presence, odd);
	return why;
}

static void
guild_list(struct sim *sim, const struct identify *id, struct sbuf *t)
{
	const char *comma = "";

	for (unsigned i = 0; i < world_guilds(sim->world); i++) {
		uint64_t guild = world_guild_id(sim->world, i);

		if ((guild >> 22) % id->count != id->shard
		    || !world_has_bot(sim->world, i,
			user_bot(sim->world, id->bot)))
			continue;
		sbuf_fmt(t, "%s{\"unavailable\":true,\"id\":\"%" PRIu64 "\"}",
		    comma, guild);
		comma = ",";
	}
}

static void
send_ready(struct conn *c, const struct identify *id)
{
	struct sim *sim = c->sim;
	struct session *s = c->session;
	json_object *own = world_render_own(sim->world, s->user);
	struct sbuf t = {0};

	sbuf_fmt(&t,
	    "{\"v\":10,\"user_settings\":{},\"user\":%s,"
	    "\"shard\":[%u,%u],\"session_type\":\"normal\","
	    "\"session_id\":\"%s\",\"resume_gateway_url\":\"%s\","
	    "\"relationships\":[],\"private_channels\":[],\"presences\":[],"
	    "\"guilds\":[",
	    json_object_to_json_string_ext(own, JSON_C_TO_STRING_PLAIN),
	    id->shard, id->count, s->id, sim->url_resume);
	json_object_put(own);
	guild_list(sim, id, &t);
	sbuf_fmt(&t,
	    "],\"guild_join_requests\":[],"
	    "\"geo_ordered_rtc_regions\":[\"us-east\",\"us-central\"],"
	    "\"game_relationships\":[],\"auth\":{},\"application\":"
	    "{\"id\":\"%" PRIu64 "\",\"flags\":%" PRIu64
	    ",\"flags_new\":\"%" PRIu64 "\"},"
	    "\"_trace\":[\"[\\\"shardherd-sim\\\",{\\\"micros\\\":0}]\"]}",
	    user_id(sim->world, s->user), sim->bot[s->bot].flags,
	    sim->bot[s->bot].flags);
	session_dispatch(s, "READY", t.p, t.len, 0);
	sbuf_free(&t);
}

static void
ready(struct conn *c, const struct identify *id)
{
	struct session *s = session_new(c->sim, id->shard, id->count,
	    id->intents);

	s->bot = id->bot;
	s->user = user_bot(c->sim->world, id->bot);
	s->large = id->large;
	if (id->compress && c->transport == COMPRESS_KIND_NONE
	    && !c->compress) {
		c->compress = compress_new(COMPRESS_KIND_PAYLOAD);
		compress_quick(c->compress);
	}
	conn_attach(c, s, CONN_LIVE);
	send_ready(c, id);
	if (!conn_is_live(c))
		return;
	s->syncing = intents_want(id->intents, "GUILD_CREATE", false);
	strike_live(c);
	conn_work(c);
}

static bool
budget_ok(struct conn *c, unsigned bot)
{
	if (starts_spend(c->sim, bot))
		return true;
	stats_violation(c->sim, c->key,
	    "session starts exhausted: the token is reset");
	conn_invalid(c, false);
	gateway_revoke(c->sim, bot);
	return false;
}

static bool
key_ok(struct conn *c, const struct identify *id)
{
	if (starts_key(c->sim, id->bot, id->shard,
		wire_arrived_ms(&c->paced.wire)))
		return true;
	stats_violation(c->sim, c->key, "IDENTIFY too soon for key %u",
	    id->shard % c->sim->cfg.max_concurrency);
	conn_invalid(c, false);
	return false;
}

void
identify_start(struct conn *c, json_object *d)
{
	struct identify id = {0};
	struct check_odd odd = {0};
	const char *why;

	if (c->state == CONN_SILENT || c->early)
		check_odd_add(&odd, "before HELLO");
	if (!token_ok(c, d, &id.bot) || !shard_ok(c, d, &id))
		return;
	conn_is_for(c, id.shard, id.count);
	stats_of(c->sim, c->key)->identifies++;
	stats_of(c->sim, c->key)->identified_ms =
	    wire_arrived_ms(&c->paced.wire) - c->sim->started_ms;
	if (c->host == HOST_RESUME)
		check_odd_add(&odd, "on the resume host");
	why = shape(d, &id, &odd);
	if (odd.text[0])
		stats_odd(c->sim, c->key, "IDENTIFY: %s", odd.text);
	if (why) {
		opcode_refuse(c, 4001, "op 2: %s", why);
		return;
	}
	if (!budget_ok(c, id.bot) || !layout_ok(c, &id)
	    || !intents_ok(c, d, &id) || !key_ok(c, &id) || strike_identify(c))
		return;
	ready(c, &id);
}

/* ---- RESUME --------------------------------------------------------- */

static void
resume_failed(struct conn *c, struct session *s)
{
	stats_of(c->sim, c->key)->resumes_failed++;
	if (s)
		session_end(s);
	conn_invalid(c, false);
}

static void
begin_replay(struct conn *c, struct session *s, uint64_t seq)
{
	c->replay_next = seq + 1;
	c->replay_left = strike_replay(c);
	session_gap_begin(s, seq);
	conn_attach(c, s, CONN_REPLAY);
	if (c->replay_left == 0)
		conn_eof(c);
	else
		conn_work(c);
}

void
identify_resume(struct conn *c, json_object *d)
{
	json_object *id = check_field(d, "session_id", json_type_string);
	json_object *seq = check_field(d, "seq", json_type_int);
	struct session *s;
	unsigned bot;

	if (!token_ok(c, d, &bot))
		return;
	if (!id || !seq || json_object_get_int64(seq) < 0) {
		opcode_refuse(c, 4001, "op 6: session_id or seq is wrong");
		return;
	}
	s = session_find(c->sim, json_object_get_string(id),
	    (size_t)json_object_get_string_len(id));
	if (s && s->bot != bot)
		s = NULL;
	if (s)
		conn_is_for(c, s->shard, s->count);
	stats_of(c->sim, c->key)->resumes++;
	if (strike_resume(c, s)) {
		stats_of(c->sim, c->key)->resumes_failed++;
		return;
	}
	if (!s || s->ended) {
		resume_failed(c, NULL);
	} else if (json_object_get_uint64(seq) > s->journal.seq) {
		stats_of(c->sim, c->key)->resumes_failed++;
		session_end(s);
		opcode_refuse(c, 4007, "Invalid seq.");
	} else if (json_object_get_uint64(seq) + 1 < session_oldest(s)) {
		resume_failed(c, s);
	} else {
		if (!ledger_acknowledge(s, json_object_get_uint64(seq)))
			stats_violation(c->sim, c->key,
			    "RESUME from seq %llu, which was never sent",
			    (unsigned long long)json_object_get_uint64(seq));
		begin_replay(c, s, json_object_get_uint64(seq));
	}
}
