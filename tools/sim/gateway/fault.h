/* SPDX-License-Identifier: MIT */
/*
 * Faults the gateway commits on command: one table names them, says where in a
 * connection's life they strike and what argument they take; strike.c carries
 * them out.  A fault strikes `count` times and is then spent.
 *
 * A new fault: its row in FAULTS, and FAULT_K_... in strike.c, in the function
 * of the place where it strikes.
 */
#ifndef TOOLS_SIM_GATEWAY_FAULT_H
#define TOOLS_SIM_GATEWAY_FAULT_H

#include "tools/sim/base/sbuf.h"
#include "tools/sim/gateway/conn.h"

/*
 * Where a fault strikes: ACCEPT and HELLO know the host (main or resume) but no
 * shard; SESSION knows the shard; DATA strikes connections that are live at
 * once, and later ones when they become live; ONCE is done when commanded.
 */
enum fault_stage {
	FAULT_ACCEPT,
	FAULT_HELLO,
	FAULT_SESSION,
	FAULT_DATA,
	FAULT_ONCE
};
enum fault_arg {
	ARG_NONE,
	ARG_NUMBER,
	ARG_NUMBER_OPT,
	ARG_BOOL,
	ARG_FILE,
	ARG_STATUS,
	ARG_HANG_OPT
};

/* X(enumerator, name, stage, argument, what it does) */
#define FAULTS(X)                                                              \
	X(CONNECT_REFUSE, "connect-refuse", ACCEPT, NONE,                      \
	    "resets the TCP connection at accept")                             \
	X(UPGRADE_STATUS, "upgrade-status", ACCEPT, STATUS,                    \
	    "answers the upgrade with an HTTP status")                         \
	X(NO_HELLO, "no-hello", HELLO, NONE, "never sends HELLO")              \
	X(SLOW_HELLO, "slow-hello", HELLO, NUMBER, "sends HELLO after MS ms")  \
	X(HELLO_GLUED, "hello-glued", HELLO, NONE,                             \
	    "sends HELLO in the TCP segment of the 101")                       \
	X(HELLO_FILE, "hello", HELLO, FILE, "sends FILE in place of HELLO")    \
	X(OP7_HELLO, "op7-instead-of-hello", HELLO, NONE,                      \
	    "sends op 7 in place of HELLO")                                    \
	X(NO_ACK, "no-ack", SESSION, NONE,                                     \
	    "leaves a heartbeat without its ACK")                              \
	X(DELAY_ACK, "delay-ack", SESSION, NUMBER,                             \
	    "sends a heartbeat's ACK after MS ms")                             \
	X(LOSE_MEMBERS, "lose-members", SESSION, NONE,                         \
	    "leaves an op 8 without an answer")                                \
	X(LIMIT_MEMBERS, "limit-members", SESSION, NUMBER,                     \
	    "answers an op 8 with RATE_LIMITED for MS ms")                     \
	X(NO_READY, "no-ready", SESSION, NONE,                                 \
	    "sends nothing after IDENTIFY or RESUME")                          \
	X(OP9_IDENTIFY, "op9-on-identify", SESSION, NONE,                      \
	    "answers IDENTIFY with op 9 false")                                \
	X(OP9_RESUME, "op9-on-resume", SESSION, BOOL,                          \
	    "answers RESUME with op 9 true or false")                          \
	X(CLOSE_IDENTIFY, "close-on-identify", SESSION, NUMBER,                \
	    "closes with CODE after IDENTIFY")                                 \
	X(CLOSE_RESUME, "close-on-resume", SESSION, NUMBER,                    \
	    "closes with CODE after RESUME, the session kept")                 \
	X(DROP_REPLAY, "drop-mid-replay", SESSION, NUMBER,                     \
	    "ends TCP after N replayed events")                                \
	X(BAD_DEFLATE, "bad-deflate", DATA, NONE,                              \
	    "corrupts the next message's compressed bytes")                    \
	X(HALF_MESSAGE, "half-message", DATA, HANG_OPT,                        \
	    "sends half of the next message, then FIN, or nothing with hang")  \
	X(FRAGMENT, "fragment", DATA, NONE,                                    \
	    "sends the next message in three websocket frames")                \
	X(HUGE_MESSAGE, "huge-message", DATA, NUMBER,                          \
	    "sends a dispatch of BYTES bytes")                                 \
	X(BOMB, "bomb", DATA, NUMBER_OPT,                                      \
	    "sends a message outside the sequence that inflates to BYTES")     \
	X(FLOOD_GUILDS, "flood-guilds", DATA, NUMBER_OPT,                      \
	    "sends every GUILD_CREATE of the shard again, N times")            \
	X(STORM, "1001-storm", ONCE, NONE, "closes every connection with 1001")

enum fault_kind {
#define X(e, n, s, a, w) FAULT_K_##e,
	FAULTS(X)
#undef X
	    FAULT_KINDS
};

struct fault {
	struct list link;
	enum fault_kind kind;
	int shard;	/* -1: any */
	unsigned count; /* 0: of any layout */
	enum conn_host host;
	int64_t left; /* -1: for ever */
	uint64_t arg; /* number, status, bool */
	unsigned retry_after;
	bool hang;
	char *text; /* of ARG_FILE */
	size_t len;
};

#define FAULTS_MAX 256

/*
 * The fault to commit now, counted down, or NULL.  Borrowed until the next
 * command.
 */
const struct fault *fault_take(struct sim *, enum fault_kind, int shard,
    unsigned count, enum conn_host);
enum fault_stage fault_stage(enum fault_kind);
/*
 * The verb: fault NAME [ARGS] [--shard N[/COUNT]|all] [--count K|forever] [--host
 * main|resume], or list, or clear.  0, 1 or EXIT_USAGE, with words in out.
 */
int fault_command(struct sim *, int argc, char **argv, struct sbuf *out);
void fault_init(struct sim *);
void fault_free(struct sim *);

#endif
