/* SPDX-License-Identifier: MIT */
/*
 * Commands for one plugin of the handler in service: handed on, one at a time,
 * each with a deadline, and the handler's sentence handed back.  What changed
 * in the plugin's section of the config file goes with them.
 */
#ifndef SUPERVISOR_OPERATION_PLUGIN_COMMAND_H
#define SUPERVISOR_OPERATION_PLUGIN_COMMAND_H

#include "shared/config/config.h"
#include "shared/wire/contract.h"
#include "shared/base/timer.h"
#include "supervisor/base/report.h"

struct fleet;
struct member;

#define PLUGIN_COMMAND_SLACK_S 5 /* beyond start_timeout and drain_timeout */

struct plugin_command {
	struct fleet *fleet;
	struct timer deadline;
	struct member *asked; /* NULL: nothing is under way */
	struct member *late;  /* nobody waits for its answer any more */
	struct report report;
	uint32_t serial;
	char name[64];	     /* of the plugin it is about */
	struct config *next; /* its section as the handler was given it, in
				   force once that has taken it; NULL: none */
};

void plugin_command_init(struct plugin_command *, struct fleet *);
void plugin_command_free(struct plugin_command *);
/* 0 and the client is answered later; or -1. */
int plugin_command_ask(struct plugin_command *, uint32_t ticket,
    const struct msg_plugin *, struct err *);
void plugin_command_answered(struct plugin_command *, struct member *,
    uint32_t serial, const struct msg_plugin_answer *);
void plugin_command_handler_gone(struct plugin_command *, struct member *);
static inline bool
plugin_command_busy(const struct plugin_command *p)
{
	return p->asked != NULL;
}

#endif
