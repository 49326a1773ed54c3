/* SPDX-License-Identifier: MIT */
/*
 * What two programs of an upgrade say to each other: the answer of the one that
 * is examined, and the words the exec passes on.
 */
#include "supervisor/upgrade/upgrade_handoff.h"
#include "supervisor/upgrade/upgrade_check.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "shared/wire/contract.h"
#include "supervisor/base/request.h"

#define EXITED(code) ((code) << 8)
#define KILLED(sig) (sig)

/* ---- answers -------------------------------------------------------- */

static void
refuses(const char *said, int status, int code, const char *words)
{
	struct examined x;
	struct err e;

	assert_int_equal(upgrade_check_read(said, status, &x, &e), -1);
	assert_int_equal(e.code, code);
	if (strstr(e.text, words) == NULL)
		fail_msg("\"%s\" is not in: %s", words, e.text);
}

static void
test_examined(void **state)
{
	struct examined x;
	struct err e;

	assert_int_equal(upgrade_check_read("a warning\n" CONTRACT_EXAMINED
					    "ok 1.2.3 4 5\n",
			     EXITED(0), &x, &e),
	    0);
	assert_string_equal(x.version, "1.2.3");
	assert_int_equal(x.contract, 4);
	assert_int_equal(x.page, 5);
	/* More versions may follow one day. */
	assert_int_equal(upgrade_check_read(CONTRACT_EXAMINED "ok 2 1 3 9\n",
			     EXITED(0), &x, &e),
	    0);
	refuses(CONTRACT_EXAMINED "error 78 no such key\n", EXITED(78),
	    EXIT_CONFIG, "no such key");
	refuses("", EXITED(0), EXIT_DEGRADED, "without a word");
	refuses("", KILLED(SIGSEGV), EXIT_DEGRADED, "signal 11");
	refuses("\n\nsome library is missing\n\n", EXITED(127), EXIT_DEGRADED,
	    "exited with code 127 when asked whether it can take over: some "
	    "library is missing");
	/* What it says and how it ends must agree. */
	refuses(CONTRACT_EXAMINED "ok 1.2.3 4 5\n", EXITED(1), EXIT_DEGRADED,
	    "not understood");
	refuses(CONTRACT_EXAMINED "ok 1.2.3 four\n", EXITED(0), EXIT_DEGRADED,
	    "not understood");
	/* The last word counts. */
	refuses(CONTRACT_EXAMINED "ok 1.2.3 4 5\nAborted", KILLED(SIGABRT),
	    EXIT_DEGRADED, "Aborted");
}

/* ---- words ---------------------------------------------------------- */

static int
count(char **argv)
{
	int n = 0;

	while (argv[n] != NULL)
		n++;
	return n;
}

static void
test_words_round_trip(void **state)
{
	const struct arrival out = {.lock = 3,
	    .config = 17,
	    .token = 18,
	    .client = -1,
	    .back = 21,
	    .count = 16,
	    .foreground = 1,
	    .nofile = 1024,
	    .path = "/etc/a b.conf",
	    .from = "1.2.3",
	    .home = "/opt/shardherd",
	    .why = "it = broken"};
	char path[] = "/opt/next";
	char **argv = upgrade_handoff_argv(&out, path);
	struct arrival in;
	struct err e;

	assert_string_equal(argv[0], path);
	assert_string_equal(argv[1], CONTRACT_ROLE_SUPERVISOR);
	assert_int_equal(upgrade_handoff_parse(count(argv) - 2, argv + 2, &in,
			     &e),
	    0);
#define X(m, s) assert_true(in.m == out.m);
	UPGRADE_HANDOFF_FDS(X)
	UPGRADE_HANDOFF_NUMBERS(X)
#undef X
	assert_string_equal(in.path, out.path);
	assert_string_equal(in.from, out.from);
	assert_string_equal(in.home, out.home);
	assert_string_equal(in.why, out.why);
	free(argv);
}

/* Words, split at blanks. */
static int
parse(const char *words, struct arrival *a)
{
	char text[256], *argv[16], *save = NULL;
	struct err e;
	int n = 0;

	str_copy(text, words, sizeof(text));
	for (char *w = strtok_r(text, " ", &save); w != NULL;
	     w = strtok_r(NULL, " ", &save))
		argv[n++] = w;
	return upgrade_handoff_parse(n, argv, a, &e);
}

static void
test_words_of_others(void **state)
{
	struct arrival a;

	/* Of a later version; too few; by hand. */
	assert_int_equal(parse("lock=3 config=4 token=5 path=/a colour=green "
			       "locks=9",
			     &a),
	    0);
	assert_int_equal(a.lock, 3);
	assert_int_equal(a.client, -1);
	assert_int_equal(a.count, 0);
	assert_int_equal(parse("lock=3 token=5 path=/a", &a), -1);
	assert_int_equal(parse("lock=-3 config=4 token=5 path=/a", &a), -1);
	assert_int_equal(parse("", &a), -1);
}

static void
test_fds_are_kept(void **state)
{
	struct arrival a = {.lock = open("/dev/null", O_RDONLY | O_CLOEXEC),
	    .config = -1,
	    .token = -1,
	    .client = -1,
	    .back = -1};

	assert_int_not_equal(a.lock, -1);
	upgrade_handoff_keep(&a, true);
	assert_int_equal(fcntl(a.lock, F_GETFD), 0);
	upgrade_handoff_keep(&a, false);
	assert_int_equal(fcntl(a.lock, F_GETFD), FD_CLOEXEC);
	close(a.lock);
}

/* ---- the request ---------------------------------------------------- */

static int
ask(const char *line, struct request *r)
{
	struct err e;

	return request_parse(line, strlen(line), r, &e);
}

static void
test_request(void **state)
{
	struct request r;

	assert_int_equal(ask("{\"cmd\":\"upgrade\"}", &r), 0);
	assert_string_equal(r.upgrade.path, "");
	assert_false(
	    r.upgrade.force || r.upgrade.check || r.upgrade.keep_handler);
	assert_int_equal(
	    ask("{\"cmd\":\"upgrade\",\"binary\":\"/a/b\","
		"\"check\":true,\"force\":true,\"keep_handler\":true}",
		&r),
	    0);
	assert_string_equal(r.upgrade.path, "/a/b");
	assert_true(
	    r.upgrade.force && r.upgrade.check && r.upgrade.keep_handler);
	assert_int_equal(ask("{\"cmd\":\"upgrade\",\"binary\":\"a/b\"}", &r),
	    -1);
	assert_int_equal(ask("{\"cmd\":\"upgrade\",\"force\":1}", &r), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_examined),
	    cmocka_unit_test(test_words_round_trip),
	    cmocka_unit_test(test_words_of_others),
	    cmocka_unit_test(test_fds_are_kept),
	    cmocka_unit_test(test_request),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
