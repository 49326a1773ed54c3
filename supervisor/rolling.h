/* SPDX-License-Identifier: MIT */
/*
 * The hands of a rollout (rollout.h): which shards run an older program or
 * configuration, the config they get, the successions under way, how those
 * replaced are doing, and what the operator reads about it.
 */
#ifndef SUPERVISOR_ROLLING_H
#define SUPERVISOR_ROLLING_H

#include "shared/config/config.h"
#include "supervisor/rollout.h"
#include "supervisor/heir.h"

#define ROLLING_LANES 16	/* shards replaced at once, at most */
#define ROLLING_ACK_SLACK_MS 2000 /* beyond two intervals without an ACK */

/* As the operator asked; -1: as the config says. */
struct rolling_order {
	int64_t canary, parallel, max_failures;
	double pause_s;
	bool all;		/* also those that are up to date */
	bool dry_run, no_wait;
};

enum rolling_mark { ROLLING_NOT, ROLLING_DUE, ROLLING_BUSY, ROLLING_MOVED,
	ROLLING_PLAIN, ROLLING_FAILED };

struct rolling_slot {
	uint8_t mark;		/* enum rolling_mark */
	pid_t pid;		/* of the process that took over */
};

struct rolling {
	struct fleet *fleet;
	struct rollout rollout;
	struct heir lane[ROLLING_LANES];
	struct rolling_slot *slot; /* of all shards; NULL before the first */
	uint32_t slots;
	uint64_t program;	/* what a shard forked now runs: page.h */
	uint64_t settings;
	bool presence;		/* the last config rolled out has another */
	struct config *before;	/* the last rollout's former config, or NULL */
	uint32_t ticket;	/* of the client that waits; 0: none */
	uint32_t undo_ticket;
	bool undo_next;		/* as soon as this one has stopped */
	uint64_t began_ms;
	char note[PAGE_WORDS];	/* how it is going, or went */
};

void rolling_init(struct rolling *, struct fleet *);
void rolling_free(struct rolling *);
/* The shards of a layout start, or are forgotten. */
void rolling_launched(struct rolling *);
void rolling_forget(struct rolling *);

/* 0 and the ticket is answered, now or later; or -1. */
int rolling_begin(struct rolling *, uint32_t ticket,
    const struct rolling_order *, struct err *);
int rolling_undo(struct rolling *, uint32_t ticket,
    const struct rolling_order *, struct err *);
int rolling_halt(struct rolling *, struct err *);
void rolling_abort(struct rolling *);
static inline bool
rolling_busy(const struct rolling *r)
{
	return rollout_busy(&r->rollout);
}
/* Is a successor of this shard to show a changed presence? */
bool rolling_shows(const struct rolling *, uint32_t slot);
/* Is a process beside those of the places still there? */
bool rolling_running(const struct rolling *);
struct member *rolling_find(struct rolling *, pid_t);

/* rolling_shards.c: of those replaced, as struct rollout_actions wants it. */
enum rollout_verdict rolling_judge(void *, char *words, size_t size);

/* From messages.c and fleet.c: of any shard's process. */
void rolling_standby(struct rolling *, struct member *);
void rolling_trouble(struct rolling *, struct member *, const char *);
void rolling_handed(struct rolling *, struct member *,
    const struct msg_handed *);
void rolling_ready(struct rolling *, struct member *);
void rolling_asked(struct rolling *, struct member *);
void rolling_gone(struct rolling *, struct member *);

#endif
