/* SPDX-License-Identifier: MIT */
/* Commands that the bot has registered: typed, completed, of context menus. */
#include "tools/sim/people/people.h"

#include "tools/sim/base/jso.h"
#include "tools/sim/people/option.h"
#include "tools/sim/world/user.h"
#include "tools/sim/world/world_command.h"

#include <string.h>

enum { CHAT = 1, USER, MESSAGE };

static json_object *
command_data(json_object *command)
{
	json_object *d = json_object_new_object();

	jso_set(d, "id", json_object_get(jso_get(command, "id")));
	jso_set(d, "name", json_object_get(jso_get(command, "name")));
	jso_set_int(d, "type", world_command_type(command));
	if (jso_get(command, "guild_id") != NULL)
		jso_set(d, "guild_id",
		    json_object_get(jso_get(command, "guild_id")));
	return d;
}

static struct use
use_of(const struct who *who, enum world_interaction_type type)
{
	return (struct use) {.sim = who->sim,
	    .type = type,
	    .ch = who->ch,
	    .user = who->user};
}

static int
chat(struct sim *sim, int argc, char **argv, bool typing, struct people_wait *p,
    struct sbuf *out)
{
	json_object *command, *data;
	struct words w;
	struct who who;
	struct use use;

	if (!words_read(&w, argc, argv, 1 + typing, WORDS_MAX,
		"as in file user-install wait", people_usage(argv[0]), out))
		return EXIT_USAGE;
	if (!who_where(&who, sim, w.in, w.as, out))
		return EXIT_DEGRADED;
	use = use_of(&who,
	    typing ? INTERACTION_AUTOCOMPLETE : INTERACTION_COMMAND);
	command = option_command(&who, w.plain[0], CHAT, w.user_install,
	    &use.installs);
	if (command == NULL)
		return who.later ? EXIT_TRY_LATER : EXIT_DEGRADED;
	use.bot = world_command_bot(sim->world, command);
	data = command_data(command);
	if (!option_read(&use, &who, &w, command, typing, data)) {
		json_object_put(data);
		return EXIT_DEGRADED;
	}
	return people_made(sim, &w, use_emit(&use, data, out), p);
}

int
people_use(struct sim *sim, int argc, char **argv, struct people_wait *p,
    struct sbuf *out)
{
	return chat(sim, argc, argv, false, p, out);
}

int
people_complete(struct sim *sim, int argc, char **argv, struct people_wait *p,
    struct sbuf *out)
{
	return chat(sim, argc, argv, true, p, out);
}

/* ---- context menus ----------------------------------------------------- */

static bool
target_user(struct use *use, struct who *who, const char *word,
    json_object *data)
{
	json_object *resolved;
	unsigned user;

	if (!who_named(who->sim, who->g, word, &user, who->why))
		return false;
	resolved = json_object_new_object();
	use_resolve(use, resolved, user_id(who->w, user));
	jso_set_id(data, "target_id", user_id(who->w, user));
	jso_set(data, "resolved", resolved);
	return true;
}

static bool
target_message(struct who *who, const struct world_msg *m, json_object *data)
{
	json_object *resolved = json_object_new_object();

	use_add(resolved, "messages", m->id, world_render_msg(who->w, m));
	jso_set_id(data, "target_id", m->id);
	jso_set(data, "resolved", resolved);
	return true;
}

int
people_menu(struct sim *sim, int argc, char **argv, struct people_wait *p,
    struct sbuf *out)
{
	json_object *command, *data;
	const struct world_msg *m = NULL;
	struct words w;
	struct who who;
	struct use use;
	bool on_user, fine;

	if (!words_read(&w, argc, argv, 3, 3, "as in user-install wait",
		people_usage("menu"), out))
		return EXIT_USAGE;
	on_user = strcmp(w.plain[1], "user") == 0;
	if (!on_user && strcmp(w.plain[1], "message") != 0)
		return sbuf_say(out, EXIT_USAGE,
		    "expected user or message, got %s", w.plain[1]);
	if (on_user ? !who_where(&who, sim, w.in, w.as, out)
		    : (m = who_message(&who, sim, w.plain[2], w.in, w.as,
			   WHO_BOTS, out))
		    == NULL)
		return EXIT_DEGRADED;
	use = use_of(&who, INTERACTION_COMMAND);
	command = option_command(&who, w.plain[0], on_user ? USER : MESSAGE,
	    w.user_install, &use.installs);
	if (command == NULL)
		return who.later ? EXIT_TRY_LATER : EXIT_DEGRADED;
	use.bot = world_command_bot(sim->world, command);
	data = command_data(command);
	fine = on_user ? target_user(&use, &who, w.plain[2], data)
		       : target_message(&who, m, data);
	if (!fine) {
		json_object_put(data);
		return EXIT_DEGRADED;
	}
	return people_made(sim, &w, use_emit(&use, data, out), p);
}
