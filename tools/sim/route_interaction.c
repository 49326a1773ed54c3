/* SPDX-License-Identifier: MIT */
/*
 * Interactions: INTERACTION_CREATE with a live token, and the one answer it
 * takes within three seconds (discord-protocol.md section 7.3).
 */
#include "tools/sim/rest_hook.h"
#include "tools/sim/route.h"

#include "shared/clock.h"

#include <inttypes.h>
#include <string.h>

enum callback_type {
	CALLBACK_MESSAGE = 4,
	CALLBACK_DEFERRED = 5,
	CALLBACK_MODAL = 9,
};

static json_object *
command_data(struct sim *sim, const char *name, const char *text)
{
	json_object *d = json_object_new_object(), *list, *o;

	json_object_object_add(d, "type", json_object_new_int(1));
	json_object_object_add(d, "name", json_object_new_string(name));
	json_object_object_add(
	    d, "id", rest_json_id(world_snowflake(sim->world)));
	if (text == NULL)
		return d;
	if (text[0] == '[' && (list = json_tokener_parse(text)) != NULL) {
		json_object_object_add(d, "options", list);
		return d;
	}
	list = json_object_new_array();
	o = json_object_new_object();
	json_object_object_add(o, "type", json_object_new_int(3));
	json_object_object_add(o, "name", json_object_new_string("text"));
	json_object_object_add(o, "value", json_object_new_string(text));
	json_object_array_add(list, o);
	json_object_object_add(d, "options", list);
	return d;
}

/* d of INTERACTION_CREATE, as in tests/data/events. */
static json_object *
interaction_json(struct sim *sim, const struct hook_interaction *i,
    const struct world_channel *ch, json_object *data)
{
	struct world *w = sim->world;
	json_object *d = json_object_new_object(), *m, *guild;
	unsigned user = world_member(w, ch->guild, 0);

	m = world_render_member(w, ch->guild, user, true);
	json_object_object_add(
	    m, "permissions", json_object_new_string("2251799813685247"));
	guild = json_object_new_object();
	json_object_object_add(
	    guild, "id", rest_json_id(world_guild_id(w, ch->guild)));
	json_object_object_add(
	    guild, "locale", json_object_new_string("en-US"));
	json_object_object_add(d, "version", json_object_new_int(1));
	json_object_object_add(d, "type", json_object_new_int(2));
	json_object_object_add(d, "token", json_object_new_string(i->token));
	json_object_object_add(d, "member", m);
	json_object_object_add(d, "locale", json_object_new_string("en-US"));
	json_object_object_add(d, "id", rest_json_id(i->id));
	json_object_object_add(
	    d, "guild_locale", json_object_new_string("en-US"));
	json_object_object_add(
	    d, "guild_id", rest_json_id(world_guild_id(w, ch->guild)));
	json_object_object_add(d, "guild", guild);
	json_object_object_add(d, "entitlements", json_object_new_array());
	json_object_object_add(d, "data", data);
	json_object_object_add(d, "context", json_object_new_int(0));
	json_object_object_add(d, "channel_id", rest_json_id(ch->id));
	json_object_object_add(d, "channel", world_render_channel(w, ch));
	json_object_object_add(
	    d, "attachment_size_limit", json_object_new_int(10485760));
	json_object_object_add(
	    d, "application_id", rest_json_id(world_app_id(w)));
	json_object_object_add(
	    d, "app_permissions", json_object_new_string("442368"));
	return d;
}

uint64_t
rest_interaction_new(
    struct sim *sim, unsigned guild, const char *name, const char *text)
{
	struct hook_interaction *i;
	struct world_channel ch;
	json_object *d;

	world_talk_channel(sim->world, guild, 0, &ch);
	i = rest_hook_interaction_new(sim->rest, ch.id);
	if (i == NULL)
		return 0;
	d = interaction_json(sim, i, &ch, command_data(sim, name, text));
	rest_msg_emit(sim, guild, "INTERACTION_CREATE", d);
	json_object_put(d);
	return i->id;
}

/* The interaction of the path while it may be answered; or an answer. */
static struct hook_interaction *
answerable(struct rest_call *c)
{
	struct hook_interaction *i = rest_hook_interaction(c->rest, c->id[0]);

	if (i == NULL || strcmp(i->token, c->word[0]) != 0)
		rest_refuse(c, REST_UNKNOWN_INTERACTION);
	else if (i->answered)
		rest_refuse(c, REST_ACKNOWLEDGED);
	else if (clock_boot_ms() - i->made_ms > HOOK_ANSWER_MS)
		rest_refuse(c, REST_UNKNOWN_INTERACTION);
	else
		return i;
	return NULL;
}

/* A command takes a message, "deferred" or a modal. */
static bool
form_check(struct rest_call *c, json_object *body, int64_t *type)
{
	static const char *const need[] = {"custom_id", "title", "components"};
	json_object *data = rest_form_get(body, "data");

	if (!rest_form_int(c, body, "type", 1, 12, type)) {
		if (c->errors == NULL)
			rest_form_error(c, "type", "BASE_TYPE_REQUIRED",
			    "This field is required");
	} else if (*type != CALLBACK_MESSAGE && *type != CALLBACK_DEFERRED &&
		   *type != CALLBACK_MODAL)
		rest_form_error(c, "type", "BASE_TYPE_CHOICES",
		    "Value must be one of {4, 5, 9}.");
	for (size_t i = 0; *type == CALLBACK_MODAL && i < nitems(need); i++)
		if (rest_form_get(data, need[i]) == NULL)
			rest_form_error(c, "data", "BASE_TYPE_REQUIRED",
			    "%s is required", need[i]);
	if (rest_form_refused(c))
		return false;
	if (*type != CALLBACK_MESSAGE)
		return true;
	if (json_object_is_type(data, json_type_object))
		return rest_msg_check(c, data, false);
	rest_form_error(
	    c, "data", "BASE_TYPE_REQUIRED", "This field is required");
	return !rest_form_refused(c);
}

/* Posts the answer, or the placeholder of a deferred one. */
static struct world_msg *
post_answer(struct rest_call *c, const struct hook_interaction *i,
    json_object *data, int64_t type)
{
	struct rest_author by = {.webhook = world_app_id(c->w)};
	json_object *form =
	    data ? json_object_get(data) : json_object_new_object();
	struct world_channel ch;
	struct world_msg *m;
	int flags;

	must(world_channel_find(c->w, i->channel, &ch));
	if (type == CALLBACK_DEFERRED) {
		flags = json_object_get_int(rest_form_get(form, "flags"));
		json_object_put(form);
		form = json_object_new_object();
		json_object_object_add(form, "flags",
		    json_object_new_int(
			(flags & REST_MSG_EPHEMERAL) | REST_MSG_LOADING));
	}
	json_object_object_del(form, "message_reference");
	by.user = json_tokener_parse(world_user_json(c->w, WORLD_BOT));
	by.extra = json_object_new_object();
	json_object_object_add(by.extra, "type", json_object_new_int(20));
	json_object_object_add(
	    by.extra, "application_id", rest_json_id(world_app_id(c->w)));
	m = rest_msg_post(c, &ch, form, &by);
	json_object_put(by.extra);
	json_object_put(by.user);
	json_object_put(form);
	return m;
}

static void
reply_resource(struct rest_call *c, const struct hook_interaction *i,
    int64_t type, const struct world_msg *m)
{
	json_object *o = json_object_new_object();
	json_object *in = json_object_new_object();
	json_object *res = json_object_new_object();

	json_object_object_add(in, "id", rest_json_id(i->id));
	json_object_object_add(in, "type", json_object_new_int(2));
	json_object_object_add(
	    in, "response_message_id", m ? rest_json_id(m->id) : NULL);
	json_object_object_add(res, "type", json_object_new_int64(type));
	if (m != NULL)
		json_object_object_add(
		    res, "message", world_render_msg(c->w, m));
	json_object_object_add(o, "interaction", in);
	json_object_object_add(o, "resource", res);
	rest_reply(c, 200, o);
}

void
route_callback(struct rest_call *c)
{
	json_object *body = rest_form_object(c);
	struct hook_interaction *i;
	struct world_msg *m = NULL;
	int64_t type = 0;

	if (body == NULL || (i = answerable(c)) == NULL ||
	    !form_check(c, body, &type))
		return;
	i->answered = true;
	if (type != CALLBACK_MODAL) {
		m = post_answer(c, i, rest_form_get(body, "data"), type);
		i->original = m->id;
	}
	if (rest_body_true(c, "with_response"))
		reply_resource(c, i, type, m);
	else
		rest_reply_none(c);
}
