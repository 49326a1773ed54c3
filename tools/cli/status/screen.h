/* SPDX-License-Identifier: MIT */
/*
 * A view that is shown again and again: on a terminal it never grows beyond
 * the screen, so that its head stays to be seen, and q ends it.
 */
#ifndef TOOLS_CLI_STATUS_SCREEN_H
#define TOOLS_CLI_STATUS_SCREEN_H

#include "shared/base/base.h"

/* The terminal is to be used for this from here on, keys are not echoed;
 * undone at the end of the process, by a signal too. */
void screen_begin(void);
/* Prints text from the top of the screen, as much of it as fits. */
void screen_frame(const char *text);
/* Lines of the terminal that standard output is; 0: it is none. */
size_t screen_rows(void);
/* Until the time (clock_boot_ms) has come; true: somebody pressed q. */
bool screen_wait(uint64_t until_ms);

#endif
