/* SPDX-License-Identifier: MIT */
/*
 * The supervisor's part of the stats page: page_cluster, with the one
 * sentence an operator should read first.
 */
#ifndef SUPERVISOR_BOARD_H
#define SUPERVISOR_BOARD_H

#include "supervisor/board_notes.h"

struct fleet;

struct board {
	struct fleet *fleet;
	struct board_notes notes;
	uint64_t updated_ms;	/* boot stamp of the last whole update */
};

void board_init(struct board *, struct fleet *);
/* "" takes the note back; one with other figures in it keeps its time. */
void board_note(struct board *, enum board_source, const char *sentence);
void board_update(struct board *);
/* Something that happened, for `why`: shard -1 means the fleet.  Logs nothing. */
void board_tell(struct board *, int32_t shard, const char *fmt, ...)
    printflike(3, 4);
/* The last words: pid 0, exit code. */
void board_close(struct board *, int exit_code);
/* A dead shard's or handler's own part, which it can't write any more. */
void board_shard_down(struct board *, uint32_t slot, bool held,
    const char *why);
void board_handler_down(struct board *, const char *why);

#endif
