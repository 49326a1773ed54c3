/* SPDX-License-Identifier: MIT */
/* A guest's process; see guest.h. */
#include "shared/guest/guest.h"

#include "shared/config/config.h"
#include "shared/process/executable.h"
#include "shared/process/inherited.h"
#include "shared/process/oom.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILD_PIPE_BYTES (1 << 20) /* asked for; the kernel may give less */
#define CHILD_UMASK 022		   /* ours is none of its business */
#define CHILD_PATH "/usr/local/bin:/usr/bin:/bin"

extern char **environ;

void
guest_limits_save(struct guest_limits *l)
{
	if (getrlimit(RLIMIT_NOFILE, &l->nofile) < 0
	    || getrlimit(RLIMIT_CORE, &l->core) < 0)
		bug("getrlimit failed");
	l->oom = oom_base();
}

struct child_env;

/* In state_dir and run_dir, should a guest's program lie there as well. */
static const char *const child_ours[] = {"backlog", "ca.pem", "cache", "config",
    "db", "keeper", "kv", "lock", "nonce", "spool", "stats", "stopped", "web",
    "control.sock", "adopt.sock", NULL};

void
guest_confine(struct guest_limits *l, const struct config *c)
{
	const char *secret[] = {c->token_file, c->alert_webhook, c->path,
	    c->web_push_file, c->state_dir, c->run_dir};

	_Static_assert(nitems(secret) <= CONFINE_HIDDEN_MAX, "room for all");
	l->confine = (struct confine) {.what = confine_probe(),
	    .ours = child_ours};
	for (size_t i = 0; i < nitems(secret); i++)
		if (secret[i] != NULL && secret[i][0] != '\0')
			l->confine.hidden[l->confine.n++] = secret[i];
}

/* What the child needs of its parent's memory. */
struct child_job {
	const struct guest_job *cfg;
	const struct passwd *user; /* NULL: as we are */
	struct child_env *env;
	char **argv;
	const char *dir;
};

struct child_env {
	char path[4096], home[1024], lang[256], process[64];
	char *vec[4 + GUEST_ENV_MAX + 1];
};

static bool
env_set(struct child_env *e, size_t *n, char *at, size_t size, const char *name,
    const char *value)
{
	if (value == NULL || !str_format(at, size, "%s=%s", name, value))
		return false;
	e->vec[(*n)++] = at;
	return true;
}

/* PATH, HOME, LANG and what it is given: nothing else of ours leaks. */
static void
env_build(struct child_env *e, const struct guest_job *job,
    const struct passwd *user)
{
	size_t n = 0;

	if (!env_set(e, &n, e->path, sizeof(e->path), "PATH", getenv("PATH")))
		env_set(e, &n, e->path, sizeof(e->path), "PATH", CHILD_PATH);
	env_set(e, &n, e->home, sizeof(e->home), "HOME",
	    user != NULL ? user->pw_dir : getenv("HOME"));
	env_set(e, &n, e->lang, sizeof(e->lang), "LANG", getenv("LANG"));
	for (size_t i = 0; i < GUEST_ENV_MAX && job->env[i] != NULL; i++)
		e->vec[n++] = (char *)(uintptr_t)job->env[i];
	e->vec[n++] = e->process; /* only the child knows it */
	e->vec[n] = NULL;
}

/* ---- in the child --------------------------------------------------- */

noreturn_fn static void
child_fail(const char *what)
{
	dprintf(STDERR_FILENO, "cannot run %s: %s\n", what, strerror(errno));
	_exit(127);
}

static void
child_restrict(const struct guest_job *cfg, const struct guest_limits *l)
{
	struct rlimit nofile = l->nofile, data;

	if (cfg->nofile > 0)
		nofile.rlim_cur = (rlim_t)cfg->nofile < nofile.rlim_max
		    ? (rlim_t)cfg->nofile
		    : nofile.rlim_max;
	if (cfg->nofile > 0)
		nofile.rlim_max = nofile.rlim_cur;
	data.rlim_cur = data.rlim_max = (rlim_t)cfg->memory;
	if (setrlimit(RLIMIT_NOFILE, &nofile) < 0
	    || setrlimit(RLIMIT_CORE, &l->core) < 0
	    || (cfg->memory > 0 && setrlimit(RLIMIT_DATA, &data) < 0)
	    || (cfg->nice > 0
		&& setpriority(PRIO_PROCESS, 0, (int)cfg->nice) < 0))
		child_fail("it within its limits");
	oom_set(l->oom + OOM_PLUGIN - OOM_HANDLER);
}

/* Its program, what that is to run, and its folder stay in sight. */
static void
child_hide(const struct child_job *job, const struct guest_limits *l)
{
	const char *keep[CONFIG_ARGS_MAX + 2], *what;
	size_t n = 0;

	if (job->user != NULL || !job->cfg->sandbox || l->confine.what == 0)
		return;
	keep[n++] = job->dir;
	for (char **word = job->argv; *word != NULL && n < nitems(keep) - 1;
	     word++)
		if (**word == '/')
			keep[n++] = *word;
	keep[n] = NULL;
	if (confine_enter(&l->confine, keep, &what) < 0) {
		dprintf(STDERR_FILENO,
		    "cannot %s: %s (see sandbox in [plugin])\n", what,
		    strerror(errno));
		_exit(127);
	}
}

/* Last of all: what is left to do needs no right. */
static void
child_become(const struct passwd *pw)
{
	if (pw == NULL)
		return;
	if (initgroups(pw->pw_name, pw->pw_gid) < 0 || setgid(pw->pw_gid) < 0
	    || setuid(pw->pw_uid) < 0)
		child_fail("it as its user");
}

noreturn_fn static void
child_run(const int fds[3], const struct child_job *job,
    const struct guest_limits *l, pid_t parent)
{
	char **argv = job->argv;

	setpgid(0, 0);
	/* The pipes' ends are above 2 (child_pipes), so none is overwritten. */
	if (dup2(fds[0], 0) < 0 || dup2(fds[1], 1) < 0 || dup2(fds[2], 2) < 0)
		_exit(127);
	fd_close_from(3, NULL, 0);
	child_restrict(job->cfg, l);
	child_hide(job, l);
	child_become(job->user);
	/* A change of user takes this back. */
	if (prctl(PR_SET_PDEATHSIG, job->cfg->death_signal) < 0
	    || getppid() != parent)
		_exit(127);
	if (chdir(job->dir) < 0)
		child_fail(job->dir);
	inherited_signals_default();
	umask(CHILD_UMASK);
	str_format(job->env->process, sizeof(job->env->process),
	    GUEST_PROCESS_ENV "=%d", (int)getpid());
	environ = job->env->vec;
	/* The configuration has found it: its path is absolute. */
	executable_run(argv[0], argv);
}

/* ---- in its parent -------------------------------------------------- */

static void
close_pair(int p[2])
{
	for (int i = 0; i < 2; i++)
		if (p[i] >= 0)
			close(p[i]);
}

/* Both ends CLOEXEC and above 2, whatever our own stdio looks like. */
static int
child_pipe(int p[2])
{
	int raw[2];

	p[0] = p[1] = -1;
	if (pipe2(raw, O_CLOEXEC) < 0)
		return -1;
	for (int i = 0; i < 2; i++) {
		p[i] = fcntl(raw[i], F_DUPFD_CLOEXEC, 3);
		close(raw[i]);
	}
	if (p[0] >= 0 && p[1] >= 0)
		return 0;
	close_pair(p);
	return -1;
}

static int
child_pipes(int in[2], int out[2], int err[2])
{
	if (child_pipe(in) < 0)
		goto err1;
	if (child_pipe(out) < 0)
		goto err2;
	if (child_pipe(err) < 0)
		goto err3;
	/* Best effort: fewer wake-ups on both sides. */
	fcntl(in[1], F_SETPIPE_SZ, CHILD_PIPE_BYTES);
	fcntl(out[0], F_SETPIPE_SZ, CHILD_PIPE_BYTES);
	if (fd_nonblock(in[1]) < 0 || fd_nonblock(out[0]) < 0
	    || fd_nonblock(err[0]) < 0)
		goto err4;
	return 0;
err4:
	close_pair(err);
err3:
	close_pair(out);
err2:
	close_pair(in);
err1:
	return -1;
}

/*
 * Started by root and told nothing else, a guest runs as whom it belongs to:
 * the owner of its program, or of the script that an interpreter gets.  NULL:
 * it is root's.
 */
static const struct passwd *
child_owner(char **argv)
{
	const struct passwd *pw = NULL;
	struct stat st;

	for (int i = 0; i < 2 && argv[i] != NULL && pw == NULL; i++)
		if (argv[i][0] == '/' && stat(argv[i], &st) == 0
		    && S_ISREG(st.st_mode) && st.st_uid != 0)
			pw = getpwuid(st.st_uid);
	return pw;
}

static int
child_fork(struct guest *c, const struct guest_job *cfg, char **argv,
    const char *dir, const struct guest_limits *l, struct err *e)
{
	int in[2], out[2], err[2];
	struct child_env env;
	struct child_job job = {.cfg = cfg,
	    .argv = argv,
	    .env = &env,
	    .dir = dir};
	pid_t parent = getpid();

	if (cfg->user != NULL && cfg->user[0] != '\0'
	    && (job.user = getpwnam(cfg->user)) == NULL)
		return err_set(e, EXIT_CONFIG, "its user %s does not exist",
		    cfg->user);
	if (job.user == NULL && (cfg->user == NULL || cfg->user[0] == '\0')
	    && geteuid() == 0)
		job.user = child_owner(argv);
	if (job.user != NULL && job.user->pw_uid == geteuid())
		job.user = NULL;
	env_build(&env, cfg, job.user);
	if (child_pipes(in, out, err) < 0)
		return err_sys(e, EXIT_DEGRADED, "cannot make its pipes");
	c->pid = fork();
	if (c->pid == 0)
		child_run((int[3]) {in[0], out[1], err[1]}, &job, l, parent);
	close(in[0]);
	close(out[1]);
	close(err[1]);
	if (c->pid < 0) {
		close(in[1]);
		close(out[0]);
		close(err[0]);
		return err_sys(e, EXIT_DEGRADED, "cannot fork");
	}
	/* The child does it too: whoever is first. */
	setpgid(c->pid, c->pid);
	c->in = in[1];
	c->out = out[0];
	c->err = err[0];
	return 0;
}

int
guest_start(struct guest *c, const struct guest_job *cfg, const char *dir,
    const struct guest_limits *l, struct err *e)
{
	int argc, rc;
	char **argv = config_split(cfg->exec, &argc, e);

	if (argv == NULL)
		return -1;
	if (argc == 0)
		rc = err_set(e, EXIT_CONFIG, "its exec line is empty");
	else
		rc = child_fork(c, cfg, argv, dir, l, e);
	free(argv);
	return rc;
}

bool
guest_ended(pid_t pid, int *status)
{
	siginfo_t si = {0};

	if (waitid(P_PID, (id_t)pid, &si, WEXITED | WNOHANG | WNOWAIT) < 0
	    || si.si_pid == 0)
		return false;
	/* Not reaped yet, so the group's number can't be another's. */
	kill(-pid, SIGKILL);
	return waitpid(pid, status, 0) == pid;
}

void
guest_signal(pid_t pid, int sig)
{
	kill(-pid, sig);
}

void
guest_status_text(int status, char *out, size_t size)
{
	if (WIFSIGNALED(status))
		str_format(out, size, "signal %d (%s)", WTERMSIG(status),
		    strsignal(WTERMSIG(status)));
	else
		str_format(out, size, "exit status %d", WEXITSTATUS(status));
}
