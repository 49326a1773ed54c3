/* SPDX-License-Identifier: MIT */
/* See request.h. */
#include "supervisor/base/request.h"

#include <json-c/json.h>
#include <string.h>

#include "shared/json/json.h"
#include "shared/base/text.h"

static const char *const verb_name[REQUEST_VERB_COUNT] = {
#define X(n, s) [REQUEST_##n] = s,
    REQUEST_VERBS(X)
#undef X
};

static const char *
get_string(struct json_object *o, const char *key)
{
	struct json_object *v;

	if (!json_object_object_get_ex(o, key, &v)
	    || !json_object_is_type(v, json_type_string)
	    /* A NUL in it would make "stop" of "stop\0 not". */
	    || strlen(json_object_get_string(v))
		!= (size_t)json_object_get_string_len(v))
		return NULL;
	return json_object_get_string(v);
}

/* An optional true or false. */
static int
get_flag(struct json_object *o, const char *key, bool *out, struct err *e)
{
	struct json_object *v;

	if (!json_object_object_get_ex(o, key, &v))
		return 0;
	if (!json_object_is_type(v, json_type_boolean))
		return err_set(e, EXIT_USAGE, "%s is true or false", key);
	*out = json_object_get_boolean(v);
	return 0;
}

static int
parse_reload(struct json_object *o, struct request *r, struct err *e)
{
	return get_flag(o, "check", &r->check, e) == -1
	    ? -1
	    : get_flag(o, "no_wait", &r->no_wait, e);
}

/* The token itself never comes in a request, but in the fd sent with it. */
static int
parse_token(struct json_object *o, struct request *r, struct err *e)
{
	if (get_flag(o, "dry_run", &r->check, e) == -1
	    || get_flag(o, "no_wait", &r->no_wait, e) == -1
	    || get_flag(o, "force", &r->force, e) == -1)
		return -1;
	return get_flag(o, "passed", &r->passed, e);
}

/* An optional number that is not negative. */
static int
get_number(struct json_object *o, const char *key, int64_t *out, struct err *e)
{
	struct json_object *v;

	*out = -1;
	if (!json_object_object_get_ex(o, key, &v))
		return 0;
	if (!json_object_is_type(v, json_type_int)
	    || json_object_get_int64(v) < 0
	    || json_object_get_int64(v) > UINT16_MAX)
		return err_set(e, EXIT_USAGE, "%s is a number up to %d", key,
		    UINT16_MAX);
	*out = json_object_get_int64(v);
	return 0;
}

static int
get_seconds(struct json_object *o, const char *key, double *out, struct err *e)
{
	struct json_object *v;

	*out = -1;
	if (!json_object_object_get_ex(o, key, &v))
		return 0;
	*out = json_object_get_double(v);
	if (*out >= 0 && *out <= REQUEST_SECONDS_MAX)
		return 0;
	return err_set(e, EXIT_USAGE, "%s is a number of seconds up to %d", key,
	    REQUEST_SECONDS_MAX);
}

static int
parse_rollout(struct json_object *o, struct request *r, struct err *e)
{
	const char *action = get_string(o, "action");
	struct request_rolling *q = &r->rollout;

	if (action == NULL || strcmp(action, "begin") == 0)
		q->action = REQUEST_ROLLOUT_BEGIN;
	else if (strcmp(action, "undo") == 0)
		q->action = REQUEST_ROLLOUT_UNDO;
	else if (strcmp(action, "stop") == 0)
		q->action = REQUEST_ROLLOUT_STOP;
	else
		return err_set(e, EXIT_USAGE,
		    "rollout: action is begin, undo or stop");
	if (get_number(o, "canary", &q->canary, e) == -1
	    || get_number(o, "parallel", &q->parallel, e) == -1
	    || get_number(o, "max_failures", &q->max_failures, e) == -1
	    || get_seconds(o, "pause_s", &q->pause_s, e) == -1
	    || get_flag(o, "all", &q->all, e) == -1
	    || get_flag(o, "dry_run", &q->dry_run, e) == -1)
		return -1;
	return get_flag(o, "no_wait", &q->no_wait, e);
}

static int
parse_upgrade(struct json_object *o, struct request_upgrade *w, struct err *e)
{
	const char *path = get_string(o, "binary");

	if (path != NULL
	    && (path[0] != '/'
		|| str_copy(w->path, path, sizeof(w->path)) >= sizeof(w->path)))
		return err_set(e, EXIT_USAGE,
		    "upgrade: binary is an absolute path of at most %zu bytes",
		    sizeof(w->path) - 1);
	return get_flag(o, "check", &w->check, e) == -1
		|| get_flag(o, "force", &w->force, e) == -1
	    ? -1
	    : get_flag(o, "keep_handler", &w->keep_handler, e);
}

static int
parse_plugin(struct json_object *o, struct request *r, struct err *e)
{
	const char *action = get_string(o, "action");
	const char *name = get_string(o, "name");
	struct msg_plugin *m = &r->plugin;
	struct json_object *v;

	while (m->action < PLUGIN_ACTIONS
	    && (action == NULL
		|| strcmp(action, contract_plugin_action_name(m->action)) != 0))
		m->action++;
	if (m->action == PLUGIN_ACTIONS)
		return err_set(e, EXIT_USAGE,
		    "plugin: action is load, unload, restart or replay");
	if (m->action != PLUGIN_DO_REPLAY) {
		if (name == NULL || name[0] == '\0'
		    || str_copy(m->name, name, sizeof(m->name))
			>= sizeof(m->name))
			return err_set(e, EXIT_USAGE,
			    "plugin: name is the name of a plugin");
		return 0;
	}
	m->id = CONTRACT_PLUGIN_ALL;
	if (!json_object_object_get_ex(o, "id", &v))
		return 0;
	if (!json_object_is_type(v, json_type_int)
	    || json_object_get_int64(v) < 0)
		return err_set(e, EXIT_USAGE,
		    "plugin: id is the number of a dead letter");
	m->id = (uint64_t)json_object_get_int64(v);
	return 0;
}

static int
parse_client(struct json_object *o, struct request *r, struct err *e)
{
	const char *action = get_string(o, "action");
	const char *name = get_string(o, "name");
	bool end = false;

	if (name == NULL || name[0] == '\0'
	    || str_copy(r->client.name, name, sizeof(r->client.name))
		>= sizeof(r->client.name))
		return err_set(e, EXIT_USAGE,
		    "client: name is the name of a client");
	r->kick = action != NULL && strcmp(action, "kick") == 0;
	if (!r->kick && (action == NULL || strcmp(action, "restart") != 0))
		return err_set(e, EXIT_USAGE,
		    "client: action is restart or kick");
	if (get_flag(o, "end", &end, e) == -1)
		return -1;
	r->client.sessions = end;
	return 0;
}

static int
parse_shard(struct json_object *o, struct request *r, struct err *e)
{
	const char *action = get_string(o, "action");
	struct json_object *v;
	int64_t id = -1;

	if (json_object_object_get_ex(o, "id", &v)
	    && json_object_is_type(v, json_type_int))
		id = json_object_get_int64(v);
	if (id < 0 || id >= UINT32_MAX)
		return err_set(e, EXIT_USAGE,
		    "shard: id is the number of a shard");
	r->shard = (uint32_t)id;
	if (get_flag(o, "force", &r->force, e) == -1)
		return -1;
	if (action != NULL && strcmp(action, "reconnect") == 0)
		r->action = REQUEST_RECONNECT;
	else if (action != NULL && strcmp(action, "restart") == 0)
		r->action = REQUEST_RESTART;
	else if (action != NULL && strcmp(action, "identify") == 0)
		r->action = REQUEST_IDENTIFY;
	else if (action != NULL && strcmp(action, "renew") == 0)
		r->action = REQUEST_RENEW;
	else
		return err_set(e, EXIT_USAGE,
		    "shard: action is reconnect, restart, identify or "
		    "renew");
	return 0;
}

/* Ids are texts: they pass what JSON's numbers hold everywhere. */
static int
parse_probe(struct json_object *o, struct request *r, struct err *e)
{
	const char *id = get_string(o, "setup");

	if (!json_object_object_get_ex(o, "setup", NULL))
		return 0;
	if (id == NULL || !str_to_u64(id, &r->setup) || r->setup == 0)
		return err_set(e, EXIT_USAGE,
		    "probe: setup is the id of a channel");
	return 0;
}

/* "A, B" of ["A", "B"]. */
static int
parse_names(struct json_object *list, struct msg_events *m, struct err *e)
{
	size_t at = 0, n = json_object_array_length(list);

	for (size_t i = 0; i < n; i++) {
		struct json_object *v = json_object_array_get_idx(list, i);
		const char *s = json_object_get_string(v);
		size_t len = json_object_is_type(v, json_type_string)
		    ? (size_t)json_object_get_string_len(v)
		    : 0;

		if (len == 0
		    || strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") != len
		    || at + len + 3 > sizeof(m->names))
			return err_set(e, EXIT_USAGE,
			    "events: names are names of events, of %zu bytes "
			    "together",
			    sizeof(m->names) - 1);
		at += (size_t)snprintf(m->names + at, sizeof(m->names) - at,
		    "%s%s", i > 0 ? ", " : "", s);
	}
	return 0;
}

static int
parse_events(struct json_object *o, struct request *r, struct err *e)
{
	struct json_object *names = json_get(o, "names");
	const char *guild = get_string(o, "guild");
	struct msg_events *m = &r->events;
	int64_t shard;

	str_copy(m->names, "*", sizeof(m->names));
	if (names != NULL && !json_object_is_type(names, json_type_array))
		return err_set(e, EXIT_USAGE, "events: names is a list");
	if (names != NULL && json_object_array_length(names) > 0
	    && parse_names(names, m, e) == -1)
		return -1;
	if (json_get(o, "guild") != NULL
	    && (guild == NULL || !str_to_u64(guild, &m->guild)
		|| m->guild == 0))
		return err_set(e, EXIT_USAGE, "events: guild is an id");
	if (get_number(o, "shard", &shard, e) == -1)
		return -1;
	m->shard = (int32_t)shard;
	return 0;
}

static int
parse_leave(struct json_object *o, struct request *r, struct err *e)
{
	struct json_object *v;
	int64_t n = -1;

	if (json_object_object_get_ex(o, "identifies", &v)
	    && json_object_is_type(v, json_type_int))
		n = json_object_get_int64(v);
	if (n < 0 || n > REQUEST_LEAVE_MAX)
		return err_set(e, EXIT_USAGE,
		    "leave: identifies is a number up to %d",
		    REQUEST_LEAVE_MAX);
	r->identifies = (uint32_t)n;
	return 0;
}

static int
parse_level(struct json_object *o, struct request *r, struct err *e)
{
	const char *level = get_string(o, "level");

	if (level == NULL && !json_object_object_get_ex(o, "level", NULL))
		return 0;
	r->level_given = true;
	if (level == NULL || log_parse_level(level, &r->level) == -1)
		return err_set(e, EXIT_USAGE,
		    "log-level: level is debug, info, notice, warn or error");
	return 0;
}

static int
parse_args(struct json_object *o, struct request *r, struct err *e)
{
	switch (r->verb) {
	case REQUEST_STOP:
		return get_flag(o, "end_sessions", &r->end_sessions, e);
	case REQUEST_SHARD:
		return parse_shard(o, r, e);
	case REQUEST_LOG_LEVEL:
		return parse_level(o, r, e);
	case REQUEST_LEAVE:
		return parse_leave(o, r, e);
	case REQUEST_RELOAD:
		return parse_reload(o, r, e);
	case REQUEST_UPGRADE:
		return parse_upgrade(o, &r->upgrade, e);
	case REQUEST_PLUGIN:
		return parse_plugin(o, r, e);
	case REQUEST_PROBE:
		return parse_probe(o, r, e);
	case REQUEST_TOKEN:
		return parse_token(o, r, e);
	case REQUEST_ROLLOUT:
		return parse_rollout(o, r, e);
	case REQUEST_CLIENT:
		return parse_client(o, r, e);
	case REQUEST_EVENTS:
		return parse_events(o, r, e);
	default:
		return 0;
	}
}

int
request_parse(const char *line, size_t len, struct request *r, struct err *e)
{
	struct json_object *o = len > REQUEST_LINE_MAX
	    ? NULL
	    : json_parse_as(line, len, json_type_object);
	const char *cmd, *by;
	int rc;

	memset(r, 0, sizeof(*r));
	if (o == NULL)
		return err_set(e, EXIT_USAGE,
		    "a request is one JSON object per line");
	cmd = get_string(o, "cmd");
	by = get_string(o, "by");
	if (by != NULL)
		text_clean(r->by, sizeof(r->by), by, strlen(by));
	for (r->verb = 0; r->verb < REQUEST_VERB_COUNT; r->verb++)
		if (cmd != NULL && strcmp(cmd, verb_name[r->verb]) == 0)
			break;
	if (r->verb < REQUEST_VERB_COUNT)
		rc = parse_args(o, r, e);
	else
		rc = err_set(e, EXIT_USAGE, "unknown cmd \"%s\"",
		    TEXT_OF(cmd != NULL ? cmd : "", 40));
	json_object_put(o);
	return rc;
}

static void
put_line(struct json_object *o, char *out, size_t size)
{
	char *text = text_json(json_object_to_json_string_ext(o,
	    JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));

	str_format(out, size, "%s\n", text);
	free(text);
	json_object_put(o);
}

void
request_line(const char *key, const char *text, char *out, size_t size)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, key, json_object_new_string(text));
	put_line(o, out, size);
}

void
request_error(const struct err *e, char *out, size_t size)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "ok", json_object_new_boolean(false));
	json_object_object_add(o, "code", json_object_new_int(e->code));
	json_object_object_add(o, "error", json_object_new_string(e->text));
	put_line(o, out, size);
}
