/* SPDX-License-Identifier: MIT */
/*
 * Writes the JSON lines that plugins read (shardherd-plugin(7)).  An event's
 * bytes are spliced in as they came; no tree is ever built of them.  Nothing
 * here may put a newline inside a line or bytes that are not UTF-8 into one.
 */
#ifndef HANDLER_PROCESS_RPC_WRITE_H
#define HANDLER_PROCESS_RPC_WRITE_H

#include "shared/base/buf.h"
#include "handler/intake/in_flight.h"

#define RPC_WRITE_API 1 /* version of the protocol, in initialize */
#define RPC_WRITE_API_TEXT "1"

/*
 * Makes text fit to stand inside a line: true when it is one JSON document, at
 * most JSON_DEPTH_MAX deep (anything else goes as base64), in UTF-8, whose CR
 * and LF, legal only between tokens, are now blanks.
 */
bool rpc_write_splice(char *text, size_t len);

/* Appends a JSON string, quotes included; bytes that aren't UTF-8 become ?. */
void rpc_write_string(struct buf *, const char *s);

/* config: a JSON object, as text. */
void rpc_write_initialize(struct buf *, const char *plugin, const char *config);
/* command: JSON text of what it is a command for, or NULL. */
void rpc_write_event(struct buf *, const struct delivery *,
    const char *command);
void rpc_write_shutdown(struct buf *);
/* A notification; params is JSON text. */
void rpc_write_notify(struct buf *, const char *method, const char *params,
    size_t len);
/* A request of ours that is no event; params is JSON text. */
void rpc_write_request(struct buf *, uint64_t id, const char *method,
    const char *params, size_t len);
/* Answers to a plugin's request; id is JSON text.  result too. */
void rpc_write_result(struct buf *, const char *id, const char *result,
    size_t len);
void rpc_write_error(struct buf *, const char *id, int code,
    const char *message, const char *data);

#endif
