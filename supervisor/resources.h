/* SPDX-License-Identifier: MIT */
/*
 * What runs out: file descriptors and memory of each process, the disks below
 * state_dir and log_dir, and a wall clock that is set under our feet.  Says it
 * at 80 %, with the numbers and the trend, long before something fails.
 */
#ifndef SUPERVISOR_RESOURCES_H
#define SUPERVISOR_RESOURCES_H

#include "shared/page/page.h"
#include "supervisor/alert/usage.h"

struct fleet;

#define RESOURCES_DISK_LEAST (1u << 20) /* left: urgent on any disk */
#define RESOURCES_CLOCK_MS 1000 /* a step between two looks, not a drift */
#define RESOURCES_WORDS 384
#define RESOURCES_RENEW_MS 600000 /* between two gates replaced for memory */

/* One process: of another pid, its story begins anew. */
struct resources_process {
	int32_t pid;
	uint64_t sampled_ms;
	struct usage fds, memory;
};

struct resources_disk {
	struct usage used;
	uint64_t size, free;	     /* bytes */
	char words[RESOURCES_WORDS]; /* "" while all is well */
};

struct resources {
	struct fleet *fleet;
	struct resources_process *shard; /* per slot */
	struct resources_process handler, supervisor, gate;
	uint64_t gate_renewed_ms; /* for its memory; 0: never */
	struct resources_disk state, log;
	bool clock_known;
	int64_t clock_ms; /* wall clock minus boot clock */
};

void resources_init(struct resources *, struct fleet *);
void resources_start(struct resources *, uint32_t shards);
void resources_forget(struct resources *);
/* After the samples of the page were taken: judges what is new, and disks. */
void resources_look(struct resources *);
/*
 * The worst that stands, for alerts: "" when there is none.  processes: how
 * many are above a mark.
 */
uint32_t resources_processes(const struct resources *, char *words,
    size_t size);

/* The step of the wall clock since the last look, 0: none worth a word. */
int64_t resources_clock_step(struct resources *, int64_t wall_ms,
    uint64_t boot_ms);

#endif
