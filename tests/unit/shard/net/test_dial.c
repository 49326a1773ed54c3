/* SPDX-License-Identifier: MIT */
/*
 * dial.c against a server that answers what it likes, in pieces of any size.
 * The callback does what the real one may: it dials again, at once, so that the
 * memory of the dial that just ended is another one's.
 */
#include "shard/net/dial.h"

#include "shard/net/ws_upgrade.h"
#include "tests/unit/shard/net/net_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static struct {
	struct dial *dial;  /* the present one */
	struct dial *again; /* begun by the callback */
	unsigned calls;
	struct tls_socket *wire;
	bool reached;
	unsigned status;
	uint64_t retry_after_s;
	char why[400];
} got;

static SSL_CTX *tls;
static char url[64];
static const char *api;

static struct dial *begin(const char *to, dial_fn *);

static void
no_result(void *arg, const struct dial_result *r)
{
	fail_msg("the dial begun in the callback came to: %s", r->why);
}

static void
result(void *arg, const struct dial_result *r)
{
	got.calls++;
	got.dial = NULL;
	got.wire = r->wire;
	got.reached = r->reached;
	got.status = r->status;
	got.retry_after_s = r->retry_after_s;
	(void)str_copy(got.why, r->why, sizeof(got.why));
	if (got.again == NULL)
		got.again = begin(url, no_result);
}

static struct dial *
begin(const char *to, dial_fn *fn)
{
	struct dial_args a = {.url = to,
	    .api = api,
	    .query = "v=10",
	    .proxy = "",
	    .tls = tls};

	return dial_start(net.loop, net.timers, &a, fn, NULL);
}

static int
setup(void **state)
{
	memset(&got, 0, sizeof(got));
	net_open();
	tls = net_client_tls();
	(void)str_format(url, sizeof(url), "ws://127.0.0.1:%u/p", net.port);
	api = "http://127.0.0.1";
	return 0;
}

static int
teardown(void **state)
{
	dial_cancel(got.dial);
	dial_cancel(got.again);
	tls_socket_free(got.wire);
	SSL_CTX_free(tls);
	net_close();
	return 0;
}

/* Dials and reads the request. */
static int
request(char *text, size_t size)
{
	int fd;

	got.dial = begin(url, result);
	assert_int_equal(got.calls, 0);
	net_until((fd = net_accept()) >= 0);
	text[0] = '\0';
	net_until(!net_read(fd, text, size) || strstr(text, "\r\n\r\n"));
	return fd;
}

/* The answer in pieces of n bytes, each read before the next comes. */
static void
answer(int fd, const char *text, size_t len, size_t n)
{
	for (size_t at = 0; at < len; at += n) {
		net_write(fd, text + at, len - at < n ? len - at : n);
		net_turn();
	}
	net_until(got.calls > 0);
	assert_int_equal(got.calls, 1);
}

/* One more dial, one more answer. */
static void
again(const char *text, size_t len, size_t n)
{
	char req[2048];
	int fd;

	dial_cancel(got.again);
	memset(&got, 0, sizeof(got));
	fd = request(req, sizeof(req));
	answer(fd, text, len, n);
	close(fd);
	/* The one begun in the callback connects, too. */
	net_until((fd = net_accept()) >= 0);
	close(fd);
}

static const size_t pieces[] = {1 << 20, 4096, 1000, 7};

static void
f_a2_an_oversized_answer_ends_the_dial_once(void **state)
{
	static char text[WS_UPGRADE_ANSWER_MAX + 4096];

	memset(text, 'x', sizeof(text));
	memcpy(text, "HTTP/1.1 101 Yes\r\nA: ", 21);
	for (size_t i = 0; i < nitems(pieces); i++) {
		again(text, WS_UPGRADE_ANSWER_MAX, pieces[i]);
		assert_null(got.wire);
		assert_true(got.reached);
		assert_non_null(strstr(got.why, "16384 bytes of header"));
		again(text, sizeof(text), pieces[i]);
		assert_null(got.wire);
	}
}

/* Whatever is wrong: one call, words, and the next dial is not disturbed. */
static void
f_a2_no_answer_touches_a_dial_that_ended(void **state)
{
	static const struct {
		const char *text, *words;
		unsigned status;
	} cases[] = {
	    {"SSH-2.0-OpenSSH\r\n", "does not speak HTTP", 0},
	    {"HTTP/1.1 101 X\r\n\r\n", "no Upgrade: websocket", 0},
	    {"HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: upgrade"
	     "\r\nSec-WebSocket-Accept: no\r\n\r\n",
		"wrong Sec-WebSocket", 0},
	    {"HTTP/1.1 429 X\r\nRetry-After: 7\r\nCF-RAY: abc\r\n\r\n",
		"HTTP 429, Retry-After 7 s, CF-RAY abc", 429},
	    {"HTTP/1.1 520 \r\n\r\nbody", "HTTP 520", 520},
	};

	for (size_t i = 0; i < nitems(cases); i++)
		for (size_t n = 0; n < nitems(pieces); n++) {
			again(cases[i].text, strlen(cases[i].text), pieces[n]);
			assert_null(got.wire);
			assert_true(got.reached);
			assert_int_equal(got.status, cases[i].status);
			if (strstr(got.why, cases[i].words) == NULL)
				fail_msg("%s", got.why);
		}
}

static bool
got_hello(char hello[16])
{
	size_t have = strlen(hello);
	ssize_t n;

	tls_socket_wake(got.wire);
	n = tls_socket_read(got.wire, hello + have, 5 - have);
	assert_true(n >= 0);
	hello[have + (size_t)n] = '\0';
	return have + (size_t)n == 5;
}

static void
expect_open(const char *before, size_t piece)
{
	char req[2048], head[512], text[2048], hello[16] = "";
	int fd;

	dial_cancel(got.again);
	tls_socket_free(got.wire);
	memset(&got, 0, sizeof(got));
	fd = request(req, sizeof(req));
	assert_memory_equal(req, "GET /p?v=10 HTTP/1.1\r\n", 22);
	net_upgraded(req, head, sizeof(head));
	/* What comes in the segment of the answer is not lost. */
	assert_true(str_format(text, sizeof(text), "%s%sHELLO", before, head));
	answer(fd, text, strlen(text), piece);
	assert_non_null(got.wire);
	net_until(got_hello(hello));
	assert_string_equal(hello, "HELLO");
	close(fd);
	net_until((fd = net_accept()) >= 0);
	close(fd);
}

static void
test_open(void **state)
{
	for (size_t n = 0; n < nitems(pieces); n++)
		expect_open("", pieces[n]);
}

static void
f_b11_interim_answers_are_skipped(void **state)
{
	char many[2048] = "";

	for (size_t n = 0; n < nitems(pieces); n++) {
		expect_open("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n",
		    pieces[n]);
		expect_open("HTTP/1.1 100 Continue\r\n\r\n"
			    "HTTP/1.1 103 Early Hints\r\nUpgrade: no\r\n\r\n",
		    pieces[n]);
	}
	for (int i = 0; i < WS_UPGRADE_INTERIM_MAX + 1; i++)
		strcat(many, "HTTP/1.1 103 Early Hints\r\n\r\n");
	tls_socket_free(got.wire);
	got.wire = NULL;
	again(many, strlen(many), 1 << 20);
	assert_null(got.wire);
	assert_int_equal(got.status, 103);
}

static void
test_ends_early(void **state)
{
	char req[2048];
	int fd = request(req, sizeof(req));

	net_puts(fd, "HTTP/1.1 1");
	close(fd);
	net_until(got.calls == 1);
	assert_true(got.reached);
	assert_non_null(strstr(got.why, "before the upgrade"));
}

/* Bytes that are no TLS, where TLS should be. */
static void
test_no_tls(void **state)
{
	int fd;

	(void)str_format(url, sizeof(url), "wss://127.0.0.1:%u", net.port);
	got.dial = begin(url, result);
	net_until((fd = net_accept()) >= 0);
	net_puts(fd, "HTTP/1.1 400 Bad Request\r\n\r\n");
	net_until(got.calls == 1);
	assert_null(got.wire);
	assert_true(got.reached);
	assert_non_null(strstr(got.why, "no TLS to"));
	close(fd);
}

static void
test_nobody(void **state)
{
	close(net.listener);
	net.listener = -1;
	got.dial = begin(url, result);
	assert_int_equal(got.calls, 0);
	got.again = got.dial; /* no second one */
	net_until(got.calls == 1);
	got.again = NULL;
	assert_false(got.reached);
	assert_non_null(strstr(got.why, "cannot connect to"));
}

/* The calls that came of it; not at once, and nobody was reached. */
static unsigned
begin_bad(const char *to)
{
	memset(&got, 0, sizeof(got));
	got.dial = got.again = begin(to, result);
	assert_int_equal(got.calls, 0);
	net_until(got.calls > 0);
	got.again = NULL;
	assert_false(got.reached);
	return got.calls;
}

static void
test_bad_url(void **state)
{
	assert_int_equal(begin_bad("http://127.0.0.1/"), 1);
	assert_string_equal(got.why,
	    "the gateway URL is refused: it is no ws:// or wss:// URL");
	assert_int_equal(begin_bad("ws://127.0.0.1:99999/"), 1);
	assert_string_equal(got.why, "the gateway URL is not usable");
}

/* Nobody is even connected to. */
static void
f_b6_a_plain_url_is_not_dialled_while_api_is_not(void **state)
{
	api = "https://discord.com/api/v10";
	assert_int_equal(begin_bad(url), 1);
	assert_non_null(strstr(got.why, "in the clear"));
	for (int i = 0; i < 20; i++) {
		assert_int_equal(net_accept(), -1);
		net_turn();
	}
}

/* Cancelled after so many turns, wherever it is then: no callback. */
static void
test_cancel_anywhere(void **state)
{
	for (int turns = 0; turns < 12; turns++) {
		int fd = -1;

		got.dial = begin(url, result);
		for (int i = 0; i < turns; i++) {
			if (fd < 0 && (fd = net_accept()) >= 0)
				net_puts(fd, "HTTP/1.1 101 X\r\n");
			net_turn();
		}
		dial_cancel(got.dial);
		got.dial = NULL;
		for (int i = 0; i < 5; i++)
			net_turn();
		assert_int_equal(got.calls, 0);
		if (fd < 0)
			fd = net_accept();
		if (fd >= 0)
			close(fd);
	}
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(f_a2_an_oversized_answer_ends_the_dial_once),
	    T(f_a2_no_answer_touches_a_dial_that_ended),
	    T(test_open),
	    T(f_b11_interim_answers_are_skipped),
	    T(test_ends_early),
	    T(test_no_tls),
	    T(test_nobody),
	    T(test_bad_url),
	    T(f_b6_a_plain_url_is_not_dialled_while_api_is_not),
	    T(test_cancel_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
