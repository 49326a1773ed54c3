/* SPDX-License-Identifier: MIT */
#include "tools/cli/orders/starting.h"

#include "shared/base/clock.h"
#include "shared/config/config_perms.h"
#include "shared/process/inherited.h"
#include "tools/cli/base/load.h"
#include "shared/view/lock.h"
#include "tools/cli/base/option.h"
#include "tools/cli/base/progress.h"
#include "shared/view/view.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define START_WAIT_MS 20000 /* for the supervisor's word, without --wait */
#define END_WAIT_MS 5000    /* for one that has said it cannot start */
#define LOOK_MS 500	    /* between two looks at how far it is */
#define NOTE_MAX sizeof(((struct verdict_finding *)NULL)->text)
#define READY_WAIT_S 300 /* --wait without a number */

/* By who starts it, and not before: a fleet that stays stopped has no need. */
static void
tell_kept(const struct cli *c)
{
	if (c->config.kept_for != NULL)
		cli_say("It goes on with the config it ran by, as the file "
			"has a fault: %s",
		    c->config.kept_for);
}

int
starting_here(struct cli *c, bool hold)
{
	struct supervisor_args a = {.config = &c->config,
	    .argv = c->main_argv,
	    .foreground = true,
	    .ready_fd = -1,
	    .hold_plugins = hold};

	tell_kept(c);
	fflush(stdout);
	inherited_daemon(NULL, 0);
	return c->supervise(&a);
}

/* ---- in the background ---------------------------------------------- */

static void noreturn_fn
daemon_main(struct cli *c, int ready_fd, bool hold)
{
	struct supervisor_args a = {.config = &c->config,
	    .argv = c->main_argv,
	    .ready_fd = ready_fd,
	    .hold_plugins = hold};
	int null = open("/dev/null", O_RDWR);

	if (null == -1)
		dprintf(ready_fd,
		    "error %d Cannot open /dev/null (%s): a chroot needs it, "
		    "and /proc.\n",
		    EXIT_CONFIG, strerror(errno));
	if (setsid() == -1 || null == -1)
		_exit(EXIT_DEGRADED);
	for (int fd = 0; fd <= 2; fd++)
		dup2(null, fd);
	inherited_daemon(&ready_fd, 1);
	_exit(c->supervise(&a));
}

/* What keeps the supervisor, by its page: a note, or nothing. */
static void
what_keeps(struct cli *c, char *out, size_t size)
{
	struct view v;
	struct err none;

	out[0] = '\0';
	if (view_read(&v, &c->config, &none) == -1)
		return;
	if (v.alive)
		str_copy(out, view_note(&v), size);
	view_free(&v);
}

/* One line from the pipe: its length, 0 at EOF, -1 when time is up. */
static ssize_t
read_word(int fd, char *out, size_t size, uint64_t until)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	size_t have = 0;
	uint64_t now;

	while ((now = clock_boot_ms()) < until && have + 1 < size) {
		uint64_t next = now + LOOK_MS < until ? now + LOOK_MS : until;
		ssize_t n;

		progress_tick();
		if (poll(&p, 1, (int)(next - now)) <= 0)
			continue;
		n = read(fd, out + have, size - 1 - have);
		if (n == -1 && errno == EINTR)
			continue;
		if (n > 0)
			have += (size_t)n;
		out[have] = '\0';
		if (n <= 0 || strchr(out, '\n') != NULL)
			return (ssize_t)have;
	}
	return -1;
}

/* It can't start, and its locks go only when it ends.  false: it has not. */
static bool
await_end(pid_t pid, int *status)
{
	uint64_t until = clock_boot_ms() + END_WAIT_MS;
	pid_t ended;

	while ((ended = waitpid(pid, status, WNOHANG)) == 0 && cli_step(until))
		continue;
	return ended == pid;
}

/* "ok" or "error CODE sentence": 0, or -1 with c->err. */
static int
understand(struct cli *c, char *word, ssize_t n, pid_t pid, bool asked)
{
	char note[NOTE_MAX];
	int code = EXIT_DEGRADED, at = 0, status;

	word[strcspn(word, "\n")] = '\0';
	if (n > 0 && strcmp(word, "ok") == 0)
		return 0;
	if (n > 0 && sscanf(word, "error %d %n", &code, &at) == 1 && at > 0) {
		await_end(pid, &status);
		return err_set(&c->err, code, "%s", word + at);
	}
	if (n == -1) {
		what_keeps(c, note, sizeof(note));
		return err_set(&c->err, asked ? EXIT_WAIT : EXIT_TRY_LATER,
		    "The supervisor (pid %d) is still starting, and goes on in "
		    "the background: %s",
		    (int)pid,
		    note[0] != '\0'
			? note
			: "\"shardherd status\" and \"shardherd logs\" tell more.");
	}
	if (!await_end(pid, &status))
		return err_set(&c->err, EXIT_DEGRADED,
		    "The supervisor (pid %d) has not said how its start went, "
		    "and goes on; see \"shardherd status\" and \"shardherd "
		    "logs\".",
		    (int)pid);
	if (WIFSIGNALED(status))
		return err_set(&c->err, EXIT_DEGRADED,
		    "The supervisor was killed by signal %d while it started; "
		    "see \"shardherd logs\".",
		    WTERMSIG(status));
	return err_set(&c->err,
	    WIFEXITED(status) && WEXITSTATUS(status) != 0 ? WEXITSTATUS(status)
							  : EXIT_DEGRADED,
	    "The supervisor ended while it started, without saying why; see "
	    "\"shardherd logs\".");
}

int
starting_daemon(struct cli *c, uint64_t until, bool hold)
{
	uint64_t limit = until != 0 ? until : clock_boot_ms() + START_WAIT_MS;
	char word[1200] = "";
	int fds[2], r;
	pid_t pid;

	tell_kept(c);
	if (pipe2(fds, O_CLOEXEC) == -1)
		return err_sys(&c->err, EXIT_DEGRADED, "Cannot make a pipe");
	fflush(stdout);
	if ((pid = fork()) == -1) {
		close(fds[0]);
		close(fds[1]);
		return err_sys(&c->err, EXIT_DEGRADED, "Cannot fork");
	}
	if (pid == 0) {
		close(fds[0]);
		daemon_main(c, fds[1], hold);
	}
	close(fds[1]);
	progress_begin(c, PROGRESS_READY, "Starting", 0);
	r = understand(c, word, read_word(fds[0], word, sizeof(word), limit),
	    pid, limit == until);
	progress_end();
	close(fds[0]);
	return r;
}

int
starting_wait(struct cli *c, uint64_t until)
{
	uint64_t begin = clock_boot_ms();
	struct view v = {0};
	bool done = false, alive = true;

	progress_begin(c, PROGRESS_READY, "Starting",
	    (double)(until > begin ? until - begin : 0) / 1000);
	do {
		view_free(&v);
		memset(&v, 0, sizeof(v));
		if (view_read(&v, &c->config, &c->err) == -1)
			continue;
		done = v.n > 0 && v.ready == v.n && v.handler_alive
		    && v.handler.state == HANDLER_READY;
		alive = v.alive;
		if (v.hung)
			break;
	} while (!done && alive && cli_step(until));
	progress_end();
	if (!done && v.hung)
		(void)view_awake(&c->config, &c->err);
	else if (!done && !alive)
		err_set(&c->err, EXIT_DOWN,
		    "The supervisor ended while it was waited for; see "
		    "\"shardherd logs\".");
	else if (!done)
		err_set(&c->err, EXIT_WAIT,
		    "After %g s %u of %zu shards are ready, the handler is %s. "
		    "\"shardherd status\" says more.",
		    (double)((clock_boot_ms() - begin) / 100) / 10, v.ready,
		    v.n, v.handler_state);
	view_free(&v);
	return done ? 0 : -1;
}

static int
load(struct cli *c, enum load_starter who)
{
	int32_t pid;

	if (load_look_quietly(c) == 0 && lock_held(c->config.state_dir, &pid)) {
		if (c->trouble[0] != '\0')
			cli_say("The config file has a problem, which the "
				"next start will not take: %s",
			    c->trouble);
		return 0;
	}
	config_free(&c->config);
	return load_to_start(c, who);
}

uint64_t
starting_until(double wait_s)
{
	if (wait_s < 0)
		wait_s = READY_WAIT_S;
	return wait_s == 0 ? 0 : clock_boot_ms() + (uint64_t)(wait_s * 1000);
}

int
starting_options(struct cli *c, enum load_starter who, const char *own,
    bool *flag, uint64_t *until)
{
	double wait_s = 0;
	const struct option opts[] = {
	    {"--wait", &wait_s},
	    {own, flag},
	};

	if (option_take(c, opts, nitems(opts)) == -1)
		return -1;
	*until = starting_until(wait_s);
	return load(c, who);
}

int
starting(struct cli *c, uint64_t until, bool hold)
{
	if (starting_daemon(c, until, hold) == -1)
		return cli_fail(c);
	/* Cron's `ensure` has it in the log, as the handler says it there. */
	config_perms_warn(&c->config, cli_warning, NULL);
	if (until != 0 && starting_wait(c, until) == -1)
		return cli_fail(c);
	return EXIT_FINE;
}
