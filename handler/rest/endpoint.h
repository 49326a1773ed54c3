/* SPDX-License-Identifier: MIT */
/*
 * What the path of a REST call says about its limits: the route without its
 * ids, the major parameter, and whether the bot's token belongs on it
 * (discord-protocol.md 7.2).
 */
#ifndef HANDLER_REST_ENDPOINT_H
#define HANDLER_REST_ENDPOINT_H

#include "shared/base/base.h"

#define ENDPOINT_PATH_MAX 2048

struct endpoint {
	char route[256];  /* "POST /channels/:id/messages" */
	char major[128];  /* "channels/123"; "" for none */
	bool interaction; /* callback: never held back by the ban guard */
	bool exempt;	  /* of the global limit; the caller may set it */
	bool bare;	  /* its token is in the path: no Authorization */
	bool hook; /* and it is no interaction's; the caller may set it */
};

/* 0, or -1 with what is wrong with method or path. */
int endpoint_parse(struct endpoint *, const char *method, const char *path,
    const char **why);
/* Percent-encodes one path segment; false when it does not fit. */
bool endpoint_encode(char *out, size_t size, const char *segment);

#endif
