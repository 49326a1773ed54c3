/* SPDX-License-Identifier: MIT */
#include "tools/sim/people/who.h"

#include "tools/sim/base/jso.h"
#include "tools/sim/gateway/gateway.h"
#include "tools/sim/people/near.h"
#include "tools/sim/world/perm.h"
#include "tools/sim/world/user.h"

#include <stdlib.h>
#include <string.h>

#define NAME_MAX_LEN 400
#define RECENT_MAX 16384 /* messages looked through for "last" */

/* ---- guilds ------------------------------------------------------------ */

static const char *
guild_name(struct guild *g)
{
	return jso_get_text(guild_head(g), "name");
}

static struct guild *
first_guild(struct world *w)
{
	struct guild *g = NULL;

	for (unsigned i = 0; g == NULL && i < world_guilds(w); i++)
		g = guild_at(w, i);
	return g;
}

static struct guild *
guild_called(struct world *w, const char *name)
{
	for (unsigned i = 0; i < world_guilds(w); i++) {
		struct guild *g = guild_at(w, i);

		if (g != NULL && strcasecmp(guild_name(g), name) == 0)
			return g;
	}
	return NULL;
}

struct guild *
who_guild(struct sim *sim, const char *word, struct sbuf *why)
{
	struct guild *g = NULL;
	uint64_t n;
	int64_t at;

	if (word == NULL) {
		g = first_guild(sim->world);
	} else if (str_to_u64(word, &n)) {
		at = world_guild_named(sim->world, n);
		g = at >= 0 ? guild_at(sim->world, (unsigned)at) : NULL;
	} else {
		g = guild_called(sim->world, word);
	}
	if (g == NULL)
		sbuf_fmt(why, "there is no guild %s: \"ctl guilds\" shows them",
		    word ? word : "left");
	return g;
}

/* ---- persons and roles ------------------------------------------------- */

const char *
who_name(struct world *w, unsigned user)
{
	return jso_get_text(user_doc(w, user), "username");
}

/* Without what a mention has around it: <@1>, <@!1>, <@&1>, <#1>, @x. */
static const char *
bare(const char *word, char copy[NAME_MAX_LEN])
{
	size_t n;

	word += *word == '<' && strchr(word, '>') != NULL;
	word += strspn(word, "@&!#");
	str_copy(copy, word, NAME_MAX_LEN);
	n = strlen(copy);
	if (n > 0 && copy[n - 1] == '>')
		copy[n - 1] = '\0';
	return copy;
}

struct looking {
	const char *name;
	int64_t found;
	struct near near;
};

static bool
look(void *arg, struct guild *g, unsigned user)
{
	struct looking *l = arg;
	json_object *m = guild_member(g, user);
	const char *nick = jso_get_text(m, "nick");
	const char *global = jso_get_text(jso_get(m, "user"), "global_name");

	if ((nick != NULL && strcasecmp(nick, l->name) == 0)
	    || (global != NULL && strcasecmp(global, l->name) == 0))
		l->found = user;
	near_offer(&l->near, who_name(guild_world(g), user));
	json_object_put(m);
	return l->found < 0;
}

bool
who_named(struct sim *sim, struct guild *g, const char *name, unsigned *user,
    struct sbuf *why)
{
	char copy[NAME_MAX_LEN];
	struct looking l = {.found = -1};

	l.name = bare(name, copy);
	l.found = user_named(sim->world, l.name);
	if (l.found < 0 && g != NULL)
		guild_member_each(g, look, &l);
	if (l.found >= 0) {
		*user = (unsigned)l.found;
		return true;
	}
	sbuf_fmt(why, "there is nobody called %s, \"ctl who\" shows them",
	    l.name);
	near_say(&l.near, l.name, why);
	return false;
}

bool
who_member(struct sim *sim, struct guild *g, const char *name, unsigned *user,
    struct sbuf *why)
{
	if (!who_named(sim, g, name, user, why))
		return false;
	if (guild_member_is(g, *user))
		return true;
	sbuf_fmt(why, "%s is not in %s; \"ctl join\" lets them in",
	    who_name(sim->world, *user), guild_name(g));
	return false;
}

json_object *
who_role(struct guild *g, const char *name, struct sbuf *why)
{
	struct near near = {0};
	char copy[NAME_MAX_LEN];
	const char *word = bare(name, copy);

	json_object_object_foreach (guild_docs(g, GUILD_ROLES), id, role) {
		const char *called = jso_get_text(role, "name");

		if (strcmp(id, word) == 0
		    || strcasecmp(called + (called[0] == '@'), word) == 0)
			return role;
		near_offer(&near, called);
	}
	sbuf_fmt(why, "%s has no role %s", guild_name(g), word);
	near_say(&near, word, why);
	return NULL;
}

/* ---- channels ---------------------------------------------------------- */

bool
who_channel(struct guild *g, const char *name, struct world_channel *ch,
    struct sbuf *why)
{
	static const enum guild_list in[] = {GUILD_CHANNELS, GUILD_THREADS};
	struct near near = {0};
	char copy[NAME_MAX_LEN];
	const char *word = bare(name, copy);

	for (size_t i = 0; i < nitems(in); i++) {
		json_object_object_foreach (guild_docs(g, in[i]), id, doc) {
			const char *called = jso_get_text(doc, "name");

			if (strcmp(id, word) == 0
			    || strcasecmp(called, word) == 0)
				return world_channel_find(guild_world(g),
				    strtoull(id, NULL, 10), ch);
			near_offer(&near, called);
		}
	}
	sbuf_fmt(why, "%s has no channel %s", guild_name(g), word);
	near_say(&near, word, why);
	return false;
}

bool
who_bot(struct who *who, const char *name, unsigned *bot)
{
	struct near near = {0};
	int64_t user = user_named(who->w, name);
	int n = user >= 0 ? user_bot_number(who->w, (unsigned)user) : -1;

	if (n >= 0) {
		*bot = (unsigned)n;
		return true;
	}
	for (unsigned i = 0; i < world_bots(who->w); i++)
		near_offer(&near, who_name(who->w, user_bot(who->w, i)));
	sbuf_fmt(who->why, "there is no bot %s", name);
	near_say(&near, name, who->why);
	return false;
}

/* "dm", or "dm@BOT" of one of several. */
static bool
is_dm(const char *where)
{
	return where != NULL && strncasecmp(where, "dm", 2) == 0
	    && (where[2] == '\0' || where[2] == '@');
}

/* Who: as, or the owner of the guild.  In a DM whoever it is. */
static bool
set_person(struct who *who, const char *as)
{
	uint64_t owner;

	if (as == NULL) {
		owner = strtoull(jso_get_text(guild_head(who->g), "owner_id"),
		    NULL, 10);
		who->user = (unsigned)user_find(who->w, owner);
		return true;
	}
	return who_member(who->sim, who->g, as, &who->user, who->why);
}

static bool
set_dm(struct who *who, unsigned bot, const char *as)
{
	struct guild *g = who_guild(who->sim, NULL, who->why);

	if (g == NULL)
		return false;
	who->g = g;
	if (as == NULL ? !set_person(who, NULL)
		       : !who_named(who->sim, g, as, &who->user, who->why))
		return false;
	who->g = NULL;
	if (user_bot_number(who->w, who->user) >= 0) {
		sbuf_str(who->why, "a bot writes to nobody by itself");
		return false;
	}
	world_dm_open(who->w, bot, who->user, &who->ch);
	return true;
}

/* The channel that the word means; false with why. */
static bool
find_where(struct who *who, const char *where)
{
	const char *hash = where ? strrchr(where, '#') : NULL;
	char guild[NAME_MAX_LEN];
	struct sbuf unsaid = {0};
	uint64_t id;

	if (hash == NULL) {
		if (where != NULL && str_to_u64(where, &id)
		    && world_channel_find(who->w, id, &who->ch))
			return true;
		who->g = who_guild(who->sim, where, who->why);
		if (who->g == NULL) {
			struct guild *g = first_guild(who->w);

			if (g != NULL && where != NULL
			    && who_channel(g, where, &who->ch, &unsaid))
				sbuf_fmt(who->why, "; did you mean '#%s'?",
				    where);
			sbuf_free(&unsaid);
			return false;
		}
		if (world_talk_channel(who->w, guild_index(who->g), 0,
			&who->ch))
			return true;
		sbuf_str(who->why, "nobody can talk in that guild");
		return false;
	}
	must(str_format(guild, sizeof(guild), "%.*s",
	    (int)((size_t)(hash - where) < sizeof(guild) - 1
		    ? (size_t)(hash - where)
		    : sizeof(guild) - 1),
	    where));
	if (guild[0] == '<')
		guild[0] = '\0';
	who->g = who_guild(who->sim, guild[0] ? guild : NULL, who->why);
	return who->g != NULL && who_channel(who->g, hash, &who->ch, who->why);
}

/* ch is found: who is in it? */
static bool
set_in_channel(struct who *who, const char *as)
{
	if (who->ch.guild == WORLD_NOWHERE) {
		who->g = NULL;
		who->user = who->ch.number;
		if (as == NULL)
			return true;
		return set_dm(who, who->ch.bot, as);
	}
	who->g = guild_at(who->w, who->ch.guild);
	must(who->g != NULL);
	return set_person(who, as)
	    && (perm_channel(who->w, &who->ch, who->user) != 0
		|| who_may(who, PERM_VIEW_CHANNEL));
}

bool
who_where(struct who *who, struct sim *sim, const char *where, const char *as,
    struct sbuf *why)
{
	*who = (struct who) {.sim = sim, .w = sim->world, .why = why};
	if (is_dm(where)) {
		unsigned bot = 0;

		return (where[2] == '\0' || who_bot(who, where + 3, &bot))
		    && set_dm(who, bot, as);
	}
	return find_where(who, where) && set_in_channel(who, as);
}

bool
who_in_guild(struct who *who, struct sim *sim, const char *guild,
    const char *as, struct sbuf *why)
{
	*who = (struct who) {.sim = sim, .w = sim->world, .why = why};
	who->g = who_guild(sim, guild, why);
	return who->g != NULL && set_person(who, as);
}

/* ---- messages ---------------------------------------------------------- */

/* Whose ephemeral message it is: 0 for all others. */
static uint64_t
shown_to(struct world *w, const struct world_msg *m)
{
	json_object *o;
	const char *id;
	uint64_t user;

	if (!m->hidden)
		return 0;
	o = world_render_msg(w, m);
	id = jso_get_text(jso_get(jso_get(o, "interaction_metadata"), "user"),
	    "id");
	user = id ? strtoull(id, NULL, 10) : 0;
	json_object_put(o);
	return user;
}

bool
who_sees(struct world *w, const struct world_msg *m, unsigned user)
{
	uint64_t only = shown_to(w, m);

	return only == 0 || only == user_id(w, user);
}

static bool
has_components(struct world *w, const struct world_msg *m)
{
	json_object *o = world_render_msg(w, m);
	json_object *list = jso_get(o, "components");
	bool has = json_object_is_type(list, json_type_array)
	    && json_object_array_length(list) > 0;

	json_object_put(o);
	return has;
}

/* The newest of a user (-1: of a bot; in a channel, unless it is 0) that viewer sees;
 * viewer -1: anybody does. */
static struct world_msg *
newest(struct world *w, int64_t author, bool any, uint64_t channel,
    int64_t viewer)
{
	enum world_ring ring = author < 0 ? WORLD_OWN : WORLD_PING;
	struct world_msg *m;

	for (uint64_t k = 0;
	     k < RECENT_MAX && (m = world_msg_recent(w, ring, k)) != NULL; k++)
		if (!m->gone
		    && (author < 0 ? user_bot_number(w, m->user) >= 0
				   : m->user == author)
		    && (channel == 0 || m->channel == channel)
		    && (viewer < 0 || who_sees(w, m, (unsigned)viewer))
		    && (!any || has_components(w, m)))
			return m;
	return NULL;
}

/* Whom of those named by as it is: the one it is shown to comes first. */
static bool
set_by_message(struct who *who, const struct world_msg *m, const char *as)
{
	uint64_t only = shown_to(who->w, m);

	if (!world_channel_find(who->w, m->channel, &who->ch)) {
		sbuf_str(who->why, "that message's channel is gone");
		return false;
	}
	if (!set_in_channel(who, as))
		return false;
	if (as == NULL && only != 0)
		who->user = (unsigned)user_find(who->w, only);
	if (who_sees(who->w, m, who->user))
		return true;
	sbuf_fmt(who->why, "that message is shown to somebody else than %s",
	    who_name(who->w, who->user));
	return false;
}

/* "last" of the bot, or of the person. */
static struct world_msg *
find_last(struct who *who, const char *in, const char *as, enum who_last last)
{
	bool own = last == WHO_OWN;
	struct world_msg *m;
	bool dm = is_dm(in);
	int64_t viewer = -1;

	if ((in != NULL || own)
	    && !who_where(who, who->sim, in, dm || own ? as : NULL, who->why))
		return NULL;
	if (as != NULL) {
		unsigned user;

		if (!who_named(who->sim, who->g, as, &user, who->why))
			return NULL;
		viewer = user;
	}
	m = newest(who->w, own ? (int64_t)who->user : -1,
	    last == WHO_BOTS_WITH_ANY, in != NULL ? who->ch.id : 0, viewer);
	if (m == NULL)
		sbuf_fmt(who->why, "%s has said nothing%s yet",
		    own ? who_name(who->w, who->user) : "the bot",
		    in != NULL ? " there" : "");
	return m;
}

struct world_msg *
who_message(struct who *who, struct sim *sim, const char *message,
    const char *in, const char *as, enum who_last last, struct sbuf *why)
{
	struct world_msg *m;
	uint64_t id;

	*who = (struct who) {.sim = sim, .w = sim->world, .why = why};
	if (strcmp(message, "last") == 0) {
		m = find_last(who, in, as, last);
	} else if (!str_to_u64(message, &id)) {
		sbuf_fmt(why, "a message is an id or \"last\", not %s",
		    message);
		return NULL;
	} else {
		m = world_msg_find(sim->world, id);
		if (m == NULL)
			sbuf_fmt(why, "there is no message %s", message);
	}
	return m != NULL && set_by_message(who, m, as) ? m : NULL;
}

/* ---- what they may ----------------------------------------------------- */

static bool
lacks(struct who *who, uint64_t bits, const char *where)
{
	sbuf_fmt(who->why, "%s may not: %s is missing in %s",
	    who_name(who->w, who->user), perm_name(bits), where);
	return false;
}

bool
who_may(struct who *who, uint64_t bits)
{
	uint64_t has = perm_channel(who->w, &who->ch, who->user);

	if ((has & bits) == bits)
		return true;
	if (has == 0)
		bits = PERM_VIEW_CHANNEL;
	return lacks(who, bits & ~has, who->ch.name);
}

bool
who_may_in_guild(struct who *who, uint64_t bits)
{
	uint64_t has = perm_guild(who->g, who->user);

	return (has & bits) == bits
	    || lacks(who, bits & ~has, guild_name(who->g));
}

bool
who_above(struct who *who, unsigned user)
{
	if (who->user == user || perm_owner(who->g, who->user)
	    || (!perm_owner(who->g, user)
		&& perm_rank(who->g, who->user) > perm_rank(who->g, user)))
		return true;
	sbuf_fmt(who->why, "%s may not: ", who_name(who->w, who->user));
	sbuf_fmt(who->why, "%s has no lower role", who_name(who->w, user));
	return false;
}

bool
who_tell(struct sim *sim, struct guild *g, const struct world_channel *ch,
    const char *t, json_object *d)
{
	/* Of several bots each may see what another doesn't. */
	if (ch != NULL && world_bots(sim->world) == 1
	    && !(perm_channel(sim->world, ch, WORLD_BOT) & PERM_VIEW_CHANNEL))
		return false;
	if (g != NULL && jso_get(d, "guild_id") == NULL)
		jso_set_id(d, "guild_id", guild_id(g));
	return gateway_emit_json(sim, g ? guild_index(g) : WORLD_NOWHERE, t, d);
}
