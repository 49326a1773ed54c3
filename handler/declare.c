/* SPDX-License-Identifier: MIT */
/* What a plugin declares as a command; see declare.h. */
#include "handler/declare.h"

#include "shared/rank.h"

#include <string.h>

#define NAME_MAX_CHARS 32 /* Discord's, as the next one */
#define HELP_MAX_CHARS 100
#define USAGE_MAX_CHARS 200
#define EMOJI_MAX 64

const char *const road_name[ROADS] = {"slash", "prefix", "reaction"};

static bool
is_default(const char *key, struct json_object *v, bool top)
{
	switch (json_object_get_type(v)) {
	case json_type_null:
		return true;
	case json_type_boolean:
		return !json_object_get_boolean(v);
	case json_type_array:
		return json_object_array_length(v) == 0;
	case json_type_int:
		return top && strcmp(key, "type") == 0
		    && json_object_get_int64(v) == 1;
	default:
		return false;
	}
}

static struct json_object *normal(struct json_object *, bool top);

static struct json_object *
normal_value(struct json_object *v)
{
	struct json_object *list;

	if (!json_object_is_type(v, json_type_array))
		return json_object_get(v);
	list = json_object_new_array();
	for (size_t i = 0; i < json_object_array_length(v); i++) {
		struct json_object *e = json_object_array_get_idx(v, i);

		json_object_array_add(list,
		    json_object_is_type(e, json_type_object)
			? normal(e, false) : json_object_get(e));
	}
	return list;
}

static struct json_object *
normal(struct json_object *o, bool top)
{
	static const char *const keys[] = {"type", "name", "description",
	    "required", "value", "min_value", "max_value", "min_length",
	    "max_length", "autocomplete", "nsfw",
	    "default_member_permissions", "channel_types", "choices",
	    "options"};
	struct json_object *out = json_object_new_object(), *v;

	for (size_t i = 0; i < nitems(keys); i++)
		if (json_object_object_get_ex(o, keys[i], &v)
		    && !is_default(keys[i], v, top))
			json_object_object_add(out, keys[i], normal_value(v));
	return out;
}

struct json_object *
declare_normal(struct json_object *command)
{
	return normal(command, true);
}

/* ---- what may be declared ---------------------------------------------------- */

static size_t
characters(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

const char *
declare_text(struct json_object *o, const char *key)
{
	struct json_object *v;

	return json_object_object_get_ex(o, key, &v)
	    && json_object_is_type(v, json_type_string)
	    ? json_object_get_string(v) : "";
}

static bool
is_given(struct json_object *o, const char *key, enum json_type type,
    bool *wrong)
{
	struct json_object *v;

	if (!json_object_object_get_ex(o, key, &v) || v == NULL)
		return false;
	*wrong = !json_object_is_type(v, type);
	return true;
}

static const char *
fault_words(struct json_object *o)
{
	const char *name = declare_text(o, "name");
	const char *help = declare_text(o, "help");

	if (characters(name) < 1 || characters(name) > NAME_MAX_CHARS)
		return "its name must have 1 to 32 characters";
	for (const char *p = name; *p; p++)
		if ((unsigned char)*p < 0x80 && strchr("-_0123456789"
		    "abcdefghijklmnopqrstuvwxyz", *p) == NULL)
			return "its name must be of small letters, digits, "
			       "'-' and '_'";
	if (characters(help) < 1 || characters(help) > HELP_MAX_CHARS)
		return "its help must have 1 to 100 characters";
	return NULL;
}

static const char *
fault_rest(struct json_object *o)
{
	int64_t rank = declare_rank(o);
	bool wrong = false;

	if (is_given(o, "usage", json_type_string, &wrong)
	    && (wrong || characters(declare_text(o, "usage"))
		> USAGE_MAX_CHARS))
		return "its usage must be a text of at most 200 characters";
	if (is_given(o, "rank", json_type_int, &wrong)
	    && (wrong || rank < RANK_LOWEST || rank > RANK_HIGHEST))
		return "its rank must be a number from -1 to 999";
	if (is_given(o, "options", json_type_array, &wrong) && wrong)
		return "its options must be an array";
	if (is_given(o, "emoji", json_type_string, &wrong)
	    && (wrong || declare_text(o, "emoji")[0] == '\0'
		|| strlen(declare_text(o, "emoji")) > EMOJI_MAX))
		return "its emoji must be an emoji, or \"name:id\" of a "
		       "custom one";
	return NULL;
}

static const char *
fault_roads(struct json_object *o)
{
	static const char wrong[] = "its roads must be an array of \"slash\", "
				    "\"prefix\" and \"reaction\", not empty";
	struct json_object *list;

	if (json_object_object_get_ex(o, "roads", &list) && list != NULL) {
		if (!json_object_is_type(list, json_type_array)
		    || declare_roads(o) == 0)
			return wrong;
		for (size_t i = 0; i < json_object_array_length(list); i++) {
			const char *s = json_object_get_string(
			    json_object_array_get_idx(list, i));
			bool known = false;

			for (int k = 0; k < ROADS; k++)
				known |= s && strcmp(s, road_name[k]) == 0;
			if (!known)
				return wrong;
		}
	}
	if ((declare_roads(o) & 1u << ROAD_REACTION) != 0
	    && declare_text(o, "emoji")[0] == '\0')
		return "the road \"reaction\" needs an emoji";
	return NULL;
}

const char *
declare_fault(struct json_object *o)
{
	const char *why;

	if (!json_object_is_type(o, json_type_object))
		return "it is not an object";
	if ((why = fault_words(o)) == NULL && (why = fault_rest(o)) == NULL)
		why = fault_roads(o);
	return why;
}

/* ---- what it says ------------------------------------------------------------- */

int
declare_rank(struct json_object *o)
{
	struct json_object *v;
	int64_t n;

	if (!json_object_object_get_ex(o, "rank", &v)
	    || !json_object_is_type(v, json_type_int))
		return 0;
	n = json_object_get_int64(v);
	return n < RANK_LOWEST || n > RANK_HIGHEST ? RANK_LOWEST - 1 : (int)n;
}

unsigned
declare_roads(struct json_object *o)
{
	struct json_object *list = NULL, *type = NULL;
	unsigned roads = 0;

	/* Those of a user's or message's menu can't be typed. */
	if (json_object_object_get_ex(o, "type", &type)
	    && json_object_get_int(type) > 1)
		return 1u << ROAD_SLASH;
	if (!json_object_object_get_ex(o, "roads", &list)
	    || !json_object_is_type(list, json_type_array))
		return 1u << ROAD_SLASH | 1u << ROAD_PREFIX
		    | (declare_text(o, "emoji")[0] ? 1u << ROAD_REACTION : 0);
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		const char *s = json_object_get_string(
		    json_object_array_get_idx(list, i));

		for (unsigned k = 0; k < ROADS; k++)
			if (s != NULL && strcmp(s, road_name[k]) == 0)
				roads |= 1u << k;
	}
	return roads;
}

struct json_object *
declare_form(struct json_object *declared)
{
	struct json_object *o = json_object_new_object(), *form;

	json_object_object_foreach(declared, key, v) {
		const char *to = strcmp(key, "help") == 0 ? "description" : key;

		if (strcmp(key, "description") != 0)
			json_object_object_add(o, to, json_object_get(v));
	}
	form = declare_normal(o);
	json_object_put(o);
	return form;
}
