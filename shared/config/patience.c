/* SPDX-License-Identifier: MIT */
/* See patience.h. */
#include "shared/config/patience.h"

#define STOP_SLACK_S 5
#define RELOAD_SLACK_S 30
#define PLUGIN_SLACK_S 15
#define PROBE_SLACK_S 15
#define PROBE_PARTS 4 /* as the supervisor's patience, and longer */

static double
reload_s(const struct config *c)
{
	double once = c->handler_start_timeout_s + c->handler_drain_timeout_s
	    + c->stop_timeout_s + c->handler_probation_s;

	for (size_t i = 0; i < c->plugins; i++)
		if (c->plugin[i].timeout_s > once)
			once += c->plugin[i].timeout_s;
	/* The new handler's limits may be others than the old one's. */
	return 2 * once + RELOAD_SLACK_S;
}

double
patience_s(const struct config *c, enum patience kind)
{
	switch (kind) {
	case PATIENCE_STOP:
		return 2 * c->stop_timeout_s + STOP_SLACK_S;
	case PATIENCE_RELOAD:
		return reload_s(c);
	case PATIENCE_PLUGIN:
		return c->handler_start_timeout_s + c->handler_drain_timeout_s
		    + PLUGIN_SLACK_S;
	case PATIENCE_PROBE:
		return PROBE_PARTS * c->probe_deadline_s + PROBE_SLACK_S;
	default:
		bug("no such patience");
	}
}
