/* SPDX-License-Identifier: MIT */
/*
 * The file of a history: its records, their checks, what becomes of a file that
 * is damaged.  The whole of it is in memory (it is some 300 KB), and a change
 * is written where it stands.  In the byte order of the machine: it does not
 * travel.
 */
#ifndef TOOLS_WEB_HISTORY_HISTORY_FILE_H
#define TOOLS_WEB_HISTORY_HISTORY_FILE_H

#include "shared/config/config.h"
#include "tools/web/history/history.h"

#define HISTORY_FILE_MAGIC UINT64_C(0x7473696864726568) /* "herdhist" */
#define HISTORY_FILE_VERSION 1
#define HISTORY_FILE_KIND 16

struct history_file_head {
	uint64_t magic;
	uint32_t version, slots, incidents, reserved;
	uint64_t check;
	uint8_t room[4096 - 32]; /* a block: records never share it */
};

struct history_file_slot {
	uint32_t number; /* wall clock / HISTORY_SLOT_MS; 0: never written */
	uint32_t known_ms, less_ms, lost_ms;
	uint32_t rtt_sum, rtt_n;
	uint64_t check;
};

#define HISTORY_FILE_UNSURE 1u /* it ended between end_ms and seen_ms */
struct history_file_incident {
	uint32_t number; /* ever larger; 0: never written */
	uint32_t flags;
	char kind[HISTORY_FILE_KIND]; /* outage_name */
	int64_t begin_ms, end_ms;     /* wall clock; end 0: it goes on */
	int64_t seen_ms;
	uint32_t shards, out;
	uint64_t check;
};

struct history_file {
	struct history_file_head head;
	struct history_file_slot slot[HISTORY_SLOTS];
	struct history_file_incident incident[HISTORY_INCIDENTS];
};
_Static_assert(sizeof(struct history_file_head) == 4096, "a block");
_Static_assert(sizeof(struct history_file_slot) == 32, "none lies in two");
_Static_assert(sizeof(struct history_file_incident) == 64, "... sectors");
_Static_assert(sizeof(struct history_file) < 320000, "as history.h says");

struct history_disk {
	char dir[CONFIG_PATH_MAX];
	int fd;		/* -1: none */
	bool mine;	/* the lock, so this process writes */
	bool unwritten; /* what is in memory is not all on disk */
	uint32_t torn;	/* records whose check failed when it was read */
	char note[512];
	struct history_file file;
};

void history_file_open(struct history_disk *, const char *dir);
void history_file_close(struct history_disk *);
/* The lock, if another process had it; reads what that has written.  True when
 * the file was read anew. */
bool history_file_turn(struct history_disk *);
/* Writes a record of disk->file, after its check is set; all, when an earlier
 * one could not be written. */
void history_file_put_slot(struct history_disk *, size_t index);
void history_file_put_incident(struct history_disk *, size_t index);

#endif
