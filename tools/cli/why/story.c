/* SPDX-License-Identifier: MIT */
/* See story.h. */
#include "tools/cli/why/story.h"

#include "shared/base/text.h"
#include "shared/json/json.h"
#include "shared/view/view_json.h"
#include "tools/cli/base/human.h"
#include "tools/cli/base/table.h"

#include <json-c/json.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#define INDENT 2 /* of a sentence's second line on a terminal */

struct story *
story_new(const struct view *v, const struct config *c)
{
	struct story *st = base_alloc(sizeof(*st));

	st->view = v;
	st->config = c;
	return st;
}

void
story_tell(struct story *st, const char *fmt, ...)
{
	va_list ap;

	if (st->n == STORY_SENTENCES)
		return;
	va_start(ap, fmt);
	text_vformat(st->text[st->n++], STORY_SENTENCE, fmt, ap);
	va_end(ap);
}

/* Some are sentences and some are half of one. */
static const char *
dot(const char *text)
{
	size_t n = strlen(text);

	return n > 0 && strchr(".!?\"", text[n - 1]) != NULL ? "" : ".";
}

void
story_finding(struct story *st, const struct verdict_finding *f)
{
	const char *text = f->detail[0] != '\0' ? f->detail : f->text;
	char age[24], when[32] = "", since[80] = "", todo[VERDICT_WORDS];

	if (f->age_ms >= 0)
		str_format(since, sizeof(since), ", since %s (%s)",
		    human_when(st->view->wall_ms - f->age_ms, when),
		    human_age(f->age_ms, age));
	story_tell(st, "%s%s: %s%s%s%s",
	    f->rank < PAGE_RANKS_N ? page_rank_name[f->rank] : "?", since,
	    f->text, f->detail[0] != '\0' ? ": " : "", f->detail, dot(text));
	verdict_advise(f, todo);
	if (todo[0] != '\0')
		story_tell(st, "-> %s", todo);
}

void
story_found(struct story *st, enum verdict_subject subject, const char *name)
{
	const struct verdict_fleet *w = &st->view->verdict;

	for (size_t i = 0; i < w->n; i++)
		if (w->found[i].subject == subject
		    && (name == NULL || strcmp(w->found[i].name, name) == 0))
			story_finding(st, &w->found[i]);
}

const char *
story_ago(const struct story *st, uint64_t stamp, char out[32])
{
	char age[24];

	if (stamp == 0)
		str_copy(out, "not yet", 32);
	else
		str_format(out, 32, "%s ago",
		    human_age(view_age(st->view, stamp), age));
	return out;
}

static void
put(const struct story *st, FILE *f, size_t room)
{
	char line[PAST_LINE];

	for (size_t i = 0; i < st->n; i++)
		table_wrap(f, st->text[i], 0, INDENT, room);
	if (st->past.n > 0)
		fputs("\nWhat happened, the last of it last:\n", f);
	for (size_t i = 0; i < st->past.n; i++) {
		past_line(&st->past.event[i], line, sizeof(line));
		fprintf(f, "%s\n", line);
	}
}

char *
story_text(const struct story *st)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	must(f != NULL);
	put(st, f, 0);
	must(fclose(f) == 0);
	return text;
}

void
story_print(const struct cli *c, const struct story *st)
{
	struct json_object *o, *a;

	if (!c->json) {
		put(st, stdout, isatty(STDOUT_FILENO) ? table_room(stdout) : 0);
		return;
	}
	o = json_object_new_object();
	a = json_object_new_array();
	for (size_t i = 0; i < st->n; i++)
		json_object_array_add(a, json_object_new_string(st->text[i]));
	json_object_object_add(o, "why", a);
	json_object_object_add(o, "problems", view_json_problems(st->view));
	json_object_object_add(o, "past", past_json(&st->past));
	cli_print_json(o);
}
