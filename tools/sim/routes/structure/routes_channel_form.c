/* SPDX-License-Identifier: MIT */
#include "tools/sim/routes/structure/routes_channel_form.h"

#include <string.h>

#define CHILDREN_MAX 50 /* of a category */

bool
routes_channel_form_is_forum(int type)
{
	return type == CHANNEL_FORUM || type == CHANNEL_MEDIA;
}

void
routes_channel_form_archive(struct rest_call *c, json_object *body,
    const char *key)
{
	static const int64_t minutes[] = {60, 1440, 4320, 10080};
	json_object *v = jso_get(body, key);

	for (size_t i = 0; i < nitems(minutes); i++)
		if (v == NULL || json_object_get_int64(v) == minutes[i])
			return;
	rest_form_error(c, key, "BASE_TYPE_CHOICES",
	    "Value must be one of {60, 1440, 4320, 10080}.");
}

static void
check_kind(struct rest_call *c, json_object *body, const char *key,
    enum json_type kind)
{
	json_object *v = jso_get(body, key);

	if (v != NULL && !json_object_is_type(v, kind))
		rest_form_error(c, key, "BASE_TYPE_CONVERT", "Must be %s.",
		    json_type_to_name(kind));
}

static size_t
children(struct guild *g, uint64_t category)
{
	size_t n = 0;

	json_object_object_foreach (guild_docs(g, GUILD_CHANNELS), key, doc) {
		(void)key;
		n += jso_get_id(doc, "parent_id") == category;
	}
	return n;
}

/* A category of the guild with room, for what is none itself. */
void
routes_channel_form_parent(struct rest_call *c, struct guild *g,
    json_object *body, int type)
{
	json_object *parent;
	uint64_t id = 0;

	if (!rest_form_id(c, body, "parent_id", &id))
		return;
	parent = guild_get(g, GUILD_CHANNELS, id);
	if (parent == NULL)
		rest_form_error(c, "parent_id", "CHANNEL_PARENT_INVALID",
		    "Category does not exist");
	else if (type == CHANNEL_CATEGORY
	    || json_object_get_int(jso_get(parent, "type")) != CHANNEL_CATEGORY)
		rest_form_error(c, "parent_id", "CHANNEL_PARENT_INVALID_TYPE",
		    "Not a category");
	else if (children(g, id) >= CHILDREN_MAX)
		rest_form_error(c, "parent_id", "CHANNEL_PARENT_MAX_CHANNELS",
		    "Maximum number of channels in category reached (%d)",
		    CHILDREN_MAX);
}

static void
check_tags(struct rest_call *c, json_object *body)
{
	json_object *list = rest_form_array(c, body, "available_tags", 20);

	for (size_t i = 0; list != NULL && i < json_object_array_length(list);
	     i++) {
		json_object *name = jso_get(json_object_array_get_idx(list, i),
		    "name");
		size_t n = json_object_is_type(name, json_type_string)
		    ? rest_form_chars(json_object_get_string(name))
		    : 0;
		char path[48];

		must(str_format(path, sizeof(path), "available_tags.%zu.name",
		    i));
		if (n < 1 || n > 20)
			rest_form_error(c, path, "BASE_TYPE_BAD_LENGTH",
			    "Must be between 1 and 20 in length.");
	}
}

void
routes_channel_form_check(struct rest_call *c, struct guild *g,
    json_object *body, int type)
{
	int64_t n;

	(void)rest_form_string(c, body, "name", 1, 100);
	(void)rest_form_string(c, body, "topic", 0,
	    routes_channel_form_is_forum(type) ? 4096 : 1024);
	(void)rest_form_int(c, body, "rate_limit_per_user", 0, 21600, &n);
	(void)rest_form_int(c, body, "default_thread_rate_limit_per_user", 0,
	    21600, &n);
	(void)rest_form_int(c, body, "position", 0, INT32_MAX, &n);
	(void)rest_form_int(c, body, "user_limit", 0,
	    type == CHANNEL_STAGE ? 10000 : 99, &n);
	(void)rest_form_int(c, body, "bitrate", 8000, 384000, &n);
	(void)rest_form_int(c, body, "video_quality_mode", 1, 2, &n);
	(void)rest_form_int(c, body, "default_sort_order", 0, 1, &n);
	(void)rest_form_int(c, body, "default_forum_layout", 0, 2, &n);
	(void)rest_form_int(c, body, "flags", 0, INT32_MAX, &n);
	(void)rest_form_string(c, body, "rtc_region", 0, 100);
	check_kind(c, body, "nsfw", json_type_boolean);
	check_kind(c, body, "default_reaction_emoji", json_type_object);
	routes_channel_form_archive(c, body, "default_auto_archive_duration");
	routes_channel_form_parent(c, g, body, type);
	check_tags(c, body);
}

/* Text channels have small letters and no blanks. */
static void
set_name(json_object *doc, int type, const char *name)
{
	bool plain = type == CHANNEL_TEXT || type == CHANNEL_NEWS
	    || routes_channel_form_is_forum(type);
	char text[401];

	str_copy(text, name, sizeof(text));
	for (char *s = text; plain && *s != '\0'; s++) {
		if (*s == ' ')
			*s = '-';
		else if (*s >= 'A' && *s <= 'Z')
			*s = (char)(*s + 32);
	}
	jso_set_text(doc, "name", text);
}

/* Tags of a forum get their ids. */
static json_object *
tags_made(struct rest_call *c, json_object *form)
{
	json_object *list = json_object_new_array();

	for (size_t i = 0; i < json_object_array_length(form); i++) {
		json_object *from = json_object_array_get_idx(form, i);
		json_object *o = json_object_new_object();
		json_object *id = jso_get(from, "id");

		jso_set(o, "id",
		    id ? json_object_get(id) : jso_id(world_snowflake(c->w)));
		jso_set(o, "name", json_object_get(jso_get(from, "name")));
		jso_set_bool(o, "moderated",
		    json_object_get_boolean(jso_get(from, "moderated")));
		jso_set(o, "emoji_id",
		    json_object_get(jso_get(from, "emoji_id")));
		jso_set(o, "emoji_name",
		    json_object_get(jso_get(from, "emoji_name")));
		json_object_array_add(list, o);
	}
	return list;
}

/* Of keys that can't be null, null is the same as absent. */
static void
copy_given(json_object *doc, json_object *body, const char *const *keys)
{
	for (; *keys != NULL; keys++)
		if (jso_get(body, *keys) != NULL)
			jso_set(doc, *keys,
			    json_object_get(jso_get(body, *keys)));
}

void
routes_channel_form_move(json_object *doc, json_object *body)
{
	if (json_object_object_get_ex(body, "parent_id", NULL))
		jso_set(doc, "parent_id",
		    jso_get(body, "parent_id")
			? jso_id(jso_get_id(body, "parent_id"))
			: NULL);
}

/* What the form sets of a channel of this type. */
void
routes_channel_form_apply(struct rest_call *c, json_object *doc,
    json_object *body, int type, json_object *overwrites)
{
	static const char *const all[] = {"position", NULL};
	static const char *const text[] = {"nsfw", "rate_limit_per_user",
	    "default_thread_rate_limit_per_user", NULL};
	static const char *const text_null[] = {"topic",
	    "default_auto_archive_duration", NULL};
	static const char *const voice[] = {"nsfw", "bitrate", "user_limit",
	    "video_quality_mode", "rate_limit_per_user", NULL};
	static const char *const voice_null[] = {"rtc_region", NULL};
	static const char *const forum[] = {"default_forum_layout", "flags",
	    NULL};
	static const char *const forum_null[] = {"default_reaction_emoji",
	    "default_sort_order", NULL};
	const char *name = jso_get_text(body, "name");

	if (name != NULL)
		set_name(doc, type, name);
	routes_channel_form_move(doc, body);
	copy_given(doc, body, all);
	if (type == CHANNEL_VOICE || type == CHANNEL_STAGE) {
		copy_given(doc, body, voice);
		rest_form_copy(doc, body, voice_null);
	} else if (type != CHANNEL_CATEGORY) {
		copy_given(doc, body, text);
		rest_form_copy(doc, body, text_null);
	}
	if (routes_channel_form_is_forum(type)) {
		copy_given(doc, body, forum);
		rest_form_copy(doc, body, forum_null);
		if (jso_get(body, "available_tags") != NULL)
			jso_set(doc, "available_tags",
			    tags_made(c, jso_get(body, "available_tags")));
	}
	if (overwrites != NULL)
		jso_set(doc, "permission_overwrites",
		    json_object_get(overwrites));
}

/* Overwrites that no form names are those of the category. */
void
routes_channel_form_inherit(struct guild *g, json_object *doc)
{
	json_object *parent = guild_get(g, GUILD_CHANNELS,
	    jso_get_id(doc, "parent_id"));
	json_object *copy = NULL;

	if (parent == NULL)
		return;
	must(json_object_deep_copy(jso_get(parent, "permission_overwrites"),
		 &copy, NULL)
	    == 0);
	jso_set(doc, "permission_overwrites", copy);
}
