/* SPDX-License-Identifier: MIT */
/*
 * Who is a member.  The seed says who was one at the beginning: the world's
 * bots, then people; the list holds those who differ.
 */
#include "tools/sim/world/guild_impl.h"

#include "tools/sim/base/jso.h"
#include "tools/sim/world/user.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Different people for every n: the number of users has no factor 131. */
unsigned
guild_member_seed(const struct world *w, unsigned index, unsigned n)
{
	if (n < w->bots)
		return user_bot(w, n);
	n -= w->bots;
	return (
	    unsigned)(((uint64_t)index * 7 + (uint64_t)n * 131) % w->people);
}

static unsigned
seeds(const struct world *w)
{
	return w->bots + w->members;
}

/* Was it one at the beginning? */
static bool
in_seed(const struct guild *g, unsigned user)
{
	const struct world *w = g->w;
	uint64_t n;

	if (user >= w->people)
		return user_bot_number(w, user) >= 0;
	/* (index * 7 + n * 131) % people is user: which n is that? */
	n = (user + w->people - (uint64_t)g->index * 7 % w->people) * w->inverse
	    % w->people;
	return n < w->members;
}

static const char *
key_of(const struct guild *g, unsigned user, char key[24])
{
	must(str_format(key, 24, "%" PRIu64, user_id(g->w, user)));
	return key;
}

/* What the list says: a document, false, or NULL for as the seed has it. */
static json_object *
stored(const struct guild *g, unsigned user)
{
	char key[24];

	return jso_get(g->list[GUILD_MEMBERS], key_of(g, user, key));
}

static bool
is_left(json_object *doc)
{
	return json_object_is_type(doc, json_type_boolean);
}

bool
guild_member_is(struct guild *g, unsigned user)
{
	json_object *doc = stored(g, user);

	return doc != NULL ? !is_left(doc) : in_seed(g, user);
}

static json_object *
make(const struct guild *g, unsigned user, const char *joined_at)
{
	json_object *m = json_object_new_object();
	json_object *roles = json_object_new_array();
	bool bot = user >= g->w->people && user_bot_number(g->w, user) >= 0;
	json_object *role = jso_id(world_role_id(g->w, g->index,
	    bot ? WORLD_ROLES - 1 : 1 + user % (WORLD_ROLES - 2)));

	if (joined_at == NULL
	    && jso_get(g->list[GUILD_ROLES], json_object_get_string(role))
		!= NULL)
		json_object_array_add(roles, json_object_get(role));
	json_object_put(role);
	jso_set(m, "roles", roles);
	jso_set(m, "premium_since", NULL);
	jso_set_bool(m, "pending", false);
	jso_set(m, "nick", NULL);
	jso_set_bool(m, "mute", false);
	jso_set_text(m, "joined_at",
	    joined_at ? joined_at : "2025-10-05T10:24:44.918000+00:00");
	jso_set_int(m, "flags", 0);
	jso_set_bool(m, "deaf", false);
	jso_set(m, "communication_disabled_until", NULL);
	jso_set(m, "banner", NULL);
	jso_set(m, "avatar", NULL);
	jso_set(m, "avatar_decoration_data", NULL);
	jso_set(m, "collectibles", NULL);
	return m;
}

json_object *
guild_member(struct guild *g, unsigned user)
{
	json_object *doc = stored(g, user), *m = NULL;

	if (is_left(doc) || (doc == NULL && !in_seed(g, user)))
		return NULL;
	if (doc == NULL)
		m = make(g, user, NULL);
	else
		must(json_object_deep_copy(doc, &m, NULL) == 0);
	jso_set(m, "user", json_object_get(user_doc(g->w, user)));
	return m;
}

static void
store(struct guild *g, unsigned user, json_object *doc)
{
	char key[24];

	guild_change(g);
	jso_set(g->list[GUILD_MEMBERS], key_of(g, user, key), doc);
}

json_object *
guild_member_edit(struct guild *g, unsigned user)
{
	json_object *doc = stored(g, user);

	guild_change(g);
	if (is_left(doc))
		return NULL;
	if (doc == NULL && in_seed(g, user))
		store(g, user, doc = make(g, user, NULL));
	return doc;
}

bool
guild_member_join(struct guild *g, unsigned user)
{
	if (guild_member_is(g, user))
		return false;
	if (in_seed(g, user))
		g->left--;
	else
		g->joined++;
	store(g, user, make(g, user, world_render_now(g->w)));
	return true;
}

bool
guild_member_leave(struct guild *g, unsigned user)
{
	char key[24];

	if (!guild_member_is(g, user))
		return false;
	guild_change(g);
	if (in_seed(g, user)) {
		g->left++;
		store(g, user, json_object_new_boolean(false));
	} else {
		g->joined--;
		guild_drop_key(g, GUILD_MEMBERS, key_of(g, user, key));
	}
	guild_drop_key(g, GUILD_VOICE, key_of(g, user, key));
	guild_drop_key(g, GUILD_PRESENCES, key_of(g, user, key));
	return true;
}

unsigned
guild_members(struct guild *g)
{
	return seeds(g->w) - g->left + g->joined;
}

void
guild_member_count(struct guild *g)
{
	g->left = g->joined = 0;
	json_object_object_foreach (g->list[GUILD_MEMBERS], key, doc) {
		int64_t user = user_find(g->w, strtoull(key, NULL, 10));
		bool seed = user >= 0 && in_seed(g, (unsigned)user);

		g->left += seed && is_left(doc);
		g->joined += !seed && !is_left(doc);
	}
}

void
guild_member_each(struct guild *g,
    bool (*fn)(void *arg, struct guild *, unsigned user), void *arg)
{
	for (unsigned n = 0; n < seeds(g->w); n++) {
		unsigned user = guild_member_seed(g->w, g->index, n);

		if (!is_left(stored(g, user)) && !fn(arg, g, user))
			return;
	}
	json_object_object_foreach (g->list[GUILD_MEMBERS], key, doc) {
		int64_t user = user_find(g->w, strtoull(key, NULL, 10));

		if (user >= 0 && !is_left(doc) && !in_seed(g, (unsigned)user)
		    && !fn(arg, g, (unsigned)user))
			return;
	}
}

void
guild_member_role_gone(struct guild *g, uint64_t role)
{
	char id[24];

	must(str_format(id, sizeof(id), "%" PRIu64, role));
	json_object_object_foreach (g->list[GUILD_MEMBERS], key, doc) {
		json_object *roles = jso_get(doc, "roles");
		size_t n = roles ? json_object_array_length(roles) : 0;

		(void)key;
		for (size_t i = n; i-- > 0;)
			if (strcmp(json_object_get_string(
				       json_object_array_get_idx(roles, i)),
				id)
			    == 0)
				json_object_array_del_idx(roles, i, 1);
	}
}
