/* SPDX-License-Identifier: MIT */
/*
 * One client's connection to the gateway: upgrade, HELLO, websocket framing,
 * compression, heartbeat supervision, replay, and its end.  What the client's
 * messages mean is opcode.c's.
 */
#ifndef TOOLS_SIM_GATEWAY_CONN_H
#define TOOLS_SIM_GATEWAY_CONN_H

#include "tools/sim/base/sim.h"
#include "shared/websocket/compress.h"
#include "shared/websocket/ws_server.h"
#include "tools/sim/net/paced.h"

#include "shared/base/timer.h"

#include <wslay/wslay.h>

#define CONN_SENDS_MAX 120 /* client messages per CONN_SENDS_S */
#define CONN_SENDS_S 60
#define CONN_PRESENCES_MAX 5 /* op 3 per CONN_PRESENCES_S */
#define CONN_PRESENCES_S 20
#define CONN_UPGRADE_S 15    /* from accept to the request's end */
#define CONN_HELLO_S 0.005   /* after the 101, as from another machine */
#define CONN_CLOSE_S 3	     /* for the client's close frame */
#define CONN_PACE (1u << 20) /* backlog at which replay and sync pause, */
#define CONN_PACE_PART 4     /* or at this part of what may be there */
#define CONN_PAYLOAD_MIN 512 /* payload compression leaves smaller ones be */
#define CONN_LATE 1.5	     /* intervals without a heartbeat */
#define CONN_EXCUSES 5	     /* looks at what came while we were busy */
#define CONN_EXCUSE_S 0.02

enum conn_state {
	CONN_UPGRADE, /* waiting for the HTTP request */
	CONN_SILENT,  /* open, HELLO not (yet) sent */
	CONN_GREETED, /* HELLO sent; neither IDENTIFY nor RESUME */
	CONN_LIMBO,   /* IDENTIFY or RESUME taken, no answer */
	CONN_REPLAY,  /* session attached, replay running */
	CONN_LIVE,    /* session attached, events flow */
	CONN_CLOSING, /* close frame or FIN sent */
	CONN_DEAD,    /* freed at the end of this turn */
};

enum conn_host { HOST_MAIN, HOST_RESUME, HOST_ANY };

struct session;

/* A ring of clock_boot_ms() stamps. */
struct conn_stamps {
	uint64_t at[CONN_SENDS_MAX];
	unsigned next;
};

struct conn {
	struct list link; /* gateway->conns */
	struct list busy; /* gateway->busy while replay or sync goes on */
	struct sim *sim;
	struct paced paced;
	struct sim_line line; /* its own, once paced.line is this */
	enum conn_state state;
	enum conn_host host;
	struct buf head; /* HTTP request so far */
	struct ws_server ws;
	struct compress *compress;
	enum compress_kind transport;
	struct session *session; /* NULL until IDENTIFY or RESUME succeeded */
	int shard;		 /* -1: not known */
	unsigned count;		 /* of its layout; 0: not known */
	int key;		 /* stats_key() of them, or STATS_NONE */
	bool counted;		 /* connects was counted for a shard */
	bool stuck;		 /* fault: nothing more is ever sent or read */
	bool spoil;		 /* fault: corrupt the next message */
	bool fragment;		 /* fault: next message in three frames */
	bool halve, halve_hang;	 /* fault: half of the next message */
	unsigned code;		 /* how it ended: close code; 0: 1006 */
	bool hello_due;		 /* HELLO follows within CONN_HELLO_S */
	bool early;		 /* this message came before HELLO went */
	struct conn_stamps sends, presences;
	struct timer deadline;	/* upgrade, slow HELLO, closing */
	struct timer heartbeat; /* late when it fires */
	unsigned excuses;	/* it fired before we had read: so often */
	struct timer ack;	/* fault: delayed ACKs */
	unsigned acks_due;
	uint64_t replay_next; /* REPLAY: next seq */
	uint64_t replay_left; /* fault drop-mid-replay; UINT64_MAX: none */
};

/* Takes fd over: a client from accept on. */
void conn_accept(struct sim *, int fd, enum conn_host);
static inline bool
conn_is_live(const struct conn *c)
{
	return c->state == CONN_LIVE;
}
static inline bool
conn_is_open(const struct conn *c)
{
	return c->state >= CONN_GREETED && c->state <= CONN_LIVE;
}

/* One gateway message, compressed as agreed. */
void conn_send(struct conn *, const void *, size_t);
/* The payload that is no dispatch; d: its JSON. */
void conn_send_op(struct conn *, int op, const char *d);
/* False when nothing more may be sent; one too far behind is dropped. */
bool conn_can_send(struct conn *);
/* A frame as it is; first: FRAME_FIN | opcode. */
void conn_put(struct conn *, unsigned first, const void *, size_t);
/* Close frame with code; 1005: without one; 1006: RST instead. */
void conn_close(struct conn *, unsigned code, const char *reason);
void conn_drop(struct conn *); /* RST */
void conn_eof(struct conn *);  /* FIN without a close frame */
/* The session goes on alone, or ends for good. */
void conn_part(struct conn *, bool end);
/* The session is the connection's from now on. */
void conn_attach(struct conn *, struct session *, enum conn_state);
/* Says for which shard it speaks: counters. */
void conn_is_for(struct conn *, unsigned shard, unsigned count);
/* op 9: back to where IDENTIFY or RESUME may come. */
void conn_invalid(struct conn *, bool resumable);
void conn_heartbeat(struct conn *); /* came in time: answer it */
/* Goes on with the replay, or the GUILD_CREATEs after READY; bounded work. */
void conn_work(struct conn *);
/* True when one more stamp exceeds max in window_s. */
bool conn_stamp(struct conn_stamps *, unsigned max, unsigned window_s);
void conn_free(struct conn *);

#endif
