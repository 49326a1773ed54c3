/* SPDX-License-Identifier: MIT */
/*
 * The keys "config.KEY = VALUE" of a [plugin "name"]: the plugin's own, which
 * nobody but it understands.  They are kept as one text, a line "KEY=VALUE"
 * for each in the order of the file.  Their values may be secrets: they are
 * never logged.
 */
#ifndef SHARED_CONFIG_CONFIG_PLUGIN_KEYS_H
#define SHARED_CONFIG_CONFIG_PLUGIN_KEYS_H

#include "shared/base/base.h"

#define CONFIG_PLUGIN_KEYS_PREFIX "config."
#define CONFIG_PLUGIN_KEYS_KEY_MAX 64
#define CONFIG_PLUGIN_KEYS_KEYS_MAX 256
#define CONFIG_PLUGIN_KEYS_BYTES_MAX ((size_t)64 << 10) /* of one plugin */

/* key without the prefix.  NULL, or "expected ..." as config_types_parse. */
const char *config_plugin_keys_add(char **own, const char *key,
    const char *value);
/* own may be NULL.  key and value are valid for the call. */
typedef void config_plugin_keys_fn(const char *key, const char *value,
    void *arg);
void config_plugin_keys_each(const char *own, config_plugin_keys_fn *,
    void *arg);
/* A copy, NULL: there is no such key. */
char *config_plugin_keys_get(const char *own, const char *key);
/* All of it as a JSON object of strings; the caller frees. */
char *config_plugin_keys_json(const char *own);

#endif
