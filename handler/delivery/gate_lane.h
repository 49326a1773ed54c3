/* SPDX-License-Identifier: MIT */
/*
 * The gate's lane: every event goes to it, as a plugin that wants all, but raw,
 * many at once, and acknowledged by the highest number.  A gate that is away is
 * a plugin that is away: what it has not taken waits in memory and then on disk
 * (lane.h), and holds up nobody.
 *
 * The other way come its clients' gateway commands, and answers to what is
 * asked of its cache (gate_question.h).
 */
#ifndef HANDLER_DELIVERY_GATE_LANE_H
#define HANDLER_DELIVERY_GATE_LANE_H

#include "handler/delivery/gate_question.h"
#include "handler/delivery/lane.h"
#include "handler/intake/intake.h"
#include "shared/wire/gate_wire.h"

#define GATE_LANE_WINDOW 4096	/* events not acknowledged */
#define GATE_LANE_WAITING 10000 /* ... and in memory, before the disk */
/* In state_dir/backlog; no plugin can be called so. */
#define GATE_LANE_NAME "+gate"

struct gate_lane {
	struct lane lane;
	struct window window;
	struct gate_wire wire;
	struct gate_questions questions;
	struct intake *intake;
	uint32_t wires; /* counts them: an answer to one of before is none */
	bool wanted;	/* there is a gate in the config */
	/* The wire ended. */
	void (*lost)(struct gate_lane *);
};

/* lost is filled in already. */
void gate_lane_init(struct gate_lane *, struct timers *, struct lanes *,
    struct intake *, const struct config *);
/* Takes fd over, in place of the wire there was. */
void gate_lane_open(struct gate_lane *, int fd, uint32_t generation,
    uint32_t shard_count);
void gate_lane_push(struct gate_lane *, struct delivery *);
/* The end of each loop turn: what fits goes out. */
void gate_lane_pump(struct gate_lane *);
struct gate_lane_state {
	bool open;
	uint64_t waiting, backlog, dropped; /* events; backlog: on disk */
	uint64_t lag_ms;		    /* age of the oldest */
};
void gate_lane_look(struct gate_lane *, struct gate_lane_state *);
/* Before the events in work are freed. */
void gate_lane_free(struct gate_lane *);

#endif
