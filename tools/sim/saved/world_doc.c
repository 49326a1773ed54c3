/* SPDX-License-Identifier: MIT */
#include "tools/sim/saved/world_doc.h"

#include "shared/base/base.h"

#include <string.h>

/* What these hold in a document, if they are not null: the code walks through
 * them, and adds to them, unasked.  What else a document has may be anything a
 * bot has put there, as may be what a form has that is none of a form's. */
static const struct {
	const char *key;
	json_type type;
	bool form;
} held[] = {
    {"accessory", json_type_object, true},
    {"actions", json_type_array},
    {"answers", json_type_array, true},
    {"attachments", json_type_array},
    {"author", json_type_object},
    {"available_tags", json_type_array},
    {"colors", json_type_object},
    {"component", json_type_object, true},
    {"components", json_type_array, true},
    {"creator", json_type_object},
    {"embeds", json_type_array},
    {"emoji", json_type_object},
    {"entity_metadata", json_type_object},
    {"exempt_channels", json_type_array},
    {"exempt_roles", json_type_array},
    {"incidents_data", json_type_object},
    {"interaction_metadata", json_type_object},
    {"inviter", json_type_object},
    {"member", json_type_object},
    {"mention_roles", json_type_array},
    {"mentions", json_type_array},
    {"message_reference", json_type_object},
    {"permission_overwrites", json_type_array},
    {"poll", json_type_object},
    {"poll_media", json_type_object, true},
    {"prompts", json_type_array},
    {"question", json_type_object, true},
    {"referenced_message", json_type_object},
    {"results", json_type_object},
    {"roles", json_type_array},
    {"serialized_source_guild", json_type_object},
    {"source_channel", json_type_object},
    {"source_guild", json_type_object},
    {"sticker_items", json_type_array},
    {"thread_metadata", json_type_object},
    {"trigger_metadata", json_type_object},
    {"user", json_type_object},
};
/* In these is what a bot filled in: a form's. */
static const char *const forms[] = {"actions", "components", "embeds", "emoji",
    "entity_metadata", "poll", "prompts", "trigger_metadata", "available_tags"};

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

static bool
is_form(const char *key)
{
	for (size_t i = 0; i < nitems(forms); i++)
		if (strcmp(forms[i], key) == 0)
			return true;
	return false;
}

static bool object_ok(json_object *o, bool form);

/* Nor is there null in a list. */
static bool
value_ok(json_object *v, bool form)
{
	if (json_object_is_type(v, json_type_object))
		return object_ok(v, form);
	for (size_t i = 0; json_object_is_type(v, json_type_array)
	     && i < json_object_array_length(v);
	     i++) {
		json_object *one = json_object_array_get_idx(v, i);

		if (one == NULL || !value_ok(one, form))
			return false;
	}
	return true;
}

static bool
object_ok(json_object *o, bool form)
{
	for (size_t i = 0; i < nitems(held); i++) {
		const char *key = held[i].key;
		json_object *v = NULL;

		json_object_object_get_ex(o, key, &v);
		if (v == NULL || (form && !held[i].form))
			continue;
		if (!json_object_is_type(v, held[i].type) || !is_whole(key, v)
		    || !value_ok(v, form || is_form(key)))
			return false;
	}
	return true;
}

bool
world_doc_ok(json_object *doc)
{
	return value_ok(doc, false);
}
