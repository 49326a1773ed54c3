/* SPDX-License-Identifier: MIT */
/*
 * What two configs differ in, and the config that results when only some of
 * the differences are taken over: a reload takes what the handler and the
 * supervisor can, and leaves the rest for who must be restarted for it.
 */
#ifndef SHARED_CONFIG_CONFIG_DIFF_H
#define SHARED_CONFIG_CONFIG_DIFF_H

#include "shared/config/config_keys.h"

struct config_diff_change {
	const struct config_key *key; /* NULL: the whole section */
	const char *plugin;	      /* or client; NULL: of none */
	const char *was, *now;	      /* as the file says it; NULL: absent */
	enum config_reload reload;
	const char *own; /* the plugin's own key; NULL: it is not;
					   its values are not for logs */
	const char *section;
};
typedef void config_diff_change_fn(const struct config_diff_change *,
    void *arg);

/* Every change, borrowed for the call; returns how many there are. */
size_t config_diff(const struct config *was, const struct config *now,
    config_diff_change_fn *, void *arg);
/* "[gateway] compress: \"none\" -> \"zlib-stream\"" */
void config_diff_change_words(const struct config_diff_change *, char *out,
    size_t size);
/* Does a reload of the handler take it over? */
bool config_diff_change_live(const struct config_diff_change *);

/*
 * One number for the values of a class of keys that differ from the defaults,
 * the same for two programs that don't know the same keys: it tells a process
 * whether another one was started with the same config.
 */
uint64_t config_diff_sum(const struct config *, enum config_reload);

/* The same of how the process of one client is started. */
uint64_t config_diff_client_sum(const struct config_client *);

/*
 * `was` with every change of `now` that a reload takes over; out owns all it
 * holds.  -1 when the parts don't fit together.
 */
int config_diff_merge(const struct config *was, const struct config *now,
    struct config *out, struct err *);
/* `was` with every change of `now` that fresh shard processes take over. */
int config_diff_merge_shards(const struct config *was, const struct config *now,
    struct config *out, struct err *);
/* `was` with the section of one plugin as `now` has it, or without it. */
int config_diff_merge_plugin(const struct config *was, const struct config *now,
    const char *plugin, struct config *out, struct err *);

#endif
