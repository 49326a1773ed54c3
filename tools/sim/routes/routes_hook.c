/* SPDX-License-Identifier: MIT */
/*
 * /webhooks: webhooks of channels, and what an interaction's token opens: its
 * first answer ("@original") and follow-ups.
 */
#include "tools/sim/routes/routes.h"

#include "tools/sim/world/world_hook.h"
#include "tools/sim/world/world_interaction.h"

#include <string.h>

/* Who the token in the path belongs to; neither after an answer. */
struct owner {
	struct world_hook *hook;
	struct world_interaction *live;
	struct world_channel ch;
};

static bool
owner_of(struct rest_call *c, struct owner *o)
{
	uint64_t channel;

	*o = (struct owner) {0};
	if (c->id[0] == world_app_id(c->w)) {
		o->live = world_interaction_by_token(c->w, c->word[0]);
		/* Its webhook exists with the first answer only. */
		if (o->live == NULL || !o->live->answered) {
			rest_reply_error(c,
			    o->live ? REST_UNKNOWN_WEBHOOK
				    : REST_BAD_HOOK_TOKEN);
			return false;
		}
		channel = o->live->channel;
	} else {
		o->hook = world_hook_find(c->w, c->id[0]);
		if (o->hook == NULL
		    || strcmp(o->hook->token, c->word[0]) != 0) {
			rest_reply_error(c,
			    o->hook ? REST_BAD_HOOK_TOKEN
				    : REST_UNKNOWN_WEBHOOK);
			return false;
		}
		channel = o->hook->channel;
	}
	return rest_msg_channel(c, channel, &o->ch);
}

static void
hook_list(struct rest_call *c)
{
	struct world_channel ch;

	if (rest_msg_channel(c, c->id[0], &ch))
		rest_reply(c, 200, world_hook_list(c->w, ch.id));
}

static void
announce(struct rest_call *c, const struct world_channel *ch)
{
	json_object *o = json_object_new_object();

	jso_set_id(o, "guild_id", world_guild_id(c->w, ch->guild));
	jso_set_id(o, "channel_id", ch->id);
	gateway_emit_json(c->sim, ch->guild, "WEBHOOKS_UPDATE", o);
	json_object_put(o);
}

static void
hook_new(struct rest_call *c)
{
	json_object *body = rest_form_object(c);
	struct world_channel ch;
	struct world_hook *h;
	const char *name;

	if (body == NULL || !rest_msg_channel(c, c->id[0], &ch))
		return;
	name = rest_form_string(c, body, "name", 1, 80);
	if (name == NULL && c->errors == NULL)
		rest_form_required(c, "name");
	rest_form_image(c, body, "avatar", true);
	if (rest_form_refused(c))
		return;
	if (ch.guild == WORLD_NOWHERE) {
		rest_reply_error(c, REST_DM_ACTION);
		return;
	}
	h = world_hook_new(c->w, ch.id, name);
	if (h == NULL) {
		rest_reply_error(c, REST_TOO_MANY_HOOKS);
		return;
	}
	announce(c, &ch);
	rest_reply(c, 200, world_hook_render(c->w, h));
}

/* The path's webhook, and not an interaction's token; or an answer. */
static struct world_hook *
hook_of(struct rest_call *c, struct owner *o)
{
	if (!owner_of(c, o))
		return NULL;
	if (o->hook == NULL)
		rest_reply_error(c, REST_UNKNOWN_WEBHOOK);
	return o->hook;
}

static void
hook_get(struct rest_call *c)
{
	struct owner o;

	if (hook_of(c, &o) != NULL)
		rest_reply(c, 200, world_hook_render(c->w, o.hook));
}

static void
hook_drop(struct rest_call *c)
{
	struct owner o;

	if (hook_of(c, &o) == NULL)
		return;
	announce(c, &o.ch);
	o.hook->id = 0;
	rest_reply_none(c);
}

/* The author shown: of a webhook its own name, or the one the form gives; NULL
 * is the bot. */
static json_object *
author(struct rest_call *c, const struct owner *o, json_object *body)
{
	json_object *u, *name = jso_get(body, "username");

	if (o->live != NULL)
		return NULL;
	u = json_object_new_object();
	jso_set_id(u, "id", o->hook->id);
	jso_set(u, "username",
	    name ? json_object_get(name)
		 : json_object_new_string(o->hook->name));
	jso_set(u, "avatar", NULL);
	jso_set_text(u, "discriminator", "0000");
	jso_set_int(u, "public_flags", 0);
	jso_set_int(u, "flags", 0);
	jso_set_bool(u, "bot", true);
	jso_set(u, "global_name", NULL);
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
	flags = json_object_get_int(jso_get(msg, "flags"));
	json_object_put(msg);
	return flags & REST_MSG_LOADING ? m : NULL;
}

static void
hook_post(struct rest_call *c)
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
			jso_set(by.extra, "interaction_metadata",
			    world_interaction_metadata(c->w, o.live));
		m = rest_msg_post(c, &o.ch, body, &by);
		json_object_put(by.extra);
		json_object_put(by.user);
	}
	if (o.live != NULL || rest_body_true(c, "wait"))
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

static void
hook_msg_get(struct rest_call *c)
{
	struct owner o;
	struct world_msg *m = message_of(c, &o);

	if (m != NULL)
		rest_msg_reply(c, m);
}

static void
hook_msg_edit(struct rest_call *c)
{
	json_object *body = rest_form_object(c);
	struct world_msg *m;
	struct owner o;

	if (body == NULL || (m = message_of(c, &o)) == NULL
	    || !rest_msg_check(c, body, true))
		return;
	rest_msg_edit(c, m, body);
	rest_msg_reply(c, m);
}

static void
hook_msg_drop(struct rest_call *c)
{
	struct owner o;
	struct world_msg *m = message_of(c, &o);

	if (m == NULL)
		return;
	rest_msg_delete(c, m);
	rest_reply_none(c);
}

const struct route routes_hook[] = {
    {"GET", "/channels/:channel_id/webhooks", hook_list, LIMIT_CHANNEL},
    {"POST", "/channels/:channel_id/webhooks", hook_new, LIMIT_CHANNEL_EDIT},
    {"GET", ROUTE_HOOK, hook_get, LIMIT_WEBHOOK, ROUTE_OPEN},
    {"DELETE", ROUTE_HOOK, hook_drop, LIMIT_WEBHOOK, ROUTE_OPEN},
    {"POST", ROUTE_HOOK, hook_post, LIMIT_WEBHOOK, ROUTE_TOKEN},
    {"GET", ROUTE_HOOK "/messages/*", hook_msg_get, LIMIT_WEBHOOK, ROUTE_TOKEN},
    {"PATCH", ROUTE_HOOK "/messages/*", hook_msg_edit, LIMIT_WEBHOOK,
	ROUTE_TOKEN},
    {"DELETE", ROUTE_HOOK "/messages/*", hook_msg_drop, LIMIT_WEBHOOK,
	ROUTE_TOKEN},
    {0},
};
