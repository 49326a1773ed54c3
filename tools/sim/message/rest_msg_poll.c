/* SPDX-License-Identifier: MIT */
/* The form of a poll in a message. */
#include "tools/sim/rest/rest_form.h"
#include "tools/sim/message/rest_msg.h"

#define ANSWERS_MAX 10
#define QUESTION_MAX 300 /* characters */
#define ANSWER_MAX 55
#define HOURS_MAX 768

/* A text of 1 to max characters at o.text; path says where o is. */
static void
check_text(struct rest_call *c, json_object *o, const char *path, size_t max)
{
	json_object *v = jso_get(o, "text");
	char at[80];
	size_t n;

	must(str_format(at, sizeof(at), "%s.text", path));
	if (v == NULL) {
		rest_form_required(c, at);
		return;
	}
	n = rest_form_chars(json_object_get_string(v));
	if (!json_object_is_type(v, json_type_string) || n < 1 || n > max)
		rest_form_error(c, at, "BASE_TYPE_BAD_LENGTH",
		    "Must be between 1 and %zu in length.", max);
}

static void
check_answers(struct rest_call *c, json_object *poll)
{
	json_object *list = jso_get(poll, "answers");
	size_t n;
	char path[64];

	if (!json_object_is_type(list, json_type_array)) {
		rest_form_required(c, "poll.answers");
		return;
	}
	n = json_object_array_length(list);
	if (n < 1 || n > ANSWERS_MAX)
		rest_form_error(c, "poll.answers", "BASE_TYPE_BAD_LENGTH",
		    "Must be between 1 and %d in length.", ANSWERS_MAX);
	for (size_t i = 0; i < n && i < ANSWERS_MAX; i++) {
		must(str_format(path, sizeof(path),
		    "poll.answers.%zu.poll_media", i));
		check_text(c,
		    jso_get(json_object_array_get_idx(list, i), "poll_media"),
		    path, ANSWER_MAX);
	}
}

void
rest_msg_poll(struct rest_call *c, json_object *body)
{
	json_object *poll = jso_get(body, "poll"), *v;
	int64_t hours;

	if (poll == NULL)
		return;
	if (!json_object_is_type(poll, json_type_object)) {
		rest_form_no_object(c, "poll");
		return;
	}
	check_text(c, jso_get(poll, "question"), "poll.question", QUESTION_MAX);
	check_answers(c, poll);
	v = jso_get(poll, "duration");
	hours = json_object_get_int64(v);
	if (v != NULL
	    && (!rest_form_is_int(v) || hours < 1 || hours > HOURS_MAX))
		rest_form_error(c, "poll.duration", "NUMBER_TYPE_RANGE",
		    "int value should be between 1 and %d.", HOURS_MAX);
}
