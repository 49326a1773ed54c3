/* SPDX-License-Identifier: MIT */
/* What a look at a thousand shards costs: no look into /proc for those that the
 * kernel knows by their slots, one for each of the others. */
#include "tools/cli/status/verb.h"
#include "tools/cli/verb_table.h"

#include "shared/base/clock.h"
#include "shared/page/page.h"
#include "shared/process/process.h"
#include "tests/unit/rig/scratch.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define SHARDS 1000
#define BESIDES 64 /* reads that are not of a shard: config, page, ourselves */

static struct {
	char dir[SCRATCH_MAX], conf[SCRATCH_MAX + 32];
	struct page page;
	pid_t pid[SHARDS];
	int lock, ready[2];
	struct err err;
} t;

/* Processes that do nothing: a shard's is known by pid and start time. */
static void
start_all(void)
{
	char one;

	assert_int_equal(pipe(t.ready), 0);
	for (size_t i = 0; i < SHARDS; i++) {
		if ((t.pid[i] = fork()) == 0) {
			(void)page_slot_take(&t.page, (uint32_t)i);
			fd_write_all(t.ready[1], "", 1);
			for (;;)
				pause();
		}
		assert_true(t.pid[i] > 0);
	}
	for (size_t i = 0; i < SHARDS; i++)
		assert_int_equal(read(t.ready[0], &one, 1), 1);
}

static void
fill(void)
{
	struct page_cluster *c = &t.page.head->cluster;
	uint64_t now = clock_boot_ms();

	c->pid = getpid();
	c->pid_start = process_start(getpid());
	c->started_ms = now - 1;
	c->shard_count = c->local = SHARDS;
	c->remaining = -1;
	str_copy(c->name, "main", sizeof(c->name));
	str_copy(c->config_path, t.conf, sizeof(c->config_path));
	t.page.head->handler.state = HANDLER_READY;
	t.page.head->handler_watch.pid = getpid();
	for (uint32_t i = 0; i < SHARDS; i++) {
		struct page_slot *slot = &t.page.slot[i];

		slot->watch.pid = slot->shard.pid = t.pid[i];
		slot->watch.pid_start = process_start(t.pid[i]);
		slot->shard.state = SHARD_READY;
		slot->shard.interval_ms = 41250;
		slot->shard.ack_ms = slot->shard.frame_ms = now;
		page_past_add(&slot->past, (int32_t)i,
		    "ready: RESUME answered");
	}
}

static void
write_files(void)
{
	char path[SCRATCH_MAX + 32], text[256];
	int fd;

	str_format(t.conf, sizeof(t.conf), "%s/shardherd.conf", t.dir);
	str_format(text, sizeof(text),
	    "[bot]\nname = main\ntoken_file = token\nintents = GUILDS\n"
	    "[paths]\nstate_dir = .\nrun_dir = .\nlog_dir = .\n");
	fd = open(t.conf, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(fd_write_all(fd, text, strlen(text)), 0);
	close(fd);
	str_format(path, sizeof(path), "%s/lock", t.dir);
	t.lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	str_format(text, sizeof(text), "%d\n", (int)getpid());
	assert_int_equal(fd_write_all(t.lock, text, strlen(text)), 0);
	assert_int_equal(flock(t.lock, LOCK_EX | LOCK_NB), 0);
}

static int
set_up(void **state)
{
	memset(&t, 0, sizeof(t));
	if (scratch_make(t.dir, sizeof(t.dir)) == -1
	    || page_create(&t.page, t.dir, SHARDS, &t.err) == -1)
		return -1;
	start_all();
	write_files();
	fill();
	return 0;
}

static int
tear_down(void **state)
{
	for (size_t i = 0; i < SHARDS; i++)
		if (t.pid[i] > 0)
			kill(t.pid[i], SIGKILL);
	for (size_t i = 0; i < SHARDS; i++)
		if (t.pid[i] > 0)
			waitpid(t.pid[i], NULL, 0);
	page_close(&t.page);
	close(t.lock);
	close(t.ready[0]);
	close(t.ready[1]);
	return scratch_remove(t.dir);
}

/* Reads so far of this process, by the kernel's count; -1: it does not say. */
static int64_t
reads(void)
{
	char text[512] = "";
	const char *p;
	int fd = open("/proc/self/io", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd != -1 ? read(fd, text, sizeof(text) - 1) : -1;

	if (fd != -1)
		close(fd);
	p = n > 0 ? strstr(text, "syscr: ") : NULL;
	return p != NULL ? strtoll(p + 7, NULL, 10) : -1;
}

/* With standard output and error in a file; the exit code and what it said. */
static int
status(const char *option, char *out, size_t size)
{
	char path[SCRATCH_MAX + 32], *words[2] = {(char *)option, NULL};
	struct cli c = {.config_path = t.conf,
	    .argc = option != NULL,
	    .argv = words};
	int keep[2] = {dup(1), dup(2)}, fd, code;
	ssize_t n;

	c.verb = verb_table_find(&c, "status");
	str_format(path, sizeof(path), "%s/out", t.dir);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	fflush(stdout);
	dup2(fd, 1);
	dup2(fd, 2);
	code = verb_status(&c);
	fflush(stdout);
	for (int i = 0; i < 2; i++) {
		dup2(keep[i], i + 1);
		close(keep[i]);
	}
	n = pread(fd, out, size - 1, 0);
	out[n > 0 ? n : 0] = '\0';
	close(fd);
	config_free(&c.config);
	return code;
}

static void
test_one_look_at_each(void **state)
{
	static char out[1 << 20];
	struct timespec began, ended; /* of processor time, for who reads */
	int64_t before, after;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &began);
	before = reads();

	assert_int_equal(status(NULL, out, sizeof(out)), EXIT_FINE);
	after = reads();
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ended);
	print_message("# status of %d shards: %lld reads, %.1f ms of CPU\n",
	    SHARDS, (long long)(after - before),
	    (double)(ended.tv_sec - began.tv_sec) * 1e3
		+ (double)(ended.tv_nsec - began.tv_nsec) / 1e6);
	assert_non_null(strstr(out, "1000 ready"));
	/* What happened to all of them at once is one thing. */
	assert_non_null(strstr(out, "and others, 1000 times: ready: RESUME"));
	if (before != -1)
		assert_in_range(after - before, 1, BESIDES);
}

/* Nor do those that are gone cost more. */
static void
test_all_gone(void **state)
{
	static char out[1 << 20];
	int64_t before;

	for (size_t i = 0; i < SHARDS; i++) {
		kill(t.pid[i], SIGKILL);
		waitpid(t.pid[i], NULL, 0);
		t.pid[i] = 0;
	}
	before = reads();
	assert_int_equal(status(NULL, out, sizeof(out)), EXIT_DOWN);
	assert_non_null(strstr(out, "1000 down"));
	assert_true(reads() - before <= SHARDS + BESIDES);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	static const struct CMUnitTest tests[] = {
	    T(test_one_look_at_each),
	    T(test_all_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
