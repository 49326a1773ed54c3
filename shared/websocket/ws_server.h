/* SPDX-License-Identifier: MIT */
/*
 * A client's frames on a wire that was upgraded: wslay reads them (masked,
 * whole, text in UTF-8, no reserved bits), pings are answered here.  What we
 * send has its frame heads from frame.h and no queue of wslay's.
 *
 * Never ends its wire: that is its owner's.
 */
#ifndef SHARED_WEBSOCKET_WS_SERVER_H
#define SHARED_WEBSOCKET_WS_SERVER_H

#include "shared/websocket/wire.h"

#include <wslay/wslay.h>

struct ws_server;

struct ws_server_calls {
	/* A whole message. */
	void (*message)(struct ws_server *, bool binary, const char *, size_t);
	/* The peer's close frame; code 0: it has none; half: of one byte.  wslay
	 * has answered it. */
	void (*closes)(struct ws_server *, unsigned code, bool half);
};

struct ws_server {
	const struct ws_server_calls *calls;
	struct wire *wire;
	struct list *dirty;	    /* as of wire_put */
	wslay_event_context_ptr ws; /* NULL: not begun */
	const char *in;		    /* bytes wslay may read now */
	size_t in_len;
	bool closing;	 /* the frame being read is a close frame */
	size_t told_len; /* bytes of its code read, */
	unsigned told;	 /* and the code */
};

/* message_max: bytes of a message; more is a broken frame (1009). */
void ws_server_begin(struct ws_server *, const struct ws_server_calls *,
    struct wire *, struct list *dirty, uint64_t message_max);
void ws_server_free(struct ws_server *);

enum ws_server_read {
	WS_SERVER_MORE,	  /* goes on */
	WS_SERVER_ENDED,  /* reads no more: close frames went both ways, or it
			     was broken and ours is in the output */
	WS_SERVER_BROKEN, /* cannot be told: drop it */
};
/*
 * Bytes of the peer; calls back for each message, and not after the wire was
 * ended by a callback.
 */
enum ws_server_read ws_server_bytes(struct ws_server *, const char *, size_t);
/* Puts wslay's answers (pong, close) out; ws_server_bytes leaves it to the
 * owner, who may want to be silent. */
void ws_server_answer(struct ws_server *);

/* One frame; first: FRAME_FIN | opcode. */
void ws_server_put(struct ws_server *, unsigned first, const void *, size_t);
/* A close frame; code 0: without one.  Reads on for the peer's. */
void ws_server_close(struct ws_server *, unsigned code, const char *reason);
/* Has the peer's close frame come?  The code that wslay sent, or 0. */
bool ws_server_closed(const struct ws_server *);
unsigned ws_server_code_sent(const struct ws_server *);

#endif
