/* SPDX-License-Identifier: MIT */
#include "tools/sim/people/use.h"

#include "tools/sim/base/jso.h"
#include "tools/sim/gateway/gateway.h"
#include "tools/sim/world/perm.h"
#include "tools/sim/world/user.h"
#include "tools/sim/world/world_mark.h"
#include "tools/sim/world/app.h"

#include <stdlib.h>
#include <string.h>

/* Discord's contexts. */
enum { CONTEXT_GUILD, CONTEXT_BOT_DM };

void
use_add(json_object *to, const char *kind, uint64_t id, json_object *what)
{
	json_object *by_id = jso_get(to, kind);
	char key[24];

	if (by_id == NULL) {
		by_id = json_object_new_object();
		jso_set(to, kind, by_id);
	}
	str_format(key, sizeof(key), "%" PRIu64, id);
	jso_set(by_id, key, what);
}

/* Permissions: digits in a text; all there are for who may do everything. */
static void
set_may(struct use *a, json_object *o, const char *key,
    const struct world_channel *ch, unsigned user)
{
	jso_set_id(o, key,
	    perm_channel(a->sim->world, ch, user)
		& (PERM_BYPASS_SLOWMODE * 2 - 1));
}

/* A user of the guild comes with what makes it a member. */
static void
resolve_user(struct use *a, json_object *to, uint64_t id, unsigned user)
{
	struct world *w = a->sim->world;
	json_object *member = a->ch.guild == WORLD_NOWHERE
	    ? NULL
	    : world_render_member(w, a->ch.guild, user, false);

	use_add(to, "users", id, world_render_user(w, user));
	if (member == NULL)
		return;
	set_may(a, member, "permissions", &a->ch, user);
	use_add(to, "members", id, member);
}

void
use_resolve(struct use *a, json_object *to, uint64_t id)
{
	struct world *w = a->sim->world;
	struct guild *g = a->ch.guild == WORLD_NOWHERE
	    ? NULL
	    : guild_at(w, a->ch.guild);
	struct world_channel ch;
	int64_t user = user_find(w, id);
	json_object *o;

	if (user >= 0) {
		resolve_user(a, to, id, (unsigned)user);
	} else if (g == NULL) {
		return;
	} else if ((o = guild_get(g, GUILD_ROLES, id)) != NULL) {
		use_add(to, "roles", id, json_object_get(o));
	} else if (world_channel_find(w, id, &ch)) {
		o = world_render_channel(w, &ch);
		set_may(a, o, "permissions", &ch, a->user);
		use_add(to, "channels", id, o);
	}
}

const char *
use_option(json_object *options, const char *word, struct near *near)
{
	for (size_t i = 0; i < jso_count(options); i++) {
		json_object *o = json_object_array_get_idx(options, i);
		const char *label = jso_get_text(o, "label");
		const char *value = jso_get_text(o, "value");

		if (strcmp(value, word) == 0 || strcasecmp(label, word) == 0)
			return value;
		near_offer(near, label);
	}
	return NULL;
}

unsigned
use_kinds_of_select(int type)
{
	enum { USERS = 5, ROLES, MENTIONABLES, CHANNELS };

	return type == CHANNELS ? USE_CHANNELS
	    : type == USERS	? USE_USERS
	    : type == ROLES	? USE_ROLES
				: USE_USERS | USE_ROLES;
}

static bool
find_channel(struct who *who, json_object *types, const char *word,
    struct world_channel *ch)
{
	if (!who_channel(who->g, word, ch, who->why))
		return false;
	if (jso_count(types) == 0 || jso_has_int(types, ch->type))
		return true;
	sbuf_fmt(who->why, "no channel of the type of %s is taken there", word);
	return false;
}

json_object *
use_named(struct use *a, struct who *who, unsigned kinds, json_object *types,
    const char *word, json_object *resolved)
{
	struct sbuf other = {0};
	struct world_channel ch;
	json_object *role = NULL;
	unsigned user;
	uint64_t id;

	if (who->g == NULL && !(kinds & USE_USERS)) {
		sbuf_str(who->why, "there are users only in a direct message");
		return NULL;
	}
	if ((kinds & USE_ROLES) && who->g != NULL)
		role = who_role(who->g, word,
		    kinds & USE_USERS ? &other : who->why);
	sbuf_free(&other);
	if (role != NULL)
		id = strtoull(jso_get_text(role, "id"), NULL, 10);
	else if ((kinds & USE_USERS)
	    && who_named(who->sim, who->g, word, &user, who->why))
		id = user_id(who->w, user);
	else if ((kinds & USE_CHANNELS) && find_channel(who, types, word, &ch))
		id = ch.id;
	else
		return NULL;
	use_resolve(a, resolved, id);
	return jso_id(id);
}

/* ---- the event --------------------------------------------------------- */

/* The guild as an interaction shows it; libraries throw without its features
 * (discord-protocol.md section 6.6). */
static json_object *
partial_guild(struct use *a)
{
	json_object *all = world_render_guild_object(a->sim->world,
	    a->ch.guild);
	json_object *o = json_object_new_object();

	jso_set_id(o, "id", world_guild_id(a->sim->world, a->ch.guild));
	jso_set(o, "locale", json_object_get(jso_get(all, "preferred_locale")));
	jso_set(o, "features", json_object_get(jso_get(all, "features")));
	json_object_put(all);
	return o;
}

static void
set_guild(struct use *a, json_object *d)
{
	json_object *guild = partial_guild(a);
	json_object *member = world_render_member(a->sim->world, a->ch.guild,
	    a->user, true);

	set_may(a, member, "permissions", &a->ch, a->user);
	jso_set(d, "member", member);
	jso_set(d, "guild", guild);
	jso_set_id(d, "guild_id", world_guild_id(a->sim->world, a->ch.guild));
	jso_set(d, "guild_locale", json_object_get(jso_get(guild, "locale")));
}

static void
set_place(struct use *a, json_object *d)
{
	json_object *channel = world_render_channel(a->sim->world, &a->ch);
	bool dm = a->ch.guild == WORLD_NOWHERE;

	if (!dm)
		set_guild(a, d);
	else
		jso_set(d, "user", world_render_user(a->sim->world, a->user));
	set_may(a, channel, "permissions", &a->ch, a->user);
	jso_set_int(d, "context", dm ? CONTEXT_BOT_DM : CONTEXT_GUILD);
	set_may(a, d, "app_permissions", &a->ch,
	    user_bot(a->sim->world, a->bot));
	jso_set_id(d, "channel_id", a->ch.id);
	jso_set(d, "channel", channel);
}

static json_object *
event(struct use *a, const struct world_interaction *i, json_object *data)
{
	json_object *d = json_object_new_object(), *m;

	jso_set_int(d, "version", 1);
	jso_set_int(d, "type", i->type);
	jso_set_text(d, "token", i->token);
	jso_set_text(d, "locale", "en-US");
	jso_set_id(d, "id", i->id);
	jso_set(d, "entitlements", json_object_new_array());
	jso_set(d, "data", data);
	jso_set_int(d, "attachment_size_limit", USE_ATTACHMENT_MAX);
	jso_set_id(d, "application_id",
	    app_id(a->sim->world, user_bot(a->sim->world, a->bot)));
	jso_set(d, "authorizing_integration_owners",
	    world_interaction_owners(a->sim->world, i));
	set_place(a, d);
	if (i->message != 0) {
		m = world_render_msg(a->sim->world, a->message);
		world_mark_show(a->sim->world, i->message,
		    user_bot(a->sim->world, a->bot), m);
		jso_set(d, "message", m);
	}
	return d;
}

/* Only the bot whose application it is; who is not in the guild is told on the
 * shard of what is of none. */
static void
tell(struct use *a, json_object *d)
{
	struct gateway_audience to = GATEWAY_EVERYBODY;
	bool there = a->ch.guild == WORLD_NOWHERE
	    || world_has_bot(a->sim->world, a->ch.guild,
		user_bot(a->sim->world, a->bot));

	to.bot = (int)a->bot;
	(void)gateway_emit_to(a->sim, &to, there ? a->ch.guild : WORLD_NOWHERE,
	    "INTERACTION_CREATE", d);
}

/* Who is to answer: of a modal who opened it, of a component whose message it
 * is, in a DM whose that is; else whose command it is. */
static unsigned
answerer(struct use *a)
{
	struct world *w = a->sim->world;
	struct world_interaction *opener = world_interaction_find(w, a->opener);
	int bot = a->message ? user_bot_number(w, a->message->user) : -1;

	if (opener != NULL)
		return opener->bot;
	if (bot >= 0)
		return (unsigned)bot;
	return a->ch.guild == WORLD_NOWHERE ? a->ch.bot : a->bot;
}

struct world_interaction *
use_emit(struct use *a, json_object *data, struct sbuf *why)
{
	struct world_interaction *i = world_interaction_new(a->sim->world,
	    &a->ch);
	json_object *d;

	if (i == NULL) {
		json_object_put(data);
		sbuf_str(why, "too many interactions are live");
		return NULL;
	}
	i->type = a->type;
	i->user = a->user;
	i->bot = a->bot = answerer(a);
	i->opener = a->opener;
	i->message = a->message != NULL ? a->message->id : 0;
	if (a->installs != 0)
		i->installs = a->installs;
	d = event(a, i, data);
	tell(a, d);
	json_object_put(d);
	return i;
}
