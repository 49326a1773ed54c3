/* SPDX-License-Identifier: MIT */
#include "tools/sim/act/act.h"

#include "tools/sim/base/jso.h"
#include "tools/sim/gateway/gateway.h"
#include "tools/sim/world/perm.h"
#include "tools/sim/world/user.h"

/* d may be a document of the world, which has it from its place alone: true
 * when it is to be taken out again. */
static bool
lend_guild_id(const struct act *a, json_object *d)
{
	if (jso_get(d, "guild_id") != NULL)
		return false;
	jso_set_id(d, "guild_id", guild_id(a->guild));
	return true;
}

void
act_emit(const struct act *a, const char *t, json_object *d)
{
	bool lent = lend_guild_id(a, d);

	gateway_emit_json(a->sim, guild_index(a->guild), t, d);
	if (lent)
		json_object_object_del(d, "guild_id");
}

void
act_emit_to(const struct act *a, uint64_t bits, const char *t, json_object *d)
{
	struct gateway_audience to = GATEWAY_EVERYBODY;
	bool lent = lend_guild_id(a, d);

	to.may = bits;
	gateway_emit_to(a->sim, &to, guild_index(a->guild), t, d);
	if (lent)
		json_object_object_del(d, "guild_id");
}

void
act_change(json_object *changes, const char *key, json_object *was,
    json_object *is)
{
	json_object *o = json_object_new_object();

	jso_set_text(o, "key", key);
	if (was != NULL)
		jso_set(o, "old_value", was);
	if (is != NULL)
		jso_set(o, "new_value", is);
	json_object_array_add(changes, o);
}

/* Room for one more: the oldest, which is the first, goes. */
static void
make_room(struct guild *g)
{
	if (guild_count(g, GUILD_AUDIT) < guild_most(GUILD_AUDIT))
		return;
	json_object_object_foreach (guild_docs(g, GUILD_AUDIT), key, old) {
		(void)old;
		guild_drop_key(g, GUILD_AUDIT, key);
		return;
	}
}

void
act_audit(const struct act *a, int type, uint64_t target, json_object *changes,
    json_object *options)
{
	json_object *o = json_object_new_object(), *d = NULL;
	struct world *w = guild_world(a->guild);
	uint64_t id = world_snowflake(w);

	jso_set_id(o, "id", id);
	jso_set_id(o, "user_id", user_id(w, a->by));
	jso_set(o, "target_id", target ? jso_id(target) : NULL);
	jso_set_int(o, "action_type", type);
	if (a->reason != NULL)
		jso_set_text(o, "reason", a->reason);
	if (changes != NULL)
		jso_set(o, "changes", changes);
	if (options != NULL)
		jso_set(o, "options", options);
	must(json_object_deep_copy(o, &d, NULL) == 0);
	act_emit_to(a, PERM_VIEW_AUDIT_LOG, "GUILD_AUDIT_LOG_ENTRY_CREATE", d);
	json_object_put(d);
	make_room(a->guild);
	guild_put(a->guild, GUILD_AUDIT, id, o);
}
