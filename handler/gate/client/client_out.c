/* SPDX-License-Identifier: MIT */
/* Messages to a client; see client_out.h. */
#include "handler/gate/client/client_out.h"

#include "shared/websocket/frame.h"

#include <inttypes.h>
#include <string.h>

static void
packed(struct client_conn *c, const struct iovec *part, int n)
{
	static struct buf out;

	for (int i = 0; i < n; i++)
		compress_part(c->compress, part[i].iov_base, part[i].iov_len,
		    i == n - 1, &out);
	ws_server_put(&c->ws, FRAME_FIN | WSLAY_BINARY_FRAME, buf_data(&out),
	    buf_len(&out));
	buf_eat(&out, buf_len(&out));
}

void
client_out_message(struct client_conn *c, const struct iovec *part, int n)
{
	unsigned char head[FRAME_HEAD_MAX];
	size_t len = 0;

	for (int i = 0; i < n; i++)
		len += part[i].iov_len;
	c->all->count.bytes += len;
	if (c->compress != NULL) {
		packed(c, part, n);
		return;
	}
	wire_put(&c->wire, head,
	    frame_head(head, FRAME_FIN | WSLAY_TEXT_FRAME, len),
	    &c->all->dirty);
	for (int i = 0; i < n; i++)
		wire_put(&c->wire, part[i].iov_base, part[i].iov_len,
		    &c->all->dirty);
}

void
client_out_op(struct client_conn *c, int op, const char *d)
{
	char text[256];
	struct iovec part = {text, 0};

	must(str_format(text, sizeof(text),
	    "{\"t\":null,\"s\":null,\"op\":%d,\"d\":%s}", op, d));
	part.iov_len = strlen(text);
	client_out_message(c, &part, 1);
}

void
client_out_dispatch(struct client_conn *c, const char *t, uint64_t s,
    const char *d, size_t len)
{
	char head[160];
	struct iovec part[3] = {{head, 0}, {(char *)(uintptr_t)d, len},
	    {(char *)(uintptr_t) "}", 1}};

	must(str_format(head, sizeof(head),
	    "{\"t\":\"%s\",\"s\":%" PRIu64 ",\"op\":0,\"d\":", t, s));
	part[0].iov_len = strlen(head);
	client_out_message(c, part, 3);
}
