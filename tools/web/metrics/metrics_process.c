/* SPDX-License-Identifier: MIT */
/* See metrics_process.h. */
#include "tools/web/metrics/metrics_process.h"

#include "shared/base/clock.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

/* Pages of it that are resident; 0: not known. */
static uint64_t
resident(void)
{
	char text[128] = "";
	unsigned long long pages = 0;
	const char *p;
	int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);

	if (fd == -1)
		return 0;
	if (read(fd, text, sizeof(text) - 1) > 0
	    && (p = strchr(text, ' ')) != NULL)
		pages = strtoull(p, NULL, 10);
	close(fd);
	return pages;
}

static int64_t
count_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	int64_t n = 0;

	if (d == NULL)
		return 0;
	for (const struct dirent *e; (e = readdir(d)) != NULL;)
		n += e->d_name[0] != '.';
	closedir(d);
	return n - 1; /* the directory's own */
}

void
metrics_process(struct metrics_out *o, uint64_t began_ms)
{
	struct timespec cpu = {0};
	struct rlimit fds;
	uint64_t since = clock_boot_ms() - began_ms;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
	metrics_out_family(o, METRICS_PROCESS_CPU_ID);
	metrics_out_seconds(o, (double)cpu.tv_sec + (double)cpu.tv_nsec / 1e9,
	    NULL);
	metrics_out_family(o, METRICS_PROCESS_MEMORY_ID);
	metrics_out_int(o, (int64_t)resident() * sysconf(_SC_PAGESIZE), NULL);
	metrics_out_family(o, METRICS_PROCESS_START_ID);
	metrics_out_seconds(o,
	    (double)(clock_wall_ms() - (int64_t)since) / 1000, NULL);
	metrics_out_family(o, METRICS_PROCESS_FDS_ID);
	metrics_out_int(o, count_fds(), NULL);
	if (getrlimit(RLIMIT_NOFILE, &fds) == -1
	    || fds.rlim_cur == RLIM_INFINITY)
		return;
	metrics_out_family(o, METRICS_PROCESS_FDS_MAX_ID);
	metrics_out_int(o, (int64_t)fds.rlim_cur, NULL);
}
