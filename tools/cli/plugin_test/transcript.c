/* SPDX-License-Identifier: MIT */
#include "tools/cli/plugin_test/transcript.h"

#include "shared/base/text.h"
#include "shared/json/json.h"
#include "tools/cli/plugin_test/tap.h"

#include <stdarg.h>
#include <string.h>

void
transcript_init(struct transcript *t, const char *mark)
{
	*t = (struct transcript) {.mark = mark};
	t->event = base_alloc(TRANSCRIPT_MAX * sizeof(*t->event));
	t->call = base_alloc(TRANSCRIPT_MAX * sizeof(*t->call));
}

void
transcript_free(struct transcript *t)
{
	free(t->event);
	free(t->call);
	json_object_put(t->commands);
}

/* ---- JSON ----------------------------------------------------------- */

static bool
has(struct json_object *o, const char *key)
{
	return json_object_object_get_ex(o, key, NULL);
}

static void keep(struct transcript_lines *l, const char *fmt, ...)
    printflike(2, 3);
static void
keep(struct transcript_lines *l, const char *fmt, ...)
{
	va_list ap;

	if (l->n++ >= TRANSCRIPT_KEPT)
		return;
	va_start(ap, fmt);
	text_vformat(l->text[l->n - 1], TRANSCRIPT_WORDS, fmt, ap);
	va_end(ap);
}

/* ---- what the handler says ------------------------------------------ */

static void
add_event(struct transcript *t, uint64_t ms, struct json_object *m)
{
	const char *method = json_get_text(m, "method");
	struct json_object *params = json_get(m, "params");
	struct json_object *event = json_get(params, "event"),
			   *d = json_get(event, "d");
	struct transcript_event *e;

	if (t->events == TRANSCRIPT_MAX)
		return;
	e = &t->event[t->events++];
	*e = (struct transcript_event) {.sent_ms = ms,
	    .calls = t->calls,
	    .id = json_object_get_int64(json_get(m, "id"))};
	str_copy(e->about, json_get_text(d, "id"), sizeof(e->about));
	if (strcmp(method, "event") == 0)
		str_copy(e->name,
		    event != NULL ? json_get_text(event, "t")
				  : "an event "
				    "that is not JSON",
		    sizeof(e->name));
	else if (strcmp(method, "timer") == 0)
		str_format(e->name, sizeof(e->name), "timer %s",
		    TEXT_OF(json_get_text(params, "name"), 40));
	else
		str_copy(e->name, method, sizeof(e->name));
	if (strcmp(e->name, "MESSAGE_CREATE") == 0 && t->mark != NULL
	    && strcmp(json_get_text(d, "content"), t->mark) == 0)
		t->marked = true;
}

/* The result or error of one of the plugin's requests. */
static void
answer_call(struct transcript *t, uint64_t ms, struct json_object *m)
{
	const char *id = json_object_to_json_string(json_get(m, "id"));
	struct json_object *e = json_get(m, "error");

	for (size_t i = t->calls; i-- > 0;) {
		struct transcript_call *c = &t->call[i];

		if (c->answered || strcmp(c->id, id) != 0)
			continue;
		c->answered = true;
		c->answered_ms = ms;
		c->failed = e != NULL;
		if (e != NULL)
			snprintf(c->why, sizeof(c->why), "%d, %s",
			    json_object_get_int(json_get(e, "code")),
			    json_get_text(e, "message"));
		return;
	}
}

static void
from_handler(struct transcript *t, uint64_t ms, struct json_object *m)
{
	if (!has(m, "method"))
		answer_call(t, ms, m);
	else if (has(m, "id"))
		add_event(t, ms, m);
	else if (strcmp(json_get_text(m, "method"), "shutdown") == 0)
		t->shutdown = true;
}

/* ---- what the plugin says ------------------------------------------- */

static void
finish(struct transcript *t, struct transcript_event *e, uint64_t ms,
    struct json_object *m)
{
	struct json_object *error = json_get(m, "error"), *commands;

	e->answered = true;
	e->answered_ms = ms;
	if (error != NULL) {
		e->failed = true;
		str_copy(e->why, json_get_text(error, "message"),
		    sizeof(e->why));
	} else if (strcmp(e->name, "initialize") == 0) {
		commands = json_get(json_get(m, "result"), "commands");
		json_object_put(t->commands);
		t->commands = json_object_is_type(commands, json_type_array)
		    ? json_object_get(commands)
		    : json_object_new_array();
	}
}

static const char *
answer_event(struct transcript *t, uint64_t ms, struct json_object *m)
{
	struct json_object *id = json_get(m, "id");
	bool known = false;

	if (!json_object_is_type(id, json_type_int))
		return "an answer has the id of what it answers, a number";
	for (size_t i = t->events; i-- > 0;) {
		struct transcript_event *e = &t->event[i];

		if (e->id != json_object_get_int64(id))
			continue;
		known = true;
		if (e->answered)
			continue;
		finish(t, e, ms, m);
		return NULL;
	}
	if (t->events == TRANSCRIPT_MAX)
		return NULL;
	return known ? "it answers what it had answered already"
		     : "it answers what nobody asked";
}

static void
done_upto(struct transcript *t, uint64_t ms, int64_t upto)
{
	for (size_t i = 0; i < t->events; i++) {
		struct transcript_event *e = &t->event[i];

		if (e->answered || e->id > upto || e->id == 0)
			continue;
		e->answered = true;
		e->answered_ms = ms;
	}
}

static const char *
add_call(struct transcript *t, uint64_t ms, struct json_object *m)
{
	static const char *const about[] = {"id", "message_id", "reply_to",
	    "name"};
	struct json_object *params = json_get(m, "params"),
			   *id = json_get(m, "id");
	struct transcript_call *c;

	if (!json_object_is_type(json_get(m, "method"), json_type_string))
		return "method must be a text";
	if (params != NULL && !json_object_is_type(params, json_type_object)
	    && !json_object_is_type(params, json_type_array))
		return "params must be an object";
	if (has(m, "id") && !json_object_is_type(id, json_type_int)
	    && !json_object_is_type(id, json_type_string))
		return "id must be a number or a text";
	if (strcmp(json_get_text(m, "method"), "done") == 0) {
		done_upto(t, ms,
		    json_object_get_int64(json_get(params, "upto")));
		return NULL;
	}
	if (t->calls == TRANSCRIPT_MAX)
		return NULL;
	c = &t->call[t->calls++];
	*c = (struct transcript_call) {.sent_ms = ms, .answered = id == NULL};
	if (id != NULL)
		str_copy(c->id, json_object_to_json_string(id), sizeof(c->id));
	str_copy(c->method, json_get_text(m, "method"), sizeof(c->method));
	for (size_t i = 0; i < nitems(about) && c->about[0] == '\0'; i++)
		str_copy(c->about, json_get_text(params, about[i]),
		    sizeof(c->about));
	str_copy(c->content, json_get_text(params, "content"),
	    sizeof(c->content));
	return NULL;
}

static const char *
from_plugin(struct transcript *t, uint64_t ms, struct json_object *m)
{
	struct json_object *e = json_get(m, "error");

	if (!json_object_is_type(m, json_type_object))
		return "it is no JSON object";
	if (strcmp(json_get_text(m, "jsonrpc"), "2.0") != 0)
		return "it lacks \"jsonrpc\":\"2.0\"";
	if (has(m, "method"))
		return add_call(t, ms, m);
	if (has(m, "result") == has(m, "error"))
		return "it has neither method nor one of result and error";
	if (has(m, "error")
	    && (!json_object_is_type(json_get(e, "code"), json_type_int)
		|| !json_object_is_type(json_get(e, "message"),
		    json_type_string)))
		return "error must have a code, a number, and a message";
	return answer_event(t, ms, m);
}

/* ---- lines ---------------------------------------------------------- */

static void
take_out(struct transcript *t, uint64_t ms, const char *line, size_t len,
    bool cut)
{
	struct json_object *m = cut
	    ? NULL
	    : json_parse_as(line, len, json_type_object);
	const char *why = "it is not JSON";

	t->out_lines++;
	if (cut)
		return; /* too long to be judged here */
	if (m != NULL)
		why = from_plugin(t, ms, m);
	if (why != NULL)
		keep(&t->bad, "line %zu, %s: %s", t->out_lines, why,
		    TEXT_OF_N(line, len, 100));
	json_object_put(m);
}

static void
take_in(struct transcript *t, uint64_t ms, const char *line, size_t len)
{
	struct json_object *m = json_parse_as(line, len, json_type_object);

	if (json_object_is_type(m, json_type_object))
		from_handler(t, ms, m);
	json_object_put(m);
}

void
transcript_line(struct transcript *t, const char *line, size_t len)
{
	unsigned long long ms;
	char tag;
	int at = 0;
	bool cut;

	if (sscanf(line, "%llu %c%n", &ms, &tag, &at) != 2 || (size_t)at >= len)
		return;
	cut = line[at] == TAP_CUT;
	line += at + cut + 1;
	len -= (size_t)at + cut + 1;
	if (tag == TAP_IN)
		take_in(t, ms, line, len);
	else if (tag == TAP_OUT)
		take_out(t, ms, line, len, cut);
	else if (tag == TAP_ERR) {
		text_clean(t->last_error, sizeof(t->last_error), line, len);
		keep(&t->errors, "%s", t->last_error);
	} else if (tag == TAP_STARTED) {
		t->starts++;
	} else if (tag == TAP_ENDED) {
		t->ends++;
		snprintf(t->end, sizeof(t->end), "%.*s",
		    (int)(len < 30 ? len : 30), line);
	}
}

/* ---- questions ------------------------------------------------------ */

size_t
transcript_open(const struct transcript *t)
{
	size_t n = 0;

	for (size_t i = 0; i < t->events; i++)
		n += !t->event[i].answered;
	return n;
}

const struct transcript_event *
transcript_about(const struct transcript *t, const char *name, const char *id)
{
	for (size_t i = 0; i < t->events; i++)
		if (strcmp(t->event[i].name, name) == 0
		    && strcmp(t->event[i].about, id) == 0)
			return &t->event[i];
	return NULL;
}

const struct transcript_call *
transcript_response(const struct transcript *t, const char *id)
{
	for (size_t i = 0; i < t->calls; i++)
		if (strncmp(t->call[i].method, "interaction.", 12) == 0
		    && strcmp(t->call[i].about, id) == 0)
			return &t->call[i];
	return NULL;
}

const struct transcript_call *
transcript_reply(const struct transcript *t, const struct transcript_event *e)
{
	for (size_t i = e->calls; i < t->calls; i++)
		if (strcmp(t->call[i].about, e->about) == 0)
			return &t->call[i];
	for (size_t i = e->calls; i < t->calls; i++)
		if (t->call[i].content[0] != '\0')
			return &t->call[i];
	return NULL;
}

/* ---- a command's options -------------------------------------------- */

enum { SUBCOMMAND = 1, GROUP, STRING, INTEGER, BOOLEAN, NUMBER = 10 };

static struct json_object *
sample_text(struct json_object *option)
{
	int64_t least = json_object_get_int64(json_get(option, "min_length"));
	char out[101] = "test";

	for (size_t i = 4; (int64_t)i < least && i < sizeof(out) - 1; i++)
		out[i] = 't';
	return json_object_new_string(out);
}

static struct json_object *
sample_value(struct json_object *option, int type)
{
	struct json_object *choices = json_get(option, "choices"), *least;

	if (json_object_is_type(choices, json_type_array)
	    && json_object_array_length(choices) > 0)
		return json_object_get(
		    json_get(json_object_array_get_idx(choices, 0), "value"));
	if (type == STRING)
		return sample_text(option);
	if (type == BOOLEAN)
		return json_object_new_boolean(true);
	if (type != INTEGER && type != NUMBER)
		return json_object_new_string("1"); /* somebody's id */
	least = json_get(option, "min_value");
	return least != NULL ? json_object_get(least) : json_object_new_int(1);
}

static struct json_object *
sample_option(struct json_object *option)
{
	int type = json_object_get_int(json_get(option, "type"));
	struct json_object *o = json_object_new_object();

	json_put_int(o, "type", type);
	json_put_text(o, "name", json_get_text(option, "name"));
	if (type == SUBCOMMAND || type == GROUP)
		json_object_object_add(o, "options",
		    transcript_options(json_get(option, "options")));
	else
		json_object_object_add(o, "value", sample_value(option, type));
	return o;
}

struct json_object *
transcript_options(struct json_object *declared)
{
	struct json_object *list = json_object_new_array(), *option;
	size_t n = json_object_is_type(declared, json_type_array)
	    ? json_object_array_length(declared)
	    : 0;

	for (size_t i = 0; i < n; i++) {
		int type;

		option = json_object_array_get_idx(declared, i);
		type = json_object_get_int(json_get(option, "type"));
		json_object_array_add(list, sample_option(option));
		/* Of several subcommands only one can be used at a time. */
		if (type == SUBCOMMAND || type == GROUP)
			break;
	}
	return list;
}
