/* SPDX-License-Identifier: MIT */
/* The uplink's frame reader; see frame.h. */
#include "handler/intake/frame.h"

#include <string.h>

/* The frame handed out last lies in the buffer until somebody asks for more. */
static void
frame_release(struct frame_reader *r)
{
	size_t n = r->taken;

	r->taken = 0;
	if (n > 0)
		buf_eat(&r->in, n);
}

char *
frame_space(struct frame_reader *r, size_t *room)
{
	char *p;

	frame_release(r);
	if (r->in.p == NULL && r->spare != NULL) {
		r->in = *r->spare;
		*r->spare = (struct buf) {0};
	}
	p = buf_space(&r->in, FRAME_READ / 2);
	*room = r->in.cap - r->in.end;
	if (*room > FRAME_READ)
		*room = FRAME_READ;
	return p;
}

void
frame_filled(struct frame_reader *r, size_t n)
{
	buf_filled(&r->in, n);
}

static const char *
frame_fault(const struct up_hdr *h)
{
	if (h->len > UP_PAYLOAD_MAX)
		return "a frame longer than any event can be";
	if (h->type < UP_HELLO || h->type > UP_RESULT)
		return "a frame of a type that shards don't send";
	if (h->type == UP_EVENT
	    && ((uint64_t)h->t_off + h->t_len > h->len
		|| (h->ord == 0) != ((h->flags & UP_FLAG_EXPRESS) != 0)))
		return "an event whose name lies outside of it";
	return NULL;
}

int
frame_next(struct frame_reader *r, struct up_hdr *h, const char **payload,
    const char **why)
{
	frame_release(r);
	if (buf_len(&r->in) < sizeof(*h))
		return 0;
	memcpy(h, buf_data(&r->in), sizeof(*h));
	*why = frame_fault(h);
	if (*why != NULL)
		return -1;
	if (buf_len(&r->in) - sizeof(*h) < h->len)
		return 0;
	*payload = buf_data(&r->in) + sizeof(*h);
	r->taken = sizeof(*h) + h->len;
	return 1;
}

void
frame_idle(struct frame_reader *r)
{
	frame_release(r);
	if (buf_len(&r->in) > 0 || r->in.p == NULL)
		return;
	if (r->spare == NULL || r->spare->p != NULL) {
		buf_free(&r->in);
		return;
	}
	*r->spare = r->in;
	r->in = (struct buf) {0};
}

void
frame_free(struct frame_reader *r)
{
	buf_free(&r->in);
	r->taken = 0;
}
