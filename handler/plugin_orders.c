/* SPDX-License-Identifier: MIT */
/* Orders about plugins; see plugin_orders.h. */
#include "handler/plugin_orders.h"

#include "handler/delivery/dead_letters.h"
#include "handler/delivery/plugin_entry.h"
#include "shared/base/log.h"
#include "shared/wire/inherit.h"

#include <string.h>

struct order {
	struct plugin_set *set;
	uint32_t serial;
	const char *name;
	struct plugin_entry *entry;	 /* NULL: not in the set yet */
	const struct config_plugin *cfg; /* NULL: as it is */
};

static void
order_refuse(const struct order *o, const char *why)
{
	o->set->answer(o->set, o->serial, PLUGIN_SET_REFUSED, why);
}

static void
order_unknown(const struct order *o)
{
	char text[128];

	str_format(text, sizeof(text),
	    "there is no plugin \"%s\": \"shardherd plugin list\" shows those "
	    "there are",
	    o->name);
	o->set->answer(o->set, o->serial, PLUGIN_SET_UNKNOWN, text);
}

static void
order_load(struct order *o)
{
	if (o->entry == NULL && o->cfg != NULL)
		o->entry = plugin_set_add(o->set, o->cfg);
	if (o->entry == NULL && o->cfg == NULL)
		o->set->answer(o->set, o->serial, PLUGIN_SET_UNKNOWN,
		    "the configuration has no such plugin");
	else if (o->entry == NULL)
		order_refuse(o, "there are too many plugins");
	else
		plugin_entry_load(o->entry, o->cfg, o->serial);
}

static void
order_unload(struct order *o)
{
	if (o->entry == NULL)
		order_unknown(o);
	else
		plugin_entry_unload(o->entry, o->serial, false);
}

static void
order_dismiss(struct order *o)
{
	if (o->entry == NULL)
		order_unknown(o);
	else
		plugin_entry_unload(o->entry, o->serial, true);
}

static void
order_restart(struct order *o)
{
	if (o->entry == NULL)
		order_refuse(o,
		    "it is new in the configuration: \"shardherd plugin load\" and its name start it");
	else
		plugin_entry_restart(o->entry, o->cfg, o->serial);
}

static void (*const order_table[PLUGIN_ACTIONS])(struct order *) = {
    [PLUGIN_DO_LOAD] = order_load,
    [PLUGIN_DO_UNLOAD] = order_unload,
    [PLUGIN_DO_RESTART] = order_restart,
    [PLUGIN_DO_DISMISS] = order_dismiss,
};

static const struct config_plugin *
config_find(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->plugins; i++)
		if (strcmp(c->plugin[i].name, name) == 0)
			return &c->plugin[i];
	return NULL;
}

static void
order_replay(struct plugin_set *s, const struct msg_plugin *m, const char *name,
    uint32_t serial)
{
	char text[384];
	bool ok = dead_letters_replay(s, m->id, name, text, sizeof(text));

	s->answer(s, serial, ok ? PLUGIN_SET_DONE : PLUGIN_SET_REFUSED, text);
}

/* With a config: what it says of the plugin counts, if it says anything. */
static void
order_with(struct order *o, unsigned action, int fd)
{
	struct config *fresh = base_alloc(sizeof(*fresh));
	struct err e;

	if (inherit_config(fresh, fd, o->set->host.config->path, &e) < 0) {
		order_refuse(o, e.text);
		free(fresh);
		return;
	}
	o->cfg = config_find(fresh, o->name);
	order_table[action](o);
	config_free(fresh);
	free(fresh);
}

void
plugin_orders_take(struct plugin_set *s, const struct msg_plugin *m,
    uint32_t serial, int fd)
{
	char name[sizeof(m->name)];
	struct order o = {.set = s, .serial = serial, .name = name};

	str_copy(name, m->name, sizeof(name));
	o.entry = plugin_set_find(s, name);
	if (s->stopping)
		order_refuse(&o, "the handler is stopping");
	else if (m->action == PLUGIN_DO_REPLAY)
		order_replay(s, m, name, serial);
	else if (m->action >= PLUGIN_ACTIONS)
		order_refuse(&o, "this handler does not know what is asked");
	else if (fd >= 0)
		order_with(&o, m->action, fd);
	else
		order_table[m->action](&o);
}
