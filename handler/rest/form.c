/* SPDX-License-Identifier: MIT */
/* See form.h. */
#include "handler/rest/form.h"

void
form_open(struct form *f)
{
	f->easy = curl_easy_init();
	f->parts = curl_mime_init(f->easy);
	must(f->parts != NULL);
	curl_easy_setopt(f->easy, CURLOPT_MIMEPOST, f->parts);
	f->len = 0;
}

void
form_add(struct form *f, const char *name, const char *filename,
    const char *type, const void *data, size_t len)
{
	curl_mimepart *p = curl_mime_addpart(f->parts);

	must(p != NULL && curl_mime_name(p, name) == CURLE_OK
	    && curl_mime_filename(p, filename) == CURLE_OK
	    && curl_mime_type(p, type) == CURLE_OK
	    && curl_mime_data(p, data, len) == CURLE_OK);
	f->len += len;
}

void
form_close(struct form *f)
{
	curl_easy_cleanup(f->easy);
	curl_mime_free(f->parts);
	*f = (struct form) {0};
}
