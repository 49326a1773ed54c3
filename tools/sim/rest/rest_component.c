/* SPDX-License-Identifier: MIT */
#include "tools/sim/rest/rest_component.h"

#include "tools/sim/rest/rest_file.h"
#include "tools/sim/rest/rest_form.h"

#include <string.h>

enum kind {
	ROW = 1,
	BUTTON = 2,
	SELECT = 3, /* of strings */
	INPUT = 4,
	SELECT_USER = 5,
	SELECT_ROLE = 6,
	SELECT_MENTIONABLE = 7,
	SELECT_CHANNEL = 8,
	SECTION = 9,
	TEXT = 10,
	THUMBNAIL = 11,
	GALLERY = 12,
	FILE_ = 13,
	SEPARATOR = 14,
	CONTAINER = 17,
	LABEL = 18,
	UPLOAD = 19,
	RADIO_GROUP = 21,
	CHECKBOX_GROUP = 22,
	CHECKBOX = 23,
	KINDS
};

#define IS(kind) (1u << (kind))
#define SELECTS                                                                \
	(IS(SELECT) | IS(SELECT_USER) | IS(SELECT_ROLE)                        \
	    | IS(SELECT_MENTIONABLE) | IS(SELECT_CHANNEL))
#define IN_ROW (IS(BUTTON) | SELECTS)
#define IN_CONTAINER                                                           \
	(IS(ROW) | IS(SECTION) | IS(TEXT) | IS(GALLERY) | IS(FILE_)            \
	    | IS(SEPARATOR))
#define IN_MESSAGE_V2 (IN_CONTAINER | IS(CONTAINER))
#define IN_MODAL (IS(ROW) | IS(TEXT) | IS(LABEL))
#define IN_LABEL                                                               \
	(IS(INPUT) | SELECTS | IS(UPLOAD) | IS(RADIO_GROUP)                    \
	    | IS(CHECKBOX_GROUP) | IS(CHECKBOX))

struct form {
	struct rest_call *c;
	json_object *body;
	json_object *custom; /* custom_ids so far, as keys */
	bool modal, edit;
	bool labelled; /* in a label, which says what it is */
	unsigned count;
	size_t chars; /* of text displays */
};

static void check_one(struct form *, json_object *o, uint32_t allowed);

/* The members of a list, each one of the allowed kinds. */
static void
check_list(struct form *f, json_object *o, uint32_t allowed, size_t min,
    size_t max)
{
	json_object *list = jso_get(o, "components");
	size_t n, was;

	if (list == NULL && min > 0)
		rest_form_required(f->c, "components");
	if (list == NULL)
		return;
	if (!json_object_is_type(list, json_type_array)) {
		rest_form_no_list(f->c, "components");
		return;
	}
	n = json_object_array_length(list);
	if (n < min || n > max)
		rest_form_error(f->c, "components", "BASE_TYPE_BAD_LENGTH",
		    "Must be between %zu and %zu in length.", min, max);
	for (size_t i = 0; i < n && i < REST_COMPONENTS_MAX; i++) {
		was = rest_form_enter(f->c, "components.%zu", i);
		check_one(f, json_object_array_get_idx(list, i), allowed);
		rest_form_leave(f->c, was);
	}
}

static void
custom_id(struct form *f, json_object *o)
{
	const char *id = rest_form_text(f->c, o, "custom_id", 1, 100);

	if (id == NULL)
		return;
	if (jso_get(f->custom, id) != NULL)
		rest_form_error(f->c, "custom_id",
		    "COMPONENT_CUSTOM_ID_DUPLICATED",
		    "Component custom id cannot be duplicated");
	jso_set_bool(f->custom, id, true);
}

static void
emoji(struct form *f, json_object *o)
{
	json_object *e = jso_get(o, "emoji");

	if (e != NULL
	    && (!json_object_is_type(e, json_type_object)
		|| (jso_get(e, "id") == NULL && jso_get(e, "name") == NULL)))
		rest_form_error(f->c, "emoji", "COMPONENT_INVALID_EMOJI",
		    "Invalid emoji");
}

/* One that sends an interaction has a custom_id, a link its URL. */
static void
button(struct form *f, json_object *o)
{
	struct rest_call *c = f->c;
	bool url = jso_get(o, "url") != NULL;
	bool id = jso_get(o, "custom_id") != NULL;
	int64_t style = 0;

	if (jso_get(o, "style") == NULL)
		rest_form_required(c, "style");
	if (!rest_form_int(c, o, "style", 1, 6, &style))
		return;
	(void)rest_form_string(c, o, "label", 0, 80);
	emoji(f, o);
	if (id && url)
		rest_form_error(c, "",
		    "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE",
		    "A custom id and url cannot both be specified");
	else if (style <= 4 && !id)
		rest_form_error(c, "", "BUTTON_COMPONENT_CUSTOM_ID_REQUIRED",
		    "A custom id is required");
	else if (style == 5 && !url)
		rest_form_error(c, "", "BUTTON_COMPONENT_URL_REQUIRED",
		    "A url is required");
	else if (style == 6 && jso_get(o, "sku_id") == NULL)
		rest_form_required(c, "sku_id");
	else if (style <= 4)
		custom_id(f, o);
	if (url)
		(void)rest_form_url(c, o, "url", "discord");
	if (style != 6 && jso_get(o, "label") == NULL
	    && jso_get(o, "emoji") == NULL)
		rest_form_error(c, "", "BUTTON_COMPONENT_LABEL_OR_EMOJI",
		    "A button needs a label or an emoji");
	(void)rest_form_bool(c, o, "disabled", false);
}

/* The choices of a select or a group, each of a value of its own. */
static size_t
options(struct form *f, json_object *o, size_t min, size_t max)
{
	struct rest_call *c = f->c;
	json_object *list = jso_get(o, "options"), *seen;
	size_t n, was;

	if (!json_object_is_type(list, json_type_array)) {
		rest_form_required(c, "options");
		return 0;
	}
	n = json_object_array_length(list);
	if (n < min || n > max)
		rest_form_error(c, "options", "BASE_TYPE_BAD_LENGTH",
		    "Must be between %zu and %zu in length.", min, max);
	seen = json_object_new_object();
	for (size_t i = 0; i < n && i < max; i++) {
		json_object *it = json_object_array_get_idx(list, i);
		const char *value;

		was = rest_form_enter(c, "options.%zu", i);
		(void)rest_form_text(c, it, "label", 1, 100);
		value = rest_form_text(c, it, "value", 1, 100);
		(void)rest_form_string(c, it, "description", 0, 100);
		(void)rest_form_bool(c, it, "default", false);
		emoji(f, it);
		if (value != NULL && jso_get(seen, value) != NULL)
			rest_form_error(c, "value",
			    "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED",
			    "The specified option value is already used");
		if (value != NULL)
			jso_set_bool(seen, value, true);
		rest_form_leave(c, was);
	}
	json_object_put(seen);
	return n;
}

/* min_values and max_values, of so many there are at most. */
static void
values(struct form *f, json_object *o, size_t most)
{
	struct rest_call *c = f->c;
	int64_t min = 1, max = 1;

	(void)rest_form_int(c, o, "min_values", 0, (int64_t)most, &min);
	(void)rest_form_int(c, o, "max_values", 1, (int64_t)most, &max);
	if (jso_get(o, "min_values") != NULL && min > max)
		rest_form_error(c, "min_values", "NUMBER_TYPE_MAX",
		    "int value should be less than or equal to %lld.",
		    (long long)max);
}

static void
select_(struct form *f, json_object *o)
{
	int64_t type = json_object_get_int(jso_get(o, "type"));
	size_t n = 25;

	custom_id(f, o);
	(void)rest_form_string(f->c, o, "placeholder", 0, 150);
	(void)rest_form_bool(f->c, o, "disabled", false);
	if (type == SELECT)
		n = options(f, o, 1, 25);
	else
		(void)rest_form_array(f->c, o, "default_values", 25);
	if (type == SELECT_CHANNEL)
		(void)rest_form_array(f->c, o, "channel_types", 25);
	if (n > 0)
		values(f, o, n < 25 ? n : 25);
}

static void
input(struct form *f, json_object *o)
{
	struct rest_call *c = f->c;
	int64_t n, min = 0, max = 4000;

	custom_id(f, o);
	if (jso_get(o, "style") == NULL)
		rest_form_required(c, "style");
	(void)rest_form_int(c, o, "style", 1, 2, &n);
	if (!f->labelled)
		(void)rest_form_text(c, o, "label", 1, 45);
	(void)rest_form_int(c, o, "min_length", 0, 4000, &min);
	(void)rest_form_int(c, o, "max_length", 1, 4000, &max);
	if (min > max)
		rest_form_error(c, "min_length", "NUMBER_TYPE_MAX",
		    "int value should be less than or equal to %lld.",
		    (long long)max);
	(void)rest_form_bool(c, o, "required", true);
	(void)rest_form_string(c, o, "value", 0, 4000);
	(void)rest_form_string(c, o, "placeholder", 0, 100);
}

/* Five buttons, or one select alone; in a form one input alone. */
static void
row(struct form *f, json_object *o)
{
	json_object *list = jso_get(o, "components");
	size_t n = json_object_is_type(list, json_type_array)
	    ? json_object_array_length(list)
	    : 0;

	check_list(f, o, f->modal ? IS(INPUT) : IN_ROW, 1, 5);
	for (size_t i = 0; i < n && n > 1; i++)
		if (json_object_get_int(
			jso_get(json_object_array_get_idx(list, i), "type"))
		    != BUTTON) {
			rest_form_error(f->c, "",
			    "COMPONENT_LAYOUT_WIDTH_EXCEEDED",
			    "The specified component exceeds the maximum "
			    "width");
			break;
		}
}

static void
text(struct form *f, json_object *o)
{
	const char *s = rest_form_text(f->c, o, "content", 1,
	    REST_COMPONENT_TEXT);

	f->chars += s ? rest_form_chars(s) : 0;
}

/* A media item under key; a file is one that is uploaded. */
static void
media(struct form *f, json_object *o, const char *key)
{
	static const char scheme[] = "attachment://";
	struct rest_call *c = f->c;
	json_object *m = jso_get(o, key);
	const char *url;
	size_t was;

	if (m == NULL) {
		rest_form_required(c, key);
		return;
	}
	if (!json_object_is_type(m, json_type_object)) {
		rest_form_no_object(c, key);
		return;
	}
	was = rest_form_enter(c, "%s", key);
	if (jso_get(m, "url") == NULL)
		rest_form_required(c, "url");
	url = rest_form_url(c, m, "url", "attachment");
	if (url == NULL)
		;
	else if (strncmp(url, scheme, sizeof(scheme) - 1) != 0) {
		if (strcmp(key, "file") == 0)
			rest_form_error(c, "url", "URL_TYPE_INVALID_SCHEME",
			    "Scheme must be one of ('attachment',).");
	} else if (!f->edit
	    && !rest_file_named(c, f->body, url + sizeof(scheme) - 1))
		rest_form_error(c, "url",
		    "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND",
		    "The referenced attachment \"%.128s\" was not found",
		    url + sizeof(scheme) - 1);
	rest_form_leave(c, was);
}

static void
section(struct form *f, json_object *o)
{
	size_t was;

	check_list(f, o, IS(TEXT), 1, 3);
	if (jso_get(o, "accessory") == NULL) {
		rest_form_required(f->c, "accessory");
		return;
	}
	was = rest_form_enter(f->c, "accessory");
	check_one(f, jso_get(o, "accessory"), IS(BUTTON) | IS(THUMBNAIL));
	rest_form_leave(f->c, was);
}

static void
thumbnail(struct form *f, json_object *o)
{
	media(f, o, "media");
	(void)rest_form_string(f->c, o, "description", 0, 1024);
	(void)rest_form_bool(f->c, o, "spoiler", false);
}

static void
gallery(struct form *f, json_object *o)
{
	json_object *list = jso_get(o, "items");
	size_t n, was;

	if (!json_object_is_type(list, json_type_array)) {
		rest_form_required(f->c, "items");
		return;
	}
	n = json_object_array_length(list);
	if (n < 1 || n > 10)
		rest_form_error(f->c, "items", "BASE_TYPE_BAD_LENGTH",
		    "Must be between 1 and 10 in length.");
	for (size_t i = 0; i < n && i < 10; i++) {
		was = rest_form_enter(f->c, "items.%zu", i);
		thumbnail(f, json_object_array_get_idx(list, i));
		rest_form_leave(f->c, was);
	}
}

static void
file(struct form *f, json_object *o)
{
	media(f, o, "file");
	(void)rest_form_bool(f->c, o, "spoiler", false);
}

static void
separator(struct form *f, json_object *o)
{
	int64_t n;

	(void)rest_form_bool(f->c, o, "divider", true);
	(void)rest_form_int(f->c, o, "spacing", 1, 2, &n);
}

static void
container(struct form *f, json_object *o)
{
	int64_t n;

	(void)rest_form_int(f->c, o, "accent_color", 0, 0xffffff, &n);
	(void)rest_form_bool(f->c, o, "spoiler", false);
	check_list(f, o, IN_CONTAINER, 1, REST_COMPONENTS_MAX);
}

static void
label(struct form *f, json_object *o)
{
	size_t was;

	(void)rest_form_text(f->c, o, "label", 1, 45);
	(void)rest_form_string(f->c, o, "description", 0, 100);
	if (jso_get(o, "component") == NULL) {
		rest_form_required(f->c, "component");
		return;
	}
	was = rest_form_enter(f->c, "component");
	f->labelled = true;
	check_one(f, jso_get(o, "component"), IN_LABEL);
	f->labelled = false;
	rest_form_leave(f->c, was);
}

static void
upload(struct form *f, json_object *o)
{
	custom_id(f, o);
	values(f, o, 10);
}

static void
group(struct form *f, json_object *o)
{
	bool radio = json_object_get_int(jso_get(o, "type")) == RADIO_GROUP;
	size_t n;

	custom_id(f, o);
	n = options(f, o, radio ? 2 : 1, 10);
	if (!radio && n > 0)
		values(f, o, n);
}

static void
checkbox(struct form *f, json_object *o)
{
	custom_id(f, o);
	(void)rest_form_bool(f->c, o, "default", false);
}

static void (*const check[KINDS])(struct form *, json_object *) = {
    [ROW] = row,
    [BUTTON] = button,
    [SELECT] = select_,
    [INPUT] = input,
    [SELECT_USER] = select_,
    [SELECT_ROLE] = select_,
    [SELECT_MENTIONABLE] = select_,
    [SELECT_CHANNEL] = select_,
    [SECTION] = section,
    [TEXT] = text,
    [THUMBNAIL] = thumbnail,
    [GALLERY] = gallery,
    [FILE_] = file,
    [SEPARATOR] = separator,
    [CONTAINER] = container,
    [LABEL] = label,
    [UPLOAD] = upload,
    [RADIO_GROUP] = group,
    [CHECKBOX_GROUP] = group,
    [CHECKBOX] = checkbox,
};

static void
not_allowed(struct form *f, uint32_t allowed)
{
	struct sbuf list = {0};
	unsigned n = 0;

	for (unsigned k = 0; k < KINDS; k++)
		if (allowed & IS(k))
			sbuf_fmt(&list, "%s%u", n++ ? ", " : "", k);
	rest_form_error(f->c, "", "UNION_TYPE_CHOICES",
	    "Value of field \"type\" must be one of (%s%s).", list.p,
	    n == 1 ? "," : "");
	sbuf_free(&list);
}

/* What is inside of it and is no part of its kind, Discord leaves out: nobody
 * has looked at it. */
static void
leave_out(json_object *o, int64_t type)
{
	static const struct {
		const char *key;
		uint32_t kinds;
	} inner[] = {
	    {"components", IS(ROW) | IS(SECTION) | IS(CONTAINER)},
	    {"accessory", IS(SECTION)},
	    {"component", IS(LABEL)},
	    {"items", IS(GALLERY)},
	    {"media", IS(THUMBNAIL)},
	    {"file", IS(FILE_)},
	    {"options", IS(SELECT) | IS(RADIO_GROUP) | IS(CHECKBOX_GROUP)},
	};

	for (size_t i = 0; i < nitems(inner); i++)
		if (!(inner[i].kinds & IS(type)))
			json_object_object_del(o, inner[i].key);
}

static void
check_one(struct form *f, json_object *o, uint32_t allowed)
{
	int64_t type, id;

	f->count++;
	if (!json_object_is_type(o, json_type_object)) {
		rest_form_no_object(f->c, "");
		return;
	}
	type = json_object_get_int64(jso_get(o, "type"));
	if (jso_get(o, "type") == NULL)
		rest_form_required(f->c, "type");
	else if (type < 1 || type >= KINDS || !(allowed & IS(type)))
		not_allowed(f, allowed);
	else {
		(void)rest_form_int(f->c, o, "id", 0, INT32_MAX, &id);
		leave_out(o, type);
		check[type](f, o);
	}
}

/* Does anything in it stand outside of rows? */
static bool
is_new(json_object *list)
{
	for (size_t i = 0; json_object_is_type(list, json_type_array)
	     && i < json_object_array_length(list);
	     i++) {
		int type = json_object_get_int(
		    jso_get(json_object_array_get_idx(list, i), "type"));

		if (type > SELECT_CHANNEL && type < KINDS)
			return true;
	}
	return false;
}

void
rest_component_check(struct rest_call *c, json_object *body, bool v2, bool edit)
{
	struct form f = {.c = c,
	    .body = body,
	    .edit = edit,
	    .custom = json_object_new_object()};

	/* An edit need not say again what the message is made of. */
	if (v2 || (edit && is_new(jso_get(body, "components"))))
		check_list(&f, body, IN_MESSAGE_V2, 0, REST_COMPONENTS_MAX);
	else
		check_list(&f, body, IS(ROW), 0, 5);
	if (f.count > REST_COMPONENTS_MAX)
		rest_form_error(c, "components",
		    "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED",
		    "The total number of components cannot exceed %d",
		    REST_COMPONENTS_MAX);
	if (f.chars > REST_COMPONENT_TEXT)
		rest_form_error(c, "components",
		    "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED",
		    "The total displayable text size exceeds the maximum "
		    "size of %d",
		    REST_COMPONENT_TEXT);
	json_object_put(f.custom);
}

void
rest_component_modal(struct rest_call *c, json_object *data)
{
	struct form f = {.c = c,
	    .body = data,
	    .modal = true,
	    .custom = json_object_new_object()};

	(void)rest_form_text(c, data, "custom_id", 1, 100);
	(void)rest_form_text(c, data, "title", 1, 45);
	check_list(&f, data, IN_MODAL, 1, 5);
	json_object_put(f.custom);
}
