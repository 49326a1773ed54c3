/* SPDX-License-Identifier: MIT */
#ifndef SHARED_BASE_VERSION_H
#define SHARED_BASE_VERSION_H

#define SHARDHERD_VERSION "0.1.0"
#define SHARDHERD_URL "https://github.com/shardherd/shardherd"
/* discord-protocol.md section 7.1: an invalid one is blocked at the edge. */
#define SHARDHERD_USER_AGENT                                                   \
	"DiscordBot (" SHARDHERD_URL ", " SHARDHERD_VERSION ")"

/*
 * The linker's id of the program that runs, in hexadecimal: no two builds that
 * differ have the same.  "unknown" where the linker made none.
 */
#define VERSION_BUILD 72
const char *version_build(char out[VERSION_BUILD]);

#endif
