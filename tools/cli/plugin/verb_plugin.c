/* SPDX-License-Identifier: MIT */
/*
 * plugin: the handler's plugins as the stats page has them, and commands; new
 * and test have files of their own.
 */
#include "shared/json/json.h"
#include "shared/page/page.h"
#include "shared/page/verdict.h"
#include "tools/cli/base/control_ask.h"
#include "tools/cli/base/follow.h"
#include "tools/cli/base/human.h"
#include "tools/cli/base/load.h"
#include "tools/cli/base/option.h"
#include "tools/cli/base/table.h"
#include "shared/view/processes.h"
#include "tools/cli/plugin/verb.h"
#include "tools/cli/plugin_test/plugin_test.h"
#include "tools/cli/plugin_test/rig.h"

#include <string.h>

/* ---- list ----------------------------------------------------------- */

static struct json_object *
to_json(const struct page_plugin *p, bool alive)
{
	struct json_object *o = json_object_new_object();

	json_put_text(o, "name", p->name);
	json_put_text(o, "state", processes_plugin_state(p, alive));
	json_object_object_add(o, "pid",
	    alive && p->pid > 0 ? json_object_new_int(p->pid) : NULL);
	json_put_int(o, "generation", p->generation);
	json_put_int(o, "outstanding", p->outstanding);
	json_put_int(o, "waiting", p->waiting);
	json_put_int(o, "backlog_events", p->backlog_events);
	json_put_int(o, "backlog_bytes", p->backlog_bytes);
	json_put_int(o, "lag_events",
	    p->outstanding + p->waiting + p->backlog_events);
	json_put_int(o, "lag_ms", p->lag_ms);
	json_put_int(o, "events", p->events);
	json_put_int(o, "errors", p->errors);
	json_put_bool(o, "failing", p->failing != 0);
	json_put_bool(o, "unloaded", p->by_operator != 0);
	json_put_int(o, "restarts", p->restarts);
	json_put_int(o, "strikes", p->strikes);
	json_put_int(o, "dead_letters", p->dead_letters);
	json_put_int(o, "dropped", p->dropped);
	json_put_int(o, "expired", p->expired);
	json_put_int(o, "damaged", p->damaged);
	json_put_text(o, "note", p->note);
	json_put_text(o, "commands", p->commands);
	return o;
}

static void
print_json(const struct page_plugins *all, bool alive)
{
	struct json_object *o = json_object_new_object();
	struct json_object *list = json_object_new_array();

	for (uint32_t i = 0; i < all->count && i < PAGE_PLUGINS; i++)
		if (all->plugin[i].name[0] != '\0')
			json_object_array_add(list,
			    to_json(&all->plugin[i], alive));
	json_object_object_add(o, "plugins", list);
	cli_print_json(o);
}

static void
add_row(struct table *t, const struct page_plugin *p, bool alive)
{
	bool fine = alive && verdict_plugin_well(p);
	char age[24];

	table_add(t, "%s", p->name);
	table_add(t, "%s", processes_plugin_state(p, alive));
	table_colour(t, fine ? TABLE_GREEN : TABLE_RED);
	if (alive && p->pid > 0)
		table_add(t, "%d", p->pid);
	else
		table_add(t, "-");
	table_add(t, "%llu", (unsigned long long)p->events);
	table_add(t, "%llu", (unsigned long long)p->errors);
	table_add(t, "%u", p->outstanding);
	table_add(t, "%llu", (unsigned long long)p->waiting);
	table_add(t, "%llu", (unsigned long long)p->backlog_events);
	table_add(t, "%s",
	    p->lag_ms > 0 ? human_age((int64_t)p->lag_ms, age) : "-");
	table_add(t, "%llu", (unsigned long long)p->restarts);
	table_add(t, "%llu", (unsigned long long)p->dead_letters);
}

static void
print_table(const struct page_plugins *all, bool alive)
{
	struct table t;

	table_init(&t,
	    "PLUGIN STATE ?>PID >EVENTS >ERRORS >WORKING >WAITING >BACKLOG "
	    ">LAG >RESTARTS >DEAD");
	t.fit = table_room(stdout);
	for (uint32_t i = 0; i < all->count && i < PAGE_PLUGINS; i++)
		if (all->plugin[i].name[0] != '\0')
			add_row(&t, &all->plugin[i], alive);
	table_print(&t, stdout, table_may_colour(stdout));
	table_free(&t);
	for (uint32_t i = 0; i < all->count && i < PAGE_PLUGINS; i++)
		if (all->plugin[i].name[0] != '\0'
		    && all->plugin[i].note[0] != '\0')
			cli_print("%s: %s", all->plugin[i].name,
			    all->plugin[i].note);
	for (uint32_t i = 0; i < all->count && i < PAGE_PLUGINS; i++)
		if (all->plugin[i].name[0] != '\0'
		    && all->plugin[i].commands[0] != '\0')
			cli_print("%s: %s", all->plugin[i].name,
			    all->plugin[i].commands);
}

/* 0 all up and well or held by an operator, 1 some are not, 2 there is
 * no handler. */
static int
verdict(const struct page_plugins *all, bool alive)
{
	if (!alive)
		return EXIT_DOWN;
	for (uint32_t i = 0; i < all->count && i < PAGE_PLUGINS; i++)
		if (!verdict_plugin_well(&all->plugin[i]))
			return EXIT_DEGRADED;
	return EXIT_FINE;
}

static int
list(struct cli *c)
{
	struct view v;
	bool alive;
	int code;

	if (c->argc > 1)
		return cli_usage(c);
	if (view_read(&v, &c->config, &c->err) == -1)
		return cli_fail(c);
	alive = v.handler_alive;
	code = verdict(&v.plugins, alive);
	if (c->json)
		print_json(&v.plugins, alive);
	else
		print_table(&v.plugins, alive);
	view_free(&v);
	return code;
}

/* ---- commands ------------------------------------------------------- */

static int
act(struct cli *c, const char *action)
{
	struct json_object *q;

	if (c->argc != 2)
		return cli_usage(c);
	q = control_ask_new("plugin");
	json_put_text(q, "action", action);
	json_put_text(q, "name", c->argv[1]);
	return follow_order(c, q, view_patience(&c->config, PATIENCE_PLUGIN));
}

/* In this order: the first two need no fleet, hence no config. */
enum { NEW, TEST, LIST };
static const char *const names[] = {"new", "test", "list", "load", "unload",
    "restart"};

/* Asked before the options are taken: "test" has some of its own. */
static bool
is_test(const struct cli *c)
{
	int i = 0;

	while (i < c->argc && c->argv[i][0] == '-')
		i++;
	return i < c->argc && strcmp(c->argv[i], names[TEST]) == 0;
}

static int
test(struct cli *c)
{
	struct plugin_test_what o = {0};
	int64_t slow = 1;
	const struct option opts[] = {
	    {"--keep", 0, OPTION_FLAG, &o.keep},
	    {"--conf", 'c', OPTION_TEXT, &o.conf},
	    {"--config", 0, OPTION_LIST, &o.config},
	    {"--say", 0, OPTION_LIST, &o.say},
	    {"--slow", 0, OPTION_NUMBER, &slow},
	};

	if (option_take(c, opts, nitems(opts)) == -1)
		return cli_fail(c);
	if (slow < 1 || slow > RIG_SLOW_MAX) {
		err_set(&c->err, EXIT_USAGE,
		    "--slow: expected a number from 1 to %d", RIG_SLOW_MAX);
		return cli_fail(c);
	}
	rig_slow((unsigned)slow);
	return plugin_test_run(c, &o);
}

int
verb_plugin(struct cli *c)
{
	const char *lang = NULL, *dir = NULL;
	bool drop = false;
	const struct option opts[] = {
	    {"--lang", 0, OPTION_TEXT, &lang},
	    {"--dir", 0, OPTION_TEXT, &dir},
	    {"--drop", 0, OPTION_FLAG, &drop},
	};
	int i;

	if (is_test(c))
		return test(c);
	if (option_take(c, opts, nitems(opts)) == -1)
		return cli_fail(c);
	if ((i = option_word(c, "list", names, nitems(names))) == -1)
		return cli_fail(c);
	if (drop && strcmp(names[i], "unload") != 0)
		return cli_error(c, EXIT_USAGE,
		    "--drop goes with plugin unload.");
	if (i != NEW && (lang != NULL || dir != NULL))
		return cli_usage(c);
	if (i == NEW)
		return verb_plugin_new(c, lang, dir);
	if (i == TEST)
		return test(c);
	if (load_look(c) == -1)
		return cli_fail(c);
	if (drop)
		return act(c, contract_plugin_action_name(PLUGIN_DO_DISMISS));
	return i == LIST ? list(c) : act(c, names[i]);
}
