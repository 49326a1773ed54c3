/* SPDX-License-Identifier: MIT */
/* What a plugin says; see talk.h. */
#include "handler/talk.h"

#include "shared/text.h"

#include <string.h>

struct json_tokener *
talk_new(void)
{
	struct json_tokener *t = json_tokener_new_ex(TALK_DEPTH_MAX);

	must(t != NULL);
	json_tokener_set_flags(t,
	    JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	return t;
}

static void
talk_bad(struct talk *t, const char *what, const char *text, size_t len)
{
	t->kind = TALK_BAD;
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
talk_id(struct talk *t, struct json_object *id)
{
	if (id != NULL && !json_object_is_type(id, json_type_int)
	    && !json_object_is_type(id, json_type_string)
	    && !json_object_is_type(id, json_type_double))
		return false;
	return str_copy(t->id, json_object_to_json_string_ext(id,
	    JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE),
	    sizeof(t->id)) < sizeof(t->id);
}

static bool
talk_done(struct talk *t)
{
	struct json_object *upto;

	return json_object_is_type(t->params, json_type_object)
	    && json_object_object_get_ex(t->params, "upto", &upto)
	    && talk_number(upto, &t->number);
}

static const char *
talk_request(struct talk *t, struct json_object *method, bool has_id,
    struct json_object *id)
{
	if (!json_object_is_type(method, json_type_string)
	    || strlen(json_object_get_string(method))
	    != (size_t)json_object_get_string_len(method))
		return "its method is not a string";
	t->kind = TALK_REQUEST;
	t->method = json_object_get_string(method);
	json_object_object_get_ex(t->tree, "params", &t->params);
	if (has_id && !talk_id(t, id))
		return "its id is neither a short string nor a number";
	if (has_id || strcmp(t->method, "done") != 0)
		return NULL;
	t->kind = TALK_DONE;
	return talk_done(t) ? NULL : "\"done\" needs {\"upto\":number}";
}

static void
talk_refusal(struct talk *t, struct json_object *error)
{
	struct json_object *text = NULL;

	t->kind = TALK_REFUSAL;
	if (json_object_is_type(error, json_type_object))
		json_object_object_get_ex(error, "message", &text);
	str_copy(t->why, json_object_is_type(text, json_type_string)
	    ? json_object_get_string(text) : "no reason given",
	    sizeof(t->why));
}

static const char *
talk_answer(struct talk *t, bool has_id, struct json_object *id)
{
	struct json_object *v;

	if (!has_id || !talk_number(id, &t->number))
		return "neither a request nor an answer to one of ours";
	if (json_object_object_get_ex(t->tree, "error", &v) && v != NULL) {
		talk_refusal(t, v);
		return NULL;
	}
	t->kind = TALK_RESULT;
	if (!json_object_object_get_ex(t->tree, "result", &t->result))
		return "an answer with neither result nor error";
	return NULL;
}

static const char *
talk_sort(struct talk *t)
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

void
talk_parse(struct talk *t, struct json_tokener *tok, const char *text,
    size_t len)
{
	const char *why = NULL;

	t->kind = TALK_EMPTY;
	t->number = 0;
	t->id[0] = t->why[0] = '\0';
	t->method = NULL;
	t->params = t->result = t->tree = NULL;
	if (talk_blank(text, len))
		return;
	json_tokener_reset(tok);
	t->tree = json_tokener_parse_ex(tok, text, (int)len);
	if (json_tokener_get_error(tok) != json_tokener_success)
		why = "not JSON";
	else if (!talk_blank(text + json_tokener_get_parse_end(tok),
		     len - json_tokener_get_parse_end(tok)))
		why = "more than one JSON document in a line";
	else
		why = talk_sort(t);
	if (why != NULL)
		talk_bad(t, why, text, len);
}

void
talk_free(struct talk *t)
{
	if (t->tree != NULL)
		json_object_put(t->tree);
	t->tree = t->params = t->result = NULL;
}
