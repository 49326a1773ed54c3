/* SPDX-License-Identifier: MIT */
/*
 * A secret text in memory: pages of its own that no core dump takes along and,
 * where the limits allow it, no swap; wiped when it is dropped.  A fork shares
 * the pages as it does the rest.
 */
#ifndef SHARED_BASE_SECRET_H
#define SHARED_BASE_SECRET_H

#include "shared/base/base.h"

/* A copy; the caller goes on to wipe its own.  Owner: secret_drop. */
char *secret_keep(const char *text);
/* Keeps text and wipes and frees that, which malloc() made. */
char *secret_take(char *text);
void secret_drop(char *); /* NULL is fine */
/* Wipes and frees what malloc() made; NULL is fine. */
void secret_free(char *);
/*
 * For a library that handles secrets and forgets to wipe them: its allocator.
 * What is freed is wiped first, also what realloc leaves behind.
 */
void secret_wipe_free(void *);
void *secret_wipe_realloc(void *, size_t);
/* First 8 bytes of SHA-256("shardherd token" || token): names the token in
   session records and is not one. */
uint64_t secret_identity(const char *token);
/* No core dumps of this process, by a file or by a program. */
void secret_no_core(void);

#endif
