/* SPDX-License-Identifier: MIT */
/* All commands; see roster.h. */
#include "handler/roster.h"

#include "shared/json/json.h"
#include "shared/base/log.h"
#include "shared/base/text.h"

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

/* Behind what there is, when there is room for it whole. */
static void
append(char *words, size_t size, const char *between, const char *more)
{
	size_t len = strlen(words);

	if (len + strlen(between) + strlen(more) < size)
		snprintf(words + len, size - len, "%s%s", between, more);
}

void
roster_left_add(struct roster_left *l, const char *name, const char *words)
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
roster_left_join(char *words, size_t size, unsigned n,
    const struct roster_left *more)
{
	if (more->n > 0)
		append(words, size, n > 0 ? "; " : "", more->words);
	return n + more->n;
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
	char words[ROSTER_WORDS];

	if (other != NULL || r->n >= ROSTER_MAX) {
		text_format(words, sizeof(words), "its command \"%.64s\" is "
		    "left out: %s%s", c.name,
		    other == NULL ? "there are too many commands"
		    : other->plugin == c.plugin ? "it declares it twice"
		    : "it is that of the plugin before it in the "
		      "configuration, ", other != NULL && other->plugin
			!= c.plugin ? roster_owner(r, other) : "");
		if (c.plugin != ROSTER_OWN)
			roster_left_add(&r->taken[c.plugin], c.name, words);
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

/* What is new of what is left out: each list counts for all. */
static void
say_taken(const struct roster *r, const struct roster_left *before)
{
	for (unsigned i = 0; i < r->config->plugins; i++)
		if (r->taken[i].n > 0 && (r->taken[i].n != before[i].n
		    || strcmp(r->taken[i].words, before[i].words) != 0))
			log_error("plugin %s: %s (%u in all)",
			    r->config->plugin[i].name, r->taken[i].words,
			    r->taken[i].n);
}

static void
rebuild_and_say(struct roster *r)
{
	struct roster_left *before = base_alloc(sizeof(r->taken));

	memcpy(before, r->taken, sizeof(r->taken));
	rebuild(r);
	say_taken(r, before);
	free(before);
}

/* "number 3 (name)": what has no name has a number, too. */
static void
faulty(struct roster *r, unsigned plugin, size_t number, const char *name,
    const char *why)
{
	struct roster_left *l = &r->faulty[plugin];
	const char *who = r->config->plugin[plugin].name;
	char words[ROSTER_WORDS], label[32];

	text_format(words, sizeof(words), "its command number %zu (%s) is "
	    "left out: %s", number, TEXT_OF(name, 40), why);
	str_format(label, sizeof(label), "number %zu", number);
	roster_left_add(l, name[0] != '\0' ? name : label, words);
	if (l->n <= ROSTER_SAY_MAX)
		log_error("plugin %s: %s", who, words);
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
			faulty(r, plugin, i + 1, json_object_is_type(o,
			    json_type_object) ? declare_text(o, "name") : "",
			    why);
	}
	if (r->faulty[plugin].n > ROSTER_SAY_MAX)
		log_error("plugin %s: %u more of its commands are left out",
		    r->config->plugin[plugin].name,
		    r->faulty[plugin].n - ROSTER_SAY_MAX);
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
	if (declared != NULL && !json_object_is_type(declared,
	    json_type_array)) {
		static const char words[] = "its commands are left out: they "
					    "are no array";

		roster_left_add(&r->faulty[plugin], "commands", words);
		log_error("plugin %s: %s", r->config->plugin[plugin].name,
		    words);
	}
	if (r->list[plugin] != NULL
		? json_object_equal(good, r->list[plugin])
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
