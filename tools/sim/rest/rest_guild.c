/* SPDX-License-Identifier: MIT */
#include "tools/sim/rest/rest_guild.h"

#include "tools/sim/gateway/gateway.h"
#include "tools/sim/rest/rest_body.h"
#include "tools/sim/rest/rest_reply.h"
#include "tools/sim/world/user.h"

#include <string.h>

#define REASON_MAX 512 /* characters, undone; Discord's */

struct guild *
rest_guild(struct rest_call *c)
{
	struct guild *g = guild_find(c->w, c->id[0]);

	if (g != NULL && guild_member_is(g, c->bot))
		return g;
	rest_reply_error(c, REST_UNKNOWN_GUILD);
	return NULL;
}

bool
rest_guild_may(struct rest_call *c, struct guild *g, uint64_t bits)
{
	if ((perm_guild(g, c->bot) & bits) == bits)
		return true;
	rest_reply_error(c, REST_MISSING_PERMISSIONS);
	return false;
}

bool
rest_guild_may_in(struct rest_call *c, const struct world_channel *ch,
    uint64_t bits)
{
	uint64_t has = perm_channel(c->w, ch, c->bot);

	if (has != 0 && (has & bits) == bits)
		return true;
	rest_reply_error(c,
	    has & PERM_VIEW_CHANNEL ? REST_MISSING_PERMISSIONS
				    : REST_MISSING_ACCESS);
	return false;
}

bool
rest_guild_above(struct rest_call *c, struct guild *g, unsigned user)
{
	if (perm_owner(g, c->bot)
	    || (!perm_owner(g, user)
		&& perm_rank(g, c->bot) > perm_rank(g, user)))
		return true;
	rest_reply_error(c, REST_MISSING_PERMISSIONS);
	return false;
}

bool
rest_guild_above_role(struct rest_call *c, struct guild *g, json_object *role)
{
	if (perm_rank(g, c->bot)
	    > json_object_get_int(jso_get(role, "position")))
		return true;
	rest_reply_error(c, REST_MISSING_PERMISSIONS);
	return false;
}

bool
rest_guild_member(struct rest_call *c, struct guild *g, uint64_t id,
    unsigned *user)
{
	int64_t n = user_find(c->w, id);

	if (n < 0) {
		rest_reply_error(c, REST_UNKNOWN_USER);
		return false;
	}
	*user = (unsigned)n;
	if (guild_member_is(g, *user))
		return true;
	rest_reply_error(c, REST_UNKNOWN_MEMBER);
	return false;
}

json_object *
rest_guild_doc(struct rest_call *c, struct guild *g, enum guild_list list,
    uint64_t id, int error)
{
	json_object *doc = guild_get(g, list, id);

	if (doc == NULL)
		rest_reply_error(c, (enum rest_error)error);
	return doc;
}

void
rest_guild_emit(struct rest_call *c, struct guild *g, const char *t,
    json_object *d)
{
	if (jso_get(d, "guild_id") == NULL)
		jso_set_id(d, "guild_id", guild_id(g));
	gateway_emit_json(c->sim, guild_index(g), t, d);
}

void
rest_guild_change(json_object *changes, const char *key, json_object *was,
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

/* The reason as it is kept, or NULL. */
static json_object *
reason(struct rest_call *c)
{
	const char *coded = rest_body_header(c, "X-Audit-Log-Reason");
	char text[REASON_MAX * 4 + 1];

	if (coded == NULL
	    || !rest_body_decode(text, sizeof(text), coded, strlen(coded),
		false))
		return NULL;
	return json_object_new_string(text);
}

void
rest_guild_audit(struct rest_call *c, struct guild *g, int type,
    uint64_t target, json_object *changes)
{
	json_object *o = json_object_new_object(), *why = reason(c), *d = NULL;
	uint64_t id = world_snowflake(c->w);

	jso_set_id(o, "id", id);
	jso_set_id(o, "user_id", user_id(c->w, c->bot));
	jso_set(o, "target_id", target ? jso_id(target) : NULL);
	jso_set_int(o, "action_type", type);
	if (why != NULL)
		jso_set(o, "reason", why);
	if (changes != NULL)
		jso_set(o, "changes", changes);
	must(json_object_deep_copy(o, &d, NULL) == 0);
	rest_guild_emit(c, g, "GUILD_AUDIT_LOG_ENTRY_CREATE", d);
	json_object_put(d);
	if (guild_count(g, GUILD_AUDIT) >= guild_most(GUILD_AUDIT)) {
		/* The first is the oldest. */
		json_object_object_foreach (guild_docs(g, GUILD_AUDIT), key,
		    old) {
			(void)old;
			guild_drop_key(g, GUILD_AUDIT, key);
			break;
		}
	}
	guild_put(g, GUILD_AUDIT, id, o);
}
