/* SPDX-License-Identifier: MIT */
/* why: of what the words name a story is told. */
#include "tools/cli/why/verb.h"

#include "tools/cli/base/load.h"
#include "tools/cli/base/names.h"
#include "tools/cli/base/option.h"
#include "tools/cli/why/story.h"

#include <string.h>

static const struct page_plugin *
find_plugin(const struct view *v, const char *name)
{
	for (uint32_t i = 0; i < v->plugins.count && i < PAGE_PLUGINS; i++)
		if (name[0] != '\0'
		    && strcmp(v->plugins.plugin[i].name, name) == 0)
			return &v->plugins.plugin[i];
	return NULL;
}

/* discord-protocol.md section 4: shard_id = (guild_id >> 22) % count */
static int
of_guild(struct cli *c, struct story *st, const char *guild)
{
	const struct view *v = st->view;
	const struct view_shard *s;
	uint64_t g;

	if (!str_to_u64(guild, &g) || v->cluster.shard_count == 0)
		return err_set(&c->err, EXIT_USAGE, "\"%s\" is no guild id",
		    guild);
	s = view_shard(v, (g >> 22) % v->cluster.shard_count, &c->err);
	if (s == NULL)
		return -1;
	story_tell(st, "Guild %s is of shard %u.", guild, s->id);
	story_of_shard(st, s);
	return 0;
}

static int
of_name(struct cli *c, struct story *st, const char *name)
{
	unsigned kinds = names_find(c, name,
	    NAMES_SHARD | NAMES_PLUGIN | NAMES_CLIENT);
	const struct page_plugin *p = find_plugin(st->view, name);
	uint64_t id;

	if (kinds == 0)
		return -1;
	if (kinds == NAMES_SHARD && str_to_u64(name, &id))
		story_of_shard(st, view_shard(st->view, id, NULL));
	else if (p != NULL)
		story_of_plugin(st, p);
	else if ((kinds & NAMES_CLIENT) != 0)
		story_of_client(st, name);
	else
		story_tell(st,
		    "Plugin %s is in %s, and not in the fleet that runs: "
		    "\"shardherd plugin load %s\" starts it.",
		    name, c->config.path, name);
	return 0;
}

static int
of_client(struct cli *c, struct story *st, const char *name)
{
	if (names_find(c, name, NAMES_CLIENT) == 0)
		return -1;
	story_of_client(st, name);
	return 0;
}

static int
of_fleet(struct cli *c, struct story *st, const char *none)
{
	story_of_fleet(st);
	return 0;
}

typedef int of_fn(struct cli *, struct story *, const char *);

static int
tell(struct cli *c, of_fn *of, const char *what)
{
	struct story *st;
	struct view v;
	int rc;

	if (view_read(&v, &c->config, &c->err) == -1)
		return cli_fail(c);
	st = story_new(&v, &c->config);
	if ((rc = of(c, st, what)) == 0)
		story_print(c, st);
	free(st);
	view_free(&v);
	return rc == 0 ? EXIT_FINE : cli_fail(c);
}

int
verb_why_client(struct cli *c, const char *name)
{
	return tell(c, of_client, name);
}

int
verb_why_shard(struct cli *c, uint64_t id)
{
	char name[24];

	str_format(name, sizeof(name), "%llu", (unsigned long long)id);
	return tell(c, of_name, name);
}

int
verb_why(struct cli *c)
{
	const char *guild = NULL;
	const struct option opts[] = {{"--guild", &guild}};

	if (option_take(c, opts, nitems(opts)) == -1)
		return cli_fail(c);
	if (guild != NULL && c->argc > 0)
		return cli_usage(c);
	if (load_look(c) == -1)
		return cli_fail(c);
	if (guild != NULL)
		return tell(c, of_guild, guild);
	return c->argc == 1 ? tell(c, of_name, c->argv[0])
			    : tell(c, of_fleet, NULL);
}
