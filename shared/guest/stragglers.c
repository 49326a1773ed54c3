/* SPDX-License-Identifier: MIT */
/* See stragglers.h. */
#include "shared/guest/stragglers.h"

#include "shared/guest/guest.h"
#include "shared/base/log.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define ENVIRON_MAX 65536u /* of a process' environment that is looked at */

void
stragglers_adopt(void)
{
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

/* Reads /proc/PID/NAME, at most size - 1 bytes, and ends it: its length. */
static size_t
proc_read(pid_t pid, const char *name, char *out, size_t size)
{
	char path[64];
	size_t len = 0;
	ssize_t n = 1;
	int fd;

	str_format(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && len < size - 1 && n > 0)
		if ((n = read(fd, out + len, size - 1 - len)) > 0)
			len += (size_t)n;
	if (fd >= 0)
		close(fd);
	out[len] = '\0';
	return len;
}

static bool
is_child(pid_t pid)
{
	char text[512], *end;
	int parent;

	proc_read(pid, "stat", text, sizeof(text));
	/* "123 (a name, with anything in it) S 45 ..." */
	end = strrchr(text, ')');
	return end != NULL && sscanf(end, ") %*c %d", &parent) == 1
	    && parent == (int)getpid();
}

/* The plugin's process that it descends from; 0: it doesn't say. */
static pid_t
ancestor(pid_t pid)
{
	static char text[ENVIRON_MAX];
	size_t len = proc_read(pid, "environ", text, sizeof(text));
	const size_t name = strlen(GUEST_PROCESS_ENV "=");
	uint64_t n;

	for (char *p = text; p < text + len; p += strlen(p) + 1)
		if (strncmp(p, GUEST_PROCESS_ENV "=", name) == 0
		    && str_to_u64(p + name, &n))
			return (pid_t)n;
	return 0;
}

/* Those that no plugin's process is waited for. */
static void
reap(stragglers_fn *is_plugin, void *arg)
{
	siginfo_t si = {0};

	/* A plugin's that ended meanwhile: its own signal follows. */
	while (waitid(P_ALL, 0, &si, WEXITED | WNOHANG | WNOWAIT) == 0
	    && si.si_pid != 0 && !is_plugin(arg, si.si_pid)) {
		waitpid(si.si_pid, NULL, 0);
		si.si_pid = 0;
	}
}

static void
judge(pid_t pid, stragglers_fn *is_plugin, void *arg)
{
	pid_t of;

	if (is_plugin(arg, pid) || !is_child(pid))
		return;
	of = ancestor(pid);
	if (of == 0 || is_plugin(arg, of))
		return;
	log_notice("a plugin's process (pid %d) left another one, pid %d: "
		   "it is killed",
	    (int)of, (int)pid);
	kill(pid, SIGKILL);
}

/* Calls fn for every process there is. */
static void
walk(void (*fn)(pid_t, stragglers_fn *, void *), stragglers_fn *is_plugin,
    void *arg)
{
	DIR *d = opendir("/proc");
	struct dirent *e;
	uint64_t pid;

	while (d != NULL && (e = readdir(d)) != NULL)
		if (str_to_u64(e->d_name, &pid) && pid > 1)
			fn((pid_t)pid, is_plugin, arg);
	if (d != NULL)
		closedir(d);
}

void
stragglers_end(stragglers_fn *is_plugin, void *arg)
{
	reap(is_plugin, arg);
	walk(judge, is_plugin, arg);
}

static void
kill_child(pid_t pid, stragglers_fn *is_plugin, void *arg)
{
	if (is_child(pid))
		kill(pid, SIGKILL);
}

void
stragglers_end_all(void)
{
	walk(kill_child, NULL, NULL);
}
