/* SPDX-License-Identifier: MIT */
#include "tools/sim/gateway/opcode.h"

#include "tools/sim/book/stats.h"
#include "tools/sim/gateway/ledger.h"
#include "tools/sim/gateway/check.h"
#include "tools/sim/gateway/identify.h"
#include "tools/sim/gateway/request.h"
#include "tools/sim/gateway/voice.h"
#include "tools/sim/base/jso.h"

#include "shared/json/json.h"

#include <stdarg.h>

void
opcode_refuse(struct conn *c, unsigned code, const char *fmt, ...)
{
	char what[120];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	stats_violation(c->sim, c->key, "%u: %s", code, what);
	conn_close(c, code, what);
}

/* Op 1: d is the last seq, or null. */
static void
heartbeat(struct conn *c, json_object *d)
{
	struct session *s = c->session;
	uint64_t seq;

	if (d
	    && (!json_object_is_type(d, json_type_int)
		|| json_object_get_int64(d) < 0)) {
		opcode_refuse(c, 4001, "op 1: d is neither a seq nor null");
		return;
	}
	seq = d ? (uint64_t)json_object_get_int64(d) : 0;
	if (s && !ledger_acknowledge(s, seq))
		stats_violation(c->sim, c->key,
		    "heartbeat with seq %llu, which was never sent",
		    (unsigned long long)seq);
	else if (s && seq > s->heartbeat_seq)
		s->heartbeat_seq = seq;
	conn_heartbeat(c);
}

enum when {
	ANY_TIME,
	BEFORE, /* once, before a session: else 4005 */
	AFTER,	/* with a session only: else 4003 */
};

static const struct {
	int op;
	enum when when;
	void (*fn)(struct conn *, json_object *);
} commands[] = {
    {1, ANY_TIME, heartbeat},
    {2, BEFORE, identify_start},
    {3, AFTER, request_presence},
    {4, AFTER, voice_request},
    {6, BEFORE, identify_resume},
    {8, AFTER, request_members},
    {31, AFTER, request_sounds},
    {43, AFTER, request_channels},
};

static void
run(struct conn *c, int64_t op, json_object *d)
{
	size_t i = 0;

	while (i < nitems(commands) && commands[i].op != op)
		i++;
	if (commands[i % nitems(commands)].op != op)
		opcode_refuse(c, 4001, "Unknown opcode %lld.", (long long)op);
	else if (commands[i].when == AFTER && c->state < CONN_LIMBO)
		opcode_refuse(c, 4003, "Not authenticated.");
	else if (commands[i].when == BEFORE && c->state >= CONN_LIMBO)
		opcode_refuse(c, 4005, "Already authenticated.");
	else if (commands[i].when != AFTER || c->session)
		commands[i].fn(c, d); /* in limbo nobody listens */
}

static void
read_message(struct conn *c, const char *text, size_t len)
{
	json_object *o = json_parse_as(text, len, json_type_object), *op;

	if (!o) {
		opcode_refuse(c, 4002, "Error while decoding payload.");
		return;
	}
	op = check_field(o, "op", json_type_int);
	if (!op)
		opcode_refuse(c, 4002, "op is missing or not an integer.");
	else
		run(c, json_object_get_int64(op), jso_get(o, "d"));
	json_object_put(o);
}

void
opcode_message(struct conn *c, bool binary, const char *text, size_t len)
{
	if (conn_stamp(&c->sends, CONN_SENDS_MAX, CONN_SENDS_S)) {
		opcode_refuse(c, 4008,
		    "Rate limited: over %d messages in %d s.", CONN_SENDS_MAX,
		    CONN_SENDS_S);
		return;
	}
	if (c->stuck)
		return;
	if (binary)
		opcode_refuse(c, 4002,
		    "Error while decoding payload: a binary message.");
	else if (len > OPCODE_BYTES_MAX)
		opcode_refuse(c, 4002, "Payload of %zu bytes, over %d.", len,
		    OPCODE_BYTES_MAX);
	else
		read_message(c, text, len);
}
