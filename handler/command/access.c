/* SPDX-License-Identifier: MIT */
/* Who may command; see access.h. */
#include "handler/command/access.h"

#include "handler/rest/endpoint.h"
#include "handler/command/help.h"
#include "handler/rest/reply_nonce.h"
#include "shared/json/json.h"
#include "shared/base/clock.h"
#include "shared/json/envelope.h"
#include "shared/base/log.h"
#include "shared/store/rank.h"

#include <inttypes.h>
#include <string.h>

#define TOKEN_MAX 512 /* of an interaction */
#define EPHEMERAL 64
#define ACCESS_NAME_MAX 160 /* a prefix and 32 characters */

void
access_init(struct access *w)
{
	w->ways.prefix = w->config->prefix;
}

/* ---- who we are ----------------------------------------------------- */

static void
on_self(void *arg, const struct rest_answer *a)
{
	struct access *w = arg;
	size_t at, n;

	if (a->outcome != REST_OK
	    || envelope_find(a->body, a->len, "id", &at, &n) < 0 || n < 3
	    || n - 2 >= sizeof(w->ways.bot)) {
		log_warn("The bot's user id is not known (%s), so mentions "
			 "and reactions are no commands yet.",
		    a->why != NULL ? a->why : "no id in the answer");
		return;
	}
	memcpy(w->ways.bot, a->body + at + 1, n - 2);
	w->ways.bot[n - 2] = '\0';
}

/* The supervisor has asked when it checked the token. */
static void
look_for_self(struct access *w)
{
	uint64_t now = clock_boot_ms();
	const char *why;
	struct err e;
	size_t len;
	bool bad;

	if (w->ways.bot[0] != '\0'
	    || (w->looked_ms != 0 && now - w->looked_ms < ACCESS_BOT_MS))
		return;
	w->looked_ms = now;
	if (w->store != NULL && w->store->path[0] != '\0'
	    && store_blob_get(w->store, CONTRACT_BOT_KEY, w->ways.bot,
		   sizeof(w->ways.bot) - 1, &len, &e)
		== 1
	    && len < sizeof(w->ways.bot)) {
		w->ways.bot[len] = '\0';
		return;
	}
	w->ways.bot[0] = '\0';
	if (w->asked_ms != 0 && now - w->asked_ms < ACCESS_ASK_MS)
		return;
	w->asked_ms = now;
	rest_call(w->rest, REST_OWN,
	    &(struct rest_ask) {.method = "GET",
		.path = "/users/@me",
		.repeatable = true},
	    on_self, w, &bad, &why);
}

/* ---- answering ------------------------------------------------------ */

/* May this user be answered now?  Counts it. */
static bool
may_answer(struct access *w, uint64_t user)
{
	uint64_t now = clock_boot_ms();
	struct access_user *u =
	    &w->user[base_hash64(&user, sizeof(user)) % ACCESS_USERS];

	if (u->id != user || now - u->since_ms >= ACCESS_USER_MS)
		*u = (struct access_user) {.id = user, .since_ms = now};
	if (now - w->second_ms >= 1000) {
		w->second_ms = now;
		w->answers = 0;
	}
	if (u->answers >= ACCESS_ANSWERS || w->answers >= ACCESS_ALL) {
		w->silent++;
		return false;
	}
	u->answers++;
	w->answers++;
	return true;
}

static void
on_answered(void *arg, const struct rest_answer *a)
{
	if (a->outcome != REST_OK && a->outcome != REST_STOPPED)
		log_warn("A command could not be answered: %s (HTTP %d)",
		    a->why, a->status);
}

static struct json_object *
message_of(const char *text)
{
	struct json_object *o = json_object_new_object();
	struct json_object *nobody = json_object_new_object();

	json_object_object_add(nobody, "parse", json_object_new_array());
	json_object_object_add(o, "content", json_object_new_string(text));
	json_object_object_add(o, "allowed_mentions", nobody);
	return o;
}

static void
post(struct access *w, const char *path, struct json_object *body,
    bool interaction)
{
	const char *why;
	bool bad;

	if (rest_call(w->rest, REST_OWN,
		&(struct rest_ask) {.method = "POST",
		    .path = path,
		    .body = json_text(body),
		    .repeatable = true,
		    .exempt = interaction,
		    .urgent = interaction},
		on_answered, w, &bad, &why)
	    < 0)
		log_warn("A command could not be answered: %s", why);
	json_object_put(body);
}

static void
answer_interaction(struct access *w, const struct invocation *c,
    const char *text)
{
	struct json_object *body = json_object_new_object();
	struct json_object *data = message_of(text);
	char token[TOKEN_MAX * 3 + 1], path[2048];
	const char *id = command_spec_text(c->d, "id");

	json_object_object_add(data, "flags", json_object_new_int(EPHEMERAL));
	json_object_object_add(body, "type", json_object_new_int(4));
	json_object_object_add(body, "data", data);
	if (endpoint_encode(token, sizeof(token),
		command_spec_text(c->d, "token"))
	    && strspn(id, "0123456789") == strlen(id)
	    && str_format(path, sizeof(path), "/interactions/%s/%s/callback",
		id, token))
		post(w, path, body, true);
	else
		json_object_put(body);
}

/* Once, as Discord knows the nonce, even when the event comes again. */
static void
answer_message(struct access *w, const struct invocation *c, const char *text)
{
	struct json_object *body = message_of(text);
	struct json_object *ref = json_object_new_object();
	char path[64], nonce[REPLY_NONCE_MAX];

	json_object_object_add(ref, "message_id",
	    json_object_new_string(c->message_id));
	json_object_object_add(ref, "fail_if_not_exists",
	    json_object_new_boolean(false));
	json_object_object_add(body, "message_reference", ref);
	reply_nonce_of("shardherd", c->message_id, 1, nonce);
	json_object_object_add(body, "nonce", json_object_new_string(nonce));
	json_object_object_add(body, "enforce_nonce",
	    json_object_new_boolean(true));
	if (strspn(c->channel_id, "0123456789") == strlen(c->channel_id)
	    && str_format(path, sizeof(path), "/channels/%s/messages",
		c->channel_id))
		post(w, path, body, false);
	else
		json_object_put(body);
}

/* Reactions are never answered: nobody was spoken to. */
static bool
answer(struct access *w, const struct invocation *c, const char *text)
{
	if (c->road == ROAD_REACTION || !may_answer(w, c->user))
		return false;
	if (c->road == ROAD_SLASH)
		answer_interaction(w, c, text);
	else
		answer_message(w, c, text);
	return true;
}

/* ---- judging -------------------------------------------------------- */

/* An event as the route sees it. */
struct seen {
	uint32_t shard;
	const char *raw;
	size_t len, t_off, t_len;
	uint64_t session, seq;
};

/* A message that is denied reaches who subscribes to messages all the same,
 * and would be denied once more there. */
static bool
told_before(struct access *w, const struct seen *s)
{
	struct access_denial *d = &w->denial[w->denied % ACCESS_DENIED];

	for (size_t i = 0; s->seq != 0 && i < ACCESS_DENIED; i++)
		if (w->denial[i].seq == s->seq
		    && w->denial[i].session == s->session)
			return true;
	*d = (struct access_denial) {s->session, s->seq};
	return false;
}

static void
deny(struct access *w, const struct invocation *c, const struct seen *s)
{
	char name[ACCESS_NAME_MAX], text[ACCESS_NAME_MAX + 128];

	if (told_before(w, s))
		return;
	w->denied++;
	invocation_name(c, &w->ways, name, sizeof(name));
	str_format(text, sizeof(text),
	    "Sorry, %s is not for you: it needs rank %d, and yours is %d.",
	    name, c->command->rank, c->rank);
	/* What is not answered is not logged either, but counted: a user
	 * could fill the log as well. */
	if (c->road == ROAD_REACTION ? may_answer(w, c->user)
				     : answer(w, c, text))
		log_notice("denied %s, which needs rank %d, to %s of rank %d "
			   "(%s; %" PRIu64 " denials in all, %" PRIu64
			   " not answered)",
		    name, c->command->rank, c->user_id, c->rank,
		    command_spec_road[c->road], w->denied, w->silent);
}

/* false: it can't be told now, so nobody may. */
static bool
learn_rank(struct access *w, struct invocation *c)
{
	struct err e;

	if (rank_of(w->kv, w->config->owners, c->user, c->roles, c->roles_n,
		&c->rank, &e)
	    == 0)
		return true;
	log_error("The rank of %s can't be read: %s", c->user_id, e.text);
	answer(w, c, "Sorry, I can't look up your rank just now.");
	return false;
}

static void
answer_usage(struct access *w, const struct invocation *c)
{
	char name[ACCESS_NAME_MAX], *text;
	struct buf b = {0};

	invocation_name(c, &w->ways, name, sizeof(name));
	buf_printf(&b, "%s.  Usage: `%s", c->fault, name);
	help_usage(c->command, &b);
	buf_puts(&b, "`");
	text = base_alloc(buf_len(&b) + 1);
	memcpy(text, buf_data(&b), buf_len(&b));
	help_cut(text);
	answer(w, c, text);
	free(text);
	buf_free(&b);
}

static bool
serves(struct access *w, unsigned plugin, const struct seen *s)
{
	return plugin == COMMAND_TABLE_OWN
	    || subscriptions_allows(w->route, plugin, s->shard, s->raw, s->len,
		s->t_off, s->t_len);
}

static void
answer_help(struct access *w, const struct invocation *c, const struct seen *s)
{
	struct json_object *first = json_object_array_get_idx(c->words.args, 0);
	struct help_ask ask = {.rank = c->rank,
	    .what = first != NULL ? json_object_get_string(first) : ""};
	char *text;

	for (unsigned i = 0; i < w->config->plugins; i++)
		if (serves(w, i, s))
			ask.plugins |= (uint64_t)1 << i;
	text = help_text(w->table, &w->ways, &ask);
	answer(w, c, text);
	free(text);
}

/* Is it for a plugin?  What is not is dealt with. */
static bool
judge(struct access *w, struct invocation *c, const struct seen *s)
{
	w->calls++;
	if (!learn_rank(w, c))
		return false;
	if (c->rank < c->command->rank)
		deny(w, c, s);
	else if (c->command->plugin == COMMAND_TABLE_OWN)
		answer_help(w, c, s);
	else if (c->fault[0] != '\0')
		answer_usage(w, c);
	else
		return true;
	return false;
}

static enum road
road_of(struct access *w, const struct seen *s)
{
	enum road road;

	if (w->table->any == 0)
		return ROADS;
	road = invocation_road(s->raw + s->t_off, s->t_len);
	if (road == ROADS || (w->table->any & 1u << road) == 0
	    || (road == ROAD_PREFIX && w->ways.prefix[0] == '\0'))
		return ROADS;
	if (road != ROAD_SLASH)
		look_for_self(w);
	return road;
}

uint64_t
access_judge(struct access *w, uint32_t shard, const struct up_hdr *h,
    const char *payload, uint64_t wanted)
{
	struct seen s = {shard, payload, h->len, h->t_off, h->t_len, h->session,
	    h->seq};
	enum road road = road_of(w, &s);
	struct invocation c;
	uint64_t bit;

	if (road == ROADS
	    || !invocation_find(&c, w->table, &w->ways, road, payload, h->len))
		return wanted;
	bit = c.command->plugin == COMMAND_TABLE_OWN
	    ? 0
	    : (uint64_t)1 << c.command->plugin;
	if (!serves(w, c.command->plugin, &s))
		bit = 0;
	else if (judge(w, &c, &s))
		wanted |= bit;
	else if (road == ROAD_SLASH)
		wanted &= ~bit; /* a command and nothing else */
	invocation_free(&c);
	return wanted;
}

bool
access_hand_out(struct access *w, unsigned plugin, const struct event *e,
    struct json_object **out)
{
	struct seen s = {e->shard_id, e->raw, e->len, e->t_off, e->t_len,
	    e->session, e->seq};
	enum road road = road_of(w, &s);
	bool may = true;
	struct invocation c;

	*out = NULL;
	if (road == ROADS || (w->table->roads[plugin] & 1u << road) == 0
	    || !invocation_find(&c, w->table, &w->ways, road, e->raw, e->len))
		return true;
	if (c.command->plugin == plugin && c.fault[0] == '\0') {
		/* The rank may have changed while it waited. */
		bool known = learn_rank(w, &c);

		may = known && c.rank >= c.command->rank;
		if (may)
			*out = invocation_json(&c);
		else if (known)
			deny(w, &c, &s);
	}
	invocation_free(&c);
	return may || road != ROAD_SLASH;
}
