/* SPDX-License-Identifier: MIT */
/* See live.h. */
#include "tools/cli/events/live.h"

#include "shared/base/clock.h"
#include "shared/base/text.h"
#include "shared/json/json.h"
#include "tools/cli/base/control_ask.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_BYTES (64u << 10)
#define ANSWER_S 10 /* of the supervisor */

void
live_close(struct live *l)
{
	if (l->fd != -1)
		close(l->fd);
	l->fd = -1;
	buf_free(&l->in);
	l->taken = 0;
}

int
live_read(struct live *l)
{
	char *at = buf_space(&l->in, READ_BYTES);
	ssize_t n = recv(l->fd, at, READ_BYTES, MSG_DONTWAIT);

	if (n == -1)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	buf_filled(&l->in, (size_t)n);
	return n > 0 ? 0 : -1;
}

int
live_next(struct live *l, struct live_hdr *h, const char **payload,
    struct err *e)
{
	buf_eat(&l->in, l->taken);
	l->taken = 0;
	if (buf_len(&l->in) < sizeof(*h))
		return 0;
	memcpy(h, buf_data(&l->in), sizeof(*h));
	if (h->type < LIVE_HELLO || h->type > LIVE_MISSED
	    || h->len > LIVE_FRAME_MAX) {
		return err_set(e, EXIT_UNKNOWN,
		    "What the handler sends is not understood: is it of "
		    "another version?");
	}
	if (buf_len(&l->in) - sizeof(*h) < h->len)
		return 0;
	*payload = buf_data(&l->in) + sizeof(*h);
	l->taken = sizeof(*h) + h->len;
	return 1;
}

/* ---- asking --------------------------------------------------------- */

static struct json_object *
request(const struct live_want *w)
{
	struct json_object *q = control_ask_new("events");
	struct json_object *names = json_object_new_array();

	for (size_t i = 0; i < w->names; i++)
		json_object_array_add(names,
		    json_object_new_string(w->name[i]));
	json_object_object_add(q, "names", names);
	if (w->guild != NULL)
		json_put_text(q, "guild", w->guild);
	if (w->shard != -1)
		json_put_int(q, "shard", w->shard);
	return q;
}

/* The first frame: 0, or -1 with what it says. */
static int
take_hello(struct live *l, const struct live_hdr *h, const char *payload,
    struct err *e)
{
	struct live_hello hello;

	if (h->type == LIVE_REFUSED)
		return err_set(e, EXIT_TRY_LATER, "%s",
		    TEXT_OF_N(payload, h->len, 200));
	if (h->type != LIVE_HELLO || h->len != sizeof(hello))
		return err_set(e, EXIT_UNKNOWN,
		    "The handler does not begin as this version expects it: "
		    "\"shardherd reload\" replaces it by one of this version.");
	memcpy(&hello, payload, sizeof(hello));
	if (hello.version != CONTRACT_VERSION)
		return err_set(e, EXIT_UNKNOWN,
		    "The handler is of another version (shardherd %s): use "
		    "the program it is of.",
		    TEXT_OF_N(hello.build,
			strnlen(hello.build, sizeof(hello.build)), 63));
	l->generation = hello.generation;
	return 0;
}

static int
wait_hello(struct live *l, struct err *e)
{
	uint64_t until = clock_boot_ms() + LIVE_HELLO_S * 1000, now;
	struct pollfd p = {.fd = l->fd, .events = POLLIN};
	const char *payload;
	struct live_hdr h;
	int r;

	while ((r = live_next(l, &h, &payload, e)) == 0) {
		if ((now = clock_boot_ms()) >= until)
			return err_set(e, EXIT_UNKNOWN,
			    "The handler has said nothing for %d s: it hangs "
			    "or is stopped.",
			    LIVE_HELLO_S);
		if (poll(&p, 1, (int)(until - now)) > 0 && live_read(l) == -1)
			return err_set(e, EXIT_TRY_LATER,
			    "The handler hung up: it ends, or is of a version "
			    "that shows no events (\"shardherd reload\" "
			    "replaces it).");
	}
	return r == -1 ? -1 : take_hello(l, &h, payload, e);
}

int
live_open(struct live *l, const struct config *c, const struct live_want *w,
    struct err *e)
{
	struct json_object *a;
	int pair[2];

	*l = (struct live) {.fd = -1};
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == -1)
		return err_sys(e, EXIT_DEGRADED, "Cannot make a socket");
	a = control_ask_lines(c, request(w), pair[1], ANSWER_S, NULL, NULL, e);
	close(pair[1]);
	l->fd = pair[0];
	if (a != NULL && wait_hello(l, e) == 0) {
		json_object_put(a);
		return 0;
	}
	json_object_put(a);
	live_close(l);
	return -1;
}
