/* SPDX-License-Identifier: MIT */
/*
 * Dispatches kept in files, one envelope each: their t and the raw bytes of
 * their d.
 */
#ifndef TOOLS_SIM_BASE_SAMPLE_H
#define TOOLS_SIM_BASE_SAMPLE_H

#include "shared/base/base.h"
#include "shared/base/err.h"

#define SAMPLE_BYTES_MAX (80u << 20)
#define SAMPLES_MAX 1024

struct sample {
	char t[64]; /* "" when it has none */
	char *text; /* the file, final newlines cut */
	size_t text_len;
	const char *d; /* within text; "null" when it has none */
	size_t len;
	uint64_t guild_id; /* of d, 0: none */
};

struct samples;

/* dir NULL: an empty set.  NULL with err when dir can't be read. */
struct samples *sample_load(const char *dir, struct err *);
/* The first of that name, or NULL. */
const struct sample *sample_find(const struct samples *, const char *t);
void sample_free(struct samples *);

/* One file; free text.  -1 with err. */
int sample_read(const char *path, struct sample *, struct err *);

#endif
