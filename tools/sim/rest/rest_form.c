/* SPDX-License-Identifier: MIT */
/*
 * Checking forms: every error of a body is found in one go and reported as
 * Discord nests them (discord-protocol.md section 7.1).
 */
#include "tools/sim/rest/rest_form.h"

#include "tools/sim/rest/rest_reply.h"

#include "shared/base/base64.h"

#include <stdarg.h>
#include <string.h>

/* The object at a dotted path below o, made where missing. */
static json_object *
descend(json_object *o, const char *path)
{
	char key[64];

	while (*path != '\0') {
		size_t n = strcspn(path, ".");
		json_object *next;

		(void)str_format(key, sizeof(key), "%.*s", (int)n, path);
		next = json_object_object_get(o, key);
		if (next == NULL) {
			next = json_object_new_object();
			jso_set(o, key, next);
		}
		o = next;
		path += n + (path[n] == '.');
	}
	return o;
}

void
rest_form_error(struct rest_call *c, const char *path, const char *code,
    const char *fmt, ...)
{
	json_object *at, *list, *e = json_object_new_object();
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (c->errors == NULL)
		c->errors = json_object_new_object();
	at = descend(c->errors, path);
	list = json_object_object_get(at, "_errors");
	if (list == NULL) {
		list = json_object_new_array();
		jso_set(at, "_errors", list);
	}
	jso_set_text(e, "code", code);
	jso_set_text(e, "message", text);
	json_object_array_add(list, e);
}

void
rest_form_required(struct rest_call *c, const char *path)
{
	rest_form_error(c, path, "BASE_TYPE_REQUIRED",
	    "This field is required");
}

void
rest_form_no_object(struct rest_call *c, const char *path)
{
	rest_form_error(c, path, "MODEL_TYPE_CONVERT",
	    "Only dictionaries may be used in a ModelType");
}

void
rest_form_no_list(struct rest_call *c, const char *path)
{
	rest_form_error(c, path, "LIST_TYPE_CONVERT",
	    "Only iterables may be used in a ListType");
}

bool
rest_form_refused(struct rest_call *c)
{
	json_object *o;

	if (c->errors == NULL)
		return false;
	o = json_object_new_object();
	jso_set_text(o, "message", "Invalid Form Body");
	jso_set_int(o, "code", 50035);
	jso_set(o, "errors", c->errors);
	c->errors = NULL;
	rest_reply(c, 400, o);
	return true;
}

json_object *
rest_form_object(struct rest_call *c)
{
	if (c->body == NULL)
		c->body = json_object_new_object();
	if (json_object_is_type(c->body, json_type_object))
		return c->body;
	rest_form_no_object(c, "");
	(void)rest_form_refused(c);
	return NULL;
}

size_t
rest_form_chars(const char *s)
{
	size_t n = 0;

	for (; *s != '\0'; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

const char *
rest_form_string(struct rest_call *c, json_object *o, const char *key,
    size_t min, size_t max)
{
	json_object *v = jso_get(o, key);
	const char *s;
	size_t n;

	if (v == NULL)
		return NULL;
	if (!json_object_is_type(v, json_type_string)
	    && !json_object_is_type(v, json_type_int)) {
		rest_form_error(c, key, "STRING_TYPE_CONVERT",
		    "Could not interpret value as string.");
		return NULL;
	}
	s = json_object_get_string(v);
	n = rest_form_chars(s);
	if (n > max)
		rest_form_error(c, key, "BASE_TYPE_MAX_LENGTH",
		    "Must be %zu or fewer in length.", max);
	else if (n < min)
		rest_form_error(c, key, "BASE_TYPE_MIN_LENGTH",
		    "Must be %zu or more in length.", min);
	return s;
}

bool
rest_form_int(struct rest_call *c, json_object *o, const char *key, int64_t min,
    int64_t max, int64_t *out)
{
	json_object *v = jso_get(o, key);
	int64_t n = 0;

	if (v == NULL)
		return false;
	if (json_object_is_type(v, json_type_int))
		n = json_object_get_int64(v);
	else if (!json_object_is_type(v, json_type_string)
	    || !str_to_i64(json_object_get_string(v), &n)) {
		rest_form_error(c, key, "NUMBER_TYPE_COERCE",
		    "Value \"%.100s\" is not int.", json_object_get_string(v));
		return false;
	}
	if (n < min)
		rest_form_error(c, key, "NUMBER_TYPE_MIN",
		    "int value should be greater than or equal to %lld.",
		    (long long)min);
	else if (n > max)
		rest_form_error(c, key, "NUMBER_TYPE_MAX",
		    "int value should be less than or equal to %lld.",
		    (long long)max);
	*out = n;
	return n >= min && n <= max;
}

bool
rest_form_id(struct rest_call *c, json_object *o, const char *key,
    uint64_t *out)
{
	json_object *v = jso_get(o, key);

	if (v == NULL)
		return false;
	if ((json_object_is_type(v, json_type_string)
		|| json_object_is_type(v, json_type_int))
	    && str_to_u64(json_object_get_string(v), out))
		return true;
	rest_form_error(c, key, "NUMBER_TYPE_COERCE",
	    "Value \"%.100s\" is not snowflake.", json_object_get_string(v));
	return false;
}

json_object *
rest_form_array(struct rest_call *c, json_object *o, const char *key,
    size_t max)
{
	json_object *v = jso_get(o, key);

	if (v == NULL)
		return NULL;
	if (!json_object_is_type(v, json_type_array)) {
		rest_form_no_list(c, key);
		return NULL;
	}
	if (json_object_array_length(v) > max)
		rest_form_error(c, key, "BASE_TYPE_MAX_LENGTH",
		    "Must be %zu or fewer in length.", max);
	return v;
}

static const struct {
	const char *type, *magic;
	size_t len;
} image[] = {
    {"image/png", "\x89PNG", 4},
    {"image/jpeg", "\xff\xd8\xff", 3},
    {"image/gif", "GIF8", 4},
};

/* Is it base64 of something that begins so? */
static bool
is_image(const char *base64, const char *magic, size_t n)
{
	size_t len = 0;
	unsigned char *bytes = base64_decode(base64, &len);
	bool begins = len >= n && memcmp(bytes, magic, n) == 0;

	free(bytes);
	return begins;
}

/* Why text is no image data URI, or NULL. */
static const char *
image_problem(const char *s, bool gif)
{
	if (strncmp(s, "data:", 5) != 0)
		return "Invalid image data";
	for (size_t i = 0; i < nitems(image); i++) {
		size_t n = strlen(image[i].type);

		if (strncmp(s + 5, image[i].type, n) != 0
		    || strncmp(s + 5 + n, ";base64,", 8) != 0)
			continue;
		if (i == 2 && !gif)
			return "Animated images need a feature this guild "
			       "lacks.";
		return is_image(s + 5 + n + 8, image[i].magic, image[i].len)
		    ? NULL
		    : "Invalid image data";
	}
	return "Unsupported image type given";
}

void
rest_form_image(struct rest_call *c, json_object *o, const char *key, bool gif)
{
	json_object *v = jso_get(o, key);
	const char *why;

	if (v == NULL)
		return;
	if (!json_object_is_type(v, json_type_string))
		why = "Could not interpret value as string.";
	else
		why = image_problem(json_object_get_string(v), gif);
	if (why != NULL)
		rest_form_error(c, key, "IMAGE_INVALID", "%s", why);
}

void
rest_form_copy(json_object *to, json_object *from, const char *const *keys)
{
	json_object *v;

	for (; *keys != NULL; keys++)
		if (json_object_object_get_ex(from, *keys, &v))
			jso_set(to, *keys, json_object_get(v));
}
