/* SPDX-License-Identifier: MIT */
/*
 * The config a fleet runs by, kept in its state_dir: for a supervisor that is
 * to come back when nobody is there to mend what was written into the file
 * meanwhile.
 */
#ifndef SHARED_STATE_CONFIG_KEPT_H
#define SHARED_STATE_CONFIG_KEPT_H

#include "shared/config/config.h"

/* Keeps it and the CA file it names, whole or not at all; writes to disk. */
int config_kept_put(const struct config *, struct err *);
/*
 * Reads what the fleet of this config file ran by last; -1 when state_dir has
 * none, or one of another file.
 */
int config_kept_load(struct config *, const char *state_dir, const char *path,
    struct err *);

/* The CA file to use, or "": of a kept config the copy, if the file is gone. */
void config_kept_ca(const struct config *, char out[CONFIG_PATH_MAX]);

#endif
