/* SPDX-License-Identifier: MIT */
/*
 * A dispatch of Discord's as a line for people and as a small object for
 * scripts.  Everything in it is of others: what comes out is clean text, from
 * any bytes.  Pure.
 */
#ifndef TOOLS_CLI_EVENTS_EVENT_LINE_H
#define TOOLS_CLI_EVENTS_EVENT_LINE_H

#include "shared/wire/live_wire.h"

struct json_object;

#define EVENT_LINE_WORDS 160 /* of what somebody wrote */

/* What of an event is shown; "": it has none. */
struct event_line {
	uint32_t shard;
	uint64_t seq;
	int64_t time_ms;
	char name[64];
	char guild[24], channel[24], user_id[24];
	char user[48];
	char words[EVENT_LINE_WORDS]; /* written, or the name of what it is */
};

/* raw: h->len bytes, whatever they are. */
void event_line_read(struct event_line *, const struct live_hdr *h,
    const char *raw);
/* "2026-11-21 03:14:05  shard 3: MESSAGE_CREATE  guild 1  channel 2  nelly:
 * hello" */
void event_line_text(const struct event_line *, char *out, size_t size);
/* {time_ms, shard, event, seq, guild, channel, user_id, user, text}; what it
 * has not is null. */
struct json_object *event_line_json(const struct event_line *);

#endif
