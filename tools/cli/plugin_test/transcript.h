/* SPDX-License-Identifier: MIT */
/*
 * Reads the record of a tap (tap.h) and keeps what a test of a plugin wants
 * to know: what it was asked and has answered, what it asked and was told,
 * and every line that is against the protocol.  Pure; knows no files.
 */
#ifndef TOOLS_CLI_PLUGIN_TEST_TRANSCRIPT_H
#define TOOLS_CLI_PLUGIN_TEST_TRANSCRIPT_H

#include "shared/base/base.h"

#include <json-c/json.h>

#define TRANSCRIPT_MAX 4096 /* events, and calls; more are not followed */
#define TRANSCRIPT_WORDS 256
#define TRANSCRIPT_KEPT 3 /* lines kept of what is only counted */

/* A request of the handler: initialize, an event, a timer. */
struct transcript_event {
	int64_t id;
	char name[48];	/* "MESSAGE_CREATE", "timer midnight" */
	char about[24]; /* id in its d; "" when it has none */
	bool answered, failed;
	uint64_t sent_ms, answered_ms;
	size_t calls;		    /* that were made before it came */
	char why[TRANSCRIPT_WORDS]; /* it failed */
};

/* A request of the plugin. */
struct transcript_call {
	char id[64]; /* as JSON; "" for none */
	char method[64];
	char about[24]; /* an interaction, a message or a timer */
	char content[TRANSCRIPT_WORDS];
	bool answered, failed;
	uint64_t sent_ms, answered_ms;
	char why[TRANSCRIPT_WORDS];
};

struct transcript_lines {
	size_t n;
	char text[TRANSCRIPT_KEPT][TRANSCRIPT_WORDS]; /* the first ones */
};

struct transcript {
	struct transcript_event *event;
	size_t events;
	struct transcript_call *call;
	size_t calls;
	struct json_object *commands; /* declared; NULL: not initialised */
	struct transcript_lines bad, errors;
	size_t out_lines, starts, ends;
	char last_error[TRANSCRIPT_WORDS]; /* of its standard error */
	char end[32];			   /* "exit 0" */
	bool shutdown;			   /* it was told to end */
	bool marked; /* the message with this content came */
	const char *mark;
};

void transcript_init(struct transcript *, const char *mark);
void transcript_free(struct transcript *);
/* One line of the record, without its end. */
void transcript_line(struct transcript *, const char *line, size_t len);
/* How many events are not answered. */
size_t transcript_open(const struct transcript *);
/* The event of this name, of this interaction or message, or NULL. */
const struct transcript_event *transcript_about(const struct transcript *,
    const char *name, const char *id);
/* The call that answers an interaction. */
const struct transcript_call *transcript_response(const struct transcript *,
    const char *id);
/* That answers a message: one about it, or the next that says something. */
const struct transcript_call *transcript_reply(const struct transcript *,
    const struct transcript_event *);

/*
 * Values for the options of a command as it was declared, as Discord would
 * send them: the first choice, the least number, or just something.
 */
struct json_object *transcript_options(struct json_object *declared);

#endif
