/* SPDX-License-Identifier: MIT */
/*
 * plugin: the handler's plugins as the stats page has them, and commands; new
 * and test have files of their own.
 */
#include "shared/json/json.h"
#include "shared/page/page.h"
#include "shared/page/verdict.h"
#include "tools/cli/base/form.h"
#include "tools/cli/base/human.h"
#include "tools/cli/base/load.h"
#include "tools/cli/base/option.h"
#include "tools/cli/base/table.h"
#include "shared/view/processes.h"
#include "tools/cli/orders/verb.h"
#include "tools/cli/plugin/verb.h"
#include "tools/cli/plugin_test/plugin_test.h"
#include "tools/cli/plugin_test/rig.h"

#include <string.h>

/* ---- list ----------------------------------------------------------- */

static struct json_object *
to_json(const struct view *v, uint32_t i)
{
	const struct page_plugin *p = &v->plugins.plugin[i];
	struct json_object *o = json_object_new_object();
	bool alive = v->handler_alive;

	json_put_text(o, "name", p->name);
	json_put_text(o, "state", processes_plugin_state(v, i));
	json_object_object_add(o, "pid",
	    alive && p->pid > 0 ? json_object_new_int(p->pid) : NULL);
	json_put_int(o, "generation", p->generation);
	json_put_int(o, "outstanding", p->outstanding);
	json_put_int(o, "waiting", p->waiting);
	json_put_int(o, "backlog_events", p->backlog_events);
	json_put_int(o, "backlog_bytes", p->backlog_bytes);
	json_put_int(o, "lag_events", (int64_t)page_plugin_waits(p));
	json_put_int(o, "lag_ms", p->lag_ms);
	json_put_int(o, "events", p->events);
	json_object_object_add(o, "event_ms",
	    p->answered > 0 ? json_object_new_double(
		(double)p->worked_ms / (double)p->answered)
			    : NULL);
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
print_json(const struct view *v)
{
	const struct page_plugins *all = &v->plugins;
	struct json_object *o = json_object_new_object();
	struct json_object *list = json_object_new_array();

	for (uint32_t i = 0; i < all->count && i < PAGE_PLUGINS; i++)
		if (all->plugin[i].name[0] != '\0')
			json_object_array_add(list, to_json(v, i));
	json_object_object_add(o, "plugins", list);
	cli_print_json(o);
}

static void
add_row(struct table *t, const struct view *v, uint32_t i)
{
	const struct page_plugin *p = &v->plugins.plugin[i];
	bool alive = v->handler_alive, fine = processes_plugin_well(v, i);
	char age[24];

	table_add(t, "%s", p->name);
	table_add(t, "%s", processes_plugin_state(v, i));
	table_colour(t, fine ? TABLE_GREEN : TABLE_RED);
	if (alive && p->pid > 0)
		table_add(t, "%d", p->pid);
	else
		table_add(t, "-");
	table_add(t, "%llu", (unsigned long long)p->events);
	if (p->answered > 0)
		table_add(t, "%.1fms",
		    (double)p->worked_ms / (double)p->answered);
	else
		table_add(t, "-");
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
print_table(const struct view *v)
{
	const struct page_plugins *all = &v->plugins;
	struct table t;

	table_init(&t,
	    "PLUGIN STATE ?>PID >EVENTS ?>EACH >ERRORS >WORKING >WAITING >BACKLOG "
	    ">LAG >RESTARTS >DEAD");
	t.fit = table_room(stdout);
	for (uint32_t i = 0; i < all->count && i < PAGE_PLUGINS; i++)
		if (all->plugin[i].name[0] != '\0')
			add_row(&t, v, i);
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
verdict(const struct view *v)
{
	if (!v->handler_alive)
		return EXIT_DOWN;
	for (uint32_t i = 0; i < v->plugins.count && i < PAGE_PLUGINS; i++)
		if (v->plugins.plugin[i].name[0] != '\0'
		    && !processes_plugin_well(v, i))
			return EXIT_DEGRADED;
	return EXIT_FINE;
}

static int
list(struct cli *c)
{
	struct view v;
	int code;

	if (view_read(&v, &c->config, &c->err) == -1)
		return cli_fail(c);
	code = verdict(&v);
	if (c->json)
		print_json(&v);
	else
		print_table(&v);
	view_free(&v);
	return code;
}

/* ---- commands ------------------------------------------------------- */

static int
test(struct cli *c, const struct plugin_test_what *o, int64_t slow)
{
	if (slow < 1 || slow > RIG_SLOW_MAX)
		return cli_error(c, EXIT_USAGE,
		    "--slow: expected a number from 1 to %d", RIG_SLOW_MAX);
	rig_slow((unsigned)slow);
	return plugin_test_run(c, o);
}

int
verb_plugin(struct cli *c)
{
	struct plugin_test_what o = {0};
	const char *lang = NULL, *dir = NULL;
	int64_t slow = 1;
	bool drop = false;
	const struct option opts[] = {
	    {"--lang", &lang},
	    {"--dir", &dir},
	    {"--drop", &drop},
	    {"--keep", &o.keep},
	    {"--conf", &o.conf},
	    {"--config", &o.config},
	    {"--say", &o.say},
	    {"--slow", &slow},
	};

	if (option_take(c, opts, nitems(opts)) == -1)
		return cli_fail(c);
	/* These need no fleet, hence no config. */
	if (form_is(c, "new"))
		return verb_plugin_new(c, lang, dir);
	if (form_is(c, "test"))
		return test(c, &o, slow);
	if (load_look(c) == -1)
		return cli_fail(c);
	if (form_is(c, "list"))
		return list(c);
	return verb_plugin_order(c,
	    drop ? contract_plugin_action_name(PLUGIN_DO_DISMISS) : c->argv[0],
	    c->argv[1]);
}
