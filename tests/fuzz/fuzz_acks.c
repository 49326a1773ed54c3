/* SPDX-License-Identifier: MIT */
/*
 * A shard's side of its stream to the handler, whose end is the input's: it
 * says hello or not, acknowledges what it has, less, more, or anything, asks
 * for payloads to be sent, sends bytes as they are, cut anywhere, goes and comes
 * again.  An acknowledgement is taken if and only if that much went out whole;
 * on each connection events come from the first one not acknowledged on, without
 * a gap; a payload arrives as it was sent, or as one that is too long.
 * Covers: shard/events/uplink.c shard/events/queue.c shard/events/outbox.c
 */
#include "tests/fuzz/kit.h"

#include "shard/events/outbox.h"
#include "shard/events/uplink.h"
#include "shared/base/buf.h"
#include "shared/base/log.h"
#include "tests/unit/rig/fake_time.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define STEPS 300
#define BODY_MAX 3000u

static struct {
	struct ev_loop *loop;
	struct outbox pending;
	struct page_shard stats;
	struct uplink *up;
	uint64_t events; /* numbered from 1 */
	uint64_t acked;	 /* the last of them that was acknowledged */
	bool drained;
} t;

/* The handler's end. */
static struct {
	int fd;
	struct buf in, out;
	uint64_t ord, last; /* of the event that came last; its number */
	bool trusted;	    /* nothing but what is right was sent */
	uint64_t asked;	    /* payloads */
	char text[UPLINK_DOWN_MAX + 1];
	size_t len;
} peer;

static void peer_read(void);

/* ---- the shard ------------------------------------------------------- */

static int
on_ack(void *arg, uint64_t ord)
{
	uint64_t before = t.pending.queue.acked_ord;
	struct queue_acked a;
	int rc;

	peer_read();
	rc = outbox_ack(&t.pending, ord, &a);
	must((rc == 0) == (ord <= peer.ord || ord <= before));
	if (rc != 0)
		return -1;
	must(a.events == (ord > before ? ord - before : 0));
	must(a.events == 0 || a.seq == t.acked + a.events);
	t.acked += a.events;
	return 0;
}

static void
on_send(void *arg, uint64_t id, const char *text, size_t len)
{
	if (text == NULL)
		must(len > UPLINK_DOWN_MAX && len <= UP_PAYLOAD_MAX);
	else
		must(len <= UPLINK_DOWN_MAX);
	if (peer.trusted && id == peer.asked) {
		must(len == peer.len);
		must(text == NULL || memcmp(text, peer.text, len) == 0);
		peer.asked++;
	}
	uplink_result(t.up, id, SEND_OK);
}

static void
on_gone(void *arg, const char *why)
{
	must(why[0] != '\0');
	outbox_connected(&t.pending, false);
	outbox_spool(&t.pending, "is gone");
}

static void
on_drained(void *arg)
{
	must(t.pending.queue.acked_ord == t.pending.queue.sent_ord);
	t.drained = true;
}

static const struct uplink_ops ops = {on_ack, on_send, on_gone, on_drained};

static void
receive(size_t len)
{
	struct up_hdr h = {.type = UP_EVENT,
	    .session = t.pending.session.session,
	    .seq = t.events + 1,
	    .recv_ms = (uint64_t)clock_wall_ms()};
	struct queue *q = &t.pending.queue;
	unsigned char *to;
	size_t room;

	for (size_t at = 0, n; at < len; at += n) {
		to = queue_space(q, len - at, &room);
		n = room < len - at ? room : len - at;
		memset(to, (int)(h.seq % 251), n);
		queue_fill(q, n);
	}
	if (outbox_commit(&t.pending, &h) == OUTBOX_REFUSED)
		queue_discard(q);
	else
		t.events++;
}

/* ---- the handler ----------------------------------------------------- */

static void
peer_event(const struct up_hdr *h, const uint8_t *p)
{
	if ((h->flags & UP_FLAG_EXPRESS) != 0)
		return;
	must(h->seq == peer.last + 1 && h->ord == peer.ord + 1);
	for (uint32_t i = 0; i < h->len; i++)
		must(p[i] == h->seq % 251);
	peer.last = h->seq;
	peer.ord = h->ord;
}

static void
peer_read(void)
{
	struct up_hdr h;
	char *to;
	ssize_t n;

	do {
		to = buf_space(&peer.in, 65536);
		n = recv(peer.fd, to, 65536, MSG_DONTWAIT);
		if (n > 0)
			buf_filled(&peer.in, (size_t)n);
	} while (n > 0);
	while (buf_len(&peer.in) >= sizeof(h)) {
		memcpy(&h, buf_data(&peer.in), sizeof(h));
		if (buf_len(&peer.in) < sizeof(h) + h.len)
			break;
		if (h.type == UP_EVENT)
			peer_event(&h,
			    (uint8_t *)buf_data(&peer.in) + sizeof(h));
		buf_eat(&peer.in, sizeof(h) + h.len);
	}
}

static void
peer_come(void)
{
	static const struct up_hello hello = {.version = CONTRACT_VERSION};
	int fd[2], size = 16384;

	if (peer.fd != -1)
		close(peer.fd);
	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd) == 0);
	must(fd_nonblock(fd[0]) == 0 && fd_nonblock(fd[1]) == 0);
	peer.fd = fd[1];
	peer.trusted = true;
	buf_eat(&peer.in, buf_len(&peer.in));
	buf_eat(&peer.out, buf_len(&peer.out));
	uplink_adopt(t.up, fd[0], &hello);
	(void)setsockopt(fd[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	peer.ord = t.pending.queue.acked_ord;
	peer.last = t.acked;
	t.drained = false;
	outbox_connected(&t.pending, true);
}

static void
peer_say(unsigned type, uint64_t ord, const void *payload, size_t len)
{
	struct up_hdr h = {.type = (uint8_t)type,
	    .len = (uint32_t)len,
	    .ord = ord};

	buf_add(&peer.out, &h, sizeof(h));
	buf_add(&peer.out, payload, len);
}

static void
peer_hello(uint32_t version)
{
	struct up_hello hello = {.version = version};

	peer_say(DOWN_HELLO, 0, &hello, sizeof(hello));
	peer.trusted &= version == CONTRACT_VERSION;
}

/* A payload of any length, one at a time. */
static void
peer_ask(size_t len)
{
	static char text[65536];

	memset(text, 'a' + (int)(peer.asked % 26), len);
	memcpy(peer.text, text, len < sizeof(peer.text) ? len : 0);
	peer.len = len;
	peer_say(DOWN_SEND, peer.asked, text, len);
}

/* So many bytes of what it has said go out. */
static void
peer_write(size_t n)
{
	ssize_t sent;

	n = n < buf_len(&peer.out) ? n : buf_len(&peer.out);
	sent = send(peer.fd, buf_data(&peer.out), n, MSG_NOSIGNAL);
	if (sent > 0)
		buf_eat(&peer.out, (size_t)sent);
}

/* ---- steps ------------------------------------------------------------- */

static void
turn(void)
{
	uplink_turn(t.up);
	ev_run(t.loop, EVRUN_NOWAIT);
}

/* All it has said is heard. */
static void
flush(void)
{
	while (buf_len(&peer.out) > 0 && uplink_connected(t.up)) {
		peer_write(65536);
		turn();
	}
	turn();
}

static void
express(size_t len)
{
	struct up_hdr h = {.type = UP_EVENT,
	    .len = (uint32_t)len,
	    .session = t.pending.session.session,
	    .seq = t.events + 1};
	char *text = base_alloc(len + 1);

	(void)uplink_express(t.up, &h, text, &t.pending.session);
	free(text);
}

static void
step(struct kit *k)
{
	unsigned what = kit_byte(k);
	uint64_t room = peer.ord - t.pending.queue.acked_ord;
	const uint8_t *raw;
	size_t n;

	switch (what % 16) {
	case 0:
	case 1:
		for (n = 1 + what / 16; n > 0; n--)
			receive(1 + t.events * 97 % BODY_MAX);
		break;
	case 2:
		peer_hello(what < 240 ? CONTRACT_VERSION : kit_byte(k));
		break;
	case 3:
	case 4:
		peer_say(DOWN_ACK, peer.ord - room * (what / 16) / 16, NULL, 0);
		break;
	case 5:
		peer_say(DOWN_ACK, kit_number(k, 4), NULL, 0);
		peer.trusted = false;
		break;
	case 6:
		if (buf_len(&peer.out) == 0)
			peer_ask(kit_number(k, 2));
		break;
	case 7:
		n = kit_byte(k);
		raw = kit_take(k, &n);
		buf_add(&peer.out, raw, n);
		peer.trusted = false;
		break;
	case 8:
	case 9:
		peer_write(kit_byte(k));
		break;
	case 10:
		flush();
		break;
	case 11:
		peer_read();
		break;
	case 12:
		if (what > 128)
			peer_come();
		else
			(void)shutdown(peer.fd, SHUT_WR);
		break;
	case 13:
		express(kit_number(k, 2));
		break;
	case 14:
		if (what > 192)
			uplink_cut(t.up);
		else
			outbox_spool(&t.pending, "does not keep up");
		break;
	default:
		fake_time_advance(kit_number(k, 2));
		outbox_tick(&t.pending);
		break;
	}
	turn();
}

/* A handler that does what is right gets all the rest. */
static void
settle(void)
{
	peer_come();
	peer_hello(CONTRACT_VERSION);
	for (int i = 0; !outbox_none(&t.pending); i++) {
		must(i < 100000 && uplink_connected(t.up));
		flush();
		peer_read();
		peer_say(DOWN_ACK, peer.ord, NULL, 0);
	}
	must(t.acked == t.events);
	uplink_cut(t.up);
	flush();
	must(t.drained);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct outbox_limits l = {.queue_bytes = 1 << 20};
	struct up_session us = {.session = 9, .id = "session"};
	struct kit k = {data, size};

	if (t.loop == NULL) {
		log_init(LOG_TO_HOOK, LOG_L_ERROR);
		t.loop = ev_loop_new(EVFLAG_AUTO);
		l.dir = base_strdup(kit_path("spool"));
		peer.fd = -1;
	}
	fake_time_reset();
	kit_empty();
	memset(&t.stats, 0, sizeof(t.stats));
	t.events = t.acked = peer.asked = 0;
	l.spool_bytes = kit_byte(&k) % 2 ? 1 << 20 : 0;
	outbox_init(&t.pending, &l, &t.stats);
	outbox_take(&t.pending);
	outbox_session(&t.pending, &us);
	t.up = uplink_new(t.loop, &t.pending.queue, &ops, NULL);
	peer_come();
	for (int i = 0; i < STEPS && k.left > 0; i++)
		step(&k);
	settle();
	uplink_free(t.up);
	outbox_close(&t.pending);
	close(peer.fd);
	peer.fd = -1;
	buf_free(&peer.in);
	buf_free(&peer.out);
	return 0;
}
