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

/* Kind, its word, what it tells, for the manual. */
#define ALERT_KINDS(X)                                                              \
	X(HOLD, "hold",                                                             \
	    "Discord refused token or intents, or the fleet cannot go on as it is") \
	X(LEFT, "left", "few IDENTIFYs are left of the day's")                      \
	X(RATE, "rate", "many IDENTIFYs within an hour that nobody asked for")      \
	X(FORECAST, "forecast",                                                     \
	    "IDENTIFYs run out soon at the pace of the last hour")                  \
	X(FOREIGN, "foreign",                                                       \
	    "something else spends IDENTIFYs with this token")                      \
	X(CRASHES, "crashes", "many shards died alike")                             \
	X(DEAF, "deaf", "shards hear nothing from Discord, or are not up")          \
	X(HANDLER, "handler", "no event reaches a plugin")                          \
	X(RELOAD, "reload", "a config was refused, or a reload taken back")         \
	X(PROBE, "probe", "the round trip failed or was slow")                      \
	X(GATE, "gate", "the gate serves no client")                                \
	X(OVERRUN, "overrun", "a client missed what the log had let go")            \
	X(AWAY, "client away",                                                      \
	    "a client is about to miss something, or its process does not stay up") \
	X(CACHE, "cache",                                                           \
	    "the gate's cache is damaged or cannot be had, or another part of it")  \
	X(PLUGIN, "plugin",                                                         \
	    "a plugin is down, hangs, errs or lags, or a command of it is refused") \
	X(REST, "rest",                                                             \
	    "calls to Discord's API are held back, or clients can make none")       \
	X(WEB, "web", "the process of metrics and status page does not serve")      \
	X(LIMITS, "limits", "file descriptors or memory of a process run out")      \
	X(DISK, "disk", "the disk of state_dir or log_dir runs out")                \
	X(REBOOT, "reboot", "the machine was started anew")                         \
	X(SILENT, "partly deaf",                                                    \
	    "a class of events is heard no more, others flow")                      \
	X(LETTERS, "dead letters",                                                  \
	    "events that a plugin could not work on wait to be looked at")
enum alert_kind {
#define X(n, s, m) ALERT_##n,
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
	/* Since when none serves; 0: one does. */
	uint64_t gate_ms, handler_ms;
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
