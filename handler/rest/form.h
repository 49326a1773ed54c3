/* SPDX-License-Identifier: MIT */
/*
 * A body of several parts, multipart/form-data: an upload.  It holds a copy of
 * all of them and stays as it is for as many tries as the call takes.
 */
#ifndef HANDLER_REST_FORM_H
#define HANDLER_REST_FORM_H

#include "shared/base/base.h"

#include <curl/curl.h>

struct form {
	CURL *easy; /* which sends it; NULL: there is no form */
	curl_mime *parts;
	size_t len; /* of all data in it */
};

void form_open(struct form *);
/* filename NULL: none. */
void form_add(struct form *, const char *name, const char *filename,
    const char *type, const void *data, size_t len);
void form_close(struct form *); /* also when there is none */

#endif
