/* SPDX-License-Identifier: MIT */
/*
 * The keys "config.KEY = VALUE" of a [plugin "name"]: the plugin's own, which
 * nobody but it understands.  They are kept as one text, a line "KEY=VALUE"
 * for each in the order of the file.  Their values may be secrets: they are
 * never logged.
 */
#ifndef SHARED_CONFIG_OWN_H
#define SHARED_CONFIG_OWN_H

#include "shared/base/base.h"

#define CONFIG_OWN_PREFIX "config."
#define CONFIG_OWN_KEY_MAX 64
#define CONFIG_OWN_KEYS_MAX 256
#define CONFIG_OWN_BYTES_MAX ((size_t)64 << 10) /* of one plugin */

/* key without the prefix.  NULL, or "expected ..." as config_value_parse. */
const char *config_own_add(char **own, const char *key, const char *value);
/* own may be NULL.  key and value are valid for the call. */
typedef void config_own_fn(const char *key, const char *value, void *arg);
void config_own_each(const char *own, config_own_fn *, void *arg);
/* A copy, NULL: there is no such key. */
char *config_own_get(const char *own, const char *key);
/* All of it as a JSON object of strings; the caller frees. */
char *config_own_json(const char *own);

#endif
