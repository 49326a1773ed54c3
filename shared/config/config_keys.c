/* SPDX-License-Identifier: MIT */
/* The table of config_keys.h, and what it says of a key. */
#include "shared/config/config_keys.h"

#include <string.h>

const struct config_key config_keys[] = {
#define K(sec, key, type, member, text, min, max, flags, reload, doc)          \
	{sec, key, CONFIG_##type, offsetof(struct config, member), text, min,  \
	    max, flags, CONFIG_RELOAD_##reload, doc},
#define P(key, type, member, text, min, max, flags, reload, doc)               \
	{CONFIG_PLUGIN_SECTION, key, CONFIG_##type,                            \
	    offsetof(struct config_plugin, member), text, min, max, flags,     \
	    CONFIG_RELOAD_##reload, doc},
    CONFIG_KEYS(K, P)
#undef K
#undef P
};
const size_t config_keys_n = nitems(config_keys);

const char *const config_keys_reload_name[] = {
#define X(n, s) s,
    CONFIG_RELOADS(X)
#undef X
};

bool
config_keys_is_plugin(const struct config_key *k)
{
	return strcmp(k->section, CONFIG_PLUGIN_SECTION) == 0;
}
