/* SPDX-License-Identifier: MIT */
/*
 * What config_types.c (values of every kind) and config_types_plugin.c (those
 * about plugins, clients and their commands) know of each other.
 */
#ifndef SHARED_CONFIG_CONFIG_TYPES_IMPL_H
#define SHARED_CONFIG_CONFIG_TYPES_IMPL_H

#include "shared/config/config_keys.h"

/* One value on its way from the file into the struct. */
struct config_types_value {
	const struct config_key *key;
	const char *text, *dir;
	void *to;
	char *why;
	size_t size;
	bool recalled; /* was accepted before: the machine is not looked at */
};

/* Always -1, with why: what was expected, and what was there. */
int config_types_refuse(struct config_types_value *, const char *, ...)
    printflike(2, 3);
/* Takes a copy; always 0. */
int config_types_take(struct config_types_value *, const char *);

typedef int config_types_fn(struct config_types_value *);
config_types_fn config_types_user, config_types_exec, config_types_command,
    config_types_events, config_types_ranges, config_types_prefix,
    config_types_permissions, config_types_listen, config_types_web_listen,
    config_types_hosts, config_types_gate_url, config_types_intents,
    config_types_ops;

#endif
