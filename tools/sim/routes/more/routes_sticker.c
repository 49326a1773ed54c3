/* SPDX-License-Identifier: MIT */
/* Stickers of guilds, and the one pack that everybody has. */
#include "tools/sim/routes/more/more.h"

#define BYTES_MAX (512u << 10)
#define AUDIT_CREATE 90
#define AUDIT_UPDATE 91
#define AUDIT_DELETE 92

static const unsigned most[] = {5, 15, 30, 60};

/* What a file begins with, and Discord's format_type for it. */
static const struct {
	const char *magic;
	size_t len;
	int format;
} kinds[] = {
    {"\x89PNG", 4, 1},
    {"GIF8", 4, 4},
};

static void
check(struct rest_call *c, json_object *body, bool needed)
{
	const char *about = rest_form_string(c, body, "description", 0, 100);

	if (needed) {
		(void)rest_form_text(c, body, "name", 2, 30);
		(void)rest_form_text(c, body, "tags", 1, 200);
	} else {
		(void)rest_form_string(c, body, "name", 2, 30);
		(void)rest_form_string(c, body, "tags", 1, 200);
	}
	if (about != NULL && rest_form_chars(about) == 1)
		rest_form_error(c, "description", "BASE_TYPE_MIN_LENGTH",
		    "Must be 2 or more in length.");
}

static void
announce(struct rest_call *c, struct guild *g)
{
	json_object *d = json_object_new_object();

	jso_set(d, "stickers", more_list(g, GUILD_STICKERS));
	rest_guild_emit(c, g, "GUILD_STICKERS_UPDATE", d);
	json_object_put(d);
}

static json_object *
shown(struct guild *g, json_object *doc)
{
	json_object *o = more_copy(doc);

	jso_set_id(o, "guild_id", guild_id(g));
	return o;
}

static void
sticker_list(struct rest_call *c)
{
	struct guild *g = rest_guild(c);

	if (g != NULL)
		rest_reply(c, 200, more_list(g, GUILD_STICKERS));
}

/* format_type of the file that was sent; 0 after an answer. */
static int
format(struct rest_call *c)
{
	if (c->files == 0) {
		rest_form_required(c, "file");
		(void)rest_form_refused(c);
		return 0;
	}
	if (c->file[0].size > BYTES_MAX) {
		rest_reply_error(c, REST_FILE_TOO_BIG);
		return 0;
	}
	for (size_t i = 0; i < nitems(kinds); i++)
		if (c->file[0].size >= kinds[i].len
		    && memcmp(c->file[0].bytes, kinds[i].magic, kinds[i].len)
			== 0)
			return kinds[i].format;
	rest_reply_error(c, REST_BAD_FILE);
	return 0;
}

static json_object *
build(struct rest_call *c, struct guild *g, json_object *body, int kind,
    uint64_t id)
{
	static const char *const keys[] = {"name", "tags", NULL};
	json_object *o = json_object_new_object();
	const char *about = jso_get_text(body, "description");

	jso_set_id(o, "id", id);
	rest_form_copy(o, body, keys);
	jso_set_text(o, "description", about ? about : "");
	jso_set_int(o, "type", 2);
	jso_set_int(o, "format_type", kind);
	jso_set_bool(o, "available", true);
	jso_set_id(o, "guild_id", guild_id(g));
	jso_set(o, "user", more_maker(c));
	return o;
}

static void
sticker_new(struct rest_call *c)
{
	json_object *body = rest_form_object(c), *o;
	struct guild *g;
	uint64_t id;
	int kind;

	if (body == NULL || (g = rest_guild(c)) == NULL
	    || !rest_guild_may(c, g, PERM_CREATE_GUILD_EXPRESSIONS))
		return;
	check(c, body, true);
	if (rest_form_refused(c) || (kind = format(c)) == 0)
		return;
	if (guild_count(g, GUILD_STICKERS) >= most[more_tier(g)]) {
		rest_reply_error(c, REST_TOO_MANY_STICKERS);
		return;
	}
	id = world_snowflake(c->w);
	o = build(c, g, body, kind, id);
	must(guild_put(g, GUILD_STICKERS, id, json_object_get(o)));
	announce(c, g);
	rest_guild_audit(c, g, AUDIT_CREATE, id, NULL);
	rest_reply(c, 201, o);
}

static void
sticker_get(struct rest_call *c)
{
	struct guild *g = rest_guild(c);
	json_object *doc = g ? rest_guild_doc(c, g, GUILD_STICKERS, c->id[1],
			       REST_UNKNOWN_STICKER)
			     : NULL;

	if (doc != NULL)
		rest_reply(c, 200, shown(g, doc));
}

static json_object *
mine(struct rest_call *c, struct guild *g)
{
	json_object *doc = rest_guild_doc(c, g, GUILD_STICKERS, c->id[1],
	    REST_UNKNOWN_STICKER);

	return doc != NULL
		&& more_may_edit(c, g, doc, PERM_MANAGE_GUILD_EXPRESSIONS,
		    PERM_CREATE_GUILD_EXPRESSIONS)
	    ? doc
	    : NULL;
}

static void
sticker_edit(struct rest_call *c)
{
	static const char *const keys[] = {"name", "description", "tags", NULL};
	json_object *body = rest_form_object(c), *doc, *changes;
	struct guild *g;

	if (body == NULL || (g = rest_guild(c)) == NULL
	    || (doc = mine(c, g)) == NULL)
		return;
	check(c, body, false);
	if (rest_form_refused(c))
		return;
	guild_change(g);
	changes = more_apply(doc, body, keys);
	announce(c, g);
	rest_guild_audit(c, g, AUDIT_UPDATE, c->id[1], changes);
	rest_reply(c, 200, shown(g, doc));
}

static void
sticker_drop(struct rest_call *c)
{
	struct guild *g = rest_guild(c);

	if (g == NULL || mine(c, g) == NULL)
		return;
	guild_drop(g, GUILD_STICKERS, c->id[1]);
	announce(c, g);
	rest_guild_audit(c, g, AUDIT_DELETE, c->id[1], NULL);
	rest_reply_none(c);
}

/* ---- of everybody ----------------------------------------------------- */

static void
packs(struct rest_call *c)
{
	json_object *o = json_object_new_object();
	json_object *list = json_object_new_array();

	json_object_array_add(list, rest_msg_sticker_pack());
	jso_set(o, "sticker_packs", list);
	rest_reply(c, 200, o);
}

static void
pack(struct rest_call *c)
{
	json_object *o = rest_msg_sticker_pack();

	if (jso_get_id(o, "id") == c->id[0]) {
		rest_reply(c, 200, o);
		return;
	}
	json_object_put(o);
	rest_reply_error(c, REST_UNKNOWN_PACK);
}

/* One of any guild that is there, or of the pack. */
static void
any_sticker(struct rest_call *c)
{
	int64_t home = world_home(c->w, c->id[0]);
	struct guild *g = home < 0 ? NULL : guild_at(c->w, (unsigned)home);
	json_object *doc = g ? guild_get(g, GUILD_STICKERS, c->id[0]) : NULL;
	json_object *all, *list, *found = doc ? shown(g, doc) : NULL;

	all = rest_msg_sticker_pack();
	list = jso_get(all, "stickers");
	for (size_t i = 0; i < json_object_array_length(list) && !found; i++)
		if (jso_get_id(json_object_array_get_idx(list, i), "id")
		    == c->id[0])
			found = json_object_get(
			    json_object_array_get_idx(list, i));
	json_object_put(all);
	if (found != NULL)
		rest_reply(c, 200, found);
	else
		rest_reply_error(c, REST_UNKNOWN_STICKER);
}

const struct route routes_sticker[] = {
    {"GET", "/guilds/:guild_id/stickers", sticker_list, LIMIT_GUILD},
    {"POST", "/guilds/:guild_id/stickers", sticker_new, LIMIT_EXPRESSION},
    {"GET", "/guilds/:guild_id/stickers/:sticker_id", sticker_get, LIMIT_GUILD},
    {"PATCH", "/guilds/:guild_id/stickers/:sticker_id", sticker_edit,
	LIMIT_EXPRESSION},
    {"DELETE", "/guilds/:guild_id/stickers/:sticker_id", sticker_drop,
	LIMIT_EXPRESSION},
    {"GET", "/stickers/:sticker_id", any_sticker, LIMIT_GUILD},
    {"GET", "/sticker-packs", packs, LIMIT_GUILD},
    {"GET", "/sticker-packs/:pack_id", pack, LIMIT_GUILD},
    {0},
};
