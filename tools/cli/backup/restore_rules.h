/* SPDX-License-Identifier: MIT */
/*
 * What of a backup's store is taken back, and what the state that is there
 * knows better.  Pure.
 *
 * The plugins' storage comes from the backup, whole.  Of what the fleet knows
 * of itself whatever is there stays; what is not there comes from the backup,
 * but for what is only of its moment, and sessions that Discord has forgotten.
 * The ledger is what both of them know.
 */
#ifndef TOOLS_CLI_BACKUP_RESTORE_RULES_H
#define TOOLS_CLI_BACKUP_RESTORE_RULES_H

#include "shared/store/store_copy.h"

/* Discord keeps a session for some minutes (discord-protocol.md section 0). */
#define RESTORE_RULES_SESSION_MS ((int64_t)10 * 60 * 1000)

struct restore_rules {
	int64_t now_ms; /* wall clock */
	bool there;	/* there is a store that can be read */
	bool letters;	/* ... and it has had dead letters */
	/* Counted: */
	uint32_t sessions, old_sessions, identifies;
	/* IDENTIFYs whose numbers have been given to others there. */
	struct store_identify *stray;
	size_t strays;
};

/* Called of each entry there, before any of the backup. */
void restore_rules_there(struct restore_rules *, const struct store_item *);
/* Is this entry of the backup to be put, before those that are there? */
bool restore_rules_take(struct restore_rules *, const struct store_item *);
/* other: what is there at the number of e, a ledger entry of the backup. */
void restore_rules_ledger(struct restore_rules *,
    const struct store_identify *e, const struct store_identify *other);
void restore_rules_free(struct restore_rules *);

#endif
