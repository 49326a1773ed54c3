/* SPDX-License-Identifier: MIT */
/*
 * Who else can change what a fleet runs and trusts: the files and directories
 * a config names, and every directory above them.
 */
#ifndef SHARED_CONFIG_CONFIG_PERMS_H
#define SHARED_CONFIG_CONFIG_PERMS_H

#include "shared/config/config.h"

/* A line for each; reads the file system and the users' database. */
void config_perms_warn(const struct config *, config_problem_fn *, void *);

#endif
