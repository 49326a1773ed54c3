/* SPDX-License-Identifier: MIT */
/*
 * What runs out: file descriptors and memory of each process, the disks below
 * state_dir and log_dir, and a wall clock that is set under our feet.  Says it
 * at 80 %, with the numbers and the trend, long before something fails.
 */
#ifndef SUPERVISOR_LIMITS_H
#define SUPERVISOR_LIMITS_H

#include "shared/page/page.h"
#include "supervisor/alert/usage.h"

struct fleet;

#define LIMITS_DISK_LEAST (1u << 20)	/* left: urgent on any disk */
#define LIMITS_CLOCK_MS 1000	/* a step between two looks, not a drift */
#define LIMITS_WORDS 384

/* One process: of another pid, its story begins anew. */
struct limits_process {
	int32_t pid;
	uint64_t sampled_ms;
	struct usage fds, memory;
};

struct limits_disk {
	struct usage used;
	uint64_t size, free;	/* bytes */
	char words[LIMITS_WORDS]; /* "" while all is well */
};

struct limits {
	struct fleet *fleet;
	struct limits_process *shard;	/* per slot */
	struct limits_process handler, supervisor;
	struct limits_disk state, log;
	bool clock_known;
	int64_t clock_ms;	/* wall clock minus boot clock */
};

void limits_init(struct limits *, struct fleet *);
void limits_start(struct limits *, uint32_t shards);
void limits_forget(struct limits *);
/* After the samples of the page were taken: judges what is new, and disks. */
void limits_look(struct limits *);
/*
 * The worst that stands, for alerts: "" when there is none.  processes: how
 * many are above a mark.
 */
uint32_t limits_processes(const struct limits *, char *words, size_t size);
const char *limits_disks(const struct limits *);

/* The step of the wall clock since the last look, 0: none worth a word. */
int64_t limits_clock_step(struct limits *, int64_t wall_ms,
    uint64_t boot_ms);

#endif
