/* SPDX-License-Identifier: MIT */
#include "tools/sim/world/world_doc.h"

#include "shared/base/base.h"

#include <string.h>

/* What these hold wherever they stand in a document, if they are not null: the
 * code walks through them, and adds to them, unasked. */
static const char *const lists[] = {"actions", "answers", "attachments",
    "available_tags", "channel_types", "choices", "components", "embeds",
    "exempt_channels", "exempt_roles", "features", "fields", "mention_roles",
    "mentions", "permission_overwrites", "prompts", "roles", "scopes",
    "sticker_items"};
static const char *const objects[] = {"accessory", "author", "colors",
    "component", "creator", "emoji", "entity_metadata", "incidents_data",
    "interaction_metadata", "inviter", "media", "member", "message_reference",
    "poll", "poll_media", "question", "referenced_message", "results",
    "serialized_source_guild", "source_channel", "source_guild",
    "thread_metadata", "trigger_metadata", "user"};

/* What one of these has in any case. */
static const struct {
	const char *in, *key;
	json_type type;
} needs[] = {
    {"permission_overwrites", "id", json_type_string},
    {"poll", "expiry", json_type_string},
    {"poll", "answers", json_type_array},
    {"poll", "question", json_type_object},
};

static bool
is_one_of(const char *key, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(key, words[i]) == 0)
			return true;
	return false;
}

static bool
member_ok(const char *key, json_object *v)
{
	if (is_one_of(key, lists, nitems(lists)))
		return json_object_is_type(v, json_type_array);
	return !is_one_of(key, objects, nitems(objects))
	    || json_object_is_type(v, json_type_object);
}

/* v, or each of a list, of this key. */
static bool
is_whole(const char *in, json_object *v)
{
	for (size_t i = 0; i < nitems(needs); i++) {
		bool list = json_object_is_type(v, json_type_array);
		size_t n = list ? json_object_array_length(v) : 1;

		if (strcmp(needs[i].in, in) != 0)
			continue;
		for (size_t k = 0; k < n; k++) {
			json_object *has = NULL;

			json_object_object_get_ex(list
				? json_object_array_get_idx(v, k)
				: v,
			    needs[i].key, &has);
			if (!json_object_is_type(has, needs[i].type))
				return false;
		}
	}
	return true;
}

bool
world_doc_ok(json_object *v)
{
	if (json_object_is_type(v, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(v); i++) {
			json_object *one = json_object_array_get_idx(v, i);

			if (one == NULL || !world_doc_ok(one))
				return false;
		}
	} else if (json_object_is_type(v, json_type_object)) {
		json_object_object_foreach (v, key, one) {
			if (one != NULL
			    && (!member_ok(key, one) || !world_doc_ok(one)
				|| !is_whole(key, one)))
				return false;
		}
	}
	return true;
}
