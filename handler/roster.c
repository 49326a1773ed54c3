/* SPDX-License-Identifier: MIT */
/* All commands; see roster.h. */
#include "handler/roster.h"

#include "shared/json.h"
#include "shared/log.h"
#include "shared/text.h"

#include <string.h>

static const char own_help[] =
    "{\"name\":\"help\",\"help\":\"Shows the commands that you may use\","
    "\"usage\":\"[command or page]\",\"options\":[{\"type\":3,"
    "\"name\":\"command\",\"description\":\"A command, or the number of a "
    "page\"}]}";

/* ---- one --------------------------------------------------------------------- */

void
roster_emoji(const char *name, const char *id, char *out, size_t size)
{
	static const char selector[] = "\xef\xb8\x8f"; /* U+FE0F: no matter */
	size_t n = 0;

	if (id != NULL && id[0] != '\0') {
		str_format(out, size, "%s:%s", name, id);
		return;
	}
	for (; *name != '\0' && n + 1 < size; name++) {
		if (strncmp(name, selector, 3) == 0)
			name += 2;
		else
			out[n++] = *name;
	}
	out[n] = '\0';
}

static struct roster_command
command_of(unsigned plugin, struct json_object *o)
{
	struct roster_command c = {.plugin = plugin, .declared = o,
	    .name = declare_text(o, "name"), .help = declare_text(o, "help"),
	    .usage = declare_text(o, "usage"), .rank = declare_rank(o),
	    .type = declare_type(o), .roads = declare_roads(o)};

	if (!json_object_object_get_ex(o, "options", &c.options)
	    || !json_object_is_type(c.options, json_type_array))
		c.options = NULL;
	if ((c.roads & 1u << ROAD_REACTION) != 0)
		roster_emoji(declare_text(o, "emoji"), NULL, c.emoji,
		    sizeof(c.emoji));
	return c;
}

const char *
roster_owner(const struct roster *r, const struct roster_command *c)
{
	return c->plugin == ROSTER_OWN ? "shardherd"
				       : r->config->plugin[c->plugin].name;
}

/* ---- all ---------------------------------------------------------------------- */

static const struct roster_command *
find(const struct roster *r, unsigned roads, int type, const char *name,
    size_t len)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct roster_command *c = &r->command[i];

		if ((c->roads & roads) != 0 && c->type == type
		    && strncmp(c->name, name, len) == 0
		    && c->name[len] == '\0')
			return c;
	}
	return NULL;
}

const struct roster_command *
roster_find(const struct roster *r, enum road road, const char *name,
    size_t len)
{
	return find(r, 1u << road, DECLARE_SLASH, name, len);
}

const struct roster_command *
roster_menu(const struct roster *r, int type, const char *name)
{
	return find(r, 1u << ROAD_SLASH, type, name, strlen(name));
}

static void left_out(struct roster_left *, const char *plugin,
    const char *fmt, ...) printflike(3, 4);

static void
left_out(struct roster_left *l, const char *plugin, const char *fmt, ...)
{
	char words[ROSTER_WORDS];
	va_list ap;

	va_start(ap, fmt);
	text_vformat(words, sizeof(words), fmt, ap);
	va_end(ap);
	log_error("plugin %s: %s", plugin, words);
	if (l->n++ == 0)
		str_copy(l->words, words, sizeof(l->words));
}

const struct roster_command *
roster_reaction(const struct roster *r, const char *emoji)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->command[i].emoji[0] != '\0'
		    && strcmp(r->command[i].emoji, emoji) == 0)
			return &r->command[i];
	return NULL;
}

static void
add(struct roster *r, struct roster_command c)
{
	const struct roster_command *other = find(r, ~0u, c.type, c.name,
	    strlen(c.name));
	struct roster_left ours = {0}, *l = c.plugin == ROSTER_OWN ? &ours
	    : &r->taken[c.plugin];

	if (other != NULL || r->n >= ROSTER_MAX) {
		left_out(l, roster_owner(r, &c), "its command \"%s\" is left "
		    "out: %s%s", c.name,
		    other == NULL ? "there are too many commands"
		    : other->plugin == c.plugin ? "it declares it twice"
		    : "it is that of the plugin before it in the "
		      "configuration, ", other != NULL && other->plugin
			!= c.plugin ? roster_owner(r, other) : "");
		return;
	}
	other = c.emoji[0] ? roster_reaction(r, c.emoji) : NULL;
	if (other != NULL) {
		log_error("plugin %s: its command \"%s\" can't be given by the "
			  "reaction %s: that is \"%s\" of %s",
		    roster_owner(r, &c), c.name, c.emoji, other->name,
		    roster_owner(r, other));
		c.emoji[0] = '\0';
		c.roads &= ~(1u << ROAD_REACTION);
	}
	r->roads[c.plugin] |= c.roads;
	r->any |= c.roads;
	r->command[r->n++] = c;
}

static void
rebuild(struct roster *r)
{
	struct json_object *list;
	unsigned any, reaction;

	r->n = 0;
	r->any = 0;
	memset(r->roads, 0, sizeof(r->roads));
	memset(r->taken, 0, sizeof(r->taken));
	for (unsigned i = 0; i < r->config->plugins; i++) {
		list = r->list[i];
		for (size_t k = 0; list != NULL
		     && k < json_object_array_length(list); k++)
			add(r, command_of(i,
			    json_object_array_get_idx(list, k)));
	}
	/* Help on nothing but itself is no help. */
	if (r->n == 0 || find(r, ~0u, DECLARE_SLASH, "help", 4) != NULL)
		return;
	if (r->n == ROSTER_MAX)
		r->n--;
	any = r->any & ~(1u << ROAD_REACTION);
	reaction = r->any & 1u << ROAD_REACTION;
	if (any == 0)
		return;
	add(r, command_of(ROSTER_OWN, r->own));
	/* It goes where the others are. */
	r->command[r->n - 1].roads = r->roads[ROSTER_OWN] = any;
	r->any = any | reaction;
}

static struct json_object *
without_faulty(struct roster *r, unsigned plugin, struct json_object *declared)
{
	struct json_object *good = json_object_new_array();

	for (size_t i = 0; i < json_object_array_length(declared); i++) {
		struct json_object *o = json_object_array_get_idx(declared, i);
		const char *why = declare_fault(o);

		if (why == NULL)
			json_object_array_add(good, json_object_get(o));
		else
			left_out(&r->faulty[plugin],
			    r->config->plugin[plugin].name, "its command "
			    "number %zu (%s) is left out: %s", i + 1,
			    TEXT_OF(json_object_is_type(o, json_type_object)
				? declare_text(o, "name") : "", 40), why);
	}
	return good;
}

bool
roster_set(struct roster *r, unsigned plugin, struct json_object *declared)
{
	struct json_object *good;

	r->faulty[plugin] = (struct roster_left) {0};
	if (json_object_is_type(declared, json_type_array))
		good = without_faulty(r, plugin, declared);
	else
		good = json_object_new_array();
	if (r->list[plugin] != NULL
		? json_object_equal(good, r->list[plugin])
		: json_object_array_length(good) == 0) {
		json_object_put(good);
		return false;
	}
	json_object_put(r->list[plugin]);
	r->list[plugin] = good;
	rebuild(r);
	return true;
}

void
roster_init(struct roster *r, const struct config *config)
{
	*r = (struct roster) {.config = config};
	r->command = base_alloc(ROSTER_MAX * sizeof(*r->command));
	r->own = json_parse_as(own_help, strlen(own_help),
	    json_type_object);
}

void
roster_free(struct roster *r)
{
	for (size_t i = 0; i < nitems(r->list); i++)
		json_object_put(r->list[i]);
	json_object_put(r->own);
	free(r->command);
}
