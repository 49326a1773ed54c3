/* SPDX-License-Identifier: MIT */
/* The HTTP server under the REST side, on the simulator's loop. */
#ifndef TOOLS_SIM_REST_REST_HTTP_H
#define TOOLS_SIM_REST_REST_HTTP_H

#include "tools/sim/rest/rest_call.h"

/* Listens and serves, each whole request with r->handle; fills r->port.  0 or
 * -1. */
int rest_http_start(struct rest *, struct err *);
/* Answers that still wait are given at once, then all is closed. */
void rest_http_stop(struct rest *);

#endif
