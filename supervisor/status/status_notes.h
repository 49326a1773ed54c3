/* SPDX-License-Identifier: MIT */
/*
 * The sentences an operator should read: each has a rank, the time at which it
 * was first so, and an end, so that no old news hides what is wrong now.
 */
#ifndef SUPERVISOR_STATUS_STATUS_NOTES_H
#define SUPERVISOR_STATUS_STATUS_NOTES_H

#include "shared/page/page.h"

/* Who may leave a note, most urgent first; ranks and ends: see status_page_notes.c. */
enum status_page_source { BOARD_FATAL, BOARD_CONFIG, BOARD_DISK, BOARD_PERMIT,
	BOARD_RELOAD, BOARD_ASKING, BOARD_TOKEN, BOARD_ALERT, BOARD_LOG,
	BOARD_LOG_DISK, BOARD_START,
	BOARD_SOURCES };

struct status_notes {
	char text[BOARD_SOURCES][256];
	int64_t since_ms[BOARD_SOURCES]; /* wall clock: first said */
};

/* "" takes the note back; one with other figures in it keeps its time. */
void status_notes_say(struct status_notes *, enum status_page_source, const char *text,
    int64_t now_ms);
/* Those that stand, worst first, without gaps; ends those whose time is up. */
void status_notes_list(struct status_notes *, struct page_note out[PAGE_NOTES],
    int64_t now_ms);

#endif
