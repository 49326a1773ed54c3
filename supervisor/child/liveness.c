/* SPDX-License-Identifier: MIT */
/* See liveness.h. */
#include "supervisor/child/liveness.h"

#include "shared/page/verdict.h"

const char *
liveness_judge(const struct page_shard *s, uint64_t now)
{
	switch (s->state) {
	case SHARD_READY:
		return verdict_deaf(s, LIVENESS_INTERVALS,
			   LIVENESS_ACK_SLACK_MS, now)
		    ? "it claims to be ready, but "
		      "no heartbeat was acknowledged for three intervals"
		    : NULL;
	case SHARD_CONNECTING:
	case SHARD_HELLO:
	case SHARD_IDENTIFYING:
	case SHARD_RESUMING:
		return verdict_quiet_ms(s, now) > LIVENESS_QUIET_MS
		    ? "its "
		      "connection attempt has neither succeeded nor failed for "
		      "minutes"
		    : NULL;
	default:
		return NULL; /* waits of other kinds may be long */
	}
}

uint64_t
liveness_loop(struct liveness_loop *l, int32_t pid, uint64_t beat, uint64_t now)
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
