/* SPDX-License-Identifier: MIT */
/*
 * The hands of a rollout (rollout.h): which shards run an older program or
 * configuration, the config they get, the successions under way, how those
 * replaced are doing, and what the operator reads about it.
 */
#ifndef SUPERVISOR_OPERATION_ROLLOUT_EFFECTS_H
#define SUPERVISOR_OPERATION_ROLLOUT_EFFECTS_H

#include "shared/config/config.h"
#include "supervisor/base/report.h"
#include "supervisor/operation/rollout.h"
#include "supervisor/operation/handover_effects.h"

#define ROLLOUT_EFFECTS_LANES 16 /* shards replaced at once, at most */
#define ROLLOUT_EFFECTS_ACK_SLACK_MS                                           \
	2000 /* beyond two intervals without an ACK */

/* As the operator asked; -1: as the config says. */
struct rollout_effects_order {
	int64_t canary, parallel, max_failures;
	double pause_s;
	bool all; /* also those that are up to date */
	bool dry_run, no_wait;
};

enum rollout_effects_mark {
	ROLLOUT_EFFECTS_NOT,
	ROLLOUT_EFFECTS_DUE,
	ROLLOUT_EFFECTS_BUSY,
	ROLLOUT_EFFECTS_MOVED,
	ROLLOUT_EFFECTS_PLAIN,
	ROLLOUT_EFFECTS_FAILED
};

struct rollout_effects_slot {
	uint8_t mark; /* enum rollout_effects_mark */
	pid_t pid;    /* of the process that took over */
};

struct rollout_effects {
	struct fleet *fleet;
	struct rollout rollout;
	struct handover_effects lane[ROLLOUT_EFFECTS_LANES];
	struct rollout_effects_slot
	    *slot; /* of all shards; NULL before the first */
	uint32_t slots;
	bool presence;	       /* the last config rolled out has another */
	struct config *before; /* the last rollout's former config, or NULL */
	struct report report;
	uint32_t undo_ticket;
	bool undo_next; /* as soon as this one has stopped */
	uint64_t began_ms;
	char note[PAGE_WORDS]; /* how it is going, or went */
};

void rollout_effects_init(struct rollout_effects *, struct fleet *);
void rollout_effects_free(struct rollout_effects *);
/* The shards of a layout start, or are forgotten. */
void rollout_effects_launched(struct rollout_effects *);
void rollout_effects_forget(struct rollout_effects *);

/* 0 and the ticket is answered, now or later; or -1. */
int rollout_effects_begin(struct rollout_effects *, uint32_t ticket,
    const struct rollout_effects_order *, struct err *);
int rollout_effects_undo(struct rollout_effects *, uint32_t ticket,
    const struct rollout_effects_order *, struct err *);
int rollout_effects_halt(struct rollout_effects *, struct err *);
void rollout_effects_abort(struct rollout_effects *);
static inline bool
rollout_effects_busy(const struct rollout_effects *r)
{
	return rollout_busy(&r->rollout);
}
/* Is a successor of this shard to show a changed presence? */
bool rollout_effects_shows(const struct rollout_effects *, uint32_t slot);
/* Is a process beside those of the places still there? */
bool rollout_effects_running(const struct rollout_effects *);
struct member *rollout_effects_find(struct rollout_effects *, pid_t);

/* rollout_shards.c: of those replaced, as struct rollout_actions wants it. */
enum rollout_verdict rollout_effects_judge(void *, char *words, size_t size);

/* From messages.c and fleet.c: of any shard's process. */
void rollout_effects_standby(struct rollout_effects *, struct member *);
void rollout_effects_trouble(struct rollout_effects *, struct member *,
    const char *);
void rollout_effects_handed(struct rollout_effects *, struct member *,
    const struct msg_handed *);
void rollout_effects_ready(struct rollout_effects *, struct member *);
void rollout_effects_asked(struct rollout_effects *, struct member *);
void rollout_effects_gone(struct rollout_effects *, struct member *);

#endif
