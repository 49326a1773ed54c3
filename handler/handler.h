/* SPDX-License-Identifier: MIT */
/*
 * The handler: takes events from all shards, runs plugins, does their REST
 * calls, acknowledges.  An exec of the same binary with the fds of contract.h.
 */
#ifndef HANDLER_HANDLER_H
#define HANDLER_HANDLER_H

/*
 * argv after CONTRACT_ROLE_HANDLER: config path, generation, and perhaps
 * CONTRACT_HOLD_PLUGINS.  Exit code.
 */
int handler_main(int argc, char **argv);

#endif
