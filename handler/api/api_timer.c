/* SPDX-License-Identifier: MIT */
/*
 * timer.set, timer.cancel, timer.list: the record first goes to disk, then
 * into memory (plugin_timers.h), then the plugin is answered.
 */
#include "handler/process/rpc_write.h"
#include "handler/api/rpc_impl.h"

#include "shared/base/clock.h"
#include "shared/json/json.h"

#include <inttypes.h>
#include <string.h>

#define TIMER_PAYLOAD_MAX 65536u
#define TIMER_AFTER_MAX_S (10.0 * 366 * 86400)
#define TIMER_AT_MAX_MS 253402300799000 /* the end of year 9999 */
#define TIMER_SPEC_MAX 128

struct api_timer {
	struct kv_job job; /* first */
	struct rpc_call wait;
	struct plugin_timers *timers;
	const char *plugin; /* name; the configuration's */
	char name[PLUGIN_TIMERS_NAME_MAX + 1];
	struct plugin_timer *alarm; /* timer.set: becomes timers' */
	bool full, found, kept;
};

static const char *
timer_name(struct json_object *params)
{
	const char *name = rpc_param_text(params, "name",
	    PLUGIN_TIMERS_NAME_MAX);

	return name != NULL && name[0] != '\0' ? name : NULL;
}

static const char *const timer_bad_name =
    "name must be a text of 1 to 128 bytes without NUL";

static void
timer_failed(struct api_timer *t, const struct err *failed)
{
	rpc_call_error(&t->wait, t->full ? RPC_FULL : RPC_STORAGE, failed->text,
	    NULL);
}

static const char *
timer_start(struct rpc *r, struct rpc_call *w, const char *name,
    kv_jobs_run_fn *run, kv_jobs_end_fn *end, struct plugin_timer *alarm)
{
	struct api_timer *t = base_alloc(sizeof(*t));

	t->job = (struct kv_job) {.plugin = plugin_index(w->plugin),
	    .write = true,
	    .run = run,
	    .end = end};
	t->wait = *w;
	t->timers = &r->timers;
	t->plugin = r->config->plugin[plugin_index(w->plugin)].name;
	str_copy(t->name, name, sizeof(t->name));
	t->alarm = alarm;
	if (kv_jobs_add(&r->jobs, &t->job) == 0)
		return NULL;
	rpc_call_error(w, RPC_LIMITED,
	    "too many storage calls of this plugin wait already", NULL);
	if (alarm != NULL)
		plugin_timers_delete(alarm);
	free(t);
	return NULL;
}

/* ---- timer.set ------------------------------------------------------ */

static const char *
due_after(struct json_object *v, int64_t *due)
{
	double s = json_object_get_double(v);

	if ((!json_object_is_type(v, json_type_double)
		&& !json_object_is_type(v, json_type_int))
	    || !(s >= 0 && s <= TIMER_AFTER_MAX_S))
		return "after must be a number of seconds, up to ten years";
	*due = clock_wall_ms() + (int64_t)(s * 1000);
	return NULL;
}

static const char *
due_schedule(struct json_object *params, const char *key, int64_t *due)
{
	const char *text = rpc_param_text(params, key, TIMER_SPEC_MAX),
		   *why = NULL;
	struct cron c;
	int rc;

	if (text == NULL)
		return "daily and cron must be texts";
	if (strcmp(key, "daily") == 0)
		rc = cron_parse_daily(&c, text, &why);
	else
		rc = cron_parse(&c, text, &why);
	if (rc < 0)
		return why;
	*due = cron_next(&c, clock_wall_ms() / 1000) * 1000;
	return *due < 0 ? "there is no such day" : NULL;
}

/* Exactly one of the four. */
static const char *
timer_due(struct json_object *params, const char **key, int64_t *due)
{
	static const char *const keys[] = {"at_ms", "after", "daily", "cron"};
	static const char one[] = "give one of at_ms, after, daily and cron";
	struct json_object *v;

	*key = NULL;
	for (size_t i = 0; i < nitems(keys); i++) {
		if (!rpc_param_given(params, keys[i]))
			continue;
		if (*key != NULL)
			return one;
		*key = keys[i];
	}
	if (*key == NULL)
		return one;
	json_object_object_get_ex(params, *key, &v);
	if (*key == keys[0])
		return rpc_param_number(params, "at_ms", 0, TIMER_AT_MAX_MS,
			   due)
		    ? NULL
		    : "at_ms must be in milliseconds since the epoch";
	return *key == keys[1] ? due_after(v, due)
			       : due_schedule(params, *key, due);
}

static bool
same_value(struct json_object *a, struct json_object *b, const char *key)
{
	return json_object_equal(json_object_object_get(a, key),
	    json_object_object_get(b, key));
}

/*
 * Plugins set their schedules at every start; what fell due while they were
 * away must not be lost by that.
 */
static bool
same_schedule(struct json_object *a, struct json_object *b)
{
	return (json_object_object_get_ex(b, "daily", NULL)
		   || json_object_object_get_ex(b, "cron", NULL))
	    && same_value(a, b, "daily") && same_value(a, b, "cron")
	    && same_value(a, b, "payload");
}

/* The handler has not read what is stored yet: takes its time from there. */
static int
set_keep_due(struct api_timer *t, struct kv_tx *tx, const char *key,
    struct err *e)
{
	struct json_object *old;
	const void *value;
	size_t len;
	int rc = kv_get(tx, key, &value, &len, e);

	if (rc != 1)
		return rc;
	old = json_parse_as(value, len, json_type_object);
	if (old != NULL && same_schedule(old, t->alarm->record)) {
		t->alarm->due_ms = json_object_get_int64(
		    json_object_object_get(old, "due_ms"));
		json_object_object_add(t->alarm->record, "due_ms",
		    json_object_new_int64(t->alarm->due_ms));
	}
	json_object_put(old);
	return 0;
}

static int
set_run(struct kv_job *job, struct kv_tx *tx, struct err *e)
{
	struct api_timer *t = container_of(job, struct api_timer, job);
	struct plugin_timer *now = plugin_timers_find(t->timers, job->plugin,
	    t->name);
	char key[KV_KEY_MAX + 1];
	const void *value;
	const char *text;
	size_t len;

	plugin_timers_key(key, t->plugin, t->name);
	/* In memory, and not cancelled in this very transaction. */
	t->kept = now != NULL && same_schedule(now->record, t->alarm->record)
	    && kv_get(tx, key, &value, &len, NULL) == 1;
	if (t->kept)
		return 0;
	if (t->timers->n[job->plugin] >= PLUGIN_TIMERS_MAX && now == NULL) {
		t->full = true;
		return err_set(e, EXIT_DEGRADED,
		    "the plugin has %d timers already", PLUGIN_TIMERS_MAX);
	}
	if (now == NULL && set_keep_due(t, tx, key, e) < 0)
		return -1;
	text = json_text(t->alarm->record);
	return kv_put(tx, key, text, strlen(text), e);
}

static void
set_end(struct kv_job *job, const struct err *failed)
{
	struct api_timer *t = container_of(job, struct api_timer, job);
	struct plugin_timer *a = t->alarm;
	char text[64];

	if (t->kept)
		a = plugin_timers_find(t->timers, job->plugin, t->name);
	if (failed != NULL) {
		timer_failed(t, failed);
	} else {
		str_format(text, sizeof(text), "{\"due_ms\":%" PRId64 "}",
		    a != NULL ? a->due_ms : t->alarm->due_ms);
		rpc_call_result(&t->wait, text, strlen(text));
	}
	if (failed != NULL || t->kept)
		plugin_timers_delete(t->alarm);
	else
		plugin_timers_put(t->timers, t->alarm);
	free(t);
}

const char *
rpc_timer_set(struct rpc *r, struct rpc_call *w, struct json_object *params)
{
	const char *name = timer_name(params), *key, *why;
	struct json_object *record, *v = NULL;
	struct plugin_timer *a;
	int64_t due = 0;

	if (name == NULL)
		return timer_bad_name;
	why = timer_due(params, &key, &due);
	if (why != NULL)
		return why;
	json_object_object_get_ex(params, "payload", &v);
	if (strlen(json_text(v)) > TIMER_PAYLOAD_MAX)
		return "payload is longer than 64 KiB as JSON";
	record = json_object_new_object();
	json_object_object_add(record, "due_ms", json_object_new_int64(due));
	json_object_object_add(record, "payload", json_object_get(v));
	if (strcmp(key, "daily") == 0 || strcmp(key, "cron") == 0) {
		json_object_object_get_ex(params, key, &v);
		json_object_object_add(record, key, json_object_get(v));
	}
	a = plugin_timers_new(plugin_index(w->plugin), name, record);
	must(a != NULL);
	return timer_start(r, w, name, set_run, set_end, a);
}

/* ---- timer.cancel, timer.list --------------------------------------- */

static int
cancel_run(struct kv_job *job, struct kv_tx *tx, struct err *e)
{
	struct api_timer *t = container_of(job, struct api_timer, job);
	char key[KV_KEY_MAX + 1];
	int rc;

	plugin_timers_key(key, t->plugin, t->name);
	rc = kv_del(tx, key, e);
	t->found = rc == 1;
	return rc < 0 ? -1 : 0;
}

static void
cancel_end(struct kv_job *job, const struct err *failed)
{
	struct api_timer *t = container_of(job, struct api_timer, job);
	struct plugin_timer *a = plugin_timers_find(t->timers, job->plugin,
	    t->name);

	if (failed != NULL)
		timer_failed(t, failed);
	else
		rpc_call_result(&t->wait, t->found ? "true" : "false",
		    t->found ? 4 : 5);
	if (failed == NULL && a != NULL)
		plugin_timers_drop(t->timers, a);
	free(t);
}

const char *
rpc_timer_cancel(struct rpc *r, struct rpc_call *w, struct json_object *params)
{
	const char *name = timer_name(params);

	if (name == NULL)
		return timer_bad_name;
	return timer_start(r, w, name, cancel_run, cancel_end, NULL);
}

const char *
rpc_timer_list(struct rpc *r, struct rpc_call *w, struct json_object *params)
{
	struct buf out = {0};
	const char *comma = "";

	buf_puts(&out, "{\"timers\":[");
	list_each (&r->timers.list[plugin_index(w->plugin)], l) {
		struct plugin_timer *a = container_of(l, struct plugin_timer,
		    link);
		const char *record = json_text(a->record);

		buf_printf(&out, "%s{\"name\":", comma);
		rpc_write_string(&out, a->name);
		/* The record is an object, and never an empty one. */
		buf_puts(&out, ",");
		buf_puts(&out, record + 1);
		comma = ",";
	}
	buf_puts(&out, "]}");
	rpc_call_result(w, buf_data(&out), buf_len(&out));
	buf_free(&out);
	return NULL;
}
