/* SPDX-License-Identifier: MIT */
/*
 * The supervisor's part of the stats page: page_cluster, with the one
 * sentence an operator should read first.
 */
#ifndef SUPERVISOR_BOARD_H
#define SUPERVISOR_BOARD_H

#include "shared/base.h"

struct fleet;

/* Who may leave a note, most urgent first. */
enum board_source { BOARD_FATAL, BOARD_DISK, BOARD_PERMIT, BOARD_RELOAD,
	BOARD_ASKING, BOARD_TOKEN, BOARD_ALERT, BOARD_LOG, BOARD_START,
	BOARD_SOURCES };

struct board {
	struct fleet *fleet;
	char note[BOARD_SOURCES][256];
	uint64_t updated_ms;	/* boot stamp of the last whole update */
};

void board_init(struct board *, struct fleet *);
/* "" takes the note back. */
void board_note(struct board *, enum board_source, const char *sentence);
void board_update(struct board *);
/* The last words: pid 0, exit code. */
void board_close(struct board *, int exit_code);
/* A dead shard's or handler's own part, which it can't write any more. */
void board_shard_down(struct board *, uint32_t slot, bool held,
    const char *why);
void board_handler_down(struct board *, const char *why);

#endif
