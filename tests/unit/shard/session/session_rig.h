/* SPDX-License-Identifier: MIT */
/*
 * A session on the fake clock whose actions are only counted, and the steps
 * tests take it through.
 */
#ifndef TESTS_UNIT_SHARD_SESSION_SESSION_RIG_H
#define TESTS_UNIT_SHARD_SESSION_SESSION_RIG_H

#include "shard/session/session.h"
#include "tests/unit/rig/fake_time.h"

#define RIG_MAIN "wss://main.example"
#define RIG_RESUME "wss://resume.example"
#define RIG_INTERVAL 40000u

/* What the session asked for. */
struct rig_seen {
	unsigned dials, hangups, beats, identifies, resumes, asks, dones, saves,
	    forgets, reports, fatals, standbys, warnings;
	unsigned lost_beside; /* what the session is told */
	char warning[256];    /* the last one */
	char url[128];
	uint32_t generation, serial;
	unsigned hangup_code, fatal_code, ask_code;
	bool beat_has;
	uint64_t beat_seq, resume_seq, ledger;
	enum identify_cause cause;
	enum identify_outcome outcome;
	struct store_session saved;
};
extern struct rig_seen rig_seen;
extern struct page_shard rig_stats;
/* [gateway] api, and the resume_gateway_url of records and READY. */
extern const char *rig_api, *rig_resume;
extern struct session rig_session;
extern char rig_main[64]; /* the main URL; RIG_MAIN from rig_begin on */

void rig_begin(const char *id, enum identify_cause cause);
/* A successor's session, which another process has still. */
void rig_begin_standby(const char *id);
void rig_in(enum session_event ev);
void rig_in_value(enum session_event ev, uint64_t value);
void rig_in_flag(enum session_event ev, bool flag);
void rig_closed(unsigned code);
void rig_dial_failed(unsigned status, uint64_t retry_after);
void rig_hello(void);
void rig_grant(void);
void rig_ready(uint32_t guilds);
void rig_event(uint64_t seq, const char *t);
void rig_is(enum shard_state state);
void rig_live(void);
/* So much time in which every heartbeat is acknowledged. */
void rig_lives(uint64_t ms);
void rig_identifying(void);

/* Frees the session and the timers. */
void rig_end(void);

#endif
