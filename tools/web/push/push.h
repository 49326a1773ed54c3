/* SPDX-License-Identifier: MIT */
/*
 * This room: the status told to a URL, for hosts that nobody can reach.
 *
 * POSTs a JSON document again and again, one at a time.  A receiver that fails
 * is asked less and less often; the log hears of it once, and once more when it
 * works again.  The URL is a secret: no message has it.
 */
#ifndef TOOLS_WEB_PUSH_PUSH_H
#define TOOLS_WEB_PUSH_PUSH_H

#include "shared/base/buf.h"
#include "shared/base/timer.h"

struct ev_loop;

#define PUSH_CONNECT_S 10
#define PUSH_ALL_S 30	     /* for one of them */
#define PUSH_SLOW_S 600	     /* the longest pause after failures */
#define PUSH_REPLY_MAX 65536 /* bytes of an answer that are waited for */

/* The document, added to the buffer. */
typedef void push_fn(void *arg, struct buf *);

struct push_setup {
	struct ev_loop *loop;
	struct timers *timers;
	const char *url, *ca_file, *proxy; /* kept by the caller; "": none */
	double interval_s;
	push_fn *fn;
	void *arg;
};

struct push;

/* The TCP port that is connected to; 0: it is no http or https URL. */
uint16_t push_port(const char *url);
/* The first is sent at once.  NULL: libcurl does not start. */
struct push *push_new(const struct push_setup *);
void push_free(struct push *); /* NULL is fine */
/* Seconds from one failure to the next try, failures having come in a row. */
double push_pause(double interval_s, unsigned failures);

struct push_counts {
	uint64_t sent, failed;
	uint64_t sent_ms; /* boot stamp of the last that arrived; 0 */
};
const struct push_counts *push_counted(const struct push *);

#endif
