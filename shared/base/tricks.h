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
