/* SPDX-License-Identifier: MIT */
/* Keys of plugins; see config_plugin_keys.h. */
#include "shared/config/config_plugin_keys.h"

#include "shared/base/text.h"
#include "shared/json/json.h"

#include <string.h>

const char *
config_plugin_keys_add(char **own, const char *key, const char *value)
{
	size_t n = strlen(key), was = *own != NULL ? strlen(*own) : 0;
	size_t more = n + strlen(value) + 2, keys = 0;
	char *old;

	if (n == 0 || n > CONFIG_PLUGIN_KEYS_KEY_MAX
	    || strspn(key,
		   "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		   "0123456789_.-")
		!= n)
		return "expected config. and 1 to 64 letters, digits, '_', "
		       "'.' and '-'";
	if (!text_is_utf8(value, strlen(value)))
		return "expected UTF-8";
	if ((old = config_plugin_keys_get(*own, key)) != NULL) {
		free(old);
		return "given twice";
	}
	for (size_t i = 0; i < was; i++)
		keys += (*own)[i] == '\n';
	if (keys >= CONFIG_PLUGIN_KEYS_KEYS_MAX
	    || was + more > CONFIG_PLUGIN_KEYS_BYTES_MAX)
		return "expected at most 256 keys of the plugin's own, and "
		       "64 KiB of them";
	*own = base_realloc(*own, was + more + 1);
	snprintf(*own + was, more + 1, "%s=%s\n", key, value);
	return NULL;
}

void
config_plugin_keys_each(const char *own, config_plugin_keys_fn *fn, void *arg)
{
	char *copy = base_strdup(own != NULL ? own : ""), *line = copy;

	while (*line != '\0') {
		char *value = strchr(line, '='), *end = strchr(line, '\n');

		must(value != NULL && end != NULL);
		*value++ = *end = '\0';
		fn(line, value, arg);
		line = end + 1;
	}
	free(copy);
}

struct search {
	const char *key;
	char *found;
};

static void
compare(const char *key, const char *value, void *arg)
{
	struct search *s = arg;

	if (strcmp(key, s->key) == 0)
		s->found = base_strdup(value);
}

char *
config_plugin_keys_get(const char *own, const char *key)
{
	struct search s = {key, NULL};

	config_plugin_keys_each(own, compare, &s);
	return s.found;
}

static void
add(const char *key, const char *value, void *arg)
{
	json_object_object_add(arg, key, json_object_new_string(value));
}

char *
config_plugin_keys_json(const char *own)
{
	struct json_object *o = json_object_new_object();
	char *text;

	config_plugin_keys_each(own, add, o);
	text = base_strdup(json_text(o));
	json_object_put(o);
	return text;
}
