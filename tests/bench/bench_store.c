/* SPDX-License-Identifier: MIT */
/*
 * What a record in the store costs its writer beside so many processes that have
 * used the store, as each shard has: CPU of one commit, synced.  The kernel
 * looks at every map of the file for every page that it writes.
 *
 *     bench_store DIR [PROCESSES]		DIR: an empty one; default 1000
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "shared/base/fd.h"
#include "shared/store/store.h"

#define MOST 10000
#define PUTS 300

static struct store store;
static struct err e;

static double
cpu_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
put(uint32_t shard, uint64_t seq)
{
	struct store_session s = {.shard = shard,
	    .shard_count = MOST,
	    .identity = 1,
	    .seq = seq,
	    .id = "session"};

	if (store_session_put(&store, &s, &e) == 0)
		return;
	fprintf(stderr, "bench_store: %s\n", e.text);
	exit(EXIT_DEGRADED);
}

/* As a shard: has looked once, says so, and waits for its end. */
static void
use_it(uint32_t shard, int ready)
{
	struct store_session s;

	if (dup2(ready, STDERR_FILENO + 1) == -1)
		_exit(EXIT_DEGRADED);
	fd_close_from(STDERR_FILENO + 2, NULL, 0);
	if (store_session_get(&store, shard, &s, &e) != 1
	    || write(STDERR_FILENO + 1, "", 1) != 1)
		_exit(EXIT_DEGRADED);
	close(STDERR_FILENO + 1);
	pause();
}

static void
measure(unsigned processes)
{
	double began = cpu_s();

	for (uint32_t i = 0; i < PUTS; i++)
		put(i, i);
	printf("beside %5u processes: %.0f us of CPU for a commit\n", processes,
	    (cpu_s() - began) * 1e6 / PUTS);
}

int
main(int argc, char **argv)
{
	unsigned n = argc > 2 ? (unsigned)atoi(argv[2]) : 1000;
	pid_t *pid = base_alloc(n * sizeof(*pid));
	int fds[2];
	char c;

	if (argc < 2 || n > MOST || pipe(fds) == -1)
		return EXIT_USAGE;
	if (store_init(&store, argv[1], &e) == -1) {
		fprintf(stderr, "bench_store: %s\n", e.text);
		return e.code;
	}
	for (uint32_t i = 0; i < n; i++)
		put(i, 1);
	measure(0);
	for (uint32_t i = 0; i < n && (pid[i] = fork()) != -1; i++)
		if (pid[i] == 0) {
			use_it(i, fds[1]);
			_exit(0);
		}
	for (unsigned i = 0; i < n; i++)
		if (read(fds[0], &c, 1) != 1)
			return EXIT_DEGRADED;
	measure(n);
	for (unsigned i = 0; i < n; i++)
		if (pid[i] > 1)
			kill(pid[i], SIGKILL);
	free(pid);
	return 0;
}
