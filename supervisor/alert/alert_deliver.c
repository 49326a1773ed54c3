/* SPDX-License-Identifier: MIT */
/*
 * The supervisor's side of a delivery: fork, one pipe, one deadline.  The
 * child writes one line, "DONE WORDS" with the words empty for success, and
 * ends; its end without a line is a failure.
 */
#include "supervisor/alert/alert_deliver.h"

#include <errno.h>
#include <signal.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "shared/process/inherited.h"
#include "shared/base/log.h"
#include "shared/process/proctitle.h"

const char *const alert_news_name[] = {
	[ALERT_RAISED] = "alert",
	[ALERT_STANDS] = "again",
	[ALERT_OVER] = "recovered",
};

static void on_deadline(struct timer *);
static void on_readable(struct ev_loop *, ev_io *, int);

void
alert_deliver_init(struct alert_deliver *a, struct ev_loop *loop,
    struct timers *timers, const struct config *config, const char *ca_file,
    alert_deliver_fn *done)
{
	memset(a, 0, sizeof(*a));
	a->loop = loop;
	a->config = config;
	a->ca_file = ca_file;
	a->done = done;
	a->fd = -1;
	timer_init(timers, &a->deadline, on_deadline);
	ev_init(&a->rd, on_readable);
	a->rd.data = a;
}

/* The pid is reaped later through SIGCHLD. */
static void
post_drop(struct alert_deliver *a)
{
	if (a->fd == -1)
		return;
	timer_stop(&a->deadline);
	ev_io_stop(a->loop, &a->rd);
	close(a->fd);
	a->fd = -1;
}

/* Its hook is in the same group. */
static void
kill_group(struct alert_deliver *a)
{
	if (a->pid > 0)
		kill(-a->pid, SIGKILL);
}

static void
finish(struct alert_deliver *a, unsigned done, const char *why)
{
	post_drop(a);
	a->done(a, done, why);
}

static void
on_deadline(struct timer *t)
{
	struct alert_deliver *a = container_of(t, struct alert_deliver, deadline);

	kill_group(a);
	finish(a, 0, "it took too long");
}

static void
on_readable(struct ev_loop *loop, ev_io *w, int revents)
{
	struct alert_deliver *a = w->data;
	char why[sizeof(a->got)];
	ssize_t n = read(a->fd, a->got + a->got_len,
	    sizeof(a->got) - a->got_len);
	unsigned long done;
	char *end;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		finish(a, 0, "the delivering process died");
		return;
	}
	a->got_len += (size_t)n;
	end = memchr(a->got, '\n', a->got_len);
	if (end == NULL && a->got_len < sizeof(a->got))
		return;
	if (end == NULL)
		end = a->got + a->got_len - 1;
	*end = '\0';
	done = strtoul(a->got, &end, 10);
	str_copy(why, end + strspn(end, " "), sizeof(why));
	finish(a, (unsigned)done, why);
}

static void noreturn_fn
child(const struct alert_deliver *a, const struct alert_msg *m, int fd)
{
	char why[192] = "", line[sizeof(a->got)];
	unsigned done;
	int keep[] = { fd };

	setpgid(0, 0);
	inherited_signals_default();
	signal(SIGPIPE, SIG_IGN);
	fd_close_from(STDERR_FILENO + 1, keep, nitems(keep));
	proctitle_set("shardherd: alerting");
	log_set_hook(NULL, NULL);
	done = alert_send_run(a->config, a->ca_file, m, why, sizeof(why));
	why[strcspn(why, "\n")] = '\0';
	str_format(line, sizeof(line), "%u %s\n", done, why);
	_exit(fd_write_all(fd, line, strlen(line)) == 0 ? 0 : 1);
}

int
alert_deliver_start(struct alert_deliver *a, const struct alert_msg *m,
    struct err *e)
{
	int fds[2];

	must(a->fd == -1);
	if (pipe2(fds, O_CLOEXEC) == -1)
		return err_sys(e, EXIT_DEGRADED, "can't make a pipe");
	a->pid = fork();
	if (a->pid == -1) {
		err_sys(e, EXIT_DEGRADED, "can't fork");
		close(fds[0]);
		close(fds[1]);
		return -1;
	}
	if (a->pid == 0)
		child(a, m, fds[1]);
	setpgid(a->pid, a->pid);	/* whoever comes first */
	close(fds[1]);
	fd_nonblock(fds[0]);
	a->fd = fds[0];
	a->got_len = 0;
	ev_io_set(&a->rd, a->fd, EV_READ);
	ev_io_start(a->loop, &a->rd);
	timer_set(&a->deadline, ALERT_DELIVER_S);
	return 0;
}

void
alert_deliver_stop(struct alert_deliver *a)
{
	kill_group(a);
	post_drop(a);
}

bool
alert_deliver_reaped(struct alert_deliver *a, pid_t pid)
{
	if (pid != a->pid)
		return false;
	a->pid = 0;		/* the pipe tells the rest */
	return true;
}
