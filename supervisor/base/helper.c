/* SPDX-License-Identifier: MIT */
/* See helper.h. */
#include "supervisor/base/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "shared/base/log.h"
#include "shared/process/inherited.h"
#include "shared/store/dbenv.h"

/* Children are the process', and so is the list of those to be reaped. */
static struct list unreaped = {&unreaped, &unreaped};

static void on_deadline(struct timer *);
static void on_said(struct ev_loop *, ev_io *, int);

void
helper_init(struct helper *h, struct ev_loop *loop, struct timers *timers,
    helper_fn *done)
{
	memset(h, 0, sizeof(*h));
	h->loop = loop;
	h->done = done;
	h->fd = -1;
	timer_init(timers, &h->deadline, on_deadline);
	ev_init(&h->rd, on_said);
	h->rd.data = h;
}

static void
close_pipe(struct helper *h)
{
	if (h->fd == -1)
		return;
	ev_io_stop(h->loop, &h->rd);
	close(h->fd);
	h->fd = -1;
}

static void
forget_pid(struct helper *h)
{
	if (h->pid != 0)
		list_remove(&h->link);
	h->pid = 0;
}

static void
drop(struct helper *h)
{
	timer_stop(&h->deadline);
	close_pipe(h);
	h->busy = false;
}

/* Before its setsid() there is no such group, and it has started nobody. */
static void
kill_all(const struct helper *h)
{
	if (h->pid != 0 && kill(-h->pid, SIGKILL) == -1)
		kill(h->pid, SIGKILL);
}

static void
on_deadline(struct timer *t)
{
	struct helper *h = container_of(t, struct helper, deadline);

	must(h->busy);
	kill_all(h);
	drop(h);
	h->done(h, true);
}

/* Its end and that of its pipe come in any order. */
static void
conclude(struct helper *h)
{
	if (!h->busy || h->fd != -1 || h->pid != 0)
		return;
	drop(h);
	h->done(h, false);
}

/* Who says more than there is room for is known by the end of it. */
static void
on_said(struct ev_loop *loop, ev_io *w, int revents)
{
	struct helper *h = w->data;
	ssize_t n;

	if (h->len == HELPER_SAID_MAX) {
		h->len /= 2;
		memmove(h->said, h->said + h->len, h->len);
		h->said[h->len] = '\0';
	}
	n = read(h->fd, h->said + h->len, HELPER_SAID_MAX - h->len);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		close_pipe(h);
		conclude(h);
		return;
	}
	h->len += (size_t)n;
	h->said[h->len] = '\0';
}

static void noreturn_fn
child(const struct helper_job *job, int out)
{
	int keep[HELPER_FDS + 1] = {out};

	memcpy(keep + 1, job->fds, sizeof(job->fds));
	setsid();
	inherited_signals_default();
	signal(SIGPIPE, SIG_IGN);
	fd_close_from(STDERR_FILENO + 1, keep, nitems(keep));
	log_set_hook(NULL, NULL);
	_exit(job->run(job->arg, out));
}

int
helper_start(struct helper *h, const struct helper_job *job, struct err *e)
{
	const char *aim = job->aim != NULL ? job->aim : "";
	int fds[2];
	pid_t pid;

	must(!h->busy);
	must(dbenv_inside() == NULL); /* store.h: why no child may see one */
	if (pipe2(fds, O_CLOEXEC) == -1)
		return err_sys(e, EXIT_DEGRADED, "can't make a pipe%s", aim);
	pid = fork();
	if (pid == 0)
		child(job, fds[1]);
	if (pid == -1)
		err_sys(e, EXIT_DEGRADED, "can't fork%s", aim);
	close(fds[1]);
	if (pid == -1) {
		close(fds[0]);
		return -1;
	}
	forget_pid(h); /* killed, and not reaped yet: nobody's now */
	h->pid = pid;
	list_append(&unreaped, &h->link);
	fd_nonblock(fds[0]);
	h->fd = fds[0];
	h->len = 0;
	h->said[0] = '\0';
	h->busy = true;
	ev_io_set(&h->rd, h->fd, EV_READ);
	ev_io_start(h->loop, &h->rd);
	timer_set(&h->deadline, job->deadline_s);
	return 0;
}

void
helper_stop(struct helper *h)
{
	kill_all(h);
	forget_pid(h);
	drop(h);
}

bool
helper_reaped(pid_t pid, int status)
{
	list_each (&unreaped, l) {
		struct helper *h = container_of(l, struct helper, link);

		if (h->pid != pid)
			continue;
		h->status = status;
		forget_pid(h);
		conclude(h);
		return true;
	}
	return false;
}
