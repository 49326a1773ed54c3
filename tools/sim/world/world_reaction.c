/* SPDX-License-Identifier: MIT */
#include "tools/sim/base/jso.h"
#include "tools/sim/world/world_impl.h"

#include <string.h>

/* The id of a custom emoji "name:id", or NULL for a Unicode one. */
static const char *
custom_id(const char *emoji)
{
	const char *colon = strrchr(emoji, ':');
	uint64_t id;

	return colon && str_to_u64(colon + 1, &id) ? colon + 1 : NULL;
}

/* A Unicode emoji has at least one character above ASCII. */
bool
world_reaction_emoji_ok(const char *emoji)
{
	if (strlen(emoji) >= WORLD_EMOJI_MAX)
		return false;
	if (custom_id(emoji) != NULL)
		return true;
	for (; *emoji != '\0'; emoji++)
		if ((unsigned char)*emoji >= 0x80)
			return true;
	return false;
}

json_object *
world_reaction_emoji(const char *emoji)
{
	json_object *o = json_object_new_object();
	const char *id = custom_id(emoji);

	jso_set(o, "id", id ? json_object_new_string(id) : NULL);
	jso_set(o, "name",
	    id ? json_object_new_string_len(emoji, (int)(id - 1 - emoji))
	       : json_object_new_string(emoji));
	return o;
}

struct world_reaction *
world_reaction_find(struct world *w, uint64_t message, const char *emoji)
{
	for (size_t i = 0; i < WORLD_REACTIONS_MAX; i++)
		if (w->reaction[i].message == message
		    && (emoji == NULL
			|| strcmp(w->reaction[i].emoji, emoji) == 0))
			return &w->reaction[i];
	return NULL;
}

static unsigned
count(const struct world *w, uint64_t message)
{
	unsigned n = 0;

	for (size_t i = 0; i < WORLD_REACTIONS_MAX; i++)
		n += w->reaction[i].message == message;
	return n;
}

bool
world_reaction_add(struct world *w, uint64_t message, const char *emoji)
{
	struct world_reaction *r = world_reaction_find(w, 0, NULL);

	if (count(w, message) >= WORLD_REACTIONS_PER_MESSAGE)
		return false;
	if (r == NULL)
		r = &w->reaction[w->reactions % WORLD_REACTIONS_MAX];
	w->reactions++;
	r->message = message;
	str_copy(r->emoji, emoji, sizeof(r->emoji));
	return true;
}

/* Nobody here pays for a burst. */
static json_object *
count_details(int64_t normal)
{
	json_object *o = json_object_new_object();

	jso_set_int(o, "burst", 0);
	jso_set_int(o, "normal", normal);
	return o;
}

void
world_reaction_show(const struct world *w, uint64_t message, json_object *m)
{
	json_object *list = NULL, *o;

	for (size_t i = 0; i < WORLD_REACTIONS_MAX; i++) {
		if (w->reaction[i].message != message)
			continue;
		if (list == NULL)
			list = json_object_new_array();
		o = json_object_new_object();
		jso_set(o, "emoji", world_reaction_emoji(w->reaction[i].emoji));
		jso_set_int(o, "count", 1);
		jso_set(o, "count_details", count_details(1));
		jso_set_bool(o, "me", true);
		jso_set_bool(o, "me_burst", false);
		jso_set(o, "burst_colors", json_object_new_array());
		json_object_array_add(list, o);
	}
	if (list != NULL)
		jso_set(m, "reactions", list);
}
