/* SPDX-License-Identifier: MIT */
/*
 * The config of a rollout: the file as it is now, of which the keys that live
 * in shards are taken, and what would end sessions is refused with its price.
 */
#ifndef SUPERVISOR_OPERATION_ROLLOUT_CONFIG_H
#define SUPERVISOR_OPERATION_ROLLOUT_CONFIG_H

#include "shared/config/config.h"

struct fleet;

/*
 * The config in force with what the file has changed for shards; the client is
 * told every change.  NULL with err when the file is broken or asks for what no
 * rollout can do.  Owner: config_free and free.
 */
struct config *rollout_config_read(struct fleet *, uint32_t ticket,
    struct err *);
/* The config in force with the shards' keys as before had them. */
struct config *rollout_config_back(struct fleet *, const struct config *before,
    uint32_t ticket, struct err *);

#endif
