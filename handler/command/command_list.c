/* SPDX-License-Identifier: MIT */
/* See command_list.h. */
#include "handler/command/command_list.h"

#include "shared/json/json.h"
#include "shared/base/log.h"
#include "shared/base/text.h"

#include <string.h>

#define BODY_MAX (4u << 20) /* of an answer that is read */
#define REASON_MAX 90	    /* leaves room for the names of others */
#define ERROR_DEPTH_MAX 12  /* options in options, and their choices */

static struct json_object *
parse(const char *body, size_t len, enum json_type type)
{
	return len > 0 && len < BODY_MAX ? json_parse_as(body, len, type)
					 : NULL;
}

/* ---- which there are ------------------------------------------------ */

void
command_list_init(struct command_list *l)
{
	*l = (struct command_list) {.kept = json_object_new_array()};
	l->item = base_alloc(COMMAND_TABLE_MAX * sizeof(*l->item));
	l->refused = base_alloc(COMMAND_LIST_REFUSED_MAX * sizeof(*l->refused));
	l->text = base_strdup("[]");
}

static void
items_drop(struct command_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		json_object_put(l->item[i].form);
	l->n = 0;
	free(l->text);
	l->text = NULL;
}

void
command_list_free(struct command_list *l)
{
	items_drop(l);
	for (size_t i = 0; i < l->refused_n; i++)
		free(l->refused[i].form);
	free(l->refused);
	free(l->item);
	json_object_put(l->kept);
}

static const struct command_refused *
refused(const struct command_list *l, unsigned plugin, struct json_object *form)
{
	const char *text = json_text(form);

	for (size_t i = 0; i < l->refused_n; i++)
		if (l->refused[i].plugin == plugin
		    && strcmp(l->refused[i].form, text) == 0)
			return &l->refused[i];
	return NULL;
}

static int
by_name(const void *a, const void *b)
{
	const struct command_item *x = a, *y = b;
	int tx = command_spec_type(x->form), ty = command_spec_type(y->form);

	return tx != ty ? (tx < ty ? -1 : 1) : strcmp(x->name, y->name);
}

/* Of this type, without the new one. */
static bool
has_room(const struct command_list *l, int type)
{
	size_t n = 0,
	       most = type == COMMAND_SPEC_SLASH ? COMMAND_LIST_SLASH_MAX
						 : COMMAND_LIST_MENU_MAX;

	for (size_t i = 0; i < l->n; i++)
		n += command_spec_type(l->item[i].form) == type;
	return n < most;
}

static void
item_add(struct command_list *l, const struct command_table *r,
    const struct command_table_command *o)
{
	struct command_item *k = &l->item[l->n];
	struct json_object *form = command_spec_form(o->declared);
	char words[COMMAND_TABLE_WORDS];

	if (refused(l, o->plugin, form) != NULL) {
		json_object_put(form);
		return;
	}
	if (!has_room(l, o->type)) {
		json_object_put(form);
		text_format(words, sizeof(words),
		    "\"%.64s\" is left out: Discord takes no more of its kind",
		    o->name);
		if (o->plugin != COMMAND_TABLE_OWN)
			command_table_left_add(&l->over[o->plugin], o->name,
			    words);
		return;
	}
	k->plugin = o->plugin;
	k->form = form;
	str_copy(k->name, o->name, sizeof(k->name));
	l->n++;
}

static struct json_object *
items_json(const struct command_list *l)
{
	struct json_object *all = json_object_new_array();

	for (size_t i = 0; i < l->n; i++)
		json_object_array_add(all, json_object_get(l->item[i].form));
	return all;
}

void
command_list_make(struct command_list *l, const struct command_table *r)
{
	struct command_table_left *before = base_alloc(sizeof(l->over));
	struct json_object *all;

	items_drop(l);
	memcpy(before, l->over, sizeof(l->over));
	memset(l->over, 0, sizeof(l->over));
	for (size_t i = 0; i < r->n; i++)
		if ((r->command[i].roads & 1u << ROAD_SLASH) != 0)
			item_add(l, r, &r->command[i]);
	qsort(l->item, l->n, sizeof(*l->item), by_name);
	/* It is made again and again: what is as it was was said. */
	for (unsigned i = 0; i < r->config->plugins; i++)
		if (l->over[i].n > before[i].n)
			log_error("plugin %s: its command %s (%u in all)",
			    r->config->plugin[i].name, l->over[i].words,
			    l->over[i].n);
	free(before);
	all = items_json(l);
	l->text = base_strdup(json_text(all));
	json_object_put(all);
}

/* ---- what Discord has ----------------------------------------------- */

static const struct command_item *
item_find(const struct command_list *l, struct json_object *theirs)
{
	for (size_t i = 0; i < l->n; i++)
		if (command_spec_type(l->item[i].form)
			== command_spec_type(theirs)
		    && strcmp(l->item[i].name,
			   command_spec_text(theirs, "name"))
			== 0)
			return &l->item[i];
	return NULL;
}

static bool
has_type(const struct command_list *l, int type)
{
	for (size_t i = 0; i < l->n; i++)
		if (command_spec_type(l->item[i].form) == type)
			return true;
	return false;
}

int
command_list_read(struct command_list *l, const char *body, size_t len,
    bool *same)
{
	struct json_object *list = parse(body, len, json_type_array);
	size_t ours = 0;

	if (list == NULL)
		return -1;
	json_object_put(l->kept);
	l->kept = json_object_new_array();
	*same = true;
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *o = json_object_array_get_idx(list, i);
		const struct command_item *k = item_find(l, o);

		ours++;
		if (k != NULL) {
			*same = *same && command_spec_same(k->form, o);
		} else if (command_spec_type(o) > COMMAND_SPEC_MESSAGE
		    && !has_type(l, command_spec_type(o))) {
			/* Not of our making: an Activity's, say. */
			json_object_array_add(l->kept, json_object_get(o));
			ours--;
		} else {
			*same = false;
		}
	}
	*same = *same && ours == l->n;
	json_object_put(list);
	return 0;
}

char *
command_list_body(const struct command_list *l)
{
	struct json_object *all = items_json(l);
	char *text;

	for (size_t i = 0; i < json_object_array_length(l->kept); i++)
		json_object_array_add(all,
		    json_object_get(json_object_array_get_idx(l->kept, i)));
	text = base_strdup(json_text(all));
	json_object_put(all);
	return text;
}

char *
command_list_one(const struct command_list *l, size_t index)
{
	must(index < l->n);
	return base_strdup(json_text(l->item[index].form));
}

/* ---- what it refuses ------------------------------------------------ */

/* The first error below o: "options.0.name: too long". */
static bool
error_words(struct json_object *o, const char *at, unsigned depth, char *out,
    size_t size)
{
	struct json_object *list = json_get_of(o, "_errors", json_type_array);
	char path[128];

	if (list != NULL && json_object_array_length(list) > 0) {
		text_format(out, size, "%s%s%s", at, at[0] ? ": " : "",
		    command_spec_text(json_object_array_get_idx(list, 0),
			"message"));
		return true;
	}
	if (!json_object_is_type(o, json_type_object)
	    || depth == ERROR_DEPTH_MAX)
		return false;
	json_object_object_foreach (o, key, v) {
		text_format(path, sizeof(path), "%s%s%s", at, at[0] ? "." : "",
		    key);
		if (error_words(v, path, depth + 1, out, size))
			return true;
	}
	return false;
}

static void
refuse(struct command_list *l, const struct command_table *r, size_t index,
    const char *why)
{
	const struct command_item *k = &l->item[index];
	struct command_refused *f;

	if (refused(l, k->plugin, k->form) != NULL)
		return;
	if (l->refused_n == COMMAND_LIST_REFUSED_MAX) {
		free(l->refused[0].form);
		memmove(l->refused, l->refused + 1,
		    --l->refused_n * sizeof(*l->refused));
	}
	f = &l->refused[l->refused_n++];
	f->plugin = k->plugin;
	f->form = base_strdup(json_text(k->form));
	text_format(f->words, sizeof(f->words),
	    "\"%.64s\" is left out: Discord refuses it (%s)", k->name,
	    TEXT_OF(why, REASON_MAX));
	log_error("plugin %s: its command %s; the others are registered",
	    k->plugin == COMMAND_TABLE_OWN ? "shardherd"
					   : r->config->plugin[k->plugin].name,
	    f->words);
}

size_t
command_list_culprits(struct command_list *l, const struct command_table *r,
    const char *body, size_t len)
{
	struct json_object *o = parse(body, len, json_type_object);
	struct json_object *errors = json_get_of(o, "errors", json_type_object);
	size_t n = 0;
	uint64_t index;
	char why[128];

	if (errors != NULL) {
		json_object_object_foreach (errors, key, v) {
			if (!str_to_u64(key, &index) || index >= l->n)
				continue;
			if (!error_words(v, "", 0, why, sizeof(why)))
				str_copy(why, "no reason given", sizeof(why));
			refuse(l, r, index, why);
			n++;
		}
	}
	json_object_put(o);
	return n;
}

void
command_list_refuse(struct command_list *l, const struct command_table *r,
    size_t index, const char *body, size_t len)
{
	struct json_object *o = parse(body, len, json_type_object);
	char why[128];

	if (!error_words(json_get(o, "errors"), "", 0, why, sizeof(why)))
		text_format(why, sizeof(why), "%s",
		    command_spec_text(o, "message"));
	refuse(l, r, index, why[0] ? why : "no reason given");
	json_object_put(o);
}

unsigned
command_list_left(const struct command_list *l, const struct command_table *r,
    unsigned plugin, char *words, size_t size)
{
	struct command_table_left left = {0};
	unsigned n;

	words[0] = '\0';
	for (size_t i = 0; i < r->n; i++) {
		const struct command_table_command *c = &r->command[i];
		const struct command_refused *f;
		struct json_object *form;

		if (c->plugin != plugin || l->refused_n == 0
		    || (c->roads & 1u << ROAD_SLASH) == 0)
			continue;
		form = command_spec_form(c->declared);
		f = refused(l, plugin, form);
		json_object_put(form);
		if (f != NULL)
			command_table_left_add(&left, c->name, f->words);
	}
	n = command_table_left_join(words, size, 0, &left);
	if (plugin == COMMAND_TABLE_OWN)
		return n;
	n = command_table_left_join(words, size, n, &r->faulty[plugin]);
	n = command_table_left_join(words, size, n, &r->taken[plugin]);
	return command_table_left_join(words, size, n, &l->over[plugin]);
}
