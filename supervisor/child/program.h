/* SPDX-License-Identifier: MIT */
/*
 * What a handler or gate process is made of: the program file, kept open so that it
 * can be started again after the file was replaced, and the config text it
 * reads.  One owner: the member whose process it is.
 */
#ifndef SUPERVISOR_CHILD_PROGRAM_H
#define SUPERVISOR_CHILD_PROGRAM_H

#include "shared/base/err.h"

struct program {
	int fd;	      /* of the file, O_PATH; -1: none */
	char *config; /* the text as the process reads it */
};

void program_init(struct program *);
/* The running binary itself, whatever its file is by now: 0 or -1. */
int program_self(struct program *, const char *config, struct err *);
/* The file at path: EXIT_CONFIG when it is none that can be run. */
int program_open(struct program *, const char *path, const char *config,
    struct err *);
/* Is it the file at path, "" our own, as that is now? */
bool program_is(const struct program *, const char *path);
void program_close(struct program *); /* idempotent */
/*
 * Where our own program file was started from, absolute, symlinks kept: so
 * that an upgrade which moves a link is seen.  "" when that can't be told.
 */
void program_find(const char *argv0, char *out, size_t size);
/* In the child: becomes the program; returns with errno when it can't. */
void program_exec(const struct program *, char **argv);

#endif
