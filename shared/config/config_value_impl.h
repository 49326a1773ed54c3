/* SPDX-License-Identifier: MIT */
/*
 * What config_value.c (values of every kind) and config_value_plugin.c (those
 * about plugins and their commands) know of each other.
 */
#ifndef SHARED_CONFIG_CONFIG_VALUE_IMPL_H
#define SHARED_CONFIG_CONFIG_VALUE_IMPL_H

#include "shared/config/config_keys.h"

/* One value on its way from the file into the struct. */
struct config_value {
	const struct config_key *key;
	const char *text, *dir;
	void *to;
	char *why;
	size_t size;
	bool recalled;	/* was accepted before: the machine is not looked at */
};

/* Always -1, with why: what was expected, and what was there. */
int config_value_refuse(struct config_value *, const char *, ...)
    printflike(2, 3);
/* Takes a copy; always 0. */
int config_value_text(struct config_value *, const char *);

typedef int config_value_fn(struct config_value *);
config_value_fn config_value_user, config_value_exec, config_value_command,
    config_value_events, config_value_ranges, config_value_prefix,
    config_value_permissions;

#endif
