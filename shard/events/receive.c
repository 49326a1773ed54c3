/* SPDX-License-Identifier: MIT */
#include "shard/events/receive.h"

#include "shard/session/payload.h"
#include "shard/events/traffic.h"
#include "shared/base/clock.h"

#include <string.h>

void
receive_init(struct receive *in, const struct receive_to *to)
{
	memset(in, 0, sizeof(*in));
	in->to = *to;
	in->queue = &to->pending->queue;
}

void
receive_recall(struct receive *in)
{
	uint64_t seq;
	bool known = page_heard_get(in->to.slot, in->to.session->hash, &seq);

	in->resumed_ms = 0;
	in->heard = known ? seq : 0;
	in->unsure = in->to.session->held && !known;
}

int
receive_open(struct receive *in, uint32_t generation, enum config_compress mode,
    size_t message_max, size_t window_max)
{
	receive_close(in);
	in->generation = generation;
	in->inflate = inflate_new(mode, message_max, window_max, in->queue);
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
	in->to.stats->bytes_wire += n;
	in->to.stats->frame_ms = now;
	session_bytes(in->to.session, now);
}

/* ---- dispatches ----------------------------------------------------- */

/* The dispatches that mean something to a shard. */
enum dispatch_kind {
	KIND_OTHER,
	KIND_READY,
	KIND_RESUMED,
	KIND_LIMITED,
	KIND_INTERACTION
};

static enum dispatch_kind
kind_of(const struct envelope *e, const char *text)
{
	static const struct {
		size_t len;
		const char *name;
		enum dispatch_kind kind;
	} known[] = {
	    {5, "READY", KIND_READY},
	    {7, "RESUMED", KIND_RESUMED},
	    {12, "RATE_LIMITED", KIND_LIMITED},
	    {18, "INTERACTION_CREATE", KIND_INTERACTION},
	};

	for (size_t i = 0; e->op == 0 && i < nitems(known); i++)
		if (e->t_len == known[i].len
		    && memcmp(text + e->t_off, known[i].name, e->t_len) == 0)
			return known[i].kind;
	return KIND_OTHER;
}

/* From here on it may reach a handler.  While it is not known how much did
 * already, the page must not say that it is. */
static void
leaves(struct receive *in, const struct up_hdr *h)
{
	if (h->seq <= in->heard || in->to.session->standby)
		return;
	in->heard = h->seq;
	if (!in->unsure)
		page_heard_set(in->to.slot, h->session, in->heard);
}

/* Nothing of this session went before what comes now. */
static void
know(struct receive *in, uint64_t seq)
{
	in->unsure = false;
	in->heard = seq;
	page_heard_set(in->to.slot, in->to.session->hash, seq);
}

/* The replay is over: what comes now is new. */
static void
look_again(struct receive *in)
{
	if (in->resumed_ms != 0
	    && in->to.stats->frame_ms - in->resumed_ms > RECEIVE_UNSURE_MS)
		know(in, in->heard);
}

/* READY names the session that it and all that follows belongs to. */
static void
read_ready(struct receive *in, const struct envelope *e, const char *text,
    size_t len)
{
	struct payload_ready r;
	struct session_in ev = {.value = e->has_s ? e->s : 0};

	if (session_state(in->to.session) != SHARD_IDENTIFYING)
		return;
	payload_ready(text, len, &r);
	ev.text = r.session;
	ev.url = r.url;
	ev.guilds = r.guilds;
	session_wire(in->to.session, in->generation, SESSION_EV_READY, &ev);
	if (session_state(in->to.session) != SHARD_READY)
		return;
	know(in, 0);
	traffic_session(in->to.stats,
	    in->to.session->cause == CAUSE_OTHER_INTENTS);
}

/* Discord did not answer an op 8: when it may be asked again (3.2). */
static void
read_limited(struct receive *in, const char *text, size_t len)
{
	struct payload_limited l;

	if (payload_limited(text, len, &l) && l.opcode == 8)
		send_queue_limited(in->to.sends, l.guild, l.retry_after_s);
}

static struct up_hdr
header(const struct receive *in, const struct envelope *e, size_t len)
{
	struct up_hdr h = {.type = UP_EVENT,
	    .recv_ms = in->wall_ms,
	    .len = (uint32_t)len};

	h.flags = session_replaying(in->to.session) ? UP_FLAG_REPLAY : 0;
	if (e->t_len <= UINT16_MAX) {
		h.t_off = (uint32_t)e->t_off;
		h.t_len = (uint16_t)e->t_len;
	}
	h.session = in->to.session->hash;
	/* Before a session there is nothing a seq could belong to. */
	h.seq = e->has_s && h.session != 0 ? e->s : 0;
	if (in->unsure || (h.seq != 0 && h.seq <= in->heard))
		h.flags |= UP_FLAG_AGAIN;
	return h;
}

/*
 * An interaction must be answered within 3 s: it overtakes a backlog.  Its
 * ordinary frame is marked: a handler that never saw the copy must know that
 * another one may have.
 */
static void
express(struct receive *in, struct up_hdr *h)
{
	if (!outbox_bulk(in->to.pending)
	    || !uplink_express(in->to.uplink, h, queue_open_text(in->queue),
		&in->to.pending->session))
		return;
	in->to.stats->express++;
	leaves(in, h);
	h->flags |= UP_FLAG_AGAIN;
}

/* False when the event could not be kept: RESUME will bring it again. */
static bool
commit(struct receive *in, const struct envelope *e, const struct up_hdr *h)
{
	enum outbox_result r = outbox_commit(in->to.pending, h);
	struct session_in full = {.text = r == OUTBOX_FULL
		? "the handler does not keep up, [limits] queue_bytes are met"
		: "the handler does not keep up, the spool takes no more"};

	if (r != OUTBOX_REFUSED) {
		session_kept(in->to.session, e);
		in->to.stats->events++;
		leaves(in, h);
	} else {
		queue_discard(in->queue);
	}
	if (r != OUTBOX_KEPT)
		session_input(in->to.session, SESSION_EV_FULL, &full);
	return r != OUTBOX_REFUSED;
}

static void
dispatch(struct receive *in, const struct envelope *e, size_t len)
{
	const char *text = queue_open_text(in->queue);
	enum dispatch_kind kind = kind_of(e, text);
	struct up_hdr h;

	if (kind == KIND_READY)
		read_ready(in, e, text, len);
	else if (kind == KIND_LIMITED)
		read_limited(in, text, len);
	if (in->inflate == NULL)
		return; /* that READY ended the connection */
	in->to.stats->dispatch_ms = in->to.stats->frame_ms;
	if (in->unsure)
		look_again(in);
	/* One word is read whole without its lock. */
	in->to.stats->fleet = in->to.fleet->traffic;
	traffic_dispatch(in->to.stats, text + e->t_off, e->t_len);
	session_dispatch(in->to.session, e, text + e->t_off);
	h = header(in, e, len);
	if (kind == KIND_INTERACTION)
		express(in, &h);
	if (!commit(in, e, &h) || kind != KIND_RESUMED)
		return;
	session_wire(in->to.session, in->generation, SESSION_EV_RESUMED, NULL);
	in->resumed_ms = in->to.stats->frame_ms;
}

/* ---- control messages ----------------------------------------------- */

/* What a decoder takes, once for each size: the window is the server's choice. */
static void
tell_memory(struct receive *in)
{
	size_t now = inflate_memory(in->inflate);

	if (now == in->told_memory)
		return;
	in->told_memory = now;
	log_debug("the decoder of this connection takes up to %zu KiB",
	    now >> 10);
}

static void
control(struct receive *in, const struct envelope *e, size_t len)
{
	const char *text = queue_open_text(in->queue);
	struct session_in ev = {.text = ""};
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
		tell_memory(in);
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
		session_wire(in->to.session, in->generation, what, &ev);
}

static void
message(struct receive *in)
{
	size_t len = queue_open_len(in->queue);
	struct envelope e;
	int rc;

	if (len == 0)
		return;
	in->to.stats->bytes_raw += len;
	rc = envelope_scan(queue_open_text(in->queue), len, &e);
	if (e.op == 0) {
		dispatch(in, &e, len);
	} else if (e.op != ENVELOPE_OP_NONE) {
		control(in, &e, len);
	} else {
		if (rc != 0)
			e.t_off = e.t_len = 0;
		in->to.stats->unreadable++;
		dispatch(in, &e, len);
	}
}

/* ---- pieces --------------------------------------------------------- */

unsigned
receive_without(const struct receive *in)
{
	return clock_boot_ms() - in->refused_ms < RECEIVE_REFUSED_MS
	    ? in->refused
	    : 0;
}

void
receive_note_refused(struct receive *in, unsigned kinds)
{
	in->refused = kinds;
	in->refused_ms = clock_boot_ms();
}

static void
broken(struct receive *in, enum inflate_result r)
{
	static const char *const words[] = {
	    [INFLATE_BAD] = "the compressed stream is broken",
	    [INFLATE_TOO_BIG] =
		"a message is larger than [limits] message_bytes",
	    [INFLATE_OTHER] =
		"the server does not have the compression that was asked for; "
		"[gateway] compress = auto asks for another",
	    [INFLATE_WINDOW] =
		"the window of zstd-stream is larger than [limits] "
		"window_bytes; [gateway] compress = auto asks for zlib-stream",
	};
	struct session_in ev = {.text = words[r]};

	if (r == INFLATE_OTHER || r == INFLATE_WINDOW)
		receive_note_refused(in, receive_without(in) + 1);
	session_wire(in->to.session, in->generation, SESSION_EV_BROKEN, &ev);
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
