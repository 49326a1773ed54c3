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
 * JSON and UTF-8 in one pass a message of 1.2 KB takes 0.9 us, not 2.6 (and valgrind
 * --tool=callgrind counts 2.8 times fewer instructions).
 */
#ifndef HERD_TRICK_WIDE
#define HERD_TRICK_WIDE 1
#endif

/* Plain answers of plugins are read without json-c (rpc_answer.c). */
#ifndef HERD_TRICK_ANSWERS
#define HERD_TRICK_ANSWERS 1
#endif

#endif
