/* SPDX-License-Identifier: MIT */
/* All commands; see command_table.h. */
#include "handler/command/command_table.h"

#include "shared/json/json.h"
#include "shared/base/log.h"
#include "shared/base/text.h"

#include <string.h>

static const char own_help[] =
    "{\"name\":\"help\",\"help\":\"Shows the commands that you may use\","
    "\"usage\":\"[command or page]\",\"options\":[{\"type\":3,"
    "\"name\":\"command\",\"description\":\"A command, or the number of a "
    "page\"}]}";

/* ---- one ------------------------------------------------------------ */

void
command_table_emoji(const char *name, const char *id, char *out, size_t size)
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

static struct command_table_command
command_of(unsigned plugin, struct json_object *o)
{
	struct command_table_command c = {.plugin = plugin,
	    .declared = o,
	    .name = command_spec_text(o, "name"),
	    .help = command_spec_text(o, "help"),
	    .usage = command_spec_text(o, "usage"),
	    .rank = command_spec_rank(o),
	    .type = command_spec_type(o),
	    .roads = command_spec_roads(o)};

	if (!json_object_object_get_ex(o, "options", &c.options)
	    || !json_object_is_type(c.options, json_type_array))
		c.options = NULL;
	if ((c.roads & 1u << ROAD_REACTION) != 0)
		command_table_emoji(command_spec_text(o, "emoji"), NULL,
		    c.emoji, sizeof(c.emoji));
	return c;
}

const char *
command_table_owner(const struct command_table *r,
    const struct command_table_command *c)
{
	return c->plugin == COMMAND_TABLE_OWN
	    ? "shardherd"
	    : r->config->plugin[c->plugin].name;
}

/* ---- all ------------------------------------------------------------ */

static const struct command_table_command *
find(const struct command_table *r, unsigned roads, int type, const char *name,
    size_t len)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct command_table_command *c = &r->command[i];

		if ((c->roads & roads) != 0 && c->type == type
		    && strncmp(c->name, name, len) == 0 && c->name[len] == '\0')
			return c;
	}
	return NULL;
}

const struct command_table_command *
command_table_find(const struct command_table *r, enum road road,
    const char *name, size_t len)
{
	return find(r, 1u << road, COMMAND_SPEC_SLASH, name, len);
}

const struct command_table_command *
command_table_menu(const struct command_table *r, int type, const char *name)
{
	return find(r, 1u << ROAD_SLASH, type, name, strlen(name));
}

/* Behind what there is, when there is room for it whole. */
static void
append(char *words, size_t size, const char *between, const char *more)
{
	size_t len = strlen(words);

	if (len + strlen(between) + strlen(more) < size)
		snprintf(words + len, size - len, "%s%s", between, more);
}

void
command_table_left_add(struct command_table_left *l, const char *name,
    const char *words)
{
	char quoted[160];

	if (l->n++ == 0) {
		str_copy(l->words, words, sizeof(l->words));
		return;
	}
	text_format(quoted, sizeof(quoted), "\"%.130s\"", name);
	append(l->words, sizeof(l->words), l->n == 2 ? "; also " : ", ",
	    quoted);
}

unsigned
command_table_left_join(char *words, size_t size, unsigned n,
    const struct command_table_left *more)
{
	if (more->n > 0)
		append(words, size, n > 0 ? "; " : "", more->words);
	return n + more->n;
}

const struct command_table_command *
command_table_reaction(const struct command_table *r, const char *emoji)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->command[i].emoji[0] != '\0'
		    && strcmp(r->command[i].emoji, emoji) == 0)
			return &r->command[i];
	return NULL;
}

static void
add(struct command_table *r, struct command_table_command c)
{
	const struct command_table_command *other = find(r, ~0u, c.type, c.name,
	    strlen(c.name));
	char words[COMMAND_TABLE_WORDS];

	if (other != NULL || r->n >= COMMAND_TABLE_MAX) {
		text_format(words, sizeof(words),
		    "its command \"%.64s\" is left out: %s%s", c.name,
		    other == NULL ? "there are too many commands"
			: other->plugin == c.plugin
			? "it declares it twice"
			: "it is that of the plugin before it in the "
			  "configuration, ",
		    other != NULL && other->plugin != c.plugin
			? command_table_owner(r, other)
			: "");
		if (c.plugin != COMMAND_TABLE_OWN)
			command_table_left_add(&r->taken[c.plugin], c.name,
			    words);
		return;
	}
	other = c.emoji[0] ? command_table_reaction(r, c.emoji) : NULL;
	if (other != NULL) {
		log_error("plugin %s: its command \"%s\" can't be given by the "
			  "reaction %s: that is \"%s\" of %s",
		    command_table_owner(r, &c), c.name, c.emoji, other->name,
		    command_table_owner(r, other));
		c.emoji[0] = '\0';
		c.roads &= ~(1u << ROAD_REACTION);
	}
	r->roads[c.plugin] |= c.roads;
	r->any |= c.roads;
	r->command[r->n++] = c;
}

static void
rebuild(struct command_table *r)
{
	struct json_object *list;
	unsigned any, reaction;

	r->n = 0;
	r->any = 0;
	memset(r->roads, 0, sizeof(r->roads));
	memset(r->taken, 0, sizeof(r->taken));
	for (unsigned i = 0; i < r->config->plugins; i++) {
		list = r->list[i];
		for (size_t k = 0;
		     list != NULL && k < json_object_array_length(list); k++)
			add(r,
			    command_of(i, json_object_array_get_idx(list, k)));
	}
	/* Help on nothing but itself is no help. */
	if (r->n == 0 || find(r, ~0u, COMMAND_SPEC_SLASH, "help", 4) != NULL)
		return;
	if (r->n == COMMAND_TABLE_MAX)
		r->n--;
	any = r->any & ~(1u << ROAD_REACTION);
	reaction = r->any & 1u << ROAD_REACTION;
	if (any == 0)
		return;
	add(r, command_of(COMMAND_TABLE_OWN, r->own));
	/* It goes where the others are. */
	r->command[r->n - 1].roads = r->roads[COMMAND_TABLE_OWN] = any;
	r->any = any | reaction;
}

/* What is new of what is left out: each list counts for all. */
static void
say_taken(const struct command_table *r,
    const struct command_table_left *before)
{
	for (unsigned i = 0; i < r->config->plugins; i++)
		if (r->taken[i].n > 0
		    && (r->taken[i].n != before[i].n
			|| strcmp(r->taken[i].words, before[i].words) != 0))
			log_error("plugin %s: %s (%u in all)",
			    r->config->plugin[i].name, r->taken[i].words,
			    r->taken[i].n);
}

static void
rebuild_and_say(struct command_table *r)
{
	struct command_table_left *before = base_alloc(sizeof(r->taken));

	memcpy(before, r->taken, sizeof(r->taken));
	rebuild(r);
	say_taken(r, before);
	free(before);
}

/* "number 3 (name)": what has no name has a number, too. */
static void
faulty(struct command_table *r, unsigned plugin, size_t number,
    const char *name, const char *why)
{
	struct command_table_left *l = &r->faulty[plugin];
	const char *who = r->config->plugin[plugin].name;
	char words[COMMAND_TABLE_WORDS], label[32];

	text_format(words, sizeof(words),
	    "its command number %zu (%s) is left out: %s", number,
	    TEXT_OF(name, 40), why);
	str_format(label, sizeof(label), "number %zu", number);
	command_table_left_add(l, name[0] != '\0' ? name : label, words);
	if (l->n <= COMMAND_TABLE_SAY_MAX)
		log_error("plugin %s: %s", who, words);
}

static struct json_object *
without_faulty(struct command_table *r, unsigned plugin,
    struct json_object *declared)
{
	struct json_object *good = json_object_new_array();

	for (size_t i = 0; i < json_object_array_length(declared); i++) {
		struct json_object *o = json_object_array_get_idx(declared, i);
		const char *why = command_spec_fault(o);

		if (why == NULL)
			json_object_array_add(good, json_object_get(o));
		else
			faulty(r, plugin, i + 1,
			    json_object_is_type(o, json_type_object)
				? command_spec_text(o, "name")
				: "",
			    why);
	}
	if (r->faulty[plugin].n > COMMAND_TABLE_SAY_MAX)
		log_error("plugin %s: %u more of its commands are left out",
		    r->config->plugin[plugin].name,
		    r->faulty[plugin].n - COMMAND_TABLE_SAY_MAX);
	return good;
}

bool
command_table_set(struct command_table *r, unsigned plugin,
    struct json_object *declared)
{
	struct json_object *good;

	r->faulty[plugin] = (struct command_table_left) {0};
	if (json_object_is_type(declared, json_type_array))
		good = without_faulty(r, plugin, declared);
	else
		good = json_object_new_array();
	if (declared != NULL
	    && !json_object_is_type(declared, json_type_array)) {
		static const char words[] = "its commands are left out: they "
					    "are no array";

		command_table_left_add(&r->faulty[plugin], "commands", words);
		log_error("plugin %s: %s", r->config->plugin[plugin].name,
		    words);
	}
	if (r->list[plugin] != NULL ? json_object_equal(good, r->list[plugin])
				    : json_object_array_length(good) == 0) {
		json_object_put(good);
		return false;
	}
	json_object_put(r->list[plugin]);
	r->list[plugin] = good;
	rebuild_and_say(r);
	return true;
}

void
command_table_init(struct command_table *r, const struct config *config)
{
	*r = (struct command_table) {.config = config};
	r->command = base_alloc(COMMAND_TABLE_MAX * sizeof(*r->command));
	r->own = json_parse_as(own_help, strlen(own_help), json_type_object);
}

void
command_table_free(struct command_table *r)
{
	for (size_t i = 0; i < nitems(r->list); i++)
		json_object_put(r->list[i]);
	json_object_put(r->own);
	free(r->command);
}
