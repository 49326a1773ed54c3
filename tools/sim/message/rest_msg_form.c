/* SPDX-License-Identifier: MIT */
/* The form of a message (discord-protocol.md section 7.3): what Discord
 * refuses, all in one answer. */
#include "tools/sim/rest/rest_call.h"
#include "tools/sim/rest/rest_component.h"
#include "tools/sim/rest/rest_file.h"
#include "tools/sim/rest/rest_form.h"
#include "tools/sim/message/rest_msg.h"
#include "tools/sim/rest/rest_reply.h"
#include "tools/sim/world/guild.h"

#include <string.h>

#define CONTENT_MAX 2000
#define EMBEDS_MAX 10
#define EMBED_CHARS_MAX 6000
#define STICKERS_MAX 3
#define FIELDS_MAX 25
#define MENTIONS_MAX 100
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
check_media(struct rest_call *c, json_object *e, const char *key,
    const char *url)
{
	json_object *o = jso_get(e, key);
	size_t was;

	if (o == NULL)
		return;
	was = rest_form_enter(c, "%s", key);
	if (!json_object_is_type(o, json_type_object))
		rest_form_no_object(c, "");
	else
		(void)rest_form_url(c, o, url, "attachment");
	rest_form_leave(c, was);
}

static void
check_named(struct rest_call *c, json_object *e, const char *key,
    const char *name, size_t max)
{
	json_object *o = jso_get(e, key);
	size_t was;

	if (!json_object_is_type(o, json_type_object))
		return;
	was = rest_form_enter(c, "%s", key);
	(void)rest_form_text(c, o, name, 1, max);
	rest_form_leave(c, was);
}

static void
check_fields(struct rest_call *c, json_object *e)
{
	json_object *list = rest_form_array(c, e, "fields", FIELDS_MAX);

	for (size_t i = 0;
	     list && i < json_object_array_length(list) && i < FIELDS_MAX;
	     i++) {
		json_object *f = json_object_array_get_idx(list, i);
		size_t was = rest_form_enter(c, "fields.%zu", i);

		if (json_object_is_type(f, json_type_object)) {
			(void)rest_form_text(c, f, "name", 1, 256);
			(void)rest_form_text(c, f, "value", 1, 1024);
			(void)rest_form_bool(c, f, "inline", false);
		} else
			rest_form_no_object(c, "");
		rest_form_leave(c, was);
	}
}

/* One of nothing that is shown is refused for want of a description. */
static bool
shows(json_object *e)
{
	static const char *const keys[] = {"title", "description", "image",
	    "thumbnail", "author", "footer", "video", "provider", "timestamp"};
	json_object *fields = jso_get(e, "fields");

	for (size_t i = 0; i < nitems(keys); i++) {
		json_object *v = jso_get(e, keys[i]);

		if (v != NULL
		    && (!json_object_is_type(v, json_type_string)
			|| json_object_get_string_len(v) > 0))
			return true;
	}
	return json_object_is_type(fields, json_type_array)
	    && json_object_array_length(fields) > 0;
}

static void
check_embed(struct rest_call *c, json_object *e)
{
	int64_t n;

	if (!json_object_is_type(e, json_type_object)) {
		rest_form_no_object(c, "");
		return;
	}
	if (!shows(e))
		rest_form_required(c, "description");
	(void)rest_form_string(c, e, "title", 0, 256);
	(void)rest_form_string(c, e, "description", 0, 4096);
	(void)rest_form_url(c, e, "url", NULL);
	(void)rest_form_int(c, e, "color", 0, 0xffffff, &n);
	(void)rest_form_time(c, e, "timestamp", &n);
	check_media(c, e, "image", "url");
	check_media(c, e, "thumbnail", "url");
	check_media(c, e, "author", "icon_url");
	check_media(c, e, "footer", "icon_url");
	check_named(c, e, "author", "name", 256);
	check_named(c, e, "footer", "text", 2048);
	check_fields(c, e);
}

static void
check_embeds(struct rest_call *c, json_object *body)
{
	json_object *list = rest_form_array(c, body, "embeds", EMBEDS_MAX);
	size_t sum = 0;

	for (size_t i = 0;
	     list && i < json_object_array_length(list) && i < EMBEDS_MAX;
	     i++) {
		json_object *e = json_object_array_get_idx(list, i);
		size_t was = rest_form_enter(c, "embeds.%zu", i);

		check_embed(c, e);
		rest_form_leave(c, was);
		sum += embed_chars(e);
	}
	if (sum > EMBED_CHARS_MAX)
		rest_form_error(c, "embeds", "MAX_EMBED_SIZE_EXCEEDED",
		    "Embed size exceeds maximum size of %d", EMBED_CHARS_MAX);
}

/* The ids that allowed_mentions lists under key. */
static size_t
check_ids(struct rest_call *c, json_object *am, const char *key)
{
	json_object *list = rest_form_array(c, am, key, MENTIONS_MAX);
	uint64_t id;
	size_t n = list ? json_object_array_length(list) : 0;

	for (size_t i = 0; i < n && i < MENTIONS_MAX; i++) {
		json_object *v = json_object_array_get_idx(list, i);
		const char *s = json_object_get_string(v);
		size_t was;

		if (s != NULL && str_to_u64(s, &id))
			continue;
		was = rest_form_enter(c, "%s.%zu", key, i);
		rest_form_error(c, "", "NUMBER_TYPE_COERCE",
		    "Value \"%.100s\" is not snowflake.", s ? s : "null");
		rest_form_leave(c, was);
	}
	return n;
}

/* What is parsed for may not be listed as well. */
static void
check_parse(struct rest_call *c, json_object *am)
{
	static const char *const kinds[] = {"users", "roles", "everyone"};
	json_object *list = rest_form_array(c, am, "parse", nitems(kinds));

	for (size_t i = 0; list && i < json_object_array_length(list); i++) {
		const char *s = json_object_get_string(
		    json_object_array_get_idx(list, i));
		json_object *ids = s ? jso_get(am, s) : NULL;
		size_t k = 0;

		while (k < nitems(kinds)
		    && (s == NULL || strcmp(s, kinds[k]) != 0))
			k++;
		if (k == nitems(kinds))
			rest_form_error(c, "parse", "BASE_TYPE_CHOICES",
			    "Value must be one of ('roles', 'users', "
			    "'everyone').");
		else if (json_object_is_type(ids, json_type_array)
		    && json_object_array_length(ids) > 0)
			rest_form_error(c, "",
			    "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
			    "parse:[\"%s\"] and %s: [ids...] are mutually "
			    "exclusive.",
			    s, s);
	}
}

static void
check_mentions(struct rest_call *c, json_object *body)
{
	json_object *am = jso_get(body, "allowed_mentions");
	size_t was;

	if (am == NULL)
		return;
	was = rest_form_enter(c, "allowed_mentions");
	if (json_object_is_type(am, json_type_object)) {
		(void)check_ids(c, am, "users");
		(void)check_ids(c, am, "roles");
		(void)rest_form_bool(c, am, "replied_user", false);
		check_parse(c, am);
	} else
		rest_form_no_object(c, "");
	rest_form_leave(c, was);
}

/* Only messages to a channel can be replies: id[0] is that channel.  What a
 * forward needs, rest_msg_allowed() asks. */
static void
check_reference(struct rest_call *c, json_object *body)
{
	json_object *ref = jso_get(body, "message_reference");
	json_object *must_exist = jso_get(ref, "fail_if_not_exists");
	struct world_msg *m;
	uint64_t id;

	if (ref == NULL || strncmp(c->path, "/channels/", 10) != 0
	    || rest_msg_forwards(c, body))
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

/* ---- stickers --------------------------------------------------------- */

json_object *
rest_msg_sticker_pack(void)
{
	static const char text[] =
	    "{\"id\":\"847000000000000001\",\"name\":\"Desk Lamp\","
	    "\"sku_id\":\"847000000000000002\","
	    "\"cover_sticker_id\":\"847000000000000011\","
	    "\"banner_asset_id\":\"847000000000000003\","
	    "\"description\":\"Stickers that every desk has\",\"stickers\":["
	    "{\"id\":\"847000000000000011\",\"name\":\"On\","
	    "\"description\":\"A lamp that is on\",\"tags\":\"bulb\",\"type\":1,"
	    "\"format_type\":1,\"pack_id\":\"847000000000000001\","
	    "\"sort_value\":1},"
	    "{\"id\":\"847000000000000012\",\"name\":\"Off\","
	    "\"description\":\"A lamp that is off\",\"tags\":\"new_moon\","
	    "\"type\":1,\"format_type\":1,"
	    "\"pack_id\":\"847000000000000001\",\"sort_value\":2}]}";
	json_object *o = json_tokener_parse(text);

	must(o != NULL);
	return o;
}

/* A sticker that a message in the channel may have; caller owns. */
static json_object *
sticker(struct rest_call *c, const struct world_channel *ch, const char *id)
{
	struct guild *g = ch->guild == WORLD_NOWHERE
	    ? NULL
	    : guild_at(c->w, ch->guild);
	json_object *own = g ? guild_get_key(g, GUILD_STICKERS, id) : NULL;
	json_object *pack, *list, *found = NULL;

	if (own != NULL)
		return json_object_get(own);
	pack = rest_msg_sticker_pack();
	list = jso_get(pack, "stickers");
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		json_object *it = json_object_array_get_idx(list, i);

		if (strcmp(jso_get_text(it, "id"), id) == 0)
			found = json_object_get(it);
	}
	json_object_put(pack);
	return found;
}

void
rest_msg_stickers(struct rest_call *c, json_object *m,
    const struct world_channel *ch, json_object *body)
{
	static const char *const keys[] = {"id", "name", "format_type", NULL};
	json_object *ids = jso_get(body, "sticker_ids");
	json_object *items = json_object_new_array();

	for (size_t i = 0; json_object_is_type(ids, json_type_array)
	     && i < json_object_array_length(ids);
	     i++) {
		json_object *s = sticker(c, ch,
		    json_object_get_string(json_object_array_get_idx(ids, i)));
		json_object *item = json_object_new_object();

		rest_form_copy(item, s, keys);
		json_object_array_add(items, item);
		json_object_put(s);
	}
	if (json_object_array_length(items) > 0)
		jso_set(m, "sticker_items", items);
	else
		json_object_put(items);
}

/* At most three, and all there; else an answer is made. */
static bool
check_stickers(struct rest_call *c, json_object *body)
{
	json_object *ids = rest_form_array(c, body, "sticker_ids",
	    STICKERS_MAX);
	struct world_channel ch = {.guild = WORLD_NOWHERE};

	if (rest_form_refused(c))
		return false;
	if (strncmp(c->path, "/channels/", 10) == 0)
		(void)world_channel_find(c->w, c->id[0], &ch);
	for (size_t i = 0; ids && i < json_object_array_length(ids); i++) {
		const char *id = json_object_get_string(
		    json_object_array_get_idx(ids, i));
		json_object *s = id ? sticker(c, &ch, id) : NULL;

		if (s == NULL) {
			rest_reply_error(c, REST_BAD_STICKER);
			return false;
		}
		json_object_put(s);
	}
	return true;
}

/* ---- the whole -------------------------------------------------------- */

static bool
array_given(json_object *body, const char *key)
{
	json_object *v = jso_get(body, key);

	return json_object_is_type(v, json_type_array)
	    && json_object_array_length(v) > 0;
}

/* A character that Discord cuts off at both ends, as Python's str.strip() does;
 * its length, 0: it is none. */
static size_t
blank_at(const char *s)
{
	static const char *const wide[] = {"\xc2\x85", "\xc2\xa0",
	    "\xe1\x9a\x80", "\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\xaf",
	    "\xe2\x81\x9f", "\xe3\x80\x80"};

	if (*s == ' ' || (*s >= '\t' && *s <= '\r') || (*s >= 28 && *s <= 31))
		return 1;
	for (size_t i = 0; i < nitems(wide); i++)
		if (strncmp(s, wide[i], strlen(wide[i])) == 0)
			return strlen(wide[i]);
	/* U+2000 to U+200A */
	return strncmp(s, "\xe2\x80", 2) == 0 && (unsigned char)s[2] >= 0x80
		&& (unsigned char)s[2] <= 0x8a
	    ? 3
	    : 0;
}

static bool
blank(const char *s)
{
	size_t n;

	while (s != NULL && (n = blank_at(s)) > 0)
		s += n;
	return s == NULL || *s == '\0';
}

static bool
empty(struct rest_call *c, json_object *body)
{
	return blank(jso_get_text(body, "content")) && c->files == 0
	    && !array_given(body, "embeds") && !array_given(body, "sticker_ids")
	    && !array_given(body, "components") && jso_get(body, "poll") == NULL
	    && !rest_msg_forwards(c, body);
}

/* A message of components has nothing else. */
static void
check_v2(struct rest_call *c, json_object *body)
{
	static const char *const old[] = {"content", "embeds", "sticker_ids",
	    "poll"};

	for (size_t i = 0; i < nitems(old); i++) {
		json_object *v = jso_get(body, old[i]);

		if (v == NULL
		    || (json_object_is_type(v, json_type_string)
			&& json_object_get_string_len(v) == 0)
		    || (json_object_is_type(v, json_type_array)
			&& json_object_array_length(v) == 0))
			continue;
		rest_form_error(c, old[i],
		    "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
		    "The '%s' field cannot be used when using "
		    "MessageFlags.IS_COMPONENTS_V2",
		    old[i]);
	}
}

static void
check_flags(struct rest_call *c, json_object *body, bool edit)
{
	int64_t flags = 0;

	if (rest_form_int(c, body, "flags", 0, INT32_MAX, &flags)
	    && (flags & ~(int64_t)FLAGS_SETTABLE) != 0 && !edit)
		rest_form_error(c, "flags", "BASE_TYPE_CHOICES",
		    "Value must be a combination of settable flags.");
	if (flags & REST_MSG_COMPONENTS_V2)
		check_v2(c, body);
	rest_component_check(c, body, flags & REST_MSG_COMPONENTS_V2, edit);
}

/* It comes back as it was sent, a text or a number. */
static void
check_nonce(struct rest_call *c, json_object *body)
{
	json_object *sent = json_object_get(jso_get(body, "nonce"));

	(void)rest_form_string(c, body, "nonce", 0, WORLD_NONCE_MAX);
	if (sent != NULL)
		jso_set(body, "nonce", sent);
}

bool
rest_msg_check(struct rest_call *c, json_object *body, bool edit)
{
	(void)rest_form_string(c, body, "content", 0, CONTENT_MAX);
	check_nonce(c, body);
	(void)rest_form_bool(c, body, "tts", false);
	(void)rest_form_bool(c, body, "enforce_nonce", false);
	check_flags(c, body, edit);
	check_embeds(c, body);
	check_mentions(c, body);
	(void)rest_form_array(c, body, "attachments", REST_FILES_MAX);
	if (!edit) {
		check_reference(c, body);
		rest_msg_poll(c, body);
	}
	if (rest_form_refused(c) || !rest_file_fit(c)
	    || (!edit && !check_stickers(c, body)))
		return false;
	if (edit || !empty(c, body))
		return true;
	rest_reply_error(c, REST_EMPTY_MESSAGE);
	return false;
}
