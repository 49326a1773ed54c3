/* SPDX-License-Identifier: MIT */
/* Slash commands; see registration.h. */
#include "handler/command/registration.h"

#include "handler/process/rpc_read.h"
#include "shared/json/json.h"
#include "shared/base/log.h"
#include "shared/base/text.h"

#include <inttypes.h>
#include <string.h>

#define COMMANDS_ANSWER_MAX (4u << 20)
#define CODE_CREATES 30034 /* as many as a day has were made (7.4) */
#define CODE_ENTRY 50240   /* an Entry Point command came meanwhile */
#define KNOWN_HEAD 17	   /* bytes: the token's identity and a blank */

static const char known_key[] = "commands-known";

static void commands_look(struct timer *);

/* ---- on disk -------------------------------------------------------- */

struct keep {
	struct kv_job job; /* first */
	char key[KV_KEY_MAX + 1], *text;
};

static int
keep_run(struct kv_job *job, struct kv_tx *tx, struct err *e)
{
	struct keep *k = container_of(job, struct keep, job);

	return kv_put(tx, k->key, k->text, strlen(k->text), e);
}

static void
keep_end(struct kv_job *job, const struct err *failed)
{
	struct keep *k = container_of(job, struct keep, job);

	if (failed != NULL)
		log_error("What commands there are cannot be stored: %s",
		    failed->text);
	free(k->text);
	free(k);
}

static void
keep(struct registration *c, unsigned plugin, const char *key, const char *text)
{
	struct keep *k = base_alloc(sizeof(*k));

	k->job = (struct kv_job) {.plugin = plugin,
	    .write = true,
	    .run = keep_run,
	    .end = keep_end};
	str_copy(k->key, key, sizeof(k->key));
	k->text = base_strdup(text);
	kv_jobs_add_own(c->jobs, &k->job);
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
plugin_key(const struct registration *c, unsigned plugin, char *key,
    size_t size)
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
		if (command_spec_text(o, "help")[0] == '\0'
		    && json_object_object_get_ex(o, "description", &text))
			json_object_object_add(o, "help",
			    json_object_get(text));
	}
}

/* Another bot may have used this state_dir: it has other commands. */
static bool
known_is_ours(const struct registration *c, const char *text)
{
	char head[KNOWN_HEAD + 1];

	str_format(head, sizeof(head), "%016" PRIx64 " ", c->identity);
	return strncmp(text, head, KNOWN_HEAD) == 0;
}

static void
known_keep(struct registration *c)
{
	size_t size = KNOWN_HEAD + strlen(c->known) + 1;
	char *text = base_alloc(size);

	must(
	    str_format(text, size, "%016" PRIx64 " %s", c->identity, c->known));
	keep(c, c->plugin, known_key, text);
	free(text);
}

static void
commands_load(struct registration *c)
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
		list = text != NULL
		    ? json_parse_as(text, strlen(text), json_type_array)
		    : NULL;
		if (list != NULL) {
			older_form(list);
			command_table_set(&c->table, i, list);
		}
		json_object_put(list);
		free(text);
	}
	kv_abort(tx);
}

/* ---- what the operator sees ----------------------------------------- */

/* Looked at many times a second, so worked out when something has changed. */
static void
commands_tell(struct registration *c)
{
	const struct command_table_left *first = NULL;
	const char *name = "";

	c->out = 0;
	for (unsigned i = 0; i < nitems(c->left); i++) {
		struct command_table_left *l = &c->left[i];

		l->n = i >= c->config->plugins && i != COMMAND_TABLE_OWN
		    ? 0
		    : command_list_left(&c->list, &c->table, i, l->words,
			sizeof(l->words));
		c->out += l->n;
		if (first != NULL || l->n == 0)
			continue;
		first = l;
		name = i == COMMAND_TABLE_OWN ? "shardherd"
					      : c->config->plugin[i].name;
	}
	c->note[0] = '\0';
	if (c->trouble[0] != '\0')
		text_format(c->note, sizeof(c->note), "not registered: %s",
		    c->trouble);
	else if (c->out == 1)
		text_format(c->note, sizeof(c->note), "plugin %s: %s", name,
		    first->words);
	else if (c->out > 1)
		text_format(c->note, sizeof(c->note),
		    "%u are left out, see plugin list; the first: plugin %s: "
		    "%s",
		    c->out, name, first->words);
}

/* ---- registering ---------------------------------------------------- */

static void
commands_done(struct registration *c)
{
	free(c->known);
	c->known = base_strdup(c->list.text);
	known_keep(c);
	c->busy = false;
	c->trouble[0] = '\0';
	c->retry_s = REGISTRATION_RETRY_S;
	commands_tell(c);
	/* What was declared meanwhile. */
	timer_set(&c->timer, REGISTRATION_SETTLE_S);
}

static void
commands_failed(struct registration *c, const char *doing,
    const struct rest_answer *a)
{
	c->busy = false;
	if (a->outcome != REST_STOPPED) {
		text_format(c->trouble, sizeof(c->trouble),
		    "%s: %s (HTTP %d)%s%.*s", doing, a->why, a->status,
		    a->len > 0 ? ": " : "", a->len > 300 ? 300 : (int)a->len,
		    a->len > 0 ? a->body : "");
		log_warn("Slash commands: %s.  Next attempt in %.0f s.",
		    c->trouble, c->retry_s);
		commands_tell(c);
	}
	timer_set(&c->timer, c->retry_s);
	c->retry_s = c->retry_s * 2 < REGISTRATION_RETRY_MAX_S
	    ? c->retry_s * 2
	    : REGISTRATION_RETRY_MAX_S;
}

/* At the application's commands; tail behind that. */
static void
commands_call(struct registration *c, const char *method, const char *tail,
    char *body, rest_done_fn *done)
{
	char path[96] = "/applications/@me";
	const char *why;
	bool bad;

	if (c->app[0] != '\0')
		str_format(path, sizeof(path), "/applications/%s/commands%s",
		    c->app, tail);
	c->busy = true;
	if (rest_call(c->rest, REST_OWN,
		&(struct rest_ask) {.method = method,
		    .path = path,
		    .body = body,
		    .repeatable = true},
		done, c, &bad, &why)
	    < 0)
		commands_failed(c, "cannot ask",
		    &(struct rest_answer) {.why = why});
	free(body);
}

/*
 * Is it for what a command says?  Not what is no answer of Discord's, and not
 * what another day, or the list read once more, will mend.
 */
static bool
is_for_a_command(const struct rest_answer *a)
{
	struct answer_verdict v;

	/* Too long is what one of them may be, too, whoever says so. */
	if (a->outcome == REST_REFUSED && a->status == 413)
		return true;
	if (a->outcome != REST_REFUSED || a->status != 400)
		return false;
	v = answer_judge(&(struct answer) {.status = a->status,
	    .body = a->body,
	    .len = a->len,
	    .retry_after_s = -1});
	return v.json && v.code != CODE_CREATES && v.code != CODE_ENTRY;
}

static void on_written(void *, const struct rest_answer *);
static void on_one(void *, const struct rest_answer *);

/* Without what was refused meanwhile, if that leaves anything to do. */
static void
commands_write(struct registration *c)
{
	command_list_make(&c->list, &c->table);
	if (strcmp(c->list.text, c->known != NULL ? c->known : "[]") == 0)
		commands_done(c);
	else
		commands_call(c, "PUT", "", command_list_body(&c->list),
		    on_written);
}

/* Discord refuses all and names none: each is sent alone, as an upsert that
 * costs no more than the list would. */
static void
commands_each(struct registration *c)
{
	if (c->one < c->list.n) {
		commands_call(c, "POST", "", command_list_one(&c->list, c->one),
		    on_one);
		return;
	}
	if (c->found > 0) {
		commands_write(c);
		return;
	}
	log_info("Slash commands: Discord has each of them; what it had "
		 "besides is left.");
	commands_done(c);
}

static void
on_one(void *arg, const struct rest_answer *a)
{
	struct registration *c = arg;

	if (is_for_a_command(a)) {
		command_list_refuse(&c->list, &c->table, c->one, a->body,
		    a->len);
		c->found++;
	} else if (a->outcome != REST_OK) {
		commands_failed(c, "cannot register one of them", a);
		return;
	}
	c->one++;
	commands_each(c);
}

static void
on_written(void *arg, const struct rest_answer *a)
{
	struct registration *c = arg;

	if (a->outcome == REST_OK) {
		c->writes++;
		log_info("Slash commands: Discord has the new list.");
		commands_done(c);
	} else if (!is_for_a_command(a)) {
		commands_failed(c, "cannot register them", a);
	} else if (command_list_culprits(&c->list, &c->table, a->body, a->len)
	    > 0) {
		commands_write(c);
	} else if (c->one == 0 && c->list.n > 0) {
		log_warn("Slash commands: Discord refuses the list and does "
			 "not say which of them (%.*s): each is tried alone.",
		    a->len > 300 ? 300 : (int)a->len, a->body);
		commands_each(c);
	} else {
		commands_failed(c, "cannot register them", a);
	}
}

static void
on_read(void *arg, const struct rest_answer *a)
{
	struct registration *c = arg;
	bool same;

	if (a->outcome != REST_OK
	    || command_list_read(&c->list, a->body, a->len, &same) < 0) {
		commands_failed(c, "cannot read what there are", a);
		return;
	}
	c->reads++;
	c->one = c->found = 0;
	/* What we have changed is not for Discord to find equal: it may have
	 * filled in a default for what was there before. */
	if (same && c->known == NULL) {
		log_info("Slash commands: Discord has them as they are.");
		commands_done(c);
	} else {
		commands_write(c);
	}
}

static void
commands_read(struct registration *c)
{
	commands_call(c, "GET", "?with_localizations=true", NULL, on_read);
}

static void
on_application(void *arg, const struct rest_answer *a)
{
	struct json_object *o = NULL;
	struct registration *c = arg;

	if (a->outcome == REST_OK && a->len < COMMANDS_ANSWER_MAX)
		o = json_parse_as(a->body, a->len, json_type_object);
	if (o != NULL)
		str_copy(c->app, command_spec_text(o, "id"), sizeof(c->app));
	json_object_put(o);
	if (c->app[0] == '\0')
		commands_failed(c, "cannot learn the application's id", a);
	else
		commands_read(c);
}

static void
commands_look(struct timer *t)
{
	struct registration *c = container_of(t, struct registration, timer);

	if (c->busy)
		return;
	command_list_make(&c->list, &c->table);
	/* A bot that never had commands leaves what there is alone. */
	if (strcmp(c->list.text, c->known != NULL ? c->known : "[]") == 0) {
		log_debug("slash commands: nothing has changed");
		c->trouble[0] = '\0';
		commands_tell(c);
		return;
	}
	if (c->app[0] == '\0')
		commands_call(c, "GET", "", NULL, on_application);
	else
		commands_read(c);
}

/* ---- declaring ------------------------------------------------------ */

void
registration_declare(struct registration *c, unsigned plugin,
    struct json_object *result)
{
	struct json_object *declared = NULL;
	char key[KV_KEY_MAX + 1];

	if (json_object_is_type(result, json_type_object))
		json_object_object_get_ex(result, "commands", &declared);
	if (command_table_set(&c->table, plugin, declared)) {
		plugin_key(c, plugin, key, sizeof(key));
		keep(c, plugin, key, json_text(c->table.list[plugin]));
	}
	c->plugin = plugin;
	commands_tell(c);
	timer_set(&c->timer, REGISTRATION_SETTLE_S);
}

void
registration_init(struct registration *c, struct timers *timers,
    struct rest *rest, struct kv_jobs *jobs, const struct config *config,
    uint64_t identity)
{
	*c = (struct registration) {.rest = rest,
	    .jobs = jobs,
	    .config = config,
	    .identity = identity,
	    .retry_s = REGISTRATION_RETRY_S};
	command_table_init(&c->table, config);
	command_list_init(&c->list);
	timer_init(timers, &c->timer, commands_look);
	commands_load(c);
}

void
registration_free(struct registration *c)
{
	timer_stop(&c->timer);
	command_table_free(&c->table);
	command_list_free(&c->list);
	free(c->known);
}
