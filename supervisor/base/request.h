/* SPDX-License-Identifier: MIT */
/*
 * One line of the control socket: JSON in, a checked struct out, and the
 * answers' JSON.  Pure; nothing is carried out here.
 */
#ifndef SUPERVISOR_BASE_REQUEST_H
#define SUPERVISOR_BASE_REQUEST_H

#include "shared/wire/contract.h"
#include "shared/base/err.h"
#include "shared/base/log.h"
#include "shared/config/config.h"

#define REQUEST_LINE_MAX 65536
#define REQUEST_SECONDS_MAX 86400
#define REQUEST_LEAVE_MAX 1000 /* IDENTIFYs of one leave */

#define REQUEST_VERBS(X)                                                       \
	X(PING, "ping")                                                        \
	X(STOP, "stop")                                                        \
	X(SHARD, "shard")                                                      \
	X(LOG_LEVEL, "log-level")                                              \
	X(RELEASE, "release")                                                  \
	X(LEAVE, "leave")                                                      \
	X(RECONCILE, "reconcile")                                              \
	X(RELOAD, "reload")                                                    \
	X(PLUGIN, "plugin")                                                    \
	X(PROBE, "probe")                                                      \
	X(TOKEN, "token")                                                      \
	X(ROLLOUT, "rollout")                                                  \
	X(UPGRADE, "upgrade")                                                  \
	X(CLIENT, "client")                                                    \
	X(EVENTS, "events")                                                    \
	X(RENEW_GATE, "renew-gate") /* another process takes its place */

enum request_verb {
#define X(n, s) REQUEST_##n,
	REQUEST_VERBS(X)
#undef X
	    REQUEST_VERB_COUNT
};

enum request_action {
	REQUEST_RECONNECT,
	REQUEST_RESTART,
	REQUEST_IDENTIFY,
	REQUEST_RENEW, /* its session ends, and it IDENTIFYs */
};

enum request_rollout {
	REQUEST_ROLLOUT_BEGIN,
	REQUEST_ROLLOUT_UNDO,
	REQUEST_ROLLOUT_STOP
};

/* -1: not said. */
struct request_rolling {
	enum request_rollout action;
	int64_t canary, parallel, max_failures;
	double pause_s;
	bool all, dry_run, no_wait;
};

struct request_upgrade {
	char path[CONFIG_PATH_MAX]; /* absolute; "": where ours is from */
	bool check;		    /* only look */
	bool force;		    /* though everything must be restarted */
	bool keep_handler;	    /* leave it as it is */
};

struct request {
	enum request_verb verb;
	char by[64];	   /* who asks, by their own word; "" */
	bool end_sessions; /* stop */
	uint32_t shard;	   /* shard */
	enum request_action action;
	bool level_given; /* log-level; else it only asks */
	enum log_level level;
	uint32_t identifies;		/* leave: may pass the reserve */
	bool check, no_wait;		/* reload; token: check is a dry run */
	bool force;			/* token: may spend the reserve */
	bool passed;			/* token: it comes in an fd */
	struct msg_plugin plugin;	/* plugin */
	struct msg_kick client;		/* client: whose; what of a kick */
	bool kick;			/* ... else it is restarted */
	uint64_t setup;			/* probe: a channel, or 0 */
	struct msg_events events;	/* events: which; they go to an fd */
	struct request_rolling rollout; /* rollout */
	struct request_upgrade upgrade; /* upgrade */
};

/* 0, or -1 with EXIT_USAGE and a sentence. */
int request_parse(const char *line, size_t len, struct request *, struct err *);
/* {"ok":false,"code":C,"error":"..."} with a newline; out is terminated. */
void request_error(const struct err *, char *out, size_t size);
/* {"KEY":"text"} with a newline. */
void request_line(const char *key, const char *text, char *out, size_t size);

#endif
