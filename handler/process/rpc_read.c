/* SPDX-License-Identifier: MIT */
/* What a plugin says; see rpc_read.h. */
#include "handler/process/rpc_read.h"

#include "handler/process/rpc_answer.h"
#include "shared/base/tricks.h"
#include "shared/json/json.h"
#include "shared/base/text.h"

#include <string.h>

static void
talk_bad(struct rpc_read *t, const char *what, const char *text, size_t len)
{
	t->kind = RPC_READ_BAD;
	str_format(t->why, sizeof(t->why), "%s: %s", what,
	    TEXT_OF_N(text, len, 80));
}

static bool
talk_blank(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] != ' ' && text[i] != '\t' && text[i] != '\r')
			return false;
	return true;
}

static bool
talk_number(struct json_object *o, uint64_t *out)
{
	int64_t v;

	if (!json_object_is_type(o, json_type_int))
		return false;
	v = json_object_get_int64(o);
	*out = (uint64_t)v;
	return v >= 0;
}

/* Keeps the id as the text it will be answered with. */
static bool
talk_id(struct rpc_read *t, struct json_object *id)
{
	if (id != NULL && !json_object_is_type(id, json_type_int)
	    && !json_object_is_type(id, json_type_string)
	    && !json_object_is_type(id, json_type_double))
		return false;
	return str_copy(t->id, json_text(id), sizeof(t->id)) < sizeof(t->id);
}

static bool
talk_done(struct rpc_read *t)
{
	struct json_object *upto;

	return json_object_is_type(t->params, json_type_object)
	    && json_object_object_get_ex(t->params, "upto", &upto)
	    && talk_number(upto, &t->number);
}

static const char *
talk_request(struct rpc_read *t, struct json_object *method, bool has_id,
    struct json_object *id)
{
	if (!json_object_is_type(method, json_type_string)
	    || strlen(json_object_get_string(method))
		!= (size_t)json_object_get_string_len(method))
		return "its method is not a string";
	t->kind = RPC_READ_REQUEST;
	t->method = json_object_get_string(method);
	json_object_object_get_ex(t->tree, "params", &t->params);
	if (has_id && !talk_id(t, id))
		return "its id is neither a short string nor a number";
	if (has_id || strcmp(t->method, "done") != 0)
		return NULL;
	t->kind = RPC_READ_DONE;
	return talk_done(t) ? NULL : "\"done\" needs {\"upto\":number}";
}

static void
talk_refusal(struct rpc_read *t, struct json_object *error)
{
	struct json_object *text = NULL;

	t->kind = RPC_READ_REFUSAL;
	if (json_object_is_type(error, json_type_object))
		json_object_object_get_ex(error, "message", &text);
	str_copy(t->why,
	    json_object_is_type(text, json_type_string)
		? json_object_get_string(text)
		: "no reason given",
	    sizeof(t->why));
}

static const char *
talk_answer(struct rpc_read *t, bool has_id, struct json_object *id)
{
	struct json_object *v;

	if (!has_id || !talk_number(id, &t->number))
		return "neither a request nor an answer to one of ours";
	if (json_object_object_get_ex(t->tree, "error", &v) && v != NULL) {
		talk_refusal(t, v);
		return NULL;
	}
	t->kind = RPC_READ_RESULT;
	if (!json_object_object_get_ex(t->tree, "result", &t->result))
		return "an answer with neither result nor error";
	return NULL;
}

static const char *
talk_sort(struct rpc_read *t)
{
	struct json_object *method, *id = NULL;
	bool has_id;

	if (!json_object_is_type(t->tree, json_type_object))
		return "not a JSON object";
	has_id = json_object_object_get_ex(t->tree, "id", &id);
	if (json_object_object_get_ex(t->tree, "method", &method))
		return talk_request(t, method, has_id, id);
	return talk_answer(t, has_id, id);
}

static void
talk_begin(struct rpc_read *t)
{
	t->kind = RPC_READ_EMPTY;
	t->number = 0;
	t->id[0] = t->why[0] = '\0';
	t->method = NULL;
	t->params = t->result = t->tree = NULL;
}

void
rpc_read_tree(struct rpc_read *t, const char *text, size_t len)
{
	const char *why;

	talk_begin(t);
	if (talk_blank(text, len))
		return;
	why = json_parse(&t->tree, text, len)
	    ? talk_sort(t)
	    : "not one JSON document in UTF-8";
	if (why != NULL)
		talk_bad(t, why, text, len);
}

void
rpc_read_parse(struct rpc_read *t, const char *text, size_t len)
{
	talk_begin(t);
	if (!HERD_TRICK_ANSWERS
	    || !rpc_answer_read(text, len, &t->kind, &t->number))
		rpc_read_tree(t, text, len);
}

bool
rpc_read_mask_nul(char *text, size_t len)
{
	bool found = false;

	/* An escape is two bytes or more: "\\\\u0000" is no NUL. */
	for (size_t i = 0; i + 6 <= len; i++) {
		if (text[i] != '\\')
			continue;
		if (memcmp(text + i, "\\u0000", 6) == 0) {
			memcpy(text + i, "\\ufffd", 6);
			found = true;
		}
		i++;
	}
	return found;
}

/* ---- a line that is too long ---------------------------------------- */

/* A scalar's end, or its beginning when it is no whole scalar. */
static const char *
scalar_end(const char *p, const char *end)
{
	const char *at = p;

	if (p == end)
		return p;
	if (*p != '"') {
		while (at < end && strchr("+-.0123456789eEaflnrstu", *at))
			at++;
		return at < end ? at : p;
	}
	for (at++; at < end && *at != '"'; at++)
		if (*at == '\\')
			return p; /* nothing we look for has that */
	return at < end ? at + 1 : p;
}

static const char *
skip_blank(const char *p, const char *end)
{
	while (p < end && strchr(" \t\r", *p) != NULL && *p != '\0')
		p++;
	return p;
}

static bool
is_name(const char *p, const char *end, const char *name)
{
	size_t len = strlen(name);

	return (size_t)(end - p) == len + 2 && memcmp(p + 1, name, len) == 0;
}

static void
head_member(struct rpc_read *t, const char *name, const char *name_end,
    const char *value, const char *end)
{
	size_t len = (size_t)(end - value);
	char text[24];

	if (is_name(name, name_end, "id") && len < sizeof(t->id)) {
		str_format(t->id, sizeof(t->id), "%.*s", (int)len, value);
	} else if (is_name(name, name_end, "method") && *value == '"') {
		t->kind = RPC_READ_REQUEST;
		str_format(t->why, sizeof(t->why), "%.*s",
		    (int)(len > 66 ? 64 : len - 2), value + 1);
	}
	/* An answer's id is ours: a number. */
	if (len < sizeof(text) && is_name(name, name_end, "id")
	    && str_format(text, sizeof(text), "%.*s", (int)len, value)
	    && !str_to_u64(text, &t->number))
		t->number = UINT64_MAX;
}

/* Behind the members that could be read stands one that could not. */
static void
head_judge(struct rpc_read *t, const char *name, const char *name_end)
{
	if (t->kind == RPC_READ_REQUEST || t->id[0] == '\0'
	    || t->number == UINT64_MAX)
		return;
	if (is_name(name, name_end, "result"))
		t->kind = RPC_READ_RESULT;
	else if (is_name(name, name_end, "error"))
		t->kind = RPC_READ_REFUSAL;
	if (t->kind == RPC_READ_REFUSAL)
		str_copy(t->why, "it is too long to be read", sizeof(t->why));
}

void
rpc_read_head(struct rpc_read *t, const char *text, size_t len)
{
	const char *end = text
	    + (len < RPC_READ_HEAD_MAX ? len : RPC_READ_HEAD_MAX);
	const char *p = skip_blank(text, end), *name, *name_end, *value;

	*t = (struct rpc_read) {.kind = RPC_READ_BAD, .number = UINT64_MAX};
	if (p == end || *p != '{')
		return;
	do {
		name = skip_blank(p + 1, end);
		name_end = scalar_end(name, end);
		p = skip_blank(name_end, end);
		if (name == name_end || *name != '"' || p == end || *p != ':')
			return;
		value = skip_blank(p + 1, end);
		p = scalar_end(value, end);
		if (p == value) {
			head_judge(t, name, name_end);
			return;
		}
		head_member(t, name, name_end, value, p);
		p = skip_blank(p, end);
	} while (p < end && *p == ',');
}

void
rpc_read_free(struct rpc_read *t)
{
	if (t->tree != NULL)
		json_object_put(t->tree);
	t->tree = t->params = t->result = NULL;
}
