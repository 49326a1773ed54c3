/* SPDX-License-Identifier: MIT */
/*
 * The whole supervisor against the fakes of fake_fleet.c; this program is also
 * its handler, as that is an exec of ourselves.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <openssl/sha.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "supervisor/supervisor.h"
#include "tests/unit/supervisor/fake_fleet.h"

#define WAIT_MS 60000 /* and no test is judged by less */

static char dir[64], **self_argv;
static int api_port;
static const char *intents = "513", *where = "state";

/* Not clock_boot_ms(): its name would link the fake clock. */
static uint64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* ---- running a supervisor ------------------------------------------- */

struct run {
	pid_t pid;
	int ready_fd;
	char ready[512];
};

static char *
conf_text(const char *state, const char *run, const char *more)
{
	static char text[2048];

	snprintf(text, sizeof(text),
	    "[bot]\nname = test\ntoken_file = token\n"
	    "intents = %s\n[gateway]\napi = http://127.0.0.1:%d\n"
	    "identify_interval = 200ms\n%s\n[paths]\nstate_dir = %s\n"
	    "run_dir = %s\nlog_dir = log\n[limits]\nstop_timeout = 3s\n"
	    "restart_min = 50ms\n",
	    intents, api_port, more, state, run);
	return text;
}

static void
problem(const char *line, void *arg)
{
	fprintf(stderr, "%s\n", line);
}

static struct run
start(const char *state, const char *run_dir, const char *more)
{
	char path[128];
	struct config *c = base_alloc(sizeof(*c));
	struct run r = {0};
	struct err e;
	int fds[2];

	snprintf(path, sizeof(path), "%s/shardherd.conf", dir);
	assert_int_equal(config_parse(c, path, conf_text(state, run_dir, more),
			     problem, NULL, &e),
	    0);
	assert_int_equal(pipe(fds), 0);
	r.pid = fork();
	if (r.pid == 0) {
		struct supervisor_args a = {.config = c,
		    .argv = self_argv,
		    .ready_fd = fds[1],
		    .shard_main = shard_main};

		close(fds[0]);
		alarm(600);
		_exit(supervisor_main(&a));
	}
	close(fds[1]);
	config_free(c);
	free(c);
	r.ready_fd = fds[0];
	return r;
}

static const char *
ready_line(struct run *r)
{
	size_t n = 0;
	ssize_t got;

	while (n < sizeof(r->ready) - 1) {
		struct pollfd p = {r->ready_fd, POLLIN, 0};

		if (poll(&p, 1, WAIT_MS) != 1)
			break;
		got = read(r->ready_fd, r->ready + n, sizeof(r->ready) - 1 - n);
		if (got <= 0)
			break;
		n += (size_t)got;
	}
	r->ready[n] = '\0';
	close(r->ready_fd);
	return r->ready;
}

static int
wait_end(struct run *r)
{
	for (uint64_t end = now_ms() + WAIT_MS; now_ms() < end;) {
		int status;

		if (waitpid(r->pid, &status, WNOHANG) == r->pid)
			return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
		poll(NULL, 0, 10);
	}
	kill(r->pid, SIGKILL);
	waitpid(r->pid, NULL, 0);
	return -2;
}

static char *
in_dir(const char *name)
{
	static char path[160];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

/* Waits until cond(page) holds; the page is open only meanwhile. */
static bool
eventually(bool (*cond)(const struct page *))
{
	for (uint64_t end = now_ms() + WAIT_MS; now_ms() < end;) {
		struct page p;
		bool yes;

		if (page_open(&p, in_dir(where), NULL) == 0) {
			yes = cond(&p);
			page_close(&p);
			if (yes)
				return true;
		}
		poll(NULL, 0, 10);
	}
	return false;
}

static bool
all_ready(const struct page *p)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < p->head->slots; i++)
		n += p->slot[i].shard.state == SHARD_READY
		    && p->slot[i].watch.pid > 0;
	return n == SHARDS && p->head->cluster.local == SHARDS;
}

static unsigned want_uplinks[SHARDS];

static bool
uplinks_there(const struct page *p)
{
	for (int i = 0; i < SHARDS; i++)
		if (fake_world->uplinks[i] < want_uplinks[i])
			return false;
	return all_ready(p);
}

static pid_t
pid_of(int shard)
{
	struct page p;
	pid_t pid;

	assert_int_equal(page_open(&p, in_dir("state"), NULL), 0);
	pid = shard < 0 ? p.head->handler_watch.pid : p.slot[shard].watch.pid;
	page_close(&p);
	assert_true(pid > 1); /* 0 would be ourselves */
	return pid;
}

static uint64_t
crashes_of(int shard, enum crash_cause cause)
{
	struct page p;
	uint64_t n;

	assert_int_equal(page_open(&p, in_dir("state"), NULL), 0);
	n = shard < 0 ? p.head->handler_watch.crashes[cause]
		      : p.slot[shard].watch.crashes[cause];
	page_close(&p);
	return n;
}

static const char *
ask_control(const char *line)
{
	static char answer[1024];
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	struct pollfd p = {fd, POLLIN, 0};
	ssize_t n;

	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s/run/control.sock", dir);
	assert_int_equal(connect(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	fd_write_all(fd, line, strlen(line));
	assert_int_equal(poll(&p, 1, WAIT_MS), 1);
	n = read(fd, answer, sizeof(answer) - 1);
	answer[n > 0 ? n : 0] = '\0';
	close(fd);
	return answer;
}

struct entries {
	unsigned all, ready;
};

static int
count_entry(const struct store_identify *id, void *arg)
{
	struct entries *n = arg;

	n->all++;
	n->ready += id->outcome == OUTCOME_READY;
	return 0;
}

/* Entries of the ledger, once each of them is settled as READY. */
static unsigned
ledger_entries(void)
{
	uint64_t end = now_ms() + WAIT_MS;
	struct entries n;
	struct store st;

	assert_int_equal(store_init(&st, in_dir("state"), NULL), 0);
	do {
		n = (struct entries) {0};
		assert_int_equal(store_identify_each(&st, 0, count_entry, &n,
				     NULL),
		    0);
	} while (n.ready != n.all && now_ms() < end && poll(NULL, 0, 10) == 0);
	assert_int_equal(n.ready, n.all);
	return n.all;
}

/* Our fake shards need the identity that the real ones compute. */
static void
put_identity(const char *state)
{
	static const unsigned char text[] = "shardherd tokena-bot-token";
	unsigned char md[32];
	struct store st;

	mkdir(in_dir(state), 0700);
	assert_int_equal(store_init(&st, in_dir(state), NULL), 0);
	SHA256(text, sizeof(text) - 1, md);
	assert_int_equal(store_blob_put(&st, "test-identity", md, 8, NULL), 0);
}

/* ---- the tests, in one order ---------------------------------------- */

static struct run fleet;

static void
test_first_start(void **state)
{
	put_identity("state");
	fleet = start("state", "run", "");
	assert_string_equal(ready_line(&fleet), "ok\n");
	for (int i = 0; i < SHARDS; i++)
		want_uplinks[i] = 1;
	assert_true(eventually(uplinks_there));
	assert_int_equal(fake_world->identifies, SHARDS);
	assert_int_equal(ledger_entries(), SHARDS);
}

static void
test_dead_shard_comes_back(void **state)
{
	assert_int_equal(kill(pid_of(2), SIGKILL), 0);
	want_uplinks[2] = 2;
	assert_true(eventually(uplinks_there));
	assert_int_equal(crashes_of(2, CRASH_SIGNAL), 1);
	assert_int_equal(fake_world->identifies, SHARDS);
}

static void
test_dead_handler_comes_back(void **state)
{
	pid_t was = pid_of(-1);

	assert_int_equal(kill(was, SIGKILL), 0);
	for (int i = 0; i < SHARDS; i++)
		want_uplinks[i]++;
	assert_true(eventually(uplinks_there));
	assert_int_not_equal(pid_of(-1), was);
	assert_int_equal(crashes_of(-1, CRASH_SIGNAL), 1);
	assert_int_equal(fake_world->starts[0], 1); /* shards stayed */
}

static void
test_control(void **state)
{
	pid_t was = pid_of(3);

	assert_non_null(
	    strstr(ask_control("{\"cmd\":\"ping\"}\n"), "\"ok\":true"));
	assert_non_null(strstr(ask_control("nonsense\n"), "\"code\":64"));
	assert_non_null(strstr(ask_control("{\"cmd\":\"shard\",\"id\":9,"
					   "\"action\":\"restart\"}\n"),
	    "\"ok\":false"));
	assert_non_null(strstr(ask_control("{\"cmd\":\"shard\",\"id\":3,"
					   "\"action\":\"restart\"}\n"),
	    "\"ok\":true"));
	want_uplinks[3]++;
	assert_true(eventually(uplinks_there));
	assert_int_not_equal(pid_of(3), was);
	assert_int_equal(crashes_of(3, CRASH_EXIT), 0);
}

static void
test_run_dir_vanishes(void **state)
{
	struct stat st;
	uint64_t end = now_ms() + WAIT_MS;

	unlink(in_dir("run/control.sock"));
	rmdir(in_dir("run"));
	while (stat(in_dir("run/control.sock"), &st) == -1 && now_ms() < end)
		poll(NULL, 0, 20);
	assert_non_null(
	    strstr(ask_control("{\"cmd\":\"ping\"}\n"), "\"ok\":true"));
}

static void
refused(const char *state, const char *run_dir, const char *more, int code,
    const char *words)
{
	struct run r = start(state, run_dir, more);
	char want[32];

	snprintf(want, sizeof(want), "error %d ", code);
	assert_non_null(strstr(ready_line(&r), want));
	if (strstr(r.ready, words) == NULL)
		fail_msg("\"%s\" lacks \"%s\"", r.ready, words);
	assert_int_equal(wait_end(&r), code);
}

static void
test_second_supervisor(void **state)
{
	char pid[16];

	snprintf(pid, sizeof(pid), "pid %d", (int)fleet.pid);
	refused("state", "run", "", EXIT_TRY_LATER, pid);
	refused("other", "run", "", EXIT_TRY_LATER, pid);
	assert_true(eventually(all_ready));
}

static bool
stopped(const struct page *p)
{
	for (uint32_t i = 0; i < p->head->slots; i++)
		if (p->slot[i].watch.pid != 0)
			return false;
	return p->head->cluster.pid == 0;
}

static void
test_stop(void **state)
{
	pid_t shard = pid_of(1), handler = pid_of(-1);

	kill(fleet.pid, SIGTERM);
	assert_int_equal(wait_end(&fleet), 0);
	assert_true(eventually(stopped));
	assert_int_equal(kill(shard, 0), -1);
	assert_int_equal(kill(handler, 0), -1);
}

static bool
held(const struct page *p)
{
	return p->head->cluster.held && p->head->cluster.held_code != 0
	    && p->head->cluster.note[0].text[0] != '\0';
}

static bool
released(const struct page *p)
{
	return !p->head->cluster.held;
}

static bool
checked(const struct page *p)
{
	return p->head->cluster.release_checks == 1;
}

/* Sessions exist: nothing waits for the API, nothing identifies. */
static void
test_restart_resumes(void **state)
{
	fake_world->api_status = 503;
	fleet = start("state", "run", "");
	assert_string_equal(ready_line(&fleet), "ok\n");
	for (int i = 0; i < SHARDS; i++)
		want_uplinks[i] = fake_world->uplinks[i];
	assert_true(eventually(all_ready));
	assert_int_equal(fake_world->identifies, SHARDS);
	assert_int_equal(ledger_entries(), SHARDS);
	/* The token dies while we run: no IDENTIFY any more, sessions stay. */
	fake_world->api_status = 401;
	assert_true(eventually(held));
	assert_true(eventually(all_ready));
	/* It was only Discord: an operator asks again, and is let go. */
	assert_non_null(
	    strstr(ask_control("{\"cmd\":\"release\"}\n"), "\"ok\":true"));
	assert_true(eventually(checked));
	assert_true(eventually(held));
	fake_world->api_status = 200;
	assert_non_null(
	    strstr(ask_control("{\"cmd\":\"release\"}\n"), "\"ok\":true"));
	assert_true(eventually(released));
	assert_non_null(
	    strstr(ask_control("{\"cmd\":\"release\"}\n"), "not on hold"));
	kill(fleet.pid, SIGTERM);
	assert_int_equal(wait_end(&fleet), 0);
}

static void
test_refusals(void **state)
{
	fake_world->api_status = 401;
	refused("fresh", "run", "", EXIT_CONFIG, "token");
	fake_world->api_status = 200;
	refused("/proc/nowhere", "run", "", EXIT_CONFIG, "state_dir");
	chmod(in_dir("token"), 0644);
	refused("fresh", "run", "", EXIT_CONFIG, "token");
	chmod(in_dir("token"), 0600);
}

/* A directory where a file or a socket must be: once when Discord has said how
 * many shards to start, once when the store knows. */
static void
f_a6_a_launch_that_fails_ends_in_order(void **state)
{
	static const char *const in_the_way[] = {"state/nonce",
	    "run/adopt.sock"};
	static const int code[] = {EXIT_DEGRADED, EXIT_CONFIG};
	char name[64];

	for (size_t i = 0; i < nitems(in_the_way); i++) {
		snprintf(name, sizeof(name), "half-%s", in_the_way[i]);
		name[strcspn(name, "/")] = '\0';
		mkdir(in_dir(name), 0700);
		snprintf(name, sizeof(name), "half-%s", in_the_way[i]);
		mkdir(in_dir(name), 0700);
		refused("half-state", "half-run", "", code[i], "half-");
		assert_int_equal(rmdir(in_dir(name)), 0);
	}
	mkdir(in_dir("half-run/adopt.sock"), 0700);
	refused("state", "half-run", "", EXIT_CONFIG, "adopt.sock");
	assert_int_equal(rmdir(in_dir("half-run/adopt.sock")), 0);
}

static void
test_intents_are_checked(void **state)
{
	intents = "GUILDS, GUILD_MEMBERS";
	refused("fresh", "run", "", EXIT_CONFIG, "asks for GUILD_MEMBERS,");
	intents = "513";
}

static void
test_fatal_close(void **state)
{
	unsigned before = fake_world->identifies;

	put_identity("fatal");
	fake_world->fatal_code = 4014;
	where = "fatal";
	fleet = start("fatal", "run", "");
	assert_string_equal(ready_line(&fleet), "ok\n");
	assert_true(eventually(held));
	/* One bucket of two keys may have gone out, no more. */
	assert_in_range(fake_world->identifies - before, 1, 2);
	/* The supervisor stays, and a release brings all of them up. */
	fake_world->fatal_code = 0;
	assert_non_null(
	    strstr(ask_control("{\"cmd\":\"release\"}\n"), "\"ok\":true"));
	assert_true(eventually(released));
	assert_true(eventually(all_ready));
	kill(fleet.pid, SIGTERM);
	assert_int_equal(wait_end(&fleet), 0);
	where = "state";
}

static void
remove_tree(const char *path)
{
	DIR *d = opendir(path);
	char sub[1024];

	for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		snprintf(sub, sizeof(sub), "%s/%s", path, e->d_name);
		if (e->d_type == DT_DIR)
			remove_tree(sub);
		else
			unlink(sub);
	}
	if (d != NULL)
		closedir(d);
	rmdir(path);
}

static int
set_up(void **state)
{
	FILE *f;

	signal(SIGPIPE, SIG_IGN);
	str_copy(dir, "/tmp/shardherd-fleet.XXXXXX", sizeof(dir));
	if (mkdtemp(dir) == NULL)
		return -1;
	f = fopen(in_dir("token"), "w");
	fputs("a-bot-token\n", f);
	fclose(f);
	chmod(in_dir("token"), 0600);
	api_port = fake_fleet_open();
	return api_port == -1 ? -1 : 0;
}

static int
tear_down(void **state)
{
	char path[128], line[512];
	FILE *f;

	if (fleet.pid > 0 && kill(fleet.pid, 0) == 0)
		wait_end(&fleet);
	fake_fleet_close();
	snprintf(path, sizeof(path), "%s/log/shardherd.log", dir);
	f = getenv("SHOW_LOG") != NULL ? fopen(path, "r") : NULL;
	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		fputs(line, stderr);
	if (f != NULL)
		fclose(f);
	remove_tree(dir);
	return 0;
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_first_start),
	    cmocka_unit_test(test_dead_shard_comes_back),
	    cmocka_unit_test(test_dead_handler_comes_back),
	    cmocka_unit_test(test_control),
	    cmocka_unit_test(test_run_dir_vanishes),
	    cmocka_unit_test(test_second_supervisor),
	    cmocka_unit_test(test_stop),
	    cmocka_unit_test(test_restart_resumes),
	    cmocka_unit_test(test_refusals),
	    cmocka_unit_test(f_a6_a_launch_that_fails_ends_in_order),
	    cmocka_unit_test(test_intents_are_checked),
	    cmocka_unit_test(test_fatal_close),
	};

	self_argv = argv;
	if (argc > 1 && strcmp(argv[1], CONTRACT_ROLE_HANDLER) == 0)
		return fake_fleet_handler(argv);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
