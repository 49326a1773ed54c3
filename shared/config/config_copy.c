/* SPDX-License-Identifier: MIT */
/* Copies of values, and their end; see config.h and config_keys.h. */
#include "shared/config/config_keys.h"

#include "shared/base/base.h"

#include <stdlib.h>

/* Where the key's text is kept; NULL when its value is none. */
static char **
text_at(const struct config_key *k, void *base)
{
	switch (k->type) {
	case CONFIG_NUMBER:
	case CONFIG_AUTO:
	case CONFIG_SIZE:
	case CONFIG_DURATION:
	case CONFIG_INTENTS:
	case CONFIG_COMPRESS:
	case CONFIG_LEVEL:
	case CONFIG_LOG_TO:
	case CONFIG_LOG_FORMAT:
	case CONFIG_YES_NO:
	case CONFIG_OFF_AUTO:
		return NULL;
	default:
		return (char **)((char *)base + k->offset);
	}
}

void
config_value_free(const struct config_key *k, void *base)
{
	char **text = text_at(k, base);

	if (text != NULL) {
		free(*text);
		*text = NULL;
	}
}

void
config_plugin_free(struct config_plugin *c)
{
	for (size_t i = 0; i < config_keys_n; i++)
		if (config_key_is_plugin(&config_keys[i]))
			config_value_free(&config_keys[i], c);
	*c = (struct config_plugin) {0};
}

void
config_plugin_copy(struct config_plugin *to, const struct config_plugin *from)
{
	struct config_plugin was = *to;

	*to = *from;
	for (size_t i = 0; i < config_keys_n; i++) {
		const struct config_key *k = &config_keys[i];
		char **text = config_key_is_plugin(k) ? text_at(k, to) : NULL;

		if (text != NULL)
			*text = base_strdup(*text != NULL ? *text : "");
	}
	config_plugin_free(&was);
}
