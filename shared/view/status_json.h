/* SPDX-License-Identifier: MIT */
/*
 * A view as JSON, for scripts, monitoring and web: schema 1, whose fields are
 * only ever added.  Every function but the last makes a new object, the
 * caller's.
 */
#ifndef SHARED_VIEW_STATUS_JSON_H
#define SHARED_VIEW_STATUS_JSON_H

#include "shared/view/view.h"

#include <json-c/json.h>

/* All of it; of the shards those that ids names, of which there are n, or all
 * when that is 0. */
struct json_object *status_json(const struct view *, const uint64_t *ids,
    size_t n);
struct json_object *status_json_shard(const struct view *,
    const struct view_shard *);
struct json_object *status_json_budget(const struct view *);
struct json_object *status_json_rollout(const struct view *);
/* {CAUSE: count} of RECONNECTS counters. */
struct json_object *status_json_causes(const uint64_t *);
/* Adds the fields of gate.clients[]. */
void status_json_client(struct json_object *, const struct view *,
    const struct page_client *);

#endif
