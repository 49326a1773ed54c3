/* SPDX-License-Identifier: MIT */
/*
 * What a member may do, as Discord has it: by its roles, in a channel by the
 * overwrites, of everyone, of its roles, its own.
 */
#ifndef HANDLER_GATE_ASK_ASK_PERM_H
#define HANDLER_GATE_ASK_ASK_PERM_H

#include "shared/guilds/guild_cache.h"

/* Every permission that Discord documents. */
#define ASK_PERM_ALL ((UINT64_C(1) << 53) - 1)

struct ask_perm {
	const struct guild_cache_view *view;
	uint64_t guild, user;
	uint64_t
	    channel; /* or thread, in that guild; 0: the guild as a whole */
	const char *member; /* a member object, of which roles and
			       communication_disabled_until count */
	size_t len;
	int64_t now_ms; /* wall clock */
};

/* 1; 0 when a part of it is not known, and err says which; -1. */
int ask_perm_of(const struct ask_perm *, uint64_t *bits, bool *all,
    struct err *);

#endif
