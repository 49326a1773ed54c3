/* SPDX-License-Identifier: MIT */
#include "tools/sim/world/perm.h"

#include "tools/sim/base/jso.h"
#include "tools/sim/world/user.h"
#include "shared/base/clock.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	unsigned bit;
} perms[] = {
#define X(name, bit) {#name, bit},
    PERM_TABLE(X)
#undef X
};

/* All that is left to who is timed out. */
static const uint64_t quiet = UINT64_C(1) << 10 | UINT64_C(1) << 16;

uint64_t
perm_named(const char *name)
{
	for (size_t i = 0; i < nitems(perms); i++)
		if (strcmp(perms[i].name, name) == 0)
			return UINT64_C(1) << perms[i].bit;
	return 0;
}

const char *
perm_name(uint64_t bits)
{
	for (size_t i = 0; i < nitems(perms); i++)
		if (bits >> perms[i].bit & 1)
			return perms[i].name;
	return "";
}

static uint64_t
number(json_object *o, const char *key)
{
	const char *s = jso_get_text(o, key);

	return s ? strtoull(s, NULL, 10) : 0;
}

bool
perm_owner(struct guild *g, unsigned user)
{
	return number(guild_head(g), "owner_id")
	    == user_id(guild_world(g), user);
}

/* "2026-08-01T12:00:00...": texts of one form compare as times do. */
static bool
timed_out(struct guild *g, json_object *member)
{
	const char *until = jso_get_text(member,
	    "communication_disabled_until");

	return until != NULL
	    && strncmp(until, world_render_now(guild_world(g)), 19) > 0;
}

static uint64_t
of_roles(struct guild *g, json_object *member)
{
	json_object *roles = jso_get(member, "roles");
	uint64_t bits = number(guild_get(g, GUILD_ROLES, guild_id(g)),
	    "permissions");

	for (size_t i = 0; i < json_object_array_length(roles); i++) {
		const char *id = json_object_get_string(
		    json_object_array_get_idx(roles, i));

		bits |= number(guild_get_key(g, GUILD_ROLES, id),
		    "permissions");
	}
	return bits & PERM_ADMINISTRATOR ? PERM_ALL : bits;
}

uint64_t
perm_guild(struct guild *g, unsigned user)
{
	json_object *member = guild_member(g, user);
	uint64_t bits = 0;

	if (member != NULL)
		bits = perm_owner(g, user) ? PERM_ALL : of_roles(g, member);
	if (bits != PERM_ALL && timed_out(g, member))
		bits &= quiet;
	json_object_put(member);
	return bits;
}

static bool
has_role(json_object *member, const char *id)
{
	json_object *roles = jso_get(member, "roles");

	for (size_t i = 0; i < json_object_array_length(roles); i++)
		if (strcmp(json_object_get_string(
			       json_object_array_get_idx(roles, i)),
			id)
		    == 0)
			return true;
	return false;
}

/* Overwrites, in their order: everyone's, all roles', the member's. */
static uint64_t
overwritten(struct guild *g, json_object *channel, json_object *member,
    uint64_t bits)
{
	json_object *list = jso_get(channel, "permission_overwrites");
	uint64_t allow[3] = {0}, deny[3] = {0};

	for (size_t i = 0; json_object_is_type(list, json_type_array)
	     && i < json_object_array_length(list);
	     i++) {
		json_object *o = json_object_array_get_idx(list, i);
		const char *id = jso_get_text(o, "id");
		bool is_member = json_object_get_int(jso_get(o, "type")) == 1;
		int at = -1;

		if (is_member
		    && strcmp(id, jso_get_text(jso_get(member, "user"), "id"))
			== 0)
			at = 2;
		else if (!is_member && number(o, "id") == guild_id(g))
			at = 0;
		else if (!is_member && has_role(member, id))
			at = 1;
		if (at < 0)
			continue;
		allow[at] |= number(o, "allow");
		deny[at] |= number(o, "deny");
	}
	for (int at = 0; at < 3; at++)
		bits = (bits & ~deny[at]) | allow[at];
	return bits;
}

uint64_t
perm_channel(struct world *w, const struct world_channel *c, unsigned user)
{
	struct guild *g;
	json_object *channel = c->doc, *member;
	uint64_t bits;

	if (c->guild == WORLD_NOWHERE)
		return PERM_ALL;
	g = guild_at(w, c->guild);
	bits = g ? perm_guild(g, user) : 0;
	if (bits == 0 || bits == PERM_ALL)
		return bits;
	if (world_channel_is_thread(c))
		channel = guild_get_key(g, GUILD_CHANNELS,
		    jso_get_text(channel, "parent_id"));
	member = guild_member(g, user);
	bits = overwritten(g, channel, member, bits);
	if (timed_out(g, member))
		bits &= quiet;
	json_object_put(member);
	/* Who does not see it, can do nothing there. */
	return bits & PERM_VIEW_CHANNEL ? bits : 0;
}

int
perm_rank(struct guild *g, unsigned user)
{
	json_object *member = guild_member(g, user);
	json_object *roles = jso_get(member, "roles");
	int rank = 0;

	if (member == NULL)
		return -1;
	for (size_t i = 0; i < json_object_array_length(roles); i++) {
		json_object *role = guild_get_key(g, GUILD_ROLES,
		    json_object_get_string(
			json_object_array_get_idx(roles, i)));
		int at = json_object_get_int(jso_get(role, "position"));

		rank = at > rank ? at : rank;
	}
	json_object_put(member);
	return perm_owner(g, user) ? INT_MAX : rank;
}
