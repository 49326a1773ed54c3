/* SPDX-License-Identifier: MIT */
/* See view_json.h. */
#include "shared/view/view_json.h"

#include "shared/json/json.h"

#include <time.h>

static void
put_text(struct json_object *o, const char *key, const char *text)
{
	json_object_object_add(o, key,
	    text[0] == '\0' ? NULL : json_object_new_string(text));
}

/* In UTC; null when it is not known. */
static void
put_time(struct json_object *o, const char *key, int64_t wall_ms)
{
	time_t s = (time_t)(wall_ms / 1000);
	char text[32] = "";
	struct tm tm;

	if (wall_ms > 0 && gmtime_r(&s, &tm) != NULL)
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	put_text(o, key, text);
}

static void
put_age(struct json_object *o, int64_t ms)
{
	char text[32];

	str_format(text, sizeof(text), "%lld.%03lld", (long long)ms / 1000,
	    (long long)ms % 1000);
	json_object_object_add(o, "age_s",
	    ms < 0 ? NULL : json_object_new_double_s((double)ms / 1000, text));
}

static struct json_object *
subject(const struct verdict_finding *f)
{
	struct json_object *o = json_object_new_object();

	json_put_text(o, "kind", verdict_subject_name[f->subject]);
	put_text(o, "name", f->name);
	json_put_int(o, "count", f->count);
	return o;
}

static struct json_object *
problem(const struct view *v, const struct verdict_finding *f)
{
	struct json_object *o = json_object_new_object();
	char advice[VERDICT_WORDS];

	verdict_advise(f, advice);
	json_put_text(o, "code", verdict_code_name[f->code]);
	json_object_object_add(o, "subject", subject(f));
	json_put_text(o, "rank", page_rank_name[f->rank]);
	put_text(o, "text", f->text);
	put_text(o, "detail", f->detail);
	put_age(o, f->age_ms);
	put_time(o, "since", f->age_ms < 0 ? 0 : v->wall_ms - f->age_ms);
	put_time(o, "until", f->until_ms);
	put_text(o, "advice", advice);
	return o;
}

struct json_object *
view_json_problems(const struct view *v)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < v->verdict.n; i++)
		json_object_array_add(list, problem(v, &v->verdict.found[i]));
	return list;
}
