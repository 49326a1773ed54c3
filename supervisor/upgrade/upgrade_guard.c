/* SPDX-License-Identifier: MIT */
/* See upgrade_guard.h. */
#include "supervisor/upgrade/upgrade_guard.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shared/base/clock.h"
#include "shared/process/inherited.h"
#include "shared/process/oom.h"
#include "shared/process/proctitle.h"
#include "shared/base/version.h"
#include "supervisor/base/fleet_state.h"
#include "supervisor/upgrade/upgrade_handoff.h"
#include "supervisor/child/program.h"
#include "supervisor/log/fleet_log.h"
#include "supervisor/base/request.h"
#include "supervisor/child/spawn.h"

enum verdict {
	STAYS,
	ENDED,
	HANGS,
};

static bool
is_gone(int parent, int wait_ms)
{
	struct pollfd p = {.fd = parent, .events = POLLIN};

	return poll(&p, 1, wait_ms) == 1;
}

/*
 * A word before the end of the channel is the good end.  The end without one is
 * that of the program, unless that is of a version that knows no guard and
 * has only closed it.
 */
static enum verdict
watch_over(int parent, int word)
{
	uint64_t until = clock_boot_ms() + UPGRADE_GUARD_S * 1000, now;
	struct pollfd p = {.fd = word, .events = POLLIN};
	char c;

	while ((now = clock_boot_ms()) < until) {
		if (poll(&p, 1, (int)(until - now)) <= 0)
			continue;
		if (read(word, &c, 1) == 1)
			return STAYS;
		return is_gone(parent, UPGRADE_GUARD_END_MS) ? ENDED : STAYS;
	}
	return HANGS;
}

static bool
write_byte(int fd)
{
	return send(fd, "", 1, MSG_NOSIGNAL | MSG_DONTWAIT) == 1;
}

/* As an operator would by hand.  true: it runs. */
static bool
start_again(struct fleet *f, int back)
{
	struct program program = {.fd = back};
	char verb[] = "ensure", option[] = "-c", name[] = "shardherd";
	char *argv[] = {f->program_path[0] != '\0' ? f->program_path : name,
	    option, f->config->path, verb, NULL};
	pid_t pid = fork();
	int status = -1;

	if (pid == 0) {
		inherited_signals_default();
		setrlimit(RLIMIT_NOFILE, &f->nofile);
		oom_set(f->oom_base);
		program_exec(&program, argv);
		_exit(EXIT_DEGRADED);
	}
	while (pid != -1 && waitpid(pid, &status, 0) == -1 && errno == EINTR)
		continue;
	return pid != -1 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void
tell(int client, const struct err *e)
{
	char line[2048];

	log_error("Upgrade: %s", e->text);
	request_error(e, line, sizeof(line));
	if (client != -1)
		(void)send(client, line, strlen(line),
		    MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void
go_back(struct fleet *f, const struct arrival *a, enum verdict verdict)
{
	const char *fault = verdict == HANGS ? "did not take over in time and "
					       "was killed"
					     : "ended before it had taken over";
	const char *shards = a->restart ? "the shards RESUME"
					: "the shards were not touched";
	struct err e;

	if (f->foreground)
		err_set(&e, EXIT_DOWN,
		    "Not upgraded: the new program %s. Whatever started the "
		    "supervisor is to start it again; shards that run go on "
		    "for [limits] orphan_time.",
		    fault);
	else if (start_again(f, a->back))
		err_set(&e, EXIT_DEGRADED,
		    "Not upgraded: the new program %s. Version %s was started "
		    "again, as another process; %s.",
		    fault, SHARDHERD_VERSION, shards);
	else
		err_set(&e, EXIT_DOWN,
		    "Not upgraded: the new program %s, and version %s could "
		    "not be started again: \"shardherd ensure\" tells why, and "
		    "does it.",
		    fault, SHARDHERD_VERSION);
	tell(a->client, &e);
}

static void noreturn_fn
guard_main(struct fleet *f, const struct arrival *a, int parent, int word)
{
	const int keep[] = {parent, word, a->client, a->back, f->logs->fd};
	enum verdict verdict;

	inherited_signals_default();
	setsid();
	/* The file is the supervisor's to rotate: two would do it at once. */
	f->logs->max_bytes = f->logs->age_ms = 0;
	/* The lock above all: it must go with the supervisor. */
	fd_close_from(STDERR_FILENO + 1, keep, nitems(keep));
	proctitle_set("shardherd: guard of an upgrade");
	(void)write_byte(word);
	verdict = watch_over(parent, word);
	if (verdict == HANGS) {
		syscall(SYS_pidfd_send_signal, parent, SIGKILL, NULL, 0);
		(void)is_gone(parent, UPGRADE_GUARD_END_MS);
	}
	if (verdict != STAYS)
		go_back(f, a, verdict);
	_exit(EXIT_FINE);
}

static bool
in_place(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char c;

	return poll(&p, 1, UPGRADE_GUARD_READY_MS) == 1 && read(fd, &c, 1) == 1;
}

int
upgrade_guard_start(struct fleet *f, const struct arrival *a)
{
	int fds[2], parent = pidfd_pidfd(getpid());
	pid_t pid;

	if (parent == -1 || a->back == -1
	    || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds)
		== -1) {
		if (parent != -1)
			close(parent);
		return -1;
	}
	pid = fork();
	if (pid == 0) {
		close(fds[1]);
		guard_main(f, a, parent, fds[0]);
	}
	close(parent);
	close(fds[0]);
	/* Until then it holds our sockets and our lock, too. */
	if (pid != -1 && in_place(fds[1]))
		return fds[1];
	if (pid != -1)
		kill(pid, SIGKILL);
	close(fds[1]);
	return -1;
}

void
upgrade_guard_release(int *fd)
{
	if (*fd == -1)
		return;
	if (!write_byte(*fd))
		log_debug("the guard of the upgrade is gone");
	close(*fd);
	*fd = -1;
}
