/* SPDX-License-Identifier: MIT */
/*
 * This room: the handler process: what joins the others.
 *
 * The handler: takes events from all shards, runs plugins, does their REST
 * calls, acknowledges.  An exec of the same binary with the fds of contract.h.
 */
#ifndef HANDLER_HANDLER_H
#define HANDLER_HANDLER_H

/* argv after CONTRACT_ROLE_HANDLER: config path, generation.  Exit code. */
int handler_main(int argc, char **argv);

#endif
