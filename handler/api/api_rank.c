/* SPDX-License-Identifier: MIT */
/*
 * rank: what a user may do.  rank.set, rank.unset, rank.list: for plugins
 * that may ([plugin] permissions), on behalf of a user, who can neither give
 * away what is not below the own rank nor touch whoever is not below it.  The
 * check and the change are one transaction.
 */
#include "handler/api/rpc_impl.h"

#include "shared/base/log.h"
#include "shared/store/rank.h"

#include <inttypes.h>
#include <string.h>

#define RANK_ROLES_MAX 250 /* Discord's bound for a guild */
#define RANK_LIST_MAX 1000

static const char *
roles_read(struct json_object *params, const char *name, uint64_t *roles,
    size_t *n)
{
	static const char wrong[] = "roles must be an array of up to 250 "
				    "strings of digits";
	struct json_object *v = NULL;

	*n = 0;
	if (!json_object_object_get_ex(params, name, &v) || v == NULL)
		return NULL;
	if (!json_object_is_type(v, json_type_array)
	    || json_object_array_length(v) > RANK_ROLES_MAX)
		return wrong;
	for (size_t i = 0; i < json_object_array_length(v); i++) {
		struct json_object *id = json_object_array_get_idx(v, i);

		if (!json_object_is_type(id, json_type_string)
		    || !str_to_u64(json_object_get_string(id), &roles[i]))
			return wrong;
		*n = i + 1;
	}
	return NULL;
}

const char *
rpc_rank(struct rpc *r, struct rpc_call *w, struct json_object *params)
{
	const char *id = rpc_param_id(params, "user_id"), *why;
	uint64_t user, roles[RANK_ROLES_MAX];
	char text[32];
	struct err e;
	int rank;
	size_t n;

	if (id == NULL || !str_to_u64(id, &user))
		return "user_id must be a string of digits";
	why = roles_read(params, "roles", roles, &n);
	if (why != NULL)
		return why;
	if (rank_of(r->jobs.kv, r->config->owners, user, roles, n, &rank, &e)
	    < 0) {
		rpc_call_error(w, RPC_STORAGE, e.text, NULL);
		return NULL;
	}
	str_format(text, sizeof(text), "{\"rank\":%d}", rank);
	rpc_call_result(w, text, strlen(text));
	return NULL;
}

/* ---- changing them -------------------------------------------------- */

/* A user or role with what decides about its rank. */
struct whom {
	uint64_t id, roles[RANK_ROLES_MAX];
	size_t n;
};

struct change {
	struct kv_job job; /* first */
	struct rpc_call wait;
	struct rpc *rpc;
	struct whom actor, target;
	enum rank_kind kind;
	bool set, forbidden;
	int64_t rank;
	bool had;
	int was;
};

/* The rank the target has now, whatever it comes from. */
static int
change_target(struct change *c, struct kv_tx *tx, int *out, struct err *e)
{
	int rc = rank_tx_get(tx, c->kind, c->target.id, &c->was, e);

	c->had = rc == 1;
	*out = rc == 1 ? c->was : 0;
	if (rc < 0 || c->kind == RANK_ROLE)
		return rc < 0 ? -1 : 0;
	return rank_tx_of(tx, c->rpc->config->owners, c->target.id,
	    c->target.roles, c->target.n, out, e);
}

static int
change_run(struct kv_job *job, struct kv_tx *tx, struct err *e)
{
	struct change *c = container_of(job, struct change, job);
	int mine, its, rc;

	if (rank_tx_of(tx, c->rpc->config->owners, c->actor.id, c->actor.roles,
		c->actor.n, &mine, e)
		< 0
	    || change_target(c, tx, &its, e) < 0)
		return -1;
	c->forbidden = its >= mine || (c->set && c->rank >= mine);
	if (its >= mine)
		return err_set(e, EXIT_DEGRADED,
		    "the actor's rank is %d and this one's %d: only who is "
		    "below may be changed",
		    mine, its);
	if (c->forbidden)
		return err_set(e, EXIT_DEGRADED,
		    "the actor's rank is %d: it can give less than that, not "
		    "%d",
		    mine, (int)c->rank);
	if (c->set)
		return rank_tx_set(tx, c->kind, c->target.id, (int)c->rank, e);
	rc = rank_tx_unset(tx, c->kind, c->target.id, e);
	return rc < 0 ? -1 : 0;
}

static void
change_done(struct change *c)
{
	char was[16] = "null", now[16] = "null", text[64];

	if (c->had)
		str_format(was, sizeof(was), "%d", c->was);
	if (c->set)
		str_format(now, sizeof(now), "%d", (int)c->rank);
	str_format(text, sizeof(text), "{\"rank\":%s,\"was\":%s}", now, was);
	log_notice("plugin %s: user %" PRIu64 " has set the rank of the %s "
		   "%" PRIu64 " from %s to %s",
	    plugin_name(c->wait.plugin), c->actor.id, rank_kind_name[c->kind],
	    c->target.id, c->had ? was : "none", c->set ? now : "none");
	rpc_call_result(&c->wait, text, strlen(text));
}

static void
change_end(struct kv_job *job, const struct err *failed)
{
	struct change *c = container_of(job, struct change, job);

	if (failed == NULL)
		change_done(c);
	else
		rpc_call_error(&c->wait,
		    c->forbidden ? RPC_FORBIDDEN : RPC_STORAGE, failed->text,
		    NULL);
	free(c);
}

static const char *
change_read(struct change *c, struct json_object *params)
{
	const char *kind = rpc_param_text(params, "kind", 8), *id, *why;

	if (kind == NULL
	    || (strcmp(kind, "user") != 0 && strcmp(kind, "role") != 0))
		return "kind must be \"user\" or \"role\"";
	c->kind = strcmp(kind, "user") == 0 ? RANK_USER : RANK_ROLE;
	if ((id = rpc_param_id(params, "id")) == NULL
	    || !str_to_u64(id, &c->target.id))
		return "id must be a string of digits";
	if ((id = rpc_param_id(params, "actor_id")) == NULL
	    || !str_to_u64(id, &c->actor.id))
		return "actor_id must be a string of digits, the user who "
		       "wants this";
	if (c->set
	    && (!rpc_param_given(params, "rank")
		|| !rpc_param_number(params, "rank", RANK_LOWEST, RANK_HIGHEST,
		    &c->rank)))
		return "rank must be a number from -1 to 999";
	why = roles_read(params, "actor_roles", c->actor.roles, &c->actor.n);
	return why != NULL
	    ? why
	    : roles_read(params, "roles", c->target.roles, &c->target.n);
}

static const char *
change(struct rpc *r, struct rpc_call *w, struct json_object *params, bool set)
{
	struct change *c;
	const char *why;

	if (!rpc_may(r, w, "ranks"))
		return NULL;
	c = base_alloc(sizeof(*c));
	c->job = (struct kv_job) {.plugin = plugin_index(w->plugin),
	    .write = true,
	    .run = change_run,
	    .end = change_end};
	c->rpc = r;
	c->wait = *w;
	c->set = set;
	why = change_read(c, params);
	if (why == NULL && kv_jobs_add(&r->jobs, &c->job) == 0)
		return NULL;
	if (why == NULL)
		rpc_call_error(w, RPC_LIMITED,
		    "too many storage calls of this plugin wait already", NULL);
	free(c);
	return why;
}

const char *
rpc_rank_set(struct rpc *r, struct rpc_call *w, struct json_object *params)
{
	return change(r, w, params, true);
}

const char *
rpc_rank_unset(struct rpc *r, struct rpc_call *w, struct json_object *params)
{
	return change(r, w, params, false);
}

/* ---- seeing them ---------------------------------------------------- */

static int
list_one(enum rank_kind kind, uint64_t id, int rank, void *arg)
{
	struct json_object *list = arg, *o = json_object_new_object();
	char text[24];

	str_format(text, sizeof(text), "%" PRIu64, id);
	json_object_object_add(o, "kind",
	    json_object_new_string(rank_kind_name[kind]));
	json_object_object_add(o, "id", json_object_new_string(text));
	json_object_object_add(o, "rank", json_object_new_int(rank));
	json_object_array_add(list, o);
	return json_object_array_length(list) >= RANK_LIST_MAX;
}

const char *
rpc_rank_list(struct rpc *r, struct rpc_call *w, struct json_object *params)
{
	struct json_object *o, *list;
	struct err e;
	const char *text;

	if (!rpc_may(r, w, "ranks"))
		return NULL;
	o = json_object_new_object();
	list = json_object_new_array();
	json_object_object_add(o, "ranks", list);
	if (rank_each(r->jobs.kv, list_one, list, &e) < 0) {
		rpc_call_error(w, RPC_STORAGE, e.text, NULL);
	} else {
		text = json_text(o);
		rpc_call_result(w, text, strlen(text));
	}
	json_object_put(o);
	return NULL;
}
