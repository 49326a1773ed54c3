/* SPDX-License-Identifier: MIT */
/* Text to tree; see json.h. */
#include "shared/json/json.h"

#include "shared/json/envelope.h"

#include <errno.h>
#include <json-c/json_visit.h>
#include <limits.h>
#include <string.h>

/*
 * json-c keeps the text of a number with an exponent, and saturates an integer
 * at 64 bits.  So such an integer is shown to it with this behind, which is cut
 * off again in the tree; nobody writes it.
 */
#define MARK "e+0000000000"

/* What one walk over a valid text finds out. */
struct survey {
	int depth;
	size_t kept; /* integers that need MARK */
	bool bad_key;
};

/* ---- before json-c -------------------------------------------------- */

static const char *
string_end(const char *p, const char *end, bool *nul)
{
	*nul = false;
	for (p++; *p != '"'; p++)
		if (*p == '\\') {
			*nul |= end - p > 5 && memcmp(p, "\\u0000", 6) == 0;
			p++;
		}
	return p + 1;
}

static bool
key_follows(const char *p, const char *end)
{
	while (p < end && strchr(" \t\r\n", *p) != NULL)
		p++;
	return p < end && *p == ':';
}

static size_t
number_len(const char *p, const char *end)
{
	const char *from = p;

	while (p < end && strchr("+-.0123456789Ee", *p) != NULL)
		p++;
	return (size_t)(p - from);
}

/* Would json-c write another integer than it read? */
static bool
changes(const char *p, size_t n)
{
	char text[24];

	for (size_t i = 0; i < n; i++)
		if (strchr(".eE", p[i]) != NULL)
			return false;
	if (n >= sizeof(text))
		return true;
	memcpy(text, p, n);
	text[n] = '\0';
	errno = 0;
	if (text[0] == '-')
		return strtoll(text, NULL, 10) == 0 || errno == ERANGE;
	(void)strtoull(text, NULL, 10);
	return errno == ERANGE;
}

/* copy: NULL, or room for the text and a MARK for each that is kept. */
static struct survey
walk(const char *p, const char *end, char *copy)
{
	struct survey s = {0};
	int depth = 0;

	while (p < end) {
		const char *from = p;
		bool nul, keep = false;

		if (*p == '"') {
			p = string_end(p, end, &nul);
			s.bad_key |= nul && key_follows(p, end);
		} else if (*p == '-' || (*p >= '0' && *p <= '9')) {
			p += number_len(p, end);
			keep = changes(from, (size_t)(p - from));
		} else {
			depth += *p == '{' || *p == '[';
			depth -= *p == '}' || *p == ']';
			p++;
		}
		s.depth = depth > s.depth ? depth : s.depth;
		s.kept += keep;
		if (copy == NULL)
			continue;
		memcpy(copy, from, (size_t)(p - from));
		copy += p - from;
		if (keep)
			copy = stpcpy(copy, MARK);
	}
	return s;
}

/* ---- behind it ------------------------------------------------------ */

static int
unmark(struct json_object *o, int flags, struct json_object *parent,
    const char *key, size_t *at, void *arg)
{
	const char *text;
	size_t n, mark = strlen(MARK);

	if (!json_object_is_type(o, json_type_double)
	    || (text = json_object_get_userdata(o)) == NULL
	    || (n = strlen(text)) <= mark || strcmp(text + n - mark, MARK) != 0)
		return JSON_C_VISIT_RETURN_CONTINUE;
	json_object_set_serializer(o, json_object_userdata_to_json_string,
	    strndup(text, n - mark), json_object_free_userdata);
	return JSON_C_VISIT_RETURN_CONTINUE;
}

static bool
tree_of(struct json_object **out, const char *text, size_t len, int depth)
{
	struct json_tokener *tok = json_tokener_new_ex(depth + 2);
	bool ok;

	must(tok != NULL);
	*out = json_tokener_parse_ex(tok, text, (int)len);
	/* A bare number ends only with the text. */
	if (json_tokener_get_error(tok) == json_tokener_continue)
		*out = json_tokener_parse_ex(tok, "", 1);
	ok = json_tokener_get_error(tok) == json_tokener_success;
	json_tokener_free(tok);
	return ok;
}

static bool
tree_kept(struct json_object **out, const char *text, size_t len,
    const struct survey *s)
{
	size_t size = len + s->kept * strlen(MARK);
	char *copy = base_alloc(size + 1);
	bool ok;

	walk(text, text + len, copy);
	ok = tree_of(out, copy, size, s->depth);
	free(copy);
	if (ok && *out != NULL)
		json_c_visit(*out, 0, unmark, NULL);
	return ok;
}

bool
json_parse(struct json_object **out, const char *text, size_t len)
{
	struct survey s;

	*out = NULL;
	if (!envelope_valid(text, len, JSON_DEPTH_MAX + JSON_WRAP_MAX))
		return false;
	s = walk(text, text + len, NULL);
	if (s.bad_key || len + s.kept * strlen(MARK) >= INT_MAX)
		return false;
	return s.kept == 0 ? tree_of(out, text, len, s.depth)
			   : tree_kept(out, text, len, &s);
}

struct json_object *
json_parse_as(const char *text, size_t len, enum json_type type)
{
	struct json_object *o;

	if (!json_parse(&o, text, len) || json_object_is_type(o, type))
		return o;
	json_object_put(o);
	return NULL;
}

/* ---- comparing ------------------------------------------------------ */

/* Is it an integer that did not fit? */
static bool
kept(struct json_object *o)
{
	const char *text = json_object_get_userdata(o);

	return text != NULL && strpbrk(text, ".eE") == NULL;
}

static bool
same_arrays(struct json_object *a, struct json_object *b)
{
	size_t n = json_object_array_length(a);

	if (json_object_array_length(b) != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!json_same(json_object_array_get_idx(a, i),
			json_object_array_get_idx(b, i)))
			return false;
	return true;
}

static bool
same_objects(struct json_object *a, struct json_object *b)
{
	struct json_object *other;

	if (json_object_object_length(a) != json_object_object_length(b))
		return false;
	json_object_object_foreach (a, key, value)
		if (!json_object_object_get_ex(b, key, &other)
		    || !json_same(value, other))
			return false;
	return true;
}

bool
json_same(struct json_object *a, struct json_object *b)
{
	enum json_type type = json_object_get_type(a);

	if (json_object_get_type(b) != type)
		return false;
	if (type == json_type_array)
		return same_arrays(a, b);
	if (type == json_type_object)
		return same_objects(a, b);
	if (type == json_type_double && (kept(a) || kept(b)))
		return kept(a) && kept(b)
		    && strcmp(json_object_get_userdata(a),
			   json_object_get_userdata(b))
		    == 0;
	return json_object_equal(a, b);
}

const char *
json_text(struct json_object *o)
{
	return json_object_to_json_string_ext(o,
	    JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
}

const char *
json_id(struct json_object *v)
{
	size_t len;
	const char *s;

	if (!json_object_is_type(v, json_type_string))
		return NULL;
	s = json_object_get_string(v);
	len = (size_t)json_object_get_string_len(v);
	return len > 0 && len <= 20 && strspn(s, "0123456789") == len ? s
								      : NULL;
}

struct json_object *
json_get(struct json_object *o, const char *key)
{
	struct json_object *v = NULL;

	if (json_object_is_type(o, json_type_object))
		json_object_object_get_ex(o, key, &v);
	return v;
}

struct json_object *
json_get_of(struct json_object *o, const char *key, enum json_type type)
{
	struct json_object *v = json_get(o, key);

	return json_object_is_type(v, type) ? v : NULL;
}

struct json_object *
json_put_text(struct json_object *o, const char *key, const char *text)
{
	json_object_object_add(o, key, json_object_new_string(text));
	return o;
}

struct json_object *
json_put_int(struct json_object *o, const char *key, int64_t n)
{
	json_object_object_add(o, key, json_object_new_int64(n));
	return o;
}

struct json_object *
json_put_bool(struct json_object *o, const char *key, bool yes)
{
	json_object_object_add(o, key, json_object_new_boolean(yes));
	return o;
}

const char *
json_get_text(struct json_object *o, const char *key)
{
	struct json_object *v = json_get_of(o, key, json_type_string);

	return v != NULL ? json_object_get_string(v) : "";
}
