/* SPDX-License-Identifier: MIT */
/*
 * The plugin under test is given its commands, as slash commands or as
 * somebody types them, and what somebody says.
 */
#include "tools/cli/plugin_test/plugin_test_impl.h"

#include "shared/base/text.h"
#include "shared/json/json.h"
#include "tools/cli/base/option.h"

#include <string.h>

#define REGISTER_S 10 /* the commands */
#define COMMAND_S 4   /* Discord gives 3 */
#define ANSWER_MS 3000
#define MESSAGE_S 6    /* to answer a message */
#define TYPED_MAX 1000 /* bytes of a command with its words */

/* ---- what is declared ----------------------------------------------- */

static bool
is_of_menu(struct json_object *command)
{
	struct json_object *type = json_get(command, "type");

	return type != NULL && json_object_get_int(type) != 1;
}

/* Without roads a command may be given in any way. */
static bool
has_road(struct json_object *command, const char *name)
{
	struct json_object *roads = json_get(command, "roads"), *road;

	if (is_of_menu(command))
		return false;
	if (!json_object_is_type(roads, json_type_array))
		return true;
	for (size_t i = 0; i < json_object_array_length(roads); i++) {
		road = json_object_array_get_idx(roads, i);
		if (json_object_is_type(road, json_type_string)
		    && strcmp(json_object_get_string(road), name) == 0)
			return true;
	}
	return false;
}

/* Of those that are declared, how many Discord is told of. */
static size_t
registered(struct json_object *commands)
{
	size_t n = 0;

	for (size_t i = 0; i < json_object_array_length(commands); i++) {
		struct json_object *one = json_object_array_get_idx(commands,
		    i);

		n += has_road(one, "slash") || is_of_menu(one);
	}
	return n;
}

static void
check_registered(struct plugin_test *t)
{
	size_t all = json_object_array_length(t->trial.talk.commands);
	size_t n = registered(t->trial.talk.commands);
	uint64_t until = plugin_test_in_s(REGISTER_S);
	char done[100] = "", refused[600] = "", left[400], words[100];

	str_format(words, sizeof(words), "plugin %s: its command ",
	    t->trial.name);
	do {
		trial_log(&t->trial, words, left, sizeof(left));
		if (n == 0)
			break; /* Discord hears of none */
		trial_log(&t->trial, "Slash commands: Discord has ", done,
		    sizeof(done));
		trial_log(&t->trial, "cannot register them", refused,
		    sizeof(refused));
	} while (done[0] == '\0' && refused[0] == '\0'
	    && !(left[0] != '\0' && n == 1) && trial_step(&t->trial, until));
	if (left[0] != '\0')
		plugin_test_say(t, FAIL, "commands", "%s",
		    strstr(left, "its command"));
	else if (n == 0)
		plugin_test_say(t, PASS, "commands",
		    "%zu %s declared, none of them for Discord's list", all,
		    all == 1 ? "is" : "are");
	else if (refused[0] != '\0')
		plugin_test_say(t, FAIL, "commands", "Discord would refuse: %s",
		    refused);
	else if (done[0] == '\0')
		plugin_test_say(t, FAIL, "commands",
		    "they were not registered within %u s",
		    rig_seconds(REGISTER_S));
	else
		plugin_test_say(t, PASS, "commands",
		    "%zu %s declared and registered", n, n == 1 ? "is" : "are");
}

/* ---- slash commands ------------------------------------------------- */

static void
judge_slash(struct plugin_test *t, const char *label, const char *id)
{
	const struct transcript *k = &t->trial.talk;
	const struct transcript_event *e = transcript_about(k,
	    "INTERACTION_CREATE", id);
	const struct transcript_call *c = transcript_response(k, id);
	uint64_t ms = e != NULL && c != NULL ? c->answered_ms - e->sent_ms : 0;

	if (e == NULL)
		plugin_test_say(t, FAIL, label,
		    "its interaction did not reach the plugin, which has not "
		    "answered what came before");
	else if (e->failed)
		plugin_test_say(t, FAIL, label,
		    "its event is answered with an error: %s", e->why);
	else if (c == NULL)
		plugin_test_say(t, FAIL, label,
		    "nobody answers within 3 s: call interaction.respond, or "
		    "interaction.defer first, with id and token of the event");
	else if (c->failed)
		plugin_test_say(t, FAIL, label, "%s is refused: %s", c->method,
		    c->why);
	else if (!c->answered || ms > ANSWER_MS)
		plugin_test_say(t, FAIL, label,
		    "its answer comes too late, Discord gives 3 s: call "
		    "interaction.defer first");
	else if (!e->answered)
		plugin_test_say(t, FAIL, label,
		    "it answers the user, but not the event (id %lld)",
		    (long long)e->id);
	else if (strcmp(c->method, "interaction.defer") == 0)
		plugin_test_say(t, PASS, label, "defers its answer, in %llu ms",
		    (unsigned long long)ms);
	else
		plugin_test_say(t, PASS, label, "answers \"%s\" in %llu ms",
		    c->content, (unsigned long long)ms);
}

static int
try_slash(struct plugin_test *t, const char *name, const char *label,
    struct json_object *options)
{
	const struct transcript *k = &t->trial.talk;
	char id[64];

	if (rig_ctl(&t->trial.rig, id, sizeof(id), &t->cli->err,
		(const char *const[]) {"interaction", "0", name,
		    json_object_to_json_string_ext(options,
			JSON_C_TO_STRING_PLAIN),
		    NULL})
	    == -1)
		return -1;
	for (uint64_t until = plugin_test_in_s(COMMAND_S);
	     trial_step(&t->trial, until);) {
		const struct transcript_event *e = transcript_about(k,
		    "INTERACTION_CREATE", id);
		const struct transcript_call *c = transcript_response(k, id);

		if (e != NULL && e->answered
		    && (e->failed || (c != NULL && c->answered)))
			break;
	}
	if (rig_interrupted())
		return plugin_test_give_up(t, "");
	judge_slash(t, label, id);
	return 0;
}

/* ---- messages ------------------------------------------------------- */

static void
judge_message(struct plugin_test *t, const char *label, const char *id,
    const char *what, bool must_answer)
{
	const struct transcript *k = &t->trial.talk;
	const struct transcript_event *e = transcript_about(k, "MESSAGE_CREATE",
	    id);
	const struct transcript_call *c = e != NULL ? transcript_reply(k, e)
						    : NULL;

	if (e == NULL)
		plugin_test_say(t, FAIL, label,
		    "%sdoes not reach the plugin: its events lack "
		    "MESSAGE_CREATE, or it has not answered what came before",
		    what);
	else if (e->failed)
		plugin_test_say(t, FAIL, label,
		    "%sits event is answered with an error: %s", what, e->why);
	else if (c != NULL && c->failed)
		plugin_test_say(t, FAIL, label, "%s%s is refused: %s", what,
		    c->method, c->why);
	else if (!e->answered)
		plugin_test_say(t, FAIL, label,
		    "%sits event (id %lld) is not answered within %u s", what,
		    (long long)e->id, rig_seconds(MESSAGE_S));
	else if (c == NULL)
		plugin_test_say(t, must_answer ? FAIL : NOTE, label,
		    "%sis handled, and nothing is said", what);
	else if (c->content[0] == '\0')
		plugin_test_say(t, PASS, label,
		    "%sis answered by %s in %llu ms", what, c->method,
		    (unsigned long long)(c->answered_ms - e->sent_ms));
	else
		plugin_test_say(t, PASS, label, "%sanswers \"%s\" in %llu ms",
		    what, c->content,
		    (unsigned long long)(c->answered_ms - e->sent_ms));
}

/* Until its event is answered, and what it was answered with. */
static int
try_message(struct plugin_test *t, const char *text, char *id, size_t size)
{
	const struct transcript *k = &t->trial.talk;

	if (trial_say(&t->trial, text, id, size) == -1)
		return -1;
	for (uint64_t until = plugin_test_in_s(MESSAGE_S);
	     trial_step(&t->trial, until);) {
		const struct transcript_event *e = transcript_about(k,
		    "MESSAGE_CREATE", id);
		const struct transcript_call *c = e != NULL
		    ? transcript_reply(k, e)
		    : NULL;

		if (e != NULL && e->answered && (c == NULL || c->answered))
			break;
	}
	return rig_interrupted() ? plugin_test_give_up(t, "") : 0;
}

/* As somebody types them: values by their order, blanks in quotes. */
static void
put_typed(FILE *f, struct json_object *options)
{
	for (size_t i = 0; i < json_object_array_length(options); i++) {
		struct json_object *o = json_object_array_get_idx(options, i);
		struct json_object *value = json_get(o, "value");
		struct json_object *deeper = json_get(o, "options");

		if (deeper != NULL) {
			fprintf(f, " %s", json_get_text(o, "name"));
			put_typed(f, deeper);
		} else if (value != NULL) {
			const char *text = json_object_get_string(value);
			bool plain = strcspn(text, " \"\\") == strlen(text);

			fputs(plain ? " " : " \"", f);
			for (; *text != '\0'; text++)
				fprintf(f, "%s%c",
				    !plain && strchr("\"\\", *text) ? "\\" : "",
				    *text);
			fputs(plain ? "" : "\"", f);
		}
	}
}

static int
try_typed(struct plugin_test *t, const char *name, struct json_object *options)
{
	char label[48], id[64], typed[TYPED_MAX];
	FILE *f = fmemopen(typed, sizeof(typed), "w");

	if (f == NULL)
		bug("no memory for a command");
	fprintf(f, "%s%s", t->trial.prefix, name);
	put_typed(f, options);
	fclose(f);
	str_format(label, sizeof(label), "%s%s", t->trial.prefix, name);
	if (try_message(t, typed, id, sizeof(id)) == -1)
		return -1;
	judge_message(t, label, id, "", true);
	return 0;
}

int
plugin_test_messages(struct plugin_test *t, const struct option_list *texts)
{
	char id[64], what[80];

	for (size_t i = 0; i < texts->n; i++) {
		if (try_message(t, texts->text[i], id, sizeof(id)) == -1)
			return -1;
		text_format(what, sizeof(what), "\"%s\" ",
		    TEXT_OF(texts->text[i], 60));
		judge_message(t, "say", id, what, false);
	}
	return 0;
}

/* ---- all of it ------------------------------------------------------ */

static int
check_command(struct plugin_test *t, struct json_object *command)
{
	struct json_object *options;
	bool slash = has_road(command, "slash");
	const char *name;
	char label[48];
	int rc;

	name = json_object_get_string(json_get(command, "name"));
	str_format(label, sizeof(label), "/%s", name != NULL ? name : "");
	if (name == NULL || (!slash && !has_road(command, "prefix")))
		return plugin_test_say(t, NOTE, label,
		    "is not tried: only what may be typed is, as a slash "
		    "command or behind the prefix");
	options = transcript_options(json_get(command, "options"));
	rc = slash ? try_slash(t, name, label, options)
		   : try_typed(t, name, options);
	json_object_put(options);
	return rc;
}

int
plugin_test_commands(struct plugin_test *t)
{
	struct json_object *list = json_object_get(t->trial.talk.commands);
	size_t n = json_object_array_length(list);
	int rc = 0;

	if (n == 0)
		plugin_test_say(t, NOTE, "commands", "it declares no command");
	else
		check_registered(t);
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = check_command(t, json_object_array_get_idx(list, i));
	json_object_put(list);
	return rc;
}
