/* SPDX-License-Identifier: MIT */
#include "tools/sim/control/inspect.h"

#include "tools/sim/base/answer.h"
#include "tools/sim/saved/world_file.h"
#include "tools/sim/world/guild.h"
#include "tools/sim/world/user.h"
#include "tools/sim/world/world.h"
#include "tools/sim/base/jso.h"

#include <inttypes.h>
#include <string.h>

#define LINES 10 /* when no number is given */
#define LINES_MAX 1000
#define LARGE 50 /* as a bot has it that says nothing */

static bool
read_lines(int argc, char **argv, int at, uint64_t *n)
{
	*n = LINES;
	return argc <= at
	    || (str_to_u64(argv[at], n) && *n > 0 && *n <= LINES_MAX);
}

static const char *
text_of(json_object *o, const char *key)
{
	const char *text = jso_get_text(o, key);

	return text != NULL ? text : "";
}

static void
guild_line(uint64_t n, json_object *g, uint64_t channel, bool rows,
    struct sbuf *out)
{
	if (!rows) {
		sbuf_fmt(out, "%-5" PRIu64 "  %-20s  %-20" PRIu64 "  %s\n", n,
		    text_of(g, "id"), channel, text_of(g, "name"));
		return;
	}
	answer_row(out);
	sbuf_fmt(out,
	    "{\"number\":%" PRIu64 ",\"id\":\"%s\",\"channel\":\"%" PRIu64
	    "\",\"name\":",
	    n, text_of(g, "id"), channel);
	sbuf_quote(out, text_of(g, "name"));
	sbuf_str(out, "}");
}

int
inspect_guilds(struct sim *sim, int argc, char **argv, struct sbuf *out)
{
	bool rows = answer_rows(argc, argv);
	struct world_channel ch;
	uint64_t n;

	if (!read_lines(argc, argv, 1, &n))
		return sbuf_say(out, EXIT_USAGE,
		    "expected a number of guilds from 1 to %d, got %s",
		    LINES_MAX, argv[1]);
	if (!rows)
		sbuf_str(out,
		    "GUILD  ID                    CHANNEL               NAME\n");
	for (unsigned i = 0; i < n && i < world_guilds(sim->world); i++) {
		json_object *g = world_render_guild_object(sim->world, i);

		if (g == NULL || !world_talk_channel(sim->world, i, 0, &ch)) {
			json_object_put(g);
			continue;
		}
		guild_line(i, g, ch.id, rows, out);
		json_object_put(g);
	}
	if (!rows && n < world_guilds(sim->world))
		sbuf_fmt(out, "%" PRIu64 " of %u guilds\n", n,
		    world_guilds(sim->world));
	return EXIT_FINE;
}

static void
created(struct guild *g, struct sbuf *out)
{
	json_object *o;

	if (g == NULL || !guild_member_is(g, WORLD_BOT))
		return;
	o = guild_create(g, WORLD_BOT, false, LARGE);
	sbuf_fmt(out, "%s\n", jso_text(o));
	json_object_put(o);
}

int
inspect_created(struct sim *sim, int argc, char **argv, struct sbuf *out)
{
	uint64_t id = 0;

	if (strcmp(argv[1], "all") == 0) {
		for (unsigned i = 0; i < world_guilds(sim->world); i++)
			created(guild_at(sim->world, i), out);
		return EXIT_FINE;
	}
	if (str_to_u64(argv[1], &id))
		created(guild_find(sim->world, id), out);
	if (out->len == 0)
		return sbuf_say(out, EXIT_USAGE, "the bot is in no guild %s",
		    argv[1]);
	return EXIT_FINE;
}

int
inspect_world(struct sim *sim, int argc, char **argv, struct sbuf *out)
{
	json_object *o = world_file_save(sim->world);

	sbuf_str(out, jso_text(o));
	sbuf_str(out, "\n");
	json_object_put(o);
	return EXIT_FINE;
}
