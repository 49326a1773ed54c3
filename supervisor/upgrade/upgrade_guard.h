/* SPDX-License-Identifier: MIT */
/*
 * Stays behind when the supervisor becomes another program, as a process of its
 * own with the program of before in its hand: a new one that crashes or hangs
 * before it has taken over is put an end to, said so, and the one of before is
 * started again with `ensure`.  In the foreground whoever started the
 * supervisor does that.  It never outlives its one question by more than the
 * answer.
 */
#ifndef SUPERVISOR_UPGRADE_UPGRADE_GUARD_H
#define SUPERVISOR_UPGRADE_UPGRADE_GUARD_H

struct arrival;
struct fleet;

#define UPGRADE_GUARD_S 60	    /* from the exec until all is taken over */
#define UPGRADE_GUARD_END_MS 5000   /* for one that was killed to be gone */
#define UPGRADE_GUARD_READY_MS 2000 /* for the guard to be in place */

/*
 * The fd by which the guard is told; it is to pass through the exec.  -1:
 * there is none, and the upgrade goes without.
 */
int upgrade_guard_start(struct fleet *, const struct arrival *);
/* All went well, or nothing was changed: the guard ends.  -1 is fine. */
void upgrade_guard_release(int *fd);

#endif
