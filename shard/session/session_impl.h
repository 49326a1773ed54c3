/* SPDX-License-Identifier: MIT */
/*
 * What session.c (the state machine), session_hello.c and session_standby.c
 * (parts of it) and session_end.c (how connections end and begin) know of each
 * other.
 */
#ifndef SHARD_SESSION_SESSION_IMPL_H
#define SHARD_SESSION_SESSION_IMPL_H

#include "shard/session/close_codes.h"
#include "shard/session/session.h"

/* How a connection ended and what that asks for. */
struct session_ending {
	enum close_codes_reaction react;
	double wait_s; /* at least, before the next attempt */
	bool polite;   /* op 7 and the like: no strike */
	bool at_once;  /* an operator asked: no jitter */
	enum identify_outcome outcome;
	enum identify_cause cause;
	enum page_reconnect kind; /* for the counters */
	unsigned code;		  /* close code, 0: none */
	unsigned hangup;	  /* code we close with */
	char why[PAGE_WORDS];
};

struct session_ending session_ending(enum identify_outcome, const char *, ...)
    printflike(2, 3);
/* The one way out of a connection, dialled or open. */
void session_end(struct session *, struct session_ending *);
/* Hangs up and stops every timer of the connection. */
void session_conn_stop(struct session *, unsigned code);
/* How far a connection got. */
void session_host_result(struct session *, enum backoff_reach);
/* The next attempt: a RESUME's connection, or the question for a permit. */
void session_attempt(struct session *);
void session_dial(struct session *, const char *url);

/* What became of the permit; now or as soon as its key may go. */
void session_settle(struct session *, enum identify_outcome, unsigned code);
void session_settle_now(struct session *);
timer_fn session_on_settle;

/* HELLO came, or the session was taken over: RESUME. */
void session_resume(struct session *);
/* Where a RESUME is to go, unless it may not: then to the main URL. */
void session_take_url(struct session *, const char *url);
/* What rec says is held from now on. */
void session_adopt(struct session *, const struct store_session *rec);

typedef void session_fn(struct session *, const struct session_in *);
/* session_hello.c: up to HELLO. */
session_fn session_on_dialed, session_on_dial_failed, session_on_dial_late,
    session_on_hello, session_on_hello_late, session_on_reconnect_early,
    session_on_invalid_early;

/* session_standby.c: from HELLO to session_take. */
void session_on_standby(struct session *);
session_fn session_on_take_ready, session_on_take_early,
    session_on_take_waiting, session_on_standby_over,
    session_on_standby_reconnect, session_on_standby_invalid;

void session_save(struct session *);
void session_say(struct session *, enum log_level, const char *, ...)
    printflike(3, 4);
/* In WAITING: goes on after so long, and the page says when. */
void session_wait(struct session *, double delay_s);
void session_become(struct session *, enum shard_state, const char *, ...)
    printflike(3, 4);

#endif
