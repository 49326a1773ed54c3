/* SPDX-License-Identifier: MIT */
/*
 * This room: the gateway session, as a machine without sockets.
 *
 * One gateway session and the connection that carries it, as a state machine
 * (discord-protocol.md 2.3 to 2.12).  It decides; struct session_ops carries
 * out.  It does no I/O and knows time through clock.h and timer.h only, so
 * tests run hours of it in milliseconds.  It must never give a session up for
 * a reason that I1 does not list, and never IDENTIFY without a permit.
 */
#ifndef SHARD_SESSION_SESSION_H
#define SHARD_SESSION_SESSION_H

#include "shard/session/backoff.h"
#include "shared/json/envelope.h"
#include "shared/base/log.h"
#include "shared/page/page.h"
#include "shared/store/store.h"
#include "shared/base/timer.h"

#define SESSION_STRIKES 3	       /* failed RESUMEs that void a session */
#define SESSION_INTERVAL_MAX_MS 600000 /* heartbeat_interval is cut to it */
#define SESSION_INTERVAL_MIN_MS                                                \
	1000			       /* the same: oftener, heartbeats alone
					 would take half of what may be sent */
#define SESSION_PERMIT_WINDOW_MS 25000 /* a grant older than it is not used */
#define SESSION_SILENCE_FACTOR                                                 \
	10 /* of ready_timeout: ACKs alone keep a
					 handshake alive no longer */
#define SESSION_EARLY_MAX                                                      \
	10		       /* connections in a row that did not last for one
				heartbeat_interval are taken for a bad day */
#define SESSION_FULL_MS 1000   /* at least, from FULL to the next connection */
#define SESSION_QUIET_MS 60000 /* the GUILD_CREATE flood is over */
#define SESSION_STANDBY_S                                                      \
	20.0 /* an idle socket is renewed after it: how long
				  Discord lets one sit before RESUME is not
				  documented */

#define SESSION_EVENTS(X)                                                      \
	X(START)                                                               \
	X(DIALED)                                                              \
	X(DIAL_FAILED)                                                         \
	X(HELLO)                                                               \
	X(READY)                                                               \
	X(RESUMED)                                                             \
	X(BEAT)                                                                \
	X(RECONNECT)                                                           \
	X(INVALID)                                                             \
	X(ACK)                                                                 \
	X(CLOSED)                                                              \
	X(BROKEN)                                                              \
	X(T_WAIT)                                                              \
	X(T_DEADLINE)                                                          \
	X(T_BEAT)                                                              \
	X(GRANT)                                                               \
	X(ORDER)                                                               \
	X(RENEW)                                                               \
	X(STOP)                                                                \
	X(FULL)                                                                \
	X(ROOM)                                                                \
	X(TAKE)                                                                \
	X(MOVED)

enum session_event {
#define X(n) SESSION_EV_##n,
	SESSION_EVENTS(X)
#undef X
	    SESSION_EV_COUNT
};

/* What comes with an event; unused members are 0. */
struct session_in {
	unsigned code;	  /* CLOSED: close code, 0 none; DIAL_FAILED: HTTP
			      status, 0 none; GRANT: serial */
	bool flag;	  /* INVALID: d; STOP: end the session; DIAL_FAILED:
			      somebody answered */
	uint64_t value;	  /* HELLO: interval in ms, 0 unusable; READY: s;
			      DIAL_FAILED: Retry-After in s; GRANT: ledger id */
	const char *text; /* CLOSED, BROKEN, DIAL_FAILED, FULL: in words;
			      READY: session id, "" when there is none */
	const char *url;  /* READY: resume_gateway_url or "" */
	uint32_t guilds;  /* READY */
};

/* Carried out by the owner.  None of them may call back into the session. */
struct session_ops {
	/* None of these puts anything into the session before it returns.
	 * Answered by DIALED or DIAL_FAILED of this generation. */
	void (*dial)(void *, const char *url, uint32_t generation);
	/* Ends dial or connection; nothing of its generation comes after. */
	void (*hangup)(void *, unsigned code);
	void (*heartbeat)(void *, bool has_seq, uint64_t seq);
	void (*identify)(void *);
	void (*resume)(void *, const char *id, uint64_t seq);
	/* Interval known: tune the socket to it. */
	void (*tune)(void *, uint64_t interval_ms);
	void (*permit_ask)(void *, uint32_t serial, enum identify_cause,
	    unsigned close_code);
	void (*permit_done)(void *, uint32_t serial, uint64_t ledger_id,
	    enum identify_outcome, unsigned close_code);
	void (*save)(void *, const struct store_session *);
	void (*forget)(void *);
	/* A new session: everything queued from here on is its. */
	void (*begun)(void *, uint64_t hash, const char *id);
	void (*report)(void *, enum shard_report, unsigned code,
	    const char *text);
	/* Other shards that lost a connection within the last seconds; from
	 * BACKOFF_SPREAD_SHARDS on the number does not matter. */
	unsigned (*lost_beside)(void *);
	void (*fatal)(void *, unsigned code, const char *text);
	void (*say)(void *, enum log_level, const char *text);
};

struct session_limits {
	const char *main_url; /* what it points to may change: then MOVED */
	double connect_s, hello_s, ready_s; /* deadlines */
	double identify_interval_s;
	double start_spread; /* 1: part of a fleet's start, 0: alone */
	const char *api;     /* what a resume_gateway_url is judged by */
};

enum session_permit { PERMIT_NONE, PERMIT_ASKED, PERMIT_HELD, PERMIT_SPENT };

struct session {
	const struct session_ops *ops;
	void *arg;
	struct session_limits lim;
	struct page_shard *stats; /* counters and state, for the page */
	bool inside;		  /* an input is being dealt with */
	struct timer wait, deadline, beat, settle;
	struct backoff attempt;

	/* the session */
	struct store_session rec; /* valid when held */
	bool held;
	bool standby;	/* another process has it still */
	unsigned early; /* connections in a row that did not last */
	bool fresh;	/* since READY none of its connections has
				   lasted: see session_end.c */
	bool has_seq;
	uint64_t seq;	       /* last received */
	uint64_t hash;	       /* store_session_key of rec; 0: none */
	unsigned invalid_true; /* op 9 true since READY or RESUMED */
	enum identify_cause cause;
	unsigned cause_code;

	enum page_reconnect ended_by; /* what ended the last connection that
					 was one */

	/* the connection; generation 0 is none */
	uint32_t generation;
	bool on_main;
	bool unreached;		/* the last one never got to HELLO */
	bool progress;		/* dispatches came since RESUME */
	uint64_t up_ms;		/* READY or RESUMED came */
	bool unacked, extended; /* heartbeat out; extra interval given */
	uint64_t dialled_ms, answer_ms, beat_ms, beat_due_ms;
	uint64_t byte_ms;     /* last bytes */
	uint64_t dispatch_ms; /* last dispatch */
	uint64_t sync_ms;     /* last guild of READY that came */

	/* permit */
	enum session_permit permit;
	uint32_t serial;
	uint64_t ledger_id, granted_ms, sent_ms;
	enum identify_outcome outcome; /* waiting to be settled */
	unsigned outcome_code;

	uint64_t odd_ms; /* heartbeat_interval that was complained of */
	bool blocked;	 /* no room for events, until ROOM */
	uint64_t blocked_ms;
};

/*
 * rec: identity, layout and what may be resumed; with an empty id there is no
 * session and cause says why.
 */
void session_init(struct session *, struct timers *, const struct session_ops *,
    void *arg, const struct session_limits *, struct page_shard *stats,
    const struct store_session *rec, enum identify_cause);

/*
 * Before START: another process has the session still.  Goes as far as HELLO,
 * says so (REPORT_STANDBY) and waits for session_take; saves, forgets and asks
 * for nothing until then.
 */
void session_standby(struct session *);
/* It is ours now, as rec says; at once a RESUME if all is as it was. */
void session_take(struct session *, const struct store_session *rec,
    enum identify_cause);
/* The standby connection is of no use: session_take makes another one. */
void session_standby_drop(struct session *);

/* Any event; those of a connection through session_wire. */
void session_input(struct session *, enum session_event,
    const struct session_in *);
/* Ignored unless generation is that of the present connection. */
void session_wire(struct session *, uint32_t generation, enum session_event,
    const struct session_in *);

/* Bytes arrived: once per wake-up. */
static inline void
session_bytes(struct session *s, uint64_t now_ms)
{
	s->byte_ms = now_ms;
}

/* A dispatch arrived; t is its name. */
void session_dispatch(struct session *, const struct envelope *, const char *t);
/* It is kept for the handler: from here on a RESUME begins behind it. */
static inline void
session_kept(struct session *s, const struct envelope *e)
{
	if (e->has_s && s->held) {
		s->seq = s->stats->seq = e->s;
		s->has_seq = true;
	}
}
/* Does what arrives now belong to a replay? */
static inline bool
session_replaying(const struct session *s)
{
	return s->stats->state == SHARD_RESUMING;
}
static inline enum shard_state
session_state(const struct session *s)
{
	return (enum shard_state)s->stats->state;
}
/* May applications send now? */
static inline bool
session_sendable(const struct session *s)
{
	return s->stats->state == SHARD_READY;
}
/* Stops every timer; no action is called. */
void session_free(struct session *);

#endif
