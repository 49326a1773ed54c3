/* SPDX-License-Identifier: MIT */
/* The last REST calls and what each was answered: for people who look. */
#ifndef TOOLS_SIM_BOOK_ASKED_H
#define TOOLS_SIM_BOOK_ASKED_H

#include "tools/sim/base/sim.h"

#define ASKED_MAX 512
#define ASKED_PATH_MAX 200 /* of a longer one the beginning is kept */

struct asked_call {
	uint64_t at_ms; /* since the start */
	int status;	/* 0: the answer was cut off */
	bool absent;	/* the simulator has no such route */
	char method[12];
	char path[ASKED_PATH_MAX]; /* as sent, without the query */
};

struct asked {
	struct asked_call ring[ASKED_MAX];
	uint64_t count; /* all there were */
};

void asked_note(struct sim *, const char *method, const char *path, int status,
    bool absent);
/* The k-th newest, from 0; NULL: no longer kept. */
const struct asked_call *asked_nth(const struct sim *, uint64_t k);

#endif
