/* SPDX-License-Identifier: MIT */
/* See confine.h. */
#include "shared/process/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define HIDE_FLAGS (MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC)

/* ---- a view of one's own -------------------------------------------- */

static bool
write_proc(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool ok = fd != -1
	    && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd != -1)
		close(fd);
	return ok;
}

/* Nobody's rights are needed for it where users may have namespaces. */
static bool
own_users(void)
{
	char uid[64], gid[64];

	str_format(uid, sizeof(uid), "%u %u 1", geteuid(), geteuid());
	str_format(gid, sizeof(gid), "%u %u 1", getegid(), getegid());
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) == -1)
		return false;
	(void)write_proc("/proc/self/setgroups", "deny");
	return write_proc("/proc/self/uid_map", uid)
	    && write_proc("/proc/self/gid_map", gid);
}

/* What is mounted here from now on must not be seen by anybody else. */
static bool
own_mounts(void)
{
	if ((geteuid() != 0 || unshare(CLONE_NEWNS) == -1) && !own_users())
		return false;
	return mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) == 0;
}

static bool
hide(const char *path)
{
	struct stat st;

	if (stat(path, &st) == -1)
		return errno == ENOENT || errno == ENOTDIR || errno == EACCES;
	if (S_ISDIR(st.st_mode))
		return mount("tmpfs", path, "tmpfs", HIDE_FLAGS,
			   "size=4k,nr_inodes=4,mode=0555")
		    == 0;
	return mount("/dev/null", path, NULL, MS_BIND, NULL) == 0;
}

/* Is path that directory, or somewhere below it?  Both are real paths. */
static bool
is_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return strncmp(path, dir, n) == 0
	    && (path[n] == '\0' || path[n] == '/' || n == 1);
}

static bool
is_kept(const char *dir, const char *const *keep)
{
	char real[PATH_MAX];

	for (; *keep != NULL; keep++)
		if (realpath(*keep, real) != NULL && is_below(real, dir))
			return true;
	return false;
}

/* The program lies in there, with who knows what that it needs. */
static bool
hide_ours(const char *dir, const struct confine *c, const char *const *keep)
{
	char path[PATH_MAX];

	for (const char *const *name = c->ours; *name != NULL; name++)
		if (str_format(path, sizeof(path), "%s/%s", dir, *name)
		    && !is_kept(path, keep) && !hide(path))
			return false;
	return true;
}

static bool
hide_all(const struct confine *c, const char *const *keep)
{
	char real[PATH_MAX];

	for (size_t i = 0; i < c->n; i++) {
		if (realpath(c->hidden[i], real) == NULL)
			continue;
		if (!(is_kept(real, keep) ? hide_ours(real, c, keep)
					  : hide(real)))
			return false;
	}
	return true;
}

/* ---- powers --------------------------------------------------------- */

/* Root's over the kernel, its devices and processes; not over files. */
static const unsigned powers[] = {
    CAP_SYS_ADMIN, CAP_SYS_PTRACE, CAP_SYS_MODULE, CAP_SYS_RAWIO, CAP_SYS_BOOT,
    CAP_SYS_TIME, CAP_MKNOD, CAP_DAC_READ_SEARCH, CAP_SYSLOG, CAP_MAC_ADMIN,
    CAP_MAC_OVERRIDE, CAP_LINUX_IMMUTABLE, 38 /* CAP_PERFMON */,
    39 /* CAP_BPF */, 40 /* CAP_CHECKPOINT_RESTORE */
};

/* From the next exec on.  Unknown ones, and those that are gone: no matter. */
static void
drop_powers(void)
{
	for (size_t i = 0; i < nitems(powers); i++)
		prctl(PR_CAPBSET_DROP, powers[i], 0, 0, 0);
}

/* ---- Landlock ------------------------------------------------------- */

#ifndef __NR_landlock_create_ruleset
#define __NR_landlock_create_ruleset 444
#define __NR_landlock_add_rule 445
#define __NR_landlock_restrict_self 446
#endif

#define RIGHT_REFER (1ULL << 13)
#define SCOPE_SIGNAL (1ULL << 1)
#define VERSION_REFER 2 /* before it no file may change its folder */
#define VERSION_SCOPE 6

/* As the kernel has it by now; the header here may be older. */
struct rules {
	uint64_t fs, net, scoped;
};

static int
landlock_version(void)
{
	return (int)syscall(__NR_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);
}

/*
 * A domain that forbids hardly anything, for what comes with every domain: no
 * ptrace of anybody outside it, nor of their memory, and no more mounts.
 */
static bool
own_domain(void)
{
	struct rules a = {.fs = LANDLOCK_ACCESS_FS_MAKE_BLOCK | RIGHT_REFER};
	struct landlock_path_beneath_attr all = {.allowed_access = RIGHT_REFER};
	int version = landlock_version(), rules;
	bool ok;

	if (version < VERSION_REFER)
		return false;
	if (version >= VERSION_SCOPE)
		a.scoped = SCOPE_SIGNAL;
	rules = (int)syscall(__NR_landlock_create_ruleset, &a,
	    version >= VERSION_SCOPE ? sizeof(a) : sizeof(a.fs), 0);
	if (rules == -1)
		return false;
	all.parent_fd = open("/", O_PATH | O_CLOEXEC);
	ok = all.parent_fd != -1
	    && syscall(__NR_landlock_add_rule, rules,
		   LANDLOCK_RULE_PATH_BENEATH, &all, 0)
		== 0
	    && syscall(__NR_landlock_restrict_self, rules, 0) == 0;
	if (all.parent_fd != -1)
		close(all.parent_fd);
	close(rules);
	return ok;
}

/* ---- the public face ------------------------------------------------ */

int
confine_enter(const struct confine *c, const char *const *keep,
    const char **what)
{
	bool root = geteuid() == 0;

	*what = "gain no privileges";
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return -1;
	*what = "have a mount namespace";
	if ((c->what & CONFINE_FILES) && !own_mounts())
		return -1;
	*what = "hide our files";
	if ((c->what & CONFINE_FILES) && !hide_all(c, keep))
		return -1;
	if (root)
		drop_powers();
	*what = "enter a Landlock domain";
	return (c->what & CONFINE_PROCESSES) && !own_domain() ? -1 : 0;
}

/* In a child of its own: what works for a moment is what works. */
static bool
works(bool (*fn)(void))
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		_exit(fn() ? 0 : 1);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status)
	    && WEXITSTATUS(status) == 0;
}

static bool
can_hide(void)
{
	return own_mounts() && hide("/dev/zero") && hide("/");
}

unsigned
confine_probe(void)
{
	static bool known;
	static unsigned have;

	if (!known)
		have = (works(can_hide) ? CONFINE_FILES : 0)
		    | (works(own_domain) ? CONFINE_PROCESSES : 0);
	known = true;
	return have;
}
