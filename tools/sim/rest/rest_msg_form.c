/* SPDX-License-Identifier: MIT */
/* The form of a message (discord-protocol.md section 7.3): what Discord
 * refuses, all in one answer. */
#include "tools/sim/rest/rest_call.h"
#include "tools/sim/rest/rest_form.h"
#include "tools/sim/rest/rest_msg.h"
#include "tools/sim/rest/rest_reply.h"

#include <string.h>

#define CONTENT_MAX 2000
#define EMBEDS_MAX 10
#define EMBED_CHARS_MAX 6000
#define STICKERS_MAX 3
#define ROWS_MAX 40
/* Flags a bot may set: no embeds, ephemeral, silent, voice, components v2. */
#define FLAGS_SETTABLE (4 | 64 | 4096 | 8192 | 32768)

static size_t
member_chars(json_object *o, const char *key)
{
	json_object *v = jso_get(o, key);

	return v ? rest_form_chars(json_object_get_string(v)) : 0;
}

static size_t
embed_chars(json_object *e)
{
	json_object *fields = jso_get(e, "fields");
	size_t n = member_chars(e, "title") + member_chars(e, "description")
	    + member_chars(jso_get(e, "footer"), "text")
	    + member_chars(jso_get(e, "author"), "name");

	if (json_object_is_type(fields, json_type_array))
		for (size_t i = 0; i < json_object_array_length(fields); i++) {
			json_object *f = json_object_array_get_idx(fields, i);

			n += member_chars(f, "name") + member_chars(f, "value");
		}
	return n;
}

static void
check_embeds(struct rest_call *c, json_object *body)
{
	static const struct {
		const char *key;
		size_t max;
	} part[] = {{"title", 256}, {"description", 4096}};
	json_object *list = rest_form_array(c, body, "embeds", EMBEDS_MAX);
	size_t sum = 0;
	char path[64];

	for (size_t i = 0; list && i < json_object_array_length(list); i++) {
		json_object *e = json_object_array_get_idx(list, i);

		sum += embed_chars(e);
		for (size_t k = 0; k < nitems(part); k++) {
			if (member_chars(e, part[k].key) <= part[k].max)
				continue;
			must(str_format(path, sizeof(path), "embeds.%zu.%s", i,
			    part[k].key));
			rest_form_error(c, path, "BASE_TYPE_MAX_LENGTH",
			    "Must be %zu or fewer in length.", part[k].max);
		}
	}
	if (sum > EMBED_CHARS_MAX)
		rest_form_error(c, "embeds", "MAX_EMBED_SIZE_EXCEEDED",
		    "Embed size exceeds maximum size of %d", EMBED_CHARS_MAX);
}

static void
check_mentions(struct rest_call *c, json_object *body)
{
	json_object *am = jso_get(body, "allowed_mentions");
	json_object *parse = jso_get(am, "parse");

	if (am != NULL && !json_object_is_type(am, json_type_object)) {
		rest_form_no_object(c, "allowed_mentions");
		return;
	}
	if (parse == NULL)
		return;
	if (!json_object_is_type(parse, json_type_array)) {
		rest_form_no_list(c, "allowed_mentions.parse");
		return;
	}
	for (size_t i = 0; i < json_object_array_length(parse); i++) {
		const char *s = json_object_get_string(
		    json_object_array_get_idx(parse, i));
		bool known = s
		    && (strcmp(s, "users") == 0 || strcmp(s, "roles") == 0
			|| strcmp(s, "everyone") == 0);
		bool both = s && jso_get(am, s) != NULL;

		if (!known)
			rest_form_error(c, "allowed_mentions.parse",
			    "BASE_TYPE_CHOICES",
			    "Value must be one of ('roles', 'users', "
			    "'everyone').");
		else if (both)
			rest_form_error(c, "allowed_mentions",
			    "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
			    "parse:[\"%s\"] and %s: [ids...] are mutually "
			    "exclusive.",
			    s, s);
	}
}

/* Only messages to a channel can be replies: id[0] is that channel. */
static void
check_reference(struct rest_call *c, json_object *body)
{
	json_object *ref = jso_get(body, "message_reference");
	json_object *must_exist = jso_get(ref, "fail_if_not_exists");
	struct world_msg *m;
	uint64_t id;

	if (ref == NULL || strncmp(c->path, "/channels/", 10) != 0)
		return;
	if (!json_object_is_type(ref, json_type_object)) {
		rest_form_no_object(c, "message_reference");
		return;
	}
	if (!rest_form_id(c, ref, "message_id", &id)) {
		if (jso_get(ref, "message_id") == NULL)
			rest_form_required(c, "message_reference.message_id");
		return;
	}
	m = world_msg_find(c->w, id);
	if ((m == NULL || m->channel != c->id[0])
	    && (must_exist == NULL || json_object_get_boolean(must_exist)))
		rest_form_error(c, "message_reference",
		    "MESSAGE_REFERENCE_UNKNOWN_MESSAGE", "Unknown message");
}

static bool
array_given(json_object *body, const char *key)
{
	json_object *v = jso_get(body, key);

	return json_object_is_type(v, json_type_array)
	    && json_object_array_length(v) > 0;
}

static bool
empty(struct rest_call *c, json_object *body)
{
	json_object *content = jso_get(body, "content");

	return (content == NULL || json_object_get_string_len(content) == 0)
	    && c->files == 0 && !array_given(body, "embeds")
	    && !array_given(body, "sticker_ids")
	    && !array_given(body, "components")
	    && jso_get(body, "poll") == NULL;
}

bool
rest_msg_check(struct rest_call *c, json_object *body, bool edit)
{
	int64_t flags = 0;

	(void)rest_form_string(c, body, "content", 0, CONTENT_MAX);
	(void)rest_form_string(c, body, "nonce", 0, WORLD_NONCE_MAX);
	(void)rest_form_array(c, body, "sticker_ids", STICKERS_MAX);
	(void)rest_form_array(c, body, "components", ROWS_MAX);
	if (rest_form_int(c, body, "flags", 0, INT32_MAX, &flags)
	    && (flags & ~(int64_t)FLAGS_SETTABLE) != 0 && !edit)
		rest_form_error(c, "flags", "BASE_TYPE_CHOICES",
		    "Value must be a combination of settable flags.");
	check_embeds(c, body);
	check_mentions(c, body);
	if (!edit)
		check_reference(c, body);
	if (rest_form_refused(c))
		return false;
	if (edit || !empty(c, body))
		return true;
	rest_reply_error(c, REST_EMPTY_MESSAGE);
	return false;
}
