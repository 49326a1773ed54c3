/* SPDX-License-Identifier: MIT */
/*
 * This room: what somebody is told, how often, and how it gets there.
 *
 * Warnings that must reach somebody: each kind is raised once, repeated while
 * it stands, and taken back when it is over, also across restarts.  Messages
 * wait in a bounded queue and are delivered one at a time by somebody else; a
 * receiver that fails delays nothing but the next message.
 */
#ifndef SUPERVISOR_ALERT_ALERTS_H
#define SUPERVISOR_ALERT_ALERTS_H

#include "shared/base/timer.h"
#include "supervisor/alert/alert_deliver.h"

struct fleet;

#define ALERT_KINDS(X)                                                         \
	X(HOLD, "hold")                                                        \
	X(LEFT, "left")                                                        \
	X(RATE, "rate")                                                        \
	X(FORECAST, "forecast")                                                \
	X(FOREIGN, "foreign")                                                  \
	X(CRASHES, "crashes")                                                  \
	X(DEAF, "deaf")                                                        \
	X(RELOAD, "reload")                                                    \
	X(PROBE, "probe")                                                      \
	X(GATE, "gate")                                                        \
	X(OVERRUN, "overrun")                                                  \
	X(AWAY, "client away")                                                 \
	X(CACHE, "cache")                                                      \
	X(PLUGIN, "plugin")                                                    \
	X(REST, "rest")                                                        \
	X(WEB, "web")                                                          \
	X(LIMITS, "limits")                                                    \
	X(DISK, "disk")                                                        \
	X(REBOOT, "reboot")                                                    \
	X(SILENT, "partly deaf")                                               \
	X(LETTERS, "dead letters")

enum alert_kind {
#define X(n, s) ALERT_##n,
	ALERT_KINDS(X)
#undef X
	    ALERTS
};

#define ALERT_QUEUE 32	     /* messages; the oldest waiting one goes */
#define ALERT_TRIES 4	     /* of one message */
#define ALERT_CLEAR_MS 10000 /* over for that long before it is said */
#define ALERT_ANEW_MS 300000 /* after a message that was given up */

/* What one look found, by kind. */
struct alert_fact {
	bool bad;
	uint32_t code; /* enum verdict_code; 0 */
	char text[ALERT_TEXT];
};

struct alert_state {
	bool on;
	bool untold;	 /* its end reached nobody yet */
	uint32_t queued; /* messages of it that wait */
	/* Wall clock: since when, the last that reached somebody (before
	 * since_ms: none yet), none is made before. */
	int64_t since_ms, sent_ms, next_ms;
	int64_t clear_ms; /* since when it is over, 0: it is not */
	uint32_t code;	  /* enum verdict_code, of the last fact; 0 */
	char text[ALERT_TEXT];
};

struct alert_actions {
	/* Somebody to deliver to? */
	bool (*wanted)(void *arg);
	/* alerts_delivered follows, unless false: could not be started. */
	bool (*deliver)(void *arg, const struct alert_msg *);
	/* For log and page. */
	void (*say)(void *arg, const struct alert_msg *);
	/* The states changed: keep them.  May write to disk. */
	void (*keep)(void *arg);
	void (*failed)(void *arg, const struct alert_msg *, const char *why);
};

struct alerts {
	const struct alert_actions *act;
	void *arg;
	struct timer retry;
	struct alert_state state[ALERTS];
	struct alert_msg queue[ALERT_QUEUE];
	uint32_t first, waiting, tries; /* tries of the first */
	bool busy;			/* the first is being delivered */
	uint64_t failed;		/* messages given up or pushed out */
	/* for the fleet's own actions */
	struct fleet *fleet;
	struct alert_deliver post;
	uint64_t gate_ms; /* since when no gate serves; 0: one does */
};

void alerts_init(struct alerts *, struct timers *, const struct alert_actions *,
    void *arg);
void alerts_stop(struct alerts *);
/* One look's facts, ALERTS of them; repeat_ms: of one that stands. */
void alerts_judge(struct alerts *, const struct alert_fact *,
    int64_t repeat_ms);
/* The wall clock was set: what stands does so for no longer than before. */
void alerts_clock_set(struct alerts *, int64_t step_ms);
/* What became of the message being delivered, as alert_deliver_fn says. */
void alerts_delivered(struct alerts *, unsigned done, const char *why);
uint32_t alerts_standing(const struct alerts *);

/* alert_facts.c: the fleet's facts and actions. */
void alerts_open(struct alerts *, struct fleet *);
void alerts_watch(struct alerts *);
void alerts_close(struct alerts *);

#endif
