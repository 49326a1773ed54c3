/* SPDX-License-Identifier: MIT */
/* SIGINT, SIGTERM and SIGHUP, put off until nothing half is left behind. */
#ifndef TOOLS_CLI_BACKUP_ENDING_H
#define TOOLS_CLI_BACKUP_ENDING_H

#include "shared/base/base.h"

void ending_hold(void);
/* Is one of them waiting? */
bool ending_asked(void);
/* They act again: one that waited ends the process here. */
void ending_release(void);

#endif
