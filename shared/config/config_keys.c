/* SPDX-License-Identifier: MIT */
/* The table of config_keys.h, and what it says of a key. */
#include "shared/config/config_keys.h"

#include <string.h>

const struct config_key config_keys[] = {
#define K(sec, key, type, member, text, min, max, flags, reload, doc)          \
	{sec, key, CONFIG_##type, offsetof(struct config, member), text, min,  \
	    max, flags, CONFIG_RELOAD_##reload, doc},
#define C(key, type, member, text, min, max, flags, reload, doc)               \
	{CONFIG_CLIENT_SECTION, key, CONFIG_##type,                            \
	    offsetof(struct config_client, member), text, min, max, flags,     \
	    CONFIG_RELOAD_##reload, doc},
#define P(key, type, member, text, min, max, flags, reload, doc)               \
	{CONFIG_PLUGIN_SECTION, key, CONFIG_##type,                            \
	    offsetof(struct config_plugin, member), text, min, max, flags,     \
	    CONFIG_RELOAD_##reload, doc},
    CONFIG_KEYS(K, P, C)
#undef K
#undef P
#undef C
};
const size_t config_keys_n = nitems(config_keys);

const char *const config_keys_reload_name[] = {
#define X(n, s, takes) s,
    CONFIG_RELOADS(X)
#undef X
};

#define KIND(word, example, exec, member, n, most, class)                      \
	{                                                                      \
		word, example, exec, offsetof(struct config, member),          \
		    sizeof(((struct config *)NULL)->member[0]),                \
		    offsetof(struct config, n), most,                          \
		    offsetof(struct config_##member, line),                    \
		    CONFIG_RELOAD_##class                                      \
	}

const struct config_kind config_kinds[] = {
    KIND(CONFIG_PLUGIN_SECTION, "pong", "exec", plugin, plugins,
	CONFIG_PLUGINS_MAX, HANDLER),
    KIND(CONFIG_CLIENT_SECTION, "mybot", "exec", client, clients,
	CONFIG_CLIENTS_MAX, GATE),
};
const size_t config_kinds_n = nitems(config_kinds);

const struct config_kind *
config_keys_kind(const struct config_key *k)
{
	for (size_t i = 0; i < config_kinds_n; i++)
		if (strcmp(k->section, config_kinds[i].section) == 0)
			return &config_kinds[i];
	return NULL;
}

size_t
config_keys_count(const struct config_kind *kind, const struct config *c)
{
	return *(const size_t *)((const char *)c + kind->count);
}

void *
config_keys_at(const struct config_kind *kind, const struct config *c, size_t i)
{
	return (char *)c + kind->array + i * kind->size;
}

const char *
config_keys_name(const void *one)
{
	return one;
}

const void *
config_keys_find(const struct config_kind *kind, const struct config *c,
    const char *name)
{
	for (size_t i = 0; i < config_keys_count(kind, c); i++)
		if (strcmp(config_keys_at(kind, c, i), name) == 0)
			return config_keys_at(kind, c, i);
	return NULL;
}

bool
config_keys_is_plugin(const struct config_key *k)
{
	return strcmp(k->section, CONFIG_PLUGIN_SECTION) == 0;
}
