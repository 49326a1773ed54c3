/* SPDX-License-Identifier: MIT */
/*
 * Tricks of speed and memory: each lives in one place, and here, with what it
 * is, what it brought and by which command that was seen.  All are on.  One is
 * switched off by what make is given, in a build of its own:
 *
 *	make BUILD=build-without TRICKS=-DHERD_TRICK_NAME=0 all
 *
 * which is what tools/bench --without name does to compare; the program does
 * the same without it, slower.  Code asks `if (HERD_TRICK_NAME)`.
 */
#ifndef SHARED_BASE_TRICKS_H
#define SHARED_BASE_TRICKS_H

/*
 * The way of an event through a shard.  Of a burst, beside a bare client on the
 * same processor, these five together took zlib-stream from 1.28 of its time to
 * 1.00, zstd-stream from 1.35 to 1.17 to 1.29; tools/bench --without says
 * what one is worth where you are.
 *
 * OpenSSL's buffer reads ahead, from the kernel straight into it: the copy
 * through a buffer of ours and two calls a record are spared.
 */
#ifndef HERD_TRICK_READ_AHEAD
#define HERD_TRICK_READ_AHEAD 1
#endif
/* It is kept until nothing comes for a while, not given back each record. */
#ifndef HERD_TRICK_KEEP_BUFFERS
#define HERD_TRICK_KEEP_BUFFERS 1
#endif
/* One look at what came takes all records in it, not one. */
#ifndef HERD_TRICK_READ_RECORDS
#define HERD_TRICK_READ_RECORDS 1
#endif
/* No Adler-32 over what is inflated: it would be compared at the end of a
 * stream that has none. */
#ifndef HERD_TRICK_RAW_INFLATE
#define HERD_TRICK_RAW_INFLATE 1
#endif
/* A write that took the whole queue moves its position to the end, it does not
 * walk there over the frames. */
#ifndef HERD_TRICK_QUEUE_WALKS
#define HERD_TRICK_QUEUE_WALKS 1
#endif
/* The handler acknowledges after 10 ms or 256 events, not in each turn: with an
 * event a millisecond the shard wakes 0.94 times for each, not 1.17, and calls
 * the system 3 times, not 4.9 (strace -c). */
#ifndef HERD_TRICK_ACKS
#define HERD_TRICK_ACKS 1
#endif
/* OpenSSL's memory of before the fork lies in a region of its own, which
 * nothing dirties: see tls_memory.h.  With Debian's whole bundle a shard that
 * has just come up had 1 028 KiB to itself, and with it 620 (smaps_rollup). */
#ifndef HERD_TRICK_TLS_REGION
#define HERD_TRICK_TLS_REGION 1
#endif
/* A handshake before the fork: what OpenSSL looks up for the first one is
 * shared by all shards: 620 KiB to 530. */
#ifndef HERD_TRICK_TLS_WARM
#define HERD_TRICK_TLS_WARM 1
#endif
/* malloc_trim before each fork, and when nothing has come to a shard for three
 * seconds (quiet.c), which gives its queue and OpenSSL's buffers back as well:
 * 2 120 KiB to 536, five seconds after a burst (tools/bench --only memory). */
#ifndef HERD_TRICK_TRIM
#define HERD_TRICK_TRIM 1
#endif

/*
 * JSON is checked 16 bytes at a time within strings (envelope_valid.c): with
 * JSON and UTF-8 in one pass a message of 1.2 KB takes 0.9 us, not 2.6; valgrind
 * --tool=callgrind counts 2.8 times fewer instructions.
 */
#ifndef HERD_TRICK_WIDE
#define HERD_TRICK_WIDE 1
#endif

/*
 * Plain answers of plugins are read without json-c (rpc_answer.c), which took
 * some 2 us and a dozen allocations for each.
 */
#ifndef HERD_TRICK_ANSWERS
#define HERD_TRICK_ANSWERS 1
#endif

/*
 * The memory of a finished event is the next one's (in_flight.c), instead of an
 * allocation for each: malloc and free were 5 % of an event (perf record of the
 * handler in a burst).  Not under AddressSanitizer, which is to see what is
 * used after its end.
 */
#ifdef __SANITIZE_ADDRESS__
#undef HERD_TRICK_EVENTS_KEPT
#define HERD_TRICK_EVENTS_KEPT 0
#endif
#ifndef HERD_TRICK_EVENTS_KEPT
#define HERD_TRICK_EVENTS_KEPT 1
#endif

/*
 * When nothing comes for some seconds the handler gives its heap, its buffers
 * and the used part of its stack back to the system (thrift.c): 3.4 to 2.7 MiB
 * of its own after a start (smaps), more after a burst.
 */
#ifndef HERD_TRICK_THRIFT
#define HERD_TRICK_THRIFT 1
#endif

#endif
