/* SPDX-License-Identifier: MIT */
#include "tools/sim/act/act_member.h"

#include "tools/sim/act/act_voice.h"
#include "tools/sim/base/jso.h"
#include "tools/sim/gateway/gateway.h"
#include "tools/sim/world/perm.h"
#include "tools/sim/world/user.h"
#include "tools/sim/gateway/voice.h"

#include <string.h>

#define BULK_MAX 100 /* ids in one MESSAGE_DELETE_BULK */

static uint64_t
id_of(const struct act *a, unsigned user)
{
	return user_id(guild_world(a->guild), user);
}

/* {guild_id, user}, as three events have it; caller owns. */
static json_object *
who(const struct act *a, unsigned user)
{
	json_object *o = json_object_new_object();

	jso_set_id(o, "guild_id", guild_id(a->guild));
	jso_set(o, "user", world_render_user(guild_world(a->guild), user));
	return o;
}

/* ---- coming and going ------------------------------------------------- */

/* The sessions of a bot, whatever they asked for; or all but these. */
static struct gateway_audience
own(const struct act *a, unsigned user)
{
	return (struct gateway_audience) {
	    .bot = user_bot_number(guild_world(a->guild), user),
	    .but = GATEWAY_ANY,
	    .unasked = true};
}

static struct gateway_audience
others(const struct act *a, unsigned user)
{
	return (struct gateway_audience) {.bot = GATEWAY_ANY,
	    .but = user_bot_number(guild_world(a->guild), user)};
}

static void
bot_came(const struct act *a, unsigned bot)
{
	json_object *o = guild_create(a->guild, bot, false, 50);
	struct gateway_audience to = own(a, bot);

	to.unasked = false;
	gateway_emit_to(a->sim, &to, guild_index(a->guild), "GUILD_CREATE", o);
	json_object_put(o);
}

/* Before the world knows it, as nothing reaches it afterwards. */
static void
bot_goes(const struct act *a, unsigned bot)
{
	json_object *o = json_object_new_object();
	struct gateway_audience to = own(a, bot);

	jso_set_id(o, "id", guild_id(a->guild));
	to.unasked = false;
	gateway_emit_to(a->sim, &to, guild_index(a->guild), "GUILD_DELETE", o);
	json_object_put(o);
}

static bool
is_bot(const struct act *a, unsigned user)
{
	return user_bot_number(guild_world(a->guild), user) >= 0;
}

bool
act_member_join(const struct act *a, unsigned user)
{
	struct gateway_audience to = others(a, user);
	json_object *d;

	if (guild_get(a->guild, GUILD_BANS, id_of(a, user)) != NULL
	    || !guild_member_join(a->guild, user))
		return false;
	if (is_bot(a, user))
		bot_came(a, user);
	d = guild_member(a->guild, user);
	jso_set_id(d, "guild_id", guild_id(a->guild));
	gateway_emit_to(a->sim, &to, guild_index(a->guild), "GUILD_MEMBER_ADD",
	    d);
	json_object_put(d);
	return true;
}

bool
act_member_leave(const struct act *a, unsigned user)
{
	json_object *d;

	if (!guild_member_is(a->guild, user))
		return false;
	(void)act_voice_leave(a, user);
	if (is_bot(a, user))
		bot_goes(a, user);
	(void)guild_member_leave(a->guild, user);
	d = who(a, user);
	act_emit(a, "GUILD_MEMBER_REMOVE", d);
	json_object_put(d);
	return true;
}

bool
act_member_kick(const struct act *a, unsigned user)
{
	if (!guild_member_is(a->guild, user))
		return false;
	act_audit(a, ACT_MEMBER_KICK, id_of(a, user), NULL, NULL);
	return act_member_leave(a, user);
}

void
act_member_prune(const struct act *a, const unsigned *user, size_t n,
    unsigned days)
{
	json_object *o = json_object_new_object();
	char text[24];

	must(str_format(text, sizeof(text), "%u", days));
	jso_set_text(o, "delete_member_days", text);
	must(str_format(text, sizeof(text), "%zu", n));
	jso_set_text(o, "members_removed", text);
	act_audit(a, ACT_MEMBER_PRUNE, 0, NULL, o);
	for (size_t i = 0; i < n; i++)
		(void)act_member_leave(a, user[i]);
}

/* ---- bans ------------------------------------------------------------- */

/* Deletes found[0..n), all of one channel. */
static void
delete_bulk(const struct act *a, struct world_msg *const *found, size_t n)
{
	json_object *o = json_object_new_object();
	json_object *ids = json_object_new_array();

	for (size_t i = 0; i < n; i++)
		json_object_array_add(ids, jso_id(found[i]->id));
	jso_set(o, "ids", ids);
	jso_set_id(o, "channel_id", found[0]->channel);
	for (size_t i = 0; i < n; i++)
		world_msg_drop(found[i]);
	act_emit(a, "MESSAGE_DELETE_BULK", o);
	json_object_put(o);
}

/* All of them, a channel and BULK_MAX at a time. */
static void
delete_messages(const struct act *a, unsigned user, unsigned seconds)
{
	struct world_msg *found[BULK_MAX];
	size_t n;

	do {
		n = world_msg_of(guild_world(a->guild), guild_index(a->guild),
		    user, (uint64_t)seconds * 1000, found, nitems(found));
		if (n > 0)
			delete_bulk(a, found, n);
	} while (n > 0);
}

bool
act_member_ban(const struct act *a, unsigned user, unsigned seconds)
{
	json_object *ban = json_object_new_object(), *d;
	uint64_t id = id_of(a, user);

	if (guild_get(a->guild, GUILD_BANS, id) != NULL) {
		json_object_put(ban);
		return false;
	}
	jso_set_id(ban, "user_id", id);
	jso_set(ban, "reason",
	    a->reason ? json_object_new_string(a->reason) : NULL);
	if (!guild_put(a->guild, GUILD_BANS, id, ban))
		return false;
	act_audit(a, ACT_MEMBER_BAN_ADD, id, NULL, NULL);
	d = who(a, user);
	act_emit_to(a, PERM_BAN_MEMBERS | PERM_VIEW_AUDIT_LOG, "GUILD_BAN_ADD",
	    d);
	json_object_put(d);
	(void)act_member_leave(a, user);
	if (seconds > 0)
		delete_messages(a, user, seconds);
	return true;
}

bool
act_member_unban(const struct act *a, unsigned user)
{
	json_object *d;

	if (!guild_drop(a->guild, GUILD_BANS, id_of(a, user)))
		return false;
	act_audit(a, ACT_MEMBER_BAN_REMOVE, id_of(a, user), NULL, NULL);
	d = who(a, user);
	act_emit_to(a, PERM_BAN_MEMBERS | PERM_VIEW_AUDIT_LOG,
	    "GUILD_BAN_REMOVE", d);
	json_object_put(d);
	return true;
}

/* ---- edits ------------------------------------------------------------ */

static bool
holds(json_object *roles, const char *id)
{
	for (size_t i = 0; i < json_object_array_length(roles); i++)
		if (strcmp(json_object_get_string(
			       json_object_array_get_idx(roles, i)),
			id)
		    == 0)
			return true;
	return false;
}

bool
act_member_has_role(struct guild *g, unsigned user, uint64_t role)
{
	json_object *m = guild_member(g, user), *id = jso_id(role);
	bool has = m != NULL
	    && holds(jso_get(m, "roles"), json_object_get_string(id));

	json_object_put(id);
	json_object_put(m);
	return has;
}

/* {id, name} of those in a that b lacks; NULL: none. */
static json_object *
only_in(struct guild *g, json_object *a, json_object *b)
{
	json_object *list = NULL;

	for (size_t i = 0; i < json_object_array_length(a); i++) {
		const char *id = json_object_get_string(
		    json_object_array_get_idx(a, i));
		json_object *o;

		if (holds(b, id))
			continue;
		if (list == NULL)
			list = json_object_new_array();
		o = json_object_new_object();
		jso_set_text(o, "name",
		    jso_get_text(guild_get_key(g, GUILD_ROLES, id), "name"));
		jso_set_text(o, "id", id);
		json_object_array_add(list, o);
	}
	return list;
}

/* False: the same as before. */
static bool
set_roles(const struct act *a, unsigned user, json_object *m, json_object *to)
{
	json_object *was = jso_get(m, "roles");
	json_object *more = only_in(a->guild, to, was);
	json_object *less = only_in(a->guild, was, to), *changes, *list = NULL;

	if (more == NULL && less == NULL)
		return false;
	changes = json_object_new_array();
	if (more != NULL)
		act_change(changes, "$add", NULL, more);
	if (less != NULL)
		act_change(changes, "$remove", NULL, less);
	must(json_object_deep_copy(to, &list, NULL) == 0);
	jso_set(m, "roles", list);
	act_audit(a, ACT_MEMBER_ROLE_UPDATE, id_of(a, user), changes, NULL);
	return true;
}

/* Also in the voice state of who is in a channel. */
static void
set_voice(const struct act *a, unsigned user, const char *key, json_object *v)
{
	json_object *state = guild_get(a->guild, GUILD_VOICE, id_of(a, user));

	if (state == NULL)
		return;
	jso_set(state, key, json_object_get(v));
	voice_told(a->sim, a->guild, user, state);
}

static const struct {
	const char *key;
	bool audited, voice;
} part[] = {
    {"nick", true},
    {"mute", true, true},
    {"deaf", true, true},
    {"communication_disabled_until", true},
    {"flags", true},
    {"avatar"},
    {"banner"},
};

/* A number of changes; those the log keeps go into it. */
static unsigned
set_parts(const struct act *a, unsigned user, json_object *m,
    json_object *fields)
{
	json_object *changes = json_object_new_array(), *v;
	unsigned n = 0;

	for (size_t i = 0; i < nitems(part); i++) {
		json_object *was = jso_get(m, part[i].key);

		if (!json_object_object_get_ex(fields, part[i].key, &v)
		    || json_object_equal(was, v))
			continue;
		if (part[i].audited)
			act_change(changes, part[i].key, json_object_get(was),
			    json_object_get(v));
		jso_set(m, part[i].key, json_object_get(v));
		if (part[i].voice)
			set_voice(a, user, part[i].key, v);
		n++;
	}
	if (json_object_array_length(changes) > 0)
		act_audit(a, ACT_MEMBER_UPDATE, id_of(a, user), changes, NULL);
	else
		json_object_put(changes);
	return n;
}

/* Of itself the bot hears whatever its intents. */
static void
told(const struct act *a, unsigned user)
{
	json_object *d = guild_member(a->guild, user);
	struct gateway_audience self = own(a, user), to = others(a, user);

	jso_set_id(d, "guild_id", guild_id(a->guild));
	if (is_bot(a, user))
		gateway_emit_to(a->sim, &self, guild_index(a->guild),
		    "GUILD_MEMBER_UPDATE", d);
	gateway_emit_to(a->sim, &to, guild_index(a->guild),
	    "GUILD_MEMBER_UPDATE", d);
	json_object_put(d);
}

void
act_member_edit(const struct act *a, unsigned user, json_object *fields)
{
	json_object *m = guild_member_edit(a->guild, user);
	json_object *roles = jso_get(fields, "roles");
	bool changed;

	if (m == NULL)
		return;
	changed = set_parts(a, user, m, fields) > 0;
	if (roles != NULL)
		changed |= set_roles(a, user, m, roles);
	if (changed)
		told(a, user);
}

void
act_member_role(const struct act *a, unsigned user, uint64_t role, bool on)
{
	json_object *m = guild_member(a->guild, user), *fields, *list, *id;
	json_object *was = jso_get(m, "roles");

	if (m == NULL)
		return;
	fields = json_object_new_object();
	list = json_object_new_array();
	id = jso_id(role);
	for (size_t i = 0; i < json_object_array_length(was); i++) {
		json_object *r = json_object_array_get_idx(was, i);

		if (!json_object_equal(r, id))
			json_object_array_add(list, json_object_get(r));
	}
	if (on)
		json_object_array_add(list, json_object_get(id));
	jso_set(fields, "roles", list);
	act_member_edit(a, user, fields);
	json_object_put(fields);
	json_object_put(id);
	json_object_put(m);
}
