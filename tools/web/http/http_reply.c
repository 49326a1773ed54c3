/* SPDX-License-Identifier: MIT */
/* See http_reply.h. */
#include "tools/web/http/http_reply.h"

#include <microhttpd.h>
#include <string.h>
#include <zlib.h>

#define HEADERS 8
#define TAG_MAX 24
#define GZIP_WINDOW (MAX_WBITS + 16) /* zlib's word for gzip */

enum form { PLAIN, GZIP, UNCHANGED, FORMS };

struct http_reply {
	unsigned owners;
	int status;
	const char *type;
	struct buf body;
	struct {
		const char *name;
		char *value;
	} header[HEADERS];
	size_t headers;
	bool tagged;
	char tag[TAG_MAX];
	struct MHD_Response *made[FORMS];
};

struct http_reply *
http_reply_new(int status, const char *type, struct buf *body)
{
	struct http_reply *r = base_alloc(sizeof(*r));

	r->owners = 1;
	r->status = status;
	r->type = type;
	r->body = *body;
	memset(body, 0, sizeof(*body));
	return r;
}

struct http_reply *
http_reply_text(int status, const char *text)
{
	struct buf b = {0};

	buf_puts(&b, text);
	buf_puts(&b, "\n");
	return http_reply_new(status, "text/plain; charset=utf-8", &b);
}

void
http_reply_header(struct http_reply *r, const char *name, const char *value)
{
	must(r->headers < HEADERS);
	r->header[r->headers].name = name;
	r->header[r->headers++].value = base_strdup(value);
}

void
http_reply_tagged(struct http_reply *r)
{
	r->tagged = true;
	str_format(r->tag, sizeof(r->tag), "W/\"%016llx\"",
	    (unsigned long long)base_hash64(buf_data(&r->body),
		buf_len(&r->body)));
}

int
http_reply_status(const struct http_reply *r)
{
	return r->status;
}

size_t
http_reply_size(const struct http_reply *r)
{
	return buf_len(&r->body);
}

/* ---- forms ---------------------------------------------------------- */

static bool
pack(const struct buf *from, struct buf *to)
{
	z_stream z = {.next_in = (unsigned char *)buf_data(from),
	    .avail_in = (unsigned)buf_len(from)};
	size_t room;
	int rc;

	if (deflateInit2(&z, Z_BEST_SPEED, Z_DEFLATED, GZIP_WINDOW,
		8 /* memory, the usual */, Z_DEFAULT_STRATEGY)
	    != Z_OK)
		return false;
	room = deflateBound(&z, (unsigned long)buf_len(from));
	z.next_out = (unsigned char *)buf_space(to, room);
	z.avail_out = (unsigned)room;
	rc = deflate(&z, Z_FINISH);
	buf_filled(to, room - z.avail_out);
	deflateEnd(&z);
	return rc == Z_STREAM_END;
}

static struct MHD_Response *
response(const struct buf *body)
{
	size_t len = body != NULL ? buf_len(body) : 0;

	return MHD_create_response_from_buffer(len,
	    len > 0 ? buf_data(body) : (void *)(uintptr_t) "",
	    len > 0 ? MHD_RESPMEM_MUST_COPY : MHD_RESPMEM_PERSISTENT);
}

static struct MHD_Response *
packed(struct http_reply *r)
{
	struct MHD_Response *m = NULL;
	struct buf b = {0};

	if (pack(&r->body, &b) && (m = response(&b)) != NULL)
		(void)MHD_add_response_header(m, "Content-Encoding", "gzip");
	buf_free(&b);
	return m;
}

static struct MHD_Response *
make(struct http_reply *r, enum form form)
{
	struct MHD_Response *m = form == GZIP ? packed(r)
	    : form == PLAIN		      ? response(&r->body)
					      : response(NULL);

	if (m == NULL)
		return NULL;
	if (form != UNCHANGED)
		(void)MHD_add_response_header(m, "Content-Type", r->type);
	(void)MHD_add_response_header(m, "X-Content-Type-Options", "nosniff");
	(void)MHD_add_response_header(m, "Referrer-Policy", "no-referrer");
	(void)MHD_add_response_header(m, "Cache-Control",
	    r->tagged ? "no-cache" : "no-store");
	if (http_reply_size(r) >= HTTP_REPLY_GZIP_MIN)
		(void)MHD_add_response_header(m, "Vary",
		    "Accept, Accept-Encoding");
	else
		(void)MHD_add_response_header(m, "Vary", "Accept");
	if (r->tagged)
		(void)MHD_add_response_header(m, "ETag", r->tag);
	for (size_t i = 0; i < r->headers; i++)
		(void)MHD_add_response_header(m, r->header[i].name,
		    r->header[i].value);
	return m;
}

/* A list of tags, or *; whether they are weak says nothing here. */
static bool
has_tag(const struct http_reply *r, const char *tags)
{
	return tags != NULL && r->tagged && r->status == MHD_HTTP_OK
	    && (strcmp(tags, "*") == 0 || strstr(tags, r->tag + 2) != NULL);
}

struct MHD_Response *
http_reply_form(struct http_reply *r, bool gzip, const char *tags, int *status)
{
	enum form form = gzip && http_reply_size(r) >= HTTP_REPLY_GZIP_MIN
	    ? GZIP
	    : PLAIN;

	*status = r->status;
	if (has_tag(r, tags)) {
		form = UNCHANGED;
		*status = MHD_HTTP_NOT_MODIFIED;
	}
	if (r->made[form] == NULL)
		r->made[form] = make(r, form);
	if (r->made[form] == NULL && form == GZIP)
		return http_reply_form(r, false, tags, status);
	return r->made[form];
}

/* ---- owners --------------------------------------------------------- */

struct http_reply *
http_reply_keep(struct http_reply *r)
{
	r->owners++;
	return r;
}

void
http_reply_drop(struct http_reply *r)
{
	if (r == NULL || --r->owners > 0)
		return;
	for (size_t i = 0; i < FORMS; i++)
		if (r->made[i] != NULL)
			MHD_destroy_response(r->made[i]);
	for (size_t i = 0; i < r->headers; i++)
		free(r->header[i].value);
	buf_free(&r->body);
	free(r);
}
