/* SPDX-License-Identifier: MIT */
/*
 * Commands for one plugin of the handler in service: handed on, one at a time,
 * each with a deadline, and the handler's sentence handed back.  What changed
 * in the plugin's section of the config file goes with them.
 */
#ifndef SUPERVISOR_PLUGINS_H
#define SUPERVISOR_PLUGINS_H

#include "shared/config/config.h"
#include "shared/wire/contract.h"
#include "shared/base/timer.h"

struct fleet;
struct member;

#define PLUGINS_SLACK_S 5	/* beyond start_timeout and drain_timeout */

struct plugins {
	struct fleet *fleet;
	struct timer deadline;
	struct member *asked;	/* NULL: nothing is under way */
	struct member *late;	/* nobody waits for its answer any more */
	uint32_t ticket, serial;
	char name[64];		/* of the plugin it is about */
	struct config *next;	/* its section as the handler was given it, in
				   force once that has taken it; NULL: none */
};

void plugins_init(struct plugins *, struct fleet *);
void plugins_free(struct plugins *);
/* 0 and the client is answered later; or -1. */
int plugins_ask(struct plugins *, uint32_t ticket, const struct msg_plugin *,
    struct err *);
void plugins_answered(struct plugins *, struct member *, uint32_t serial,
    const struct msg_plugin_answer *);
void plugins_handler_gone(struct plugins *, struct member *);
static inline bool
plugins_busy(const struct plugins *p)
{
	return p->asked != NULL;
}

#endif
