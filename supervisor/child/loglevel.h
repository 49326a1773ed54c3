/* SPDX-License-Identifier: MIT */
/*
 * The least level that is logged, for the whole fleet at once: the config's,
 * or another one an operator wants until the supervisor's next start.
 */
#ifndef SUPERVISOR_CHILD_LOGLEVEL_H
#define SUPERVISOR_CHILD_LOGLEVEL_H

#include "shared/base/log.h"

struct fleet;
struct member;

/* Ours, every child's, and what children started later are told. */
void loglevel_set(struct fleet *, enum log_level);
/* A child that said HELLO: it may have been started with another level. */
void loglevel_tell(struct member *);
/* One sentence: what is in force, and until when. */
void loglevel_words(const struct fleet *, char *out, size_t size);

#endif
