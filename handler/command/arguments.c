/* SPDX-License-Identifier: MIT */
/* Words and options; see arguments.h. */
#include "handler/command/arguments.h"

#include "handler/command/command_spec.h"

#include <string.h>
#include <strings.h>

#define BLANKS " \t\r\n"

/* discord-protocol.md 7.3: types of options */
enum option_type {
	OPTION_SUB = 1,
	OPTION_GROUP = 2,
	OPTION_TEXT = 3,
	OPTION_INTEGER = 4,
	OPTION_BOOLEAN = 5,
	OPTION_USER = 6,
	OPTION_CHANNEL = 7,
	OPTION_ROLE = 8,
	OPTION_MENTIONABLE = 9,
	OPTION_NUMBER = 10,
};

void
arguments_init(struct arguments *w)
{
	*w = (struct arguments) {.args = json_object_new_array(),
	    .options = json_object_new_object()};
}

void
arguments_free(struct arguments *w)
{
	json_object_put(w->args);
	json_object_put(w->options);
	*w = (struct arguments) {0};
}

/* ---- splitting ------------------------------------------------------ */

/* One word into out, which is long enough; returns what is behind it. */
static const char *
take_word(const char *p, char *out)
{
	bool quoted = *p == '"';

	p += quoted;
	while (*p != '\0' && (quoted ? *p != '"' : !strchr(BLANKS, *p))) {
		if (quoted && *p == '\\' && (p[1] == '"' || p[1] == '\\'))
			p++;
		*out++ = *p++;
	}
	*out = '\0';
	return p + (quoted && *p == '"');
}

static void
split(struct arguments *w, const char *text)
{
	char *word = base_alloc(strlen(text) + 1);

	while (*(text += strspn(text, BLANKS)) != '\0') {
		if (json_object_array_length(w->args) == ARGUMENTS_MAX - 1) {
			str_copy(word, text, strlen(text) + 1);
			text += strlen(text);
		} else {
			text = take_word(text, word);
		}
		json_object_array_add(w->args, json_object_new_string(word));
	}
	free(word);
}

static const char *
word_at(const struct arguments *w, size_t i)
{
	return i < json_object_array_length(w->args)
	    ? json_object_get_string(json_object_array_get_idx(w->args, i))
	    : NULL;
}

static void
sub_add(struct arguments *w, const char *name)
{
	size_t n = strlen(w->sub);

	str_format(w->sub + n, sizeof(w->sub) - n, "%s%s", n ? " " : "", name);
}

/* ---- one value ------------------------------------------------------ */

static int
type_of(struct json_object *option)
{
	struct json_object *v;

	return json_object_object_get_ex(option, "type", &v)
	    ? json_object_get_int(v)
	    : 0;
}

/* The id of a mention, or of digits; NULL: it is neither. */
static struct json_object *
mention_value(const char *word)
{
	char digits[24];
	size_t n;

	if (*word == '<') {
		word++;
		word += strspn(word, "@#!&");
	}
	n = strspn(word, "0123456789");
	if (n == 0 || n >= sizeof(digits)
	    || (word[n] != '\0' && strcmp(word + n, ">") != 0))
		return NULL;
	return json_object_new_string_len(word, (int)n);
}

static struct json_object *
boolean_value(const char *word)
{
	static const char *const yes[] = {"true", "yes", "on", "1"};
	static const char *const no[] = {"false", "no", "off", "0"};

	for (size_t i = 0; i < nitems(yes); i++) {
		if (strcasecmp(word, yes[i]) == 0)
			return json_object_new_boolean(true);
		if (strcasecmp(word, no[i]) == 0)
			return json_object_new_boolean(false);
	}
	return NULL;
}

static bool
within(struct json_object *option, double v)
{
	struct json_object *bound;

	return (!json_object_object_get_ex(option, "min_value", &bound)
		   || v >= json_object_get_double(bound))
	    && (!json_object_object_get_ex(option, "max_value", &bound)
		|| v <= json_object_get_double(bound));
}

static struct json_object *
number_value(struct json_object *option, const char *word)
{
	int64_t i;
	double v;

	if (type_of(option) == OPTION_INTEGER)
		return str_to_i64(word, &i) && within(option, (double)i)
		    ? json_object_new_int64(i)
		    : NULL;
	return str_to_double(word, &v) && within(option, v)
	    ? json_object_new_double(v)
	    : NULL;
}

/* One of the declared choices, by its name or value; NULL: none of them. */
static struct json_object *
choice_value(struct json_object *choices, const char *word)
{
	struct json_object *o, *v;

	for (size_t i = 0; i < json_object_array_length(choices); i++) {
		o = json_object_array_get_idx(choices, i);
		if (!json_object_object_get_ex(o, "value", &v) || v == NULL)
			continue;
		if (strcasecmp(command_spec_text(o, "name"), word) == 0
		    || strcmp(json_object_get_string(v), word) == 0)
			return json_object_get(v);
	}
	return NULL;
}

static struct json_object *
value_of(struct json_object *option, const char *word)
{
	struct json_object *choices;

	if (json_object_object_get_ex(option, "choices", &choices)
	    && json_object_is_type(choices, json_type_array)
	    && json_object_array_length(choices) > 0)
		return choice_value(choices, word);
	switch (type_of(option)) {
	case OPTION_INTEGER:
	case OPTION_NUMBER:
		return number_value(option, word);
	case OPTION_BOOLEAN:
		return boolean_value(word);
	case OPTION_USER:
	case OPTION_CHANNEL:
	case OPTION_ROLE:
	case OPTION_MENTIONABLE:
		return mention_value(word);
	default:
		return json_object_new_string(word);
	}
}

/* What was expected in its place. */
static void
fault_value(struct json_object *option, char why[ARGUMENTS_FAULT_MAX])
{
	static const char *const what[] = {
	    [OPTION_INTEGER] = "a whole number",
	    [OPTION_BOOLEAN] = "yes or no",
	    [OPTION_USER] = "a user",
	    [OPTION_CHANNEL] = "a channel",
	    [OPTION_ROLE] = "a role",
	    [OPTION_MENTIONABLE] = "a user or role",
	    [OPTION_NUMBER] = "a number",
	};
	size_t type = (size_t)type_of(option);
	struct json_object *v;
	bool choices = json_object_object_get_ex(option, "choices", &v);

	str_format(why, ARGUMENTS_FAULT_MAX, "%s must be %s%s",
	    command_spec_text(option, "name"),
	    choices || type >= nitems(what) || what[type] == NULL
		? "one of its choices"
		: what[type],
	    json_object_object_get_ex(option, "min_value", &v)
		    || json_object_object_get_ex(option, "max_value", &v)
		? " within its bounds"
		: "");
}

/* ---- typed ---------------------------------------------------------- */

static struct json_object *
options_of(struct json_object *o)
{
	struct json_object *list;

	return json_object_object_get_ex(o, "options", &list)
		&& json_object_is_type(list, json_type_array)
	    ? list
	    : NULL;
}

static bool
is_sub(struct json_object *option)
{
	return type_of(option) == OPTION_SUB || type_of(option) == OPTION_GROUP;
}

static bool
has_subs(struct json_object *list)
{
	return list != NULL && json_object_array_length(list) > 0
	    && is_sub(json_object_array_get_idx(list, 0));
}

static void
fault_sub(struct json_object *list, char why[ARGUMENTS_FAULT_MAX])
{
	size_t n = 0;

	str_format(why, ARGUMENTS_FAULT_MAX, "it takes one of:");
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		n = strlen(why);
		str_format(why + n, ARGUMENTS_FAULT_MAX - n, "%s %s",
		    i ? "," : "",
		    command_spec_text(json_object_array_get_idx(list, i),
			"name"));
	}
}

/* Follows sub-commands; false: the next word is none of them. */
static bool
descend(struct arguments *w, struct json_object **list, size_t *at,
    char why[ARGUMENTS_FAULT_MAX])
{
	while (has_subs(*list)) {
		const char *word = word_at(w, *at);
		struct json_object *o = NULL;

		for (size_t i = 0; i < json_object_array_length(*list); i++) {
			o = json_object_array_get_idx(*list, i);
			if (word != NULL
			    && strcasecmp(command_spec_text(o, "name"), word)
				== 0)
				break;
			o = NULL;
		}
		if (o == NULL) {
			fault_sub(*list, why);
			return false;
		}
		sub_add(w, command_spec_text(o, "name"));
		*list = options_of(o);
		(*at)++;
	}
	return true;
}

/* The last option, when a text, is all that is left. */
static char *
word_for(struct arguments *w, size_t at, bool rest)
{
	char *text;
	size_t size = 1;

	if (word_at(w, at) == NULL)
		return NULL;
	if (!rest)
		return base_strdup(word_at(w, at));
	for (size_t i = at; word_at(w, i) != NULL; i++)
		size += strlen(word_at(w, i)) + 1;
	text = base_alloc(size);
	for (size_t i = at; word_at(w, i) != NULL; i++) {
		size_t n = strlen(text);

		str_format(text + n, size - n, "%s%s", i > at ? " " : "",
		    word_at(w, i));
	}
	return text;
}

static bool
fill_one(struct arguments *w, struct json_object *option, size_t at, bool last,
    char why[ARGUMENTS_FAULT_MAX])
{
	char *word = word_for(w, at, last && type_of(option) == OPTION_TEXT);
	struct json_object *v = NULL;

	if (word == NULL) {
		if (!json_object_object_get_ex(option, "required", &v)
		    || !json_object_get_boolean(v))
			return true;
		str_format(why, ARGUMENTS_FAULT_MAX, "%s is missing",
		    command_spec_text(option, "name"));
		return false;
	}
	v = value_of(option, word);
	free(word);
	if (v == NULL) {
		fault_value(option, why);
		return false;
	}
	json_object_object_add(w->options, command_spec_text(option, "name"),
	    v);
	return true;
}

bool
arguments_typed(struct arguments *w, const char *text,
    struct json_object *declared, char why[ARGUMENTS_FAULT_MAX])
{
	size_t at = 0, n;

	split(w, text);
	if (!descend(w, &declared, &at, why))
		return false;
	n = declared != NULL ? json_object_array_length(declared) : 0;
	for (size_t i = 0; i < n; i++)
		if (!fill_one(w, json_object_array_get_idx(declared, i), at + i,
			i + 1 == n, why))
			return false;
	return true;
}

/* ---- chosen --------------------------------------------------------- */

/* Whole: a text may hold NUL. */
static struct json_object *
in_words(struct json_object *v)
{
	return json_object_is_type(v, json_type_string)
	    ? json_object_get(v)
	    : json_object_new_string(json_object_get_string(v));
}

void
arguments_chosen(struct arguments *w, struct json_object *options)
{
	struct json_object *o, *v;

	while (has_subs(options)) {
		o = json_object_array_get_idx(options, 0);
		sub_add(w, command_spec_text(o, "name"));
		json_object_array_add(w->args,
		    json_object_new_string(command_spec_text(o, "name")));
		options = options_of(o);
	}
	if (!json_object_is_type(options, json_type_array))
		return;
	for (size_t i = 0; i < json_object_array_length(options); i++) {
		o = json_object_array_get_idx(options, i);
		if (!json_object_object_get_ex(o, "value", &v) || v == NULL)
			continue;
		json_object_object_add(w->options, command_spec_text(o, "name"),
		    json_object_get(v));
		json_object_array_add(w->args, in_words(v));
	}
}
