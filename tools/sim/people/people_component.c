/* SPDX-License-Identifier: MIT */
/* Buttons and selections of the bot's messages: only those that are there. */
#include "tools/sim/people/people.h"

#include "tools/sim/base/jso.h"
#include "tools/sim/people/near.h"
#include "tools/sim/people/use.h"
#include "tools/sim/people/who.h"
#include "tools/sim/world/user.h"

#include <string.h>

#define NESTED_MAX 8 /* components within components */

/* Discord's component types. */
enum { BUTTON = 2, STRINGS, USERS = 5, ROLES, MENTIONABLES, CHANNELS };

struct search {
	bool button; /* or a selection */
	const char *word;
	json_object *found; /* borrowed */
	struct near near;
};

static int
type_of(json_object *o)
{
	return json_object_get_int(jso_get(o, "type"));
}

static bool
is_select(int type)
{
	return type == STRINGS || (type >= USERS && type <= CHANNELS);
}

/* What people read on it. */
static const char *
label_of(json_object *o)
{
	const char *label = jso_get_text(o, "label");

	if (label == NULL)
		label = jso_get_text(o, "placeholder");
	if (label == NULL)
		label = jso_get_text(jso_get(o, "emoji"), "name");
	return label;
}

static void
look_at(struct search *s, json_object *o)
{
	const char *id = jso_get_text(o, "custom_id"), *label = label_of(o);

	if (s->button ? type_of(o) != BUTTON : !is_select(type_of(o)))
		return;
	near_offer(&s->near, label != NULL ? label : id);
	if (s->found != NULL && id != NULL && strcmp(id, s->word) != 0)
		return;
	if ((id != NULL && strcmp(id, s->word) == 0)
	    || (label != NULL && strcasecmp(label, s->word) == 0))
		s->found = o;
}

static void
look(struct search *s, json_object *list, unsigned deep)
{
	for (size_t i = 0; i < jso_count(list) && deep < NESTED_MAX; i++) {
		json_object *o = json_object_array_get_idx(list, i);

		look_at(s, o);
		if (jso_get(o, "accessory") != NULL)
			look_at(s, jso_get(o, "accessory"));
		look(s, jso_get(o, "components"), deep + 1);
	}
}

/* The component of the message, which m keeps alive; NULL with why. */
static json_object *
find(struct who *who, json_object *m, bool button, const char *word)
{
	struct search s = {.button = button, .word = word};
	const char *kind = button ? "button" : "selection";

	look(&s, jso_get(m, "components"), 0);
	if (s.found == NULL) {
		sbuf_fmt(who->why, "that message has no %s %s", kind, word);
		near_say(&s.near, word, who->why);
		return NULL;
	}
	if (json_object_get_boolean(jso_get(s.found, "disabled"))) {
		sbuf_fmt(who->why, "the %s %s is disabled", kind, word);
		return NULL;
	}
	if (jso_get(s.found, "custom_id") != NULL)
		return s.found;
	sbuf_fmt(who->why, "%s is a link, of which a bot hears nothing", word);
	return NULL;
}

static json_object *
data_of(json_object *component)
{
	json_object *d = json_object_new_object();
	json_object *id = jso_get(component, "id");

	jso_set(d, "id", id ? json_object_get(id) : json_object_new_int(1));
	jso_set(d, "custom_id",
	    json_object_get(jso_get(component, "custom_id")));
	jso_set_int(d, "component_type", type_of(component));
	return d;
}

/* ---- values of a selection --------------------------------------------- */

static bool
add_option(struct who *who, json_object *select, const char *word,
    json_object *values)
{
	struct near near = {0};
	const char *value = use_option(jso_get(select, "options"), word, &near);

	if (value != NULL) {
		json_object_array_add(values, json_object_new_string(value));
		return true;
	}
	sbuf_fmt(who->why, "that selection has no option %s", word);
	near_say(&near, word, who->why);
	return false;
}

static bool
add_named(struct use *use, struct who *who, json_object *select,
    const char *word, json_object *values, json_object *resolved)
{
	json_object *id = use_named(use, who,
	    use_kinds_of_select(type_of(select)),
	    jso_get(select, "channel_types"), word, resolved);

	if (id != NULL)
		json_object_array_add(values, id);
	return id != NULL;
}

static bool
right_number(struct who *who, json_object *select, size_t n)
{
	json_object *lo = jso_get(select, "min_values");
	json_object *hi = jso_get(select, "max_values");
	size_t min = lo ? (size_t)json_object_get_int(lo) : 1;
	size_t max = hi ? (size_t)json_object_get_int(hi) : 1;

	if (n >= min && n <= max)
		return true;
	sbuf_fmt(who->why, "that selection takes %zu to %zu values, not %zu",
	    min, max, n);
	return false;
}

static bool
twice(struct who *who, json_object *values)
{
	for (size_t i = 0; i < jso_count(values); i++)
		for (size_t k = 0; k < i; k++)
			if (json_object_equal(json_object_array_get_idx(values,
						  i),
				json_object_array_get_idx(values, k))) {
				sbuf_str(who->why,
				    "a value is chosen once only");
				return true;
			}
	return false;
}

/* From word `first` on; false with why. */
static bool
choose(struct use *use, struct who *who, struct words *w, int first,
    json_object *select, json_object *data)
{
	json_object *values = json_object_new_array();
	json_object *resolved = json_object_new_object();
	bool fine = right_number(who, select, (size_t)(w->n - first));

	for (int i = first; fine && i < w->n; i++)
		fine = type_of(select) == STRINGS
		    ? add_option(who, select, w->plain[i], values)
		    : add_named(use, who, select, w->plain[i], values,
			resolved);
	fine = fine && !twice(who, values);
	jso_set(data, "values", values);
	if (type_of(select) == STRINGS)
		json_object_put(resolved);
	else
		jso_set(data, "resolved", resolved);
	return fine;
}

/* ---- verbs ------------------------------------------------------------- */

static int
component(struct sim *sim, struct words *w, bool button, struct people_wait *p)
{
	struct who who;
	struct world_msg *wm = who_message(&who, sim, w->plain[0], w->in, w->as,
	    WHO_BOTS_WITH_ANY, w->out);
	json_object *m, *of, *data;
	struct use use;
	bool fine;

	if (wm == NULL)
		return EXIT_DEGRADED;
	m = world_render_msg(sim->world, wm);
	of = find(&who, m, button, w->plain[1]);
	if (of == NULL) {
		json_object_put(m);
		return EXIT_DEGRADED;
	}
	use = (struct use) {.sim = sim,
	    .type = INTERACTION_COMPONENT,
	    .ch = who.ch,
	    .user = who.user,
	    .message = wm};
	data = data_of(of);
	fine = button || choose(&use, &who, w, 2, of, data);
	json_object_put(m);
	if (fine)
		return people_made(sim, w, use_emit(&use, data, w->out), p);
	json_object_put(data);
	return EXIT_DEGRADED;
}

int
people_press(struct sim *sim, int argc, char **argv, struct people_wait *p,
    struct sbuf *out)
{
	struct words w;

	if (!words_read(&w, argc, argv, 2, 2, "as in wait",
		people_usage("press"), out))
		return EXIT_USAGE;
	return component(sim, &w, true, p);
}

int
people_choose(struct sim *sim, int argc, char **argv, struct people_wait *p,
    struct sbuf *out)
{
	struct words w;

	if (!words_read(&w, argc, argv, 2, WORDS_MAX, "as in wait",
		people_usage("choose"), out))
		return EXIT_USAGE;
	return component(sim, &w, false, p);
}
