/* SPDX-License-Identifier: MIT */
/*
 * One line per death: who, how, the evidence, the last words.  Writes text
 * and names the one counter that goes up; decides nothing.
 */
#ifndef SUPERVISOR_CHILD_DEATH_REPORT_H
#define SUPERVISOR_CHILD_DEATH_REPORT_H

#include "shared/page/page.h"

#include <sys/types.h>

struct death_report {
	const char *who; /* "shard 3" */
	pid_t pid;
	int status;		     /* of waitpid */
	bool asked;		     /* we had asked it to stop */
	bool unknown;		     /* not our child: there is no status */
	enum crash_cause killed_for; /* CRASHES: not killed by us */
	unsigned signalled; /* asked: 1 we sent SIGTERM too, 2 SIGKILL */
	int64_t oom_before, oom_after; /* cgroup oom_kill; -1: not known */
	uint64_t rss_kb;	       /* last sample, 0: none */
	const char *last_words;	       /* last stderr line, "" */
};

/* Fills out; returns the cause to count, CRASHES when it ended as asked. */
enum crash_cause death_report_write(const struct death_report *, char *out,
    size_t size);

#endif
