/* SPDX-License-Identifier: MIT */
#include "tools/cli/base/names.h"

#include "shared/base/text.h"
#include "tools/cli/base/client_rows.h"

#include <string.h>

#define ALL_MAX (2 * CONFIG_PLUGINS_MAX + 3 * CONFIG_CLIENTS_MAX)

static const struct config_plugin *
config_plugin_of(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->plugins; i++)
		if (strcmp(c->plugin[i].name, name) == 0)
			return &c->plugin[i];
	return NULL;
}

static void
each_plugin(const struct cli *c, const struct view *v, names_fn *fn, void *arg)
{
	for (size_t i = 0; i < c->config.plugins; i++)
		fn(c->config.plugin[i].name, "plugin", arg);
	for (uint32_t i = 0; i < v->plugins.count && i < PAGE_PLUGINS; i++) {
		const char *name = v->plugins.plugin[i].name;

		if (name[0] != '\0'
		    && config_plugin_of(&c->config, name) == NULL)
			fn(name, "plugin", arg);
	}
}

static void
each_client(const struct cli *c, const struct view *v, names_fn *fn, void *arg)
{
	for (size_t i = 0; i < c->config.clients; i++)
		fn(c->config.client[i].name, "client", arg);
	for (uint32_t i = 0; i < v->gate.clients && i < PAGE_CLIENTS; i++) {
		const char *name = v->gate.client[i].name;

		if (name[0] != '\0' && config_client(&c->config, name) == NULL)
			fn(name, "client", arg);
	}
	for (size_t i = 0; i < PAGE_CLIENTS; i++) {
		const char *name = v->process[i].name;

		if (name[0] != '\0' && config_client(&c->config, name) == NULL
		    && client_rows_find(v, name) == NULL)
			fn(name, "client", arg);
	}
}

void
names_each(const struct cli *c, const struct view *v, unsigned kinds,
    names_fn *fn, void *arg)
{
	char number[24];

	for (size_t i = 0; i < v->n && (kinds & NAMES_SHARD) != 0; i++) {
		str_format(number, sizeof(number), "%u", v->shard[i].id);
		fn(number, v->shard[i].state, arg);
	}
	if ((kinds & NAMES_PLUGIN) != 0)
		each_plugin(c, v, fn, arg);
	if ((kinds & NAMES_CLIENT) != 0)
		each_client(c, v, fn, arg);
}

/* ---- one ------------------------------------------------------------ */

struct search {
	const char *name;
	unsigned found;
	const char *all[ALL_MAX]; /* for what it could have been */
	size_t n;
};

static void
look(const char *name, const char *about, void *arg)
{
	struct search *s = arg;

	if (strcmp(name, s->name) == 0)
		s->found |= strcmp(about, "plugin") == 0 ? NAMES_PLUGIN
							 : NAMES_CLIENT;
	else if (s->n < nitems(s->all))
		s->all[s->n++] = name;
}

static unsigned
unknown(struct cli *c, const struct search *s, unsigned kinds)
{
	const char *near = config_nearest(s->name, s->all, s->n);
	const char *what = kinds == NAMES_PLUGIN ? "[plugin "
	    : kinds == NAMES_CLIENT		 ? "[client "
						 : "shard, plugin or client ";

	err_set(&c->err, EXIT_USAGE, "There is no %s\"%s\"%s%s%s%s%s%s", what,
	    TEXT_OF(s->name, 90), what[0] == '[' ? "]" : "",
	    c->config.path[0] != '\0' ? " in " : "", c->config.path,
	    near != NULL ? "; did you mean \"" : "", near != NULL ? near : "",
	    near != NULL ? "\"?" : ".");
	return 0;
}

static unsigned
find(struct cli *c, const struct view *v, const char *name, unsigned kinds)
{
	struct search s = {.name = name};
	uint64_t id;

	if ((kinds & NAMES_SHARD) != 0 && str_to_u64(name, &id))
		return view_shard(v, id, &c->err) != NULL ? NAMES_SHARD : 0;
	names_each(c, v, kinds & ~(unsigned)NAMES_SHARD, look, &s);
	if (s.found != 0)
		return s.found;
	/* A file that was not read in full may name it. */
	if (c->trouble[0] != '\0' && (kinds & NAMES_SHARD) == 0)
		return kinds;
	return unknown(c, &s, kinds);
}

unsigned
names_find(struct cli *c, const char *name, unsigned kinds)
{
	struct view v = {0};
	struct err none;
	unsigned found;

	if (view_read(&v, &c->config, &none) == -1)
		v = (struct view) {0};
	found = find(c, &v, name, kinds);
	view_free(&v);
	return found;
}
