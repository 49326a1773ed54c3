/* SPDX-License-Identifier: MIT */
/*
 * This room: the process of the gate, to which existing bots connect as they
 * would to Discord (shardherd-gate(7)).
 *
 * It owns nothing that could not be lost: the log is a memfd and the socket a
 * listening one that the supervisor keeps, sessions are in the store, what is
 * not acknowledged is with the handlers.  It has no token of Discord's.
 */
#ifndef HANDLER_GATE_GATE_H
#define HANDLER_GATE_GATE_H

/* The role: argv is the config's path and the generation.  Exit code. */
int gate_main(int argc, char **argv);

#endif
