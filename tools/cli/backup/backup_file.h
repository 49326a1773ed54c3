/* SPDX-License-Identifier: MIT */
/*
 * This room: a fleet's state in one file, and that file's way back.
 *
 * The file: "shardherd backup 1\n", records, the record of the end, and the
 * SHA-256 of all before it.  A record is a kind, the lengths of key and value,
 * and these.  It has nothing of the machine in it that wrote it (byte order,
 * size of a page, C library), and is written whole or not at all: under another
 * name, synced, then renamed.  Who reads it believes no length of it.
 */
#ifndef TOOLS_CLI_BACKUP_BACKUP_FILE_H
#define TOOLS_CLI_BACKUP_BACKUP_FILE_H

#include "shared/base/err.h"

#include <openssl/evp.h>
#include <stdio.h>

#define BACKUP_FILE_MAGIC "shardherd backup "
#define BACKUP_FILE_VERSION 1
#define BACKUP_FILE_KEY_MAX 511
#define BACKUP_FILE_VALUE_MAX (256u << 20)

enum backup_file_kind {
	BACKUP_FILE_ABOUT = 'a', /* of the backup itself: key and text */
	BACKUP_FILE_STORE = 's', /* an entry of the store */
	BACKUP_FILE_KV = 'k',	 /* of the plugins' storage */
	BACKUP_FILE_END = 'e',
};

struct backup_file_out {
	char path[4096], tmp[4096 + 32];
	FILE *f; /* NULL: not open */
	EVP_MD_CTX *sum;
	uint64_t records;
};

/* A regular file that is no backup is not replaced. */
int backup_file_create(struct backup_file_out *, const char *path,
    struct err *);
int backup_file_put(struct backup_file_out *, enum backup_file_kind,
    const void *key, size_t key_len, const void *value, size_t value_len,
    struct err *);
/* It is on disk under its name; else as backup_file_abandon(), and -1. */
int backup_file_finish(struct backup_file_out *, struct err *);
/* Nothing of it stays. */
void backup_file_abandon(struct backup_file_out *);

struct backup_file_record {
	enum backup_file_kind kind;
	const char *key; /* followed by a NUL, and perhaps with some in it */
	size_t key_len;
	const void *value; /* both borrowed until the next one */
	size_t value_len;
};
struct backup_file_in {
	const char *path;
	FILE *f;
	EVP_MD_CTX *sum;
	uint64_t left; /* bytes of the file not read */
	uint64_t records;
	char key[BACKUP_FILE_KEY_MAX + 1];
	char *value;
	size_t room;
};

/* Each failure is one sentence.  path is borrowed. */
int backup_file_open(struct backup_file_in *, const char *path, struct err *);
/* 1 with the next record, 0 at the end, which is proved, -1. */
int backup_file_next(struct backup_file_in *, struct backup_file_record *,
    struct err *);
/* Once more from its beginning; it is still to be closed after a failure. */
int backup_file_rewind(struct backup_file_in *, struct err *);
void backup_file_close(struct backup_file_in *);

#endif
