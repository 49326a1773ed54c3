/* SPDX-License-Identifier: MIT */
#include "tools/cli/plugin_test/tap.h"

#include "shared/base/base.h"
#include "shared/base/clock.h"
#include "shared/process/executable.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TERM_S 2 /* from SIGTERM to SIGKILL when the handler is gone */
#define LAST_S 1 /* for what is in the pipes when the plugin is gone */

struct pump {
	pthread_t thread;
	int from, to;
	char tag;
	char *line; /* TAP_LINE_MAX, of the line being read */
	size_t len;
	bool cut;
};

static int record = -1;
static volatile pid_t plugin;

/* One write per line: several threads append. */
static void
put(char tag, bool cut, const char *text, size_t len)
{
	char head[40];
	char end = '\n';
	struct iovec iov[3] = {{head, 0}, {(void *)(uintptr_t)text, len},
	    {&end, 1}};

	iov[0].iov_len = (size_t)snprintf(head, sizeof(head), "%llu %c%s ",
	    (unsigned long long)clock_boot_ms(), tag, cut ? "+" : "");
	/* A full disk must not change what the two say to each other. */
	if (writev(record, iov, 3) == -1)
		return;
}

static void
end_line(struct pump *p)
{
	put(p->tag, p->cut, p->line, p->len);
	p->len = 0;
	p->cut = false;
}

static void
take(struct pump *p, const char *text, size_t len)
{
	while (len > 0) {
		const char *end = memchr(text, '\n', len);
		size_t n = end != NULL ? (size_t)(end - text) : len;
		size_t room = TAP_LINE_MAX - p->len;

		p->cut |= n > room;
		memcpy(p->line + p->len, text, n < room ? n : room);
		p->len += n < room ? n : room;
		if (end == NULL)
			return;
		end_line(p);
		text += n + 1;
		len -= n + 1;
	}
}

static void *
pump(void *arg)
{
	struct pump *p = arg;
	char buf[65536];
	ssize_t n;

	while ((n = read(p->from, buf, sizeof(buf))) != 0) {
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			break;
		take(p, buf, (size_t)n);
		if (fd_write_all(p->to, buf, (size_t)n) == -1)
			break;
	}
	if (p->len > 0)
		end_line(p);
	close(p->to);
	return NULL;
}

static int
start_pump(struct pump *p, int from, int to, char tag)
{
	*p = (struct pump) {.from = from,
	    .to = to,
	    .tag = tag,
	    .line = base_alloc(TAP_LINE_MAX)};
	return pthread_create(&p->thread, NULL, pump, p) == 0 ? 0 : -1;
}

static void noreturn_fn
run_plugin(const char *dir, char **argv, const int fd[3])
{
	for (int i = 0; i < 3; i++)
		dup2(fd[i], i);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (chdir(dir) == -1) {
		dprintf(STDERR_FILENO, "cannot go to %s: %s\n", dir,
		    strerror(errno));
		_exit(127);
	}
	executable_run(argv[0], argv);
}

/* Nobody else ends the plugin when the handler died before it could. */
static void
on_orphaned(int sig)
{
	kill(plugin, sig == SIGALRM ? SIGKILL : SIGTERM);
	alarm(TERM_S);
}

static void
follow_signals(void)
{
	const struct sigaction orphaned = {.sa_handler = on_orphaned,
	    .sa_flags = SA_RESTART};

	/* The handler signals the group: the plugin is asked, we follow it. */
	signal(SIGTERM, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	sigaction(SIGHUP, &orphaned, NULL);
	sigaction(SIGALRM, &orphaned, NULL);
	prctl(PR_SET_PDEATHSIG, SIGHUP);
}

/* What its output holds still comes before its end. */
static void
drain(struct pump *p)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += LAST_S;
	pthread_timedjoin_np(p->thread, NULL, &until);
}

static int
finish(int status)
{
	char text[32];

	str_format(text, sizeof(text), "%s %d",
	    WIFEXITED(status) ? "exit" : "signal",
	    WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
	put(TAP_ENDED, false, text, strlen(text));
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	signal(WTERMSIG(status), SIG_DFL);
	raise(WTERMSIG(status));
	return 128 + WTERMSIG(status);
}

int
tap_main(int argc, char **argv)
{
	struct pump in, out, errors;
	int a[2], b[2], c[2], status;
	char text[32];
	pid_t pid;

	if (argc < 3
	    || (record = open(argv[0],
		    O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600))
		== -1
	    || pipe2(a, O_CLOEXEC) == -1 || pipe2(b, O_CLOEXEC) == -1
	    || pipe2(c, O_CLOEXEC) == -1 || (pid = fork()) == -1) {
		dprintf(STDERR_FILENO,
		    "shardherd: the tap of \"plugin test\" cannot start\n");
		return EXIT_FAILURE;
	}
	if (pid == 0)
		run_plugin(argv[1], argv + 2, (const int[]) {a[0], b[1], c[1]});
	close(a[0]);
	close(b[1]);
	close(c[1]);
	plugin = pid;
	follow_signals();
	str_format(text, sizeof(text), "%d", (int)pid);
	put(TAP_STARTED, false, text, strlen(text));
	if (start_pump(&in, STDIN_FILENO, a[1], TAP_IN) == -1
	    || start_pump(&out, b[0], STDOUT_FILENO, TAP_OUT) == -1
	    || start_pump(&errors, c[0], STDERR_FILENO, TAP_ERR) == -1)
		return EXIT_FAILURE;
	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		continue;
	drain(&out);
	drain(&errors);
	return finish(status);
}
