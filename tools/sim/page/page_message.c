/* SPDX-License-Identifier: MIT */
/* One message with all that hangs on it, shown plainly. */
#include "tools/sim/page/page_impl.h"

#include "tools/sim/base/jso.h"
#include "tools/sim/world/world.h"

#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 5	   /* of components in components */
#define COMPONENTS_MAX 128 /* of a message */
#define FLAG_EPHEMERAL 64
#define FLAG_LOADING 128

static void
each(struct page *p, json_object *list,
    void (*show)(struct page *, json_object *))
{
	size_t n = json_object_is_type(list, json_type_array)
	    ? json_object_array_length(list)
	    : 0;

	for (size_t i = 0; i < n; i++)
		show(p, json_object_array_get_idx(list, i));
}

/* <TAG>its member</TAG>, nothing when it is absent. */
static void
part(struct sbuf *t, const char *tag, const char *class_, json_object *o,
    const char *key)
{
	const char *text = jso_get_text(o, key);

	if (text != NULL && *text != '\0') {
		page_html_element(t, tag, class_, text);
		sbuf_str(t, "\n");
	}
}

/* ---- embeds and files ------------------------------------------------- */

static void
show_field(struct page *p, json_object *f)
{
	page_html_element(p->t, "dt", NULL, jso_get_text(f, "name"));
	page_html_element(p->t, "dd", "text", jso_get_text(f, "value"));
	sbuf_str(p->t, "\n");
}

static void
show_embed(struct page *p, json_object *e)
{
	static const char *const pictures[] = {"image", "thumbnail", "video"};
	json_object *fields = jso_get(e, "fields");

	sbuf_str(p->t, "<blockquote class=\"embed\">\n");
	part(p->t, "p", "soft", jso_get(e, "author"), "name");
	part(p->t, "h3", NULL, e, "title");
	part(p->t, "p", "id", e, "url");
	part(p->t, "div", "text", e, "description");
	if (json_object_is_type(fields, json_type_array)
	    && json_object_array_length(fields) > 0) {
		sbuf_str(p->t, "<dl>\n");
		each(p, fields, show_field);
		sbuf_str(p->t, "</dl>\n");
	}
	for (size_t i = 0; i < nitems(pictures); i++) {
		json_object *o = jso_get(e, pictures[i]);

		if (o == NULL)
			continue;
		sbuf_fmt(p->t, "<p class=\"id\">%s: ", pictures[i]);
		page_html_member(p->t, o, "url");
		sbuf_str(p->t, "</p>\n");
	}
	part(p->t, "p", "soft", jso_get(e, "footer"), "text");
	part(p->t, "p", "id", e, "timestamp");
	sbuf_str(p->t, "</blockquote>\n");
}

/* A link only to what this very server has. */
static void
show_file(struct page *p, json_object *a)
{
	const char *url = jso_get_text(a, "url"), *api = p->sim->url_api;
	size_t n = strlen(api) - strlen("/api/v10");
	bool ours = url != NULL && strncmp(url, api, n) == 0 && url[n] == '/';

	sbuf_str(p->t, "<p class=\"file\">\xf0\x9f\x93\x8e ");
	if (ours) {
		sbuf_str(p->t, "<a href=\"");
		page_html_text(p->t, url + n);
		sbuf_str(p->t, "\">");
	}
	page_html_member(p->t, a, "filename");
	sbuf_str(p->t, ours ? "</a>" : "");
	sbuf_str(p->t, " <span class=\"soft\">");
	page_html_member(p->t, a, "content_type");
	sbuf_str(p->t, " ");
	page_html_member(p->t, a, "size");
	sbuf_str(p->t, " bytes</span></p>\n");
	part(p->t, "p", "soft", a, "description");
}

/* ---- components ------------------------------------------------------- */

static const char *
component_name(int type)
{
	static const char *const names[] = {NULL, "row", "button", "selection",
	    "text field", "selection of users", "selection of roles",
	    "selection of users and roles", "selection of channels", "section",
	    "text", "thumbnail", "gallery", "file", "separator", NULL, NULL,
	    "container", "label", "file upload"};

	if (type < 0 || (size_t)type >= nitems(names) || names[type] == NULL)
		return "another component";
	return names[type];
}

static void
show_option(struct page *p, json_object *o)
{
	sbuf_str(p->t, "<li>");
	page_html_member(p->t, o, "label");
	sbuf_str(p->t, " <code>");
	page_html_member(p->t, o, "value");
	sbuf_str(p->t, "</code></li>\n");
}

static void
show_options(struct page *p, json_object *list)
{
	if (!json_object_is_type(list, json_type_array)
	    || json_object_array_length(list) == 0)
		return;
	sbuf_str(p->t, "<ul>\n");
	each(p, list, show_option);
	sbuf_str(p->t, "</ul>\n");
}

static void
show_button(struct page *p, json_object *c)
{
	sbuf_str(p->t, "<div><span class=\"button\">");
	page_html_member(p->t, jso_get(c, "emoji"), "name");
	sbuf_str(p->t, " ");
	page_html_member(p->t, c, "label");
	sbuf_str(p->t, "</span> <code>");
	page_html_member(p->t, c, jso_get(c, "url") ? "url" : "custom_id");
	sbuf_str(p->t, "</code>");
	if (json_object_get_boolean(jso_get(c, "disabled")))
		page_html_mark(p->t, "soft", "disabled");
	sbuf_str(p->t, "</div>\n");
}

static void
show_picture(struct page *p, json_object *c)
{
	json_object *m = jso_get(c, "media");

	part(p->t, "p", "id", m != NULL ? m : jso_get(c, "file"), "url");
	part(p->t, "p", "soft", c, "description");
}

static void show_component(struct page *, json_object *, int depth, int *left);

static void
show_inner(struct page *p, json_object *list, int depth, int *left)
{
	size_t n = json_object_is_type(list, json_type_array)
	    ? json_object_array_length(list)
	    : 0;

	for (size_t i = 0; i < n; i++)
		show_component(p, json_object_array_get_idx(list, i), depth,
		    left);
}

static void
show_component(struct page *p, json_object *c, int depth, int *left)
{
	int type = json_object_get_int(jso_get(c, "type"));
	json_object *one = jso_get(c, "accessory");

	if (depth == DEPTH_MAX || --*left < 0)
		return;
	if (type == 2) {
		show_button(p, c);
		return;
	}
	sbuf_str(p->t, "<div class=\"parts\"><span class=\"soft\">");
	page_html_text(p->t, component_name(type));
	sbuf_str(p->t, "</span> ");
	part(p->t, "code", NULL, c, "custom_id");
	part(p->t, "span", "soft", c, "placeholder");
	part(p->t, "div", "text", c, "content");
	show_picture(p, c);
	show_options(p, jso_get(c, "options"));
	show_inner(p, jso_get(c, "components"), depth + 1, left);
	if (one != NULL)
		show_component(p, one, depth + 1, left);
	each(p, jso_get(c, "items"), show_picture);
	sbuf_str(p->t, "</div>\n");
}

/* ---- the message ------------------------------------------------------ */

static void
show_reaction(struct page *p, json_object *r)
{
	char text[160];

	if (!str_format(text, sizeof(text), "%s %d",
		jso_get_text(jso_get(r, "emoji"), "name")
		    ? jso_get_text(jso_get(r, "emoji"), "name")
		    : "?",
		json_object_get_int(jso_get(r, "count"))))
		return;
	page_html_mark(p->t, "soft", text);
}

static void
show_sticker(struct page *p, json_object *s)
{
	sbuf_str(p->t, "<p class=\"soft\">sticker: ");
	page_html_member(p->t, s, "name");
	sbuf_str(p->t, "</p>\n");
}

static void
show_answer(struct page *p, json_object *a)
{
	sbuf_str(p->t, "<li>");
	page_html_member(p->t, jso_get(a, "poll_media"), "text");
	sbuf_str(p->t, "</li>\n");
}

static void
show_poll(struct page *p, json_object *poll)
{
	if (poll == NULL)
		return;
	sbuf_str(p->t,
	    "<div class=\"parts\"><span class=\"soft\">poll</span> ");
	page_html_member(p->t, jso_get(poll, "question"), "text");
	sbuf_str(p->t, "<ul>\n");
	each(p, jso_get(poll, "answers"), show_answer);
	sbuf_str(p->t, "</ul></div>\n");
}

static void
marks(struct page *p, json_object *m, int64_t flags)
{
	json_object *by = jso_get(m, "interaction_metadata");
	const char *to = jso_get_text(jso_get(m, "message_reference"),
	    "message_id");

	if (json_object_get_boolean(jso_get(jso_get(m, "author"), "bot")))
		page_html_mark(p->t, "good", "bot");
	if (jso_get(m, "webhook_id") != NULL && by == NULL)
		page_html_mark(p->t, "good", "webhook");
	if (flags & FLAG_EPHEMERAL)
		page_html_mark(p->t, "warn", "ephemeral");
	if (flags & FLAG_LOADING)
		page_html_mark(p->t, "warn", "thinking");
	if (jso_get(m, "edited_timestamp") != NULL)
		page_html_mark(p->t, "soft", "edited");
	if (json_object_get_boolean(jso_get(m, "pinned")))
		page_html_mark(p->t, "soft", "pinned");
	if (by != NULL) {
		sbuf_str(p->t, " answers ");
		page_html_member(p->t, jso_get(by, "user"), "username");
	}
	if (to != NULL) {
		sbuf_fmt(p->t, " %s <code>",
		    json_object_get_int(jso_get(m, "type")) == 19 ? "replies to"
								  : "about");
		page_html_text(p->t, to);
		sbuf_str(p->t, "</code>");
	}
}

/* Of "2026-08-01T12:00:00.000000+00:00" the time of day. */
static void
time_of_day(struct sbuf *t, json_object *m)
{
	const char *at = jso_get_text(m, "timestamp");
	char text[9];

	if (at == NULL || strlen(at) < 19)
		return;
	str_copy(text, at + 11, sizeof(text));
	sbuf_str(t, " ");
	page_html_element(t, "time", NULL, text);
}

static void
head(struct page *p, json_object *m, int64_t flags)
{
	json_object *author = jso_get(m, "author");
	bool own = json_object_get_boolean(jso_get(author, "bot"));

	sbuf_fmt(p->t, "<article%s id=\"m",
	    flags & FLAG_EPHEMERAL ? " class=\"own ephemeral\""
		: own		   ? " class=\"own\""
				   : "");
	page_html_member(p->t, m, "id");
	sbuf_str(p->t, "\">\n<p class=\"who\">");
	page_html_element(p->t, "b", NULL, jso_get_text(author, "username"));
	marks(p, m, flags);
	time_of_day(p->t, m);
	sbuf_str(p->t, " ");
	page_html_element(p->t, "span", "id", jso_get_text(m, "id"));
	sbuf_str(p->t, "</p>\n");
}

/* ---- what was said ---------------------------------------------------- */

/* What a message of Discord's own says, by its type; NULL: it has a text. */
static const char *
own_words(int type)
{
	switch (type) {
	case 6:
		return "pinned a message";
	case 7:
		return "joined";
	case 12:
		return "follows a channel here";
	case 18:
		return "began a thread";
	case 46:
		return "the poll has ended";
	default:
		return NULL;
	}
}

/* The name in a message of "<@ID>", "<@!ID>", whom it mentions, or "<#ID>",
 * a channel, with its end in *end; NULL: it is none of them. */
static const char *
mentioned(struct page *p, json_object *m, char *at, struct world_channel *ch,
    char **end)
{
	json_object *list = jso_get(m, "mentions");
	size_t n = json_object_is_type(list, json_type_array)
	    ? json_object_array_length(list)
	    : 0;
	uint64_t id = strtoull(at + 2 + (at[2] == '!'), end, 10);

	if (**end != '>')
		return NULL;
	if (at[1] == '#')
		return world_channel_find(p->w, id, ch) ? ch->name : NULL;
	for (size_t i = 0; i < n; i++) {
		json_object *user = json_object_array_get_idx(list, i);

		if (strtoull(jso_get_text(user, "id"), NULL, 10) == id)
			return jso_get_text(user, "username");
	}
	return NULL;
}

/* The text with the names of mentions, as a person sees it. */
static void
show_text(struct page *p, json_object *m, const char *text)
{
	char *copy = base_strdup(text), *from = copy, *at = copy, *end;
	struct world_channel ch;
	const char *name;

	while ((at = strchr(at, '<')) != NULL) {
		name = at[1] == '@' || at[1] == '#'
		    ? mentioned(p, m, at, &ch, &end)
		    : NULL;
		if (name == NULL) {
			at++;
			continue;
		}
		*at = '\0';
		page_html_text(p->t, from);
		sbuf_fmt(p->t, "<span class=\"ping\">%c", at[1]);
		page_html_text(p->t, name);
		sbuf_str(p->t, "</span>");
		from = at = end + 1;
	}
	page_html_text(p->t, from);
	free(copy);
}

static void
content(struct page *p, json_object *m)
{
	const char *text = jso_get_text(m, "content");

	if (text != NULL && *text != '\0') {
		sbuf_str(p->t, "<div class=\"text\">");
		show_text(p, m, text);
		sbuf_str(p->t, "</div>\n");
		return;
	}
	text = own_words(json_object_get_int(jso_get(m, "type")));
	if (text != NULL) {
		page_html_element(p->t, "div", "soft", text);
		sbuf_str(p->t, "\n");
	}
}

void
page_message(struct page *p, json_object *m)
{
	int64_t flags = json_object_get_int64(jso_get(m, "flags"));
	int left = COMPONENTS_MAX;

	head(p, m, flags);
	content(p, m);
	each(p, jso_get(m, "embeds"), show_embed);
	each(p, jso_get(m, "attachments"), show_file);
	each(p, jso_get(m, "sticker_items"), show_sticker);
	show_poll(p, jso_get(m, "poll"));
	show_inner(p, jso_get(m, "components"), 0, &left);
	each(p, jso_get(m, "reactions"), show_reaction);
	sbuf_str(p->t, "</article>\n");
}
