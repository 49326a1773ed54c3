/* SPDX-License-Identifier: MIT */
/*
 * SIGHUP, which is also what "systemctl reload" sends: the log file is opened
 * anew, a changed config is taken over as "reload" does, and another token in
 * token_file is checked and moved to.  What has not changed costs nothing, so
 * a logrotate that sends SIGHUP does no harm.
 */
#ifndef SUPERVISOR_SIGHUP_H
#define SUPERVISOR_SIGHUP_H

#include "shared/base/timer.h"

struct fleet;

#define SIGHUP_TICK_S 0.2 /* between two looks at the step under way */

enum sighup_step { SIGHUP_IDLE, SIGHUP_CONFIG, SIGHUP_TOKEN };

struct sighup {
	struct fleet *fleet;
	struct timer tick;
	enum sighup_step step;
	bool again;	   /* another signal came meanwhile */
	char trouble[120]; /* for systemd; "": none */
};

void sighup_init(struct sighup *, struct fleet *);
void sighup_free(struct sighup *);
void sighup_signal(struct sighup *);

#endif
