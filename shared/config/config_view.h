/* SPDX-License-Identifier: MIT */
/*
 * A look at files as they will be: what is below one directory is looked for
 * below another.  A release is checked so before the link that the config
 * names leads to it.  Values keep the names the file gives.
 */
#ifndef SHARED_CONFIG_CONFIG_VIEW_H
#define SHARED_CONFIG_CONFIG_VIEW_H

#include "shared/config/config.h"

/* "DIR=OTHER", both absolute, for the rest of this process's life: 0 or -1. */
int config_view_add(const char *text, struct err *);
/* Where path is now: itself, or a text in out. */
const char *config_view(const char *path, char out[CONFIG_PATH_MAX]);

#endif
