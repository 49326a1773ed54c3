/* SPDX-License-Identifier: MIT */
/* A client's frames; see ws_server.h. */
#include "shared/websocket/ws_server.h"

#include "shared/websocket/frame.h"

#include <string.h>

static ssize_t
ws_recv(wslay_event_context_ptr ws, uint8_t *buf, size_t len, int flags,
    void *arg)
{
	struct ws_server *s = arg;

	if (s->in_len == 0 || s->wire->fd < 0) {
		wslay_event_set_error(ws, WSLAY_ERR_WOULDBLOCK);
		return -1;
	}
	if (len > s->in_len)
		len = s->in_len;
	memcpy(buf, s->in, len);
	s->in += len;
	s->in_len -= len;
	return (ssize_t)len;
}

static ssize_t
ws_send(wslay_event_context_ptr ws, const uint8_t *data, size_t len, int flags,
    void *arg)
{
	struct ws_server *s = arg;

	wire_put(s->wire, data, len, s->dirty);
	return (ssize_t)len;
}

static void
ws_message(wslay_event_context_ptr ws,
    const struct wslay_event_on_msg_recv_arg *m, void *arg)
{
	struct ws_server *s = arg;

	if (m->opcode == WSLAY_CONNECTION_CLOSE)
		s->calls->closes(s, m->status_code, m->msg_length == 1);
	else if (!wslay_is_ctrl_frame(m->opcode))
		s->calls->message(s, m->opcode == WSLAY_BINARY_FRAME,
		    (const char *)m->msg, m->msg_length);
}

static void
ws_frame(wslay_event_context_ptr ws,
    const struct wslay_event_on_frame_recv_start_arg *f, void *arg)
{
	struct ws_server *s = arg;

	s->closing = f->opcode == WSLAY_CONNECTION_CLOSE;
	s->told_len = 0;
	s->told = 0;
}

static void
ws_chunk(wslay_event_context_ptr ws,
    const struct wslay_event_on_frame_recv_chunk_arg *f, void *arg)
{
	struct ws_server *s = arg;

	for (size_t i = 0; s->closing && i < f->data_length && s->told_len < 2;
	     i++, s->told_len++)
		s->told = s->told << 8 | f->data[i];
}

/* Registered after RFC 6455 (service restart, try again later, bad gateway),
 * and so unknown to wslay, which calls such a frame broken; discordgo closes
 * with 1012. */
static bool
is_new_code(unsigned code)
{
	return code >= 1012 && code <= 1014;
}

void
ws_server_begin(struct ws_server *s, const struct ws_server_calls *calls,
    struct wire *wire, struct list *dirty, uint64_t message_max)
{
	static const struct wslay_event_callbacks cb = {
	    .recv_callback = ws_recv,
	    .send_callback = ws_send,
	    .on_msg_recv_callback = ws_message,
	    .on_frame_recv_start_callback = ws_frame,
	    .on_frame_recv_chunk_callback = ws_chunk,
	};

	*s = (struct ws_server) {.calls = calls, .wire = wire, .dirty = dirty};
	must(wslay_event_context_server_init(&s->ws, &cb, s) == 0);
	wslay_event_config_set_max_recv_msg_length(s->ws, message_max);
}

void
ws_server_free(struct ws_server *s)
{
	if (s->ws)
		wslay_event_context_free(s->ws);
	s->ws = NULL;
}

enum ws_server_read
ws_server_bytes(struct ws_server *s, const char *data, size_t len)
{
	s->in = data;
	s->in_len = len;
	if (wslay_event_recv(s->ws) != 0)
		return WS_SERVER_BROKEN;
	if (wslay_event_get_read_enabled(s->ws))
		return WS_SERVER_MORE;
	if (!ws_server_closed(s) && s->closing && is_new_code(s->told))
		s->calls->closes(s, s->told, false);
	return WS_SERVER_ENDED;
}

void
ws_server_answer(struct ws_server *s)
{
	if (wslay_event_want_write(s->ws))
		wslay_event_send(s->ws);
}

void
ws_server_put(struct ws_server *s, unsigned first, const void *data, size_t len)
{
	unsigned char h[FRAME_HEAD_MAX];

	wire_put(s->wire, h, frame_head(h, first, len), s->dirty);
	wire_put(s->wire, data, len, s->dirty);
}

void
ws_server_close(struct ws_server *s, unsigned code, const char *reason)
{
	wslay_event_queue_close(s->ws, (uint16_t)code, (const uint8_t *)reason,
	    code == 0 ? 0 : strlen(reason));
	wslay_event_send(s->ws);
}

bool
ws_server_closed(const struct ws_server *s)
{
	return wslay_event_get_close_received(s->ws) != 0;
}

unsigned
ws_server_code_sent(const struct ws_server *s)
{
	return wslay_event_get_status_code_sent(s->ws);
}
