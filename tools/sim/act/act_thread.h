/* SPDX-License-Identifier: MIT */
/*
 * Threads: begun, joined, left, changed, deleted, and told of.  Whether
 * somebody may do it has been asked before.
 */
#ifndef TOOLS_SIM_ACT_ACT_THREAD_H
#define TOOLS_SIM_ACT_ACT_THREAD_H

#include "tools/sim/act/act.h"

#define ACT_THREAD_USERS 1000 /* in one thread */

struct act_thread {
	int type;	   /* 10 to 12 */
	const char *name;  /* 1 to 100 characters */
	int archive_min;   /* auto_archive_duration */
	int slow_s;	   /* rate_limit_per_user */
	bool closed;	   /* of a private one: members may not invite */
	json_object *tags; /* ids, borrowed; NULL: none */
	uint64_t id;	   /* of the message it begins with; 0: a new one */
};

/* Begins one in a channel; who does it is its owner and in it.  False: the
 * guild has as many as it can have. */
bool act_thread_new(const struct act *, const struct world_channel *parent,
    const struct act_thread *, struct world_channel *out);
/* False: is in it, or it is full; or was not in it. */
bool act_thread_join(const struct act *, const struct world_channel *,
    unsigned user);
bool act_thread_leave(const struct act *, const struct world_channel *,
    unsigned user);
/* The document was changed. */
void act_thread_changed(const struct act *, const struct world_channel *);
/* ch is no more after it. */
void act_thread_drop(const struct act *, const struct world_channel *ch);
/* Its members by user id, each as Discord shows it; borrowed, NULL: none. */
json_object *act_thread_users(struct guild *, uint64_t thread);
/* One of them, with the guild's member; caller owns.  NULL: not in it. */
json_object *act_thread_user(struct guild *, uint64_t thread, unsigned user,
    bool with_member);
/* The channel as a user in it sees it; caller owns. */
json_object *act_thread_show(const struct world_channel *, struct guild *,
    unsigned user);

#endif
