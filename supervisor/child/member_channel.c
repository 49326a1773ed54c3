/* SPDX-License-Identifier: MIT */
/* A member's channel: what comes over it goes up, and what its end means is
 * known here.  See member.h. */
#include "supervisor/child/member.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "supervisor/base/fleet_state.h"

#define DRAIN_ROUNDS 8

static void
on_msg(struct ipc *ipc, const struct msg_hdr *h, const void *payload, int fd)
{
	struct member *c = container_of(ipc, struct member, ipc);

	c->fleet->member_ops->message(c, h, payload, fd);
	if (fd != -1)
		close(fd);
}

static void
on_gone(struct ipc *ipc, const char *why)
{
	struct member *c = container_of(ipc, struct member, ipc);

	/*
	 * An end or a reset is how every death begins: SIGCHLD tells more.
	 * Anything else is ipc.c's word for a broken contract.
	 */
	if (strcmp(why, "closed") != 0 && strcmp(why, strerror(ECONNRESET)) != 0
	    && strcmp(why, strerror(EPIPE)) != 0)
		member_kill(c, CRASH_EXIT, why);
	else if (c->state != MEMBER_STOPPING)
		timer_set(&c->timer, MEMBER_HELLO_S);
}

void
member_listen(struct member *c, int fd)
{
	ipc_open(&c->ipc, c->fleet->loop, fd, c->name, on_msg, on_gone);
}

void
member_drain(struct member *c)
{
	/* ipc reads IPC_WORK_MAX messages per call and closes at the end. */
	for (int i = 0; i < DRAIN_ROUNDS && c->ipc.fd != -1; i++)
		ev_invoke(c->fleet->loop, &c->ipc.rd, EV_READ);
}
