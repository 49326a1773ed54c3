/* SPDX-License-Identifier: MIT */
#include "tools/sim/people/option.h"

#include "tools/sim/base/jso.h"
#include "tools/sim/people/files.h"
#include "tools/sim/people/near.h"
#include "tools/sim/rest/rest_form.h"
#include "tools/sim/world/perm.h"
#include "tools/sim/world/user.h"
#include "tools/sim/world/world_command.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 6000 /* characters of an option */
#define NESTED_MAX 3
#define NAME_MAX_BYTES 256 /* a command's, UTF-8 */

/* Discord's option types. */
enum {
	SUB = 1,
	GROUP,
	TEXT,
	INTEGER,
	BOOLEAN,
	USER,
	CHANNEL,
	ROLE,
	MENTIONABLE,
	NUMBER,
	ATTACHMENT
};

static int
type_of(json_object *o)
{
	return json_object_get_int(jso_get(o, "type"));
}

/* ---- which command, and may they? -------------------------------------- */

static void
offer(struct near *near, json_object *list, int type)
{
	for (size_t i = 0; i < jso_count(list); i++) {
		json_object *o = json_object_array_get_idx(list, i);

		if (world_command_type(o) == type)
			near_offer(near, jso_get_text(o, "name"));
	}
}

static void
say_commands(struct who *who, const char *name, int type)
{
	uint64_t scope[] = {who->g ? guild_id(who->g) : 0, 0};
	struct near near = {0};

	who->later = true;
	for (size_t s = who->g == NULL; s < nitems(scope); s++)
		for (unsigned n = 0; n < world_bots(who->w); n++)
			offer(&near, world_command_list(who->w, n, scope[s]),
			    type);
	sbuf_fmt(who->why, "the bot has registered no command %s%s %s",
	    type == 1 ? "/" : "", name,
	    who->g ? "for that guild" : "for direct messages");
	near_say(&near, name, who->why);
}

/* Where it is offered: contexts, 0 a guild, 1 a DM with the bot. */
static bool
in_context(struct who *who, json_object *command)
{
	json_object *contexts = jso_get(command, "contexts");
	json_object *dm = jso_get(command, "dm_permission");
	int here = who->g ? 0 : 1;

	if (contexts != NULL
		? jso_has_int(contexts, here)
		: here == 0 || dm == NULL || json_object_get_boolean(dm))
		return true;
	sbuf_fmt(who->why, "that command is not offered in %s",
	    who->g ? "guilds" : "direct messages");
	return false;
}

/* integration_types: 0 the guild's installation, 1 the user's. */
static bool
installed(struct who *who, json_object *command, bool user, unsigned *installs)
{
	json_object *types = jso_get(command, "integration_types");
	bool guild = types == NULL || jso_has_int(types, 0);
	bool bot = who->g == NULL
	    || guild_member_is(who->g,
		user_bot(who->w, world_command_bot(who->w, command)));

	*installs = 0;
	if (guild && bot && !user)
		*installs |= WORLD_INSTALL_GUILD;
	if (jso_has_int(types, 1) && (user || !bot))
		*installs |= WORLD_INSTALL_USER;
	if (*installs != 0)
		return true;
	if (bot && !user)
		sbuf_str(who->why,
		    "that command is for who installed the bot for "
		    "themselves: --user-install");
	else
		sbuf_str(who->why,
		    user ? "that command is not for who installed the bot for "
			   "themselves"
			 : "the bot is not in that guild");
	return false;
}

/* The permissions of a guild's settings for one command or all of the
 * application: the user's own, then roles', then channels'. */
static bool
settings_allow(struct who *who, const char *key)
{
	json_object *doc = guild_get_key(who->g, GUILD_COMMAND_PERMISSIONS,
	    key);
	json_object *list = jso_get(doc, "permissions");
	json_object *m = guild_member(who->g, who->user);
	json_object *roles = jso_get(m, "roles");
	bool by_user = false, by_role = false, role_yes = false;
	bool allowed = true, channel_yes = true;

	for (size_t i = 0; i < jso_count(list); i++) {
		json_object *o = json_object_array_get_idx(list, i);
		bool yes = json_object_get_boolean(jso_get(o, "permission"));
		const char *text = jso_get_text(o, "id");
		uint64_t id = text ? strtoull(text, NULL, 10) : 0;
		bool has = id == guild_id(who->g);

		for (size_t k = 0; !has && k < jso_count(roles); k++)
			has = strcmp(text,
				  json_object_get_string(
				      json_object_array_get_idx(roles, k)))
			    == 0;
		if (type_of(o) == 2 && id == user_id(who->w, who->user)) {
			by_user = true;
			allowed = yes;
		} else if (type_of(o) == 1 && has) {
			by_role = true;
			role_yes |= yes;
		} else if (type_of(o) == 3
		    && (id == who->ch.id || id == guild_id(who->g) - 1)) {
			channel_yes = yes;
		}
	}
	json_object_put(m);
	if (!by_user && by_role)
		allowed = role_yes;
	return allowed && channel_yes;
}

static bool
permitted(struct who *who, json_object *command)
{
	const char *need = jso_get_text(command, "default_member_permissions");
	uint64_t has, bits;

	if (who->g == NULL)
		return true;
	has = perm_channel(who->w, &who->ch, who->user);
	if (has & PERM_ADMINISTRATOR)
		return true;
	if (!who_may(who, PERM_USE_APPLICATION_COMMANDS))
		return false;
	bits = need ? strtoull(need, NULL, 10) : 0;
	if (need != NULL && bits == 0)
		bits = PERM_ADMINISTRATOR;
	if ((has & bits) != bits)
		return who_may(who, bits);
	if (settings_allow(who, jso_get_text(command, "id")))
		return true;
	sbuf_fmt(who->why, "the guild's settings deny %s that command",
	    who_name(who->w, who->user));
	return false;
}

/* "NAME", of whatever bot, or "NAME@BOT".  A context menu's name may have an
 * '@' of its own. */
static json_object *
find_command(struct who *who, const char *word, int type)
{
	uint64_t guild = who->g ? guild_id(who->g) : 0;
	int bot = who->g ? -1 : (int)who->ch.bot;
	json_object *o = world_command_find(who->w, bot, guild, word, type);
	const char *at = strrchr(word, '@');
	char name[NAME_MAX_BYTES];
	unsigned n;

	if (o == NULL && at != NULL
	    && str_format(name, sizeof(name), "%.*s", (int)(at - word), word)) {
		if (!who_bot(who, at + 1, &n))
			return NULL;
		o = world_command_find(who->w, (int)n, guild, name, type);
	}
	if (o == NULL)
		say_commands(who, word, type);
	return o;
}

json_object *
option_command(struct who *who, const char *name, int type, bool user_install,
    unsigned *installs)
{
	json_object *o;

	name += type == 1 && *name == '/';
	o = find_command(who, name, type);
	return o != NULL && in_context(who, o)
		&& installed(who, o, user_install, installs)
		&& permitted(who, o)
	    ? o
	    : NULL;
}

/* ---- values ------------------------------------------------------------ */

static bool
outside(struct who *who, json_object *def, const char *what, double n,
    const char *min, const char *max)
{
	json_object *lo = jso_get(def, min), *hi = jso_get(def, max);

	if ((lo == NULL || n >= json_object_get_double(lo))
	    && (hi == NULL || n <= json_object_get_double(hi)))
		return false;
	sbuf_fmt(who->why, "option %s: %s", jso_get_text(def, "name"), what);
	if (lo != NULL)
		sbuf_fmt(who->why, " at least %s", json_object_get_string(lo));
	if (hi != NULL)
		sbuf_fmt(who->why, "%s at most %s", lo ? "," : "",
		    json_object_get_string(hi));
	return true;
}

/* By the name or the value of a choice; NULL: is none of them. */
static json_object *
choice(struct who *who, json_object *def, const char *word)
{
	json_object *list = jso_get(def, "choices");
	struct near near = {0};

	for (size_t i = 0; i < jso_count(list); i++) {
		json_object *o = json_object_array_get_idx(list, i);
		const char *name = jso_get_text(o, "name");

		if (strcasecmp(name, word) == 0
		    || strcmp(jso_get_text(o, "value"), word) == 0)
			return json_object_get(jso_get(o, "value"));
		near_offer(&near, name);
	}
	sbuf_fmt(who->why, "option %s has no choice %s",
	    jso_get_text(def, "name"), word);
	near_say(&near, word, who->why);
	return NULL;
}

static json_object *
expected(struct who *who, json_object *def, const char *what, const char *word)
{
	sbuf_fmt(who->why, "option %s: expected %s, got %s",
	    jso_get_text(def, "name"), what, word);
	return NULL;
}

static json_object *
number(struct who *who, json_object *def, const char *word, bool whole)
{
	char *end;
	double n;

	errno = 0;
	n = strtod(word, &end);
	if (*word == '\0' || *end != '\0' || errno != 0 || !isfinite(n)
	    || (whole && (n != rint(n) || fabs(n) > 9007199254740991.0)))
		return expected(who, def, whole ? "a whole number" : "a number",
		    word);
	if (outside(who, def, "it must be", n, "min_value", "max_value"))
		return NULL;
	return whole ? json_object_new_int64((int64_t)n)
		     : json_object_new_double_s(n, word);
}

static json_object *
text(struct who *who, json_object *def, const char *word)
{
	size_t n = rest_form_chars(word);

	if (n > TEXT_MAX)
		return expected(who, def, "up to 6000 characters", "more");
	if (outside(who, def, "its length must be", (double)n, "min_length",
		"max_length"))
		return NULL;
	return json_object_new_string(word);
}

static unsigned
kinds_of(int type)
{
	return type == CHANNEL ? USE_CHANNELS
	    : type == USER     ? USE_USERS
	    : type == ROLE     ? USE_ROLES
			       : USE_USERS | USE_ROLES;
}

/* The value as the bot gets it; NULL with why. */
static json_object *
value_of(struct use *u, struct who *who, json_object *def, const char *word,
    bool typing, json_object *resolved)
{
	if (typing)
		return json_object_new_string(word);
	if (jso_count(jso_get(def, "choices")) > 0)
		return choice(who, def, word);
	switch (type_of(def)) {
	case TEXT:
		return text(who, def, word);
	case INTEGER:
	case NUMBER:
		return number(who, def, word, type_of(def) == INTEGER);
	case BOOLEAN:
		if (strcasecmp(word, "true") == 0
		    || strcasecmp(word, "false") == 0)
			return json_object_new_boolean(
			    word[0] == 't' || word[0] == 'T');
		return expected(who, def, "true or false", word);
	case ATTACHMENT:
		return expected(who, def, "it as --file PATH", word);
	default:
		return use_named(u, who, kinds_of(type_of(def)),
		    jso_get(def, "channel_types"), word, resolved);
	}
}

/* ---- the words --------------------------------------------------------- */

/* The option of that name in a list of definitions, or NULL. */
static json_object *
defined(json_object *list, const char *name, size_t len)
{
	for (size_t i = 0; i < jso_count(list); i++) {
		json_object *o = json_object_array_get_idx(list, i);
		const char *has = jso_get_text(o, "name");

		if (has != NULL && strlen(has) == len
		    && strncasecmp(has, name, len) == 0)
			return o;
	}
	return NULL;
}

static bool
unknown(struct who *who, json_object *list, const char *word, size_t len,
    const char *what)
{
	struct near near = {0};
	char name[128];

	(void)str_format(name, sizeof(name), "%.*s",
	    (int)(len < sizeof(name) ? len : sizeof(name) - 1), word);
	for (size_t i = 0; i < jso_count(list); i++)
		near_offer(&near,
		    jso_get_text(json_object_array_get_idx(list, i), "name"));
	sbuf_fmt(who->why, "that command has no %s %s", what, name);
	near_say(&near, name, who->why);
	return false;
}

static json_object *
option_new(json_object *def)
{
	json_object *o = json_object_new_object();

	jso_set(o, "name", json_object_get(jso_get(def, "name")));
	jso_set_int(o, "type", type_of(def));
	return o;
}

struct reading {
	struct use *use;
	struct who *who;
	struct words *w;
	json_object *resolved;
	json_object *files; /* attachments not yet given to an option */
	bool typing;
};

/* OPTION=VALUE; the focused one when it is being typed. */
static bool
read_pair(struct reading *r, json_object *defs, const char *word, bool last,
    json_object *out)
{
	const char *eq = strchr(word, '=');
	size_t len = eq ? (size_t)(eq - word) : strlen(word);
	json_object *def = defined(defs, word, len), *o, *v;
	bool typed = r->typing && last;

	if (def == NULL)
		return unknown(r->who, defs, word, len,
		    eq ? "option" : "option (OPTION=VALUE)");
	if (eq == NULL) {
		(void)expected(r->who, def, "OPTION=VALUE", word);
		return false;
	}
	if (typed && !json_object_get_boolean(jso_get(def, "autocomplete"))) {
		sbuf_fmt(r->who->why, "option %s has no autocomplete",
		    jso_get_text(def, "name"));
		return false;
	}
	if (defined(out, jso_get_text(def, "name"), len) != NULL) {
		sbuf_fmt(r->who->why, "option %s is given twice",
		    jso_get_text(def, "name"));
		return false;
	}
	v = value_of(r->use, r->who, def, eq + 1, typed, r->resolved);
	if (v == NULL)
		return false;
	o = option_new(def);
	jso_set(o, "value", v);
	if (typed)
		jso_set_bool(o, "focused", true);
	json_object_array_add(out, o);
	return true;
}

/* The files go to the options that take one, in their order. */
static void
give_file(struct reading *r, json_object *def, json_object *out)
{
	json_object *a = json_object_array_get_idx(r->files, 0), *o;
	const char *id = jso_get_text(a, "id");

	use_add(r->resolved, "attachments", strtoull(id, NULL, 10),
	    json_object_get(a));
	o = option_new(def);
	jso_set_text(o, "value", id);
	json_object_array_add(out, o);
	json_object_array_del_idx(r->files, 0, 1);
}

static bool
complete(struct reading *r, json_object *defs, json_object *out)
{
	for (size_t i = 0; i < jso_count(defs); i++) {
		json_object *def = json_object_array_get_idx(defs, i);
		const char *name = jso_get_text(def, "name");

		if (type_of(def) == ATTACHMENT && jso_count(r->files) > 0)
			give_file(r, def, out);
		if (json_object_get_boolean(jso_get(def, "required"))
		    && !r->typing && defined(out, name, strlen(name)) == NULL) {
			sbuf_fmt(r->who->why, "option %s is required%s", name,
			    type_of(def) == ATTACHMENT ? ": --file PATH" : "");
			return false;
		}
	}
	if (jso_count(r->files) == 0)
		return true;
	sbuf_str(r->who->why, "that command takes no more files");
	return false;
}

/* at: the next word; deep: in how many subcommands. */
static bool
read_level(struct reading *r, json_object *defs, int at, int deep,
    json_object *out)
{
	json_object *first = jso_count(defs) > 0
	    ? json_object_array_get_idx(defs, 0)
	    : NULL;
	bool subs = type_of(first) == SUB || type_of(first) == GROUP;
	const char *word = r->w->plain[at];
	json_object *def, *o, *inner;

	if (subs && deep < NESTED_MAX) {
		def = word ? defined(defs, word, strlen(word)) : NULL;
		if (def == NULL)
			return unknown(r->who, defs, word ? word : "",
			    word ? strlen(word) : 0, "subcommand");
		o = option_new(def);
		inner = json_object_new_array();
		jso_set(o, "options", inner);
		json_object_array_add(out, o);
		return read_level(r, jso_get(def, "options"), at + 1, deep + 1,
		    inner);
	}
	for (; at < r->w->n; at++)
		if (!read_pair(r, defs, r->w->plain[at], at + 1 == r->w->n,
			out))
			return false;
	return complete(r, defs, out);
}

bool
option_read(struct use *u, struct who *who, struct words *w,
    json_object *command, bool typing, json_object *data)
{
	json_object *options = json_object_new_array();
	struct reading r = {.use = u,
	    .who = who,
	    .w = w,
	    .resolved = json_object_new_object(),
	    .typing = typing};
	bool fine;

	r.files = files_attach(who->sim, w, who->ch.id, true);
	fine = r.files != NULL
	    && read_level(&r, jso_get(command, "options"), 1, 0, options);
	json_object_put(r.files);
	if (jso_count(options) > 0)
		jso_set(data, "options", options);
	else
		json_object_put(options);
	if (json_object_object_length(r.resolved) > 0)
		jso_set(data, "resolved", r.resolved);
	else
		json_object_put(r.resolved);
	return fine;
}
