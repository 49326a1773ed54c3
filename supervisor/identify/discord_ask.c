/* SPDX-License-Identifier: MIT */
/*
 * The supervisor's side of the asker: fork, one pipe, one deadline.  Exactly
 * one of three things ends it: the whole struct, EOF, the deadline.
 */
#include "supervisor/identify/discord_ask.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "shared/process/inherited.h"
#include "shared/base/log.h"
#include "shared/process/proctitle.h"
#include "supervisor/identify/discord_ask_rest.h"

const char *const discord_ask_status_name[DISCORD_ASK_STATUS_COUNT] = {
#define X(n, s) [DISCORD_ASK_##n] = s,
	DISCORD_ASK_STATUSES(X)
#undef X
};

static void on_deadline(struct timer *);
static void on_readable(struct ev_loop *, ev_io *, int);

void
discord_ask_init(struct discord_ask *a, struct ev_loop *loop, struct timers *timers,
    const struct config *config, const char *token, const char *ca_file,
    discord_ask_fn *done)
{
	memset(a, 0, sizeof(*a));
	a->loop = loop;
	a->config = config;
	a->token = token;
	a->ca_file = ca_file;
	a->done = done;
	a->fd = -1;
	timer_init(timers, &a->deadline, on_deadline);
	ev_init(&a->rd, on_readable);
	a->rd.data = a;
}

bool
discord_ask_busy(const struct discord_ask *a)
{
	return a->fd != -1;
}

/* Everything stops here; the pid is reaped later through SIGCHLD. */
static void
ask_drop(struct discord_ask *a)
{
	if (a->fd == -1)
		return;
	timer_stop(&a->deadline);
	ev_io_stop(a->loop, &a->rd);
	close(a->fd);
	a->fd = -1;
}

static void
finish(struct discord_ask *a, const struct discord_ask_answer *answer)
{
	ask_drop(a);
	a->done(a, answer);
}

static void
finish_broken(struct discord_ask *a, const char *words)
{
	struct discord_ask_answer answer = { .magic = DISCORD_ASK_MAGIC,
	    .status = DISCORD_ASK_UNREACHABLE, .user_status = DISCORD_ASK_NONE,
	    .app_status = DISCORD_ASK_NONE };

	str_copy(answer.words, words, sizeof(answer.words));
	finish(a, &answer);
}

static void
on_deadline(struct timer *t)
{
	struct discord_ask *a = container_of(t, struct discord_ask, deadline);

	if (a->pid > 0)
		kill(a->pid, SIGKILL);
	finish_broken(a, "no answer in time");
}

static void
terminate_strings(struct discord_ask_answer *w)
{
	w->words[sizeof(w->words) - 1] = '\0';
	w->url[sizeof(w->url) - 1] = '\0';
	w->user_name[sizeof(w->user_name) - 1] = '\0';
	w->user_id[sizeof(w->user_id) - 1] = '\0';
}

static void
on_readable(struct ev_loop *loop, ev_io *w, int revents)
{
	struct discord_ask *a = w->data;
	struct discord_ask_answer answer;
	ssize_t n = read(a->fd, a->got + a->got_len,
	    sizeof(a->got) - a->got_len);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		finish_broken(a, "the asking process died");
		return;
	}
	a->got_len += (size_t)n;
	if (a->got_len < sizeof(a->got))
		return;
	memcpy(&answer, a->got, sizeof(answer));
	if (answer.magic != DISCORD_ASK_MAGIC || answer.status >= DISCORD_ASK_STATUS_COUNT) {
		finish_broken(a, "the asking process answered nonsense");
		return;
	}
	terminate_strings(&answer);
	finish(a, &answer);
}

/* Runs in the child: asks, writes, leaves without touching anything else. */
static void noreturn_fn
child(const struct discord_ask *a, enum discord_ask_what what, int fd)
{
	struct discord_ask_answer answer;
	int keep[] = { fd };

	inherited_signals_default();
	signal(SIGPIPE, SIG_IGN);
	fd_close_from(STDERR_FILENO + 1, keep, nitems(keep));
	proctitle_set("shardherd: asking %s", a->config->api);
	log_set_hook(NULL, NULL);
	discord_ask_rest_run(a->config, a->token, a->ca_file, what, &answer);
	_exit(fd_write_all(fd, &answer, sizeof(answer)) == 0 ? 0 : 1);
}

int
discord_ask_start(struct discord_ask *a, enum discord_ask_what what, struct err *e)
{
	int fds[2];

	must(a->fd == -1);
	if (pipe2(fds, O_CLOEXEC) == -1)
		return err_sys(e, EXIT_DEGRADED, "can't make a pipe to ask "
		    "/gateway/bot");
	a->pid = fork();
	if (a->pid == -1) {
		err_sys(e, EXIT_DEGRADED, "can't fork to ask /gateway/bot");
		close(fds[0]);
		close(fds[1]);
		return -1;
	}
	if (a->pid == 0)
		child(a, what, fds[1]);
	close(fds[1]);
	fd_nonblock(fds[0]);
	a->fd = fds[0];
	a->got_len = 0;
	ev_io_set(&a->rd, a->fd, EV_READ);
	ev_io_start(a->loop, &a->rd);
	timer_set(&a->deadline, DISCORD_ASK_DEADLINE_S);
	return 0;
}

void
discord_ask_stop(struct discord_ask *a)
{
	if (a->pid > 0)
		kill(a->pid, SIGKILL);
	ask_drop(a);
}

bool
discord_ask_reaped(struct discord_ask *a, pid_t pid)
{
	if (pid != a->pid)
		return false;
	/* The pipe tells the rest: its data or its end are still readable. */
	a->pid = 0;
	return true;
}
