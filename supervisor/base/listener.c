/* SPDX-License-Identifier: MIT */
/* See listener.h. */
#include "supervisor/base/listener.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "shared/config/config.h"

static void on_call(struct ev_loop *, ev_io *, int);

void
listener_init(struct listener *l, struct ev_loop *loop,
    struct fd_reserve *reserve, int type, int backlog, listener_fn *fn)
{
	memset(l, 0, sizeof(*l));
	l->loop = loop;
	l->reserve = reserve;
	l->type = type;
	l->backlog = backlog;
	l->fn = fn;
	l->fd = -1;
	ev_init(&l->rd, on_call);
	l->rd.data = l;
}

int
listener_place(struct listener *l, const char *run_dir, const char *name,
    struct err *e)
{
	char path[CONFIG_PATH_MAX + 32];

	if (!str_format(path, sizeof(path), "%s/%s", run_dir, name))
		return err_set(e, EXIT_CONFIG, "[paths] run_dir is too long");
	l->at.sun_family = AF_UNIX;
	if (str_copy(l->at.sun_path, path, sizeof(l->at.sun_path))
	    < sizeof(l->at.sun_path))
		return 0;
	return err_set(e, EXIT_CONFIG,
	    "[paths] run_dir: %s is too long for a socket (at most %zu bytes)",
	    path, sizeof(l->at.sun_path) - 1);
}

static int
new_socket(int type)
{
	return socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

static bool
peer_of(int fd, struct ucred *u)
{
	socklen_t len = sizeof(*u);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, u, &len) == 0;
}

pid_t
listener_there(const struct listener *l)
{
	struct ucred u = {.pid = -1};
	int fd = new_socket(l->type);
	pid_t pid = 0;

	if (fd == -1)
		return 0;
	if (connect(fd, (const struct sockaddr *)&l->at, sizeof(l->at)) == 0)
		pid = peer_of(fd, &u) && u.pid > 0 ? u.pid : -1;
	else if (errno == EAGAIN)
		pid = -1; /* its backlog is full: it lives */
	close(fd);
	return pid;
}

/* ---- calls ---------------------------------------------------------- */

static void
on_call(struct ev_loop *loop, ev_io *w, int revents)
{
	struct listener *l = w->data;
	struct ucred u;
	int fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	/* Without this the loop would spin on what it can't accept. */
	if (fd == -1 && fd_reserve_spend(l->reserve, errno))
		fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd == -1) {
		if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
			ev_io_stop(loop, w); /* listener_check goes on */
		return;
	}
	if (peer_of(fd, &u) && (u.uid == 0 || u.uid == geteuid()))
		l->fn(l, fd, &u);
	else
		close(fd);
}

/* ---- the socket ----------------------------------------------------- */

static void
stop(struct listener *l)
{
	if (l->fd == -1)
		return;
	ev_io_stop(l->loop, &l->rd);
	close(l->fd);
	l->fd = -1;
}

/* Nobody else may connect, not even before a chmod would come. */
static int
bind_alone(const struct listener *l)
{
	mode_t mask = umask(0177);
	int rc;

	unlink(l->at.sun_path);
	rc = bind(l->fd, (const struct sockaddr *)&l->at, sizeof(l->at));
	umask(mask);
	return rc;
}

int
listener_open(struct listener *l, const char *what, struct err *e)
{
	must(l->fd == -1 && l->at.sun_path[0] != '\0');
	l->fd = new_socket(l->type);
	if (l->fd == -1 || bind_alone(l) == -1
	    || listen(l->fd, l->backlog) == -1
	    || stat(l->at.sun_path, &l->made) == -1) {
		err_sys(e, EXIT_CONFIG, "can't make the %s %s", what,
		    l->at.sun_path);
		stop(l);
		return -1;
	}
	ev_io_set(&l->rd, l->fd, EV_READ);
	ev_io_start(l->loop, &l->rd);
	return 0;
}

bool
listener_check(struct listener *l)
{
	struct stat st;

	if (l->fd != -1 && stat(l->at.sun_path, &st) == 0
	    && st.st_dev == l->made.st_dev && st.st_ino == l->made.st_ino) {
		ev_io_start(l->loop, &l->rd);
		return true;
	}
	stop(l);
	return false;
}

void
listener_close(struct listener *l)
{
	if (l->fd != -1)
		unlink(l->at.sun_path);
	stop(l);
}
