/* SPDX-License-Identifier: MIT */
/* See probation.h. */
#include "supervisor/operation/probation.h"

#include <string.h>

void
probation_begin(struct probation *p, const struct probation_sample *before,
    uint64_t served_ms, uint64_t ends, uint64_t patience_ms)
{
	memset(p, 0, sizeof(*p));
	p->began_ms = p->moved_ms = p->quiet_ms = before->now_ms;
	p->patience_ms = patience_ms;
	p->ends_per_ms = served_ms > 0 ? (double)ends / (double)served_ms : 0;
	p->all_up_before = before->plugins_up == before->plugins;
	p->last = *before;
	p->last.taken = 0;
	p->ends0 = before->plugin_ends;
}

static void
follow(struct probation *p, const struct probation_sample *s)
{
	bool acked = s->acked != p->last.acked;

	p->acked_any |= acked;
	if (s->waiting == 0 || acked || s->taken != p->last.taken)
		p->moved_ms = s->now_ms;
	if (s->waiting == 0)
		p->quiet_ms = s->now_ms;
	p->last = *s;
}

/* Plugins that end as they did before are no fault of this handler. */
static bool
plugins_fail(const struct probation *p, const struct probation_sample *s)
{
	uint64_t ends = s->plugin_ends > p->ends0 ? s->plugin_ends - p->ends0
						  : 0;
	double usual = p->ends_per_ms * (double)(s->now_ms - p->began_ms);

	return ends >= PROBATION_ENDS_MAX && (double)ends > 2 * usual;
}

static enum reload_verdict
at_last(const struct probation *p, const struct probation_sample *s,
    char *words, size_t size)
{
	if (p->all_up_before && s->plugins_up < s->plugins) {
		str_format(words, size,
		    "has %u of %u plugins up, where all were up before",
		    s->plugins_up, s->plugins);
		return RELOAD_BAD;
	}
	if (p->acked_any || s->waiting == 0)
		return RELOAD_GOOD;
	/* A plugin may take its time: only then is silence a proof. */
	if (s->now_ms - p->quiet_ms < p->patience_ms)
		return RELOAD_WAIT;
	str_format(words, size,
	    "is silent: it has not finished one event, and %llu wait",
	    (unsigned long long)s->waiting);
	return RELOAD_BAD;
}

enum reload_verdict
probation_judge(struct probation *p, const struct probation_sample *s,
    bool last, char *words, size_t size)
{
	follow(p, s);
	if (s->now_ms - p->moved_ms >= PROBATION_HUNG_MS) {
		str_format(words, size,
		    "is silent: for %u s it took no event and finished none, "
		    "and %llu wait",
		    PROBATION_HUNG_MS / 1000, (unsigned long long)s->waiting);
		return RELOAD_BAD;
	}
	if (plugins_fail(p, s)) {
		str_format(words, size,
		    "keeps failing: its plugins ended or gave up events %llu "
		    "times in %llu s",
		    (unsigned long long)(s->plugin_ends - p->ends0),
		    (unsigned long long)(s->now_ms - p->began_ms) / 1000);
		return RELOAD_BAD;
	}
	return last ? at_last(p, s, words, size) : RELOAD_GOOD;
}
