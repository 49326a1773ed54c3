/* SPDX-License-Identifier: MIT */
/*
 * This room: what an operator begins and what takes its time: reload, rollout,
 * token, plugins, probe; and which of them may run beside which.
 *
 * Who may run beside whom: one table of what an operator, a signal or Discord
 * can begin and of what may be under way then, with the reason of each "no".
 * Every operation asks here before it begins and nowhere else; the manual shows
 * the same table.  Only looks at the fleet, never changes it.
 */
#ifndef SUPERVISOR_OPERATION_OPERATION_H
#define SUPERVISOR_OPERATION_OPERATION_H

#include "shared/base/err.h"

struct fleet;

/* What can be under way: name, meaning for the manual. */
#define OPERATION_UNDERWAY(X)                                                  \
	X(START, "start", "the fleet is being started")                        \
	X(ADOPT, "adoption",                                                   \
	    "processes of an earlier supervisor are being "                    \
	    "taken over")                                                      \
	X(HOLD, "hold", "the fleet is on hold")                                \
	X(BAD_TOKEN, "token hold", "the fleet is on hold for its token")       \
	X(PLAN, "re-planning",                                                 \
	    "another number of shards is being asked for, "                    \
	    "or waits for IDENTIFYs")                                          \
	X(RESHARD, "resharding", "the old number of shards stops")             \
	X(STOP, "stop", "the fleet is stopping")                               \
	X(RELOAD, "reload",                                                    \
	    "a handler is being replaced: by an operator, "                    \
	    "SIGHUP, a token, an upgrade or an adoption")                      \
	X(ROLLOUT, "rollout", "a rollout is under way")                        \
	X(HANDOVER, "handover",                                                \
	    "processes replaced by the last rollout have "                     \
	    "not ended")                                                       \
	X(UPGRADE, "upgrade",                                                  \
	    "the next program is examined, or has just "                       \
	    "taken over")                                                      \
	X(TOKEN, "token reload", "another token is examined, or moved to")     \
	X(PLUGIN, "plugin command",                                            \
	    "the handler carries out a plugin "                                \
	    "command")                                                         \
	X(PROBE, "probe", "a round trip is under way")                         \
	X(CLIENT, "client restart", "a bot's process is being replaced")

enum operation_underway {
#define X(n, name, words) UNDERWAY_##n,
	OPERATION_UNDERWAY(X)
#undef X
	    UNDERWAY_COUNT
};
extern const char *const operation_underway_name[UNDERWAY_COUNT];
extern const char *const operation_underway_words[UNDERWAY_COUNT];

/* What can begin. */
#define OPERATIONS(X)                                                          \
	X(RELOAD, "reload")                                                    \
	X(ROLLOUT, "rollout")                                                  \
	X(UNDO, "rollout undo")                                                \
	X(UPGRADE, "upgrade")                                                  \
	X(TOKEN, "token reload")                                               \
	X(PLUGIN, "plugin command")                                            \
	X(PROBE, "probe")                                                      \
	X(SHARD, "shard command")                                              \
	X(CLIENT, "client restart")                                            \
	X(RESHARD, "resharding") /* begun by Discord's answer */               \
	X(STOP, "stop")

enum operation {
#define X(n, name) OPERATION_##n,
	OPERATIONS(X)
#undef X
	    OPERATION_COUNT
};
extern const char *const operation_name[OPERATION_COUNT];

/* Reasons: a clause each, also for the manual. */
#define OPERATION_REASONS(X)                                                   \
	X(EARLY, "every process has to be started first")                      \
	X(UNKNOWN, "it is not known yet which of them stay")                   \
	X(NO_IDENTIFY, "a shard that lost its session could not IDENTIFY")     \
	X(OTHER_CAUSE, "another token does not help against that")             \
	X(TWICE, "its shards would be started twice")                          \
	X(OLD_ENDS, "what it would change is about to end")                    \
	X(ALL_ENDS, "everything is about to end")                              \
	X(ONE, "there is one at a time")                                       \
	X(CONFIG, "both put a configuration into force")                       \
	X(PROCESSES, "both replace the same processes")                        \
	X(TWO_TOKENS, "one handler would keep the old token")                  \
	X(ANSWERS, "the handler that is to answer would be replaced")          \
	X(FORGOTTEN, "the next program would not know of it")                  \
	X(LEAVING, "this program may be about to leave")                       \
	X(NOT_READY, "a new process could not become READY meanwhile")

enum operation_rule {
	OPERATION_YES,	/* may run beside it */
	OPERATION_ENDS, /* begins, and what is under way ends */
	OPERATION_NO,	/* from here on: a reason each */
	OPERATION_NO_BEFORE_REASONS = OPERATION_NO - 1,
#define X(n, words) OPERATION_NO_##n,
	OPERATION_REASONS(X)
#undef X
	    OPERATION_RULES
};

/* As the table says; reason is NULL but for a no. */
enum operation_rule operation_rule(enum operation, enum operation_underway);
const char *operation_reason(enum operation_rule);

/*
 * May it begin?  0, or -1 with EXIT_TRY_LATER and the sentence for who asked:
 * what is under way, why that does not go together, what to do.
 */
int operation_may(const struct fleet *, enum operation, struct err *);
/* The same as a part of what is under way itself, which is not looked at. */
int operation_may_within(const struct fleet *, enum operation,
    enum operation_underway, struct err *);

#endif
