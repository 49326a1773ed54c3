/* SPDX-License-Identifier: MIT */
/*
 * Cuts a shard's byte stream into uplink frames (contract.h), whatever the
 * pieces it arrives in.  No fixed message buffer: memory follows what has
 * really arrived, up to UP_PAYLOAD_MAX, and is given back when idle.
 */
#ifndef HANDLER_INTAKE_FRAME_H
#define HANDLER_INTAKE_FRAME_H

#include "shared/base/buf.h"
#include "shared/wire/contract.h"

#define FRAME_READ (256u << 10) /* bytes asked for in one read */

struct frame_reader {
	struct buf in;
	size_t taken;	   /* of the front: the frame handed out last */
	struct buf *spare; /* one buffer for all idle readers, or NULL */
};

/* Where to read to, and how much at most. */
char *frame_space(struct frame_reader *, size_t *room);
void frame_filled(struct frame_reader *, size_t n);
/*
 * 1 with the next frame, borrowed until the next call; 0 when it is not
 * complete yet; -1 with a reason when this is not an uplink.
 */
int frame_next(struct frame_reader *, struct up_hdr *, const char **payload,
    const char **why);
/* Gives the memory back, to spare first, when nothing is half read. */
void frame_idle(struct frame_reader *);
void frame_free(struct frame_reader *);

#endif
