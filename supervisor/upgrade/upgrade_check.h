/* SPDX-License-Identifier: MIT */
/*
 * Would this program be able to go on where the running supervisor is?  The
 * next program answers that itself, in a role of its own and as a process of
 * its own, before anything is done: it reads the config in force, opens the
 * store and the certificates, and says which versions it speaks.  It changes
 * nothing.
 */
#ifndef SUPERVISOR_UPGRADE_UPGRADE_CHECK_H
#define SUPERVISOR_UPGRADE_UPGRADE_CHECK_H

#include "shared/base/err.h"

struct examined {
	char version[64];
	unsigned contract, page;
};

/* The role: its arguments are the config's path. */
int upgrade_check_main(int argc, char **argv);
/*
 * What a program in that role has said, and how it ended (waitpid's status): 0
 * or -1 with why it is of no use.
 */
int upgrade_check_read(const char *output, int status, struct examined *,
    struct err *);

#endif
