/* SPDX-License-Identifier: MIT */
/*
 * config diff: what the file says otherwise than the fleet that runs by it, and
 * what it takes to bring that into force.  It asks nobody: the fleet keeps the
 * config it runs by.
 */
#include "shared/base/text.h"
#include "shared/config/config_diff.h"
#include "shared/config/config_plugin_keys.h"
#include "shared/json/json.h"
#include "shared/state/config_kept.h"
#include "shared/view/lock.h"
#include "tools/cli/base/load.h"
#include "tools/cli/base/table.h"
#include "tools/cli/data/verb.h"

#include <string.h>

#define VALUE_MAX 60 /* bytes of a value in the table */

static const char *const needs[CONFIG_RELOAD_CLASSES] = {
#define X(n, s, takes) [CONFIG_RELOAD_##n] = takes,
    CONFIG_RELOADS(X)
#undef X
};

struct diff {
	struct table table;
	struct json_object *list;
};

/* A plugin's own keys and a proxy may hold what is for nobody's eyes. */
static const char *
shown(const struct config_diff_change *c, const char *value)
{
	if (value == NULL)
		return "(none)";
	if (c->own != NULL
	    || (c->key != NULL && c->key->type == CONFIG_PROXY
		&& value[0] != '\0'))
		return "(not shown)";
	return value[0] == '\0' ? "\"\"" : value;
}

static void
on_change(const struct config_diff_change *c, void *arg)
{
	struct diff *d = arg;
	struct json_object *o = json_object_new_object();
	const char *section = c->key != NULL ? c->key->section : c->section;
	const char *was = shown(c, c->was), *now = shown(c, c->now);
	char key[160];

	str_format(key, sizeof(key), "%s%s",
	    c->own != NULL ? CONFIG_PLUGIN_KEYS_PREFIX : "",
	    c->own != NULL	 ? c->own
		: c->key != NULL ? c->key->key
				 : "exec");
	json_put_text(o, "section", section);
	json_object_object_add(o, "name",
	    c->plugin == NULL ? NULL : json_object_new_string(c->plugin));
	json_put_text(o, "key", key);
	json_put_text(o, "running", was);
	json_put_text(o, "file", now);
	json_put_text(o, "needs", needs[c->reload]);
	json_object_array_add(d->list, o);
	if (c->plugin != NULL)
		table_add(&d->table, "[%s \"%s\"] %s", section, c->plugin, key);
	else
		table_add(&d->table, "[%s] %s", section, key);
	table_add(&d->table, "%s", TEXT_OF(was, VALUE_MAX));
	table_add(&d->table, "%s", TEXT_OF(now, VALUE_MAX));
	table_add(&d->table, "%s", needs[c->reload]);
}

static int
compare(struct cli *c, const struct config *running)
{
	struct diff d = {.list = json_object_new_array()};
	size_t n;

	table_init(&d.table, "KEY RUNNING FILE NEEDS");
	d.table.fit = table_room(stdout);
	n = config_diff(running, &c->config, on_change, &d);
	if (c->json)
		cli_print_json(json_object_get(d.list));
	else if (n > 0)
		table_print(&d.table, stdout, false);
	else
		cli_print("The fleet runs by %s as it is.", c->config.path);
	table_free(&d.table);
	json_object_put(d.list);
	return n > 0 ? EXIT_DEGRADED : EXIT_FINE;
}

int
verb_config_diff(struct cli *c)
{
	struct config *running;
	int32_t pid;
	int code;

	if (load_for_fleet(c) == -1)
		return cli_fail(c);
	if (!lock_held(c->config.state_dir, &pid))
		return cli_error(c, EXIT_DOWN,
		    "No fleet of %s runs: its next start takes the file as it "
		    "is.",
		    c->config.path);
	running = base_alloc(sizeof(*running));
	if (config_kept_load(running, c->config.state_dir, c->config.path,
		&c->err)
	    == -1)
		code = cli_fail(c);
	else
		code = compare(c, running);
	config_free(running);
	free(running);
	return code;
}
