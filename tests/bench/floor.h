/* SPDX-License-Identifier: MIT */
/*
 * What floor_stream writes and floor_server sends: the dispatches of one
 * session, once as they are and once as a connection's compressed bytes.  A
 * file is the head, count + 1 offsets into what follows them, and the events.
 *
 * Event i has s = i + FLOOR_SEQ.  What is compressed with zlib begins anew,
 * without a look back, at each FLOOR_RESTART'th event.
 */
#ifndef TESTS_BENCH_FLOOR_H
#define TESTS_BENCH_FLOOR_H

#include <stdint.h>

#define FLOOR_MAGIC 0x31726f6f6c46ull
#define FLOOR_SEQ 2 /* READY has 1 */
#define FLOOR_RESTART 256
#define FLOOR_ZSTD_HEAD 6 /* bytes: magic, descriptor, window */
#define FLOOR_ZSTD_LEVEL 3
#define FLOOR_ZSTD_WINDOW 18 /* log2 */
#define FLOOR_ZLIB_LEVEL 6

enum floor_mode {
	FLOOR_NONE,
	FLOOR_ZLIB,
	FLOOR_ZSTD,
	FLOOR_MODES,
};

#define FLOOR_WORDS                                                            \
	{                                                                      \
		"none", "zlib", "zstd"                                         \
	}

struct floor_head {
	uint64_t magic, count;
	unsigned char zstd[8]; /* the first bytes of the frame */
};

#endif
