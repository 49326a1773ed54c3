/* SPDX-License-Identifier: MIT */
/*
 * One connection of a client: a machine [state][event].  Its session is
 * another object, which outlives it.
 */
#ifndef HANDLER_GATE_CLIENT_CLIENT_CONN_H
#define HANDLER_GATE_CLIENT_CLIENT_CONN_H

#include "handler/gate/client/client_live.h"
#include "handler/gate/client/client_payload.h"

#include "shared/base/machine.h"
#include "shared/websocket/compress.h"
#include "shared/websocket/ws_server.h"

#define CLIENT_CONN_STATES(X)                                                  \
	X(UPGRADE)  /* its HTTP request is awaited */                          \
	X(GREETED)  /* HELLO is out: IDENTIFY or RESUME */                     \
	X(HELD)	    /* IDENTIFY waits for upstream and cache */                \
	X(WAITING)  /* RESUME of what was taken over waits for its end */      \
	X(SNAPSHOT) /* READY is out, GUILD_CREATEs go */                       \
	X(SEEKING)  /* RESUME: its place in the log is sought */               \
	X(REPLAY)   /* ... and what it missed goes */                          \
	X(LIVE)                                                                \
	X(CLOSING) /* our last bytes are out */                                \
	X(DEAD)	   /* freed at the end of the turn */

enum client_conn_state {
#define X(n) CLIENT_CONN_##n,
	CLIENT_CONN_STATES(X)
#undef X
	    CLIENT_CONN_STATE_N
};
extern const char *const client_conn_state_name[CLIENT_CONN_STATE_N];

#define CLIENT_CONN_EVENTS(X)                                                  \
	X(UPGRADED)                                                            \
	X(IDENTIFY)                                                            \
	X(RESUME)                                                              \
	X(BEAT)                                                                \
	X(COMMAND)                                                             \
	X(WRONG)  /* it is to be closed, as ending says */                     \
	X(CLOSES) /* its close frame */                                        \
	X(BROKE)  /* the transport did */                                      \
	X(DEADLINE)                                                            \
	X(SILENT)                                                              \
	X(WORK) /* the end of a turn in which something may go on */

enum client_conn_event {
#define X(n) CLIENT_CONN_EV_##n,
	CLIENT_CONN_EVENTS(X)
#undef X
	    CLIENT_CONN_EV_N
};

struct client_snapshot;

struct client_conn {
	struct list link; /* gate_clients->conns, then ->dead */
	struct list busy; /* gate_clients->busy */
	struct gate_clients *all;
	struct machine machine;
	enum client_conn_state state;
	unsigned char address[16];

	struct wire wire;
	struct ws_server ws;
	struct buf head; /* the request so far */
	struct compress *compress;
	enum compress_kind asked; /* for; real or stored is not known before
				     the client is: stored until then */
	size_t answers;	    /* bytes put besides events, since the output was
			   empty */
	uint64_t gone;	    /* bytes written when it was seen to be slow */
	uint64_t window_ms; /* of sends */
	unsigned sends;
	struct timer deadline, silent;

	/* of the event that is dealt with */
	struct client_payload in;
	unsigned code;
	enum gate_clients_end ending;
	char reason[124];

	struct gate_client who;		 /* once it has IDENTIFYed or RESUMEd */
	struct client_identify identify; /* presence: not good any more */
	char *presence;			 /* of it, for when it is READY */
	char resume_id[CLIENT_SESSION_ID_MAX];
	uint64_t resume_s;

	struct client_live *session;
	struct client_snapshot *snapshot;
	uint64_t target; /* REPLAY: it is over at this position */
	bool ack;	 /* a heartbeat's s is to be walked to */
	uint64_t ack_s;
};

/* Takes fd over. */
void client_conn_accept(struct gate_clients *, int fd,
    const unsigned char address[16]);
/* Something may go on: at the end of this turn. */
void client_conn_wake(struct client_conn *);
void client_conn_event(struct client_conn *, enum client_conn_event);
/* Closes it from outside of its machine: op7 says to reconnect first. */
void client_conn_kick(struct client_conn *, enum gate_clients_end,
    unsigned code, const char *reason, bool op7);
void client_conn_free(struct client_conn *);

/* ---- for what the machine calls ------------------------------------- */

void client_conn_become(struct client_conn *, enum client_conn_state);
/* A close frame, then the end; its session stays, away. */
void client_conn_close(struct client_conn *, enum gate_clients_end,
    unsigned code, const char *reason);
/* The same at once, without a word. */
void client_conn_drop(struct client_conn *, enum gate_clients_end);
/* It has no session any more; that is away. */
void client_conn_part(struct client_conn *);
/* There is no room in its output: it is waited for as long as it reads. */
void client_conn_blocked(struct client_conn *);
/* Back to where IDENTIFY or RESUME may come. */
void client_conn_greeted(struct client_conn *);

#endif
