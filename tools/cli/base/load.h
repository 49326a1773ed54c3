/* SPDX-License-Identifier: MIT */
/*
 * The config of a verb: found, read, and where a fleet runs by it made to agree
 * with that.  Reads files and /proc; a failure is in c->err.
 */
#ifndef TOOLS_CLI_BASE_LOAD_H
#define TOOLS_CLI_BASE_LOAD_H

#include "tools/cli/base/cli.h"

/* The config file by -c, $SHARDHERD_CONF, or the usual places: 0 or -1. */
int load_find(struct cli *, char *path, size_t size);
/* Where it would be looked for, absolute: how many places. */
#define LOAD_PLACES 3
size_t load_places(struct cli *, char place[LOAD_PLACES][CONFIG_PATH_MAX]);
/* Finds and reads the config, problems on stderr: 0, or -1 with c->err. */
int load_config(struct cli *);
/*
 * The same, but the paths are those of the fleet that runs by the file, where
 * one does: for verbs that bring the file into force in it.
 */
int load_for_fleet(struct cli *);
/*
 * The same for a verb that only looks or stops: a file with problems does as
 * well, which is said on stderr, and a fleet that runs by it counts more than
 * the file.  -1: neither a file nor a fleet of it is to be found.
 */
int load_look(struct cli *);
int load_look_quietly(struct cli *); /* says nothing: c->trouble */
/*
 * The same as load_config for who starts a fleet.  Instead of a file with a
 * fault it may be the config the fleet ran by, with c->config.kept_for: for
 * anybody while its processes live on, for a keeper (systemd, a container) when
 * it was not stopped, for cron always.
 */
enum load_starter { LOAD_BY_HAND, LOAD_BY_KEEPER, LOAD_BY_CRON };
int load_to_start(struct cli *, enum load_starter);

#endif
