/* SPDX-License-Identifier: MIT */
/* log: a line of a plugin, with fields, in the log of everything. */
#include "handler/api/rpc_impl.h"

#include "shared/base/log.h"

#include <string.h>

#define LOG_TEXT_MAX 2000
#define LOG_LINE_MAX                                                           \
	1900 /* of text and fields together; log.c cuts at LOG_LINE */
#define LOG_FIELDS_MAX 32
#define LOG_KEY_MAX 64

static bool
key_ok(const char *key)
{
	size_t n = strspn(key,
	    "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-");

	return n > 0 && n <= LOG_KEY_MAX && key[n] == '\0';
}

/* Bare only what can't be taken for the end of a value, or another field. */
static bool
bare(const char *s, size_t len)
{
	return len > 0
	    && strspn(s,
		   "abcdefghijklmnopqrstuvwxyz"
		   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-:/@+")
	    == len;
}

static const char *
field_add(struct buf *line, const char *key, struct json_object *v)
{
	if (!key_ok(key))
		return "the name of a field is 1 to 64 letters, digits, '_', "
		       "'.' and '-'";
	if (json_object_is_type(v, json_type_object)
	    || json_object_is_type(v, json_type_array))
		return "a field holds a string, a number, true, false or null";
	buf_printf(line, " %s=", key);
	if (json_object_is_type(v, json_type_string)
	    && bare(json_object_get_string(v),
		(size_t)json_object_get_string_len(v)))
		buf_puts(line, json_object_get_string(v));
	else
		buf_puts(line, json_text(v));
	return NULL;
}

static const char *
fields_add(struct buf *line, struct json_object *params)
{
	struct json_object *fields = NULL;
	const char *why = NULL;

	if (!json_object_object_get_ex(params, "fields", &fields))
		return NULL;
	if (!json_object_is_type(fields, json_type_object)
	    || json_object_object_length(fields) > LOG_FIELDS_MAX)
		return "fields must be an object of at most 32 fields";
	json_object_object_foreach (fields, key, value) {
		why = why != NULL ? why : field_add(line, key, value);
	}
	if (why == NULL && buf_len(line) > LOG_LINE_MAX)
		return "text and fields are longer than 1900 bytes";
	return why;
}

const char *
rpc_log(struct rpc *r, struct rpc_call *w, struct json_object *params)
{
	static void (*const write[])(const char *, ...) = {log_debug, log_info,
	    log_notice, log_warn, log_error};
	const char *level = rpc_param_text(params, "level", 16);
	const char *text = rpc_param_text(params, "text", LOG_TEXT_MAX), *why;
	struct buf line = {0};
	enum log_level l;

	if (level == NULL || log_parse_level(level, &l) < 0)
		return "level must be debug, info, notice, warn or error";
	if (text == NULL)
		return "text must be a string of at most 2000 bytes";
	buf_puts(&line, text);
	why = fields_add(&line, params);
	if (why == NULL && !plugin_may_log(w->plugin)) {
		rpc_call_result(w, "false", 5);
	} else if (why == NULL) {
		write[l]("plugin %s: %.*s", plugin_name(w->plugin),
		    (int)buf_len(&line), buf_data(&line));
		rpc_call_true(w);
	}
	buf_free(&line);
	return why;
}
