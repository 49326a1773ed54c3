/* SPDX-License-Identifier: MIT */
/* See people.h; the objects are as in tests/data/events. */
#include "tools/sim/people/people.h"

#include "tools/sim/base/answer.h"
#include "shared/json/json.h"
#include "tools/sim/base/jso.h"
#include "tools/sim/people/use.h"
#include "tools/sim/world/user.h"
#include "tools/sim/world/world_command.h"

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
	struct use use; /* its message is the one it is about */
	const struct form *form;
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
	json_object *d = json_object_new_object(), *of;
	struct world *w = m->use.sim->world;
	uint64_t guild = world_guild_id(w, m->use.ch.guild);

	of = world_command_find(w, -1, guild, m->form->name, type);
	if (of != NULL)
		m->use.bot = world_command_bot(w, of);
	jso_set_int(d, "type", type);
	jso_set_text(d, "name", m->form->name);
	jso_set(d, "id",
	    of ? json_object_get(jso_get(of, "id"))
	       : jso_id(world_snowflake(w)));
	if (jso_get(of, "guild_id") != NULL)
		jso_set_id(d, "guild_id", guild);
	return d;
}

/* What an option or a selection names. */
static void
resolve(struct making *m, json_object *to, const char *name)
{
	uint64_t id;

	if (name != NULL && str_to_u64(name, &id))
		use_resolve(&m->use, to, id);
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

	use_resolve(&m->use, r, m->target);
	jso_set_id(d, "target_id", m->target);
	jso_set(d, "resolved", r);
	return d;
}

static json_object *
message_data(struct making *m)
{
	json_object *d = command_data(m, 3), *r = json_object_new_object();

	jso_set_id(d, "target_id", m->use.message->id);
	use_add(r, "messages", m->use.message->id,
	    world_render_msg(m->use.sim->world, m->use.message));
	jso_set(d, "resolved", r);
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
	json_object *message = world_render_msg(m->use.sim->world,
	    m->use.message);
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
		struct world_msg *one = world_msg_find(m->use.sim->world,
		    m->form->target);

		return one != NULL
			&& (!own
			    || user_bot_number(m->use.sim->world, one->user)
				>= 0)
		    ? one
		    : NULL;
	}
	n = world_msg_list(m->use.sim->world, m->use.ch.id, 0, 0, list,
	    nitems(list));
	for (size_t i = 0; i < n; i++)
		if (!own
		    || user_bot_number(m->use.sim->world, list[i]->user) >= 0)
			return list[i];
	return NULL;
}

static const char *
find_target(struct making *m, enum about about)
{
	struct world *w = m->use.sim->world;

	m->target = m->form->target;
	switch (about) {
	case A_USER:
		if (m->target == 0)
			m->target = user_id(w,
			    world_member(w, m->use.ch.guild, 1));
		return user_find(w, m->target) >= 0 ? NULL
						    : "there is no such user";
	case A_MESSAGE:
		m->use.message = find_message(m, false);
		break;
	case OWN_MESSAGE:
		m->use.message = find_message(m, true);
		break;
	case MAYBE_OWN:
		if (m->target == 0)
			return NULL;
		m->use.message = find_message(m, true);
		break;
	case NOTHING:
		return NULL;
	}
	if (m->use.message == NULL)
		return about == A_MESSAGE ? "there is no such message"
					  : "the bot has no such message";
	return world_channel_find(w, m->use.message->channel, &m->use.ch)
	    ? NULL
	    : "there is no such channel";
}

/* ---- the event ------------------------------------------------------ */

static uint64_t
emit(struct making *m, const struct kind *k, struct sbuf *why)
{
	struct world_interaction *i;
	json_object *data = k->data(m);

	m->use.type = k->type;
	if (k->type == INTERACTION_MODAL)
		m->use.opener = world_interaction_opener(m->use.sim->world,
		    m->use.user, m->form->name);
	if (k->about != OWN_MESSAGE && k->about != MAYBE_OWN)
		m->use.message = NULL;
	i = use_emit(&m->use, data, why);
	return i ? i->id : 0;
}

/* A person of the guild does it in its first talk channel.  The interaction's
 * id; 0 with a sentence. */
static uint64_t
create(struct sim *sim, unsigned guild, const struct form *form,
    struct sbuf *why)
{
	struct making m = {.form = form};
	const struct kind *k = NULL;
	const char *fault;

	m.use.sim = sim;
	m.use.user = world_member(sim->world, guild, 0);
	for (size_t i = 0; i < nitems(kinds); i++)
		if (strcmp(form->as != NULL ? form->as : "slash", kinds[i].as)
		    == 0)
			k = &kinds[i];
	if (k == NULL)
		return sbuf_say(why, 0,
		    "--as %s is none of " PEOPLE_INTERACTION_WORDS, form->as);
	if (!world_talk_channel(sim->world, guild, 0, &m.use.ch))
		return sbuf_say(why, 0, "nobody can talk in that guild");
	fault = find_target(&m, k->about);
	if (fault == NULL && m.use.ch.guild == WORLD_NOWHERE)
		fault = "that message is not of a guild";
	return fault != NULL ? sbuf_say(why, 0, "%s", fault) : emit(&m, k, why);
}

/* ---- the command ---------------------------------------------------- */

#define INTERACTION_USAGE                                                      \
	"interaction GUILD [NAME [TEXT]] [--as " PEOPLE_INTERACTION_WORDS "] " \
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
people_interaction(struct sim *sim, int argc, char **argv, struct sbuf *out)
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
