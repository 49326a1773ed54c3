/* SPDX-License-Identifier: MIT */
/* Slash commands; see commands.h. */
#include "handler/commands.h"

#include "handler/talk.h"
#include "shared/log.h"

#include <string.h>

#define COMMANDS_ANSWER_MAX (4u << 20)

static const char known_key[] = "commands-known";

static void commands_look(struct timer *);

/* ---- one command ------------------------------------------------------------ */

static bool
is_default(const char *key, struct json_object *v, bool top)
{
	switch (json_object_get_type(v)) {
	case json_type_null:
		return true;
	case json_type_boolean:
		return !json_object_get_boolean(v);
	case json_type_array:
		return json_object_array_length(v) == 0;
	case json_type_int:
		return top && strcmp(key, "type") == 0
		    && json_object_get_int64(v) == 1;
	default:
		return false;
	}
}

static struct json_object *normal(struct json_object *, bool top);

static struct json_object *
normal_value(struct json_object *v)
{
	struct json_object *list;

	if (!json_object_is_type(v, json_type_array))
		return json_object_get(v);
	list = json_object_new_array();
	for (size_t i = 0; i < json_object_array_length(v); i++) {
		struct json_object *e = json_object_array_get_idx(v, i);

		json_object_array_add(list,
		    json_object_is_type(e, json_type_object)
			? normal(e, false) : json_object_get(e));
	}
	return list;
}

static struct json_object *
normal(struct json_object *o, bool top)
{
	static const char *const keys[] = {"type", "name", "description",
	    "required", "value", "min_value", "max_value", "min_length",
	    "max_length", "autocomplete", "nsfw",
	    "default_member_permissions", "channel_types", "choices",
	    "options"};
	struct json_object *out = json_object_new_object(), *v;

	for (size_t i = 0; i < nitems(keys); i++)
		if (json_object_object_get_ex(o, keys[i], &v)
		    && !is_default(keys[i], v, top))
			json_object_object_add(out, keys[i], normal_value(v));
	return out;
}

struct json_object *
commands_normal(struct json_object *command)
{
	return normal(command, true);
}

static size_t
characters(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static const char *
text_of(struct json_object *o, const char *key)
{
	struct json_object *v;

	return json_object_object_get_ex(o, key, &v)
	    && json_object_is_type(v, json_type_string)
	    ? json_object_get_string(v) : "";
}

const char *
commands_fault(struct json_object *o)
{
	const char *name, *help;

	if (!json_object_is_type(o, json_type_object))
		return "it is not an object";
	name = text_of(o, "name");
	help = text_of(o, "help");
	if (characters(name) < 1 || characters(name) > 32)
		return "its name must have 1 to 32 characters";
	for (const char *p = name; *p; p++)
		if ((unsigned char)*p < 0x80 && strchr("-_0123456789"
		    "abcdefghijklmnopqrstuvwxyz", *p) == NULL)
			return "its name must be of small letters, digits, "
			       "'-' and '_'";
	if (characters(help) < 1 || characters(help) > 100)
		return "its help must have 1 to 100 characters";
	return NULL;
}

/* What Discord calls it: help is the description. */
static struct json_object *
command_form(struct json_object *declared)
{
	struct json_object *o = json_object_new_object(), *form;

	json_object_object_foreach(declared, key, v) {
		const char *to = strcmp(key, "help") == 0 ? "description" : key;

		if (strcmp(key, "description") != 0)
			json_object_object_add(o, to, json_object_get(v));
	}
	form = commands_normal(o);
	json_object_put(o);
	return form;
}

/* ---- all of them ---------------------------------------------------------------- */

static int
by_name(const void *a, const void *b)
{
	struct json_object *const *x = a, *const *y = b;
	int64_t tx = json_object_get_int64(json_object_object_get(*x, "type"));
	int64_t ty = json_object_get_int64(json_object_object_get(*y, "type"));

	if (tx != ty)
		return tx < ty ? -1 : 1;
	return strcmp(text_of(*x, "name"), text_of(*y, "name"));
}

static const char *
plain(struct json_object *o)
{
	return json_object_to_json_string_ext(o,
	    JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
}

static bool
has_name(struct json_object *list, const char *name)
{
	for (size_t i = 0; i < json_object_array_length(list); i++)
		if (strcmp(text_of(json_object_array_get_idx(list, i), "name"),
			name) == 0)
			return true;
	return false;
}

static void
gather(struct commands *c, size_t plugin, struct json_object *all)
{
	struct json_object *list = c->list[plugin];
	size_t n = list != NULL ? json_object_array_length(list) : 0;

	for (size_t i = 0; i < n; i++) {
		struct json_object *o = json_object_array_get_idx(list, i);
		const char *name = text_of(o, "name");

		if (has_name(all, name)
		    || json_object_array_length(all) >= COMMANDS_MAX) {
			log_error("plugin %s: the command /%s is left out: %s",
			    c->config->plugin[plugin].name, name,
			    has_name(all, name) ? "another plugin has it"
						: "Discord takes 100");
			continue;
		}
		json_object_array_add(all, json_object_get(o));
	}
}

/* Canonical text of what Discord is to have. */
static char *
commands_text(struct commands *c)
{
	struct json_object *all = json_object_new_array();
	char *text;

	for (size_t i = 0; i < c->config->plugins; i++)
		gather(c, i, all);
	json_object_array_sort(all, by_name);
	text = base_strdup(plain(all));
	json_object_put(all);
	return text;
}

/* The same of Discord's answer; NULL: it is no list. */
static char *
answer_text(const struct rest_answer *a)
{
	struct json_object *list = NULL, *out;
	struct json_tokener *tok = talk_new();
	char *text = NULL;

	if (a->len > 0 && a->len < COMMANDS_ANSWER_MAX)
		list = json_tokener_parse_ex(tok, a->body, (int)a->len);
	if (json_object_is_type(list, json_type_array)) {
		out = json_object_new_array();
		for (size_t i = 0; i < json_object_array_length(list); i++)
			json_object_array_add(out, commands_normal(
			    json_object_array_get_idx(list, i)));
		json_object_array_sort(out, by_name);
		text = base_strdup(plain(out));
		json_object_put(out);
	}
	json_object_put(list);
	json_tokener_free(tok);
	return text;
}

/* ---- on disk --------------------------------------------------------------------- */

struct keep {
	struct job job; /* first */
	char key[KV_KEY_MAX + 1], *text;
};

static int
keep_run(struct job *job, struct kv_tx *tx, struct err *e)
{
	struct keep *k = container_of(job, struct keep, job);

	return kv_put(tx, k->key, k->text, strlen(k->text), e);
}

static void
keep_end(struct job *job, const struct err *failed)
{
	struct keep *k = container_of(job, struct keep, job);

	if (failed != NULL)
		log_error("What commands there are cannot be stored: %s",
		    failed->text);
	free(k->text);
	free(k);
}

static void
keep(struct commands *c, unsigned plugin, const char *key, const char *text)
{
	struct keep *k = base_alloc(sizeof(*k));

	k->job = (struct job) {.plugin = plugin, .write = true,
	    .run = keep_run, .end = keep_end};
	str_copy(k->key, key, sizeof(k->key));
	k->text = base_strdup(text);
	jobs_add_own(c->jobs, &k->job);
}

static char *
kept(struct kv_tx *tx, const char *key)
{
	const void *v;
	struct err e;
	char *text;
	size_t len;

	if (kv_get(tx, key, &v, &len, &e) != 1)
		return NULL;
	text = base_alloc(len + 1);
	memcpy(text, v, len);
	return text;
}

static void
plugin_key(const struct commands *c, unsigned plugin, char *key, size_t size)
{
	must(str_format(key, size, "commands/%s",
	    c->config->plugin[plugin].name));
}

static void
commands_load(struct commands *c)
{
	char key[KV_KEY_MAX + 1], *text;
	struct err e;
	struct kv_tx *tx = kv_begin(c->jobs->kv, NULL, false, &e);

	if (tx == NULL)
		return;
	c->known = kept(tx, known_key);
	for (unsigned i = 0; i < c->config->plugins; i++) {
		plugin_key(c, i, key, sizeof(key));
		text = kept(tx, key);
		if (text != NULL)
			c->list[i] = json_tokener_parse(text);
		if (!json_object_is_type(c->list[i], json_type_array)) {
			json_object_put(c->list[i]);
			c->list[i] = NULL;
		}
		free(text);
	}
	kv_abort(tx);
}

/* ---- registering ------------------------------------------------------------------- */

static void
commands_done(struct commands *c)
{
	keep(c, c->plugin, known_key, c->wanted);
	free(c->known);
	c->known = c->wanted;
	c->wanted = NULL;
	c->busy = false;
	c->retry_s = COMMANDS_RETRY_S;
	/* What was declared meanwhile. */
	timer_set(&c->timer, COMMANDS_SETTLE_S);
}

static void
commands_failed(struct commands *c, const char *doing,
    const struct rest_answer *a)
{
	c->busy = false;
	if (a->outcome != REST_STOPPED)
		log_warn("Slash commands: %s: %s (HTTP %d)%s%.300s.  Next "
			 "attempt in %.0f s.", doing, a->why, a->status,
		    a->len > 0 ? ": " : "", a->len > 0 ? a->body : "",
		    c->retry_s);
	timer_set(&c->timer, c->retry_s);
	c->retry_s = c->retry_s * 2 < COMMANDS_RETRY_MAX_S ? c->retry_s * 2
	    : COMMANDS_RETRY_MAX_S;
}

static void
commands_call(struct commands *c, const char *method, const char *path,
    const char *body, rest_done_fn *done)
{
	const char *why;
	bool bad;

	c->busy = true;
	if (rest_call(c->rest, c->plugin, &(struct rest_ask) {
		.method = method, .path = path, .body = body,
		.repeatable = true}, done, c, &bad, &why) == 0)
		return;
	commands_failed(c, "cannot ask", &(struct rest_answer) {.why = why});
}

static void
on_written(void *arg, const struct rest_answer *a)
{
	struct commands *c = arg;

	if (a->outcome != REST_OK) {
		commands_failed(c, "cannot register them", a);
		return;
	}
	c->writes++;
	log_info("Slash commands: Discord has the new list.");
	commands_done(c);
}

static void
on_read(void *arg, const struct rest_answer *a)
{
	struct commands *c = arg;
	char path[64], *text = NULL;

	if (a->outcome == REST_OK)
		text = answer_text(a);
	if (text == NULL) {
		commands_failed(c, "cannot read what there are", a);
		return;
	}
	c->reads++;
	if (strcmp(text, c->wanted) == 0) {
		commands_done(c);
	} else {
		str_format(path, sizeof(path), "/applications/%s/commands",
		    c->app);
		commands_call(c, "PUT", path, c->wanted, on_written);
	}
	free(text);
}

static void
commands_read(struct commands *c)
{
	char path[64];

	str_format(path, sizeof(path), "/applications/%s/commands", c->app);
	commands_call(c, "GET", path, NULL, on_read);
}

static void
on_application(void *arg, const struct rest_answer *a)
{
	struct json_tokener *tok = talk_new();
	struct json_object *o = NULL;
	struct commands *c = arg;

	if (a->outcome == REST_OK && a->len < COMMANDS_ANSWER_MAX)
		o = json_tokener_parse_ex(tok, a->body, (int)a->len);
	if (json_object_is_type(o, json_type_object))
		str_copy(c->app, text_of(o, "id"), sizeof(c->app));
	json_object_put(o);
	json_tokener_free(tok);
	if (c->app[0] == '\0')
		commands_failed(c, "cannot learn the application's id", a);
	else
		commands_read(c);
}

static void
commands_look(struct timer *t)
{
	struct commands *c = container_of(t, struct commands, timer);
	char *text;

	if (c->busy)
		return;
	text = commands_text(c);
	/* A bot that never had commands leaves what there is alone. */
	if (strcmp(text, c->known != NULL ? c->known : "[]") == 0) {
		log_debug("slash commands: nothing has changed");
		free(text);
		return;
	}
	free(c->wanted);
	c->wanted = text;
	if (c->app[0] == '\0')
		commands_call(c, "GET", "/applications/@me", NULL,
		    on_application);
	else
		commands_read(c);
}

/* ---- declaring ------------------------------------------------------------------------ */

static struct json_object *
forms_of(struct commands *c, unsigned plugin, struct json_object *declared)
{
	struct json_object *forms = json_object_new_array();

	for (size_t i = 0; i < json_object_array_length(declared); i++) {
		struct json_object *o = json_object_array_get_idx(declared, i);
		const char *why = commands_fault(o);

		if (why == NULL)
			json_object_array_add(forms, command_form(o));
		else
			log_error("plugin %s: its command number %zu is left "
				  "out: %s", c->config->plugin[plugin].name,
			    i + 1, why);
	}
	return forms;
}

void
commands_declare(struct commands *c, unsigned plugin,
    struct json_object *result)
{
	struct json_object *declared = NULL, *forms;
	char key[KV_KEY_MAX + 1];

	if (json_object_is_type(result, json_type_object))
		json_object_object_get_ex(result, "commands", &declared);
	if (json_object_is_type(declared, json_type_array))
		forms = forms_of(c, plugin, declared);
	else
		forms = json_object_new_array();
	if (c->list[plugin] != NULL ? json_object_equal(forms, c->list[plugin])
		: json_object_array_length(forms) == 0) {
		json_object_put(forms);
	} else {
		json_object_put(c->list[plugin]);
		c->list[plugin] = forms;
		plugin_key(c, plugin, key, sizeof(key));
		keep(c, plugin, key, plain(forms));
	}
	c->plugin = plugin;
	timer_set(&c->timer, COMMANDS_SETTLE_S);
}

void
commands_init(struct commands *c, struct timers *timers, struct rest *rest,
    struct jobs *jobs, const struct config *config)
{
	*c = (struct commands) {.rest = rest, .jobs = jobs, .config = config,
	    .retry_s = COMMANDS_RETRY_S};
	timer_init(timers, &c->timer, commands_look);
	commands_load(c);
}

void
commands_free(struct commands *c)
{
	timer_stop(&c->timer);
	for (size_t i = 0; i < nitems(c->list); i++)
		json_object_put(c->list[i]);
	free(c->known);
	free(c->wanted);
}
