/* SPDX-License-Identifier: MIT */
/*
 * This room: the program itself, which joins the others.
 *
 * `shardherd-sim run`: everything started, served until a signal, stopped.
 */
#ifndef SIM_RUN_H
#define SIM_RUN_H

/* argv after "run".  The exit code. */
int run_main(int argc, char **argv);

#endif
