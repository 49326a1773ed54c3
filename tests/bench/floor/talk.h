/* SPDX-License-Identifier: MIT */
/*
 * What clients of floor_server say, and what they are answered: requests, the
 * upgrade, IDENTIFY, RESUME, heartbeats.
 */
#ifndef TESTS_BENCH_FLOOR_TALK_H
#define TESTS_BENCH_FLOOR_TALK_H

#include "tests/bench/floor/conn.h"

#define TALK_GROUPS 8
#define TALK_NS 1000000000ull

extern struct session **talk_sessions; /* never fewer */
extern size_t talk_sessions_n;
extern struct group talk_groups[TALK_GROUPS];
extern unsigned talk_heartbeat_ms, talk_concurrency, talk_port;
extern uint64_t talk_pace_ns; /* between two events; 0: they are not paced */

uint64_t talk_now_ns(void);
/* Reads what there is, and answers. */
void talk_read(struct conn *);

#endif
