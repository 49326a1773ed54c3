/* SPDX-License-Identifier: MIT */
/*
 * Entries of the store as they lie there, for a copy of it that is put back:
 * what store_each() hands out goes in here.
 */
#ifndef SHARED_STORE_STORE_COPY_H
#define SHARED_STORE_STORE_COPY_H

#include "shared/store/store.h"

/* All of them in one transaction, in place of what has their keys. */
int store_copy_put(const struct store *, const struct store_item *, size_t n,
    struct err *);

enum store_copy_kind {
	STORE_COPY_OTHER,
	STORE_COPY_SCHEMA,
	STORE_COPY_SESSION,
	STORE_COPY_IDENTIFY,
	STORE_COPY_GATEWAY,
	STORE_COPY_BLOB, /* its name is behind "blob/" */
};
enum store_copy_fault {
	STORE_COPY_FINE,
	STORE_COPY_DAMAGED, /* it is no such entry */
	STORE_COPY_NEWER,   /* of a shardherd that comes after this one */
};
/* What an entry from outside is; and can this build read it?  Pure. */
enum store_copy_kind store_copy_kind(const struct store_item *);
enum store_copy_fault store_copy_check(const struct store_item *);

/* The structs in entries that are of this kind and fine; true if so. */
bool store_copy_session(const struct store_item *, struct store_session *);
bool store_copy_identify(const struct store_item *, struct store_identify *);

#endif
