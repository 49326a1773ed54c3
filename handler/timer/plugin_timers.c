/* SPDX-License-Identifier: MIT */
/* The plugins' timers; see plugin_timers.h. */
#include "handler/timer/plugin_timers.h"

#include "handler/process/rpc_write.h"
#include "shared/base/clock.h"
#include "shared/json/json.h"
#include "shared/base/log.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

struct owner {
	int32_t pid;
};

static const char owner_key[] = "timer-owner";

/* ---- one alarm ------------------------------------------------------ */

void
plugin_timers_key(char key[KV_KEY_MAX + 1], const char *plugin,
    const char *name)
{
	must(str_format(key, KV_KEY_MAX + 1, "timer/%s/%s", plugin, name));
}

void
plugin_timers_delete(struct plugin_timer *a)
{
	json_object_put(a->record);
	free(a);
}

struct plugin_timer *
plugin_timers_new(unsigned plugin, const char *name, struct json_object *record)
{
	struct plugin_timer *a = base_alloc(sizeof(*a));
	struct json_object *v;
	const char *why;
	int rc = 0;

	list_init(&a->link);
	a->plugin = plugin;
	str_copy(a->name, name, sizeof(a->name));
	a->record = record;
	if (json_object_object_get_ex(record, "daily", &v))
		rc = cron_parse_daily(&a->cron, json_object_get_string(v),
		    &why);
	else if (json_object_object_get_ex(record, "cron", &v))
		rc = cron_parse(&a->cron, json_object_get_string(v), &why);
	a->repeats = v != NULL;
	if (rc < 0 || !json_object_object_get_ex(record, "due_ms", &v)) {
		plugin_timers_delete(a);
		return NULL;
	}
	a->due_ms = json_object_get_int64(v);
	return a;
}

struct plugin_timer *
plugin_timers_find(struct plugin_timers *s, unsigned plugin, const char *name)
{
	list_each (&s->list[plugin], l) {
		struct plugin_timer *a = container_of(l, struct plugin_timer,
		    link);

		if (strcmp(a->name, name) == 0)
			return a;
	}
	return NULL;
}

static void
alarm_back(struct plugin_timers *s, struct plugin_timer *a)
{
	if (a->asked != 0)
		s->out[a->plugin]--;
	a->asked = 0;
}

void
plugin_timers_drop(struct plugin_timers *s, struct plugin_timer *a)
{
	alarm_back(s, a);
	list_remove(&a->link);
	s->n[a->plugin]--;
	plugin_timers_delete(a);
}

void
plugin_timers_put(struct plugin_timers *s, struct plugin_timer *a)
{
	struct plugin_timer *old = plugin_timers_find(s, a->plugin, a->name);

	if (old != NULL)
		plugin_timers_drop(s, old);
	list_append(&s->list[a->plugin], &a->link);
	s->n[a->plugin]++;
	plugin_timers_look(s);
}

/* ---- firing --------------------------------------------------------- */

static void
alarm_fire(struct plugin_timers *s, struct plugin_timer *a, int64_t wall)
{
	struct json_object *payload = NULL;
	struct buf b = {0};

	json_object_object_get_ex(a->record, "payload", &payload);
	buf_puts(&b, "{\"name\":");
	rpc_write_string(&b, a->name);
	buf_printf(&b,
	    ",\"due_ms\":%" PRId64 ",\"now_ms\":%" PRId64
	    ",\"late\":%s,\"again\":%s,\"payload\":",
	    a->due_ms, wall,
	    wall - a->due_ms > PLUGIN_TIMERS_LATE_MS ? "true" : "false",
	    a->tries > 0 ? "true" : "false");
	buf_puts(&b, json_text(payload));
	buf_puts(&b, "}");
	a->asked = plugin_ask(s->plugin[a->plugin], "timer", buf_data(&b),
	    buf_len(&b));
	buf_free(&b);
	if (a->asked == 0)
		return;
	s->out[a->plugin]++;
	a->asked_ms = clock_boot_ms();
	a->tries++;
}

/* When an unanswered one is asked again: later each time. */
static uint64_t
alarm_patience(const struct plugin_timers *s, const struct plugin_timer *a)
{
	uint64_t ms = (uint64_t)(s->config->plugin[a->plugin].timeout_s * 1000);

	for (unsigned i = 1; i < a->tries && ms < PLUGIN_TIMERS_RETRY_MAX_MS;
	     i++)
		ms *= 2;
	return ms < PLUGIN_TIMERS_RETRY_MAX_MS ? ms
					       : PLUGIN_TIMERS_RETRY_MAX_MS;
}

/* Milliseconds until this one needs a look. */
static uint64_t
alarm_look(struct plugin_timers *s, struct plugin_timer *a, int64_t wall)
{
	uint64_t now = clock_boot_ms(), again;

	if (a->asked != 0) {
		again = a->asked_ms + alarm_patience(s, a);
		if (now < again)
			return again - now;
		log_warn("plugin %s does not answer its timer \"%s\": it is "
			 "asked again",
		    s->config->plugin[a->plugin].name, a->name);
		alarm_back(s, a);
	}
	if (a->saving)
		return PLUGIN_TIMERS_LOOK_MS;
	if (a->due_ms > wall)
		return (uint64_t)(a->due_ms - wall);
	if (s->out[a->plugin] < PLUGIN_TIMERS_OUT_MAX
	    && s->plugin[a->plugin] != NULL)
		alarm_fire(s, a, wall);
	return a->asked != 0 ? alarm_patience(s, a) : PLUGIN_TIMERS_LOOK_MS;
}

void
plugin_timers_look(struct plugin_timers *s)
{
	uint64_t next = PLUGIN_TIMERS_LOOK_MS;
	int64_t wall = clock_wall_ms();

	if (!s->active)
		return;
	for (size_t i = 0; i < nitems(s->list); i++)
		list_each (&s->list[i], l) {
			uint64_t ms = alarm_look(s,
			    container_of(l, struct plugin_timer, link), wall);

			if (ms < next)
				next = ms;
		}
	timer_set(&s->timer, (double)next / 1000);
}

/* ---- answers -------------------------------------------------------- */

/* What an answer leads to on disk: gone, or the next time. */
struct settle {
	struct kv_job job; /* first */
	struct plugin_timers *timers;
	char name[PLUGIN_TIMERS_NAME_MAX + 1];
	int64_t due_ms, next_ms; /* next_ms -1: it is done */
};

static int
settle_run(struct kv_job *job, struct kv_tx *tx, struct err *e)
{
	struct settle *t = container_of(job, struct settle, job);
	struct plugin_timer *a = plugin_timers_find(t->timers, job->plugin,
	    t->name);
	const char *plugin = t->timers->config->plugin[job->plugin].name;
	char key[KV_KEY_MAX + 1];
	const char *text;

	/* Set anew or cancelled by the plugin meanwhile: that counts. */
	if (a == NULL || a->due_ms != t->due_ms)
		return 0;
	plugin_timers_key(key, plugin, t->name);
	if (t->next_ms < 0)
		return kv_del(tx, key, e) < 0 ? -1 : 0;
	json_object_object_add(a->record, "due_ms",
	    json_object_new_int64(t->next_ms));
	text = json_text(a->record);
	return kv_put(tx, key, text, strlen(text), e);
}

static void
settle_end(struct kv_job *job, const struct err *failed)
{
	struct settle *t = container_of(job, struct settle, job);
	struct plugin_timers *s = t->timers;
	struct plugin_timer *a = plugin_timers_find(s, job->plugin, t->name);

	if (a != NULL && a->due_ms == t->due_ms) {
		/* Not on disk is better than fired for ever. */
		if (failed != NULL)
			log_error("timer \"%s\" of plugin %s: %s  It may fire "
				  "again after a restart.",
			    t->name, s->config->plugin[job->plugin].name,
			    failed->text);
		a->saving = false;
		a->tries = 0;
		a->due_ms = t->next_ms;
		if (t->next_ms < 0)
			plugin_timers_drop(s, a);
	}
	free(t);
	plugin_timers_look(s);
}

static void
alarm_settle(struct plugin_timers *s, struct plugin_timer *a)
{
	int64_t wall = clock_wall_ms(), from = a->due_ms, next = -1;
	struct settle *t = base_alloc(sizeof(*t));

	/* What was missed is not made up for. */
	if (wall > from)
		from = wall;
	if (a->repeats)
		next = cron_next(&a->cron, from / 1000);
	t->job = (struct kv_job) {.plugin = a->plugin,
	    .write = true,
	    .run = settle_run,
	    .end = settle_end};
	t->timers = s;
	str_copy(t->name, a->name, sizeof(t->name));
	t->due_ms = a->due_ms;
	t->next_ms = next < 0 ? -1 : next * 1000;
	a->saving = true;
	kv_jobs_add_own(s->jobs, &t->job);
}

void
plugin_timers_answered(struct plugin_timers *s, unsigned plugin, uint64_t id,
    const char *refusal)
{
	list_each (&s->list[plugin], l) {
		struct plugin_timer *a = container_of(l, struct plugin_timer,
		    link);

		if (a->asked != id)
			continue;
		if (refusal != NULL)
			log_warn("plugin %s answers its timer \"%s\" with an "
				 "error: %s",
			    s->config->plugin[plugin].name, a->name, refusal);
		alarm_back(s, a);
		alarm_settle(s, a);
		return;
	}
}

void
plugin_timers_plugin_ended(struct plugin_timers *s, unsigned plugin)
{
	list_each (&s->list[plugin], l)
		alarm_back(s, container_of(l, struct plugin_timer, link));
	plugin_timers_look(s);
}

/* ---- life ----------------------------------------------------------- */

struct loading {
	struct plugin_timers *timers;
	unsigned plugin;
	size_t prefix;
};

static int
load_one(const char *key, const void *value, size_t len, void *arg)
{
	struct loading *l = arg;
	const char *plugin = l->timers->config->plugin[l->plugin].name;
	struct json_object *o = json_parse_as(value, len, json_type_object);
	struct plugin_timer *a = NULL;

	if (o != NULL)
		a = plugin_timers_new(l->plugin, key + l->prefix, o);
	if (a == NULL)
		log_error("timer \"%s\" of plugin %s is damaged in the storage "
			  "and does not fire",
		    key + l->prefix, plugin);
	else
		plugin_timers_put(l->timers, a);
	return 0;
}

static int
owner_change(struct plugin_timers *s, struct kv_tx *tx, struct err *e)
{
	struct owner me = {(int32_t)getpid()}, old;
	const void *v;
	size_t len;
	int rc = kv_get(tx, owner_key, &v, &len, e);

	if (rc < 0)
		return -1;
	if (rc == 1 && len == sizeof(old)) {
		memcpy(&old, v, len);
		/* It may have fired what it will still settle. */
		if (old.pid != me.pid && old.pid > 0
		    && (kill(old.pid, 0) == 0 || errno == EPERM))
			s->hold_s = s->config->handler_drain_timeout_s;
	}
	return kv_put(tx, owner_key, &me, sizeof(me), e);
}

static int
load_plugin(struct plugin_timers *s, unsigned i, struct kv_tx *tx,
    struct err *e)
{
	struct loading l = {s, i, 0};
	char prefix[KV_KEY_MAX + 1];

	while (!list_empty(&s->list[i]))
		plugin_timers_drop(s,
		    container_of(s->list[i].next, struct plugin_timer, link));
	plugin_timers_key(prefix, s->config->plugin[i].name, "");
	l.prefix = strlen(prefix);
	if (kv_each(tx, prefix, NULL, load_one, &l, e) < 0)
		return -1;
	s->loaded[i] = true;
	return 0;
}

static int
load_all(struct plugin_timers *s, struct kv_tx *tx, struct err *e)
{
	for (unsigned i = 0; i < s->config->plugins; i++)
		if (load_plugin(s, i, tx, e) < 0)
			return -1;
	return 0;
}

static int
load_new(struct plugin_timers *s, struct kv_tx *tx, struct err *e)
{
	for (unsigned i = 0; i < s->config->plugins; i++)
		if (!s->loaded[i] && load_plugin(s, i, tx, e) < 0)
			return -1;
	return 0;
}

/* In a transaction of its own: this is rare in a handler's life.  false:
 * another process writes, later it may do. */
static bool
alarms_do(struct plugin_timers *s, bool write,
    int (*fn)(struct plugin_timers *, struct kv_tx *, struct err *))
{
	struct err e;
	struct kv_tx *tx = kv_begin(s->jobs->kv, NULL, write, &e);
	int rc = -1;

	if (tx != NULL) {
		rc = fn(s, tx, &e);
		if (rc < 0 || !write)
			kv_abort(tx);
		else
			rc = kv_commit(tx, &e);
	}
	if (rc < 0 && e.code == EXIT_TRY_LATER)
		return false;
	if (rc < 0)
		log_error("The plugins' timers cannot be read: %s", e.text);
	return true;
}

static void
alarms_timer(struct timer *t)
{
	struct plugin_timers *s = container_of(t, struct plugin_timers, timer);

	if (s->owner && !s->active) {
		(void)alarms_do(s, false, load_all);
		s->active = true;
	}
	plugin_timers_look(s);
}

/* Before its first timer call is carried out: it asks only when it is up. */
void
plugin_timers_plugin_up(struct plugin_timers *s, unsigned plugin)
{
	if (s->active && !s->loaded[plugin])
		(void)alarms_do(s, false, load_new);
	plugin_timers_look(s);
}

void
plugin_timers_own(struct plugin_timers *s, bool own)
{
	if (own == s->owner || (own && clock_boot_ms() < s->again_ms))
		return;
	s->owner = false;
	s->active = false;
	s->hold_s = 0;
	timer_stop(&s->timer);
	if (!own)
		return;
	s->owner = alarms_do(s, true, owner_change);
	if (!s->owner)
		s->again_ms = clock_boot_ms() + PLUGIN_TIMERS_BUSY_MS;
	/* Without it: that the loop turns, and we are asked again. */
	timer_set(&s->timer,
	    s->owner ? s->hold_s : (double)PLUGIN_TIMERS_BUSY_MS / 1000);
}

void
plugin_timers_init(struct plugin_timers *s, struct timers *timers,
    struct kv_jobs *jobs, struct plugin *const *plugin,
    const struct config *config)
{
	*s = (struct plugin_timers) {.jobs = jobs,
	    .plugin = plugin,
	    .config = config};
	timer_init(timers, &s->timer, alarms_timer);
	for (size_t i = 0; i < nitems(s->list); i++)
		list_init(&s->list[i]);
}

void
plugin_timers_free(struct plugin_timers *s)
{
	s->active = s->owner = false;
	timer_stop(&s->timer);
	for (size_t i = 0; i < nitems(s->list); i++)
		while (!list_empty(&s->list[i]))
			plugin_timers_drop(s,
			    container_of(s->list[i].next, struct plugin_timer,
				link));
}
