/* SPDX-License-Identifier: MIT */
/* Images as far as the simulator looks at them: how large one is by its first
 * bytes, and a small one that is made.  It decodes none. */
#ifndef TOOLS_SIM_BASE_IMAGE_H
#define TOOLS_SIM_BASE_IMAGE_H

#include "tools/sim/base/sbuf.h"

/* Pixels of a PNG, JPEG, GIF or WebP; false: it is none, or cut. */
bool image_size(const void *bytes, size_t len, uint32_t *width,
    uint32_t *height);
/* Appends a PNG of side x side pixels of one colour (0xRRGGBB). */
void image_png(struct sbuf *out, uint32_t side, uint32_t colour);

#endif
