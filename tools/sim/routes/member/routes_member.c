/* SPDX-License-Identifier: MIT */
/* Members: edit, roles, kick, search. */

#include "tools/sim/routes/member/member.h"

#include "tools/sim/act/act_member.h"
#include "tools/sim/act/act_voice.h"

#include "shared/base/clock.h"

#include <string.h>
#include <strings.h>

#define TIMEOUT_MAX_MS (INT64_C(28) * 24 * 3600 * 1000)
#define NICK_MAX 32
#define BIO_MAX 190
#define ROLES_MAX 250
#define FLAG_BYPASSES_VERIFICATION 4 /* the only one a bot sets */

/* ---- may it? ---------------------------------------------------------- */

/* Each of the form needs its permission; `above`: and a higher role. */
static const struct {
	const char *key, *perm;
	bool above;
} need[] = {
    {"nick", "MANAGE_NICKNAMES", true},
    {"roles", "MANAGE_ROLES", false}, /* each role is looked at */
    {"mute", "MUTE_MEMBERS", false},
    {"deaf", "DEAFEN_MEMBERS", false},
    {"channel_id", "MOVE_MEMBERS", false},
    {"communication_disabled_until", "MODERATE_MEMBERS", true},
};

/* Who may do everything is not silenced. */
static bool
may_silence(struct rest_call *c, struct guild *g, unsigned user,
    json_object *body)
{
	if (jso_get(body, "communication_disabled_until") == NULL
	    || !(perm_guild(g, user) & PERM_ADMINISTRATOR))
		return true;
	rest_reply_error(c, REST_MISSING_PERMISSIONS);
	return false;
}

static bool
may_flag(struct rest_call *c, struct guild *g, json_object *body)
{
	uint64_t has = perm_guild(g, c->bot);
	uint64_t all = PERM_MODERATE_MEMBERS | PERM_KICK_MEMBERS
	    | PERM_BAN_MEMBERS;

	if (jso_get(body, "flags") == NULL
	    || (has & (PERM_MANAGE_GUILD | PERM_MANAGE_ROLES))
	    || (has & all) == all)
		return true;
	rest_reply_error(c, REST_MISSING_PERMISSIONS);
	return false;
}

static bool
may_edit(struct rest_call *c, struct guild *g, unsigned user, json_object *body)
{
	for (size_t i = 0; i < nitems(need); i++) {
		bool own = user == c->bot && strcmp(need[i].key, "nick") == 0;

		if (json_object_object_get_ex(body, need[i].key, NULL)
		    && (!rest_guild_may(c, g, perm_named(need[i].perm))
			|| (need[i].above && !own
			    && !rest_guild_above(c, g, user))))
			return false;
	}
	return may_silence(c, g, user, body) && may_flag(c, g, body);
}

/* May the bot give or take this role? */
static bool
may_role(struct rest_call *c, struct guild *g, const char *id)
{
	json_object *role = guild_get_key(g, GUILD_ROLES, id);

	if (role == NULL)
		rest_reply_error(c, REST_UNKNOWN_ROLE);
	else if (json_object_get_int(jso_get(role, "position")) == 0)
		rest_reply_error(c, REST_INVALID_ROLE);
	else if (json_object_get_boolean(jso_get(role, "managed")))
		rest_reply_error(c, REST_MISSING_PERMISSIONS);
	else
		return rest_guild_above_role(c, g, role);
	return false;
}

/* Every role that one list has and the other lacks. */
static bool
may_roles(struct rest_call *c, struct guild *g, unsigned user, json_object *to)
{
	json_object *m = guild_member(g, user), *was = jso_get(m, "roles");
	json_object *list[2] = {to, was};
	bool ok = true;

	for (int side = 0; ok && side < 2; side++)
		for (size_t i = 0;
		     ok && i < json_object_array_length(list[side]); i++) {
			json_object *id = json_object_array_get_idx(list[side],
			    i);
			bool both = false;

			for (size_t k = 0;
			     k < json_object_array_length(list[!side]); k++)
				both |= json_object_equal(id,
				    json_object_array_get_idx(list[!side], k));
			ok = both || may_role(c, g, json_object_get_string(id));
		}
	json_object_put(m);
	return ok;
}

/* ---- the form --------------------------------------------------------- */

static json_object *
nick(struct rest_call *c, json_object *body)
{
	const char *s = rest_form_string(c, body, "nick", 0, NICK_MAX);

	return s && *s != '\0' ? json_object_new_string(s) : NULL;
}

/* A time-out's end, NULL for none. */
static json_object *
until(struct rest_call *c, json_object *body)
{
	static const char key[] = "communication_disabled_until";
	int64_t ms, now = clock_wall_ms();

	if (!rest_form_time(c, body, key, &ms))
		return NULL;
	if (ms > now + TIMEOUT_MAX_MS) {
		rest_form_error(c, key,
		    "INVALID_COMMUNICATION_DISABLED_TIMESTAMP",
		    "Invalid communication disabled timestamp");
		return NULL;
	}
	return ms > now ? json_object_new_string(world_render_time(c->w, ms))
			: NULL;
}

static bool
has(json_object *body, const char *key)
{
	return json_object_object_get_ex(body, key, NULL);
}

/* What act_member_edit() takes; caller owns.  Notes errors. */
static json_object *
fields_of(struct rest_call *c, struct guild *g, unsigned user,
    json_object *body)
{
	json_object *f = json_object_new_object(), *m;
	int64_t flags;

	if (has(body, "nick"))
		jso_set(f, "nick", nick(c, body));
	if (has(body, "roles"))
		jso_set(f, "roles", rest_form_ids(c, body, "roles", ROLES_MAX));
	if (jso_get(body, "mute") != NULL)
		jso_set_bool(f, "mute", rest_form_bool(c, body, "mute", false));
	if (jso_get(body, "deaf") != NULL)
		jso_set_bool(f, "deaf", rest_form_bool(c, body, "deaf", false));
	if (has(body, "communication_disabled_until"))
		jso_set(f, "communication_disabled_until", until(c, body));
	if (rest_form_int(c, body, "flags", 0, INT32_MAX, &flags)) {
		m = guild_member(g, user);
		jso_set_int(f, "flags",
		    (json_object_get_int64(jso_get(m, "flags"))
			& ~(int64_t)FLAG_BYPASSES_VERIFICATION)
			| (flags & FLAG_BYPASSES_VERIFICATION));
		json_object_put(m);
	}
	return f;
}

/* ---- voice ------------------------------------------------------------ */

/* Where to: a voice channel of the guild that the bot sees and may enter. */
static bool
voice_target(struct rest_call *c, struct guild *g, uint64_t id)
{
	struct world_channel ch;

	if (!world_channel_find(c->w, id, &ch) || ch.guild != guild_index(g))
		rest_reply_error(c, REST_UNKNOWN_CHANNEL);
	else if (ch.type != 2 && ch.type != 13)
		rest_reply_error(c, REST_BAD_CHANNEL_TYPE);
	else
		return rest_guild_may_in(c, &ch,
		    PERM_CONNECT | PERM_MOVE_MEMBERS);
	return false;
}

/* Muting and moving need somebody in a voice channel. */
static bool
voice_ok(struct rest_call *c, struct guild *g, unsigned user, json_object *body,
    uint64_t channel)
{
	bool moves = has(body, "channel_id");

	if (!moves && jso_get(body, "mute") == NULL
	    && jso_get(body, "deaf") == NULL)
		return true;
	if (guild_get(g, GUILD_VOICE, user_id(c->w, user)) == NULL) {
		rest_reply_error(c, REST_NOT_IN_VOICE);
		return false;
	}
	return !moves || channel == 0 || voice_target(c, g, channel);
}

/* ---- calls ------------------------------------------------------------ */

static void
member_edit(struct rest_call *c)
{
	json_object *body = rest_form_object(c), *fields;
	struct guild *g;
	struct act a;
	unsigned user;
	uint64_t channel = 0;

	if (body == NULL || (g = rest_guild(c)) == NULL
	    || !rest_guild_member(c, g, c->id[1], &user))
		return;
	fields = fields_of(c, g, user, body);
	(void)rest_form_id(c, body, "channel_id", &channel);
	if (rest_form_refused(c) || !may_edit(c, g, user, body)
	    || (has(fields, "roles")
		&& !may_roles(c, g, user, jso_get(fields, "roles")))
	    || !voice_ok(c, g, user, body, channel)) {
		json_object_put(fields);
		return;
	}
	a = rest_guild_act(c, g);
	act_member_edit(&a, user, fields);
	if (has(body, "channel_id"))
		(void)act_voice_move(&a, user, channel);
	json_object_put(fields);
	rest_reply(c, 200, guild_member(g, user));
}

static void
edit_me(struct rest_call *c, struct guild *g, json_object *body)
{
	static const char *const image[] = {"avatar", "banner"};
	json_object *fields = json_object_new_object(), *v;
	struct act a = rest_guild_act(c, g);

	if (has(body, "nick"))
		jso_set(fields, "nick", nick(c, body));
	for (size_t i = 0; i < nitems(image); i++)
		if (json_object_object_get_ex(body, image[i], &v))
			jso_set(fields, image[i], rest_form_image_hash(v));
	act_member_edit(&a, c->bot, fields);
	json_object_put(fields);
}

/* The form is right and the bot may; else answered. */
static struct guild *
me_ok(struct rest_call *c, json_object *body)
{
	struct guild *g = rest_guild(c);

	if (g == NULL)
		return NULL;
	(void)rest_form_string(c, body, "nick", 0, NICK_MAX);
	(void)rest_form_string(c, body, "bio", 0, BIO_MAX);
	rest_form_image(c, body, "avatar", true);
	rest_form_image(c, body, "banner", true);
	if (rest_form_refused(c)
	    || (has(body, "nick")
		&& !rest_guild_may(c, g, PERM_CHANGE_NICKNAME)))
		return NULL;
	return g;
}

static void
member_edit_me(struct rest_call *c)
{
	json_object *body = rest_form_object(c);
	struct guild *g = body ? me_ok(c, body) : NULL;

	if (g == NULL)
		return;
	edit_me(c, g, body);
	rest_reply(c, 200, guild_member(g, c->bot));
}

/* The old way. */
static void
member_nick_me(struct rest_call *c)
{
	json_object *body = rest_form_object(c), *o, *m;
	struct guild *g = body ? me_ok(c, body) : NULL;

	if (g == NULL)
		return;
	edit_me(c, g, body);
	m = guild_member(g, c->bot);
	o = json_object_new_object();
	jso_set(o, "nick", json_object_get(jso_get(m, "nick")));
	json_object_put(m);
	rest_reply(c, 200, o);
}

static void
member_role(struct rest_call *c, bool on)
{
	struct guild *g = rest_guild(c);
	json_object *id;
	struct act a;
	unsigned user;
	bool ok;

	if (g == NULL || !rest_guild_member(c, g, c->id[1], &user)
	    || !rest_guild_may(c, g, PERM_MANAGE_ROLES))
		return;
	id = jso_id(c->id[2]);
	ok = may_role(c, g, json_object_get_string(id));
	json_object_put(id);
	if (!ok)
		return;
	a = rest_guild_act(c, g);
	act_member_role(&a, user, c->id[2], on);
	rest_reply_none(c);
}

static void
member_role_put(struct rest_call *c)
{
	member_role(c, true);
}

static void
member_role_delete(struct rest_call *c)
{
	member_role(c, false);
}

static void
member_kick(struct rest_call *c)
{
	struct guild *g = rest_guild(c);
	struct act a;
	unsigned user;

	if (g == NULL || !rest_guild_member(c, g, c->id[1], &user)
	    || !rest_guild_may(c, g, PERM_KICK_MEMBERS)
	    || !rest_guild_above(c, g, user))
		return;
	a = rest_guild_act(c, g);
	(void)act_member_kick(&a, user);
	rest_reply_none(c);
}

/* ---- search ----------------------------------------------------------- */

struct finding {
	json_object *list;
	const char *query;
	size_t most;
};

static bool
begins(const char *name, const char *query)
{
	return name != NULL && strncasecmp(name, query, strlen(query)) == 0;
}

static bool
find_named(void *arg, struct guild *g, unsigned user)
{
	struct finding *f = arg;
	json_object *m = guild_member(g, user), *u = jso_get(m, "user");

	if (begins(jso_get_text(u, "username"), f->query)
	    || begins(jso_get_text(u, "global_name"), f->query)
	    || begins(jso_get_text(m, "nick"), f->query))
		json_object_array_add(f->list, m);
	else
		json_object_put(m);
	return json_object_array_length(f->list) < f->most;
}

static void
member_search(struct rest_call *c)
{
	struct guild *g = rest_guild(c);
	struct finding f = {.query = rest_body_text(c, "query")};

	if (g == NULL)
		return;
	f.most = (size_t)rest_form_query(c, "limit", 1, 1000, 1);
	if (f.query == NULL || *f.query == '\0')
		rest_form_required(c, "query");
	if (rest_form_refused(c))
		return;
	f.list = json_object_new_array();
	guild_member_each(g, find_named, &f);
	rest_reply(c, 200, f.list);
}

#define ROUTE_MEMBER "/guilds/:guild_id/members/:user_id"

const struct route routes_member[] = {
    {"GET", "/guilds/:guild_id/members/search", member_search,
	LIMIT_MEMBER_SEARCH},
    {"PATCH", "/guilds/:guild_id/members/@me", member_edit_me,
	LIMIT_MEMBER_EDIT},
    {"PATCH", "/guilds/:guild_id/members/@me/nick", member_nick_me,
	LIMIT_MEMBER_EDIT},
    {"PATCH", ROUTE_MEMBER, member_edit, LIMIT_MEMBER_EDIT},
    {"DELETE", ROUTE_MEMBER, member_kick, LIMIT_MEMBER_REMOVE},
    {"PUT", ROUTE_MEMBER "/roles/:role_id", member_role_put, LIMIT_MEMBER_ROLE},
    {"DELETE", ROUTE_MEMBER "/roles/:role_id", member_role_delete,
	LIMIT_MEMBER_ROLE},
    {0},
};
