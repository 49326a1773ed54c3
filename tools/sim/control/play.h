/* SPDX-License-Identifier: MIT */
/*
 * A story: a file of lines that are words of ctl, run one after the other, each
 * to its end.
 */
#ifndef TOOLS_SIM_CONTROL_PLAY_H
#define TOOLS_SIM_CONTROL_PLAY_H

/* play FILE: stops at the first line that fails, names it on stderr and returns
 * its exit code. */
int play_file(const char *dir, int argc, char **argv);

#endif
