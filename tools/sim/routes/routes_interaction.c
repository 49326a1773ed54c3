/* SPDX-License-Identifier: MIT */
/*
 * The one answer an interaction takes, within three seconds, of a type that
 * fits to what it is (discord-protocol.md section 7.3).
 */
#include "tools/sim/routes/routes.h"

#include "tools/sim/rest/rest_component.h"
#include "tools/sim/world/world_interaction.h"
#include "tools/sim/world/app.h"
#include "tools/sim/world/user.h"

#include "shared/base/clock.h"

#include <string.h>

enum callback_type {
	CALLBACK_MESSAGE = 4,
	CALLBACK_DEFERRED = 5,
	CALLBACK_DEFERRED_UPDATE = 6,
	CALLBACK_UPDATE = 7,
	CALLBACK_CHOICES = 8,
	CALLBACK_MODAL = 9,
};

#define CHOICES_MAX 25

/* What each kind takes, as Discord says it. */
static const struct {
	int types[8]; /* 0-ended */
	const char *words;
} takes[] = {
    [INTERACTION_COMMAND] = {{4, 5, 9}, "{4, 5, 9}"},
    [INTERACTION_COMPONENT] = {{4, 5, 6, 7, 9}, "{4, 5, 6, 7, 9}"},
    [INTERACTION_AUTOCOMPLETE] = {{8}, "{8}"},
    [INTERACTION_MODAL] = {{4, 5, 6, 7}, "{4, 5, 6, 7}"},
};

/* A modal that no message opened has no message to change. */
static bool
taken(const struct world_interaction *i, int64_t type)
{
	if (i->type == INTERACTION_MODAL && i->message == 0
	    && type == CALLBACK_UPDATE)
		return false;
	for (const int *t = takes[i->type].types; *t != 0; t++)
		if (*t == type)
			return true;
	return false;
}

/* The interaction of the path while it may be answered; or an answer. */
static struct world_interaction *
answerable(struct rest_call *c)
{
	struct world_interaction *i = world_interaction_find(c->w, c->id[0]);
	struct world_interactions *n = world_interaction_counts(c->w);
	struct world_channel ch;

	if (i == NULL || strcmp(i->token, c->word[0]) != 0) {
		rest_reply_error(c, REST_UNKNOWN_INTERACTION);
	} else if (i->answered) {
		n->twice++;
		rest_reply_error(c, REST_ACKNOWLEDGED);
	} else if (clock_boot_ms() - i->made_ms > WORLD_INTERACTION_MS) {
		n->late++;
		rest_reply_error(c, REST_UNKNOWN_INTERACTION);
	} else if (!world_channel_find(c->w, i->channel, &ch)) {
		rest_reply_error(c, REST_UNKNOWN_CHANNEL);
	} else {
		c->app = i->bot;
		c->bot = user_bot(c->w, c->app);
		return i;
	}
	return NULL;
}

static void
modal_check(struct rest_call *c, json_object *data)
{
	size_t was;

	if (!json_object_is_type(data, json_type_object)) {
		rest_form_required(c, "data");
		return;
	}
	was = rest_form_enter(c, "data");
	rest_component_modal(c, data);
	rest_form_leave(c, was);
}

static void
choices_check(struct rest_call *c, json_object *data)
{
	json_object *list = jso_get(data, "choices");
	size_t n;

	if (!json_object_is_type(list, json_type_array)) {
		rest_form_required(c, "data.choices");
		return;
	}
	n = json_object_array_length(list);
	if (n > CHOICES_MAX)
		rest_form_error(c, "data.choices", "BASE_TYPE_BAD_LENGTH",
		    "Must be %d or fewer in length.", CHOICES_MAX);
	for (size_t i = 0; i < n; i++) {
		json_object *o = json_object_array_get_idx(list, i);
		json_object *name = jso_get(o, "name");

		if (!json_object_is_type(name, json_type_string)
		    || jso_get(o, "value") == NULL)
			rest_form_error(c, "data.choices", "BASE_TYPE_REQUIRED",
			    "name and value are required");
	}
}

/* Is the answer of a type and shape that this interaction takes? */
static bool
form_check(struct rest_call *c, const struct world_interaction *i,
    json_object *body, int64_t *type)
{
	json_object *data = jso_get(body, "data");

	if (!rest_form_int(c, body, "type", 1, 12, type)) {
		if (c->errors == NULL)
			rest_form_required(c, "type");
	} else if (!taken(i, *type))
		rest_form_error(c, "type", "BASE_TYPE_CHOICES",
		    "Value must be one of %s.", takes[i->type].words);
	else if (*type == CALLBACK_MODAL)
		modal_check(c, data);
	else if (*type == CALLBACK_CHOICES)
		choices_check(c, data);
	if (rest_form_refused(c))
		return false;
	if (*type != CALLBACK_MESSAGE && *type != CALLBACK_UPDATE)
		return true;
	if (json_object_is_type(data, json_type_object)) {
		size_t was = rest_form_enter(c, "data");
		bool right = rest_msg_check(c, data, *type == CALLBACK_UPDATE);

		rest_form_leave(c, was);
		return right;
	}
	rest_form_required(c, "data");
	return !rest_form_refused(c);
}

/* Posts the answer, or the placeholder of a deferred one. */
static struct world_msg *
post_answer(struct rest_call *c, const struct world_interaction *i,
    json_object *data, int64_t type)
{
	struct rest_author by = {.webhook = app_id(c->w, c->bot)};
	json_object *form = data ? json_object_get(data)
				 : json_object_new_object();
	struct world_channel ch;
	struct world_msg *m;
	int flags;

	must(world_channel_find(c->w, i->channel, &ch));
	if (type == CALLBACK_DEFERRED) {
		flags = json_object_get_int(jso_get(form, "flags"));
		json_object_put(form);
		form = json_object_new_object();
		jso_set_int(form, "flags",
		    (flags & REST_MSG_EPHEMERAL) | REST_MSG_LOADING);
	}
	json_object_object_del(form, "message_reference");
	by.extra = json_object_new_object();
	jso_set_int(by.extra, "type", 20);
	jso_set_id(by.extra, "application_id", app_id(c->w, c->bot));
	jso_set(by.extra, "interaction_metadata",
	    world_interaction_metadata(c->w, i));
	m = rest_msg_post(c, &ch, form, &by);
	json_object_put(by.extra);
	json_object_put(form);
	return m;
}

static void
reply_resource(struct rest_call *c, const struct world_interaction *i,
    int64_t type, const struct world_msg *m)
{
	json_object *o = json_object_new_object();
	json_object *in = json_object_new_object();
	json_object *res = json_object_new_object();

	jso_set_id(in, "id", i->id);
	jso_set_int(in, "type", i->type);
	if (m != NULL) {
		jso_set_id(in, "response_message_id", m->id);
		jso_set_bool(in, "response_message_loading",
		    type == CALLBACK_DEFERRED);
		jso_set_bool(in, "response_message_ephemeral", m->hidden);
	}
	jso_set_int(res, "type", type);
	if (m != NULL)
		jso_set(res, "message", world_render_msg(c->w, m));
	jso_set(o, "interaction", in);
	jso_set(o, "resource", res);
	rest_reply(c, 200, o);
}

/* What the answer does to messages; the one it is about, or NULL. */
static struct world_msg *
carry_out(struct rest_call *c, struct world_interaction *i, json_object *data,
    int64_t type)
{
	struct world_msg *m = NULL;

	if (type == CALLBACK_MESSAGE || type == CALLBACK_DEFERRED)
		m = post_answer(c, i, data, type);
	else if (i->message != 0
	    && (type == CALLBACK_UPDATE || type == CALLBACK_DEFERRED_UPDATE))
		m = world_msg_find(c->w, i->message);
	if (m != NULL && type == CALLBACK_UPDATE)
		rest_msg_edit(c, m, data);
	if (m != NULL)
		i->original = m->id;
	return m;
}

static void
callback(struct rest_call *c)
{
	json_object *body = rest_form_object(c);
	struct world_interaction *i;
	struct world_msg *m;
	int64_t type = 0;

	if (body == NULL || (i = answerable(c)) == NULL)
		return;
	if (!form_check(c, i, body, &type)) {
		world_interaction_counts(c->w)->wrong++;
		return;
	}
	i->answered = true;
	i->callback = (int)type;
	if (type == CALLBACK_MODAL || type == CALLBACK_CHOICES)
		i->shown = json_object_get(jso_get(body, "data"));
	if (type == CALLBACK_MODAL)
		str_copy(i->modal,
		    jso_get_text(jso_get(body, "data"), "custom_id"),
		    sizeof(i->modal));
	world_interaction_counts(c->w)->answered++;
	m = carry_out(c, i, jso_get(body, "data"), type);
	if (rest_body_true(c, "with_response"))
		reply_resource(c, i, type, m);
	else
		rest_reply_none(c);
}

const struct route routes_interaction[] = {
    {"POST", "/interactions/:interaction_id/*/callback", callback, LIMIT_NONE,
	ROUTE_TOKEN},
    {0},
};
