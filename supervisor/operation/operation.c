/* SPDX-License-Identifier: MIT */
/* See operation.h. */
#include "supervisor/operation/operation.h"

#include "supervisor/base/fleet_state.h"
#include "supervisor/identify/permit.h"
#include "supervisor/operation/reload_effects.h"
#include "supervisor/operation/rollout_effects.h"

const char *const operation_name[OPERATION_COUNT] = {
#define X(n, name) [OPERATION_##n] = name,
    OPERATIONS(X)
#undef X
};
const char *const operation_underway_name[UNDERWAY_COUNT] = {
#define X(n, name, words) [UNDERWAY_##n] = name,
    OPERATION_UNDERWAY(X)
#undef X
};
const char *const operation_underway_words[UNDERWAY_COUNT] = {
#define X(n, name, words) [UNDERWAY_##n] = words,
    OPERATION_UNDERWAY(X)
#undef X
};
static const char *const reason[OPERATION_RULES] = {
#define X(n, words) [OPERATION_NO_##n] = words,
    OPERATION_REASONS(X)
#undef X
};

/* ---- the table ------------------------------------------------------ */

#define YES OPERATION_YES
#define ENDS OPERATION_ENDS
#define NO(r) OPERATION_NO_##r
#define ROW(n) [OPERATION_##n]
#define BY(n) [UNDERWAY_##n]

static const uint8_t table[OPERATION_COUNT][UNDERWAY_COUNT] = {
    ROW(RELOAD) = {BY(START) = NO(EARLY), BY(ADOPT) = NO(UNKNOWN),
	BY(HOLD) = YES, BY(BAD_TOKEN) = YES, BY(PLAN) = YES,
	BY(RESHARD) = NO(OLD_ENDS), BY(STOP) = NO(ALL_ENDS),
	BY(RELOAD) = NO(ONE), BY(ROLLOUT) = NO(CONFIG), BY(HANDOVER) = YES,
	BY(UPGRADE) = NO(LEAVING), BY(TOKEN) = NO(TWO_TOKENS),
	BY(PLUGIN) = NO(ANSWERS), BY(PROBE) = YES, BY(CLIENT) = YES},
    ROW(ROLLOUT) = {BY(START) = NO(EARLY), BY(ADOPT) = NO(UNKNOWN),
	BY(HOLD) = NO(NO_IDENTIFY), BY(BAD_TOKEN) = NO(NO_IDENTIFY),
	BY(PLAN) = NO(TWICE), BY(RESHARD) = NO(OLD_ENDS),
	BY(STOP) = NO(ALL_ENDS), BY(RELOAD) = NO(CONFIG), BY(ROLLOUT) = NO(ONE),
	BY(HANDOVER) = YES, BY(UPGRADE) = NO(LEAVING),
	BY(TOKEN) = NO(PROCESSES), BY(PLUGIN) = YES, BY(PROBE) = YES,
	BY(CLIENT) = YES},
    /* A rollout under way is stopped first. */
    ROW(UNDO) = {BY(START) = NO(EARLY), BY(ADOPT) = NO(UNKNOWN),
	BY(HOLD) = NO(NO_IDENTIFY), BY(BAD_TOKEN) = NO(NO_IDENTIFY),
	BY(PLAN) = NO(TWICE), BY(RESHARD) = NO(OLD_ENDS),
	BY(STOP) = NO(ALL_ENDS), BY(RELOAD) = NO(CONFIG), BY(ROLLOUT) = ENDS,
	BY(HANDOVER) = YES, BY(UPGRADE) = NO(LEAVING),
	BY(TOKEN) = NO(PROCESSES), BY(PLUGIN) = YES, BY(PROBE) = YES,
	BY(CLIENT) = YES},
    ROW(UPGRADE) = {BY(START) = NO(EARLY), BY(ADOPT) = NO(UNKNOWN),
	BY(HOLD) = YES, BY(BAD_TOKEN) = YES, BY(PLAN) = NO(FORGOTTEN),
	BY(RESHARD) = NO(OLD_ENDS), BY(STOP) = NO(ALL_ENDS),
	BY(RELOAD) = NO(FORGOTTEN), BY(ROLLOUT) = NO(FORGOTTEN),
	BY(HANDOVER) = NO(FORGOTTEN), BY(UPGRADE) = NO(ONE),
	BY(TOKEN) = NO(FORGOTTEN), BY(PLUGIN) = NO(FORGOTTEN), BY(PROBE) = ENDS,
	BY(CLIENT) = NO(FORGOTTEN)},
    ROW(TOKEN) = {BY(START) = NO(EARLY), BY(ADOPT) = NO(UNKNOWN),
	BY(HOLD) = NO(OTHER_CAUSE), BY(BAD_TOKEN) = YES, BY(PLAN) = NO(TWICE),
	BY(RESHARD) = NO(OLD_ENDS), BY(STOP) = NO(ALL_ENDS),
	BY(RELOAD) = NO(TWO_TOKENS), BY(ROLLOUT) = NO(PROCESSES),
	BY(HANDOVER) = YES, BY(UPGRADE) = NO(LEAVING), BY(TOKEN) = NO(ONE),
	BY(PLUGIN) = YES, BY(PROBE) = YES, BY(CLIENT) = YES},
    /* The handler is replaced for a token once it has answered. */
    ROW(PLUGIN) = {BY(START) = NO(EARLY), BY(ADOPT) = NO(UNKNOWN),
	BY(HOLD) = YES, BY(BAD_TOKEN) = YES, BY(PLAN) = YES,
	BY(RESHARD) = NO(OLD_ENDS), BY(STOP) = NO(ALL_ENDS),
	BY(RELOAD) = NO(ANSWERS), BY(ROLLOUT) = YES, BY(HANDOVER) = YES,
	BY(UPGRADE) = NO(LEAVING), BY(TOKEN) = YES, BY(PLUGIN) = NO(ONE),
	BY(PROBE) = YES, BY(CLIENT) = YES},
    /* Without a handler it says so itself: that is its result. */
    ROW(PROBE) = {BY(START) = YES, BY(ADOPT) = YES, BY(HOLD) = YES,
	BY(BAD_TOKEN) = YES, BY(PLAN) = YES, BY(RESHARD) = YES,
	BY(STOP) = NO(ALL_ENDS), BY(RELOAD) = NO(ANSWERS), BY(ROLLOUT) = YES,
	BY(HANDOVER) = YES, BY(UPGRADE) = YES, BY(TOKEN) = YES,
	BY(PLUGIN) = YES, BY(PROBE) = NO(ONE), BY(CLIENT) = YES},
    /* Whatever replaces a shard takes one that restarts as it comes. */
    ROW(SHARD) = {BY(START) = NO(EARLY), BY(ADOPT) = YES, BY(HOLD) = YES,
	BY(BAD_TOKEN) = YES, BY(PLAN) = YES, BY(RESHARD) = NO(OLD_ENDS),
	BY(STOP) = NO(ALL_ENDS), BY(RELOAD) = YES, BY(ROLLOUT) = YES,
	BY(HANDOVER) = YES, BY(UPGRADE) = YES, BY(TOKEN) = YES,
	BY(PLUGIN) = YES, BY(PROBE) = YES, BY(CLIENT) = YES},
    ROW(CLIENT) = {BY(START) = NO(EARLY), BY(ADOPT) = NO(UNKNOWN),
	BY(HOLD) = YES, BY(BAD_TOKEN) = YES, BY(PLAN) = YES,
	BY(RESHARD) = NO(NOT_READY), BY(STOP) = NO(ALL_ENDS), BY(RELOAD) = YES,
	BY(ROLLOUT) = YES, BY(HANDOVER) = YES, BY(UPGRADE) = NO(LEAVING),
	BY(TOKEN) = YES, BY(PLUGIN) = YES, BY(PROBE) = YES,
	BY(CLIENT) = NO(ONE)},
    ROW(RESHARD) = {BY(START) = ENDS, BY(ADOPT) = ENDS, BY(HOLD) = YES,
	BY(BAD_TOKEN) = YES, BY(PLAN) = ENDS, BY(RESHARD) = NO(ONE),
	BY(STOP) = NO(ALL_ENDS), BY(RELOAD) = ENDS, BY(ROLLOUT) = ENDS,
	BY(HANDOVER) = ENDS, BY(UPGRADE) = ENDS, BY(TOKEN) = ENDS,
	BY(PLUGIN) = ENDS, BY(PROBE) = ENDS, BY(CLIENT) = YES},
    /* A second one asks nobody any more. */
    ROW(STOP) = {BY(START) = ENDS, BY(ADOPT) = ENDS, BY(HOLD) = ENDS,
	BY(BAD_TOKEN) = ENDS, BY(PLAN) = ENDS, BY(RESHARD) = ENDS,
	BY(STOP) = ENDS, BY(RELOAD) = ENDS, BY(ROLLOUT) = ENDS,
	BY(HANDOVER) = ENDS, BY(UPGRADE) = ENDS, BY(TOKEN) = ENDS,
	BY(PLUGIN) = ENDS, BY(PROBE) = ENDS, BY(CLIENT) = ENDS},
};

#undef BY
#undef ROW

enum operation_rule
operation_rule(enum operation o, enum operation_underway u)
{
	must(o < OPERATION_COUNT && u < UNDERWAY_COUNT);
	return (enum operation_rule)table[o][u];
}

const char *
operation_reason(enum operation_rule r)
{
	return r >= OPERATION_NO && r < OPERATION_RULES ? reason[r] : NULL;
}

/* ---- the question --------------------------------------------------- */

/* How far it is, where that helps. */
static const char *
stage(const struct fleet *f, enum operation_underway u)
{
	if (u == UNDERWAY_RELOAD)
		return reload_effects_busy(f->reload)
		    ? reload_state_name[f->reload->reload.state]
		    : "the last one's handler has not ended yet";
	if (u == UNDERWAY_ROLLOUT)
		return rollout_state_name[f->rollout->rollout.state];
	if (u == UNDERWAY_START && f->local == 0)
		return "Discord has not answered";
	return NULL;
}

static const char *
advice(const struct fleet *f, enum operation_underway u)
{
	switch (u) {
	case UNDERWAY_HOLD:
	case UNDERWAY_BAD_TOKEN:
		return f->permit->held;
	case UNDERWAY_ROLLOUT:
		return "\"shardherd rollout status\" shows it, \"shardherd "
		       "rollout stop\" ends it";
	case UNDERWAY_STOP:
		return "start it again first";
	case UNDERWAY_PLAN:
	case UNDERWAY_RESHARD:
	case UNDERWAY_TOKEN:
		return "\"shardherd status\" shows when it is over";
	default:
		return "wait until that is over";
	}
}

static int
refuse(const struct fleet *f, enum operation_underway u,
    enum operation_rule rule, struct err *e)
{
	const char *how = stage(f, u);

	return err_set(e, EXIT_TRY_LATER, "%s%s%s%s: %s; %s",
	    operation_underway_words[u], how != NULL ? " (" : "",
	    how != NULL ? how : "", how != NULL ? ")" : "", reason[rule],
	    advice(f, u));
}

static int
may(const struct fleet *f, enum operation o, unsigned except, struct err *e)
{
	for (unsigned u = 0; u < UNDERWAY_COUNT; u++) {
		enum operation_rule rule = operation_rule(o, u);

		if (rule >= OPERATION_NO && u != except && f->underway(f, u))
			return refuse(f, u, rule, e);
	}
	return 0;
}

int
operation_may(const struct fleet *f, enum operation o, struct err *e)
{
	return may(f, o, UNDERWAY_COUNT, e);
}

int
operation_may_within(const struct fleet *f, enum operation o,
    enum operation_underway within, struct err *e)
{
	return may(f, o, within, e);
}
