/* SPDX-License-Identifier: MIT */
/*
 * A view of a fleet that a test makes up: all of it well, until the test says
 * otherwise.  Every name and text in it is a secret that no page may show.
 */
#ifndef TESTS_UNIT_RIG_MADE_VIEW_H
#define TESTS_UNIT_RIG_MADE_VIEW_H

#include "shared/view/view.h"

#define MADE_VIEW_SECRET "hunter2"

/* n shards, ready for an hour; by the clocks of clock.h.  view_free(). */
void made_view(struct view *, uint32_t n);
/* In that state from now on, less age_ms. */
void made_view_shard(struct view *, uint32_t id, enum shard_state,
    uint64_t age_ms);
/* Its plugin answers with errors; the fleet is on hold. */
void made_view_failing(struct view *);
void made_view_held(struct view *);
/* The clocks of now; ages stay as long as they were made by stamps. */
void made_view_now(struct view *);

#endif
