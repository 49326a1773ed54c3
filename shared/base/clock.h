/* SPDX-License-Identifier: MIT */
/*
 * Time, reached through this header only, so that tests can put a fake clock
 * in its place (tests/unit/rig/fake_time.c) and run hours in milliseconds.
 */
#ifndef SHARED_BASE_CLOCK_H
#define SHARED_BASE_CLOCK_H

#include <stdint.h>

/* Milliseconds since boot, suspend included (CLOCK_BOOTTIME). */
uint64_t clock_boot_ms(void);
/* Milliseconds since the epoch. */
int64_t clock_wall_ms(void);
/* Uniform in [0,1); seeded from the kernel, reseeded after fork. */
double clock_random(void);

#endif
