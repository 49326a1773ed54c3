/* SPDX-License-Identifier: MIT */
/* What a plugin declares as a command; see command_spec.h. */
#include "handler/command/command_spec.h"

#include "shared/store/rank.h"

#include <string.h>

#define NAME_MAX_CHARS 32 /* Discord's, as the next one */
#define HELP_MAX_CHARS 100
#define USAGE_MAX_CHARS 200
#define EMOJI_MAX COMMAND_SPEC_EMOJI_MAX

const char *const command_spec_road[ROADS] = {"slash", "prefix", "reaction"};

/* ---- the same as Discord's ------------------------------------------ */

static bool
is_default(struct json_object *v)
{
	switch (json_object_get_type(v)) {
	case json_type_null:
		return true;
	case json_type_boolean:
		return !json_object_get_boolean(v);
	case json_type_array:
		return json_object_array_length(v) == 0;
	case json_type_object:
		return json_object_object_length(v) == 0;
	case json_type_string:
		return json_object_get_string_len(v) == 0;
	default:
		return false;
	}
}

/* What Discord has says something that we do not: only these are known to come
 * from a declaration; it fills in others, and will add more. */
static bool
is_declared(const char *key)
{
	static const char *const keys[] = {"type", "name", "value",
	    "description", "required", "min_value", "max_value", "min_length",
	    "max_length", "autocomplete", "nsfw", "default_member_permissions",
	    "channel_types", "choices", "options", "name_localizations",
	    "description_localizations"};

	for (size_t i = 0; i < nitems(keys); i++)
		if (strcmp(keys[i], key) == 0)
			return true;
	return false;
}

static bool same_value(struct json_object *, struct json_object *);

static bool
same_object(struct json_object *ours, struct json_object *theirs)
{
	struct json_object *v;

	json_object_object_foreach (ours, key, value) {
		bool there = json_object_object_get_ex(theirs, key, &v);

		if (there ? !same_value(value, v) : !is_default(value))
			return false;
	}
	json_object_object_foreach (theirs, name, their)
		if (!json_object_object_get_ex(ours, name, &v)
		    && is_declared(name) && !is_default(their))
			return false;
	return true;
}

/* Kinds of places and installations are sets. */
static bool
has_number(struct json_object *list, struct json_object *number)
{
	for (size_t i = 0; i < json_object_array_length(list); i++)
		if (json_object_equal(json_object_array_get_idx(list, i),
			number))
			return true;
	return false;
}

static bool
same_array(struct json_object *ours, struct json_object *theirs)
{
	size_t n = json_object_array_length(ours);

	if (n != json_object_array_length(theirs))
		return false;
	for (size_t i = 0; i < n; i++) {
		struct json_object *o = json_object_array_get_idx(ours, i);

		if (json_object_is_type(o, json_type_int)
			? !has_number(theirs, o)
			: !same_value(o, json_object_array_get_idx(theirs, i)))
			return false;
	}
	return true;
}

static bool
same_value(struct json_object *ours, struct json_object *theirs)
{
	enum json_type a = json_object_get_type(ours);
	enum json_type b = json_object_get_type(theirs);

	if (is_default(ours) && is_default(theirs))
		return true;
	if ((a == json_type_int && b == json_type_double)
	    || (a == json_type_double && b == json_type_int))
		return json_object_get_double(ours)
		    == json_object_get_double(theirs);
	if (a != b)
		return false;
	if (a == json_type_object)
		return same_object(ours, theirs);
	if (a == json_type_array)
		return same_array(ours, theirs);
	return json_object_equal(ours, theirs);
}

/* 1 by default, so told apart by its meaning. */
static struct json_object *
without_type(struct json_object *o)
{
	struct json_object *out = json_object_new_object();

	json_object_object_foreach (o, key, value)
		if (strcmp(key, "type") != 0)
			json_object_object_add(out, key,
			    json_object_get(value));
	return out;
}

bool
command_spec_same(struct json_object *ours, struct json_object *theirs)
{
	struct json_object *a, *b;
	bool same;

	if (!json_object_is_type(ours, json_type_object)
	    || !json_object_is_type(theirs, json_type_object)
	    || command_spec_type(ours) != command_spec_type(theirs))
		return false;
	a = without_type(ours);
	b = without_type(theirs);
	same = same_object(a, b);
	json_object_put(a);
	json_object_put(b);
	return same;
}

/* ---- what may be declared ------------------------------------------- */

static size_t
characters(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

const char *
command_spec_text(struct json_object *o, const char *key)
{
	struct json_object *v;

	return json_object_object_get_ex(o, key, &v)
		&& json_object_is_type(v, json_type_string)
	    ? json_object_get_string(v)
	    : "";
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

/* Of a slash command; Discord knows better which letters are small. */
static bool
is_slash_name(const char *name)
{
	for (const char *p = name; *p; p++)
		if ((unsigned char)*p < 0x80
		    && strchr("-_'0123456789"
			      "abcdefghijklmnopqrstuvwxyz",
			   *p)
			== NULL)
			return false;
	return true;
}

static const char *
fault_words(struct json_object *o)
{
	const char *name = command_spec_text(o, "name");
	size_t name_n = characters(name),
	       n = characters(command_spec_text(o, "help"));
	bool slash = command_spec_type(o) == COMMAND_SPEC_SLASH, wrong = false;

	if (is_given(o, "type", json_type_int, &wrong)
	    && (wrong || command_spec_type(o) < COMMAND_SPEC_SLASH))
		return "its type must be a number from 1";
	if (name_n < 1 || name_n > NAME_MAX_CHARS)
		return "its name must have 1 to 32 characters";
	if (slash && !is_slash_name(name))
		return "its name must be of small letters, digits, '-', '_' "
		       "and '\''";
	if (n > HELP_MAX_CHARS || (slash && n < 1))
		return "its help must have 1 to 100 characters";
	return NULL;
}

static const char *
fault_rest(struct json_object *o)
{
	int64_t rank = command_spec_rank(o);
	bool wrong = false;

	if (is_given(o, "usage", json_type_string, &wrong)
	    && (wrong
		|| characters(command_spec_text(o, "usage")) > USAGE_MAX_CHARS))
		return "its usage must be a text of at most 200 characters";
	if (is_given(o, "rank", json_type_int, &wrong)
	    && (wrong || rank < RANK_LOWEST || rank > RANK_HIGHEST))
		return "its rank must be a number from -1 to 999";
	if (is_given(o, "options", json_type_array, &wrong) && wrong)
		return "its options must be an array";
	if (is_given(o, "emoji", json_type_string, &wrong)
	    && (wrong || command_spec_text(o, "emoji")[0] == '\0'
		|| characters(command_spec_text(o, "emoji")) > EMOJI_MAX))
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
		    || command_spec_roads(o) == 0)
			return wrong;
		for (size_t i = 0; i < json_object_array_length(list); i++) {
			const char *s = json_object_get_string(
			    json_object_array_get_idx(list, i));
			bool known = false;

			for (int k = 0; k < ROADS; k++)
				known |= s
				    && strcmp(s, command_spec_road[k]) == 0;
			if (!known)
				return wrong;
		}
	}
	if ((command_spec_roads(o) & 1u << ROAD_REACTION) != 0
	    && command_spec_text(o, "emoji")[0] == '\0')
		return "the road \"reaction\" needs an emoji";
	return NULL;
}

const char *
command_spec_fault(struct json_object *o)
{
	const char *why;

	if (!json_object_is_type(o, json_type_object))
		return "it is not an object";
	if ((why = fault_words(o)) == NULL && (why = fault_rest(o)) == NULL)
		why = fault_roads(o);
	return why;
}

/* ---- what it says --------------------------------------------------- */

int
command_spec_rank(struct json_object *o)
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
command_spec_roads(struct json_object *o)
{
	struct json_object *list = NULL;
	unsigned roads = 0;

	/* Those of a user's or message's menu can't be typed. */
	if (command_spec_type(o) != COMMAND_SPEC_SLASH)
		return 1u << ROAD_SLASH;
	if (!json_object_object_get_ex(o, "roads", &list)
	    || !json_object_is_type(list, json_type_array))
		return 1u << ROAD_SLASH | 1u << ROAD_PREFIX
		    | (command_spec_text(o, "emoji")[0] ? 1u << ROAD_REACTION
							: 0);
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		const char *s = json_object_get_string(
		    json_object_array_get_idx(list, i));

		for (unsigned k = 0; k < ROADS; k++)
			if (s != NULL && strcmp(s, command_spec_road[k]) == 0)
				roads |= 1u << k;
	}
	return roads;
}

int
command_spec_type(struct json_object *o)
{
	struct json_object *v;

	if (!json_object_object_get_ex(o, "type", &v) || v == NULL)
		return COMMAND_SPEC_SLASH;
	return json_object_is_type(v, json_type_int) ? json_object_get_int(v)
						     : 0;
}

/* ---- what Discord is to have ---------------------------------------- */

static int
by_key(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The same with keys in order, so that equal ones are equal texts. */
static struct json_object *
ordered(struct json_object *v)
{
	const char **keys;
	struct json_object *out;
	size_t n = 0;

	if (json_object_is_type(v, json_type_array)) {
		out = json_object_new_array();
		for (size_t i = 0; i < json_object_array_length(v); i++)
			json_object_array_add(out,
			    ordered(json_object_array_get_idx(v, i)));
		return out;
	}
	if (!json_object_is_type(v, json_type_object))
		return json_object_get(v);
	out = json_object_new_object();
	keys = base_alloc(
	    ((size_t)json_object_object_length(v) + 1) * sizeof(*keys));
	json_object_object_foreach (v, key, value) {
		(void)value;
		keys[n++] = key;
	}
	qsort(keys, n, sizeof(*keys), by_key);
	for (size_t i = 0; i < n; i++)
		json_object_object_add(out, keys[i],
		    ordered(json_object_object_get(v, keys[i])));
	free(keys);
	return out;
}

/* Ours alone: Discord need not know. */
static bool
is_ours(const char *key)
{
	static const char *const keys[] = {"help", "usage", "rank", "roads",
	    "emoji"};

	for (size_t i = 0; i < nitems(keys); i++)
		if (strcmp(keys[i], key) == 0)
			return true;
	return false;
}

struct json_object *
command_spec_form(struct json_object *declared)
{
	struct json_object *o = json_object_new_object(), *form;
	int type = command_spec_type(declared);

	json_object_object_foreach (declared, key, v)
		/* A menu's must have none, and a slash command's is help. */
		if (!is_ours(key)
		    && (strcmp(key, "description") != 0
			|| type > COMMAND_SPEC_MESSAGE))
			json_object_object_add(o, key, json_object_get(v));
	if (type == COMMAND_SPEC_SLASH)
		json_object_object_add(o, "description",
		    json_object_new_string(
			command_spec_text(declared, "help")));
	form = ordered(o);
	json_object_put(o);
	return form;
}
