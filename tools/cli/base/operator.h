/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_CLI_BASE_OPERATOR_H
#define TOOLS_CLI_BASE_OPERATOR_H

#include "shared/base/base.h"

/* Who we are: "alice (sudo by bob) on pts/3". */
#define OPERATOR_NAME 64
void operator_name(char *out, size_t size);

#endif
