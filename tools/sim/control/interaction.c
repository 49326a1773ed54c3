/* SPDX-License-Identifier: MIT */
/* See interaction.h; the objects are as in tests/data/events. */
#include "tools/sim/control/interaction.h"

#include "tools/sim/base/answer.h"
#include "shared/json/json.h"
#include "tools/sim/base/jso.h"
#include "tools/sim/gateway/gateway.h"
#include "tools/sim/world/perm.h"
#include "tools/sim/world/user.h"
#include "tools/sim/world/world_interaction.h"

#include <inttypes.h>
#include <string.h>

#define BUTTON 2
#define SELECT 3
#define TEXT_INPUT 4

#define OPTION_TEXT 3
/* discord-protocol.md 7.3: options that name somebody or something */
#define OPTION_NAMES_FIRST 6
#define OPTION_NAMES_LAST 9
/* Selections of users, roles, both, channels. */
#define SELECT_NAMES_FIRST 5
#define SELECT_NAMES_LAST 8
#define NESTED_MAX 8 /* components within components */

struct form {
	const char *as;	  /* "slash", ...; NULL: slash */
	const char *name; /* of the command, or custom_id */
	const char *text; /* option, values, what was typed; or NULL */
	uint64_t target;  /* user or message; 0: one is found */
};

struct making {
	struct sim *sim;
	const struct form *form;
	struct world_channel ch;
	unsigned user;		   /* who does it */
	struct world_msg *message; /* it is about, or NULL */
	uint64_t target;
};

static json_object *
array_of(json_object *one)
{
	json_object *list = json_object_new_array();

	json_object_array_add(list, one);
	return list;
}

/* ---- data, by kind -------------------------------------------------- */

static json_object *
command_data(struct making *m, int type)
{
	json_object *d = json_object_new_object();

	jso_set_int(d, "type", type);
	jso_set_text(d, "name", m->form->name);
	jso_set_id(d, "id", world_snowflake(m->sim->world));
	return d;
}

/* {"messages":{"ID":{...}}} */
static json_object *
resolved(json_object *to, const char *kind, uint64_t id, json_object *what)
{
	json_object *by_id = jso_get(to, kind);
	char key[24];

	if (by_id == NULL) {
		by_id = json_object_new_object();
		jso_set(to, kind, by_id);
	}
	str_format(key, sizeof(key), "%" PRIu64, id);
	jso_set(by_id, key, what);
	return to;
}

/* Permissions: digits in a text; all there are for who may do everything. */
static void
set_may(json_object *o, const char *key, uint64_t bits)
{
	jso_set_id(o, key, bits & (PERM_BYPASS_SLOWMODE * 2 - 1));
}

static void
set_member_may(struct making *m, json_object *member, unsigned user)
{
	set_may(member, "permissions",
	    perm_channel(m->sim->world, &m->ch, user));
}

/* A user of the guild comes with what makes it a member. */
static void
resolve_user(struct making *m, json_object *to, uint64_t id, unsigned user)
{
	struct world *w = m->sim->world;
	json_object *member = world_render_member(w, m->ch.guild, user, false);

	resolved(to, "users", id, world_render_user(w, user));
	if (member == NULL)
		return;
	set_member_may(m, member, user);
	resolved(to, "members", id, member);
}

/* What an option or a selection names: a user, role or channel. */
static void
resolve(struct making *m, json_object *to, const char *name)
{
	struct world *w = m->sim->world;
	struct guild *g = guild_at(w, m->ch.guild);
	struct world_channel ch;
	json_object *o;
	int64_t user;
	uint64_t id;

	if (g == NULL || name == NULL || !str_to_u64(name, &id))
		return;
	user = user_find(w, id);
	if (user >= 0) {
		resolve_user(m, to, id, (unsigned)user);
	} else if ((o = guild_get(g, GUILD_ROLES, id)) != NULL) {
		resolved(to, "roles", id, json_object_get(o));
	} else if (world_channel_find(w, id, &ch)) {
		o = world_render_channel(w, &ch);
		set_may(o, "permissions", perm_channel(w, &ch, m->user));
		resolved(to, "channels", id, o);
	}
}

static void
resolve_options(struct making *m, json_object *options, json_object *to)
{
	for (size_t i = 0; i < json_object_array_length(options); i++) {
		json_object *o = json_object_array_get_idx(options, i), *v;
		int64_t type = json_object_get_int64(jso_get(o, "type"));

		if (json_object_object_get_ex(o, "options", &v)
		    && json_object_is_type(v, json_type_array))
			resolve_options(m, v, to);
		if (type >= OPTION_NAMES_FIRST && type <= OPTION_NAMES_LAST)
			resolve(m, to, jso_get_text(o, "value"));
	}
}

static json_object *
text_option(struct making *m)
{
	json_object *o = json_object_new_object();

	jso_set_int(o, "type", OPTION_TEXT);
	jso_set_text(o, "name", "text");
	jso_set_text(o, "value", m->form->text != NULL ? m->form->text : "");
	return o;
}

static json_object *
slash_data(struct making *m)
{
	json_object *d = command_data(m, 1), *o;

	if (m->form->text == NULL)
		return d;
	if (m->form->text[0] == '['
	    && (o = json_parse_as(m->form->text, strlen(m->form->text),
		    json_type_array))
		!= NULL) {
		json_object *r = json_object_new_object();

		jso_set(d, "options", o);
		resolve_options(m, o, r);
		jso_set(d, "resolved", r);
		return d;
	}
	jso_set(d, "options", array_of(text_option(m)));
	return d;
}

static json_object *
autocomplete_data(struct making *m)
{
	json_object *d = command_data(m, 1), *o = text_option(m);

	jso_set_bool(o, "focused", true);
	jso_set(d, "options", array_of(o));
	return d;
}

static json_object *
user_data(struct making *m)
{
	json_object *d = command_data(m, 2), *r = json_object_new_object();
	struct world *w = m->sim->world;

	resolve_user(m, r, m->target, (unsigned)user_find(w, m->target));
	jso_set_id(d, "target_id", m->target);
	jso_set(d, "resolved", r);
	return d;
}

static json_object *
message_data(struct making *m)
{
	json_object *d = command_data(m, 3);

	jso_set_id(d, "target_id", m->message->id);
	jso_set(d, "resolved",
	    resolved(json_object_new_object(), "messages", m->message->id,
		world_render_msg(m->sim->world, m->message)));
	return d;
}

/* The component of this custom_id in a list, in the rows and sections of it;
 * borrowed. */
static json_object *
component_in(json_object *list, const char *custom_id, unsigned deep)
{
	size_t n = json_object_is_type(list, json_type_array)
	    ? json_object_array_length(list)
	    : 0;

	for (size_t i = 0; i < n && deep < NESTED_MAX; i++) {
		json_object *o = json_object_array_get_idx(list, i);
		json_object *side = jso_get(o, "accessory"), *found;
		const char *id = jso_get_text(o, "custom_id");

		if (id != NULL && strcmp(id, custom_id) == 0)
			return o;
		id = jso_get_text(side, "custom_id");
		if (id != NULL && strcmp(id, custom_id) == 0)
			return side;
		found = component_in(jso_get(o, "components"), custom_id,
		    deep + 1);
		if (found != NULL)
			return found;
	}
	return NULL;
}

/* As the message has the component; of the type given when it has none. */
static json_object *
component_data(struct making *m, int type)
{
	json_object *d = json_object_new_object();
	json_object *message = world_render_msg(m->sim->world, m->message);
	json_object *of = component_in(jso_get(message, "components"),
	    m->form->name, 0);
	json_object *id = jso_get(of, "id");

	if (of != NULL)
		type = json_object_get_int(jso_get(of, "type"));
	jso_set(d, "id",
	    id != NULL ? json_object_get(id) : json_object_new_int(2));
	jso_set_text(d, "custom_id", m->form->name);
	jso_set_int(d, "component_type", type);
	json_object_put(message);
	return d;
}

static json_object *
button_data(struct making *m)
{
	return component_data(m, BUTTON);
}

/* The values are split at commas. */
static json_object *
select_data(struct making *m)
{
	json_object *d = component_data(m, SELECT);
	json_object *list = json_object_new_array();
	json_object *names = json_object_new_object();
	int type = json_object_get_int(jso_get(d, "component_type"));
	const char *s = m->form->text != NULL ? m->form->text : "a";

	for (size_t n; *s != '\0'; s += n + (s[n] == ',')) {
		json_object *value;

		n = strcspn(s, ",");
		value = json_object_new_string_len(s, (int)n);
		json_object_array_add(list, value);
		resolve(m, names, json_object_get_string(value));
	}
	jso_set(d, "values", list);
	if (type >= SELECT_NAMES_FIRST && type <= SELECT_NAMES_LAST)
		jso_set(d, "resolved", names);
	else
		json_object_put(names);
	return d;
}

static json_object *
modal_data(struct making *m)
{
	json_object *d = json_object_new_object();
	json_object *label = json_object_new_object();
	json_object *input = json_object_new_object();

	jso_set_text(input, "value",
	    m->form->text != NULL ? m->form->text : "");
	jso_set_int(input, "type", TEXT_INPUT);
	jso_set_int(input, "id", 2);
	jso_set_text(input, "custom_id", "text");
	jso_set_int(label, "type", 18);
	jso_set_int(label, "id", 1);
	jso_set(label, "component", input);
	jso_set_text(d, "custom_id", m->form->name);
	jso_set(d, "components", array_of(label));
	return d;
}

/* What a kind is about, besides its name. */
enum about { NOTHING, A_USER, A_MESSAGE, OWN_MESSAGE, MAYBE_OWN };

static const struct kind {
	const char *as;
	enum world_interaction_type type;
	enum about about;
	json_object *(*data)(struct making *);
} kinds[] = {
    {"slash", INTERACTION_COMMAND, NOTHING, slash_data},
    {"user", INTERACTION_COMMAND, A_USER, user_data},
    {"message", INTERACTION_COMMAND, A_MESSAGE, message_data},
    {"button", INTERACTION_COMPONENT, OWN_MESSAGE, button_data},
    {"select", INTERACTION_COMPONENT, OWN_MESSAGE, select_data},
    {"autocomplete", INTERACTION_AUTOCOMPLETE, NOTHING, autocomplete_data},
    {"modal", INTERACTION_MODAL, MAYBE_OWN, modal_data},
};

/* ---- what it is about ----------------------------------------------- */

/* Without a target: the last one of the channel that fits. */
static struct world_msg *
find_message(struct making *m, bool own)
{
	struct world_msg *list[100];
	size_t n;

	if (m->form->target != 0) {
		struct world_msg *one = world_msg_find(m->sim->world,
		    m->form->target);

		return one != NULL && (!own || one->user == WORLD_BOT) ? one
								       : NULL;
	}
	n = world_msg_list(m->sim->world, m->ch.id, 0, 0, list, nitems(list));
	for (size_t i = 0; i < n; i++)
		if (!own || list[i]->user == WORLD_BOT)
			return list[i];
	return NULL;
}

static const char *
find_target(struct making *m, enum about about)
{
	struct world *w = m->sim->world;

	m->target = m->form->target;
	switch (about) {
	case A_USER:
		if (m->target == 0)
			m->target = user_id(w, world_member(w, m->ch.guild, 1));
		return user_find(w, m->target) >= 0 ? NULL
						    : "there is no such user";
	case A_MESSAGE:
		m->message = find_message(m, false);
		break;
	case OWN_MESSAGE:
		m->message = find_message(m, true);
		break;
	case MAYBE_OWN:
		if (m->target == 0)
			return NULL;
		m->message = find_message(m, true);
		break;
	case NOTHING:
		return NULL;
	}
	if (m->message == NULL)
		return about == A_MESSAGE ? "there is no such message"
					  : "the bot has no such message";
	return world_channel_find(w, m->message->channel, &m->ch)
	    ? NULL
	    : "there is no such channel";
}

/* ---- the event ------------------------------------------------------ */

/* The guild as an interaction shows it; libraries throw without its features
 * (discord-protocol.md section 6.6). */
static json_object *
partial_guild(struct making *m)
{
	json_object *all = world_render_guild_object(m->sim->world,
	    m->ch.guild);
	json_object *o = json_object_new_object();

	jso_set_id(o, "id", world_guild_id(m->sim->world, m->ch.guild));
	jso_set(o, "locale", json_object_get(jso_get(all, "preferred_locale")));
	jso_set(o, "features", json_object_get(jso_get(all, "features")));
	json_object_put(all);
	return o;
}

/* Where the application is installed that made this possible: the guild. */
static json_object *
owners(struct making *m)
{
	json_object *o = json_object_new_object();

	jso_set_id(o, "0", world_guild_id(m->sim->world, m->ch.guild));
	return o;
}

static void
set_place(json_object *d, struct making *m)
{
	struct world *w = m->sim->world;
	json_object *guild = partial_guild(m);
	json_object *channel = world_render_channel(w, &m->ch);
	json_object *member = world_render_member(w, m->ch.guild, m->user,
	    true);

	set_member_may(m, member, m->user);
	set_may(channel, "permissions", perm_channel(w, &m->ch, m->user));
	jso_set(d, "member", member);
	jso_set(d, "guild", guild);
	jso_set_id(d, "guild_id", world_guild_id(w, m->ch.guild));
	jso_set(d, "guild_locale", json_object_get(jso_get(guild, "locale")));
	jso_set(d, "authorizing_integration_owners", owners(m));
	jso_set_id(d, "channel_id", m->ch.id);
	jso_set(d, "channel", channel);
}

static json_object *
event(struct making *m, const struct world_interaction *i, json_object *data)
{
	json_object *d = json_object_new_object();

	jso_set_int(d, "version", 1);
	jso_set_int(d, "type", i->type);
	jso_set_text(d, "token", i->token);
	jso_set_text(d, "locale", "en-US");
	jso_set_id(d, "id", i->id);
	jso_set(d, "entitlements", json_object_new_array());
	jso_set(d, "data", data);
	jso_set_int(d, "context", 0);
	jso_set_int(d, "attachment_size_limit", 10485760);
	jso_set_id(d, "application_id", world_app_id(m->sim->world));
	set_may(d, "app_permissions",
	    perm_channel(m->sim->world, &m->ch, WORLD_BOT));
	set_place(d, m);
	if (i->message != 0)
		jso_set(d, "message",
		    world_render_msg(m->sim->world, m->message));
	return d;
}

static uint64_t
emit(struct making *m, const struct kind *k, struct sbuf *why)
{
	struct world_interaction *i = world_interaction_new(m->sim->world,
	    m->ch.id);
	json_object *d;

	if (i == NULL)
		return sbuf_say(why, 0, "too many interactions are live");
	i->type = k->type;
	i->user = m->user;
	if (k->type == INTERACTION_MODAL)
		i->opener = world_interaction_opener(m->sim->world, m->user,
		    m->form->name);
	i->message = k->about == OWN_MESSAGE || k->about == MAYBE_OWN
	    ? m->message != NULL ? m->message->id : 0
	    : 0;
	d = event(m, i, k->data(m));
	gateway_emit_json(m->sim, m->ch.guild, "INTERACTION_CREATE", d);
	json_object_put(d);
	return i->id;
}

/* A person of the guild does it in its first talk channel.  The interaction's
 * id; 0 with a sentence. */
static uint64_t
create(struct sim *sim, unsigned guild, const struct form *form,
    struct sbuf *why)
{
	struct making m = {.sim = sim,
	    .form = form,
	    .user = world_member(sim->world, guild, 0)};
	const struct kind *k = NULL;
	const char *fault;

	for (size_t i = 0; i < nitems(kinds); i++)
		if (strcmp(form->as != NULL ? form->as : "slash", kinds[i].as)
		    == 0)
			k = &kinds[i];
	if (k == NULL)
		return sbuf_say(why, 0, "--as %s is none of " INTERACTION_WORDS,
		    form->as);
	if (!world_talk_channel(sim->world, guild, 0, &m.ch))
		return sbuf_say(why, 0, "nobody can talk in that guild");
	fault = find_target(&m, k->about);
	if (fault == NULL && m.ch.guild == WORLD_NOWHERE)
		fault = "that message is not of a guild";
	return fault != NULL ? sbuf_say(why, 0, "%s", fault) : emit(&m, k, why);
}

/* ---- the command ---------------------------------------------------- */

#define INTERACTION_USAGE                                                      \
	"interaction GUILD [NAME [TEXT]] [--as " INTERACTION_WORDS "] "        \
	"[--target ID]"

/* The words after the guild. */
static bool
interaction_words(struct form *f, int argc, char **argv)
{
	int plain = 0;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--as") == 0 && i + 1 < argc)
			f->as = argv[++i];
		else if (strcmp(argv[i], "--target") == 0 && i + 1 < argc
		    && str_to_u64(argv[i + 1], &f->target))
			i++;
		else if (strncmp(argv[i], "--", 2) == 0 || plain == 2)
			return false;
		else if (plain++ == 0)
			f->name = argv[i];
		else
			f->text = argv[i];
	}
	return true;
}

int
interaction_command(struct sim *sim, int argc, char **argv, struct sbuf *out)
{
	bool rows = answer_rows(argc, argv);
	struct form f = {.name = "ping"};
	uint64_t guild, id;
	int64_t index;

	argc--;
	argv++;
	if (argc < 1 || !str_to_u64(argv[0], &guild)
	    || !interaction_words(&f, argc, argv))
		return sbuf_say(out, EXIT_USAGE,
		    "expected: " INTERACTION_USAGE);
	index = world_guild_named(sim->world, guild);
	if (index < 0)
		return sbuf_say(out, 1,
		    "there is no guild %s: \"ctl guilds\" shows them", argv[0]);
	id = create(sim, (unsigned)index, &f, out);
	if (id == 0)
		return 1;
	answer_id(out, rows, id);
	return 0;
}
