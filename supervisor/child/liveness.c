/* SPDX-License-Identifier: MIT */
/* See liveness.h. */
#include "supervisor/child/liveness.h"

static bool
older(uint64_t now, uint64_t stamp, uint64_t limit)
{
	return stamp != 0 && now > stamp && now - stamp > limit;
}

const char *
liveness_judge(const struct page_shard *s, uint64_t now)
{
	uint64_t limit = 3 * s->interval_ms + LIVENESS_ACK_SLACK_MS;

	switch (s->state) {
	case SHARD_READY:
		if (older(now, s->state_since_ms, limit)
		    && (s->ack_ms == 0 || older(now, s->ack_ms, limit)))
			return "it claims to be ready, but no heartbeat was "
			    "acknowledged for three intervals";
		return NULL;
	case SHARD_CONNECTING:
	case SHARD_HELLO:
	case SHARD_IDENTIFYING:
	case SHARD_RESUMING:
		if (older(now, s->state_since_ms, LIVENESS_QUIET_MS)
		    && (s->frame_ms == 0
		    || older(now, s->frame_ms, LIVENESS_QUIET_MS)))
			return "its connection attempt has neither succeeded "
			    "nor failed for minutes";
		return NULL;
	default:
		return NULL;	/* waits of other kinds may be long */
	}
}

uint64_t
liveness_loop(struct liveness_loop *l, int32_t pid, uint64_t beat,
    uint64_t now)
{
	uint64_t past = now - l->look_ms;

	l->look_ms = now;
	if (pid != l->pid || beat != l->beat) {
		l->pid = pid;
		l->beat = beat;
		l->quiet_ms = 0;
		return 0;
	}
	l->quiet_ms += past < LIVENESS_LOOK_MAX_MS ? past
	    : LIVENESS_LOOK_MAX_MS;
	return l->quiet_ms;
}
