/* SPDX-License-Identifier: MIT */
/*
 * orphan.c against a socket that this test listens on, its time against the
 * fake clock; and nonce.c, by which the two know each other.
 */
#include "shared/wire/orphan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include "shared/config/config_diff.h"
#include "tests/unit/rig/fake_time.h"
#include "tests/unit/rig/scratch.h"

#define LIMIT_S 60

static struct {
	char dir[SCRATCH_MAX];
	struct config config;
	struct ev_loop *loop;
	struct timers *timers;
	struct ipc ipc; /* the orphan's channel */
	struct orphan orphan;
	struct nonce nonce;
	int listener, pipe[2], supervisor;
	unsigned adopted, left, heard;
	char why[256];
	struct ipc peer; /* the next supervisor's end */
	struct msg_adopt said;
	int fd;
} t;

/* ---- the orphan ----------------------------------------------------- */

static void
describe(struct orphan *o, struct msg_adopt *m)
{
	m->generation = 7;
	m->uplink = 3;
}

static void
adopted(struct orphan *o)
{
	t.adopted++;
}

static void
leave(struct orphan *o, const char *why)
{
	t.left++;
	str_copy(t.why, why, sizeof(t.why));
}

static const struct orphan_ops ops = {describe, adopted, leave};

static void
on_msg(struct ipc *ipc, const struct msg_hdr *h, const void *payload, int fd)
{
	t.heard++;
}

static void
on_gone(struct ipc *ipc, const char *why)
{
	(void)orphan_begin(&t.orphan);
}

/* ---- the next supervisor -------------------------------------------- */

static void
peer_msg(struct ipc *ipc, const struct msg_hdr *h, const void *payload, int fd)
{
	assert_int_equal(h->type, MSG_ADOPT);
	assert_int_equal(h->shard, 4);
	assert_int_equal(h->len, sizeof(t.said));
	memcpy(&t.said, payload, sizeof(t.said));
	t.fd = fd;
}

static void
peer_gone(struct ipc *ipc, const char *why)
{
}

static void
turn(void)
{
	for (int i = 0; i < 10; i++)
		ev_run(t.loop, EVRUN_NOWAIT);
}

static void
listen_now(void)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};

	assert_true(str_format(sa.sun_path, sizeof(sa.sun_path), "%s/%s", t.dir,
	    CONTRACT_ADOPT_SOCK));
	unlink(sa.sun_path);
	t.listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(t.listener, (struct sockaddr *)&sa, sizeof(sa)),
	    0);
	assert_int_equal(listen(t.listener, 4), 0);
}

static void
answer_call(void)
{
	int fd = accept4(t.listener, NULL, NULL, SOCK_NONBLOCK);

	assert_int_not_equal(fd, -1);
	ipc_open(&t.peer, t.loop, fd, "orphan", peer_msg, peer_gone);
	turn();
}

static void
supervisor_dies(void)
{
	close(t.supervisor);
	t.supervisor = -1;
	turn();
}

static int
setup(void **state)
{
	int fds[2];
	struct err e;

	memset(&t, 0, sizeof(t));
	t.listener = t.peer.fd = t.fd = -1;
	fake_time_reset();
	if (scratch_make(t.dir, sizeof(t.dir)) != 0 || pipe(t.pipe) != 0
	    || ipc_pair(fds, &e) != 0)
		return -1;
	t.config.orphan_time_s = LIMIT_S;
	t.config.run_dir = t.config.state_dir = t.dir;
	t.loop = ev_loop_new(EVFLAG_AUTO);
	t.timers = timer_base_new(t.loop);
	t.supervisor = fds[1];
	if (nonce_make(&t.nonce, t.dir, "token", &e) != 0)
		return -1;
	ipc_open(&t.ipc, t.loop, fds[0], "supervisor", on_msg, on_gone);
	orphan_init(&t.orphan, t.timers, &t.ipc, &t.config, CONTRACT_SHARD, 4,
	    t.pipe[0], &t.nonce, &ops);
	return 0;
}

static int
teardown(void **state)
{
	orphan_end(&t.orphan);
	ipc_close(&t.ipc);
	ipc_close(&t.peer);
	timer_base_free(t.timers);
	ev_loop_destroy(t.loop);
	for (int i = 0; i < 2; i++)
		close(t.pipe[i]);
	if (t.fd != -1)
		close(t.fd);
	if (t.supervisor != -1)
		close(t.supervisor);
	if (t.listener != -1)
		close(t.listener);
	return scratch_remove(t.dir);
}

/* ---- tests ---------------------------------------------------------- */

static void
test_taken_over(void **state)
{
	struct msg_adopted ok = {.pid = getpid()};
	char word[3] = "";

	supervisor_dies();
	assert_true(orphan_is(&t.orphan));
	fake_time_advance(30000); /* nobody listens for a while */
	assert_int_equal(t.left, 0);
	listen_now();
	fake_time_advance(1000);
	answer_call();
	assert_int_equal(t.said.pid, getpid());
	assert_int_equal(t.said.generation, 7);
	assert_int_equal(t.said.uplink, 3);
	assert_memory_equal(t.said.nonce, t.nonce.bytes, sizeof(t.said.nonce));
	assert_memory_equal(t.said.seal, t.nonce.seal, sizeof(t.said.seal));
	/* What it wrote meanwhile is in the pipe that was handed over. */
	assert_int_equal(write(t.pipe[1], "hm", 2), 2);
	assert_int_equal(read(t.fd, word, 2), 2);
	assert_string_equal(word, "hm");
	ipc_send(&t.peer, MSG_ADOPTED, 4, 0, &ok, sizeof(ok), -1);
	ipc_send(&t.peer, MSG_RECONNECT, 4, 0, NULL, 0, -1);
	turn();
	assert_int_equal(t.adopted, 1);
	assert_int_equal(t.heard, 1); /* the channel is one again */
	assert_false(orphan_is(&t.orphan));
	fake_time_advance(LIMIT_S * 1000);
	assert_int_equal(t.left, 0);
	/* And again: the second one dies, too. */
	ipc_close(&t.peer);
	turn();
	assert_true(orphan_is(&t.orphan));
}

static void
test_time_is_bounded(void **state)
{
	supervisor_dies();
	fake_time_advance(LIMIT_S * 1000 - 2000);
	assert_int_equal(t.left, 0);
	fake_time_advance(4000);
	assert_int_equal(t.left, 1);
	assert_non_null(strstr(t.why, "orphan_time"));
	assert_int_equal(fake_time_next(), UINT64_MAX);
}

static void
test_not_at_all(void **state)
{
	t.orphan.limit_s = 0;
	assert_false(orphan_begin(&t.orphan));
	assert_false(orphan_is(&t.orphan));
}

static void
test_refused(void **state)
{
	struct msg_refused no = {.text = "the token was changed"};

	listen_now();
	supervisor_dies();
	fake_time_advance(1000);
	answer_call();
	ipc_send(&t.peer, MSG_REFUSED, 4, 0, &no, sizeof(no), -1);
	turn();
	assert_int_equal(t.left, 1);
	assert_string_equal(t.why, "the token was changed");
	assert_int_equal(t.ipc.fd, -1);
}

/* One that accepts and then neither answers nor ends. */
static void
test_no_answer(void **state)
{
	listen_now();
	supervisor_dies();
	fake_time_advance(1000);
	answer_call();
	ipc_close(&t.peer);
	close(t.fd);
	t.fd = -1;
	turn();
	fake_time_advance(1000);
	answer_call(); /* the end made it call again */
	fake_time_advance(ORPHAN_ANSWER_S * 1000 + 1000);
	turn();
	ipc_close(&t.peer);
	close(t.fd);
	t.fd = -1;
	answer_call(); /* so did its silence */
	assert_int_equal(t.left, 0);
	assert_int_equal(t.adopted, 0);
}

static void
test_other_contract(void **state)
{
	struct msg_hdr h = {.type = MSG_REFUSED,
	    .version = CONTRACT_VERSION + 1};

	listen_now();
	supervisor_dies();
	fake_time_advance(1000);
	answer_call();
	assert_int_equal(send(t.peer.fd, &h, sizeof(h), 0), sizeof(h));
	turn();
	assert_int_equal(t.left, 1);
	assert_non_null(strstr(t.why, "contract version"));
}

static void
test_nonce(void **state)
{
	struct nonce same, other;
	char path[SCRATCH_MAX + 8];
	struct stat st;
	struct err e;

	assert_int_equal(nonce_read(&same, t.dir, "token", &e), 0);
	assert_memory_equal(&same, &t.nonce, sizeof(same));
	assert_int_equal(nonce_read(&other, t.dir, "another", &e), 0);
	assert_memory_equal(other.bytes, same.bytes, sizeof(same.bytes));
	assert_memory_not_equal(other.seal, same.seal, sizeof(same.seal));
	assert_int_equal(nonce_make(&other, t.dir, "token", &e), 0);
	assert_memory_not_equal(other.bytes, same.bytes, sizeof(same.bytes));
	str_format(path, sizeof(path), "%s/nonce", t.dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(truncate(path, 5), 0);
	assert_int_equal(nonce_read(&same, t.dir, "token", &e), -1);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(nonce_read(&same, t.dir, "token", &e), -1);
}

/* Which classes of keys a change shows in. */
static void
test_config_sum(void **state)
{
	static const char
	    plain[] = "[bot]\nintents = GUILDS\n",
	    said[] = "[bot]\nintents = GUILDS\n[gateway]\ncompress = "
		     "auto\n",
	    other[] = "[bot]\nintents = GUILDS\n[gateway]\ncompress = none\n"
		      "[log]\nlevel = debug\n[plugin \"a\"]\nexec = /bin/cat\n";
	struct config a, b, c;
	struct err e;

	assert_int_equal(config_parse(&a, "shardherd.conf", plain, NULL, NULL,
			     &e),
	    0);
	assert_int_equal(config_parse(&b, "shardherd.conf", said, NULL, NULL,
			     &e),
	    0);
	assert_int_equal(config_parse(&c, "shardherd.conf", other, NULL, NULL,
			     &e),
	    0);
	for (unsigned i = 0; i < CONFIG_RELOAD_CLASSES; i++) {
		bool differs = i == CONFIG_RELOAD_SHARDS
		    || i == CONFIG_RELOAD_HANDLER || i == CONFIG_RELOAD_LIVE;

		/* A default that is written out is still the default. */
		assert_true(config_diff_sum(&a, i) == config_diff_sum(&b, i));
		assert_int_equal(config_diff_sum(&a, i)
			!= config_diff_sum(&c, i),
		    differs);
	}
	config_free(&a);
	config_free(&b);
	config_free(&c);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(test_taken_over),
	    T(test_time_is_bounded),
	    T(test_not_at_all),
	    T(test_refused),
	    T(test_no_answer),
	    T(test_other_contract),
	    T(test_nonce),
	    T(test_config_sum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
