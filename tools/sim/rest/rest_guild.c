/* SPDX-License-Identifier: MIT */
#include "tools/sim/rest/rest_guild.h"

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

/* The reason, until the next call; or NULL. */
static const char *
reason(struct rest_call *c)
{
	static char text[REASON_MAX * 4 + 1];
	const char *coded = rest_body_header(c, "X-Audit-Log-Reason");

	if (coded == NULL
	    || !rest_body_decode(text, sizeof(text), coded, strlen(coded),
		false))
		return NULL;
	return text;
}

struct act
rest_guild_act(struct rest_call *c, struct guild *g)
{
	return (struct act) {c->sim, g, c->bot, reason(c)};
}

void
rest_guild_emit(struct rest_call *c, struct guild *g, const char *t,
    json_object *d)
{
	struct act a = {c->sim, g, c->bot, NULL};

	act_emit(&a, t, d);
}

void
rest_guild_change(json_object *changes, const char *key, json_object *was,
    json_object *is)
{
	act_change(changes, key, was, is);
}

void
rest_guild_audit(struct rest_call *c, struct guild *g, int type,
    uint64_t target, json_object *changes)
{
	rest_guild_audit_with(c, g, type, target, changes, NULL);
}

void
rest_guild_audit_with(struct rest_call *c, struct guild *g, int type,
    uint64_t target, json_object *changes, json_object *options)
{
	struct act a = rest_guild_act(c, g);

	act_audit(&a, type, target, changes, options);
}

/* What the audit log tells of channels, threads, roles and webhooks. */
static bool
is_logged(const char *key)
{
	static const char *const keys[] = {"name", "type", "position", "topic",
	    "nsfw", "rate_limit_per_user", "bitrate", "user_limit",
	    "rtc_region", "video_quality_mode", "permission_overwrites",
	    "default_auto_archive_duration", "default_reaction_emoji",
	    "default_thread_rate_limit_per_user", "available_tags", "flags",
	    "archived", "locked", "auto_archive_duration", "color", "hoist",
	    "mentionable", "permissions", "channel_id", "application_id"};

	for (size_t i = 0; i < nitems(keys); i++)
		if (strcmp(key, keys[i]) == 0)
			return true;
	return false;
}

json_object *
rest_guild_changes(json_object *was, json_object *is)
{
	json_object *changes = json_object_new_array();

	json_object_object_foreach (is ? is : was, key, value) {
		json_object *old = jso_get(was, key);

		if (is_logged(key)
		    && (is == NULL || !json_object_equal(old, value)))
			rest_guild_change(changes, key, json_object_get(old),
			    is ? json_object_get(value) : NULL);
	}
	if (json_object_array_length(changes) > 0)
		return changes;
	json_object_put(changes);
	return NULL;
}
