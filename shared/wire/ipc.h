/* SPDX-License-Identifier: MIT */
/*
 * A supervisor channel: one packet, one message, at most one fd
 * (contract.h).  Reading is bounded per wake-up, the send queue is bounded,
 * and whatever breaks the contract ends the channel with a reason that names
 * both sides' versions where they differ.  Calls back from the loop only: never
 * from within a call.  Nothing here waits.
 */
#ifndef SHARED_WIRE_IPC_H
#define SHARED_WIRE_IPC_H

#include "shared/wire/contract.h"
#include "shared/base/err.h"

#include <ev.h>

struct ipc;

/*
 * Called for each message.  fd is -1 or now the callee's.  The payload is
 * borrowed and at least 8-byte aligned; hdr->len is its length.
 */
typedef void ipc_msg_fn(struct ipc *, const struct msg_hdr *,
    const void *payload, int fd);
/* Called once when the peer is gone or broke the contract; then ipc_close. */
typedef void ipc_gone_fn(struct ipc *, const char *why);

struct ipc {
	int fd; /* -1 when closed */
	struct ev_loop *loop;
	ev_io rd, wr;
	struct list queue; /* of struct ipc_out, at most IPC_QUEUE_MAX */
	unsigned queued;
	ipc_msg_fn *on_msg;
	ipc_gone_fn *on_gone;
	const char *peer; /* "shard 3": borrowed, for log lines */
	void *arg;	  /* the owner's, where the struct is no part of
				   it */
};

#define IPC_QUEUE_MAX 256 /* messages; a peer that lets it fill is gone */
#define IPC_WORK_MAX 32	  /* messages read per wake-up */

/* A SOCK_SEQPACKET pair, both ends CLOEXEC and non-blocking: 0 or -1. */
int ipc_pair(int fds[2], struct err *);
/* Takes fd over.  Not on one that is open: that fd and its queue would
 * be lost. */
void ipc_open(struct ipc *, struct ev_loop *, int fd, const char *peer,
    ipc_msg_fn *, ipc_gone_fn *);
void ipc_close(struct ipc *); /* idempotent */
/* The channel, with what waits in it, goes to another owner; to is closed. */
void ipc_move(struct ipc *to, struct ipc *from, const char *peer);
/* Lets go of the fd without closing it: it is the caller's. */
int ipc_release(struct ipc *);
/*
 * Queues one message; fd is duplicated, the caller keeps its own (-1: none).
 * 0, or -1 when the channel is closed or its queue is full; a peer that is
 * gone is told of by on_gone.
 */
int ipc_send(struct ipc *, enum msg_type, int32_t shard, uint32_t serial,
    const void *payload, size_t len, int fd);
/*
 * The payload of a message as the struct it must be: NULL when the length is
 * not exactly want, which the caller treats as a broken peer.
 */
const void *ipc_payload(const struct msg_hdr *, const void *payload,
    size_t want);

#endif
