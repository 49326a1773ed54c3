/* SPDX-License-Identifier: MIT */
/* See preflight.h. */
#include "supervisor/base/preflight.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "shared/base/clock.h"
#include "shared/state/keeper.h"
#include "shared/base/log.h"
#include "shared/page/page.h"
#include "shared/base/secret.h"
#include "shared/process/pidfd.h"

#define TMPFS_MAGIC_ 0x01021994
#define RAMFS_MAGIC_ 0x858458f6
#define STRANGERS_MS 60000 /* all that another version left */
#define STRANGER_MS 8000   /* SIGTERM to SIGKILL of one */
#define STRANGER_LOOK_US 20000
#define FDS_BASE 192 /* files, sockets, clients, a burst of uplinks */
#define MEMORY_NEEDED ((rlim_t)5 << 30) /* the storage maps 4 GiB */
#define FDS_PER_SHARD 3			/* its channel, its log pipe, a pidfd */

static int
make_parents(char *path)
{
	for (char *p = path + 1; *p != '\0'; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		if (mkdir(path, 0755) == -1 && errno != EEXIST && errno != EROFS
		    && errno != EACCES) {
			*p = '/';
			return -1;
		}
		*p = '/';
	}
	return mkdir(path, 0700) == -1 && errno != EEXIST ? -1 : 0;
}

int
preflight_make_dir(const char *key, const char *dir, struct err *e)
{
	char path[CONFIG_PATH_MAX];
	struct stat st;

	if (str_copy(path, dir, sizeof(path)) >= sizeof(path))
		return err_set(e, EXIT_CONFIG, "[paths] %s: %s is too long",
		    key, dir);
	if (stat(dir, &st) == -1 && make_parents(path) == -1)
		return err_sys(e, errno == ENOSPC ? EXIT_DEGRADED : EXIT_CONFIG,
		    "[paths] %s: can't make %s", key, dir);
	if (stat(dir, &st) == -1)
		return err_sys(e, EXIT_CONFIG, "[paths] %s: %s", key, dir);
	if (!S_ISDIR(st.st_mode))
		return err_set(e, EXIT_CONFIG,
		    "[paths] %s: %s is not a directory", key, dir);
	/* As root access() says yes to read-only file systems alone. */
	if (access(dir, W_OK | X_OK) == -1)
		return err_sys(e, EXIT_CONFIG,
		    "[paths] %s: %s can't be written by user %d", key, dir,
		    (int)geteuid());
	return 0;
}

int
preflight_owner(const struct config *c, struct err *e)
{
	if (keeper_check(c->state_dir, c->path, e) == -1
	    || keeper_check(c->run_dir, c->path, e) == -1)
		return -1;
	return keeper_check(c->log_dir, c->path, e);
}

int
preflight_dirs(const struct config *c, struct err *e)
{
	if (preflight_make_dir("state_dir", c->state_dir, e) == -1
	    || preflight_make_dir("run_dir", c->run_dir, e) == -1)
		return -1;
	return preflight_make_dir("log_dir", c->log_dir, e);
}

bool
preflight_is_tmpfs(const char *dir)
{
	struct statfs s;

	return statfs(dir, &s) == 0
	    && ((unsigned long)s.f_type == TMPFS_MAGIC_
		|| (unsigned long)s.f_type == RAMFS_MAGIC_);
}

static int
held(int fd, const char *path, const char *state_dir, struct err *e)
{
	char pid[32] = "";
	ssize_t n = pread(fd, pid, sizeof(pid) - 1, 0);

	pid[n > 0 ? n : 0] = '\0';
	pid[strspn(pid, "0123456789")] = '\0';
	return err_set(e, EXIT_TRY_LATER,
	    "another supervisor (pid %s) already runs with this state_dir (%s "
	    "holds the lock %s)",
	    pid[0] ? pid : "unknown", state_dir, path);
}

int
preflight_lock(const char *state_dir, char found[LAST_WORDS_MAX], struct err *e)
{
	char path[CONFIG_PATH_MAX + 16], pid[32];
	int32_t other;
	int fd;

	str_format(path, sizeof(path), "%s/lock", state_dir);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd == -1)
		return err_sys(e, errno == ENOSPC ? EXIT_DEGRADED : EXIT_CONFIG,
		    "can't open the lock %s", path);
	if (flock(fd, LOCK_EX | LOCK_NB) == -1) {
		if (errno == EWOULDBLOCK)
			held(fd, path, state_dir, e);
		else
			err_sys(e, EXIT_CONFIG, "can't lock %s", path);
		close(fd);
		return -1;
	}
	if ((other = page_supervisor(state_dir)) != 0 && other != getpid()) {
		err_set(e, EXIT_TRY_LATER,
		    "the fleet is running already (supervisor pid %d), though "
		    "its lock %s was deleted",
		    (int)other, path);
		close(fd);
		return -1;
	}
	last_words_found(fd, found);
	snprintf(pid, sizeof(pid), "%d\n", (int)getpid());
	if (ftruncate(fd, 0) == -1
	    || pwrite(fd, pid, strlen(pid), 0) != (ssize_t)strlen(pid)) {
		err_sys(e, EXIT_DEGRADED, "can't write the lock %s", path);
		close(fd);
		return -1;
	}
	return fd;
}

static bool
is_stranger(pid_t pid, const void *state_dir)
{
	return page_stranger(state_dir) == pid;
}

void
preflight_strangers(const char *state_dir)
{
	uint64_t began = clock_boot_ms(), asked = 0, now;
	pid_t pid, before = 0;

	while ((pid = page_stranger(state_dir)) != 0
	    && (now = clock_boot_ms()) - began < STRANGERS_MS) {
		if (before == 0)
			log_notice(
			    "Shards of a program of another version still run "
			    "and can't be taken over: they hand over what they "
			    "hold and leave, their sessions kept.");
		if (pid != before) {
			pidfd_signal_if(pid, SIGTERM, is_stranger, state_dir);
			asked = now;
		} else if (now - asked >= STRANGER_MS) {
			pidfd_signal_if(pid, SIGKILL, is_stranger, state_dir);
		}
		before = pid;
		usleep(STRANGER_LOOK_US);
	}
}

void
preflight_raise_fds(struct rlimit *was)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, was) == -1)
		return;
	/* Never the hard one: lowering it can't be undone for children. */
	r = *was;
	r.rlim_cur = r.rlim_max;
	setrlimit(RLIMIT_NOFILE, &r);
}

int
preflight_memory_fits(struct err *e)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_AS, &r) == -1 || r.rlim_max >= MEMORY_NEEDED)
		return 0;
	return err_set(e, EXIT_CONFIG,
	    "The address space of a process is limited to %llu MiB, hard, and "
	    "%llu are needed, for maps of files that take no memory: raise it "
	    "with LimitAS=infinity in the unit, or \"ulimit -v unlimited\" in "
	    "the shell; MemoryMax= or [plugin] memory limit what is really "
	    "used",
	    (unsigned long long)r.rlim_max >> 20,
	    (unsigned long long)MEMORY_NEEDED >> 20);
}

int
preflight_fds_fit(uint32_t shards, struct err *e)
{
	rlim_t need = FDS_BASE + (rlim_t)shards * FDS_PER_SHARD;
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) == -1 || r.rlim_cur >= need)
		return 0;
	return err_set(e, EXIT_CONFIG,
	    "%u shard%s need%s %llu file descriptors, the soft limit is %llu "
	    "and the hard limit %llu: raise it with LimitNOFILE=%llu in the "
	    "unit, or \"ulimit -n %llu\" in the shell",
	    shards, shards == 1 ? "" : "s", shards == 1 ? "s" : "",
	    (unsigned long long)need, (unsigned long long)r.rlim_cur,
	    (unsigned long long)r.rlim_max, (unsigned long long)need,
	    (unsigned long long)need);
}

void
preflight_harden(void)
{
	/*
	 * Not PR_SET_DUMPABLE 0: it would also take the fds and the memory in
	 * /proc/PID from the CLI and from our own samples, as the same user.
	 * That user can read the token file anyway; a core is kept from others
	 * by its limit, and the token's page is no part of one.
	 */
	secret_no_core();
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}
