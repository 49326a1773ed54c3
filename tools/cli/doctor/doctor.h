/* SPDX-License-Identifier: MIT */
/*
 * This room: `doctor`, which looks at all that a fleet stands on and says what
 * is wrong in sentences.
 *
 * It asks none of the processes, and nothing of it may hang: what could, name
 * servers and connections, is done by a child with a deadline.
 */
#ifndef TOOLS_CLI_DOCTOR_DOCTOR_H
#define TOOLS_CLI_DOCTOR_DOCTOR_H

#include "tools/cli/base/cli.h"
#include "shared/view/view.h"

cli_fn verb_doctor;

#define DOCTOR_CHECKS 40
#define DOCTOR_NET_S 4	/* for names and connections together */
#define DOCTOR_ASK_S 15 /* for Discord's answer, with --ask */
#define DOCTOR_SHORT 80 /* % of a limit of the machine, as of a process */

/* One thing that was looked at. */
struct doctor_check {
	const char *area; /* "config" */
	bool well;
	enum page_rank rank; /* of one that is not */
	char text[400], advice[VERDICT_WORDS];
};

struct doctor {
	struct cli *cli;
	bool configured; /* there is a config */
	bool seen;	 /* there is a page: */
	const struct view *view;
	char unseen[sizeof(((struct err *)NULL)->text)]; /* why not */
	struct doctor_check check[DOCTOR_CHECKS];
	size_t n;
};

void doctor_well(struct doctor *, const char *area, const char *fmt, ...)
    printflike(3, 4);
/* advice: a sentence. */
void doctor_ill(struct doctor *, enum page_rank, const char *area,
    const char *advice, const char *fmt, ...) printflike(5, 6);

/* The pid whose limits count: of the supervisor, else ours. */
int32_t doctor_pid(const struct doctor *);

/* Config, token, directories. */
void doctor_files(struct doctor *);
/* Limits of the process and its cgroup, memory, clock, disks. */
void doctor_host(struct doctor *);
/* The way to Discord: name, connection, certificate. */
void doctor_net(struct doctor *);
/* Asks Discord with the token. */
void doctor_ask(struct doctor *);
/* Budget, versions, the log. */
void doctor_fleet(struct doctor *);

#endif
