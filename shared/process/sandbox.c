/* SPDX-License-Identifier: MIT */
/* See sandbox.h. */
#include "shared/process/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- files ---------------------------------------------------------- */

/* The C library may be older than the calls: the same on all architectures. */
#ifndef __NR_landlock_create_ruleset
#define __NR_landlock_create_ruleset 444
#define __NR_landlock_add_rule 445
#define __NR_landlock_restrict_self 446
#endif

/* The kernel's headers here may be older than the kernel. */
#define RIGHT_REFER (1ULL << 13)	/* since version 2 */
#define RIGHT_TRUNCATE (1ULL << 14)	/* since version 3 */
#define RIGHTS_FIRST ((1ULL << 13) - 1) /* all of version 1 */

#define RIGHT_READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define RIGHT_WRITE                                                            \
	(RIGHT_READ | LANDLOCK_ACCESS_FS_WRITE_FILE                            \
	    | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE   \
	    | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG        \
	    | RIGHT_REFER | RIGHT_TRUNCATE)
#define RIGHT_OF_FILE                                                          \
	(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE          \
	    | RIGHT_TRUNCATE)

/*
 * In dir; an operator may have moved them to another disk and left a link.
 * Nobody in a sandbox can make such a link: there is no right to make one.
 */
static const char *const own_dirs[] = {"db", "spool"};

/*
 * Name service, certificates, libraries it loads late, the time zone.  /etc as
 * a whole: resolv.conf is replaced by another file when an address changes.
 */
static const char *const system_files[] = {
    "/etc",
    "/usr",
    "/lib",
    "/lib64",
    "/nix/store",
    "/run/systemd/resolve",
    "/run/resolvconf",
    "/run/NetworkManager",
    "/run/nscd",
    "/run/connman",
};
/* Nobody's, of no use to an intruder, and asked for by the C library. */
static const char *const plain_files[] = {
    "/proc/self",
    "/sys/devices/system/cpu",
    "/dev/urandom",
    "/dev/random",
};

static int
landlock_version(void)
{
	return (int)syscall(__NR_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);
}

static uint64_t
rights_of(int version)
{
	return RIGHTS_FIRST | (version >= 2 ? RIGHT_REFER : 0)
	    | (version >= 3 ? RIGHT_TRUNCATE : 0);
}

/* What is not there needs no rule. */
static int
allow(int rules, const char *path, uint64_t rights)
{
	struct landlock_path_beneath_attr a = {.allowed_access = rights};
	struct stat st;
	long rc;
	int fd = open(path, O_PATH | O_CLOEXEC);

	if (fd == -1)
		return errno == ENOENT || errno == EACCES || errno == ENOTDIR
		    ? 0
		    : -1;
	if (fstat(fd, &st) == 0 && !S_ISDIR(st.st_mode))
		a.allowed_access &= RIGHT_OF_FILE;
	a.parent_fd = fd;
	rc = syscall(__NR_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH,
	    &a, 0);
	close(fd);
	return rc == 0 ? 0 : -1;
}

/* The kernel's words of version 4, for older headers. */
#define NET_BIND (1ULL << 0)
#define NET_CONNECT (1ULL << 1)
#define RULE_NET_PORT 2

struct ruleset {
	uint64_t files, net;
};
struct rule_port {
	uint64_t rights, port;
};

static int
allow_all(int rules, const char *const *path, size_t n, uint64_t rights)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < n && path[i] != NULL; i++)
		if (path[i][0] != '\0')
			rc = allow(rules, path[i], rights);
	return rc;
}

static int
allow_ports(int rules, const uint16_t *port)
{
	long rc = 0;

	for (size_t i = 0; rc == 0 && i < SANDBOX_PATHS && port[i] != 0; i++) {
		struct rule_port r = {NET_CONNECT, port[i]};

		rc = syscall(__NR_landlock_add_rule, rules, RULE_NET_PORT, &r,
		    0);
	}
	return rc == 0 ? 0 : -1;
}

/* What of SANDBOX_FILES and SANDBOX_NET holds. */
static unsigned
close_files(const struct sandbox_cage *c, bool net)
{
	int version = landlock_version(), rules, rc;
	struct ruleset a = {0};

	if (version < 1)
		return 0;
	a.files = rights_of(version);
	net = net && version >= 4;
	a.net = net ? NET_BIND | NET_CONNECT : 0;
	rules = (int)syscall(__NR_landlock_create_ruleset, &a,
	    net ? sizeof(a) : sizeof(a.files), 0);
	if (rules == -1)
		return 0;
	rc = allow_all(rules, c->write, nitems(c->write),
	    RIGHT_WRITE & a.files);
	if (rc == 0)
		rc = allow_all(rules, plain_files, nitems(plain_files),
		    RIGHT_READ);
	if (rc == 0 && c->system)
		rc = allow_all(rules, system_files, nitems(system_files),
		    RIGHT_READ);
	if (rc == 0)
		rc = allow(rules, "/dev/null", RIGHT_WRITE & a.files);
	if (rc == 0)
		rc = allow_all(rules, c->read, nitems(c->read), RIGHT_READ);
	if (rc == 0 && net)
		rc = allow_ports(rules, c->connect);
	if (rc == 0)
		rc = (int)syscall(__NR_landlock_restrict_self, rules, 0);
	close(rules);
	return rc != 0 ? 0 : SANDBOX_FILES | (net ? SANDBOX_NET : 0);
}

/* ---- system calls --------------------------------------------------- */

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#endif

/* Nobody here needs them, whatever the C library does. */
static const unsigned denied[] = {
    __NR_ptrace,
    __NR_process_vm_readv,
    __NR_process_vm_writev,
    __NR_execve,
    __NR_execveat,
    __NR_keyctl,
    __NR_add_key,
    __NR_request_key,
    __NR_bpf,
    __NR_perf_event_open,
    __NR_userfaultfd,
    __NR_mount,
    __NR_umount2,
    __NR_pivot_root,
    __NR_chroot,
    __NR_setns,
    __NR_unshare,
    __NR_open_by_handle_at,
    __NR_kexec_load,
    __NR_reboot,
    __NR_swapon,
    __NR_swapoff,
    __NR_init_module,
    __NR_finit_module,
    __NR_delete_module,
    __NR_acct,
    __NR_quotactl,
    __NR_syslog,
    __NR_personality,
    __NR_settimeofday,
    __NR_clock_settime,
    __NR_adjtimex,
    __NR_sethostname,
    __NR_setdomainname,
#ifdef __NR_kexec_file_load
    __NR_kexec_file_load,
#endif
#ifdef __NR_io_uring_setup
    __NR_io_uring_setup,
    __NR_io_uring_enter,
    __NR_io_uring_register,
#endif
#ifdef __NR_pidfd_getfd
    __NR_pidfd_getfd,
#endif
#ifdef __NR_move_mount
    __NR_move_mount,
    __NR_open_tree,
    __NR_fsopen,
    __NR_fsmount,
#endif
};

#ifdef ARCH
#define HEAD 4 /* instructions before those of the table */

static void
put(struct sock_filter *f, uint16_t code, uint32_t k, size_t jt, size_t jf)
{
	*f = (struct sock_filter) {code, (uint8_t)jt, (uint8_t)jf, k};
}

/* EPERM for what is denied; another architecture's calls are not ours. */
static bool
close_calls(void)
{
	struct sock_filter f[HEAD + nitems(denied) + 2];
	struct sock_fprog prog = {nitems(f), f};
	const size_t n = nitems(denied), allow_at = HEAD + n;

	_Static_assert(HEAD + nitems(denied) < 250, "jumps are 8 bits");
	put(&f[0], BPF_LD | BPF_W | BPF_ABS,
	    offsetof(struct seccomp_data, arch), 0, 0);
	put(&f[1], BPF_JMP | BPF_JEQ | BPF_K, ARCH, 0, allow_at - 1);
	put(&f[2], BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr),
	    0, 0);
	/* x32 numbers on x86-64 would pass by the table. */
	put(&f[3], BPF_JMP | BPF_JGE | BPF_K, 0x40000000, n + 1, 0);
	for (size_t i = 0; i < n; i++)
		put(&f[HEAD + i], BPF_JMP | BPF_JEQ | BPF_K, denied[i], n - i,
		    0);
	put(&f[allow_at], BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
	put(&f[allow_at + 1], BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM, 0, 0);
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog, 0, 0) == 0;
}
#else
static bool
close_calls(void)
{
	return false;
}
#endif

/* ---- the public face ------------------------------------------------ */

static bool
has_seccomp(void)
{
#ifdef ARCH
	/* A filter that is not there is EFAULT where filters are known. */
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL, 0, 0) == -1
	    && errno == EFAULT;
#else
	return false;
#endif
}

unsigned
sandbox_probe(char *missing, size_t size)
{
	unsigned have = (landlock_version() >= 1 ? SANDBOX_FILES : 0)
	    | (has_seccomp() ? SANDBOX_CALLS : 0);

	str_format(missing, size, "%s%s%s",
	    have & SANDBOX_FILES ? "" : "Landlock",
	    (have & SANDBOX_ALL) == 0 ? " and " : "",
	    have & SANDBOX_CALLS ? "" : "seccomp filters");
	return have;
}

static unsigned
enter(const struct sandbox_cage *c, bool net)
{
	unsigned have;

	/* Neither is allowed to who could still gain privileges. */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return 0;
	have = close_files(c, net);
	if (close_calls())
		have |= SANDBOX_CALLS;
	return have;
}

unsigned
sandbox_enter(const char *dir, const char *ca_file)
{
	struct sandbox_cage c = {.write = {dir},
	    .read = {ca_file},
	    .system = true};
	char path[nitems(own_dirs)][4096];

	for (size_t i = 0; i < nitems(own_dirs); i++)
		if (str_format(path[i], sizeof(path[i]), "%s/%s", dir,
			own_dirs[i]))
			c.write[i + 1] = path[i];
	return enter(&c, false);
}

/*
 * Of root: what reads files of others and looks into other processes is gone
 * for good, also for what was opened by /proc; of anybody else there is none.
 */
static void
drop_capabilities(void)
{
	struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};

	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	for (unsigned long cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0;
	     cap++)
		(void)prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	(void)syscall(__NR_capset, &head, none);
}

unsigned
sandbox_enter_cage(const struct sandbox_cage *c)
{
	drop_capabilities();
	return enter(c, true);
}
