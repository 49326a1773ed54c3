/* SPDX-License-Identifier: MIT */
/*
 * Checking forms: every error of a body is found in one go and reported as
 * Discord nests them (discord-protocol.md section 7.1).
 */
#include "tools/sim/rest/rest_form.h"

#include "tools/sim/rest/rest_body.h"
#include "tools/sim/rest/rest_reply.h"

#include "shared/base/base64.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>
#include <strings.h>
#include <time.h>

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
	at = descend(descend(c->errors, c->at), path);
	list = json_object_object_get(at, "_errors");
	if (list == NULL) {
		list = json_object_new_array();
		jso_set(at, "_errors", list);
	}
	jso_set_text(e, "code", code);
	jso_set_text(e, "message", text);
	json_object_array_add(list, e);
}

size_t
rest_form_enter(struct rest_call *c, const char *fmt, ...)
{
	size_t was = strlen(c->at), n;
	va_list ap;

	va_start(ap, fmt);
	n = (size_t)vsnprintf(c->at + was, sizeof(c->at) - was, fmt, ap);
	va_end(ap);
	must(was + n + 1 < sizeof(c->at));
	memcpy(c->at + was + n, ".", 2);
	return was;
}

void
rest_form_leave(struct rest_call *c, size_t was)
{
	c->at[was] = '\0';
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
	if (json_object_is_type(v, json_type_int)) {
		jso_set_text(o, key, json_object_get_string(v));
		v = jso_get(o, key);
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

static void
out_of_bounds(struct rest_call *c, const char *key, int64_t n, int64_t min,
    int64_t max)
{
	if (n < min)
		rest_form_error(c, key, "NUMBER_TYPE_MIN",
		    "int value should be greater than or equal to %lld.",
		    (long long)min);
	else if (n > max)
		rest_form_error(c, key, "NUMBER_TYPE_MAX",
		    "int value should be less than or equal to %lld.",
		    (long long)max);
}

int64_t
rest_form_query(struct rest_call *c, const char *key, int64_t min, int64_t max,
    int64_t dflt)
{
	const char *s = rest_body_text(c, key);
	int64_t n;

	if (s == NULL)
		return dflt;
	if (!str_to_i64(s, &n)) {
		rest_form_error(c, key, "NUMBER_TYPE_COERCE",
		    "Value \"%.100s\" is not int.", s);
		return dflt;
	}
	out_of_bounds(c, key, n, min, max);
	return n < min || n > max ? dflt : n;
}

bool
rest_form_is_int(json_object *v)
{
	double n = json_object_get_double(v);

	return json_object_is_type(v, json_type_int)
	    || (json_object_is_type(v, json_type_double) && n == trunc(n));
}

bool
rest_form_int(struct rest_call *c, json_object *o, const char *key, int64_t min,
    int64_t max, int64_t *out)
{
	json_object *v = jso_get(o, key);
	int64_t n = 0;

	if (v == NULL)
		return false;
	if (rest_form_is_int(v))
		n = json_object_get_int64(v);
	else if (!json_object_is_type(v, json_type_string)
	    || !str_to_i64(json_object_get_string(v), &n)) {
		rest_form_error(c, key, "NUMBER_TYPE_COERCE",
		    "Value \"%.100s\" is not int.", json_object_get_string(v));
		return false;
	}
	out_of_bounds(c, key, n, min, max);
	if (!json_object_is_type(v, json_type_int))
		jso_set_int(o, key, n);
	*out = n;
	return n >= min && n <= max;
}

bool
rest_form_bool(struct rest_call *c, json_object *o, const char *key, bool dflt)
{
	json_object *v = jso_get(o, key);
	const char *s = json_object_get_string(v);
	bool yes;

	if (v == NULL)
		return dflt;
	if (json_object_is_type(v, json_type_boolean))
		return json_object_get_boolean(v);
	/* As text in forms that are no JSON. */
	if (json_object_is_type(v, json_type_string)
	    && (strcasecmp(s, "true") == 0 || strcasecmp(s, "false") == 0)) {
		yes = strcasecmp(s, "true") == 0;
		jso_set_bool(o, key, yes);
		return yes;
	}
	rest_form_error(c, key, "BOOLEAN_TYPE_CONVERT",
	    "Must be either true or false.");
	return dflt;
}

const char *
rest_form_text(struct rest_call *c, json_object *o, const char *key, size_t min,
    size_t max)
{
	json_object *v = jso_get(o, key);

	/* An empty one counts as absent. */
	if (v == NULL
	    || (json_object_is_type(v, json_type_string)
		&& json_object_get_string_len(v) == 0)) {
		rest_form_required(c, key);
		return NULL;
	}
	return rest_form_string(c, o, key, min, max);
}

/* How many characters of s are a scheme that is allowed; 0: it has another. */
static size_t
scheme(const char *s, const char *extra)
{
	const char *const allowed[] = {"http", "https", extra};

	for (size_t i = 0; i < nitems(allowed); i++) {
		size_t n = allowed[i] ? strlen(allowed[i]) : 0;

		if (n > 0 && strncmp(s, allowed[i], n) == 0 && s[n] == ':')
			return n;
	}
	return 0;
}

const char *
rest_form_url(struct rest_call *c, json_object *o, const char *key,
    const char *extra)
{
	const char *s = rest_form_string(c, o, key, 0, 2048);
	size_t n;

	if (s == NULL)
		return NULL;
	n = strcspn(s, ":");
	if (n == 0 || n > 20 || s[n] == '\0')
		rest_form_error(c, key, "URL_TYPE_INVALID_URL",
		    "Not a well formed URL.");
	else if (scheme(s, extra) == 0)
		rest_form_error(c, key, "URL_TYPE_INVALID_SCHEME",
		    "Scheme \"%.*s\" is not supported. Scheme must be one of "
		    "('http', 'https'%s%s%s).",
		    (int)n, s, extra ? ", '" : "", extra ? extra : "",
		    extra ? "'" : "");
	else if (strncmp(s + n, "://", 3) != 0 || s[n + 3] == '\0')
		rest_form_error(c, key, "URL_TYPE_INVALID_URL",
		    "Not a well formed URL.");
	return s;
}

bool
rest_form_time(struct rest_call *c, json_object *o, const char *key,
    int64_t *ms)
{
	const char *s = jso_get_text(o, key), *rest;
	struct tm tm = {0};
	int hour = 0, minute = 0, zone = 0;

	if (s == NULL)
		return false;
	rest = strptime(s, "%Y-%m-%dT%H:%M:%S", &tm);
	if (rest != NULL && *rest == '.')
		rest += 1 + strspn(rest + 1, "0123456789");
	if (rest != NULL && (*rest == '+' || *rest == '-')
	    && sscanf(rest + 1, "%2d:%2d", &hour, &minute) == 2)
		zone = (*rest == '-' ? -1 : 1) * (hour * 60 + minute) * 60;
	else if (rest != NULL && *rest != '\0' && strcmp(rest, "Z") != 0)
		rest = NULL;
	if (rest == NULL) {
		rest_form_error(c, key, "DATE_TIME_TYPE_PARSE",
		    "Could not parse %.60s. Should be ISO8601.", s);
		return false;
	}
	*ms = ((int64_t)timegm(&tm) - zone) * 1000;
	return true;
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
    {"image/webp", "RIFF", 4},
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

json_object *
rest_form_image_hash(json_object *v)
{
	const char *s = json_object_get_string(v);
	uint64_t h;
	char text[40];

	if (v == NULL)
		return NULL;
	h = base_hash64(s, strlen(s));
	must(str_format(text, sizeof(text), "%s%016" PRIx64 "%016" PRIx64,
	    strncmp(s, "data:image/gif", 14) == 0 ? "a_" : "", h, ~h));
	return json_object_new_string(text);
}

static bool
has_id(json_object *list, json_object *id)
{
	for (size_t i = 0; i < json_object_array_length(list); i++)
		if (json_object_equal(json_object_array_get_idx(list, i), id))
			return true;
	return false;
}

json_object *
rest_form_ids(struct rest_call *c, json_object *o, const char *key, size_t max)
{
	json_object *v = rest_form_array(c, o, key, max), *list, *id;

	if (!json_object_object_get_ex(o, key, &id))
		return NULL;
	list = json_object_new_array();
	for (size_t i = 0; v != NULL && i < json_object_array_length(v); i++) {
		json_object *e = json_object_array_get_idx(v, i);
		char path[96];
		uint64_t n;

		if (e == NULL || !str_to_u64(json_object_get_string(e), &n)) {
			(void)str_format(path, sizeof(path), "%s.%zu", key, i);
			rest_form_error(c, path, "NUMBER_TYPE_COERCE",
			    "Value \"%.60s\" is not snowflake.",
			    e ? json_object_get_string(e) : "None");
			continue;
		}
		id = jso_id(n);
		if (has_id(list, id))
			json_object_put(id);
		else
			json_object_array_add(list, id);
	}
	return list;
}

void
rest_form_copy(json_object *to, json_object *from, const char *const *keys)
{
	json_object *v;

	for (; *keys != NULL; keys++)
		if (json_object_object_get_ex(from, *keys, &v))
			jso_set(to, *keys, json_object_get(v));
}
