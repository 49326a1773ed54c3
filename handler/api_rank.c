/* SPDX-License-Identifier: MIT */
/* rank: what a user may do; ranks are set by the operator (shardherd(1)). */
#include "handler/rpc_impl.h"

#include "shared/rank.h"

#include <string.h>

#define RANK_ROLES_MAX 250 /* Discord's bound for a guild */

static const char *
roles_read(struct json_object *params, uint64_t *roles, size_t *n)
{
	static const char wrong[] = "roles must be an array of up to 250 "
				    "strings of digits";
	struct json_object *v = NULL;

	*n = 0;
	if (!json_object_object_get_ex(params, "roles", &v) || v == NULL)
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
rpc_rank(struct rpc *r, struct rpc_wait *w, struct json_object *params)
{
	const char *id = rpc_id(params, "user_id"), *why;
	uint64_t user, roles[RANK_ROLES_MAX];
	char text[32];
	struct err e;
	int rank;
	size_t n;

	if (id == NULL || !str_to_u64(id, &user))
		return "user_id must be a string of digits";
	why = roles_read(params, roles, &n);
	if (why != NULL)
		return why;
	if (rank_of(r->jobs.kv, r->config->owners, user, roles, n, &rank,
		&e) < 0) {
		rpc_error(w, RPC_STORAGE, e.text, NULL);
		return NULL;
	}
	str_format(text, sizeof(text), "{\"rank\":%d}", rank);
	rpc_result(w, text, strlen(text));
	return NULL;
}
