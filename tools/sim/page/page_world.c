/* SPDX-License-Identifier: MIT */
/* Guilds, one guild, one channel. */
#include "tools/sim/page/page_impl.h"

#include "tools/sim/base/jso.h"
#include "tools/sim/page/page_look.h"
#include "tools/sim/rest/rest_body.h"
#include "tools/sim/world/user.h"

#include <stdlib.h>
#include <string.h>

#define GUILD_CHANNELS 5 /* shown of each in the list */

static const char *
channel_kind(int type)
{
	static const char *const kinds[] = {"text", NULL, "voice", NULL,
	    "category", "announcements", NULL, NULL, NULL, NULL,
	    "announcement thread", "thread", "private thread", "stage", NULL,
	    "forum", "media"};

	if (type < 0 || (size_t)type >= nitems(kinds) || kinds[type] == NULL)
		return "another kind";
	return kinds[type];
}

/* <a href="/PATH/ID">name</a> of an object with both. */
static void
link_to(struct sbuf *t, const char *path, json_object *o)
{
	const char *name = jso_get_text(o, "name");

	sbuf_fmt(t, "<a href=\"/%s/", path);
	page_html_member(t, o, "id");
	sbuf_str(t, "\">");
	page_html_text(t, name != NULL && *name != '\0' ? name : "(no name)");
	sbuf_str(t, "</a>");
}

static void
id_cell(struct sbuf *t, const char *id)
{
	page_html_element(t, "td", "id", id);
}

/* The first few channels that people write in. */
static void
talk(struct sbuf *t, json_object *list)
{
	unsigned shown = 0;

	for (size_t i = 0; i < json_object_array_length(list); i++) {
		json_object *c = json_object_array_get_idx(list, i);
		int type = json_object_get_int(jso_get(c, "type"));

		if (type != 0 && type != 5)
			continue;
		sbuf_str(t, shown > 0 ? " \xc2\xb7 " : "");
		if (shown++ == GUILD_CHANNELS) {
			sbuf_str(t, "\xe2\x80\xa6");
			return;
		}
		link_to(t, "channels", c);
	}
}

static void
guild_row(struct page *p, uint64_t i)
{
	json_object *g = page_look_guild(p->w, i);
	json_object *c;

	if (g == NULL)
		return;
	c = page_look_channels(p->w, i);
	sbuf_str(p->t, "<tr>");
	page_html_number(p->t, i);
	sbuf_str(p->t, "<td>");
	link_to(p->t, "guilds", g);
	sbuf_str(p->t, "</td>");
	sbuf_str(p->t, "<td>");
	talk(p->t, c);
	sbuf_str(p->t, "</td>");
	id_cell(p->t, jso_get_text(g, "id"));
	sbuf_str(p->t, "</tr>\n");
	json_object_put(c);
	json_object_put(g);
}

void
page_guilds_table(struct page *p, uint64_t from, uint64_t most)
{
	static const char *const heads[] = {"#number", "name", "said in", "id",
	    NULL};
	uint64_t all = page_look_guilds(p->w);

	page_html_table(p->t, heads);
	for (uint64_t i = from; i < all && i < from + most; i++)
		guild_row(p, i);
	page_html_table_end(p->t);
}

void
page_guilds(struct page *p)
{
	uint64_t all = page_look_guilds(p->w);

	page_begin(p, 200, "Guilds", "Guilds");
	page_guilds_table(p, p->from * PAGE_ROWS, PAGE_ROWS);
	page_turns(p, all);
	page_end(p);
}

/* ---- one guild -------------------------------------------------------- */

static void
channels(struct page *p, json_object *list)
{
	static const char *const heads[] = {"name", "kind", "topic", "id",
	    NULL};

	sbuf_str(p->t, "<h2>Channels</h2>\n");
	page_html_table(p->t, heads);
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		json_object *c = json_object_array_get_idx(list, i);
		int type = json_object_get_int(jso_get(c, "type"));

		sbuf_str(p->t, "<tr><td>");
		if (type == 4)
			page_html_member(p->t, c, "name");
		else
			link_to(p->t, "channels", c);
		sbuf_str(p->t, "</td>");
		page_html_element(p->t, "td", "soft", channel_kind(type));
		page_html_element(p->t, "td", NULL, jso_get_text(c, "topic"));
		id_cell(p->t, jso_get_text(c, "id"));
		sbuf_str(p->t, "</tr>\n");
	}
	page_html_table_end(p->t);
}

static void
roles(struct page *p, json_object *list)
{
	static const char *const heads[] = {"#position", "name", "permissions",
	    "id", NULL};

	sbuf_str(p->t, "<h2>Roles</h2>\n");
	page_html_table(p->t, heads);
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		json_object *r = json_object_array_get_idx(list, i);

		sbuf_str(p->t, "<tr>");
		page_html_number(p->t,
		    (uint64_t)json_object_get_int64(jso_get(r, "position")));
		page_html_element(p->t, "td", NULL, jso_get_text(r, "name"));
		id_cell(p->t, jso_get_text(r, "permissions"));
		id_cell(p->t, jso_get_text(r, "id"));
		sbuf_str(p->t, "</tr>\n");
	}
	page_html_table_end(p->t);
}

/* The names of a member's roles, by their ids. */
static void
role_names(struct sbuf *t, json_object *member, json_object *all)
{
	json_object *mine = jso_get(member, "roles");

	for (size_t i = 0; i < json_object_array_length(all); i++) {
		json_object *r = json_object_array_get_idx(all, i);
		const char *id = jso_get_text(r, "id");

		for (size_t k = 0; id && k < json_object_array_length(mine);
		     k++) {
			if (strcmp(id,
				json_object_get_string(
				    json_object_array_get_idx(mine, k)))
			    == 0)
				page_html_mark(t, "role",
				    jso_get_text(r, "name"));
		}
	}
}

static void
member_row(struct page *p, json_object *m, json_object *all_roles)
{
	json_object *user = jso_get(m, "user");

	sbuf_str(p->t, "<tr>");
	page_html_element(p->t, "td", NULL, jso_get_text(user, "username"));
	page_html_element(p->t, "td", NULL, jso_get_text(m, "nick"));
	sbuf_str(p->t, "<td>");
	if (json_object_get_boolean(jso_get(user, "bot")))
		page_html_mark(p->t, "good", "bot");
	if (jso_get(m, "communication_disabled_until") != NULL)
		page_html_mark(p->t, "bad", "timed out");
	role_names(p->t, m, all_roles);
	sbuf_str(p->t, "</td>");
	id_cell(p->t, jso_get_text(user, "id"));
	sbuf_str(p->t, "</tr>\n");
}

static void
members(struct page *p, uint64_t guild, json_object *all_roles)
{
	static const char *const heads[] = {"name", "nick", "roles", "id",
	    NULL};
	uint64_t all;
	json_object *list = page_look_members(p->w, guild, p->from * PAGE_ROWS,
	    PAGE_ROWS, &all);

	sbuf_fmt(p->t,
	    "<h2>Members <span class=\"soft\">%" PRIu64 "</span></h2>\n", all);
	page_html_table(p->t, heads);
	for (size_t i = 0; i < json_object_array_length(list); i++)
		member_row(p, json_object_array_get_idx(list, i), all_roles);
	page_html_table_end(p->t);
	page_turns(p, all);
	json_object_put(list);
}

void
page_guild(struct page *p)
{
	int64_t at = page_look_find(p->w, page_id(p));
	json_object *g = at < 0 ? NULL : page_look_guild(p->w, (uint64_t)at);
	json_object *list;
	int64_t user;

	if (g == NULL) {
		page_missing(p, "There is no guild of that id.");
		return;
	}
	page_begin(p, 200, "Guilds", jso_get_text(g, "name"));
	sbuf_fmt(p->t, "<p class=\"soft\">Guild %" PRId64 ", id <code>", at);
	page_html_member(p->t, g, "id");
	sbuf_str(p->t, "</code>, owner ");
	user = user_find(p->w, strtoull(jso_get_text(g, "owner_id"), NULL, 10));
	if (user >= 0)
		page_html_element(p->t, "b", NULL,
		    jso_get_text(user_doc(p->w, (unsigned)user), "username"));
	sbuf_str(p->t, " <code>");
	page_html_member(p->t, g, "owner_id");
	sbuf_str(p->t, "</code></p>\n");
	list = page_look_channels(p->w, (uint64_t)at);
	channels(p, list);
	json_object_put(list);
	members(p, (uint64_t)at, jso_get(g, "roles"));
	roles(p, jso_get(g, "roles"));
	page_end(p);
	json_object_put(g);
}

/* ---- one channel ------------------------------------------------------ */

static void
guild_name(struct page *p, const char *id)
{
	uint64_t n;
	int64_t at = str_to_u64(id, &n) ? page_look_find(p->w, n) : -1;
	json_object *g = at < 0 ? NULL : page_look_guild(p->w, (uint64_t)at);

	page_html_text(p->t, g != NULL ? jso_get_text(g, "name") : id);
	json_object_put(g);
}

static void
where(struct page *p, json_object *c)
{
	const char *guild = jso_get_text(c, "guild_id");

	sbuf_str(p->t, "<p class=\"soft\">");
	if (guild != NULL) {
		sbuf_str(p->t, "In <a href=\"/guilds/");
		page_html_text(p->t, guild);
		sbuf_str(p->t, "\">");
		guild_name(p, guild);
		sbuf_str(p->t, "</a>, ");
		page_html_text(p->t,
		    channel_kind(json_object_get_int(jso_get(c, "type"))));
	} else {
		sbuf_str(p->t, "A direct message channel");
	}
	sbuf_str(p->t, ", id <code>");
	page_html_member(p->t, c, "id");
	sbuf_str(p->t, "</code></p>\n");
}

static void
said(struct page *p, uint64_t channel, uint64_t before)
{
	uint64_t older;
	json_object *list = page_look_messages(p->w, channel, before, PAGE_ROWS,
	    &older);
	size_t n = json_object_array_length(list);

	if (older != 0)
		sbuf_fmt(p->t,
		    "<p class=\"turns\"><a href=\"?before=%" PRIu64
		    "\">older</a></p>\n",
		    older);
	for (size_t i = 0; i < n; i++)
		page_message(p, json_object_array_get_idx(list, i));
	if (n == 0)
		sbuf_str(p->t,
		    "<p class=\"none\">Nothing was said here.</p>\n");
	if (before != 0)
		sbuf_str(p->t,
		    "<p class=\"turns\"><a href=\"?\">the newest</a></p>\n");
	json_object_put(list);
}

void
page_channel(struct page *p)
{
	json_object *c = page_look_channel(p->w, page_id(p));
	uint64_t before = rest_body_query(p->call, "before", 0);
	const char *name;

	if (c == NULL) {
		page_missing(p, "There is no channel of that id.");
		return;
	}
	if (before > 0)
		must(str_format(p->query, sizeof(p->query),
		    "before=%" PRIu64 "&amp;", before));
	name = jso_get_text(c, "name");
	page_begin(p, 200, "Guilds", name != NULL ? name : "Direct messages");
	where(p, c);
	said(p, page_id(p), before);
	page_end(p);
	json_object_put(c);
}
