/* SPDX-License-Identifier: MIT */
/*
 * A shard, handler or gate whose supervisor is gone.  It goes on, for a bounded
 * time, and calls at run_dir/adopt.sock until a supervisor takes it over; from
 * then on that connection is its channel.  What it logs meanwhile waits in its
 * log pipe, whose reading end it holds itself and hands over.
 */
#ifndef SHARED_WIRE_ORPHAN_H
#define SHARED_WIRE_ORPHAN_H

#include "shared/config/config.h"
#include "shared/wire/ipc.h"
#include "shared/wire/nonce.h"
#include "shared/base/timer.h"

#define ORPHAN_LOOK_S 0.1   /* between two calls, */
#define ORPHAN_LOOKS 100    /* so often, */
#define ORPHAN_SELDOM_S 1.0 /* and after that */
#define ORPHAN_SAY_MS 3000  /* before it is said in the log */
#define ORPHAN_ANSWER_S 15  /* a call without an answer is made again */

struct orphan;

struct orphan_ops {
	/* What only the process itself knows of struct msg_adopt. */
	void (*describe)(struct orphan *, struct msg_adopt *);
	/* The channel is open again. */
	void (*adopted)(struct orphan *);
	/* Its time is over, or nobody wants it; called once. */
	void (*leave)(struct orphan *, const char *why);
};

struct orphan {
	const struct orphan_ops *ops;
	struct ipc *ipc;    /* the channel, borrowed */
	ipc_msg_fn *on_msg; /* of the channel, while it is one */
	ipc_gone_fn *on_gone;
	struct ev_loop *loop;
	struct timer timer;
	char path[108]; /* of the socket, "": none possible */
	double limit_s;
	enum contract_role role;
	int32_t shard; /* -1: none */
	int log_fd;    /* reading end of the log pipe, or -1 */
	struct nonce nonce;
	uint64_t fleet_sum, shards_sum, handler_sum, intents;
	uint64_t since_ms; /* boot stamp; 0: no orphan */
	unsigned looks;
	bool calling, said;
};

/* The channel must be open.  Without a nonce nobody takes it over. */
void orphan_init(struct orphan *, struct timers *, struct ipc *,
    const struct config *, enum contract_role, int32_t shard, int log_fd,
    const struct nonce *, const struct orphan_ops *);
/* The supervisor is gone.  false: orphan_time is 0, or there is no way. */
bool orphan_begin(struct orphan *);
/* It is leaving: calls nobody any more. */
void orphan_end(struct orphan *);
static inline bool
orphan_is(const struct orphan *o)
{
	return o->since_ms != 0;
}

#endif
