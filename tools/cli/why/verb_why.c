/* SPDX-License-Identifier: MIT */
/* why: of what the words name a story is told. */
#include "tools/cli/why/verb.h"

#include "tools/cli/base/client_rows.h"
#include "tools/cli/base/load.h"
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

static bool
is_client(const struct cli *c, const struct view *v, const char *name)
{
	return config_client(&c->config, name) != NULL
	    || client_rows_find(v, name) != NULL
	    || view_process(v, name) != NULL;
}

/* Which it could have been. */
static int
unknown(struct cli *c, const struct view *v, const char *name)
{
	const char *names[PAGE_PLUGINS + 2 * PAGE_CLIENTS], *near;
	size_t n = 0;

	for (uint32_t i = 0; i < v->plugins.count && i < PAGE_PLUGINS; i++)
		if (v->plugins.plugin[i].name[0] != '\0')
			names[n++] = v->plugins.plugin[i].name;
	for (uint32_t i = 0; i < v->gate.clients; i++)
		if (v->gate.client[i].name[0] != '\0')
			names[n++] = v->gate.client[i].name;
	near = config_nearest(name, names, n);
	return err_set(&c->err, EXIT_USAGE,
	    "There is no shard, plugin or client \"%s\" in this fleet%s%s%s.",
	    name, near != NULL ? "; did you mean \"" : "",
	    near != NULL ? near : "", near != NULL ? "\"?" : "");
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
	const struct view_shard *s;
	const struct page_plugin *p;
	uint64_t id;

	if (str_to_u64(name, &id)) {
		if ((s = view_shard(st->view, id, &c->err)) == NULL)
			return -1;
		story_of_shard(st, s);
		return 0;
	}
	if ((p = find_plugin(st->view, name)) != NULL)
		story_of_plugin(st, p);
	else if (is_client(c, st->view, name))
		story_of_client(st, name);
	else
		return unknown(c, st->view, name);
	return 0;
}

static int
of_client(struct cli *c, struct story *st, const char *name)
{
	if (!is_client(c, st->view, name))
		return err_set(&c->err, EXIT_USAGE,
		    "There is no [client \"%s\"] in %s.", name, c->config.path);
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
