/* SPDX-License-Identifier: MIT */
/* Messages of a channel: list, get, post, edit, delete, delete many. */

#include "tools/sim/routes/routes.h"

#include "tools/sim/act/act.h"
#include "tools/sim/world/user.h"

#include "shared/base/clock.h"

#include <stdlib.h>
#include <string.h>

#define LIST_MAX 100
#define BULK_AGE_MS INT64_C(1209600000) /* two weeks */

/* The messages a list asks for, newest first; -1 after an answer. */
static int
list_find(struct rest_call *c, uint64_t channel, struct world_msg **out,
    size_t max)
{
	uint64_t around = rest_body_query(c, "around", 0);
	uint64_t before = rest_body_query(c, "before", 0);
	uint64_t after = rest_body_query(c, "after", 0);
	size_t n;

	if ((before != 0) + (after != 0) + (around != 0) > 1) {
		rest_form_error(c, "", "MESSAGE_LIST_EXCLUSIVE",
		    "Only one of before, after, around may be given.");
		(void)rest_form_refused(c);
		return -1;
	}
	if (around == 0)
		return (
		    int)world_msg_list(c->w, channel, before, after, out, max);
	n = max < 2 ? 0
		    : world_msg_list(c->w, channel, 0, around, out, max / 2);
	return (int)(n
	    + world_msg_list(c->w, channel, around + 1, 0, out + n, max - n));
}

static void
message_list(struct rest_call *c)
{
	struct world_channel ch;
	struct world_msg *found[LIST_MAX];
	uint64_t limit = rest_body_query(c, "limit", 50);
	json_object *list;
	int n;

	if (!rest_msg_channel(c, c->id[0], &ch))
		return;
	if (limit < 1 || limit > LIST_MAX) {
		rest_form_error(c, "limit",
		    limit < 1 ? "NUMBER_TYPE_MIN" : "NUMBER_TYPE_MAX",
		    "int value should be between 1 and %d.", LIST_MAX);
		(void)rest_form_refused(c);
		return;
	}
	/* Without the history there is nothing to see. */
	n = perm_channel(c->w, &ch, c->bot) & PERM_READ_MESSAGE_HISTORY
	    ? list_find(c, ch.id, found, (size_t)limit)
	    : 0;
	if (n < 0)
		return;
	list = json_object_new_array();
	for (int i = 0; i < n; i++)
		json_object_array_add(list, rest_msg_show(c, found[i]));
	rest_reply(c, 200, list);
}

static void
message_get(struct rest_call *c)
{
	struct world_msg *m = rest_msg_find(c, c->id[0], c->id[1]);
	struct world_channel ch;

	if (m != NULL && world_channel_find(c->w, m->channel, &ch)
	    && rest_guild_may_in(c, &ch, PERM_READ_MESSAGE_HISTORY))
		rest_msg_reply(c, m);
}

/* A repeated nonce names a message that exists: that one is the answer. */
static bool
post_known(struct rest_call *c, json_object *body)
{
	json_object *nonce = jso_get(body, "nonce");
	struct world_msg *m;

	if (nonce == NULL
	    || !json_object_get_boolean(jso_get(body, "enforce_nonce")))
		return false;
	m = world_msg_by_nonce(c->w, json_object_get_string(nonce));
	if (m == NULL)
		return false;
	rest_msg_reply(c, m);
	return true;
}

static void
message_post(struct rest_call *c)
{
	struct world_channel ch;
	struct rest_author by = {0};
	json_object *body = rest_form_object(c);

	if (body == NULL || !rest_msg_channel(c, c->id[0], &ch))
		return;
	if (!world_channel_is_text(&ch)) {
		rest_reply_error(c, REST_NOT_TEXT);
		return;
	}
	if (!rest_msg_check(c, body, false) || !rest_msg_allowed(c, &ch, body)
	    || post_known(c, body))
		return;
	rest_msg_reply(c, rest_msg_post(c, &ch, body, &by));
}

/* Who it is of: a webhook's is not the bot's that uses it. */
static bool
is_own(struct rest_call *c, json_object *m)
{
	const char *id = jso_get_text(jso_get(m, "author"), "id");

	return id != NULL && strtoull(id, NULL, 10) == user_id(c->w, c->bot);
}

/* Of another's message only flags, by who manages messages; a poll's stays. */
static bool
edit_may(struct rest_call *c, const struct world_msg *wm, json_object *body)
{
	json_object *m = world_render_msg(c->w, wm);
	bool own = is_own(c, m), poll = jso_get(m, "poll") != NULL;
	bool flags_only = json_object_object_length(body) == 1
	    && json_object_object_get_ex(body, "flags", NULL);
	struct world_channel ch;

	json_object_put(m);
	if (own && poll) {
		rest_reply_error(c, REST_POLL_EDIT);
		return false;
	}
	if (own)
		return rest_msg_open(c, wm->channel);
	if (flags_only && wm->guild != WORLD_NOWHERE
	    && world_channel_find(c->w, wm->channel, &ch))
		return rest_guild_may_in(c, &ch, PERM_MANAGE_MESSAGES);
	rest_reply_error(c, REST_NOT_AUTHOR);
	return false;
}

static void
message_edit(struct rest_call *c)
{
	json_object *body = rest_form_object(c);
	struct world_msg *m;

	if (body == NULL || (m = rest_msg_find(c, c->id[0], c->id[1])) == NULL
	    || !edit_may(c, m, body) || !rest_msg_check(c, body, true))
		return;
	rest_msg_edit(c, m, body);
	rest_msg_reply(c, m);
}

/* Another's is deleted by who manages messages, and of a DM not at all. */
static bool
delete_may(struct rest_call *c, const struct world_msg *wm, bool own)
{
	struct world_channel ch;

	if (own)
		return true;
	if (wm->guild != WORLD_NOWHERE
	    && world_channel_find(c->w, wm->channel, &ch))
		return rest_guild_may_in(c, &ch, PERM_MANAGE_MESSAGES);
	rest_reply_error(c, REST_DM_ACTION);
	return false;
}

/* What was deleted of whom. */
static void
audit(struct rest_call *c, uint32_t guild, int type, uint64_t target,
    uint64_t channel, size_t n)
{
	json_object *options = json_object_new_object();
	char count[24];

	must(str_format(count, sizeof(count), "%zu", n));
	jso_set_id(options, "channel_id", channel);
	jso_set_text(options, "count", count);
	rest_guild_audit_with(c, guild_at(c->w, guild), type, target, NULL,
	    options);
}

static void
message_delete(struct rest_call *c)
{
	struct world_msg *wm = rest_msg_find(c, c->id[0], c->id[1]);
	uint64_t author, channel;
	uint32_t guild;
	json_object *m;
	bool own;

	if (wm == NULL)
		return;
	m = world_render_msg(c->w, wm);
	own = is_own(c, m);
	json_object_put(m);
	if (!delete_may(c, wm, own))
		return;
	author = user_id(c->w, wm->user);
	channel = wm->channel;
	guild = wm->guild;
	rest_msg_delete(c, wm);
	if (!own)
		audit(c, guild, ACT_MESSAGE_DELETE, author, channel, 1);
	rest_reply_none(c);
}

/* Every id right, young enough and given once; else an answer is made. */
static bool
bulk_check(struct rest_call *c, json_object *list)
{
	size_t n = json_object_array_length(list);
	int64_t oldest = clock_wall_ms() - WORLD_EPOCH_MS - BULK_AGE_MS;

	if (n < 2 || n > 100) {
		rest_reply_error(c, REST_BULK_COUNT);
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		const char *s = json_object_get_string(
		    json_object_array_get_idx(list, i));
		uint64_t id;

		if (s == NULL || !str_to_u64(s, &id)) {
			rest_form_error(c, "messages", "NUMBER_TYPE_COERCE",
			    "Value \"%.60s\" is not snowflake.", s ? s : "");
			continue;
		}
		if ((int64_t)(id >> 22) < oldest) {
			rest_reply_error(c, REST_BULK_OLD);
			return false;
		}
		for (size_t k = 0; k < i; k++)
			if (strcmp(s,
				json_object_get_string(
				    json_object_array_get_idx(list, k)))
			    == 0)
				rest_form_error(c, "messages",
				    "SET_TYPE_CONTAINS_DUPLICATES",
				    "Duplicate value %s.", s);
	}
	return !rest_form_refused(c);
}

static void
message_bulk(struct rest_call *c)
{
	json_object *body = rest_form_object(c), *list, *event, *ids;
	struct world_channel ch;

	if (body == NULL || !rest_msg_channel(c, c->id[0], &ch))
		return;
	list = jso_get(body, "messages");
	if (!json_object_is_type(list, json_type_array)) {
		rest_form_required(c, "messages");
		(void)rest_form_refused(c);
		return;
	}
	if (ch.guild == WORLD_NOWHERE) {
		rest_reply_error(c, REST_DM_ACTION);
		return;
	}
	if (!rest_guild_may_in(c, &ch, PERM_MANAGE_MESSAGES)
	    || !bulk_check(c, list))
		return;
	event = json_object_new_object();
	ids = json_object_new_array();
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		const char *s = json_object_get_string(
		    json_object_array_get_idx(list, i));
		struct world_msg *m = world_msg_find(c->w,
		    strtoull(s, NULL, 10));

		if (m == NULL || m->channel != ch.id)
			continue;
		rest_msg_forget(c, m);
		json_object_array_add(ids, json_object_new_string(s));
	}
	jso_set(event, "ids", ids);
	jso_set_id(event, "channel_id", ch.id);
	jso_set_id(event, "guild_id", world_guild_id(c->w, ch.guild));
	gateway_emit_json(c->sim, ch.guild, "MESSAGE_DELETE_BULK", event);
	audit(c, ch.guild, ACT_MESSAGE_BULK_DELETE, ch.id, ch.id,
	    json_object_array_length(ids));
	json_object_put(event);
	rest_reply_none(c);
}

const struct route routes_message[] = {
    {"GET", "/channels/:channel_id/messages", message_list, LIMIT_MESSAGE_LIST},
    {"POST", "/channels/:channel_id/messages", message_post,
	LIMIT_MESSAGE_POST},
    {"POST", "/channels/:channel_id/messages/bulk-delete", message_bulk,
	LIMIT_BULK_DELETE},
    {"GET", ROUTE_MESSAGE, message_get, LIMIT_CHANNEL},
    {"PATCH", ROUTE_MESSAGE, message_edit, LIMIT_MESSAGE_EDIT},
    {"DELETE", ROUTE_MESSAGE, message_delete, LIMIT_MESSAGE_DELETE},
    {0},
};
