/* SPDX-License-Identifier: MIT */
/*
 * The form that the bot opened, filled in and sent: MODAL_SUBMIT mirrors what
 * was opened, component by component.
 */
#include "tools/sim/people/people.h"

#include "tools/sim/base/jso.h"
#include "tools/sim/people/files.h"
#include "tools/sim/people/near.h"
#include "tools/sim/people/use.h"
#include "tools/sim/people/who.h"
#include "tools/sim/rest/rest_form.h"
#include "tools/sim/world/user.h"

#include <string.h>

#define NESTED_MAX 4
#define TEXT_MAX 4000 /* characters of a field */

/* Discord's component types that a form has. */
enum {
	ROW = 1,
	STRINGS = 3,
	TEXT,
	USERS,
	ROLES,
	MENTIONABLES,
	CHANNELS,
	DISPLAY = 10,
	LABEL = 18,
	UPLOAD,
	RADIO = 21,
	CHECKS,
	CHECK
};

struct filling {
	struct use *use;
	struct who *who;
	struct words *w;
	json_object *resolved, *files;
	int next_id;
	struct near near;
};

static int
type_of(json_object *o)
{
	return json_object_get_int(jso_get(o, "type"));
}

/* Is the word NAME=..., of a field by its custom_id or label? */
static bool
is_field(const char *word, const char *name)
{
	size_t n = name ? strlen(name) : 0;

	return n > 0 && strncasecmp(word, name, n) == 0 && word[n] == '=';
}

/* The next value given to a field from word *at on; NULL: none. */
static const char *
given(struct filling *f, const char *id, const char *label, int *at)
{
	for (; *at < f->w->n; ++*at) {
		const char *word = f->w->plain[*at];

		if (!is_field(word, id) && !is_field(word, label))
			continue;
		return word + strlen(is_field(word, id) ? id : label) + 1;
	}
	return NULL;
}

static int
bound(json_object *o, const char *key, int dflt)
{
	json_object *v = jso_get(o, key);

	return v ? json_object_get_int(v) : dflt;
}

static bool
wrong(struct filling *f, const char *name, const char *why)
{
	sbuf_fmt(f->who->why, "field %s: %s", name, why);
	return false;
}

static bool
fill_text(struct filling *f, json_object *def, const char *name,
    const char *text, json_object *out)
{
	json_object *required = jso_get(def, "required");
	int n;

	if (text == NULL)
		text = jso_get_text(def, "value");
	if (text == NULL)
		text = "";
	n = (int)rest_form_chars(text);
	if (n == 0 && (required == NULL || json_object_get_boolean(required)))
		return wrong(f, name, "it is required");
	if (n > 0 && n < bound(def, "min_length", 0))
		return wrong(f, name, "it is too short");
	if (n > bound(def, "max_length", TEXT_MAX))
		return wrong(f, name, "it is too long");
	jso_set_text(out, "value", text);
	return true;
}

/* The value of an option by its value or label; NULL with why. */
static const char *
option_value(struct filling *f, json_object *def, const char *name,
    const char *word)
{
	struct near near = {0};
	const char *value = use_option(jso_get(def, "options"), word, &near);

	if (value == NULL) {
		(void)wrong(f, name, "that is none of its options");
		near_say(&near, word, f->who->why);
	}
	return value;
}

static bool
add_value(struct filling *f, json_object *def, const char *name,
    const char *word, json_object *values)
{
	int type = type_of(def);
	json_object *id;
	const char *value;

	if (type >= USERS && type <= CHANNELS) {
		id = use_named(f->use, f->who, use_kinds_of_select(type),
		    jso_get(def, "channel_types"), word, f->resolved);
		if (id != NULL)
			json_object_array_add(values, id);
		return id != NULL;
	}
	value = option_value(f, def, name, word);
	if (value == NULL)
		return false;
	json_object_array_add(values, json_object_new_string(value));
	return true;
}

static bool
add_uploads(struct filling *f, json_object *values)
{
	while (jso_count(f->files) > 0) {
		json_object *a = json_object_array_get_idx(f->files, 0);
		const char *id = jso_get_text(a, "id");

		use_add(f->resolved, "attachments", strtoull(id, NULL, 10),
		    json_object_get(a));
		json_object_array_add(values, json_object_new_string(id));
		json_object_array_del_idx(f->files, 0, 1);
	}
	return true;
}

/* Selections, boxes, uploads: as many values as it takes. */
static bool
fill_values(struct filling *f, json_object *def, const char *name,
    const char *label, json_object *out)
{
	json_object *values = json_object_new_array();
	json_object *required = jso_get(def, "required");
	bool need = required == NULL || json_object_get_boolean(required);
	int at = 0, n, min = bound(def, "min_values", need ? 1 : 0);
	const char *word, *shown = label ? label : name;
	bool fine = true;

	if (type_of(def) == UPLOAD)
		fine = add_uploads(f, values);
	for (; fine && (word = given(f, name, label, &at)) != NULL; at++)
		fine = add_value(f, def, shown, word, values);
	n = (int)jso_count(values);
	if (fine && (n < min || n > bound(def, "max_values", 1))
	    && (n > 0 || need))
		fine = wrong(f, shown,
		    n < min ? "it takes more values" : "it takes fewer values");
	jso_set(out, "values", values);
	return fine;
}

static bool
fill_one(struct filling *f, json_object *def, const char *name,
    const char *label, json_object *out)
{
	json_object *required = jso_get(def, "required");
	int at = 0;
	const char *word, *value, *shown = label ? label : name;

	switch (type_of(def)) {
	case TEXT:
		return fill_text(f, def, shown, given(f, name, label, &at),
		    out);
	case CHECK:
		word = given(f, name, label, &at);
		jso_set_bool(out, "value",
		    word ? strcasecmp(word, "true") == 0
			 : json_object_get_boolean(jso_get(def, "default")));
		return true;
	case RADIO:
		word = given(f, name, label, &at);
		value = word ? option_value(f, def, shown, word) : NULL;
		if (word != NULL && value == NULL)
			return false;
		if (value == NULL
		    && (required == NULL || json_object_get_boolean(required)))
			return wrong(f, shown, "it is required");
		jso_set(out, "value",
		    value ? json_object_new_string(value) : NULL);
		return true;
	default:
		return fill_values(f, def, name, label, out);
	}
}

static json_object *mirror(struct filling *f, json_object *def,
    const char *label, unsigned deep);

static json_object *
mirror_list(struct filling *f, json_object *list, unsigned deep)
{
	json_object *out = json_object_new_array();

	for (size_t i = 0; i < jso_count(list); i++) {
		json_object *one = mirror(f, json_object_array_get_idx(list, i),
		    NULL, deep);

		if (one == NULL) {
			json_object_put(out);
			return NULL;
		}
		json_object_array_add(out, one);
	}
	return out;
}

/* The component as it is sent; NULL with why. */
static json_object *
mirror(struct filling *f, json_object *def, const char *label, unsigned deep)
{
	json_object *out = json_object_new_object(), *inner = NULL;
	json_object *id = jso_get(def, "id");
	const char *name = jso_get_text(def, "custom_id");
	bool fine = deep < NESTED_MAX;
	int type = type_of(def);

	f->next_id++;
	jso_set_int(out, "type", type);
	jso_set(out, "id",
	    id ? json_object_get(id) : json_object_new_int(f->next_id));
	if (label == NULL)
		label = jso_get_text(def, "label");
	if (type == ROW) {
		inner = mirror_list(f, jso_get(def, "components"), deep + 1);
		jso_set(out, "components", inner);
		fine = inner != NULL;
	} else if (type == LABEL) {
		inner = mirror(f, jso_get(def, "component"), label, deep + 1);
		jso_set(out, "component", inner);
		fine = inner != NULL;
	} else if (name != NULL) {
		jso_set_text(out, "custom_id", name);
		fine = fill_one(f, def, name, label, out);
	}
	if (fine)
		return out;
	json_object_put(out);
	return NULL;
}

/* The names of all fields: their custom_ids and labels. */
static void
collect(struct filling *f, json_object *list, unsigned deep)
{
	for (size_t i = 0; i < jso_count(list) && deep < NESTED_MAX; i++) {
		json_object *o = json_object_array_get_idx(list, i);

		near_offer(&f->near, jso_get_text(o, "label"));
		near_offer(&f->near, jso_get_text(o, "custom_id"));
		near_offer(&f->near,
		    jso_get_text(jso_get(o, "component"), "custom_id"));
		collect(f, jso_get(o, "components"), deep + 1);
	}
}

/* Is every word some field's? */
static bool
known_words(struct filling *f)
{
	char name[128];

	for (int i = 0; i < f->w->n; i++) {
		const char *word = f->w->plain[i], *eq = strchr(word, '=');
		size_t k = 0;

		while (k < f->near.n && !is_field(word, f->near.name[k]))
			k++;
		if (k < f->near.n)
			continue;
		(void)str_format(name, sizeof(name), "%.*s",
		    (int)(eq && eq - word < 100 ? eq - word : 100), word);
		sbuf_fmt(f->who->why, "that form has no field %s%s", name,
		    eq ? "" : " (FIELD=VALUE)");
		near_say(&f->near, name, f->who->why);
		return false;
	}
	return true;
}

/* The data of the interaction; NULL with why. */
static json_object *
fill(struct filling *f, json_object *modal)
{
	json_object *d, *list;

	collect(f, jso_get(modal, "components"), 0);
	list = known_words(f) ? mirror_list(f, jso_get(modal, "components"), 0)
			      : NULL;
	if (list != NULL && jso_count(f->files) > 0) {
		sbuf_str(f->who->why, "that form takes no files");
		json_object_put(list);
		list = NULL;
	}
	if (list == NULL)
		return NULL;
	d = json_object_new_object();
	jso_set(d, "custom_id", json_object_get(jso_get(modal, "custom_id")));
	jso_set(d, "components", list);
	if (json_object_object_length(f->resolved) > 0)
		jso_set(d, "resolved", json_object_get(f->resolved));
	return d;
}

/* Where the form was opened, and by whose doing. */
static struct world_interaction *
find_modal(struct who *who, const char *as)
{
	struct world_interaction *i;
	unsigned user;

	if (as == NULL)
		i = world_interaction_modal_last(who->w);
	else if (!who_named(who->sim, NULL, as, &user, who->why))
		return NULL;
	else
		i = world_interaction_modal(who->w, user);
	if (i == NULL)
		sbuf_fmt(who->why, "the bot has opened no form for %s",
		    as ? as : "anybody");
	return i;
}

int
people_submit(struct sim *sim, int argc, char **argv, struct people_wait *p,
    struct sbuf *out)
{
	struct who who = {.sim = sim, .w = sim->world, .why = out};
	struct world_interaction *opener;
	struct filling f;
	struct words w;
	struct use use;
	json_object *data;

	if (!words_read(&w, argc, argv, 0, WORDS_MAX, "as file wait",
		people_usage("submit"), out))
		return EXIT_USAGE;
	opener = find_modal(&who, w.as);
	if (opener == NULL)
		return EXIT_DEGRADED;
	who.user = opener->user;
	if (!world_channel_find(sim->world, opener->channel, &who.ch))
		return sbuf_say(out, EXIT_DEGRADED, "its channel is gone");
	who.g = who.ch.guild == WORLD_NOWHERE
	    ? NULL
	    : guild_at(sim->world, who.ch.guild);
	use = (struct use) {.sim = sim,
	    .type = INTERACTION_MODAL,
	    .ch = who.ch,
	    .user = who.user,
	    .message = world_msg_find(sim->world, opener->message),
	    .opener = opener->id,
	    .installs = opener->installs};
	f = (struct filling) {.use = &use,
	    .who = &who,
	    .w = &w,
	    .resolved = json_object_new_object()};
	f.files = files_attach(sim, &w, who.ch.id, true);
	data = f.files ? fill(&f, opener->shown) : NULL;
	json_object_put(f.files);
	json_object_put(f.resolved);
	if (data == NULL)
		return EXIT_DEGRADED;
	opener->submitted = true;
	return people_made(sim, &w, use_emit(&use, data, out), p);
}
