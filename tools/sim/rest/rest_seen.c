/* SPDX-License-Identifier: MIT */
#include "tools/sim/rest/rest_seen.h"

#include "tools/sim/gateway/ledger.h"
#include "tools/sim/rest/rest_reply.h"

#include "shared/json/json.h"

#include <string.h>

static void
refuse(struct rest_call *c, int status, const char *why)
{
	json_object *o = json_object_new_object();

	jso_set_text(o, "message", why);
	rest_reply(c, status, o);
}

static bool
read_crc(json_object *v, struct ledger_report *r)
{
	const char *text = json_object_get_string(v);
	char *end;

	r->has_crc = v != NULL;
	if (!v)
		return true;
	if (json_object_is_type(v, json_type_int)
	    && json_object_get_int64(v) >= 0
	    && json_object_get_int64(v) <= UINT32_MAX) {
		r->crc = (uint32_t)json_object_get_int64(v);
		return true;
	}
	if (!json_object_is_type(v, json_type_string) || strlen(text) != 8
	    || strspn(text, "0123456789abcdefABCDEF") != 8)
		return false;
	r->crc = (uint32_t)strtoul(text, &end, 16);
	return true;
}

/* SEQ, [SEQ] or [SEQ, CRC]. */
static bool
read_one(json_object *v, struct ledger_report *r)
{
	json_object *seq = v, *crc = NULL;

	if (json_object_is_type(v, json_type_array)) {
		if (json_object_array_length(v) > 2)
			return false;
		seq = json_object_array_get_idx(v, 0);
		crc = json_object_array_get_idx(v, 1);
	}
	if (!json_object_is_type(seq, json_type_int)
	    || json_object_get_int64(seq) < 1)
		return false;
	r->has_seq = true;
	r->seq = json_object_get_uint64(seq);
	return read_crc(crc, r);
}

static void
reply(struct rest_call *c, const char *id, size_t len)
{
	struct session *s = session_find(c->sim, id, len);
	json_object *o = json_object_new_object();

	jso_set_text(o, "session", id);
	jso_set_int(o, "handled", (int64_t)ledger_handled(s));
	jso_set_int(o, "pending", (int64_t)ledger_pending(s));
	jso_set_text(o, "verdict", ledger_verdict(s));
	rest_reply(c, 200, o);
}

/* All of the list is read before any of it counts. */
static void
take(struct rest_call *c, json_object *o)
{
	json_object *id = json_get(o, "session"), *list = json_get(o, "seen");
	struct ledger_report r = {0};
	size_t n;

	if (!json_object_is_type(id, json_type_string)
	    || !json_object_is_type(list, json_type_array)) {
		refuse(c, 400,
		    "expected {\"session\": ID, \"seen\": [SEQ or [SEQ, CRC], "
		    "...]}");
		return;
	}
	r.session = json_object_get_string(id);
	r.session_len = (size_t)json_object_get_string_len(id);
	if (!session_find(c->sim, r.session, r.session_len)) {
		refuse(c, 404, "there is no session of this id");
		return;
	}
	n = json_object_array_length(list);
	for (size_t i = 0; i < n; i++) {
		if (read_one(json_object_array_get_idx(list, i), &r))
			continue;
		refuse(c, 400,
		    "in \"seen\" is something else than SEQ or [SEQ, CRC]: an "
		    "event's s, and the CRC-32 of its message as a number or 8 "
		    "hexadecimal digits");
		return;
	}
	for (size_t i = 0; i < n; i++) {
		(void)read_one(json_object_array_get_idx(list, i), &r);
		(void)ledger_report(c->sim, &r);
	}
	reply(c, r.session, r.session_len);
}

void
rest_seen(struct rest_call *c)
{
	json_object *o;

	if (strcmp(c->url, "/sim/seen") != 0) {
		refuse(c, 404, "reports go to /sim/seen");
	} else if (strcmp(c->method, "POST") != 0) {
		refuse(c, 405, "reports come by POST");
	} else if (c->too_big || c->raw.len > REST_SEEN_BYTES) {
		refuse(c, 413, "a report has 1 MiB at most");
	} else {
		o = json_parse_as(c->raw.p ? c->raw.p : "", c->raw.len,
		    json_type_object);
		if (o)
			take(c, o);
		else
			refuse(c, 400, "the body is no JSON object");
		json_object_put(o);
	}
}
