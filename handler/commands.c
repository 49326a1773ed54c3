/* SPDX-License-Identifier: MIT */
/* Slash commands; see commands.h. */
#include "handler/commands.h"

#include "handler/talk.h"
#include "shared/log.h"
#include "shared/text.h"

#include <inttypes.h>
#include <string.h>

#define COMMANDS_ANSWER_MAX (4u << 20)
#define KNOWN_HEAD 17 /* bytes: the token's identity and a blank */

static const char known_key[] = "commands-known";

static void commands_look(struct timer *);

/* ---- all of them ---------------------------------------------------------------- */

static int
by_name(const void *a, const void *b)
{
	struct json_object *const *x = a, *const *y = b;
	int64_t tx = json_object_get_int64(json_object_object_get(*x, "type"));
	int64_t ty = json_object_get_int64(json_object_object_get(*y, "type"));

	if (tx != ty)
		return tx < ty ? -1 : 1;
	return strcmp(declare_text(*x, "name"), declare_text(*y, "name"));
}

static const char *
plain(struct json_object *o)
{
	return json_object_to_json_string_ext(o,
	    JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
}

/* Canonical text of what Discord is to have. */
static char *
commands_text(struct commands *c)
{
	struct json_object *all = json_object_new_array();
	const struct roster *r = &c->roster;
	char *text;

	for (size_t i = 0; i < r->n; i++) {
		const struct roster_command *o = &r->command[i];

		if ((o->roads & 1u << ROAD_SLASH) == 0)
			continue;
		if (json_object_array_length(all) < COMMANDS_MAX)
			json_object_array_add(all, declare_form(o->declared));
		else
			log_error("plugin %s: /%s is left out: Discord takes "
				  "100", roster_owner(r, o), o->name);
	}
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
			json_object_array_add(out, declare_normal(
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

/* Earlier versions kept Discord's form, where help is the description. */
static void
older_form(struct json_object *list)
{
	struct json_object *o, *text;

	for (size_t i = 0; i < json_object_array_length(list); i++) {
		o = json_object_array_get_idx(list, i);
		if (declare_text(o, "help")[0] == '\0'
		    && json_object_object_get_ex(o, "description", &text))
			json_object_object_add(o, "help",
			    json_object_get(text));
	}
}

/* Another bot may have used this state_dir: it has other commands. */
static bool
known_is_ours(const struct commands *c, const char *text)
{
	char head[KNOWN_HEAD + 1];

	str_format(head, sizeof(head), "%016" PRIx64 " ", c->identity);
	return strncmp(text, head, KNOWN_HEAD) == 0;
}

static void
known_keep(struct commands *c)
{
	size_t size = KNOWN_HEAD + strlen(c->known) + 1;
	char *text = base_alloc(size);

	must(str_format(text, size, "%016" PRIx64 " %s", c->identity,
	    c->known));
	keep(c, c->plugin, known_key, text);
	free(text);
}

static void
commands_load(struct commands *c)
{
	char key[KV_KEY_MAX + 1], *text;
	struct json_object *list;
	struct err e;
	struct kv_tx *tx = kv_begin(c->jobs->kv, NULL, false, &e);

	if (tx == NULL)
		return;
	text = kept(tx, known_key);
	if (text != NULL && known_is_ours(c, text))
		c->known = base_strdup(text + KNOWN_HEAD);
	free(text);
	for (unsigned i = 0; i < c->config->plugins; i++) {
		plugin_key(c, i, key, sizeof(key));
		text = kept(tx, key);
		list = text != NULL ? json_tokener_parse(text) : NULL;
		if (json_object_is_type(list, json_type_array)) {
			older_form(list);
			roster_set(&c->roster, i, list);
		}
		json_object_put(list);
		free(text);
	}
	kv_abort(tx);
}

/* ---- registering ------------------------------------------------------------------- */

static void
commands_done(struct commands *c)
{
	free(c->known);
	c->known = c->wanted;
	c->wanted = NULL;
	known_keep(c);
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
		log_warn("Slash commands: %s: %s (HTTP %d)%s%s.  Next "
			 "attempt in %.0f s.", doing, a->why, a->status,
		    a->len > 0 ? ": " : "",
		    TEXT_OF_N(a->len > 0 ? a->body : "", a->len, 300),
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
	if (rest_call(c->rest, REST_OWN, &(struct rest_ask) {
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
		log_info("Slash commands: Discord has them as they are.");
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
		str_copy(c->app, declare_text(o, "id"), sizeof(c->app));
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

void
commands_declare(struct commands *c, unsigned plugin,
    struct json_object *result)
{
	struct json_object *declared = NULL;
	char key[KV_KEY_MAX + 1];

	if (json_object_is_type(result, json_type_object))
		json_object_object_get_ex(result, "commands", &declared);
	if (roster_set(&c->roster, plugin, declared)) {
		plugin_key(c, plugin, key, sizeof(key));
		keep(c, plugin, key, plain(c->roster.list[plugin]));
	}
	c->plugin = plugin;
	timer_set(&c->timer, COMMANDS_SETTLE_S);
}

void
commands_init(struct commands *c, struct timers *timers, struct rest *rest,
    struct jobs *jobs, const struct config *config, uint64_t identity)
{
	*c = (struct commands) {.rest = rest, .jobs = jobs, .config = config,
	    .identity = identity, .retry_s = COMMANDS_RETRY_S};
	roster_init(&c->roster, config);
	timer_init(timers, &c->timer, commands_look);
	commands_load(c);
}

void
commands_free(struct commands *c)
{
	timer_stop(&c->timer);
	roster_free(&c->roster);
	free(c->known);
	free(c->wanted);
}
