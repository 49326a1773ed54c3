/* SPDX-License-Identifier: MIT */
/*
 * A tree of JSON for each kind.  Reactions: message -> emoji's key -> {emoji,
 * normal: [user ids], burst: [user ids]}.  Votes: message -> answer -> [user
 * ids].  Pins: channel -> message -> when.
 */
#include "tools/sim/base/jso.h"
#include "tools/sim/world/guild.h"
#include "tools/sim/world/user.h"
#include "tools/sim/world/world_impl.h"

#include <string.h>

/* ---- what the kinds have in common -------------------------------------- */

static json_object *
marks_of(struct world *w, enum world_mark_kind kind, uint64_t id)
{
	char key[24];

	must(str_format(key, sizeof(key), "%" PRIu64, id));
	return jso_get(w->marks[kind], key);
}

static void
forget(struct world *w, enum world_mark_kind kind, uint64_t id)
{
	char key[24];

	must(str_format(key, sizeof(key), "%" PRIu64, id));
	json_object_object_del(w->marks[kind], key);
}

/* The same, made when there is none. */
static json_object *
marks_made(struct world *w, enum world_mark_kind kind, uint64_t id)
{
	json_object *root = w->marks[kind], *o = marks_of(w, kind, id);
	char key[24];

	if (o != NULL)
		return o;
	if (json_object_object_length(root) >= WORLD_MARKED_MAX) {
		/* The first is the oldest. */
		json_object_object_foreach (root, oldest, marks) {
			(void)marks;
			json_object_object_del(root, oldest);
			break;
		}
	}
	o = json_object_new_object();
	must(str_format(key, sizeof(key), "%" PRIu64, id));
	jso_set(root, key, o);
	return o;
}

static int
user_at(struct world *w, json_object *ids, unsigned user)
{
	size_t n = ids ? json_object_array_length(ids) : 0;
	char id[24];

	must(str_format(id, sizeof(id), "%" PRIu64, user_id(w, user)));
	for (size_t i = 0; i < n; i++)
		if (strcmp(json_object_get_string(
			       json_object_array_get_idx(ids, i)),
			id)
		    == 0)
			return (int)i;
	return -1;
}

bool
world_mark_has(struct world *w, json_object *ids, unsigned user)
{
	return user_at(w, ids, user) >= 0;
}

static enum world_marked
user_add(struct world *w, json_object *ids, unsigned user)
{
	if (user_at(w, ids, user) >= 0)
		return WORLD_MARKED_BEFORE;
	if (json_object_array_length(ids) >= WORLD_MARK_USERS)
		return WORLD_MARKED_FULL;
	json_object_array_add(ids, jso_id(user_id(w, user)));
	return WORLD_MARKED_NEW;
}

static bool
user_drop(struct world *w, json_object *ids, unsigned user)
{
	int at = user_at(w, ids, user);

	if (at >= 0)
		json_object_array_del_idx(ids, (size_t)at, 1);
	return at >= 0;
}

static size_t
count(json_object *ids)
{
	return ids ? json_object_array_length(ids) : 0;
}

/* ---- reactions ----------------------------------------------------------- */

/* The id of a custom emoji "name:id", or NULL for a Unicode one. */
static const char *
custom_id(const char *emoji)
{
	const char *colon = strrchr(emoji, ':');
	uint64_t id;

	return colon && str_to_u64(colon + 1, &id) ? colon + 1 : NULL;
}

/* A custom one is the same under any name. */
static const char *
key_of(const char *emoji)
{
	const char *id = custom_id(emoji);

	return id ? id : emoji;
}

/* A Unicode emoji has at least one character above ASCII. */
bool
world_mark_emoji_ok(const char *emoji)
{
	if (strlen(emoji) >= WORLD_EMOJI_MAX)
		return false;
	if (custom_id(emoji) != NULL)
		return true;
	for (; *emoji != '\0'; emoji++)
		if ((unsigned char)*emoji >= 0x80)
			return true;
	return false;
}

/* The emoji of a guild of this world, or NULL. */
static json_object *
known(struct world *w, const char *id)
{
	uint64_t n = strtoull(id, NULL, 10);
	int64_t home = world_home(w, n);
	struct guild *g = home < 0 ? NULL : guild_at(w, (unsigned)home);

	return g ? guild_get(g, GUILD_EMOJIS, n) : NULL;
}

json_object *
world_mark_emoji(struct world *w, const char *emoji)
{
	json_object *o = json_object_new_object(), *doc;
	const char *id = custom_id(emoji), *name = emoji;
	bool animated = id != NULL && strncmp(emoji, "a:", 2) == 0
	    && id - emoji > 3;

	if (id == NULL) {
		jso_set(o, "id", NULL);
		jso_set_text(o, "name", emoji);
		return o;
	}
	name += animated ? 2 : 0;
	jso_set_text(o, "id", id);
	jso_set(o, "name",
	    json_object_new_string_len(name, (int)(id - 1 - name)));
	doc = known(w, id);
	if (doc != NULL) {
		jso_set_text(o, "name", jso_get_text(doc, "name"));
		animated = json_object_get_boolean(jso_get(doc, "animated"));
	}
	if (animated)
		jso_set_bool(o, "animated", true);
	return o;
}

static json_object *
reaction_of(struct world *w, uint64_t message, const char *emoji)
{
	return jso_get(marks_of(w, WORLD_MARK_REACTION, message),
	    key_of(emoji));
}

static json_object *
reaction_new(struct world *w, json_object *all, const char *emoji)
{
	json_object *r = json_object_new_object();

	jso_set(r, "emoji", world_mark_emoji(w, emoji));
	jso_set(r, "normal", json_object_new_array());
	jso_set(r, "burst", json_object_new_array());
	jso_set(all, key_of(emoji), r);
	return r;
}

enum world_marked
world_mark_react(struct world *w, uint64_t message, const char *emoji,
    unsigned user, bool burst)
{
	json_object *all = marks_made(w, WORLD_MARK_REACTION, message);
	json_object *r = jso_get(all, key_of(emoji));

	if (r == NULL && json_object_object_length(all) >= WORLD_MARK_EMOJIS)
		return WORLD_MARKED_FULL;
	if (r == NULL)
		r = reaction_new(w, all, emoji);
	return user_add(w, jso_get(r, burst ? "burst" : "normal"), user);
}

bool
world_mark_unreact(struct world *w, uint64_t message, const char *emoji,
    unsigned user, bool burst)
{
	json_object *r = reaction_of(w, message, emoji);

	if (!user_drop(w, jso_get(r, burst ? "burst" : "normal"), user))
		return false;
	if (count(jso_get(r, "normal")) + count(jso_get(r, "burst")) == 0)
		world_mark_clear(w, message, emoji);
	return true;
}

bool
world_mark_reacted(struct world *w, uint64_t message, const char *emoji)
{
	if (emoji == NULL)
		return marks_of(w, WORLD_MARK_REACTION, message) != NULL;
	return reaction_of(w, message, emoji) != NULL;
}

void
world_mark_clear(struct world *w, uint64_t message, const char *emoji)
{
	json_object *all = marks_of(w, WORLD_MARK_REACTION, message);

	if (all == NULL)
		return;
	if (emoji != NULL)
		json_object_object_del(all, key_of(emoji));
	if (emoji == NULL || json_object_object_length(all) == 0)
		forget(w, WORLD_MARK_REACTION, message);
}

json_object *
world_mark_reactors(struct world *w, uint64_t message, const char *emoji,
    bool burst)
{
	return jso_get(reaction_of(w, message, emoji),
	    burst ? "burst" : "normal");
}

static json_object *
reaction_seen(struct world *w, json_object *r, unsigned bot)
{
	json_object *normal = jso_get(r, "normal"),
		    *burst = jso_get(r, "burst");
	json_object *o = json_object_new_object();
	json_object *details = json_object_new_object();

	jso_set_int(details, "burst", (int64_t)count(burst));
	jso_set_int(details, "normal", (int64_t)count(normal));
	jso_set(o, "emoji", json_object_get(jso_get(r, "emoji")));
	jso_set_int(o, "count", (int64_t)(count(normal) + count(burst)));
	jso_set(o, "count_details", details);
	jso_set_bool(o, "me", user_at(w, normal, bot) >= 0);
	jso_set_bool(o, "me_burst", user_at(w, burst, bot) >= 0);
	jso_set(o, "burst_colors", json_object_new_array());
	return o;
}

void
world_mark_show(struct world *w, uint64_t message, unsigned bot, json_object *m)
{
	json_object *all = marks_of(w, WORLD_MARK_REACTION, message), *list;

	if (all == NULL)
		return;
	list = json_object_new_array();
	json_object_object_foreach (all, key, r) {
		(void)key;
		json_object_array_add(list, reaction_seen(w, r, bot));
	}
	jso_set(m, "reactions", list);
}

/* ---- votes --------------------------------------------------------------- */

static const char *
answer_key(unsigned answer, char key[16])
{
	must(str_format(key, 16, "%u", answer));
	return key;
}

json_object *
world_mark_voters(struct world *w, uint64_t message, unsigned answer)
{
	char key[16];

	return jso_get(marks_of(w, WORLD_MARK_VOTE, message),
	    answer_key(answer, key));
}

enum world_marked
world_mark_vote(struct world *w, uint64_t message, unsigned answer,
    unsigned user)
{
	json_object *all = marks_made(w, WORLD_MARK_VOTE, message), *ids;
	char key[16];

	ids = jso_get(all, answer_key(answer, key));
	if (ids == NULL)
		jso_set(all, key, ids = json_object_new_array());
	return user_add(w, ids, user);
}

bool
world_mark_unvote(struct world *w, uint64_t message, unsigned answer,
    unsigned user)
{
	return user_drop(w, world_mark_voters(w, message, answer), user);
}

/* ---- pins ---------------------------------------------------------------- */

json_object *
world_mark_pins(struct world *w, uint64_t channel)
{
	return marks_of(w, WORLD_MARK_PIN, channel);
}

enum world_marked
world_mark_pin(struct world *w, uint64_t channel, uint64_t message)
{
	json_object *all = marks_made(w, WORLD_MARK_PIN, channel);
	char key[24];

	must(str_format(key, sizeof(key), "%" PRIu64, message));
	if (jso_get(all, key) != NULL)
		return WORLD_MARKED_BEFORE;
	if (json_object_object_length(all) >= WORLD_MARK_PINS)
		return WORLD_MARKED_FULL;
	jso_set_text(all, key, world_render_now(w));
	return WORLD_MARKED_NEW;
}

bool
world_mark_unpin(struct world *w, uint64_t channel, uint64_t message)
{
	json_object *all = world_mark_pins(w, channel);
	char key[24];

	must(str_format(key, sizeof(key), "%" PRIu64, message));
	if (jso_get(all, key) == NULL)
		return false;
	json_object_object_del(all, key);
	if (json_object_object_length(all) == 0)
		forget(w, WORLD_MARK_PIN, channel);
	return true;
}

/* ---- the world's file ---------------------------------------------------- */

static const char *const kind_word[WORLD_MARKS] = {
    [WORLD_MARK_REACTION] = "reactions",
    [WORLD_MARK_VOTE] = "votes",
    [WORLD_MARK_PIN] = "pins",
};

json_object *
world_mark_save(struct world *w)
{
	json_object *o = json_object_new_object();
	int n = 0;

	for (int i = 0; i < WORLD_MARKS; i++) {
		jso_set(o, kind_word[i], json_object_get(w->marks[i]));
		n += json_object_object_length(w->marks[i]);
	}
	if (n > 0)
		return o;
	json_object_put(o);
	return NULL;
}

/* Is it a list of ids? */
static bool
are_ids(json_object *list)
{
	uint64_t id;

	if (!json_object_is_type(list, json_type_array))
		return false;
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		json_object *one = json_object_array_get_idx(list, i);

		if (!json_object_is_type(one, json_type_string)
		    || !str_to_u64(json_object_get_string(one), &id))
			return false;
	}
	return true;
}

static bool
is_mark(json_object *o, int kind)
{
	if (kind == WORLD_MARK_PIN)
		return json_object_is_type(o, json_type_string);
	if (kind == WORLD_MARK_VOTE)
		return are_ids(o);
	return json_object_is_type(jso_get(o, "emoji"), json_type_object)
	    && are_ids(jso_get(o, "normal")) && are_ids(jso_get(o, "burst"));
}

static bool
is_kind(json_object *all, int kind)
{
	if (!json_object_is_type(all, json_type_object)
	    || json_object_object_length(all) > WORLD_MARKED_MAX)
		return false;
	json_object_object_foreach (all, id, marks) {
		(void)id;
		if (!json_object_is_type(marks, json_type_object)
		    || json_object_object_length(marks) > WORLD_MARK_PINS)
			return false;
		json_object_object_foreach (marks, key, mark) {
			(void)key;
			if (!is_mark(mark, kind))
				return false;
		}
	}
	return true;
}

bool
world_mark_restore(struct world *w, json_object *o)
{
	for (int i = 0; i < WORLD_MARKS; i++)
		if (!is_kind(jso_get(o, kind_word[i]), i))
			return false;
	for (int i = 0; i < WORLD_MARKS; i++) {
		json_object_put(w->marks[i]);
		w->marks[i] = json_object_get(jso_get(o, kind_word[i]));
	}
	return true;
}
