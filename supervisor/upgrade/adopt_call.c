/* SPDX-License-Identifier: MIT */
/* See adopt_call.h. */
#include "supervisor/upgrade/adopt_call.h"

#include <sys/socket.h>
#include <unistd.h>

#include "shared/base/log.h"
#include "supervisor/base/preflight.h"
#include "supervisor/base/fleet_state.h"
#include "supervisor/upgrade/adopt.h"

/* ---- calls ---------------------------------------------------------- */

static void
on_msg(struct ipc *ipc, const struct msg_hdr *h, const void *payload, int fd)
{
	struct adopt_caller *x = container_of(ipc, struct adopt_caller, ipc);
	struct msg_adopt m;
	bool taken = false;

	timer_stop(&x->timer);
	if (h->type == MSG_ADOPT && h->len == sizeof(m)) {
		m = *(const struct msg_adopt *)payload;
		m.build[sizeof(m.build) - 1] = '\0';
		taken = adopt_called(x, h, &m, fd);
	} else {
		ipc_close(ipc);
	}
	if (!taken && fd != -1)
		close(fd);
}

static void
on_gone(struct ipc *ipc, const char *why)
{
	struct adopt_caller *x = container_of(ipc, struct adopt_caller, ipc);

	timer_stop(&x->timer);
	log_debug("A call for adoption by process %d ended: %s", (int)x->pid,
	    why);
}

static void
on_late(struct timer *t)
{
	ipc_close(&container_of(t, struct adopt_caller, timer)->ipc);
}

static struct adopt_caller *
free_caller(struct adopt *a)
{
	for (size_t i = 0; i < ADOPT_CALLERS; i++)
		if (a->caller[i].ipc.fd == -1)
			return &a->caller[i];
	return NULL;
}

static void
on_call(struct listener *l, int fd, const struct ucred *peer)
{
	struct adopt *a = container_of(l, struct adopt, listener);
	struct adopt_caller *x = free_caller(a);

	/* Who finds no place calls again. */
	if (x == NULL || peer->uid != geteuid() || peer->pid <= 0) {
		close(fd);
		return;
	}
	x->pid = peer->pid;
	ipc_open(&x->ipc, l->loop, fd, "orphan", on_msg, on_gone);
	timer_set(&x->timer, ADOPT_CALL_S);
}

/* ---- the socket ----------------------------------------------------- */

void
adopt_call_init(struct adopt *a)
{
	struct fleet *f = a->fleet;

	listener_init(&a->listener, f->loop, &f->reserve, SOCK_SEQPACKET,
	    ADOPT_CALLERS, on_call);
	for (size_t i = 0; i < ADOPT_CALLERS; i++) {
		a->caller[i].adopt = a;
		a->caller[i].ipc.fd = -1;
		timer_init(f->timers, &a->caller[i].timer, on_late);
	}
}

int
adopt_call_listen(struct adopt *a, struct err *e)
{
	return a->listener.fd != -1 ? 0
				    : listener_open(&a->listener, "socket", e);
}

void
adopt_call_check(struct adopt *a)
{
	struct err e;

	if (a->listener.at.sun_path[0] == '\0' || listener_check(&a->listener))
		return;
	if (preflight_make_dir("run_dir", a->fleet->config->run_dir, &e) == -1
	    || adopt_call_listen(a, &e) == -1)
		log_warn("No socket for processes without a supervisor: %s",
		    e.text);
}

void
adopt_call_close(struct adopt *a)
{
	for (size_t i = 0; i < ADOPT_CALLERS; i++) {
		timer_stop(&a->caller[i].timer);
		ipc_close(&a->caller[i].ipc);
	}
	listener_close(&a->listener);
}
