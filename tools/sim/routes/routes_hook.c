/* SPDX-License-Identifier: MIT */
/*
 * /webhooks: webhooks of channels, and what an interaction's token opens: its
 * first answer ("@original") and follow-ups.
 */
#include "tools/sim/rest/rest_hook.h"
#include "tools/sim/rest/route.h"

#include <string.h>

/* Who the token in the path belongs to; neither after an answer. */
struct owner {
	struct hook *hook;
	struct hook_interaction *live;
	struct world_channel ch;
};

static bool
owner_of(struct rest_call *c, struct owner *o)
{
	uint64_t channel;

	*o = (struct owner){0};
	if (c->id[0] == world_app_id(c->w)) {
		o->live = rest_hook_by_token(c->rest, c->word[0]);
		if (o->live == NULL) {
			rest_reply_error(c, REST_BAD_HOOK_TOKEN);
			return false;
		}
		channel = o->live->channel;
	} else {
		o->hook = rest_hook_find(c->rest, c->id[0]);
		if (o->hook == NULL ||
		    strcmp(o->hook->token, c->word[0]) != 0) {
			rest_reply_error(c, o->hook ? REST_BAD_HOOK_TOKEN
					       : REST_UNKNOWN_WEBHOOK);
			return false;
		}
		channel = o->hook->channel;
	}
	return rest_msg_channel(c, channel, &o->ch);
}

void
route_hook_list(struct rest_call *c)
{
	struct world_channel ch;
	json_object *list;

	if (!rest_msg_channel(c, c->id[0], &ch))
		return;
	list = json_object_new_array();
	for (size_t k = 0; k < HOOKS_MAX; k++)
		if (c->rest->hooks->hook[k].id != 0 &&
		    c->rest->hooks->hook[k].channel == ch.id)
			json_object_array_add(
			    list, rest_hook_json(c, &c->rest->hooks->hook[k]));
	rest_reply(c, 200, list);
}

static void
announce(struct rest_call *c, const struct world_channel *ch)
{
	json_object *o = json_object_new_object();

	json_object_object_add(
	    o, "guild_id", rest_json_id(world_guild_id(c->w, ch->guild)));
	json_object_object_add(o, "channel_id", rest_json_id(ch->id));
	rest_msg_emit(c->sim, ch->guild, "WEBHOOKS_UPDATE", o);
	json_object_put(o);
}

void
route_hook_new(struct rest_call *c)
{
	json_object *body = rest_form_object(c);
	struct world_channel ch;
	struct hook *h;
	const char *name;

	if (body == NULL || !rest_msg_channel(c, c->id[0], &ch))
		return;
	name = rest_form_string(c, body, "name", 1, 80);
	if (name == NULL && c->errors == NULL)
		rest_form_error(
		    c, "name", "BASE_TYPE_REQUIRED", "This field is required");
	rest_form_image(c, body, "avatar", true);
	if (rest_form_refused(c))
		return;
	if (ch.guild == WORLD_NOWHERE) {
		rest_reply_error(c, REST_DM_ACTION);
		return;
	}
	h = rest_hook_count(c->rest, ch.id) >= HOOKS_PER_CHANNEL
		? NULL
		: rest_hook_new(c->rest, ch.id, name);
	if (h == NULL) {
		rest_reply_error(c, REST_TOO_MANY_HOOKS);
		return;
	}
	announce(c, &ch);
	rest_reply(c, 200, rest_hook_json(c, h));
}

void
route_hook_get(struct rest_call *c)
{
	struct owner o;

	if (!owner_of(c, &o))
		return;
	if (o.hook == NULL)
		rest_reply_error(c, REST_UNKNOWN_WEBHOOK);
	else
		rest_reply(c, 200, rest_hook_json(c, o.hook));
}

void
route_hook_drop(struct rest_call *c)
{
	struct owner o;

	if (!owner_of(c, &o))
		return;
	if (o.hook == NULL) {
		rest_reply_error(c, REST_UNKNOWN_WEBHOOK);
		return;
	}
	announce(c, &o.ch);
	o.hook->id = 0;
	rest_reply_none(c);
}

/* The author shown: of a webhook its own name, or the one the form gives. */
static json_object *
author(struct rest_call *c, const struct owner *o, json_object *body)
{
	json_object *u, *name = rest_form_get(body, "username");

	if (o->live != NULL)
		return json_tokener_parse(world_user_json(c->w, WORLD_BOT));
	u = json_object_new_object();
	json_object_object_add(u, "id", rest_json_id(o->hook->id));
	json_object_object_add(u, "username",
	    name ? json_object_get(name)
		 : json_object_new_string(o->hook->name));
	json_object_object_add(u, "avatar", NULL);
	json_object_object_add(
	    u, "discriminator", json_object_new_string("0000"));
	json_object_object_add(u, "public_flags", json_object_new_int(0));
	json_object_object_add(u, "flags", json_object_new_int(0));
	json_object_object_add(u, "bot", json_object_new_boolean(true));
	json_object_object_add(u, "global_name", NULL);
	return u;
}

/* A follow-up right after "deferred" fills the placeholder instead. */
static struct world_msg *
placeholder(struct rest_call *c, const struct owner *o)
{
	struct world_msg *m;
	json_object *msg;
	int flags;

	m = o->live && o->live->original
		? world_msg_find(c->w, o->live->original)
		: NULL;
	if (m == NULL)
		return NULL;
	msg = world_render_msg(c->w, m);
	flags = json_object_get_int(rest_form_get(msg, "flags"));
	json_object_put(msg);
	return flags & REST_MSG_LOADING ? m : NULL;
}

static bool
wants_message(struct rest_call *c, const struct owner *o)
{
	return o->live != NULL || rest_body_true(c, "wait");
}

void
route_hook_post(struct rest_call *c)
{
	json_object *body = rest_form_object(c);
	struct rest_author by = {0};
	struct world_msg *m;
	struct owner o;

	if (body == NULL || !owner_of(c, &o))
		return;
	json_object_object_del(body, "message_reference");
	(void)rest_form_string(c, body, "username", 1, 80);
	if (!rest_msg_check(c, body, false))
		return;
	m = placeholder(c, &o);
	if (m != NULL)
		rest_msg_edit(c, m, body);
	else {
		by.user = author(c, &o, body);
		by.webhook = c->id[0];
		by.extra = o.live != NULL ? json_object_new_object() : NULL;
		if (o.live != NULL)
			json_object_object_add(by.extra,
			    "interaction_metadata",
			    rest_hook_metadata(c, o.live));
		m = rest_msg_post(c, &o.ch, body, &by);
		json_object_put(by.extra);
		json_object_put(by.user);
	}
	if (wants_message(c, &o))
		rest_msg_reply(c, m);
	else
		rest_reply_none(c);
}

/* The message the path names, posted through this token; or an answer. */
static struct world_msg *
message_of(struct rest_call *c, struct owner *o)
{
	struct world_msg *m = NULL;
	uint64_t id = 0;

	if (!owner_of(c, o))
		return NULL;
	if (strcmp(c->word[1], "@original") == 0)
		id = o->live ? o->live->original : 0;
	else
		(void)str_to_u64(c->word[1], &id);
	if (id != 0)
		m = world_msg_find(c->w, id);
	if (m != NULL && m->channel == o->ch.id && m->user == WORLD_BOT)
		return m;
	rest_reply_error(c, REST_UNKNOWN_MESSAGE);
	return NULL;
}

void
route_hook_msg_get(struct rest_call *c)
{
	struct owner o;
	struct world_msg *m = message_of(c, &o);

	if (m != NULL)
		rest_msg_reply(c, m);
}

void
route_hook_msg_edit(struct rest_call *c)
{
	json_object *body = rest_form_object(c);
	struct world_msg *m;
	struct owner o;

	if (body == NULL || (m = message_of(c, &o)) == NULL ||
	    !rest_msg_check(c, body, true))
		return;
	rest_msg_edit(c, m, body);
	rest_msg_reply(c, m);
}

void
route_hook_msg_drop(struct rest_call *c)
{
	struct owner o;
	struct world_msg *m = message_of(c, &o);

	if (m == NULL)
		return;
	rest_msg_delete(c, m);
	rest_reply_none(c);
}
