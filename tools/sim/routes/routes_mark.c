/* SPDX-License-Identifier: MIT */
/*
 * What is done to a message after it was sent: pins (both generations of
 * routes), a poll's voters and its end, publishing to followers.
 */
#include "tools/sim/routes/routes.h"

#include "tools/sim/act/act_poll.h"
#include "tools/sim/act/act_react.h"
#include "tools/sim/world/user.h"
#include "tools/sim/world/world_hook.h"

#include <stdlib.h>
#include <string.h>

#define PINS_PAGE 50

enum message_type {
	MESSAGE_PINNED = 6,
	MESSAGE_POLL_RESULT = 46,
};

/* ---- pins ---------------------------------------------------------------- */

/* The newest pin's time into the channel, and the event. */
static void
pins_told(struct rest_call *c, const struct world_channel *ch)
{
	json_object *pins = world_mark_pins(c->w, ch->id), *last = NULL;
	json_object *o = json_object_new_object();

	if (pins != NULL) {
		json_object_object_foreach (pins, id, when) {
			(void)id;
			last = when;
		}
	}
	if (ch->doc != NULL) {
		guild_change(guild_at(c->w, ch->guild));
		jso_set(ch->doc, "last_pin_timestamp", json_object_get(last));
		jso_set_id(o, "guild_id", world_guild_id(c->w, ch->guild));
	}
	jso_set_id(o, "channel_id", ch->id);
	jso_set(o, "last_pin_timestamp", json_object_get(last));
	gateway_emit_json(c->sim, ch->guild, "CHANNEL_PINS_UPDATE", o);
	json_object_put(o);
}

/* An entry of type for the message's author. */
static void
audit(struct rest_call *c, const struct world_msg *m, int type)
{
	json_object *options = json_object_new_object();

	if (m->guild == WORLD_NOWHERE) {
		json_object_put(options);
		return;
	}
	jso_set_id(options, "channel_id", m->channel);
	jso_set_id(options, "message_id", m->id);
	rest_guild_audit_with(c, guild_at(c->w, m->guild), type,
	    user_id(c->w, m->user), NULL, options);
}

/* Says in the message itself whether it is pinned. */
static void
pinned_set(struct rest_call *c, struct world_msg *wm, bool pinned)
{
	json_object *m = world_render_msg(c->w, wm);

	jso_set_bool(m, "pinned", pinned);
	rest_msg_update(c, wm, m);
	json_object_put(m);
}

static void
pin_say(struct rest_call *c, const struct world_channel *ch, uint64_t message)
{
	json_object *extra = json_object_new_object();
	json_object *ref = json_object_new_object();

	jso_set_int(ref, "type", 0);
	jso_set_id(ref, "message_id", message);
	jso_set_id(ref, "channel_id", ch->id);
	if (ch->guild != WORLD_NOWHERE)
		jso_set_id(ref, "guild_id", world_guild_id(c->w, ch->guild));
	jso_set(extra, "message_reference", ref);
	(void)rest_msg_system(c, ch, MESSAGE_PINNED, extra);
	json_object_put(extra);
}

/* Not what Discord itself says: only plain ones, answers and commands'. */
static bool
is_system(struct rest_call *c, const struct world_msg *wm)
{
	static const int plain[] = {0, 19, 20, 23};
	json_object *m = world_render_msg(c->w, wm);
	int type = json_object_get_int(jso_get(m, "type"));

	json_object_put(m);
	for (size_t i = 0; i < nitems(plain); i++)
		if (type == plain[i])
			return false;
	return true;
}

/* The path's message, where the bot may pin. */
static struct world_msg *
pinnable(struct rest_call *c, struct world_channel *ch)
{
	struct world_msg *m = rest_msg_find(c, c->id[0], c->id[1]);

	if (m == NULL || !world_channel_find(c->w, m->channel, ch)
	    || !rest_guild_may_in(c, ch, PERM_PIN_MESSAGES)
	    || !rest_msg_open(c, ch->id))
		return NULL;
	if (!is_system(c, m))
		return m;
	rest_reply_error(c, REST_SYSTEM_MESSAGE);
	return NULL;
}

static void
pin_put(struct rest_call *c)
{
	struct world_channel ch;
	struct world_msg *m = pinnable(c, &ch);
	enum world_marked done;

	if (m == NULL)
		return;
	done = world_mark_pin(c->w, ch.id, m->id);
	if (done == WORLD_MARKED_FULL) {
		rest_reply_error(c, REST_TOO_MANY_PINS);
		return;
	}
	if (done == WORLD_MARKED_NEW) {
		pinned_set(c, m, true);
		pins_told(c, &ch);
		audit(c, m, ACT_MESSAGE_PIN);
		pin_say(c, &ch, m->id);
	}
	rest_reply_none(c);
}

static void
pin_drop(struct rest_call *c)
{
	struct world_channel ch;
	struct world_msg *m = pinnable(c, &ch);

	if (m == NULL)
		return;
	if (world_mark_unpin(c->w, ch.id, m->id)) {
		pinned_set(c, m, false);
		pins_told(c, &ch);
		audit(c, m, ACT_MESSAGE_UNPIN);
	}
	rest_reply_none(c);
}

struct pin {
	struct world_msg *m;
	const char *when; /* borrowed */
};

/* A channel's pins that are still there, newest first; how many. */
static size_t
pins_of(struct rest_call *c, uint64_t channel, struct pin *out)
{
	json_object *pins = world_mark_pins(c->w, channel);
	size_t n = 0;

	if (pins == NULL)
		return 0;
	json_object_object_foreach (pins, id, when) {
		struct world_msg *m = world_msg_find(c->w,
		    strtoull(id, NULL, 10));

		if (m != NULL)
			out[n++] = (struct pin) {m,
			    json_object_get_string(when)};
	}
	for (size_t i = 0; i < n / 2; i++) {
		struct pin swap = out[i];

		out[i] = out[n - 1 - i];
		out[n - 1 - i] = swap;
	}
	return n;
}

/* The channel of the path; of which nothing is read without the history. */
static bool
pins_seen(struct rest_call *c, struct pin *pin, size_t *n)
{
	struct world_channel ch;

	if (!rest_msg_channel(c, c->id[0], &ch))
		return false;
	*n = perm_channel(c->w, &ch, c->bot) & PERM_READ_MESSAGE_HISTORY
	    ? pins_of(c, ch.id, pin)
	    : 0;
	return true;
}

static void
pins_list(struct rest_call *c)
{
	struct pin pin[WORLD_MARK_PINS];
	json_object *list;
	size_t n;

	if (!pins_seen(c, pin, &n))
		return;
	list = json_object_new_array();
	for (size_t i = 0; i < n; i++)
		json_object_array_add(list, rest_msg_show(c, pin[i].m));
	rest_reply(c, 200, list);
}

/* before: a time; texts of one form compare as times do. */
static void
pins_page(struct rest_call *c)
{
	uint64_t limit = rest_body_query(c, "limit", PINS_PAGE);
	const char *before = rest_body_text(c, "before");
	struct pin pin[WORLD_MARK_PINS];
	json_object *o, *list;
	size_t n, i = 0;

	if (limit < 1 || limit > PINS_PAGE) {
		rest_form_error(c, "limit", "NUMBER_TYPE_RANGE",
		    "int value should be between 1 and %d.", PINS_PAGE);
		(void)rest_form_refused(c);
		return;
	}
	if (!pins_seen(c, pin, &n))
		return;
	list = json_object_new_array();
	while (i < n && before != NULL && strncmp(pin[i].when, before, 19) >= 0)
		i++;
	for (; i < n && json_object_array_length(list) < limit; i++) {
		json_object *item = json_object_new_object();

		jso_set_text(item, "pinned_at", pin[i].when);
		jso_set(item, "message", rest_msg_show(c, pin[i].m));
		json_object_array_add(list, item);
	}
	o = json_object_new_object();
	jso_set(o, "items", list);
	jso_set_bool(o, "has_more", i < n);
	rest_reply(c, 200, o);
}

/* ---- polls --------------------------------------------------------------- */

static void
poll_voters(struct rest_call *c)
{
	struct world_msg *wm = rest_msg_find(c, c->id[0], c->id[1]);
	json_object *m, *poll, *users, *o;
	bool there;

	if (wm == NULL)
		return;
	m = world_render_msg(c->w, wm);
	poll = jso_get(m, "poll");
	there = poll != NULL && c->id[2] >= 1
	    && c->id[2] <= json_object_array_length(jso_get(poll, "answers"));
	json_object_put(m);
	if (!there) {
		rest_form_error(c, "answer_id", "BASE_TYPE_CHOICES",
		    "That message has no such answer.");
		(void)rest_form_refused(c);
		return;
	}
	users = rest_msg_users(c,
	    world_mark_voters(c->w, wm->id, (unsigned)c->id[2]));
	if (users == NULL)
		return;
	o = json_object_new_object();
	jso_set(o, "users", users);
	rest_reply(c, 200, o);
}

/* The message with the result, which refers to the poll's. */
static void
poll_result(struct rest_call *c, const struct world_msg *wm, json_object *m)
{
	json_object *extra = json_object_new_object();
	json_object *ref = json_object_new_object();
	json_object *embeds = json_object_new_array();
	struct world_channel ch;

	must(world_channel_find(c->w, wm->channel, &ch));
	json_object_array_add(embeds, act_poll_result(c->w, wm, m));
	jso_set(extra, "embeds", embeds);
	jso_set_int(ref, "type", 0);
	jso_set_id(ref, "message_id", wm->id);
	jso_set_id(ref, "channel_id", wm->channel);
	jso_set(extra, "message_reference", ref);
	(void)rest_msg_system(c, &ch, MESSAGE_POLL_RESULT, extra);
	json_object_put(extra);
}

static void
poll_expire(struct rest_call *c)
{
	struct world_msg *wm = rest_msg_find(c, c->id[0], c->id[1]);
	json_object *m, *poll;

	if (wm == NULL)
		return;
	m = world_render_msg(c->w, wm);
	poll = jso_get(m, "poll");
	if (poll == NULL) {
		rest_reply_error(c, REST_NO_POLL);
	} else if (wm->user != c->bot) {
		rest_reply_error(c, REST_NOT_AUTHOR);
	} else if (act_poll_ended(poll)) {
		rest_reply_error(c, REST_POLL_ENDED);
	} else {
		jso_set_text(poll, "expiry", world_render_now(c->w));
		rest_msg_update(c, wm, m);
		poll_result(c, wm, m);
		rest_msg_reply(c, wm);
	}
	json_object_put(m);
}

/* ---- publishing ---------------------------------------------------------- */

/* A copy in the channel of one follower, in the webhook's name. */
static void
follower_post(struct rest_call *c, json_object *hook, json_object *m)
{
	json_object *extra = json_object_new_object();
	json_object *ref = json_object_new_object();
	struct rest_author by = {.extra = extra};
	struct world_channel ch;

	if (!world_channel_find(c->w, jso_get_id(hook, "channel_id"), &ch)) {
		json_object_put(extra);
		json_object_put(ref);
		return;
	}
	by.webhook = jso_get_id(hook, "id");
	by.user = world_hook_author(hook, NULL);
	jso_set_int(ref, "type", 0);
	jso_set_text(ref, "message_id", jso_get_text(m, "id"));
	jso_set_text(ref, "channel_id", jso_get_text(m, "channel_id"));
	jso_set_text(ref, "guild_id",
	    jso_get_text(jso_get(hook, "source_guild"), "id"));
	jso_set(extra, "message_reference", ref);
	jso_set_int(extra, "flags", REST_MSG_IS_CROSSPOST);
	rest_form_copy(extra, m,
	    (const char *const[]) {"content", "embeds", "attachments",
		"components", NULL});
	(void)rest_msg_post(c, &ch, extra, &by);
	json_object_put(by.user);
	json_object_put(extra);
}

static void
followers_told(struct rest_call *c, const struct world_channel *ch,
    json_object *m)
{
	json_object *hooks = world_hook_followers(c->w, ch);

	for (size_t i = 0; i < json_object_array_length(hooks); i++)
		follower_post(c, json_object_array_get_idx(hooks, i), m);
	json_object_put(hooks);
}

static void
crosspost(struct rest_call *c)
{
	struct world_msg *wm = rest_msg_find(c, c->id[0], c->id[1]);
	struct world_channel ch;
	json_object *m;
	int flags;

	if (wm == NULL || !world_channel_find(c->w, wm->channel, &ch)
	    || !rest_guild_may_in(c, &ch,
		PERM_SEND_MESSAGES
		    | (wm->user == c->bot ? 0 : PERM_MANAGE_MESSAGES)))
		return;
	m = world_render_msg(c->w, wm);
	flags = json_object_get_int(jso_get(m, "flags"));
	if (ch.type != 5) {
		rest_reply_error(c, REST_BAD_CHANNEL_TYPE);
	} else if (flags & REST_MSG_CROSSPOSTED) {
		rest_reply_error(c, REST_CROSSPOSTED);
	} else {
		jso_set_int(m, "flags", flags | REST_MSG_CROSSPOSTED);
		rest_msg_update(c, wm, m);
		followers_told(c, &ch, m);
		rest_msg_reply(c, wm);
	}
	json_object_put(m);
}

#define ROUTE_PINS "/channels/:channel_id/pins"
#define ROUTE_POLL "/channels/:channel_id/polls/:message_id"

const struct route routes_mark[] = {
    {"GET", ROUTE_PINS, pins_list, LIMIT_CHANNEL},
    {"PUT", ROUTE_PINS "/:message_id", pin_put, LIMIT_PIN},
    {"DELETE", ROUTE_PINS "/:message_id", pin_drop, LIMIT_PIN},
    {"GET", "/channels/:channel_id/messages/pins", pins_page, LIMIT_CHANNEL},
    {"PUT", "/channels/:channel_id/messages/pins/:message_id", pin_put,
	LIMIT_PIN},
    {"DELETE", "/channels/:channel_id/messages/pins/:message_id", pin_drop,
	LIMIT_PIN},
    {"GET", ROUTE_POLL "/answers/:answer_id", poll_voters, LIMIT_CHANNEL},
    {"POST", ROUTE_POLL "/expire", poll_expire, LIMIT_MESSAGE_EDIT},
    {"POST", ROUTE_MESSAGE "/crosspost", crosspost, LIMIT_CROSSPOST},
    {0},
};
