/* SPDX-License-Identifier: MIT */
/*
 * An answer to a request, made once and given out as often as it is asked for
 * while it holds.  Compressed and hashed when somebody first wants that.
 */
#ifndef TOOLS_WEB_HTTP_HTTP_REPLY_H
#define TOOLS_WEB_HTTP_HTTP_REPLY_H

#include "shared/base/buf.h"

#define HTTP_REPLY_GZIP_MIN 1024 /* bytes: less is not worth it */

struct http_reply;
struct MHD_Response;

/* Takes the body over; type: of the content, a constant. */
struct http_reply *http_reply_new(int status, const char *type, struct buf *);
/* A sentence. */
struct http_reply *http_reply_text(int status, const char *text);
/* For all its forms; before it is given out. */
void http_reply_header(struct http_reply *, const char *name,
    const char *value);
/* It may be kept by who asks, as long as it asks whether it still holds. */
void http_reply_tagged(struct http_reply *);
int http_reply_status(const struct http_reply *);
size_t http_reply_size(const struct http_reply *);

/*
 * What goes out to somebody who can take gzip, or not, and has the body with
 * these tags (NULL: none); *status is that or 304.  Borrowed; NULL: no memory.
 */
struct MHD_Response *http_reply_form(struct http_reply *, bool gzip,
    const char *tags, int *status);

struct http_reply *http_reply_keep(struct http_reply *); /* one more owner */
void http_reply_drop(struct http_reply *);		 /* NULL is fine */

#endif
