/* SPDX-License-Identifier: MIT */
/* Stand-ins for handler/plugin.c; see fake_plugin.h. */
#include "tests/unit/rig/fake_plugin.h"

#include "shared/json/json.h"

#include <string.h>

struct fake_plugin fake_plugin;

void
fake_plugin_begin(const struct config *config)
{
	memset(&fake_plugin, 0, sizeof(fake_plugin));
	fake_plugin.config = config;
	fake_plugin.life = 1;
}

/* A plugin is its index, plus one. */
struct plugin *
fake_plugin_at(unsigned index)
{
	return (struct plugin *)((uintptr_t)index + 1);
}

void
fake_plugin_call(struct rpc *r, unsigned index, const char *method,
    const char *params)
{
	struct json_object *o = json_parse_as(params, strlen(params),
	    json_type_object);

	must(o != NULL);
	rpc_request(r, fake_plugin_at(index), "1", method, o);
	json_object_put(o);
}

/* ---- handler/plugin.h ----------------------------------------------- */

unsigned
plugin_index(const struct plugin *p)
{
	return (unsigned)((uintptr_t)p - 1);
}

unsigned
plugin_slot(const struct plugin *p)
{
	return plugin_index(p);
}

const struct config_plugin *
plugin_config(const struct plugin *p)
{
	return fake_plugin.given != NULL
	    ? fake_plugin.given
	    : &fake_plugin.config->plugin[plugin_index(p)];
}

const char *
plugin_name(const struct plugin *p)
{
	return fake_plugin.config->plugin[plugin_index(p)].name;
}

uint64_t
plugin_life(const struct plugin *p)
{
	return fake_plugin.life;
}

void
plugin_result(struct plugin *p, uint64_t life, const char *id,
    const char *result, size_t len)
{
	if (fake_plugin.result != NULL) {
		fake_plugin.result(life, id, result, len);
		return;
	}
	must(len < sizeof(fake_plugin.answer));
	memcpy(fake_plugin.answer, result, len);
	fake_plugin.answer[len] = '\0';
	fake_plugin.code = 0;
	fake_plugin.answers++;
}

void
plugin_error(struct plugin *p, uint64_t life, const char *id, int code,
    const char *message, const char *data)
{
	if (fake_plugin.error != NULL) {
		fake_plugin.error(life, id, code, message, data);
		return;
	}
	str_format(fake_plugin.answer, sizeof(fake_plugin.answer), "%s%s%s",
	    message, data != NULL ? " " : "", data != NULL ? data : "");
	fake_plugin.code = code;
	fake_plugin.answers++;
}

uint64_t
plugin_ask(struct plugin *p, const char *method, const char *params, size_t len)
{
	return fake_plugin.ask != NULL ? fake_plugin.ask(method, params, len)
				       : 0;
}

void
plugin_notify(struct plugin *p, uint64_t life, const char *method,
    const char *params, size_t len)
{
	if (fake_plugin.notify != NULL)
		fake_plugin.notify(method, params, len);
}

bool
plugin_may_log(struct plugin *p)
{
	return true;
}

size_t
plugin_unread(const struct plugin *p)
{
	return fake_plugin.unread;
}

int
rest_call(struct rest *r, unsigned plugin, const struct rest_ask *ask,
    rest_done_fn *done, void *arg, bool *bad, const char **why)
{
	must(fake_plugin.rest != NULL);
	*bad = true;
	*why = "the test does not take it";
	return fake_plugin.rest(ask, done, arg);
}
