/* SPDX-License-Identifier: MIT */
/* The words of a person's verb: plain ones in their order, options apart. */
#ifndef TOOLS_SIM_PEOPLE_WORDS_H
#define TOOLS_SIM_PEOPLE_WORDS_H

#include "tools/sim/base/sbuf.h"
#include "tools/sim/base/sim.h"

#include <json-c/json.h>

#define WORDS_MAX 32
#define WORDS_FILES_MAX 10
#define WORDS_WAIT_S 10.0 /* --wait without a number */
#define WORDS_WAIT_MAX_S 86400.0

/* All borrow from argv. */
struct words {
	struct sbuf *out; /* what is answered */
	const char *verb;
	int n;
	char *plain[WORDS_MAX + 1]; /* after the verb; NULL-ended */
	const char *as, *reply, *in, *after, *from, *says; /* NULL: not given */
	const char *file[WORDS_FILES_MAX];
	unsigned files;
	bool json, remove, mute, deaf, user_install;
	double wait_s; /* 0: does not wait */
};

/*
 * Reads them: of at least min and at most max plain ones, and of the options
 * named in takes ("as reply file"; json is always taken).  After "--" all are
 * plain.  False with a sentence; usage is what it says then.
 */
bool words_read(struct words *, int argc, char **argv, int min, int max,
    const char *takes, const char *usage, struct sbuf *out);
/* Answers an object: as a row (answer.h) with --json, else the line; puts o. */
void words_made(struct words *, json_object *o, const char *line);
/* The same of a thing with an id, whose digits are the line. */
void words_made_id(struct words *, json_object *o);

#endif
