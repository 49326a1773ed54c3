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
#include <unistd.h>

#define DEPTH_MAX 1040 /* an event may be nested 1024 deep */

typedef struct json_object json;

/* ---- the lines ---------------------------------------------------------- */

struct waiting { /* came while we waited for an answer */
	struct waiting *next;
	json *message;
};
static struct waiting *first, **last = &first;

/* What was read and not worked on yet: whole lines, and the start of one. */
static char *got;
static size_t got_at, got_end, got_size;

/* Events are worked on in their order: those up to this one are done, and the
 * handler was told so of those up to that. */
static int64_t done, told;

/* It leaves before we read again, as those before and behind it do. */
static void
write_line(json *message)
{
	json_object_object_add(message, "jsonrpc",
	    json_object_new_string("2.0"));
	puts(json_object_to_json_string_ext(message, JSON_C_TO_STRING_PLAIN));
	json_object_put(message);
}

/* What we have to say, in one piece: a write for each event would cost more
 * than the rest of a small plugin. */
static int
tell(void)
{
	if (done > told)
		printf("{\"jsonrpc\":\"2.0\",\"method\":\"done\","
		       "\"params\":{\"upto\":%lld}}\n", (long long)done);
	told = done;
	return fflush(stdout);
}

/* The handler must not wait for what we have to say while we wait for it. */
static int
read_more(void)
{
	ssize_t n;

	if (tell() != 0)
		return -1;
	if (got_at > 0)
		memmove(got, got + got_at, got_end - got_at);
	got_end -= got_at;
	got_at = 0;
	if (got_end == got_size) {
		got_size = got_size > 0 ? 2 * got_size : 1 << 16;
		got = realloc(got, got_size);
		if (got == NULL)
			exit(1);
	}
	n = read(STDIN_FILENO, got + got_end, got_size - got_end);
	if (n <= 0)
		return -1;
	got_end += (size_t)n;
	return 0;
}

/* The next message; NULL when the handler has no more for us. */
static json *
read_line(void)
{
	static struct json_tokener *reader;
	size_t seen = 0; /* of what is there: no end of a line */
	char *line, *end = NULL;
	json *message;

	for (;;) {
		if (got_end - got_at > seen)
			end = memchr(got + got_at + seen, '\n',
			    got_end - got_at - seen);
		if (end != NULL)
			break;
		seen = got_end - got_at;
		if (read_more() < 0)
			return NULL;
	}
	line = got + got_at;
	got_at = (size_t)(end + 1 - got);
	if (reader == NULL)
		reader = json_tokener_new_ex(DEPTH_MAX);
	message = json_tokener_parse_ex(reader, line, (int)(end - line));
	if (message == NULL) {
		fprintf(stderr, "not JSON: %.*s\n", 80, line);
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

static void
answer(json *request, json *result)
{
	json *message = json_object_new_object();

	json_object_object_add(message, "id",
	    json_object_get(get(request, "id")));
	json_object_object_add(message, "result", result);
	write_line(message);
}

int
main(void)
{
	json *m;

	while ((m = next_message()) != NULL) {
		const char *method = text(m, "method");
		json *result = NULL;

		if (strcmp(method, "shutdown") == 0)
			break;
		if (strcmp(method, "initialize") == 0)
			result = initialize();
		else if (strcmp(method, "event") == 0)
			on_event(get(m, "params"));
		/* An event is done when the handler is told so. */
		if (strcmp(method, "event") == 0)
			done = json_object_get_int64(get(m, "id"));
		else if (get(m, "id") != NULL)
			answer(m, result);
		json_object_put(m);
	}
	return tell() != 0;
}
