/* SPDX-License-Identifier: MIT */
/* See log_compress.h. */
#include "supervisor/log/log_compress.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include "shared/base/clock.h"
#include "shared/base/log.h"
#include "shared/process/oom.h"
#include "shared/process/proctitle.h"

#define BLOCK 65536
#define IDLE_CLASS (3 << 13) /* ioprio_set(2) */
#define PACK_LEVEL "wb6"

/* ---- the work ------------------------------------------------------- */

static int
pack(int in, gzFile out, uLong *crc, int64_t *size)
{
	static unsigned char block[BLOCK];
	ssize_t n;

	while ((n = read(in, block, sizeof(block))) > 0) {
		*crc = crc32(*crc, block, (uInt)n);
		*size += n;
		if (gzwrite(out, block, (unsigned)n) != n)
			return -1;
	}
	return n < 0 ? -1 : 0;
}

static bool
same(const char *to, uLong crc, int64_t size)
{
	static unsigned char block[BLOCK];
	gzFile f = gzopen(to, "rbe");
	uLong got = crc32(0, NULL, 0);
	int n;

	if (f == NULL)
		return false;
	while ((n = gzread(f, block, sizeof(block))) > 0) {
		got = crc32(got, block, (uInt)n);
		size -= n;
	}
	return (gzclose(f) == Z_OK) && n == 0 && got == crc && size == 0;
}

int
log_compress_file(int from, const char *to, struct err *e)
{
	uLong crc = crc32(0, NULL, 0);
	int64_t size = 0;
	int fd, rc = -1;
	gzFile out;

	fd = open(to, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd == -1 || (out = gzdopen(dup(fd), PACK_LEVEL)) == NULL) {
		err_sys(e, EXIT_DEGRADED, "can't write %s", to);
		goto err1;
	}
	rc = pack(from, out, &crc, &size);
	if (gzclose(out) != Z_OK || fsync(fd) == -1)
		rc = -1;
	if (rc == -1)
		err_sys(e, EXIT_DEGRADED, "can't write %s", to);
	else if (!same(to, crc, size))
		rc = err_set(e, EXIT_DEGRADED,
		    "%s does not read back as it was written", to);
	if (rc == -1)
		unlink(to);
err1:
	if (fd != -1)
		close(fd);
	return rc;
}

/* Of all of us the first to make room, and the last to get the processor. */
static void
step_back(void)
{
	struct rlimit cpu = {LOG_COMPRESS_S, LOG_COMPRESS_S};

	oom_set(OOM_MAX);
	setpriority(PRIO_PROCESS, 0, 19);
	syscall(SYS_ioprio_set, 1, 0, IDLE_CLASS);
	setrlimit(RLIMIT_CPU, &cpu);
}

/* By the packer's own pid: one that was begun before an upgrade still runs, and
 * would take another's file for its own. */
static void
name_work(const char *path, pid_t pid, char work[LOG_ROTATION_PATH])
{
	must(str_format(work, LOG_ROTATION_PATH, "%s.pack.%d", path, (int)pid));
}

static int
run(const void *arg, int out)
{
	const struct log_compress *p = arg;
	char work[LOG_ROTATION_PATH];
	struct err e;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	proctitle_set("shardherd: packing a log");
	step_back();
	name_work(p->path, getpid(), work);
	if (log_compress_file(p->from, work, &e) == -1)
		return errno == ENOSPC ? EXIT_TRY_LATER : EXIT_DEGRADED;
	return EXIT_FINE;
}

/* ---- in the supervisor ---------------------------------------------- */

static void on_end(struct helper *, bool);

void
log_compress_init(struct log_compress *p, struct ev_loop *loop,
    struct timers *timers)
{
	memset(p, 0, sizeof(*p));
	helper_init(&p->helper, loop, timers, on_end);
}

/* Opened here: a rotation may give it another number before the child runs. */
static int
begin(struct log_compress *p, const char *path)
{
	char name[LOG_ROTATION_PATH];
	struct stat st;
	struct err e;
	int rc = -1;

	log_rotation_name(path, p->n, false, name);
	p->from = open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (p->from == -1 || fstat(p->from, &st) == -1)
		goto out;
	p->dev = st.st_dev;
	p->ino = st.st_ino;
	str_copy(p->path, path, sizeof(p->path));
	log_rotation_sweep(path);
	rc = helper_start(&p->helper,
	    &(struct helper_job) {.run = run,
		.arg = p,
		.fds = {p->from},
		.deadline_s = LOG_COMPRESS_S},
	    &e);
	if (rc == 0)
		name_work(path, p->helper.pid, p->work);
out:
	if (p->from != -1)
		close(p->from);
	return rc;
}

void
log_compress_some(struct log_compress *p, const char *path)
{
	/* One that was killed and is still there waits for its disk. */
	if (helper_busy(&p->helper) || p->helper.pid != 0
	    || clock_boot_ms() < p->retry_ms)
		return;
	p->news = false;
	p->retry_ms = 0;
	p->n = log_rotation_plain(path);
	if (p->n != 0 && begin(p, path) == -1)
		p->retry_ms = clock_boot_ms() + LOG_COMPRESS_RETRY_MS;
}

void
log_compress_shifted(struct log_compress *p)
{
	p->n++;
	p->news = true;
}

/* false: the original is no longer there to be replaced. */
static bool
put_in_place(const struct log_compress *p)
{
	char from[LOG_ROTATION_PATH], to[LOG_ROTATION_PATH];
	struct stat st;

	log_rotation_name(p->path, p->n, false, from);
	log_rotation_name(p->path, p->n, true, to);
	if (lstat(from, &st) == -1 || st.st_dev != p->dev || st.st_ino != p->ino
	    || rename(p->work, to) == -1)
		return false;
	unlink(from);
	return true;
}

static void
on_end(struct helper *h, bool late)
{
	struct log_compress *p = container_of(h, struct log_compress, helper);
	bool killed = late || WIFSIGNALED(h->status);
	int code = killed ? EXIT_DEGRADED : WEXITSTATUS(h->status);
	bool fine = code == EXIT_FINE;

	p->news = fine; /* another one may wait */
	if (fine && put_in_place(p))
		return;
	unlink(p->work);
	if (fine)
		return;
	p->retry_ms = clock_boot_ms() + LOG_COMPRESS_RETRY_MS;
	log_warn("A rotated log could not be compressed (%s) and stays as it "
		 "is; the next try is in %d min.",
	    killed			 ? "its process was killed"
		: code == EXIT_TRY_LATER ? "the disk is full"
					 : "see the directory's rights",
	    LOG_COMPRESS_RETRY_MS / 60000);
}
