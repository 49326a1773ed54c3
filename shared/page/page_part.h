/* SPDX-License-Identifier: MIT */
/* What every part of the stats page has; see page.h. */
#ifndef SHARED_PAGE_PAGE_PART_H
#define SHARED_PAGE_PAGE_PART_H

#include <stdatomic.h>
#include <stdint.h>

#define PAGE_WORDS 192

/* Odd while its writer is inside; see page_begin(). */
typedef _Atomic uint32_t page_lock;

#endif
