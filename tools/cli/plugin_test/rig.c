/* SPDX-License-Identifier: MIT */
#include "tools/cli/plugin_test/rig.h"

#include "shared/base/clock.h"
#include "shared/process/executable.h"
#include "tools/cli/base/cli.h"
#include "shared/view/view.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SIM "shardherd-sim"
#define LAST_S 5 /* after the second SIGTERM, and of the sim */

static volatile sig_atomic_t interrupted;

static void
on_interrupt(int sig)
{
	interrupted = 1;
}

bool
rig_interrupted(void)
{
	return interrupted != 0;
}

bool
rig_step(uint64_t deadline_ms)
{
	return !interrupted && cli_step(deadline_ms);
}

int
rig_port(struct err *e)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), port = -1;

	if (fd != -1 && bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0
	    && getsockname(fd, (struct sockaddr *)&a, &len) == 0)
		port = ntohs(a.sin_port);
	else
		err_sys(e, EXIT_UNKNOWN, "No port of 127.0.0.1 is to be had");
	if (fd != -1)
		close(fd);
	return port;
}

/* ---- processes ------------------------------------------------------ */

/* out: a file for stdout and stderr, or fd -1. */
static void noreturn_fn
exec_child(const char *const *argv, const char *file, int out)
{
	int null = open("/dev/null", O_RDWR);

	/* Ctrl-C is for us: they are told in their turn. */
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (file != NULL)
		out = open(file, O_WRONLY | O_CREAT | O_APPEND, 0600);
	for (int sig = SIGHUP; sig <= SIGTERM; sig++)
		signal(sig, SIG_DFL);
	if (null == -1 || out == -1 || dup2(null, 0) == -1 || dup2(out, 1) == -1
	    || dup2(out, 2) == -1)
		_exit(127);
	executable_run(argv[0], (char **)(uintptr_t)argv);
}

static pid_t
start(struct rig *r, const char *const *argv, const char *name, struct err *e)
{
	char file[PATH_MAX];
	pid_t pid;

	str_format(file, sizeof(file), "%s/%s.out", r->dir, name);
	fflush(NULL);
	if ((pid = fork()) == 0)
		exec_child(argv, file, -1);
	if (pid == -1)
		err_sys(e, EXIT_UNKNOWN, "Cannot start %s", argv[0]);
	return pid;
}

static bool
ended(pid_t *pid, int *status)
{
	if (*pid == 0)
		return true;
	if (waitpid(*pid, status, WNOHANG) != *pid)
		return false;
	*pid = 0;
	return true;
}

static unsigned slow = 1;

void
rig_slow(unsigned times)
{
	must(times >= 1 && times <= RIG_SLOW_MAX);
	slow = times;
}

unsigned
rig_seconds(unsigned seconds)
{
	return seconds * slow;
}

/* Waits although somebody pressed Ctrl-C. */
static bool
await(pid_t *pid, int *status, unsigned seconds)
{
	uint64_t until = clock_boot_ms() + rig_seconds(seconds) * 1000;

	while (!ended(pid, status))
		if (!cli_step(until))
			return false;
	return true;
}

/* ---- the simulator -------------------------------------------------- */

bool
rig_is_program(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode)
	    && access(path, X_OK) == 0;
}

bool
rig_in_path(const char *name, char out[PATH_MAX])
{
	const char *path = getenv("PATH");

	for (size_t n; path != NULL && *path != '\0';
	     path += n + (path[n] != '\0')) {
		n = strcspn(path, ":");
		if (n > 0
		    && str_format(out, PATH_MAX, "%.*s/%s", (int)n, path, name)
		    && rig_is_program(out))
			return true;
	}
	return false;
}

static int
find_programs(struct rig *r, struct err *e)
{
	ssize_t n = readlink("/proc/self/exe", r->self, sizeof(r->self) - 1);
	char *slash;

	r->self[n > 0 ? n : 0] = '\0';
	slash = strrchr(r->self, '/');
	if (slash == NULL)
		return err_set(e, EXIT_UNKNOWN,
		    "/proc is needed to find the simulator");
	if (str_format(r->sim_path, sizeof(r->sim_path), "%.*s/" SIM,
		(int)(slash - r->self), r->self)
	    && access(r->sim_path, X_OK) == 0)
		return 0;
	if (rig_in_path(SIM, r->sim_path))
		return 0;
	return err_set(e, EXIT_UNKNOWN,
	    "There is no " SIM " beside %s or in "
	    "$PATH, and the test runs in it: \"make\" in the sources builds "
	    "it.",
	    r->self);
}

/* A line NAME=value of the simulator's urls file; values have no quotes. */
static bool
read_urls(struct rig *r)
{
	char path[128], line[PATH_MAX + 32];
	bool api = false, token = false;
	FILE *f;

	str_format(path, sizeof(path), "%s/sim/urls", r->dir);
	if ((f = fopen(path, "re")) == NULL)
		return false;
	while (fgets(line, sizeof(line), f) != NULL) {
		char *value = strchr(line, '=');

		if (value == NULL)
			continue;
		*value++ = '\0';
		value += *value == '\'' || *value == '"';
		value[strcspn(value, "'\"\n")] = '\0';
		if (strcmp(line, "SIM_API") == 0)
			api = str_format(r->api, sizeof(r->api), "%s", value);
		else if (strcmp(line, "SIM_TOKEN_FILE") == 0)
			token = str_format(r->token_file, sizeof(r->token_file),
			    "%s", value);
	}
	fclose(f);
	return api && token;
}

static int
start_sim(struct rig *r, struct err *e)
{
	char dir[80];
	const char *const argv[] = {r->sim_path, "run", "--dir", dir, "--plain",
	    "--guilds", "2", "--shards", "1", "--identify-interval", "100ms",
	    "--ping-every", "5", "--idle-exit", "10m", "--mix",
	    "MESSAGE_CREATE=4,MESSAGE_UPDATE,MESSAGE_DELETE,TYPING_START,"
	    "PRESENCE_UPDATE,MESSAGE_REACTION_ADD,VOICE_STATE_UPDATE,"
	    "GUILD_MEMBER_UPDATE,CHANNEL_UPDATE",
	    NULL};
	uint64_t until = clock_boot_ms() + rig_seconds(RIG_START_S) * 1000;
	int status;

	str_format(dir, sizeof(dir), "%s/sim", r->dir);
	if ((r->sim = start(r, argv, "sim", e)) == -1) {
		r->sim = 0;
		return -1;
	}
	while (!read_urls(r))
		if (ended(&r->sim, &status) || !rig_step(until))
			return err_set(e, EXIT_UNKNOWN,
			    rig_interrupted()
				? "Interrupted."
				: "The simulator does not start; "
				  "with --keep, sim.out in the folder tells why.");
	return 0;
}

int
rig_open(struct rig *r, struct err *e)
{
	const struct sigaction on = {.sa_handler = on_interrupt};
	const char *tmp = getenv("TMPDIR");

	memset(r, 0, sizeof(*r));
	if (find_programs(r, e) == -1)
		return -1;
	/* Sockets live in it, and their paths are short. */
	if (tmp == NULL || tmp[0] != '/'
	    || !str_format(r->dir, sizeof(r->dir), "%s/shardherd-plugin-XXXXXX",
		tmp))
		str_copy(r->dir, "/tmp/shardherd-plugin-XXXXXX",
		    sizeof(r->dir));
	if (mkdtemp(r->dir) == NULL) {
		err_sys(e, EXIT_UNKNOWN, "Cannot make the folder %s", r->dir);
		r->dir[0] = '\0';
		return -1;
	}
	sigaction(SIGINT, &on, NULL);
	sigaction(SIGTERM, &on, NULL);
	sigaction(SIGHUP, &on, NULL);
	/* "| head" must not keep us from tidying up either. */
	signal(SIGPIPE, SIG_IGN);
	return start_sim(r, e);
}

/* ctl: its exit status, -1 when it did not end in time. */
static int
read_ctl(pid_t pid, int fd, char *out, size_t size)
{
	uint64_t until = clock_boot_ms() + rig_seconds(RIG_CTL_S) * 1000, now;
	struct pollfd p = {.fd = fd, .events = POLLIN};
	size_t have = 0;
	int status = -1;

	while ((now = clock_boot_ms()) < until && have + 1 < size) {
		ssize_t n;

		if (poll(&p, 1, (int)(until - now)) <= 0)
			continue;
		if ((n = read(fd, out + have, size - 1 - have)) <= 0)
			break;
		have += (size_t)n;
	}
	out[have] = '\0';
	out[strcspn(out, "\n")] = '\0';
	if (!await(&pid, &status, LAST_S)) {
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int
rig_ctl(struct rig *r, char *out, size_t size, struct err *e,
    const char *const *words)
{
	const char *argv[16] = {r->sim_path, "ctl", "--dir"};
	char dir[80];
	int fd[2], n = 4;
	pid_t pid;

	str_format(dir, sizeof(dir), "%s/sim", r->dir);
	argv[3] = dir;
	while (*words != NULL && n < 15)
		argv[n++] = *words++;
	if (pipe2(fd, O_CLOEXEC) == -1)
		return err_sys(e, EXIT_UNKNOWN, "Cannot make a pipe");
	fflush(NULL);
	if ((pid = fork()) == 0)
		exec_child(argv, NULL, fd[1]);
	close(fd[1]);
	if (pid == -1)
		err_sys(e, EXIT_UNKNOWN, "Cannot fork");
	else if (read_ctl(pid, fd[0], out, size) != 0)
		pid = err_set(e, EXIT_UNKNOWN,
		    "The simulator refuses \"%s\": %s", argv[4], out);
	close(fd[0]);
	return pid == -1 ? -1 : 0;
}

/* ---- the fleet ------------------------------------------------------ */

int
rig_fleet(struct rig *r, struct err *e)
{
	char conf[96];
	const char *const argv[] = {r->self, "-c", conf, "run", NULL};

	str_format(conf, sizeof(conf), "%s/shardherd.conf", r->dir);
	r->fleet = start(r, argv, "fleet", e);
	if (r->fleet != -1)
		return 0;
	r->fleet = 0;
	return -1;
}

bool
rig_fleet_runs(struct rig *r)
{
	return !ended(&r->fleet, &r->fleet_status);
}

static void
on_problem(const char *line, void *arg)
{
	/* the fleet has read this file before */
}

/* The supervisor does not end: nothing of it may stay. */
static void
kill_fleet(struct rig *r)
{
	struct config *c = base_alloc(sizeof(*c));
	char conf[96];
	struct view v;
	struct err none;
	pid_t pid[RIG_SHARDS + 1] = {0};

	str_format(conf, sizeof(conf), "%s/shardherd.conf", r->dir);
	if (config_load(c, conf, on_problem, NULL, &none) == 0
	    && view_read(&v, c, &none) == 0) {
		pid[0] = v.handler_alive ? v.handler_watch.pid : 0;
		for (size_t i = 0; i < v.n && i < RIG_SHARDS; i++)
			pid[i + 1] = v.shard[i].alive ? v.shard[i].pid : 0;
		view_free(&v);
	}
	config_free(c);
	free(c);
	kill(r->fleet, SIGKILL);
	for (size_t i = 0; i < nitems(pid); i++)
		if (pid[i] > 0)
			kill(pid[i], SIGKILL);
	await(&r->fleet, &r->fleet_status, LAST_S);
}

void
rig_fleet_stop(struct rig *r)
{
	if (!rig_fleet_runs(r))
		return;
	kill(r->fleet, SIGTERM);
	if (await(&r->fleet, &r->fleet_status, RIG_STOP_S))
		return;
	kill(r->fleet, SIGTERM);
	if (!await(&r->fleet, &r->fleet_status, LAST_S))
		kill_fleet(r);
}

/* ---- the end -------------------------------------------------------- */

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	remove(path);
	return 0;
}

void
rig_close(struct rig *r, bool keep)
{
	int status;

	rig_fleet_stop(r);
	if (r->sim != 0) {
		kill(r->sim, SIGTERM);
		if (!await(&r->sim, &status, LAST_S)) {
			kill(r->sim, SIGKILL);
			await(&r->sim, &status, LAST_S);
		}
	}
	if (r->dir[0] != '\0' && !keep)
		nftw(r->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}
