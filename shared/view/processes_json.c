/* SPDX-License-Identifier: MIT */
#include "shared/view/processes.h"

#include "shared/json/json.h"

#include <json-c/json.h>
#include <stdlib.h>

static struct json_object *
to_json(const struct processes_row *r)
{
	struct json_object *o = json_object_new_object();

	json_put_text(o, "kind", processes_kind_name[r->kind]);
	json_object_object_add(o, "name",
	    r->name[0] != '\0' ? json_object_new_string(r->name) : NULL);
	json_put_text(o, "state", r->state);
	json_object_object_add(o, "pid",
	    r->pid != 0 ? json_object_new_int(r->pid) : NULL);
	json_object_object_add(o, "up_s",
	    r->up_ms >= 0 ? json_object_new_double((double)r->up_ms / 1000)
			  : NULL);
	json_put_int(o, "restarts", (int64_t)r->restarts);
	json_object_object_add(o, "uss_kb",
	    r->private_kb > 0 ? json_object_new_int64((int64_t)r->private_kb)
			      : NULL);
	json_put_text(o, "note", r->note);
	return o;
}

void
processes_json(struct json_object *o, const struct view *v)
{
	struct processes *all = base_alloc(sizeof(*all));
	struct json_object *list = json_object_new_array();
	struct json_object *memory = json_object_new_object();

	processes_list(v, all);
	for (size_t i = 0; i < all->n; i++)
		json_object_array_add(list, to_json(&all->row[i]));
	json_object_object_add(o, "processes", list);
	json_put_int(memory, "uss_kb",
	    (int64_t)(all->shards_kb + all->rest_kb));
	json_put_int(memory, "shards_kb", (int64_t)all->shards_kb);
	json_put_int(memory, "processes", all->running);
	json_put_int(memory, "unknown", all->unknown);
	json_object_object_add(o, "memory", memory);
	free(all);
}
