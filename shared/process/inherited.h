/* SPDX-License-Identifier: MIT */
/*
 * This room: what a process does to itself and to others: what it inherited,
 * its name, its rights, its memory, other programs.
 *
 * What a process is started with is somebody else's: ignored and blocked
 * signals, closed descriptors 0 to 2, a running alarm, limits.  They pass
 * through exec, and each has kept daemons from working: with SIGCHLD ignored
 * the kernel reaps our children and a dead shard stays dead; with 0 to 2 closed
 * the next file opened becomes stderr, and log lines go into it.  main() makes
 * all of it ours before it does anything else.
 */
#ifndef SHARED_PROCESS_INHERITED_H
#define SHARED_PROCESS_INHERITED_H

#include <stdbool.h>
#include <stddef.h>

/*
 * First thing in main().  Opens /dev/null on those of 0, 1, 2 that are closed,
 * sets every signal to its default, blocked by nobody, ends pending alarms, and
 * raises soft limits of memory, stack, processes and descriptors below what is
 * usual, as far as the hard ones let it.
 * SIGHUP, SIGINT and SIGQUIT stay ignored where they are: that is nohup's word
 * and a shell's to a background job; who waits for them by signalfd takes them
 * with inherited_take().  blocked: what is blocked stays so, as between an exec
 * of our own and the signalfd that follows it: what waits must not be lost.
 */
void inherited_settle(bool blocked);
/* For a child of ours before it runs somebody's program: all signals to their
 * default, none blocked. */
void inherited_signals_default(void);
/*
 * A process of ours that lives long: besides the above, the soft limits of CPU
 * time and file size go up to the hard ones, a file at its limit fails to grow
 * (EFBIG) instead of ending us, new files are ours alone (umask 077), and every
 * descriptor above 2 is closed but the n in keep.
 */
void inherited_daemon(const int *keep, size_t n);
/* Signal sig is to reach a signalfd: not ignored by whoever started us. */
void inherited_take(int sig);

#endif
