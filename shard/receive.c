/* SPDX-License-Identifier: MIT */
#include "shard/receive.h"

#include "shard/payload.h"
#include "shared/clock.h"

#include <string.h>

void
receive_init(struct receive *in, struct session *s, struct queue *q,
    struct page_shard *stats, uint64_t queue_max)
{
	memset(in, 0, sizeof(*in));
	in->session = s;
	in->queue = q;
	in->stats = stats;
	in->queue_max = queue_max;
}

int
receive_open(struct receive *in, uint32_t generation, enum config_compress mode,
    size_t message_max)
{
	receive_close(in);
	in->generation = generation;
	in->inflate = inflate_new(mode, message_max, in->queue);
	return in->inflate == NULL ? -1 : 0;
}

void
receive_close(struct receive *in)
{
	inflate_free(in->inflate);
	in->inflate = NULL;
	queue_discard(in->queue);
}

void
receive_read(struct receive *in, size_t n)
{
	uint64_t now = clock_boot_ms();

	in->wall_ms = (uint64_t)clock_wall_ms();
	in->stats->bytes_wire += n;
	in->stats->frame_ms = now;
	session_bytes(in->session, now);
}

/* ---- dispatches ------------------------------------------------------- */

static bool
named(const struct envelope *e, const char *text, const char *name)
{
	return e->t_len == strlen(name) &&
	    memcmp(text + e->t_off, name, e->t_len) == 0;
}

/* READY names the session that it and all that follows belongs to. */
static void
read_ready(struct receive *in, const struct envelope *e, const char *text,
    size_t len)
{
	struct payload_ready r;
	struct session_in ev = { .value = e->has_s ? e->s : 0 };

	if (session_state(in->session) != SHARD_IDENTIFYING)
		return;
	payload_ready(text, len, &r);
	ev.text = r.session;
	ev.url = r.url;
	ev.guilds = r.guilds;
	session_wire(in->session, in->generation, SESSION_EV_READY, &ev);
}

static void
commit(struct receive *in, const struct envelope *e, bool replay)
{
	struct up_hdr h = { .type = UP_EVENT, .recv_ms = in->wall_ms };

	h.flags = replay ? UP_FLAG_REPLAY : 0;
	if (e->t_len <= UINT16_MAX) {
		h.t_off = (uint32_t)e->t_off;
		h.t_len = (uint16_t)e->t_len;
	}
	h.session = in->session->hash;
	/* Before a session there is nothing a seq could belong to. */
	h.seq = e->has_s && h.session != 0 ? e->s : 0;
	queue_commit(in->queue, &h);
	in->stats->events++;
	if (in->queue->bytes >= in->queue_max)
		session_input(in->session, SESSION_EV_FULL, NULL);
}

static void
dispatch(struct receive *in, const struct envelope *e, size_t len)
{
	const char *text = queue_open_text(in->queue);
	bool resumed = e->op == 0 && named(e, text, "RESUMED"), replay;

	if (e->op == 0 && named(e, text, "READY"))
		read_ready(in, e, text, len);
	if (in->inflate == NULL)
		return;		/* that READY ended the connection */
	in->stats->dispatch_ms = in->stats->frame_ms;
	/* READY may have moved it: announce comes before it in the queue. */
	text = queue_open_text(in->queue);
	replay = session_dispatch(in->session, e, text + e->t_off);
	if (resumed)
		session_wire(in->session, in->generation, SESSION_EV_RESUMED,
		    NULL);
	commit(in, e, replay);
}

/* ---- control messages ------------------------------------------------- */

static void
control(struct receive *in, const struct envelope *e, size_t len)
{
	const char *text = queue_open_text(in->queue);
	struct session_in ev = { .text = "" };
	enum session_event what;

	switch (e->op) {
	case 1:
		what = SESSION_EV_BEAT;
		break;
	case 7:
		what = SESSION_EV_RECONNECT;
		break;
	case 9:
		what = SESSION_EV_INVALID;
		ev.flag = payload_resumable(text, len);
		break;
	case 10:
		what = SESSION_EV_HELLO;
		ev.value = payload_hello(text, len);
		break;
	case 11:
		what = SESSION_EV_ACK;
		break;
	default:
		what = SESSION_EV_COUNT; /* unknown ops are ignored (2.2) */
		break;
	}
	queue_discard(in->queue);
	if (what != SESSION_EV_COUNT)
		session_wire(in->session, in->generation, what, &ev);
}

static void
message(struct receive *in)
{
	size_t len = queue_open_len(in->queue);
	struct envelope e;
	int rc;

	if (len == 0)
		return;
	in->stats->bytes_raw += len;
	rc = envelope_scan(queue_open_text(in->queue), len, &e);
	if (e.op == 0) {
		dispatch(in, &e, len);
	} else if (e.op != ENVELOPE_OP_NONE) {
		control(in, &e, len);
	} else {
		if (rc != 0)
			e.t_off = e.t_len = 0;
		in->stats->unreadable++;
		dispatch(in, &e, len);
	}
}

/* ---- pieces ----------------------------------------------------------- */

static void
broken(struct receive *in, enum inflate_result r)
{
	struct session_in ev = { .text = r == INFLATE_TOO_BIG
		? "a message is larger than [limits] message_bytes"
		: "the compressed stream is broken" };

	session_wire(in->session, in->generation, SESSION_EV_BROKEN, &ev);
}

void
receive_data(struct receive *in, const void *data, size_t len)
{
	enum inflate_result r;

	if (in->inflate == NULL)
		return;
	r = inflate_feed(in->inflate, data, len);
	if (r != INFLATE_MORE)
		broken(in, r);
}

void
receive_end(struct receive *in)
{
	enum inflate_result r;

	if (in->inflate == NULL)
		return;
	r = inflate_end(in->inflate);
	if (r == INFLATE_MESSAGE)
		message(in);
}
