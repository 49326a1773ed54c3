/* SPDX-License-Identifier: MIT */
/*
 * What fuzz targets share: an input read piece by piece, a directory in memory,
 * files of its bytes.  Never fails but by must().
 */
#ifndef TESTS_FUZZ_KIT_H
#define TESTS_FUZZ_KIT_H

#include "shared/base/base.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
/* A target may have its own mutations; driver.c and libFuzzer know both. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max,
    unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);

/* What is left of an input; behind its end all bytes are 0. */
struct kit {
	const uint8_t *p;
	size_t left;
};
uint8_t kit_byte(struct kit *);
uint32_t kit_number(struct kit *, int bytes); /* little end first, 1 to 4 */
/* The next n bytes, or what is left: *n becomes that. */
const uint8_t *kit_take(struct kit *, size_t *n);
/* n of them with a 0 behind; owner frees. */
char *kit_text(const void *data, size_t n);

/* Whatever looks like a record of a spool's segment has valid sums then. */
void kit_seal(uint8_t *, size_t n);

/* Does a path, up to its query, have a segment ".."? */
bool kit_climbs(const char *path);

/* A directory of this process, gone with it; in memory where it can be. */
const char *kit_dir(void);
/* DIR/NAME of that, in a buffer that the next call takes. */
const char *kit_path(const char *name);
void kit_write(const char *path, const void *data, size_t n);
/* All that is in it goes, and it stays. */
void kit_empty(void);

#endif
