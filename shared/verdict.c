/* SPDX-License-Identifier: MIT */
/* See verdict.h. */
#include "shared/verdict.h"

/* An ACK or byte of the connection before this one does not count against. */
static bool
is_late(const struct page_shard *s, uint64_t stamp_ms, uint64_t now_ms)
{
	uint64_t at = stamp_ms > s->state_since_ms ? stamp_ms
	    : s->state_since_ms;

	return now_ms > at && now_ms - at > s->interval_ms * VERDICT_INTERVALS;
}

struct verdict
verdict_shard(const struct page_shard *s, bool alive, uint64_t now_ms)
{
	struct verdict v = {.state = (enum shard_state)s->state};

	if (s->state >= SHARD_STATES || (!alive && s->state != SHARD_HELD))
		v.state = SHARD_DOWN;
	v.deaf = v.state == SHARD_READY && s->interval_ms != 0
	    && (is_late(s, s->ack_ms, now_ms)
		|| is_late(s, s->frame_ms, now_ms));
	v.ready = v.state == SHARD_READY && !v.deaf;
	v.word = v.deaf ? "deaf" : page_shard_state_name[v.state];
	return v;
}
