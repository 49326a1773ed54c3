/*
 * @NAME@: a plugin of shardherd.
 *
 *   make                        builds it, with json-c
 *   shardherd plugin test .     tries it in the simulator
 *   man 7 shardherd-plugin      has every method and event
 *
 * Standard output belongs to the protocol: a JSON document per line.  What is
 * written to standard error goes into the log.
 */
#define _POSIX_C_SOURCE 200809L
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct json_object json;

/* ---- the lines ---------------------------------------------------------- */

struct waiting { /* came while we waited for an answer */
	struct waiting *next;
	json *message;
};
static struct waiting *first, **last = &first;

static void
write_line(json *message)
{
	json_object_object_add(message, "jsonrpc",
	    json_object_new_string("2.0"));
	puts(json_object_to_json_string_ext(message, JSON_C_TO_STRING_PLAIN));
	fflush(stdout);
	json_object_put(message);
}

/* The next message; NULL when the handler has no more for us. */
static json *
read_line(void)
{
	static char *line;
	static size_t size;
	json *message;

	if (getline(&line, &size, stdin) == -1)
		return NULL;
	message = json_tokener_parse(line);
	if (message == NULL) {
		fprintf(stderr, "not JSON: %.80s\n", line);
		exit(1);
	}
	return message;
}

static json *
next_message(void)
{
	struct waiting *w = first;
	json *message;

	if (w == NULL)
		return read_line();
	message = w->message;
	first = w->next;
	if (first == NULL)
		last = &first;
	free(w);
	return message;
}

static void
put_back(json *message)
{
	struct waiting *w = malloc(sizeof(*w));

	if (w == NULL)
		exit(1);
	w->next = NULL;
	w->message = message;
	*last = w;
	last = &w->next;
}

/* o[key], or NULL. */
static json *
get(json *o, const char *key)
{
	json *v = NULL;

	if (json_object_is_type(o, json_type_object))
		json_object_object_get_ex(o, key, &v);
	return v;
}

static const char *
text(json *o, const char *key)
{
	const char *s = json_object_get_string(get(o, key));

	return s != NULL ? s : "";
}

/*
 * Calls a method of the handler, and waits for its answer: the result, to be
 * put, or NULL after an error.  Takes the parameters over.
 */
static json *
call(const char *method, json *params)
{
	static int64_t id;
	json *request = json_object_new_object(), *m, *result = NULL;

	json_object_object_add(request, "id", json_object_new_int64(++id));
	json_object_object_add(request, "method",
	    json_object_new_string(method));
	json_object_object_add(request, "params", params);
	write_line(request);
	while ((m = read_line()) != NULL) {
		if (get(m, "method") == NULL
		    && json_object_get_int64(get(m, "id")) == id)
			break;
		put_back(m);
	}
	if (m == NULL)
		exit(0);
	if (get(m, "error") != NULL)
		fprintf(stderr, "%s: %s\n", method,
		    text(get(m, "error"), "message"));
	else
		result = json_object_get(get(m, "result"));
	json_object_put(m);
	return result;
}

/* An object of texts: key, value, ..., NULL. */
static json *
texts(const char *const *words)
{
	json *o = json_object_new_object();

	for (; words[0] != NULL; words += 2)
		json_object_object_add(o, words[0],
		    json_object_new_string(words[1]));
	return o;
}

/* ---- what the plugin does ------------------------------------------------ */

/* Stored on disk, so the count survives restarts. */
static int64_t
count_up(void)
{
	json *found = call("kv.get", texts((const char *const[]) {
	    "key", "count", NULL}));
	int64_t count = json_object_get_int64(get(found, "value")) + 1;
	json *set = texts((const char *const[]) {"key", "count", NULL});

	json_object_put(found);
	json_object_object_add(set, "value", json_object_new_int64(count));
	json_object_put(call("kv.set", set));
	return count;
}

/*
 * The command /@NAME@, and !@NAME@ with [handler] prefix = !  It comes with the
 * method and the parameters that answer it.  It must do so within 3 seconds.
 */
static void
on_command(json *command)
{
	json *params = json_object_get(get(get(command, "answer"), "params"));
	char answer[80];

	snprintf(answer, sizeof(answer), "Hello! That makes %lld.",
	    (long long)count_up());
	json_object_object_add(params, "content",
	    json_object_new_string(answer));
	json_object_put(call(text(get(command, "answer"), "method"), params));
}

/*
 * An event.  Reading messages takes the intents GUILD_MESSAGES and
 * MESSAGE_CONTENT, and MESSAGE_CREATE in this plugin's events.  The reply is
 * posted once, even when the event comes again.
 */
static void
on_message(json *d)
{
	if (strcmp(text(d, "content"), "good bot") != 0)
		return;
	json_object_put(call("reply", texts((const char *const[]) {
	    "channel_id", text(d, "channel_id"), "message_id", text(d, "id"),
	    "content", "Thank you!", NULL})));
}

static void
on_event(json *params)
{
	json *event = get(params, "event"), *command = get(params, "command");

	if (strcmp(text(command, "name"), "@NAME@") == 0)
		on_command(command);
	else if (strcmp(text(event, "t"), "MESSAGE_CREATE") == 0)
		on_message(get(event, "d"));
}

/* The first request: its answer declares the commands. */
static json *
initialize(void)
{
	json *result = json_object_new_object();
	json *commands = json_object_new_array();

	json_object_array_add(commands, texts((const char *const[]) {
	    "name", "@NAME@",
	    "help", "Says hello, and counts how often it did", NULL}));
	json_object_object_add(result, "api", json_object_new_int(1));
	json_object_object_add(result, "commands", commands);
	return result;
}

int
main(void)
{
	json *m;

	while ((m = next_message()) != NULL) {
		const char *method = text(m, "method");
		json *answer, *result = NULL;

		if (strcmp(method, "shutdown") == 0)
			return 0;
		if (strcmp(method, "initialize") == 0)
			result = initialize();
		else if (strcmp(method, "event") == 0)
			on_event(get(m, "params"));
		/* The event is done when it is answered. */
		if (get(m, "id") != NULL) {
			answer = json_object_new_object();
			json_object_object_add(answer, "id",
			    json_object_get(get(m, "id")));
			json_object_object_add(answer, "result", result);
			write_line(answer);
		}
		json_object_put(m);
	}
	return 0;
}
