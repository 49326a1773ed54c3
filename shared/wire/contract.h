/* SPDX-License-Identifier: MIT */
/*
 * This room: what crosses from one of our processes to another.
 *
 * The contract between our processes: every inherited fd, environment name,
 * message and frame that crosses a process boundary is named here and nowhere
 * else.  Peers are of the same build unless the version says otherwise: bump
 * CONTRACT_VERSION whenever a struct below changes.
 *
 *  supervisor <-> shard, supervisor <-> handler: a SOCK_SEQPACKET socketpair,
 *      one struct msg_hdr plus one payload struct per packet, at most one fd.
 *  shard <-> handler ("uplink"): a SOCK_STREAM socketpair made by the
 *      supervisor and handed to both, framed by struct up_hdr.
 *  handler <-> gate ("gate lane"): the same, framed by struct gate_hdr.
 *  handler -> `shardherd events` ("live"): the same, but made by that command
 *      and handed on by the supervisor, framed by struct live_hdr.
 */
#ifndef SHARED_WIRE_CONTRACT_H
#define SHARED_WIRE_CONTRACT_H

#include "shared/base/base.h"

#define CONTRACT_VERSION 1

/* Fixed fds of an exec'ed handler, gate, web or runner.  stderr (2) is the log pipe. */
enum contract_fd {
	CONTRACT_FD_CONTROL = 3, /* SEQPACKET to the supervisor */
	CONTRACT_FD_CONFIG = 4,	 /* memfd: the config text as the supervisor
				    read it */
	CONTRACT_FD_TOKEN = 5,	 /* handler: pipe: the token, no newline, then
				    EOF; the others, which have no token:
				    their nonce, struct nonce of nonce.h */
	CONTRACT_FD_STATS = 6,	 /* the stats page, read-write */
	CONTRACT_FD_LOG = 7,	 /* the reading end of its own log pipe, for
				    the next supervisor */
	/* What the supervisor keeps open for those that come after; each is
	 * there only if there is something of the kind. */
	CONTRACT_FD_REST_LISTEN = 8, /* handler: [gate] rest_listen */
	CONTRACT_FD_GATE_LISTEN = 8, /* gate: [gate] listen */
	CONTRACT_FD_RUN_TOKEN = 8,   /* runner: pipe: the token of ours for
					the bot, then EOF */
	CONTRACT_FD_GATE_LOG = 9,    /* gate: memfd of its log */
	CONTRACT_FD_WEB_LISTEN = 8,  /* web: [web] listen */
	CONTRACT_FD_WEB_PUBLIC = 9,  /* web: [web] public_listen */
};
/* Hidden first argument that makes the binary a handler. */
#define CONTRACT_ROLE_HANDLER "--role=handler"
/* ... and this one the gate. */
#define CONTRACT_ROLE_GATE "--role=gate"
/* ... and this one a runner; the client's name follows the generation. */
#define CONTRACT_ROLE_RUNNER "--role=runner"
/* ... and this one web. */
#define CONTRACT_ROLE_WEB "--role=web"
/*
 * The same for an upgrade.  A supervisor execs the next program in this role;
 * the words that follow, KEY=VALUE, are those of arrive.h.
 */
#define CONTRACT_ROLE_SUPERVISOR "--role=supervisor"
/*
 * Before that in this one: config text at CONTRACT_FD_CONFIG, the config's path
 * as the one argument.  Says on stdout, as its last line, CONTRACT_EXAMINED and
 * "ok VERSION CONTRACT_VERSION PAGE_VERSION" or "error CODE sentence".
 */
#define CONTRACT_ROLE_EXAMINE "--role=examine"
#define CONTRACT_EXAMINED "shardherd-examined "

/* Store blob of this key and a plugin's name: "1" while it is held, "2" while
 * its events are dropped, too. */
#define CONTRACT_HELD_KEY "plugin-held/"

/* Store blob: the user id of the bot, as text, as the token was checked. */
#define CONTRACT_BOT_KEY "bot-user"

/* ---- supervisor channels -------------------------------------------- */

#define CONTRACT_MESSAGES(X)                                                     \
	/* any child -> supervisor, first message */                             \
	X(HELLO)                                                                 \
	/* supervisor -> shard|handler: one end of an uplink, fd attached */     \
	X(UPLINK)                                                                \
	/* shard -> supervisor: may I IDENTIFY? */                               \
	X(PERMIT_ASK)                                                            \
	/* shard -> supervisor: no longer wanted, or what became of it */        \
	X(PERMIT_DONE)                                                           \
	/* supervisor -> shard: you may, now; written to the ledger already */   \
	X(PERMIT_GRANT)                                                          \
	/* supervisor -> any child: finish what you hold and exit 0 */           \
	X(STOP)                                                                  \
	/* supervisor -> shard: close 4900, reconnect, RESUME */                 \
	X(RECONNECT)                                                             \
	/* shard -> supervisor: this shard can't go on (struct msg_fatal) */     \
	X(FATAL)                                                                 \
	/* handler -> supervisor: ready to take events */                        \
	X(READY)                                                                 \
	/* shard|handler -> supervisor: struct msg_event */                      \
	X(EVENT)                                                                 \
	/* supervisor -> handler: struct msg_plugin; with LOAD and RESTART     \
	   the config to take the plugin from, fd attached */ \
	X(PLUGIN)                                                                \
	/* handler -> supervisor: what became of it, with its serial */          \
	X(PLUGIN_ANSWER)                                                         \
	/* supervisor -> handler: struct msg_probe, one at a time */             \
	X(PROBE)                                                                 \
	/* handler -> supervisor: how it went, with its serial */                \
	X(PROBE_ANSWER)                                                          \
	/* supervisor -> any child: struct msg_log_level, from now on */         \
	X(LOG_LEVEL)                                                             \
	/* orphan -> supervisor, first on a connection to CONTRACT_ADOPT_SOCK: \
	   take me over; the reading end of its log pipe attached */ \
	X(ADOPT)                                                                 \
	/* supervisor -> orphan: this connection is your channel now */          \
	X(ADOPTED)                                                               \
	/* supervisor -> orphan: no, because (struct msg_refused): leave */      \
	X(REFUSED)                                                               \
	/* supervisor -> shard: a successor waits; let go of the session */      \
	X(HAND_OVER)                                                             \
	/* shard -> supervisor: its place is free, or why it is not */           \
	X(HANDED)                                                                \
	/* supervisor -> successor of a shard, or a gate that is READY: the  \
	   place is yours */   \
	X(TAKE_OVER)                                                             \
	/* supervisor -> shard: struct msg_gateway, where sessions begin */      \
	X(GATEWAY)                                                               \
	/* supervisor -> handler|gate: struct msg_gate_lane, one end of a gate \
	   lane attached */ \
	X(GATE_LANE)                                                             \
	/* orphan -> supervisor that took it over: struct msg_keep, what an    \
	   earlier supervisor gave it to keep attached; nothing: no more is */ \
	X(KEEP)                                                                  \
	/* runner -> supervisor: struct msg_guest, the bot's process runs */     \
	X(GUEST)                                                                 \
	/* runner -> supervisor: struct msg_words, what that has said last */    \
	X(WORDS)                                                                 \
	/* supervisor -> gate: struct msg_kick */                                \
	X(KICK)                                                                  \
	/* gate -> supervisor: struct msg_kicked, with its serial */             \
	X(KICKED)                                                                \
	/* web -> supervisor, once a second: its loop turns */                   \
	X(ALIVE)                                                                 \
	/* supervisor -> shard: end the session and IDENTIFY, an operator    \
	   wants its guilds again; the budget allows it */   \
	X(RENEW)                                                                 \
	/* supervisor -> handler: struct msg_events; where they are to go     \
	   attached */  \
	X(EVENTS)

enum msg_type {
	MSG_NONE,
#define X(n) MSG_##n,
	CONTRACT_MESSAGES(X)
#undef X
	    MSG_TYPES
};
const char *contract_msg_name(unsigned type); /* "HELLO"...; "?" if unknown */

struct msg_hdr {
	uint16_t type;	  /* enum msg_type */
	uint16_t version; /* CONTRACT_VERSION of the sender */
	uint32_t len;	  /* payload bytes that follow */
	int32_t shard;	  /* shard it is about; -1: none */
	uint32_t serial;  /* permit serial, uplink generation, ... */
};
_Static_assert(sizeof(struct msg_hdr) == 16, "msg_hdr is wire format");

#define CONTRACT_MSG_MAX 4096 /* payload cap on a supervisor channel */

struct msg_hello {
	int32_t pid;
	uint32_t generation; /* of the process: counts restarts of this slot */
	char build[64];	     /* version string of the sender */
};

/* Why an IDENTIFY is wanted: the ledger's words (I1 lists the legal ones). */
#define CONTRACT_CAUSES(X)                                                     \
	X(NO_SESSION, "no session")                                            \
	X(OTHER_TOKEN, "other token")                                          \
	X(OTHER_INTENTS, "other intents")                                      \
	X(OTHER_LAYOUT, "other shard count")                                   \
	X(INVALID_SESSION, "op 9 false")                                       \
	X(CLOSE_CODE, "close code")                                            \
	X(POISONED, "three failed resumes")                                    \
	X(ENDED, "ended by an operator") /* no session, because of stop      \
					    --end-sessions; the supervisor's */

enum identify_cause {
#define X(n, s) CAUSE_##n,
	CONTRACT_CAUSES(X)
#undef X
	    CAUSES
};
const char *contract_cause_name(unsigned cause);

/* What became of a permit. */
#define CONTRACT_OUTCOMES(X)                                                   \
	X(PENDING, "pending") /* granted, not yet known */                     \
	X(READY, "ready")                                                      \
	X(INVALID, "op 9")                                                     \
	X(CLOSED, "closed")                                                    \
	X(TIMEOUT, "timeout")                                                  \
	X(LOST, "shard died")                                                  \
	X(UNUSED, "not sent") /* given back before IDENTIFY was sent */

enum identify_outcome {
#define X(n, s) OUTCOME_##n,
	CONTRACT_OUTCOMES(X)
#undef X
	    OUTCOMES
};
const char *contract_outcome_name(unsigned outcome);

struct msg_log_level {
	uint32_t level; /* enum log_level */
	uint32_t reserved;
};
/* Obeys one; NULL, or a level that is none, changes nothing. */
void contract_log_level(const struct msg_log_level *);

/* The url of /gateway/bot, as it is now; 0-terminated. */
struct msg_gateway {
	char url[256];
};

struct msg_permit_ask {
	uint32_t cause;	     /* enum identify_cause */
	uint32_t close_code; /* with CAUSE_CLOSE_CODE, else 0 */
};

struct msg_permit_grant {
	uint64_t ledger_id; /* entry that PERMIT_DONE settles */
};

struct msg_permit_done {
	uint64_t ledger_id;
	uint32_t outcome; /* enum identify_outcome */
	uint32_t close_code;
};

struct msg_uplink {	     /* fd attached */
	uint32_t generation; /* of the handler at the other end */
	uint32_t shard_count;
};

struct msg_stop {
	uint32_t end_sessions; /* 1: close 1000 and drop the record */
	uint32_t deadline_ms;  /* after this the supervisor escalates */
};

struct msg_fatal {
	uint32_t close_code; /* 4004, 4010..4014; 401 for HTTP; 0: none */
	char text[256];	     /* one sentence for the operator */
};

/* What a shard reports beyond the stats page, for rules that span shards. */
enum shard_report {
	REPORT_READY,	       /* READY or RESUMED arrived */
	REPORT_CONNECT_FAILED, /* never reached HELLO */
	REPORT_CLOSED,	       /* connection ended after HELLO */
	REPORT_UPLINK_LOST,    /* the uplink to handler generation hdr.serial
				  ended; a new one is wanted */
	REPORT_SWITCHED,       /* events go to the handler of hdr.serial now */
	REPORT_UPLINK_REFUSED, /* handler: the uplink of hdr.shard is of no use,
				  text says why; the shard reports it lost */
	REPORT_STANDBY,	       /* a successor got HELLO and waits */
	REPORT_GATE_LOST,      /* handler: its lane to the gate ended */
	REPORT_PLUGIN_DOWN,    /* handler, before its READY: text is "NAME (why
				  it is not up)" */
};
struct msg_event {
	uint32_t report; /* enum shard_report */
	uint32_t close_code;
	char text[192];
};

/* What the supervisor keeps open for processes that come and go. */
#define CONTRACT_KEPT(X)                                                       \
	X(GATE_LOG, "log of the gate")                                         \
	X(GATE_LISTEN, "listening socket of the gate")                         \
	X(REST_LISTEN, "listening socket for REST")                            \
	X(WEB_LISTEN, "listening socket of web")                               \
	X(WEB_PUBLIC, "public listening socket of web")

enum contract_kept {
#define X(n, s) KEPT_##n,
	CONTRACT_KEPT(X)
#undef X
	    KEPTS
};
const char *contract_kept_name(unsigned kept);

struct msg_keep {
	uint32_t what; /* enum contract_kept */
	uint32_t reserved;
};

struct msg_guest {
	int32_t pid;
	uint32_t reserved;
};

struct msg_words {
	char text[160]; /* "": it said nothing */
};

/* Connections of a client are told to reconnect. */
struct msg_kick {
	uint32_t sessions; /* 1: its sessions end as well */
	uint32_t reserved;
	char name[64];
};

struct msg_kicked {
	uint32_t connections, sessions; /* so many */
};

/* Which events somebody wants to see as they pass. */
#define CONTRACT_EVENTS_NAMES 1024
struct msg_events {
	uint64_t guild; /* 0: of any, and of none */
	int32_t shard;	/* -1: of any */
	uint32_t reserved;
	char names[CONTRACT_EVENTS_NAMES]; /* "A, B", or "*" */
};

struct msg_gate_lane {
	uint32_t generation; /* of the handler at one end */
	uint32_t shard_count;
};

struct msg_handed {
	uint64_t seq;	 /* last received; a RESUME goes on from it */
	uint32_t ok;	 /* 0: it keeps the session, text says why */
	uint32_t events; /* not acknowledged, left in the spool */
	char text[192];
};

/* One plugin of a handler that goes on. */
#define CONTRACT_PLUGIN_ACTIONS(X)                                             \
	X(LOAD, "load")	    /* start it; new ones too */                       \
	X(UNLOAD, "unload") /* let it finish, then hold it */                  \
	X(RESTART,                                                             \
	    "restart") /* start-first: a new process, then the old goes */     \
	X(REPLAY, "replay")	    /* deliver a dead letter to it again */    \
	X(DISMISS, "unload --drop") /* the same as UNLOAD, but nothing waits */

enum plugin_action {
#define X(n, s) PLUGIN_DO_##n,
	CONTRACT_PLUGIN_ACTIONS(X)
#undef X
	    PLUGIN_ACTIONS
};
const char *contract_plugin_action_name(unsigned action);

#define CONTRACT_PLUGIN_ALL UINT64_MAX /* REPLAY: every dead letter */
struct msg_plugin {
	uint32_t action; /* enum plugin_action */
	uint32_t reserved;
	uint64_t id;   /* REPLAY: of the dead letter */
	char name[64]; /* "" with REPLAY: of whom it is */
};

/* Does the handler run the plugin as the section it was given says? */
enum plugin_section {
	PLUGIN_SECTION_UNSAID, /* an older handler: if it worked */
	PLUGIN_SECTION_TAKEN,
	PLUGIN_SECTION_LEFT,
};
struct msg_plugin_answer {
	uint32_t ok;
	char text[500];	  /* one sentence for the operator */
	uint32_t section; /* enum plugin_section */
	uint32_t unknown; /* there is no such plugin */
};

/* React on a message and wait for the reaction to come back. */
struct msg_probe {
	uint64_t channel;
	uint64_t message;     /* 0: post one, and say its id */
	uint32_t deadline_ms; /* of each part: before, there and back, after */
	uint32_t slow_ms;     /* longer than this is EXIT_DEGRADED */
	char emoji[128];      /* Unicode, or "name:id" */
};

/* Times in milliseconds, -1: it did not come to that, or can't be told. */
struct msg_probe_answer {
	int32_t code;	    /* exit code */
	int32_t shard;	    /* that the event comes over; -1: not known */
	int32_t rest_ms;    /* Discord accepted it */
	int32_t gateway_ms; /* the shard had the event, from the same start */
	int32_t handler_ms; /* from shard to handler */
	int32_t done_ms;    /* from there until every plugin had answered it */
	int32_t total_ms;
	uint32_t reserved;
	uint64_t message; /* one that was posted */
	char text[400];	  /* one sentence, "" when all is well */
};

/* ---- adoption ------------------------------------------------------- */

#define CONTRACT_ADOPT_SOCK "adopt.sock" /* in run_dir, SEQPACKET */
#define CONTRACT_NONCE_SIZE 32

/*
 * What an orphan says about itself.  Who it is the kernel tells (pid and user
 * of the socket, the lock of its place in the page); these say whose it is, and
 * what a supervisor that has not seen it start can't know.
 */
enum contract_role {
	CONTRACT_SHARD,
	CONTRACT_HANDLER,
	CONTRACT_GATE,
	CONTRACT_RUNNER, /* the parent of a client's process */
	CONTRACT_WEB,
	CONTRACT_ROLES
};

struct msg_adopt {
	int32_t pid;
	uint32_t generation; /* of the process */
	uint32_t role;	     /* enum contract_role; a shard's number is in the
				   header */
	uint32_t ready;	     /* 1: it was READY once */
	uint32_t shard_count;
	uint32_t uplink;      /* shard: handler generation its events go to,
				   0: to none */
	uint32_t next_uplink; /* shard: the one it is to switch to, or 0 */
	uint32_t newest;      /* shard: highest generation it has heard of;
				 runner: pid of the bot */
	uint64_t intents;
	/* config_diff_sum() of what it was started with; in place of the
	 * handler's gate and web have that of their own keys, a runner that of the
	 * client's process */
	uint64_t fleet_sum, shards_sum, handler_sum;
	uint64_t ledger_id; /* shard: the last permit it settled, in case
				   nobody has heard; 0: none */
	uint32_t outcome, close_code;
	uint8_t nonce[CONTRACT_NONCE_SIZE];
	uint8_t seal[CONTRACT_NONCE_SIZE]; /* of the token, see nonce.h */
	char build[64];
};

struct msg_adopted {
	int32_t pid; /* of the supervisor */
	uint32_t reserved;
};

struct msg_refused {
	char text[256]; /* why, a clause */
};

/* ---- uplink: shard <-> handler -------------------------------------- */

enum up_type {
	UP_HELLO = 1, /* shard -> handler, first: struct up_hello */
	UP_SESSION,   /* shard -> handler: struct up_session, before the first
			   event of a session on this connection */
	UP_EVENT,     /* shard -> handler: raw dispatch, ord set */
	UP_RESULT,    /* shard -> handler: struct up_result for a DOWN_SEND */
	DOWN_HELLO,   /* handler -> shard, first: struct up_hello */
	DOWN_ACK,     /* handler -> shard: every ord <= hdr.ord is done */
	DOWN_SEND,    /* handler -> shard: gateway payload (JSON text) to send;
			   hdr.ord is the handler's request id */
};

#define UP_FLAG_REPLAY 1u /* arrived between RESUME and RESUMED */
#define UP_FLAG_AGAIN                                                          \
	2u /* sent before, on an earlier uplink or as an express
			      copy, and not acknowledged */
#define UP_FLAG_EXPRESS                                                        \
	4u /* a copy ahead of its place, ord 0: never
			      acknowledged, the ordinary frame still comes */

struct up_hdr {
	uint32_t len; /* payload bytes that follow */
	uint8_t type; /* enum up_type */
	uint8_t flags;
	uint16_t t_len;	   /* UP_EVENT: length of the event name, 0: none */
	uint32_t t_off;	   /* UP_EVENT: its offset in the payload */
	uint32_t reserved; /* 0 */
	uint64_t ord;	   /* counts UP_EVENTs of one shard process from 1 */
	uint64_t seq;	   /* the dispatch's s; 0: it had none */
	uint64_t session;  /* store_session_key; 0: none */
	uint64_t recv_ms;  /* clock_wall_ms() when the shard had it whole */
};
_Static_assert(sizeof(struct up_hdr) == 48, "up_hdr is wire format");

#define UP_PAYLOAD_MAX (80u << 20) /* beyond it the peer is broken */

struct up_hello {
	uint32_t version; /* CONTRACT_VERSION */
	uint32_t shard, shard_count;
	uint32_t generation; /* of the sender */
	int32_t pid;
	char build[64];
};

#define CONTRACT_SESSION_MAX 128 /* longest session id kept, NUL included */
struct up_session {
	uint64_t session; /* store_session_key */
	char id[CONTRACT_SESSION_MAX];
};

enum send_status {
	SEND_OK,
	SEND_TOO_LONG, /* over 4096 bytes */
	SEND_QUEUE_FULL,
	SEND_NOT_CONNECTED, /* connection ended before it went out */
	SEND_BAD,	    /* not JSON, or an op a bot may not send */
};
struct up_result {
	uint32_t status; /* enum send_status */
	uint32_t reserved;
};

/* ---- gate lane: handler <-> gate ------------------------------------ */

/*
 * What the handler has not had acknowledged it sends again, over this lane or
 * the next one; the gate, which knows what its log has, takes it once.
 */
enum gate_type {
	GATE_HELLO = 1, /* both ways, first: struct gate_hello */
	GATE_EVENT,	/* handler -> gate: a dispatch as Discord sent it */
	GATE_ACK,	/* gate -> handler: every event with ord <= hdr.ord is
			   in the log */
	GATE_SEND,	/* gate -> handler: gateway payload (JSON text) for
			   hdr.shard; hdr.ord is the gate's request id */
	GATE_SENT,	/* handler -> gate: struct up_result for a GATE_SEND;
			   its status may also be one of these */
	GATE_ASK,	/* handler -> gate: struct gate_ask, and what is behind
			   it; hdr.ord is the handler's request id */
	GATE_ANSWER,	/* gate -> handler: struct gate_answer and a text */
};
#define GATE_SENT_LOST 1000u /* the shard went away: it may have gone out */
#define GATE_SENT_LATE 1001u

struct gate_hdr {
	uint32_t len; /* payload bytes that follow */
	uint8_t type; /* enum gate_type */
	uint8_t reserved[3];
	uint32_t shard, shard_count;
	uint64_t ord;	  /* counts GATE_EVENTs of one lane from 1 */
	uint64_t seq;	  /* the dispatch's s; 0: it had none */
	uint64_t session; /* store_session_key; 0: none */
	uint64_t recv_ms; /* wall clock when the shard had it whole */
};
_Static_assert(sizeof(struct gate_hdr) == 48, "gate_hdr is wire format");

#define GATE_SEND_MAX 4096u /* bytes of a gateway payload */

/* What the gate's cache knows, as JSON of Discord's. */
enum gate_ask_what {
	GATE_ASK_GUILD,	      /* d of a GUILD_CREATE */
	GATE_ASK_CHANNEL,     /* or thread */
	GATE_ASK_MEMBER,      /* user 0: the bot itself */
	GATE_ASK_PERMISSIONS, /* of user in channel, or guild as a whole; behind
				 the struct a member object, or nothing */
	GATE_ASK_PLACE, /* the guild of a channel, in the answer's struct */
	GATE_ASKS
};
struct gate_ask {
	uint32_t what; /* enum gate_ask_what */
	uint32_t reserved;
	uint64_t guild, channel, user; /* 0: not said */
};
#define GATE_ASK_MAX 65536u /* of what is behind it */

enum gate_answered {
	GATE_ANSWER_OK,	     /* the text is JSON */
	GATE_ANSWER_UNKNOWN, /* this, and the next: a sentence */
	GATE_ANSWER_COLD,    /* nothing can be told now */
};
struct gate_answer {
	uint32_t status; /* enum gate_answered */
	uint32_t reserved;
	uint64_t guild; /* that it is about; 0: not known */
};

struct gate_hello {
	uint32_t version; /* CONTRACT_VERSION */
	uint32_t generation, shard_count;
	int32_t pid;
	char build[64];
};

#endif
