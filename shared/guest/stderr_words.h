/* SPDX-License-Identifier: MIT */
/*
 * A guest's last words are not its last line: runtimes go on behind the one
 * that says what was wrong, with the frames of a stack, their version, advice.
 */
#ifndef SHARED_GUEST_STDERR_WORDS_H
#define SHARED_GUEST_STDERR_WORDS_H

#include "shared/base/base.h"

/* A line of standard error, as text (shared/text.h); what it says replaces
 * words, unless that is more telling.  words "": none so far. */
void stderr_words(char *words, size_t size, const char *line);

#endif
