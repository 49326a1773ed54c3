/* SPDX-License-Identifier: MIT */
/* What ps shows: "shardherd: shard 3/16".  Call proctitle_init first
 * in main. */
#ifndef SHARED_PROCESS_PROCTITLE_H
#define SHARED_PROCESS_PROCTITLE_H

#include "shared/base/base.h"

void proctitle_init(int argc, char **argv);
void proctitle_set(const char *fmt, ...) printflike(1, 2);

#endif
