/* SPDX-License-Identifier: MIT */
/* See adopt_call.h. */
#include "supervisor/upgrade/adopt_call.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "shared/base/log.h"
#include "supervisor/base/preflight.h"
#include "supervisor/base/fleet_state.h"
#include "supervisor/upgrade/adopt.h"

/* ---- calls ----------------------------------------------------------- */

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
on_listen(struct ev_loop *loop, ev_io *w, int revents)
{
	struct adopt *a = w->data;
	struct adopt_caller *x = free_caller(a);
	struct ucred u = { .pid = 0 };
	socklen_t len = sizeof(u);
	int fd = accept4(a->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	/* Without this the loop would spin on what it can't accept. */
	if (fd == -1 && fd_reserve_spend(&a->fleet->reserve, errno))
		fd = accept4(a->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd == -1) {
		if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
			ev_io_stop(loop, w);	/* adopt_call_check goes on */
		return;
	}
	/* Who finds no place calls again. */
	if (x == NULL || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &u, &len)
	    == -1 || u.uid != geteuid() || u.pid <= 0) {
		close(fd);
		return;
	}
	x->pid = u.pid;
	ipc_open(&x->ipc, loop, fd, "orphan", on_msg, on_gone);
	timer_set(&x->timer, ADOPT_CALL_S);
}

/* ---- the socket ------------------------------------------------------ */

static int
listen_there(struct adopt *a, struct err *e)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	mode_t mask;
	int rc;

	/* Shorter than control.sock, which fits. */
	must(str_copy(sa.sun_path, a->path, sizeof(sa.sun_path))
	    < sizeof(sa.sun_path));
	a->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0);
	unlink(a->path);
	mask = umask(0177);
	rc = a->fd == -1 ? -1 : bind(a->fd, (const struct sockaddr *)&sa,
	    sizeof(sa));
	umask(mask);
	if (rc == -1 || listen(a->fd, ADOPT_CALLERS) == -1
	    || stat(a->path, &a->made) == -1) {
		err_sys(e, EXIT_CONFIG, "can't make the socket %s", a->path);
		if (a->fd != -1)
			close(a->fd);
		a->fd = -1;
		return -1;
	}
	ev_io_init(&a->rd, on_listen, a->fd, EV_READ);
	a->rd.data = a;
	ev_io_start(a->fleet->loop, &a->rd);
	return 0;
}

static void
stop_listening(struct adopt *a)
{
	if (a->fd == -1)
		return;
	ev_io_stop(a->fleet->loop, &a->rd);
	close(a->fd);
	a->fd = -1;
}

void
adopt_call_init(struct adopt *a)
{
	struct fleet *f = a->fleet;

	a->fd = -1;
	for (size_t i = 0; i < ADOPT_CALLERS; i++) {
		a->caller[i].adopt = a;
		a->caller[i].ipc.fd = -1;
		timer_init(f->timers, &a->caller[i].timer, on_late);
	}
}

int
adopt_call_listen(struct adopt *a, struct err *e)
{
	return a->fd != -1 ? 0 : listen_there(a, e);
}

void
adopt_call_check(struct adopt *a)
{
	struct stat st;
	struct err e;

	if (a->path[0] == '\0')
		return;
	if (a->fd != -1 && stat(a->path, &st) == 0
	    && st.st_dev == a->made.st_dev && st.st_ino == a->made.st_ino) {
		ev_io_start(a->fleet->loop, &a->rd);
		return;
	}
	stop_listening(a);
	if (preflight_make_dir("run_dir", a->fleet->config->run_dir, &e) == -1
	    || listen_there(a, &e) == -1)
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
	if (a->fd != -1)
		unlink(a->path);
	stop_listening(a);
}
