/* SPDX-License-Identifier: MIT */
/* page.c: layout survives reopening, cursors survive a writer's death. */
#include "shared/page/page.h"

#include "shared/process/process.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

static char dir[64];

static int
setup(void **state)
{
	str_copy(dir, "/tmp/test_page.XXXXXX", sizeof(dir));
	return mkdtemp(dir) == NULL;
}

static int
teardown(void **state)
{
	char path[128];

	must(str_format(path, sizeof(path), "%s/stats", dir));
	unlink(path);
	return rmdir(dir);
}

static void
test_reopen_keeps_cursors(void **state)
{
	struct page p, r;
	struct err e;

	assert_int_equal(page_create(&p, dir, 4, &e), 0);
	page_cursor_set(&p.slot[3], 99, 12345);
	p.slot[3].shard.events = 7;
	assert_int_equal(page_open(&r, dir, &e), 0);
	assert_int_equal(r.head->slots, 4);
	assert_int_equal(page_cursor_get(&r.slot[3], 99), 12345);
	page_close(&r);
	page_close(&p);
	assert_int_equal(page_create(&p, dir, 8, &e), 0);
	assert_int_equal(page_cursor_get(&p.slot[3], 99), 12345);
	assert_int_equal(p.slot[3].shard.events, 7);
	assert_int_equal(page_cursor_get(&p.slot[3], 98), 0);
	page_close(&p);
}

/* Who lives is of this boot, and what is said of it stays. */
static void
f_g2_the_living_are_of_this_boot(void **state)
{
	struct page p;
	struct err e;

	assert_int_equal(page_create(&p, dir, 2, &e), 0);
	str_copy(p.head->boot_id, "another", sizeof(p.head->boot_id));
	p.head->handler_watch.pid = getpid();
	p.head->handler_watch.pid_start = process_start(getpid());
	p.slot[1].watch.pid = 4711;
	page_close(&p);
	assert_int_equal(page_create(&p, dir, 2, &e), 0);
	assert_int_equal(p.head->handler_watch.pid, getpid());
	assert_int_equal(p.slot[1].watch.pid, 4711);
	/* Nobody lives: what the page holds is of before a reboot. */
	p.head->handler_watch.pid_start++;
	str_copy(p.head->boot_id, "another", sizeof(p.head->boot_id));
	page_close(&p);
	assert_int_equal(page_create(&p, dir, 2, &e), 0);
	assert_int_equal(p.head->handler_watch.pid, 0);
	assert_int_equal(p.slot[1].watch.pid, 0);
	page_close(&p);
}

static void
test_no_page_is_down(void **state)
{
	struct page p;
	struct err e;

	assert_int_equal(page_open(&p, "/nonexistent", &e), -1);
	assert_int_equal(e.code, EXIT_DOWN);
}

/*
 * A killed writer leaves a cursor no older than any that was read before.  A
 * reader in parallel may get none or a slightly older one: that costs replays.
 */
static void
test_cursor_under_sigkill(void **state)
{
	struct page p;
	struct err e;

	assert_int_equal(page_create(&p, dir, 1, &e), 0);
	for (int round = 0; round < 30; round++) {
		uint64_t before = page_cursor_get(&p.slot[0], 5), last = before;
		pid_t pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			for (uint64_t i = before + 1;; i++)
				page_cursor_set(&p.slot[0], 5, i);
		}
		while (last < before + 1000) {
			uint64_t now = page_cursor_get(&p.slot[0], 5);
			last = now > last ? now : last;
		}
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		assert_true(page_cursor_get(&p.slot[0], 5) >= last);
	}
	page_close(&p);
}

/* A process of another layout version is seen by its lock alone. */
static void
test_stranger(void **state)
{
	uint32_t other = PAGE_VERSION + 1;
	char path[600];
	struct page p;
	struct err e;
	int ready[2], fd;
	pid_t pid;
	char c;

	assert_int_equal(pipe(ready), 0);
	assert_int_equal(page_create(&p, dir, 2, &e), 0);
	pid = fork();
	if (pid == 0) {
		if (page_slot_take(&p, 1) && write(ready[1], "x", 1) == 1)
			pause();
		_exit(1);
	}
	assert_int_equal(read(ready[0], &c, 1), 1);
	assert_int_equal(page_stranger(dir), 0); /* of our version */
	str_format(path, sizeof(path), "%s/stats", dir);
	fd = open(path, O_RDWR);
	assert_int_equal(pwrite(fd, &other, sizeof(other),
			     offsetof(struct page_head, version)),
	    sizeof(other));
	assert_int_equal(page_stranger(dir), pid);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(page_stranger(dir), 0);
	close(fd);
	close(ready[0]);
	close(ready[1]);
	page_close(&p);
}

static void
test_seqlock(void **state)
{
	struct page p;
	struct page_shard s;
	struct err e;

	assert_int_equal(page_create(&p, dir, 1, &e), 0);
	page_begin(&p.slot[0].shard.lock);
	p.slot[0].shard.seq = 3;
	assert_false(page_read(&p.slot[0].shard, &s, sizeof(s)));
	page_repair(&p.slot[0].shard.lock);
	assert_true(page_read(&p.slot[0].shard, &s, sizeof(s)));
	assert_int_equal(s.seq, 3);
	page_close(&p);
}

/* Whoever writes may be put off the processor inside. */
static void
test_a_reader_waits_for_a_writer_that_goes_on(void **state)
{
	struct timespec held = {.tv_nsec = 100000000};
	struct page p;
	struct page_shard s;
	struct err e;
	int tries = 1;
	pid_t pid;

	assert_int_equal(page_create(&p, dir, 1, &e), 0);
	page_begin(&p.slot[0].shard.lock);
	pid = fork();
	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		nanosleep(&held, NULL);
		p.slot[0].shard.seq = 4;
		page_end(&p.slot[0].shard.lock);
		_exit(0);
	}
	while (!page_read(&p.slot[0].shard, &s, sizeof(s)))
		tries++;
	assert_in_range(tries, 1, 200); /* of 20 ms; else thousands */
	assert_int_equal(s.seq, 4);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	page_close(&p);
}

static void
test_put_leaves_the_lock_alone(void **state)
{
	struct page_shard s = {.seq = 7, .lock = 41};
	struct page p;
	struct err e;

	assert_int_equal(page_create(&p, dir, 1, &e), 0);
	page_put(&p.slot[0].shard, &s, sizeof(s));
	assert_int_equal(p.slot[0].shard.lock, 2);
	assert_int_equal(p.slot[0].shard.seq, 7);
	page_close(&p);
}

static void
test_closes(void **state)
{
	struct page_shard s = {0};

	for (uint32_t i = 0; i < PAGE_CLOSES + 5; i++)
		page_count_close(&s, 4000 + i);
	page_count_close(&s, 4000);
	assert_int_equal(s.closes[0].count, 2);
	assert_int_equal(s.closes[PAGE_CLOSES - 1].count, 6);
}

/* How much of a session may have been handled: known, or known not to be. */
static void
f_b10_what_left_is_known_or_said_to_be_unknown(void **state)
{
	struct page p;
	struct err e;
	uint64_t seq;

	assert_int_equal(page_create(&p, dir, 2, &e), 0);
	assert_false(page_heard_get(&p.slot[0], 5, &seq));
	page_heard_set(&p.slot[0], 5, 0);
	assert_true(page_heard_get(&p.slot[0], 5, &seq));
	assert_int_equal(seq, 0);
	page_heard_set(&p.slot[0], 5, 17);
	page_heard_set(&p.slot[1], 6, 18);
	/* Another session, or another epoch of the same. */
	assert_false(page_heard_get(&p.slot[0], 6, &seq));
	p.slot[0].shard.pid = 77;
	page_close(&p);
	/* The page outlives every process... */
	assert_int_equal(page_create(&p, dir, 2, &e), 0);
	assert_true(page_heard_get(&p.slot[0], 5, &seq));
	assert_int_equal(seq, 17);
	/* ...but of a machine that went with the shard it may be an old copy. */
	str_copy(p.head->boot_id, "another", sizeof(p.head->boot_id));
	page_close(&p);
	assert_int_equal(page_create(&p, dir, 2, &e), 0);
	assert_false(page_heard_get(&p.slot[0], 5, &seq));
	assert_true(page_heard_get(&p.slot[1], 6, &seq));
	assert_int_equal(seq, 18);
	/* Killed in the middle of writing it. */
	atomic_store(&p.slot[1].heard.seq, 19);
	assert_false(page_heard_get(&p.slot[1], 6, &seq));
	page_close(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_reopen_keeps_cursors, setup,
		teardown),
	    cmocka_unit_test_setup_teardown(f_g2_the_living_are_of_this_boot,
		setup, teardown),
	    cmocka_unit_test(test_no_page_is_down),
	    cmocka_unit_test_setup_teardown(test_cursor_under_sigkill, setup,
		teardown),
	    cmocka_unit_test_setup_teardown(test_stranger, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_seqlock, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_a_reader_waits_for_a_writer_that_goes_on, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_put_leaves_the_lock_alone,
		setup, teardown),
	    cmocka_unit_test(test_closes),
	    cmocka_unit_test_setup_teardown(
		f_b10_what_left_is_known_or_said_to_be_unknown, setup,
		teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
