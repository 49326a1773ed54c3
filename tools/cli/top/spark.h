/* SPDX-License-Identifier: MIT */
/* A row of small bars: how something went, at a glance.  Pure. */
#ifndef TOOLS_CLI_TOP_SPARK_H
#define TOOLS_CLI_TOP_SPARK_H

#include "shared/base/base.h"

#define SPARK_MAX 120 /* bars */
/* Bytes of so many, the end included. */
#define SPARK_BYTES(bars) (3 * (bars) + 1)

/*
 * `width` bars for the last `width` of n values, oldest first, the latest at
 * the right edge; blanks where there are fewer.  They are drawn against the
 * greatest of them; nothing at all is a blank, anything else at least the
 * least bar.  utf8: eighths of a block, else ".:-=+*#@".
 */
void spark_draw(const double *value, size_t n, size_t width, bool utf8,
    char *out, size_t size);

#endif
