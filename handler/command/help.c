/* SPDX-License-Identifier: MIT */
/* Help; see help.h. */
#include "handler/command/help.h"

#include <string.h>

#define HELP_ECHO_MAX 64 /* bytes of what was asked for */

void
help_cut(char *text)
{
	size_t n = 0;

	for (; *text != '\0'; text++) {
		n += ((unsigned char)*text & 0xc0) != 0x80;
		if (n > HELP_TEXT_MAX) {
			*text = '\0';
			return;
		}
	}
}

/* ---- one command ---------------------------------------------------- */

static void
usage_option(struct json_object *o, bool first, struct buf *b)
{
	struct json_object *v;
	const char *name = command_spec_text(o, "name");
	bool needed = json_object_object_get_ex(o, "required", &v)
	    && json_object_get_boolean(v);

	if (json_object_object_get_ex(o, "type", &v)
	    && json_object_get_int(v) <= 2)
		buf_printf(b, "%s%s", first ? " " : "|", name);
	else
		buf_printf(b, needed ? " <%s>" : " [%s]", name);
}

void
help_usage(const struct command_table_command *c, struct buf *b)
{
	if (c->usage[0] != '\0') {
		buf_printf(b, " %s", c->usage);
		return;
	}
	for (size_t i = 0;
	     c->options != NULL && i < json_object_array_length(c->options);
	     i++)
		usage_option(json_object_array_get_idx(c->options, i), i == 0,
		    b);
}

static bool
has_road(const struct command_table_command *c, enum road road,
    const struct invocation_ways *w)
{
	return (c->roads & 1u << road) != 0
	    && (road != ROAD_PREFIX || w->prefix[0] != '\0');
}

/* `/roll [sides]`, `!roll [sides]`, ✂ */
static void
put_roads(const struct command_table_command *c,
    const struct invocation_ways *w, struct buf *b)
{
	bool alone = strcmp(w->prefix, "@") == 0;
	const char *sep = "";

	if (c->type != COMMAND_SPEC_SLASH) {
		buf_printf(b, "`%s` in the menu of a %s", c->name,
		    c->type == COMMAND_SPEC_USER	  ? "user"
			: c->type == COMMAND_SPEC_MESSAGE ? "message"
							  : "channel");
		return;
	}
	if (has_road(c, ROAD_SLASH, w)) {
		buf_printf(b, "`/%s", c->name);
		help_usage(c, b);
		buf_puts(b, "`");
		sep = ", ";
	}
	if (has_road(c, ROAD_PREFIX, w)) {
		buf_printf(b, "%s`%s%s", sep, alone ? "@me " : w->prefix,
		    c->name);
		help_usage(c, b);
		buf_puts(b, "`");
		sep = ", ";
	}
	if (c->emoji[0] != '\0') {
		bool custom = strchr(c->emoji, ':') != NULL;

		buf_printf(b, "%s%s%s%s on a message of mine", sep,
		    custom ? "<:" : "", c->emoji, custom ? ">" : "");
	}
}

static void
put_line(const struct command_table_command *c, const struct invocation_ways *w,
    struct buf *b)
{
	put_roads(c, w, b);
	if (c->help[0] != '\0')
		buf_printf(b, ": %s", c->help);
	if (c->rank > 0)
		buf_printf(b, " (rank %d)", c->rank);
	buf_puts(b, "\n");
}

/* ---- who may use what ----------------------------------------------- */

static bool
may_use(const struct command_table_command *c, const struct invocation_ways *w,
    const struct help_ask *ask)
{
	bool here = c->plugin == COMMAND_TABLE_OWN
	    || (ask->plugins >> c->plugin & 1) != 0;

	return here && ask->rank >= c->rank
	    && (has_road(c, ROAD_SLASH, w) || has_road(c, ROAD_PREFIX, w)
		|| c->emoji[0] != '\0');
}

/* Bytes of s that are at most max, and no part of a character. */
static size_t
head(const char *s, size_t max)
{
	size_t n = strnlen(s, max + 1);

	if (n <= max)
		return n;
	for (n = max; n > 0 && ((unsigned char)s[n] & 0xc0) == 0x80; n--)
		;
	return n;
}

static void
put_one(const struct command_table *r, const struct invocation_ways *w,
    const struct help_ask *ask, struct buf *b)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct command_table_command *c = &r->command[i];

		if (strcmp(c->name, ask->what) != 0 || !may_use(c, w, ask))
			continue;
		buf_printf(b, "**%s**: %s\n", c->name, c->help);
		put_roads(c, w, b);
		buf_printf(b, "\nIt is of %s and needs rank %d; yours is %d.",
		    command_table_owner(r, c), c->rank, ask->rank);
		return;
	}
	buf_printf(b,
	    "There is no command \"%.*s\" that you may use; `help` shows those "
	    "there are.",
	    (int)head(ask->what, HELP_ECHO_MAX), ask->what);
}

/* ---- pages ---------------------------------------------------------- */

struct pages {
	struct buf *out;
	struct buf line;
	int64_t wanted, page;
	size_t used; /* bytes of this page */
};

/* The lines of one plugin's command; its name above the first of a page. */
static void
pages_add(struct pages *p, const char *owner, const char **above)
{
	size_t n = buf_len(&p->line) + strlen(owner) + 6;

	if (p->used > 0 && p->used + n > HELP_PAGE_BYTES) {
		p->page++;
		p->used = 0;
		*above = NULL;
	}
	if (p->page == p->wanted) {
		if (*above != owner)
			buf_printf(p->out, "**%s**\n", owner);
		buf_add(p->out, buf_data(&p->line), buf_len(&p->line));
	}
	*above = owner;
	p->used += n;
}

static void
put_pages(const struct command_table *r, const struct invocation_ways *w,
    const struct help_ask *ask, int64_t wanted, struct buf *b)
{
	struct pages p = {.out = b, .wanted = wanted, .page = 1};
	const char *above = NULL;

	for (size_t i = 0; i < r->n; i++) {
		if (!may_use(&r->command[i], w, ask))
			continue;
		put_line(&r->command[i], w, &p.line);
		pages_add(&p, command_table_owner(r, &r->command[i]), &above);
		buf_free(&p.line);
	}
	if (p.used == 0)
		buf_puts(b, "There is no command that you may use.");
	else if (wanted > p.page)
		buf_printf(b, "There is no page %lld: the last one is %lld.",
		    (long long)wanted, (long long)p.page);
	else if (p.page > 1)
		buf_printf(b,
		    "Page %lld of %lld; `help NUMBER` shows another one, `help "
		    "NAME` one command.",
		    (long long)wanted, (long long)p.page);
}

char *
help_text(const struct command_table *r, const struct invocation_ways *w,
    const struct help_ask *ask)
{
	struct buf b = {0};
	int64_t page = 1;
	char *text;

	if (ask->what[0] != '\0' && (!str_to_i64(ask->what, &page) || page < 1))
		put_one(r, w, ask, &b);
	else
		put_pages(r, w, ask, page, &b);
	text = base_alloc(buf_len(&b) + 1);
	memcpy(text, buf_data(&b), buf_len(&b));
	buf_free(&b);
	help_cut(text);
	return text;
}
