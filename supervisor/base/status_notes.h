/* SPDX-License-Identifier: MIT */
/*
 * The sentences an operator should read: each has a rank, the time at which it
 * was first so, and an end, so that no old news hides what is wrong now.  The
 * page shows them when the turn ends; whoever changes something else that the
 * page shows marks it due.
 */
#ifndef SUPERVISOR_BASE_STATUS_NOTES_H
#define SUPERVISOR_BASE_STATUS_NOTES_H

#include "shared/page/page.h"

/* Who may leave a note, most urgent first; ranks and ends: see
 * status_notes.c. */
enum status_note {
	NOTE_FATAL,
	NOTE_CONFIG,
	NOTE_FILE,
	NOTE_DISK,
	NOTE_PERMIT,
	NOTE_RELOAD,
	NOTE_ASKING,
	NOTE_TOKEN,
	NOTE_LOG,
	NOTE_LOG_DISK,
	NOTE_START,
	NOTE_REST,
	NOTE_SOURCES
};

struct status_notes {
	bool due; /* the page does not show yet how all is */
	char text[NOTE_SOURCES][256];
	int64_t since_ms[NOTE_SOURCES]; /* wall clock: first said */
};

/* "" takes the note back; one with other figures in it keeps its time. */
void status_notes_say(struct status_notes *, enum status_note,
    const char *sentence);
/* Those that stand, worst first, without gaps; ends those whose time is up. */
void status_notes_list(struct status_notes *, struct page_note out[PAGE_NOTES],
    int64_t now_ms);
/* Something that happened, for `why`: shard -1 means the fleet.  At once on the
 * page, if there is one; logs nothing. */
void status_notes_past(struct page *, int32_t shard, const char *fmt, ...)
    printflike(3, 4);

#endif
