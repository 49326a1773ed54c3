/* SPDX-License-Identifier: MIT */
/*
 * kv.*: storage of JSON values by key, each plugin in a namespace of its own
 * ("kv/PLUGIN/KEY"), which no parameter can leave: names hold no slash, and
 * the rest of the key is the plugin's.  What it uses is counted beside it
 * ("use/PLUGIN") in the same transaction, and held to [plugin] storage.
 */
#include "handler/process/rpc_write.h"
#include "handler/api/rpc_impl.h"
#include "shared/json/json.h"

#include <inttypes.h>
#include <string.h>

#define KV_NAME_MAX 256		  /* bytes of a key */
#define KV_VALUE_MAX (256u << 10) /* bytes of a value's JSON */
#define KV_LIST_MAX 1000	  /* items of one answer */
#define KV_LIST_BYTES (1u << 20)  /* of one answer; then a cursor follows */
#define KV_TXN_BYTES (4u << 20)	  /* of one kv.txn's answer */
#define KV_OPS_MAX 256		  /* of one kv.txn */
#define KV_ITEM_BYTES 32	  /* what an item counts besides its bytes */

struct api_kv {
	struct kv_job job; /* first */
	struct rpc_call wait;
	const struct config_plugin *plugin;
	struct json_object *params;
	int64_t used, before; /* bytes of storage */
	bool full;
	struct buf out;
	/* kv.list */
	size_t prefix;
	int64_t limit, items;
	bool values, more;
	char last[KV_NAME_MAX + 1];
};

/* ---- keys and the quota --------------------------------------------- */

static void
kv_key_of(const struct api_kv *k, char key[KV_KEY_MAX + 1], const char *name)
{
	must(
	    str_format(key, KV_KEY_MAX + 1, "kv/%s/%s", k->plugin->name, name));
}

static int
kv_use_load(struct api_kv *k, struct kv_tx *tx, struct err *e)
{
	char key[KV_KEY_MAX + 1];
	const void *v;
	size_t len;
	int rc;

	str_format(key, sizeof(key), "use/%s", k->plugin->name);
	rc = kv_get(tx, key, &v, &len, e);
	k->used = 0;
	if (rc == 1 && len == sizeof(k->used))
		memcpy(&k->used, v, len);
	k->before = k->used;
	return rc < 0 ? -1 : 0;
}

static int
kv_use_store(struct api_kv *k, struct kv_tx *tx, struct err *e)
{
	char key[KV_KEY_MAX + 1], used[32], most[32];

	/* Deleting must work even above a quota that was lowered. */
	if (k->used > k->plugin->storage && k->used > k->before) {
		k->full = true;
		str_format(used, sizeof(used), "%" PRId64, k->used);
		str_format(most, sizeof(most), "%" PRId64, k->plugin->storage);
		return err_set(e, EXIT_DEGRADED,
		    "the plugin's storage is full: with this it would be %s "
		    "bytes of %s ([plugin \"%s\"] storage); delete something",
		    used, most, k->plugin->name);
	}
	str_format(key, sizeof(key), "use/%s", k->plugin->name);
	return kv_put(tx, key, &k->used, sizeof(k->used), e);
}

static int64_t
kv_cost(const char *name, size_t value)
{
	return (int64_t)(strlen(name) + value + KV_ITEM_BYTES);
}

static int
kv_set_one(struct api_kv *k, struct kv_tx *tx, const char *name,
    struct json_object *value, struct err *e)
{
	char key[KV_KEY_MAX + 1];
	const char *text = json_text(value);
	const void *old;
	size_t len;
	int rc;

	kv_key_of(k, key, name);
	rc = kv_get(tx, key, &old, &len, e);
	if (rc == 1)
		k->used -= kv_cost(name, len);
	k->used += kv_cost(name, strlen(text));
	return rc < 0 ? -1 : kv_put(tx, key, text, strlen(text), e);
}

/* 1 it was there, 0 not, -1. */
static int
kv_delete_one(struct api_kv *k, struct kv_tx *tx, const char *name,
    struct err *e)
{
	char key[KV_KEY_MAX + 1];
	const void *old;
	size_t len;
	int rc;

	kv_key_of(k, key, name);
	rc = kv_get(tx, key, &old, &len, e);
	if (rc != 1)
		return rc;
	k->used -= kv_cost(name, len);
	return kv_del(tx, key, e);
}

/* {"found":true,"value":...} */
static int
kv_get_one(struct api_kv *k, struct kv_tx *tx, const char *name, struct err *e)
{
	char key[KV_KEY_MAX + 1];
	const void *value;
	size_t len;
	int rc;

	kv_key_of(k, key, name);
	rc = kv_get(tx, key, &value, &len, e);
	if (rc < 0)
		return -1;
	buf_printf(&k->out, "{\"found\":%s,\"value\":", rc ? "true" : "false");
	if (rc == 1)
		buf_add(&k->out, value, len);
	else
		buf_puts(&k->out, "null");
	buf_puts(&k->out, "}");
	return 0;
}

/* ---- one job -------------------------------------------------------- */

static void
kv_end(struct kv_job *job, const struct err *failed)
{
	struct api_kv *k = container_of(job, struct api_kv, job);

	if (failed == NULL)
		rpc_call_result(&k->wait, buf_data(&k->out), buf_len(&k->out));
	else
		rpc_call_error(&k->wait, k->full ? RPC_FULL : RPC_STORAGE,
		    failed->text, NULL);
	buf_free(&k->out);
	json_object_put(k->params);
	free(k);
}

static const char *
kv_start(struct rpc *r, struct rpc_call *w, struct json_object *params,
    bool write, kv_jobs_run_fn *run, struct api_kv **out)
{
	struct api_kv *k = base_alloc(sizeof(*k));

	k->job = (struct kv_job) {.plugin = plugin_index(w->plugin),
	    .write = write,
	    .run = run,
	    .end = kv_end};
	k->wait = *w;
	k->plugin = plugin_config(w->plugin);
	k->params = json_object_get(params);
	if (out != NULL)
		*out = k;
	if (kv_jobs_add(&r->jobs, &k->job) == 0)
		return NULL;
	rpc_call_error(w, RPC_LIMITED,
	    "too many storage calls of this plugin wait already", NULL);
	json_object_put(k->params);
	free(k);
	if (out != NULL)
		*out = NULL;
	return NULL;
}

static const char *
kv_name(struct json_object *params)
{
	const char *name = rpc_param_text(params, "key", KV_NAME_MAX);

	return name != NULL && name[0] != '\0' ? name : NULL;
}

static const char *const kv_bad_name =
    "key must be a text of 1 to 256 bytes without NUL";

static const char *
kv_bad_value(struct json_object *params)
{
	struct json_object *v;

	if (!json_object_object_get_ex(params, "value", &v))
		return "value is missing";
	if (strlen(json_text(v)) > KV_VALUE_MAX)
		return "value is longer than 256 KiB as JSON";
	return NULL;
}

/* ---- get, set, delete ----------------------------------------------- */

static int
kv_get_run(struct kv_job *job, struct kv_tx *tx, struct err *e)
{
	struct api_kv *k = container_of(job, struct api_kv, job);

	return kv_get_one(k, tx, kv_name(k->params), e);
}

const char *
rpc_kv_get(struct rpc *r, struct rpc_call *w, struct json_object *params)
{
	if (kv_name(params) == NULL)
		return kv_bad_name;
	return kv_start(r, w, params, false, kv_get_run, NULL);
}

static int
kv_set_run(struct kv_job *job, struct kv_tx *tx, struct err *e)
{
	struct api_kv *k = container_of(job, struct api_kv, job);
	struct json_object *value = NULL;

	json_object_object_get_ex(k->params, "value", &value);
	buf_puts(&k->out, "true");
	if (kv_use_load(k, tx, e) < 0
	    || kv_set_one(k, tx, kv_name(k->params), value, e) < 0)
		return -1;
	return kv_use_store(k, tx, e);
}

const char *
rpc_kv_set(struct rpc *r, struct rpc_call *w, struct json_object *params)
{
	const char *why = kv_bad_value(params);

	if (kv_name(params) == NULL)
		return kv_bad_name;
	if (why != NULL)
		return why;
	return kv_start(r, w, params, true, kv_set_run, NULL);
}

static int
kv_delete_run(struct kv_job *job, struct kv_tx *tx, struct err *e)
{
	struct api_kv *k = container_of(job, struct api_kv, job);
	int rc;

	if (kv_use_load(k, tx, e) < 0)
		return -1;
	rc = kv_delete_one(k, tx, kv_name(k->params), e);
	if (rc < 0)
		return -1;
	buf_puts(&k->out, rc ? "true" : "false");
	return kv_use_store(k, tx, e);
}

const char *
rpc_kv_delete(struct rpc *r, struct rpc_call *w, struct json_object *params)
{
	if (kv_name(params) == NULL)
		return kv_bad_name;
	return kv_start(r, w, params, true, kv_delete_run, NULL);
}

/* ---- list ----------------------------------------------------------- */

static int
kv_list_item(const char *key, const void *value, size_t len, void *arg)
{
	struct api_kv *k = arg;
	const char *name = key + k->prefix;

	if (k->items == k->limit
	    || (k->items > 0 && buf_len(&k->out) + len > KV_LIST_BYTES)) {
		k->more = true;
		return 1;
	}
	buf_puts(&k->out, k->items++ ? ",{\"key\":" : "{\"key\":");
	rpc_write_string(&k->out, name);
	if (k->values) {
		buf_puts(&k->out, ",\"value\":");
		buf_add(&k->out, value, len);
	}
	buf_puts(&k->out, "}");
	str_copy(k->last, name, sizeof(k->last));
	return 0;
}

static int
kv_list_run(struct kv_job *job, struct kv_tx *tx, struct err *e)
{
	struct api_kv *k = container_of(job, struct api_kv, job);
	const char *prefix = rpc_param_text(k->params, "prefix", KV_NAME_MAX);
	const char *cursor = rpc_param_text(k->params, "cursor", KV_NAME_MAX);
	char from[KV_KEY_MAX + 1], after[KV_KEY_MAX + 1];

	kv_key_of(k, from, "");
	k->prefix = strlen(from);
	kv_key_of(k, from, prefix ? prefix : "");
	kv_key_of(k, after, cursor ? cursor : "");
	buf_puts(&k->out, "{\"items\":[");
	if (kv_each(tx, from, cursor ? after : NULL, kv_list_item, k, e) < 0)
		return -1;
	buf_puts(&k->out, "],\"cursor\":");
	if (k->more)
		rpc_write_string(&k->out, k->last);
	else
		buf_puts(&k->out, "null");
	buf_puts(&k->out, "}");
	return 0;
}

const char *
rpc_kv_list(struct rpc *r, struct rpc_call *w, struct json_object *params)
{
	struct json_object *v = NULL;
	int64_t limit = 100;
	struct api_kv *k;

	if (rpc_param_given(params, "prefix")
	    && rpc_param_text(params, "prefix", KV_NAME_MAX) == NULL)
		return "prefix must be a text of at most 256 bytes";
	if (json_object_object_get_ex(params, "cursor", &v) && v != NULL
	    && rpc_param_text(params, "cursor", KV_NAME_MAX) == NULL)
		return "cursor must be one that kv.list gave";
	if (!rpc_param_number(params, "limit", 1, KV_LIST_MAX, &limit))
		return "limit must be a number from 1 to 1000";
	v = NULL;
	if (json_object_object_get_ex(params, "values", &v)
	    && !json_object_is_type(v, json_type_boolean))
		return "values must be true or false";
	kv_start(r, w, params, false, kv_list_run, &k);
	if (k == NULL)
		return NULL;
	k->limit = limit;
	k->values = v == NULL || json_object_get_boolean(v);
	return NULL;
}

/* ---- txn ------------------------------------------------------------ */

enum kv_op { KV_OP_GET, KV_OP_SET, KV_OP_DELETE, KV_OP_COMPARE, KV_OP_NONE };

static const char *const kv_op_name[] = {"get", "set", "delete", "compare"};

static enum kv_op
kv_op_of(struct json_object *op)
{
	const char *name = rpc_param_text(op, "op", 16);
	int i = 0;

	while (i < KV_OP_NONE
	    && (name == NULL || strcmp(kv_op_name[i], name) != 0))
		i++;
	return (enum kv_op)i;
}

/* 1 equal, 0 not: "value" absent means that the key must be absent. */
static int
kv_compare(struct api_kv *k, struct kv_tx *tx, struct json_object *op,
    struct err *e)
{
	char key[KV_KEY_MAX + 1];
	struct json_object *want = NULL, *have;
	bool given = json_object_object_get_ex(op, "value", &want);
	const void *v;
	size_t len;
	int rc;

	kv_key_of(k, key, kv_name(op));
	rc = kv_get(tx, key, &v, &len, e);
	if (rc < 0 || !given)
		return rc < 0 ? -1 : rc == 0;
	if (rc == 0)
		return 0;
	rc = json_parse(&have, v, len) && json_same(have, want);
	json_object_put(have);
	return rc;
}

/* 1 go on, 0 a compare failed, -1. */
static int
kv_op_run(struct api_kv *k, struct kv_tx *tx, struct json_object *op,
    struct err *e)
{
	struct json_object *value = NULL;
	int rc = 0;

	switch (kv_op_of(op)) {
	case KV_OP_GET:
		return kv_get_one(k, tx, kv_name(op), e) < 0 ? -1 : 1;
	case KV_OP_SET:
		json_object_object_get_ex(op, "value", &value);
		rc = kv_set_one(k, tx, kv_name(op), value, e);
		buf_puts(&k->out, "true");
		return rc < 0 ? -1 : 1;
	case KV_OP_DELETE:
		rc = kv_delete_one(k, tx, kv_name(op), e);
		buf_puts(&k->out, rc == 1 ? "true" : "false");
		return rc < 0 ? -1 : 1;
	case KV_OP_COMPARE:
		rc = kv_compare(k, tx, op, e);
		buf_puts(&k->out, rc == 1 ? "true" : "false");
		return rc;
	case KV_OP_NONE:
		break;
	}
	bug("kv.txn was checked");
}

static int
kv_txn_run(struct kv_job *job, struct kv_tx *tx, struct err *e)
{
	struct api_kv *k = container_of(job, struct api_kv, job);
	struct json_object *ops = NULL;
	int rc = 1;

	json_object_object_get_ex(k->params, "ops", &ops);
	buf_puts(&k->out, "{\"done\":true,\"results\":[");
	if (kv_use_load(k, tx, e) < 0)
		return -1;
	for (size_t i = 0; i < json_object_array_length(ops); i++) {
		if (i > 0)
			buf_puts(&k->out, ",");
		rc = kv_op_run(k, tx, json_object_array_get_idx(ops, i), e);
		if (rc == 1 && buf_len(&k->out) > KV_TXN_BYTES)
			rc = err_set(e, EXIT_DEGRADED,
			    "the answer would be longer than 4 MiB: get less "
			    "at once");
		if (rc == 1)
			continue;
		/* Not an error to the caller, but nothing may remain of it. */
		if (rc == 0) {
			buf_eat(&k->out, buf_len(&k->out));
			buf_printf(&k->out, "{\"done\":false,\"failed\":%zu}",
			    i);
			err_set(e, EXIT_FINE, "compare");
		}
		return -1;
	}
	buf_puts(&k->out, "]}");
	return kv_use_store(k, tx, e);
}

static void
kv_txn_end(struct kv_job *job, const struct err *failed)
{
	kv_end(job,
	    failed != NULL && failed->code == EXIT_FINE && job->failed
		? NULL
		: failed);
}

static const char *
kv_op_check(struct json_object *op)
{
	enum kv_op kind = KV_OP_NONE;

	if (json_object_is_type(op, json_type_object))
		kind = kv_op_of(op);
	if (kind == KV_OP_NONE)
		return "each op must be {\"op\":\"get\", \"set\", \"delete\" "
		       "or \"compare\", \"key\":...}";
	if (kv_name(op) == NULL)
		return kv_bad_name;
	return kind == KV_OP_SET ? kv_bad_value(op) : NULL;
}

const char *
rpc_kv_txn(struct rpc *r, struct rpc_call *w, struct json_object *params)
{
	struct json_object *ops = NULL;
	const char *why = NULL;
	struct api_kv *k;

	json_object_object_get_ex(params, "ops", &ops);
	if (!json_object_is_type(ops, json_type_array)
	    || json_object_array_length(ops) == 0
	    || json_object_array_length(ops) > KV_OPS_MAX)
		return "ops must be an array of 1 to 256 operations";
	for (size_t i = 0; why == NULL && i < json_object_array_length(ops);
	     i++)
		why = kv_op_check(json_object_array_get_idx(ops, i));
	if (why != NULL)
		return why;
	kv_start(r, w, params, true, kv_txn_run, &k);
	if (k != NULL)
		k->job.end = kv_txn_end;
	return NULL;
}
