/* SPDX-License-Identifier: MIT */
/* Figures as people read them; each returns what it has written to out. */
#ifndef TOOLS_CLI_BASE_HUMAN_H
#define TOOLS_CLI_BASE_HUMAN_H

#include "shared/base/base.h"

/* "41ms", "2.1s", "12m05s", "3d04h"; "-" when negative. */
const char *human_age(int64_t ms, char out[24]);
/* "2026-11-21 03:14:05" of the wall clock, local time; "" for 0. */
const char *human_when(int64_t wall_ms, char out[32]);
/* "512", "38M", "1.2G" of bytes. */
const char *human_size(uint64_t bytes, char out[24]);

#endif
