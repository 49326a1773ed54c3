/* SPDX-License-Identifier: MIT */
/* Who is in a guild, as what, and in which voice channel; guilds themselves. */
#include "tools/sim/people/people.h"

#include "tools/sim/act/act_member.h"
#include "tools/sim/act/act_voice.h"
#include "tools/sim/base/answer.h"
#include "tools/sim/base/jso.h"
#include "tools/sim/gateway/gateway.h"
#include "tools/sim/gateway/voice.h"
#include "tools/sim/people/people_impl.h"
#include "tools/sim/rest/rest_form.h"
#include "tools/sim/world/perm.h"
#include "tools/sim/world/user.h"

#include <string.h>

#define NICK_MAX 32 /* characters */
#define GUILD_NAME_MIN 2
#define GUILD_NAME_MAX 100
#define PEOPLE_SHOWN 20
#define PEOPLE_SHOWN_MAX 1000
#define REASON "at the desk"

struct act
people_act(const struct who *who)
{
	return (struct act) {.sim = who->sim,
	    .guild = who->g,
	    .by = who->user,
	    .reason = REASON};
}

/* The answer: the member as it is now. */
static int
made_member(struct words *w, struct who *who, unsigned user)
{
	json_object *m = guild_member(who->g, user);
	char id[24];

	str_format(id, sizeof(id), "%" PRIu64, user_id(who->w, user));
	if (m == NULL) {
		m = json_object_new_object();
		jso_set(m, "user", world_render_user(who->w, user));
	}
	words_made(w, m, id);
	return EXIT_FINE;
}

/* ---- coming and going -------------------------------------------------- */

int
people_join(struct sim *sim, int argc, char **argv, struct people_wait *p,
    struct sbuf *out)
{
	struct words w;
	struct who who;
	struct act act;
	int64_t user;

	if (!words_read(&w, argc, argv, 2, 2, "", people_usage("join"), out))
		return EXIT_USAGE;
	if (!who_in_guild(&who, sim, w.plain[0], NULL, out))
		return EXIT_DEGRADED;
	user = user_named(sim->world, w.plain[1]);
	if (user < 0)
		user = user_new(sim->world, w.plain[1], false);
	if (user < 0)
		return sbuf_say(out, EXIT_USAGE,
		    "%s is no username: 2 to 32 letters, digits, '_', '-' and "
		    "'.'",
		    w.plain[1]);
	who.user = (unsigned)user;
	act = people_act(&who);
	if (!act_member_join(&act, who.user))
		return sbuf_say(out, EXIT_DEGRADED, "%s is %s",
		    who_name(sim->world, who.user),
		    guild_member_is(who.g, who.user) ? "in there already"
						     : "banned there");
	return made_member(&w, &who, who.user);
}

int
people_leave(struct sim *sim, int argc, char **argv, struct people_wait *p,
    struct sbuf *out)
{
	struct words w;
	struct who who;
	struct act act;

	if (!words_read(&w, argc, argv, 1, 2, "as", people_usage("leave"), out)
	    || (w.as == NULL && w.n == 1
		&& sbuf_say(out, 1, "usage: leave %s", people_usage("leave"))))
		return EXIT_USAGE;
	if (!who_in_guild(&who, sim, w.plain[0], w.as ? w.as : w.plain[1], out))
		return EXIT_DEGRADED;
	if (perm_owner(who.g, who.user))
		return sbuf_say(out, EXIT_DEGRADED,
		    "%s owns the guild, and an owner can't leave",
		    who_name(sim->world, who.user));
	act = people_act(&who);
	(void)act_member_leave(&act, who.user);
	return made_member(&w, &who, who.user);
}

/* ---- moderation -------------------------------------------------------- */

/* GUILD NAME: a moderator (--as) with a permission, above whom it is about. */
static int
moderation(struct sim *sim, int argc, char **argv, uint64_t bit, bool member,
    struct words *w, struct who *who, unsigned *user, struct sbuf *out)
{
	if (!words_read(w, argc, argv, 2, 2, "as", people_usage(argv[0]), out))
		return EXIT_USAGE;
	if (!who_in_guild(who, sim, w->plain[0], w->as, out)
	    || !who_may_in_guild(who, bit)
	    || (member ? !who_member(sim, who->g, w->plain[1], user, out)
		       : !who_named(sim, who->g, w->plain[1], user, out)))
		return EXIT_DEGRADED;
	if (*user == who->user)
		return sbuf_say(out, EXIT_DEGRADED,
		    "nobody does that to themselves; \"ctl leave\" leaves");
	return who_above(who, *user) ? EXIT_FINE : EXIT_DEGRADED;
}

int
people_kick(struct sim *sim, int argc, char **argv, struct people_wait *p,
    struct sbuf *out)
{
	struct words w;
	struct who who;
	struct act act;
	unsigned user;
	int code = moderation(sim, argc, argv, PERM_KICK_MEMBERS, true, &w,
	    &who, &user, out);

	if (code != EXIT_FINE)
		return code;
	act = people_act(&who);
	(void)act_member_kick(&act, user);
	return made_member(&w, &who, user);
}

int
people_ban(struct sim *sim, int argc, char **argv, struct people_wait *p,
    struct sbuf *out)
{
	struct words w;
	struct who who;
	struct act act;
	unsigned user;
	int code = moderation(sim, argc, argv, PERM_BAN_MEMBERS, false, &w,
	    &who, &user, out);

	if (code != EXIT_FINE)
		return code;
	act = people_act(&who);
	if (!act_member_ban(&act, user, 0))
		return sbuf_say(out, EXIT_DEGRADED, "%s is banned already",
		    who_name(sim->world, user));
	return made_member(&w, &who, user);
}

int
people_unban(struct sim *sim, int argc, char **argv, struct people_wait *p,
    struct sbuf *out)
{
	struct words w;
	struct who who;
	struct act act;
	unsigned user;
	int code = moderation(sim, argc, argv, PERM_BAN_MEMBERS, false, &w,
	    &who, &user, out);

	if (code != EXIT_FINE)
		return code;
	act = people_act(&who);
	if (!act_member_unban(&act, user))
		return sbuf_say(out, EXIT_DEGRADED, "%s is not banned there",
		    who_name(sim->world, user));
	return made_member(&w, &who, user);
}

int
people_nick(struct sim *sim, int argc, char **argv, struct people_wait *p,
    struct sbuf *out)
{
	json_object *fields;
	struct words w;
	struct who who;
	struct act act;
	unsigned user;
	bool none;

	if (!words_read(&w, argc, argv, 3, 3, "as", people_usage("nick"), out))
		return EXIT_USAGE;
	if (rest_form_chars(w.plain[2]) > NICK_MAX)
		return sbuf_say(out, EXIT_USAGE,
		    "a nickname has up to %d characters", NICK_MAX);
	if (!who_in_guild(&who, sim, w.plain[0], w.as, out)
	    || !who_member(sim, who.g, w.plain[1], &user, out)
	    || !who_may_in_guild(&who,
		user == who.user ? PERM_CHANGE_NICKNAME : PERM_MANAGE_NICKNAMES)
	    || !who_above(&who, user))
		return EXIT_DEGRADED;
	none = strcmp(w.plain[2], "none") == 0;
	fields = json_object_new_object();
	jso_set(fields, "nick",
	    none ? NULL : json_object_new_string(w.plain[2]));
	act = people_act(&who);
	act_member_edit(&act, user, fields);
	json_object_put(fields);
	return made_member(&w, &who, user);
}

/* Only roles below the moderator's own highest. */
static bool
may_role(struct who *who, json_object *role)
{
	if (strtoull(jso_get_text(role, "id"), NULL, 10) == guild_id(who->g)) {
		sbuf_str(who->why, "everybody has @everyone");
		return false;
	}
	if (perm_rank(who->g, who->user)
	    > json_object_get_int(jso_get(role, "position")))
		return true;
	sbuf_fmt(who->why, "%s may not: the role %s is as high as their own",
	    who_name(who->w, who->user), jso_get_text(role, "name"));
	return false;
}

int
people_role(struct sim *sim, int argc, char **argv, struct people_wait *p,
    struct sbuf *out)
{
	json_object *role;
	struct words w;
	struct who who;
	struct act act;
	unsigned user;
	bool add;

	if (!words_read(&w, argc, argv, 4, 4, "as", people_usage("role"), out))
		return EXIT_USAGE;
	add = strcmp(w.plain[0], "add") == 0;
	if (!add && strcmp(w.plain[0], "remove") != 0)
		return sbuf_say(out, EXIT_USAGE,
		    "expected add or remove, "
		    "got %s",
		    w.plain[0]);
	if (!who_in_guild(&who, sim, w.plain[1], w.as, out)
	    || !who_member(sim, who.g, w.plain[2], &user, out)
	    || (role = who_role(who.g, w.plain[3], out)) == NULL
	    || !who_may_in_guild(&who, PERM_MANAGE_ROLES)
	    || !may_role(&who, role))
		return EXIT_DEGRADED;
	act = people_act(&who);
	act_member_role(&act, user,
	    strtoull(jso_get_text(role, "id"), NULL, 10), add);
	return made_member(&w, &who, user);
}

/* ---- voice ------------------------------------------------------------- */

int
people_voice(struct sim *sim, int argc, char **argv, struct people_wait *p,
    struct sbuf *out)
{
	struct words w;
	struct who who;
	struct act act;
	json_object *state;
	bool none;

	if (!words_read(&w, argc, argv, 1, 1, "as in mute deaf",
		people_usage("voice"), out))
		return EXIT_USAGE;
	none = strcmp(w.plain[0], "none") == 0;
	if (none ? !who_in_guild(&who, sim, w.in, w.as, out)
		 : !who_where(&who, sim, w.plain[0], w.as, out))
		return EXIT_DEGRADED;
	if (!none && (who.g == NULL || (who.ch.type != 2 && who.ch.type != 13)))
		return sbuf_say(out, EXIT_DEGRADED, "that is no voice channel");
	if (!none && !who_may(&who, PERM_CONNECT))
		return EXIT_DEGRADED;
	act = people_act(&who);
	if (!none)
		act_voice_enter(&act, who.user, who.ch.id, w.mute, w.deaf);
	else if (!act_voice_leave(&act, who.user))
		return sbuf_say(out, EXIT_DEGRADED, "%s is in no voice channel",
		    who_name(sim->world, who.user));
	state = voice_shown(who.g, who.user);
	words_made(&w, state ? state : json_object_new_object(),
	    none ? "left" : who.ch.name);
	return EXIT_FINE;
}

/* ---- guilds ------------------------------------------------------------ */

struct listing {
	struct words *w;
	uint64_t left;
};

static bool
list_one(void *arg, struct guild *g, unsigned user)
{
	struct listing *l = arg;
	struct world *w = guild_world(g);
	json_object *m, *roles;
	const char *nick;

	if (l->left-- == 0)
		return false;
	m = guild_member(g, user);
	if (l->w->json) {
		answer_row(l->w->out);
		sbuf_str(l->w->out, jso_text(m));
		json_object_put(m);
		return true;
	}
	roles = jso_get(m, "roles");
	sbuf_fmt(l->w->out, "%-20" PRIu64 "  %-24s", user_id(w, user),
	    who_name(w, user));
	nick = jso_get_text(m, "nick");
	if (nick != NULL)
		sbuf_fmt(l->w->out, "  \"%s\"", nick);
	if (perm_owner(g, user))
		sbuf_str(l->w->out, "  owner");
	for (size_t i = 0; i < json_object_array_length(roles); i++) {
		const char *id = json_object_get_string(
		    json_object_array_get_idx(roles, i));

		sbuf_fmt(l->w->out, "  @%s",
		    jso_get_text(guild_get_key(g, GUILD_ROLES, id), "name"));
	}
	sbuf_str(l->w->out, "\n");
	json_object_put(m);
	return true;
}

int
people_who(struct sim *sim, int argc, char **argv, struct people_wait *p,
    struct sbuf *out)
{
	struct words w;
	struct listing l = {.w = &w, .left = PEOPLE_SHOWN};
	struct guild *g;

	if (!words_read(&w, argc, argv, 0, 2, "", people_usage("who"), out))
		return EXIT_USAGE;
	if (w.n > 1
	    && (!str_to_u64(w.plain[1], &l.left) || l.left == 0
		|| l.left > PEOPLE_SHOWN_MAX))
		return sbuf_say(out, EXIT_USAGE,
		    "expected a number of people from 1 to %d, got %s",
		    PEOPLE_SHOWN_MAX, w.plain[1]);
	g = who_guild(sim, w.plain[0], out);
	if (g == NULL)
		return EXIT_DEGRADED;
	if (w.json)
		answer_begin(out, w.verb);
	guild_member_each(g, list_one, &l);
	if (w.json)
		answer_end(out);
	return EXIT_FINE;
}

/* Of the seed's kind, but for its name and owner, who is its first member. */
static int
guild_make_new(struct sim *sim, struct words *w)
{
	const char *name = w->plain[1];
	size_t n = rest_form_chars(name);
	struct guild *g;
	unsigned owner;
	json_object *o;

	if (n < GUILD_NAME_MIN || n > GUILD_NAME_MAX)
		return sbuf_say(w->out, EXIT_USAGE,
		    "a guild's name has %d to %d characters", GUILD_NAME_MIN,
		    GUILD_NAME_MAX);
	if (w->as != NULL && !who_named(sim, NULL, w->as, &owner, w->out))
		return EXIT_DEGRADED;
	g = guild_new(sim->world);
	if (g == NULL)
		return sbuf_say(w->out, EXIT_DEGRADED, "no more guilds fit");
	guild_change(g);
	jso_set_text(guild_head(g), "name", name);
	if (w->as != NULL) {
		(void)guild_member_join(g, owner);
		jso_set_id(guild_head(g), "owner_id",
		    user_id(sim->world, owner));
	}
	o = guild_object(g);
	words_made_id(w, o);
	return EXIT_FINE;
}

int
people_guild(struct sim *sim, int argc, char **argv, struct people_wait *p,
    struct sbuf *out)
{
	struct guild *g;
	struct words w;
	json_object *d;

	if (!words_read(&w, argc, argv, 2, 2, "as", people_usage("guild"), out))
		return EXIT_USAGE;
	if (strcmp(w.plain[0], "new") == 0)
		return guild_make_new(sim, &w);
	if (strcmp(w.plain[0], "delete") != 0)
		return sbuf_say(out, EXIT_USAGE,
		    "expected new or delete, "
		    "got %s",
		    w.plain[0]);
	g = who_guild(sim, w.plain[1], out);
	if (g == NULL)
		return EXIT_DEGRADED;
	d = json_object_new_object();
	jso_set_id(d, "id", guild_id(g));
	gateway_emit_json(sim, guild_index(g), "GUILD_DELETE", d);
	guild_delete(g);
	words_made_id(&w, d);
	return EXIT_FINE;
}

int
people_bot(struct sim *sim, int argc, char **argv, struct people_wait *p,
    struct sbuf *out)
{
	struct words w;
	struct who who;
	struct act act;
	bool join;

	if (!words_read(&w, argc, argv, 2, 2, "", people_usage("bot"), out))
		return EXIT_USAGE;
	join = strcmp(w.plain[0], "join") == 0;
	if (!join && strcmp(w.plain[0], "kick") != 0)
		return sbuf_say(out, EXIT_USAGE,
		    "expected join or kick, "
		    "got %s",
		    w.plain[0]);
	if (!who_in_guild(&who, sim, w.plain[1], NULL, out))
		return EXIT_DEGRADED;
	act = people_act(&who);
	if (join ? !act_member_join(&act, WORLD_BOT)
		 : !act_member_kick(&act, WORLD_BOT))
		return sbuf_say(out, EXIT_DEGRADED, "the bot is %s there",
		    join ? "already" : "not");
	return made_member(&w, &who, WORLD_BOT);
}
