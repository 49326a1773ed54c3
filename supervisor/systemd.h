/* SPDX-License-Identifier: MIT */
/*
 * What systemd is told, and when: ready once the fleet serves, a status line
 * that is true, more time while a staged start goes on, and a sign of life
 * only as long as the supervisor's own duties are done.
 */
#ifndef SUPERVISOR_SYSTEMD_H
#define SUPERVISOR_SYSTEMD_H

#include "shared/base/timer.h"
#include "supervisor/base/sd_notify.h"

struct fleet;

#define SYSTEMD_EXTEND_S 30 /* asked for at each tick of a start */
#define SYSTEMD_START_S                                                        \
	300		      /* then systemd hears READY=1 all the same: a
				   restart would not bring Discord back */
#define SYSTEMD_DUTY_MS 15000 /* since the last whole look around: stuck */

struct systemd {
	struct fleet *fleet;
	struct sd_notify notify;
	struct timer feed; /* of the watchdog */
	uint64_t began_ms;
	bool ready; /* systemd was told so */
	bool reloading;
	bool stopping;
	bool starving;	/* the watchdog is not fed */
	char last[120]; /* how the last reload ended, "": fine */
};

/* What the status line is made of. */
struct systemd_facts {
	uint32_t ready, shards; /* shards 0: layout not yet known */
	bool handler;		/* serves */
	bool stopping;
	int64_t eta_s;	/* until the queue of IDENTIFYs is empty; 0 */
	char note[400]; /* what is wrong, "": nothing */
};
void systemd_words(const struct systemd_facts *, char *out, size_t size);

/* Before the first fork; foreground: only then systemd is the parent. */
void systemd_open(struct systemd *, struct fleet *, bool foreground);
void systemd_start(struct systemd *); /* timers are there */
/* Once per look around. */
void systemd_tick(struct systemd *);
void systemd_reloading(struct systemd *);
/* trouble: in a few words, "" when all went well. */
void systemd_reloaded(struct systemd *, const char *trouble);
void systemd_stopping(struct systemd *);
void systemd_close(struct systemd *);

#endif
