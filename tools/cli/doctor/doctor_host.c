/* SPDX-License-Identifier: MIT */
/* doctor: the machine, and what it lets a fleet have. */
#include "tools/cli/doctor/doctor.h"

#include "shared/base/clock.h"
#include "tools/cli/base/human.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#define UNLIMITED UINT64_MAX
#define BORN_S 1704067200 /* 2024: no clock of now is before it */

/* A small file of the kernel's; "" when it can't be read. */
static void
slurp(const char *path, char *out, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd != -1 ? read(fd, out, size - 1) : -1;

	out[n > 0 ? n : 0] = '\0';
	if (fd != -1)
		close(fd);
}

static bool
number_of(const char *path, uint64_t *out)
{
	char text[64], *end;

	slurp(path, text, sizeof(text));
	if (strncmp(text, "max", 3) == 0) {
		*out = UNLIMITED;
		return true;
	}
	*out = strtoull(text, &end, 10);
	return end != text;
}

/* ---- limits of the process ------------------------------------------ */

/* The soft limit of this name in /proc/PID/limits. */
static bool
limit_of(const char *limits, const char *name, uint64_t *out)
{
	const char *at = strstr(limits, name);
	char *end;

	if (at == NULL)
		return false;
	at += strlen(name);
	at += strspn(at, " ");
	*out = strtoull(at, &end, 10);
	if (end == at)
		*out = UNLIMITED;
	return true;
}

/* Each shard has a process and some ten descriptors, the supervisor two. */
static void
look_limits(struct doctor *d)
{
	char path[64], limits[4096];
	uint64_t fds, processes;
	size_t shards = d->seen ? d->view->n : 0;

	str_format(path, sizeof(path), "/proc/%d/limits", doctor_pid(d));
	slurp(path, limits, sizeof(limits));
	if (!limit_of(limits, "Max open files", &fds)
	    || !limit_of(limits, "Max processes", &processes)) {
		doctor_ill(d, PAGE_INFO, "limits",
		    "Look as the fleet's own user to be sure.",
		    "The limits of process %d can't be read.", doctor_pid(d));
		return;
	}
	if (fds < 64 + 4 * shards)
		doctor_ill(d, PAGE_WARNING, "limits",
		    "Raise LimitNOFILE= in the unit, or \"ulimit -n\".",
		    "%llu file descriptors are few for %zu shards.",
		    (unsigned long long)fds, shards);
	else if (processes < shards + 32)
		doctor_ill(d, PAGE_WARNING, "limits",
		    "Raise LimitNPROC= in the unit, or \"ulimit -u\".",
		    "%llu processes are few for %zu shards.",
		    (unsigned long long)processes, shards);
	else if (processes == UNLIMITED)
		doctor_well(d, "limits",
		    "%llu file descriptors, any number of processes",
		    (unsigned long long)fds);
	else
		doctor_well(d, "limits",
		    "%llu file descriptors, %llu processes",
		    (unsigned long long)fds, (unsigned long long)processes);
}

/* ---- the cgroup ----------------------------------------------------- */

/* Version 2 alone: "0::/path". */
static bool
cgroup_of(int32_t pid, char *out, size_t size)
{
	char path[64], text[1024], *at, *end;

	str_format(path, sizeof(path), "/proc/%d/cgroup", pid);
	slurp(path, text, sizeof(text));
	at = strstr(text, "0::/");
	if (at == NULL || (at != text && at[-1] != '\n'))
		return false;
	at += strlen("0::");
	end = strchr(at, '\n');
	if (end != NULL)
		*end = '\0';
	str_format(out, size, "/sys/fs/cgroup%s", strcmp(at, "/") ? at : "");
	return strstr(at, "..") == NULL;
}

static void
look_cgroup_of(struct doctor *d, const char *cgroup, const char *what,
    const char *words, uint64_t unit, const char *advice)
{
	char path[600];
	uint64_t most, now;

	str_format(path, sizeof(path), "%s/%s.max", cgroup, what);
	if (!number_of(path, &most) || most == UNLIMITED || most == 0)
		return;
	str_format(path, sizeof(path), "%s/%s.current", cgroup, what);
	if (!number_of(path, &now))
		return;
	if ((double)now * 100 >= (double)most * DOCTOR_SHORT)
		doctor_ill(d, PAGE_WARNING, "cgroup", advice,
		    "The cgroup has %llu of %llu %s.",
		    (unsigned long long)(now / unit),
		    (unsigned long long)(most / unit), words);
	else
		doctor_well(d, "cgroup", "%llu of %llu %s",
		    (unsigned long long)(now / unit),
		    (unsigned long long)(most / unit), words);
}

static void
look_cgroup(struct doctor *d)
{
	char cgroup[512];

	if (!cgroup_of(doctor_pid(d), cgroup, sizeof(cgroup)))
		return;
	look_cgroup_of(d, cgroup, "memory", "MiB of memory", 1u << 20,
	    "Raise MemoryMax= of the unit or the container's limit: beyond it "
	    "the kernel kills.");
	look_cgroup_of(d, cgroup, "pids", "processes", 1,
	    "Raise TasksMax= of the unit or the container's limit.");
}

/* ---- memory, clock --------------------------------------------------- */

static uint64_t
meminfo(const char *text, const char *key)
{
	const char *at = strstr(text, key);

	return at != NULL ? strtoull(at + strlen(key), NULL, 10) : 0;
}

static void
look_memory(struct doctor *d)
{
	char text[4096];
	uint64_t total, left;

	slurp("/proc/meminfo", text, sizeof(text));
	total = meminfo(text, "MemTotal:");
	left = meminfo(text, "MemAvailable:");
	if (total == 0)
		return;
	if (left < total / 20)
		doctor_ill(d, PAGE_WARNING, "memory",
		    "Look what takes it (\"shardherd status --wide\" has each "
		    "process's own), or take a larger machine.",
		    "%llu of %llu MiB of the machine's memory are left.",
		    (unsigned long long)left >> 10,
		    (unsigned long long)total >> 10);
	else
		doctor_well(d, "memory", "%llu of %llu MiB are left",
		    (unsigned long long)left >> 10,
		    (unsigned long long)total >> 10);
}

static void
look_clock(struct doctor *d)
{
	struct timex t = {0};
	int state = adjtimex(&t);

	if (clock_wall_ms() / 1000 < BORN_S)
		doctor_ill(d, PAGE_WARNING, "clock",
		    "Set it: certificates seem not yet valid before their "
		    "time.",
		    "The clock of this machine is years behind.");
	else if (state == -1)
		doctor_well(d, "clock",
		    "it can't be told whether it is "
		    "synchronised");
	else if (state == TIME_ERROR || (t.status & STA_UNSYNC) != 0)
		doctor_ill(d, PAGE_INFO, "clock",
		    "Let chrony, ntpd or systemd-timesyncd keep it.",
		    "The clock of this machine is kept by nobody: what the log "
		    "and the budget say of times may be off.");
	else
		doctor_well(d, "clock", "synchronised");
}

/* ---- disks ----------------------------------------------------------- */

static void
look_disk(struct doctor *d, const char *key, const char *dir)
{
	uint64_t least = (uint64_t)d->cli->config.disk_free, size, left;
	struct statvfs v;
	char a[24], b[24];

	if (dir == NULL || statvfs(dir, &v) == -1 || v.f_blocks == 0)
		return;
	if (d->seen && d->view->alive)
		least = d->view->cluster.disk_free;
	size = (uint64_t)v.f_blocks * v.f_frsize;
	left = (uint64_t)v.f_bavail * v.f_frsize;
	if (least > size / 10)
		least = size / 10;
	human_size(left, a);
	human_size(size, b);
	if (left < least)
		doctor_ill(d, PAGE_WARNING, "disk", "Make room there.",
		    "The disk of %s (%s) has %s of %s left.", key, dir, a, b);
	else if (v.f_files > 0 && v.f_favail < 1000)
		doctor_ill(d, PAGE_WARNING, "disk",
		    "Remove files that are not needed.",
		    "The disk of %s (%s) has %llu inodes left.", key, dir,
		    (unsigned long long)v.f_favail);
	else
		doctor_well(d, "disk", "%s: %s of %s left", key, a, b);
}

void
doctor_host(struct doctor *d)
{
	look_limits(d);
	look_cgroup(d);
	look_memory(d);
	look_clock(d);
	if (!d->configured)
		return;
	look_disk(d, "state_dir", d->cli->config.state_dir);
	if (d->cli->config.log_to == CONFIG_LOG_FILE)
		look_disk(d, "log_dir", d->cli->config.log_dir);
}
