/* SPDX-License-Identifier: MIT */
/*
 * SIGHUP, which is also what "systemctl reload" sends: the log file is opened
 * anew, a changed config is taken over as "reload" does, and another token in
 * token_file is checked and moved to.  What has not changed costs nothing, so
 * a logrotate that sends SIGHUP does no harm.
 */
#ifndef SUPERVISOR_HANGUP_H
#define SUPERVISOR_HANGUP_H

#include "shared/base/timer.h"

struct fleet;

#define HANGUP_TICK_S 0.2	/* between two looks at the step under way */

enum hangup_step { HANGUP_IDLE, HANGUP_CONFIG, HANGUP_TOKEN };

struct hangup {
	struct fleet *fleet;
	struct timer tick;
	enum hangup_step step;
	bool again;		/* another signal came meanwhile */
	char trouble[120];	/* for systemd; "": none */
};

void hangup_init(struct hangup *, struct fleet *);
void hangup_free(struct hangup *);
void hangup_signal(struct hangup *);

#endif
