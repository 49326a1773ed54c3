/* SPDX-License-Identifier: MIT */
#include "tools/sim/world/user.h"

#include "tools/sim/base/jso.h"
#include "tools/sim/world/world_impl.h"
#include "tools/sim/world/user_impl.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

static const char *const name_first[] = {"alder", "bramble", "cinder",
    "dovetail", "ember", "fennel", "gorse", "hazel", "indigo", "juniper",
    "kestrel", "larch", "marten", "nettle", "osprey", "plover"};
static const char *const name_last[] = {"fox", "brook", "stone", "feather",
    "lantern", "harbor", "mill", "thicket"};

static struct user *
slot(const struct world *w, unsigned user)
{
	if (user == WORLD_BOT)
		return &((struct world *)w)->first_bot;
	if (user < w->people)
		return &w->seed_user[user];
	must(user - w->people < w->made_count);
	return &w->made[user - w->people];
}

static json_object *
blank(uint64_t id, const char *username)
{
	json_object *o = json_object_new_object();

	jso_set_text(o, "username", username);
	jso_set_int(o, "public_flags", 0);
	jso_set(o, "primary_guild", NULL);
	jso_set_id(o, "id", id);
	jso_set(o, "global_name", NULL);
	jso_set(o, "display_name_styles", NULL);
	jso_set_text(o, "discriminator", "0");
	jso_set(o, "collectibles", NULL);
	jso_set(o, "avatar_decoration_data", NULL);
	jso_set(o, "avatar", NULL);
	return o;
}

/* A person of the seed. */
static json_object *
person(const struct world *w, unsigned user)
{
	const char *first = name_first[user % nitems(name_first)];
	const char *last =
	    name_last[user / nitems(name_first) % nitems(name_last)];
	uint64_t h = world_hash(w, WORLD_KIND_AVATAR, user);
	char text[64];
	json_object *o;

	must(str_format(text, sizeof(text), "%s_%s%u", first, last, user));
	o = blank(user_id(w, user), text);
	must(str_format(text, sizeof(text), "%c%s %c%s", first[0] - 32,
	    first + 1, last[0] - 32, last + 1));
	jso_set_text(o, "global_name", text);
	must(str_format(text, sizeof(text), "%016" PRIx64 "%016" PRIx64, h,
	    ~h * 31));
	jso_set_text(o, "avatar", text);
	return o;
}

static void
make_bot(json_object *o)
{
	jso_set_text(o, "discriminator", "4821");
	jso_set_bool(o, "bot", true);
}

void
user_open(struct world *w)
{
	w->first_bot.id = w->bot;
	w->first_bot.doc = blank(w->bot, "sim-bot");
	make_bot(w->first_bot.doc);
	w->seed_user = base_alloc(w->people * sizeof(*w->seed_user));
	for (unsigned u = 0; u < w->people; u++)
		w->seed_user[u].id = world_seed_user(w, u);
	w->user_index = json_object_new_object();
}

static void
empty(struct user *u)
{
	json_object_put(u->doc);
	free(u->text);
}

void
user_close(struct world *w)
{
	empty(&w->first_bot);
	for (unsigned u = 0; u < w->people; u++)
		empty(&w->seed_user[u]);
	for (unsigned u = 0; u < w->made_count; u++)
		empty(&w->made[u]);
	free(w->seed_user);
	free(w->made);
	json_object_put(w->user_index);
}

json_object *
user_doc(struct world *w, unsigned user)
{
	struct user *u = slot(w, user);

	if (u->doc == NULL)
		u->doc = person(w, user);
	return u->doc;
}

const char *
user_text(struct world *w, unsigned user)
{
	struct user *u = slot(w, user);

	if (u->text == NULL)
		u->text = base_strdup(jso_text(user_doc(w, user)));
	return u->text;
}

void
user_changed(struct world *w, unsigned user)
{
	struct user *u = slot(w, user);

	u->changed = true;
	free(u->text);
	u->text = NULL;
}

uint64_t
user_id(const struct world *w, unsigned user)
{
	return slot(w, user)->id;
}

int64_t
user_find(const struct world *w, uint64_t id)
{
	char key[24];
	json_object *at;

	if (id == w->bot)
		return WORLD_BOT;
	must(str_format(key, sizeof(key), "%" PRIu64, id));
	at = jso_get(w->user_index, key);
	return at != NULL ? json_object_get_int64(at) : world_seed_find(w, id);
}

static bool
is_called(json_object *doc, const char *name)
{
	const char *global = jso_get_text(doc, "global_name");

	return strcasecmp(jso_get_text(doc, "username"), name) == 0
	    || (global != NULL && strcasecmp(global, name) == 0);
}

/* A username of the seed ends with the number it was made from. */
static int64_t
seed_named(struct world *w, const char *name)
{
	const char *digits = name + strlen(name);
	uint64_t n;

	while (digits > name && isdigit((unsigned char)digits[-1]))
		digits--;
	if (!str_to_u64(digits, &n) || n >= w->people
	    || !is_called(user_doc(w, (unsigned)n), name))
		return -1;
	return (int64_t)n;
}

int64_t
user_named(struct world *w, const char *name)
{
	int64_t found = -1;
	uint64_t id;

	if (str_to_u64(name, &id) && (found = user_find(w, id)) >= 0)
		return found;
	if (is_called(w->first_bot.doc, name))
		return WORLD_BOT;
	for (unsigned n = 0; n < w->made_count; n++) {
		json_object *doc = w->made[n].doc;

		if (strcasecmp(jso_get_text(doc, "username"), name) == 0)
			return w->people + n;
		if (is_called(doc, name))
			found = found == -1 ? (int64_t)(w->people + n) : -2;
	}
	return found == -1 ? seed_named(w, name) : found;
}

static bool
name_ok(const char *name)
{
	size_t n = strlen(name);

	for (const char *p = name; *p != '\0'; p++)
		if (!isalnum((unsigned char)*p) && strchr("_.-", *p) == NULL)
			return false;
	return n >= 2 && n <= 32;
}

static unsigned
append(struct world *w, uint64_t id, json_object *doc)
{
	unsigned user = w->people + w->made_count;
	char key[24];

	w->made = base_realloc(w->made, (w->made_count + 1) * sizeof(*w->made));
	w->made[w->made_count++] =
	    (struct user) {.id = id, .doc = doc, .changed = true};
	must(str_format(key, sizeof(key), "%" PRIu64, id));
	jso_set(w->user_index, key, json_object_new_int64(user));
	return user;
}

unsigned
user_more_bot(struct world *w, uint64_t id, unsigned n)
{
	char name[32];
	json_object *o;

	must(str_format(name, sizeof(name), "sim-bot-%u", n + 1));
	o = blank(id, name);
	make_bot(o);
	return append(w, id, o);
}

bool
user_is(const struct world *w, unsigned user)
{
	return user == WORLD_BOT || user < w->people + w->made_count;
}

bool
user_restore(struct world *w, unsigned user, uint64_t id, json_object *doc)
{
	if (user == w->people + w->made_count && w->made_count < USER_MADE_MAX
	    && user_find(w, id) < 0) {
		append(w, id, doc);
		return true;
	}
	if (!user_is(w, user) || user_id(w, user) != id) {
		json_object_put(doc);
		return false;
	}
	json_object_put(slot(w, user)->doc);
	slot(w, user)->doc = doc;
	user_changed(w, user);
	return true;
}

int64_t
user_new(struct world *w, const char *username, bool bot)
{
	uint64_t id = world_snowflake(w);
	json_object *o;

	if (w->made_count == USER_MADE_MAX || !name_ok(username)
	    || user_named(w, username) != -1)
		return -1;
	o = blank(id, username);
	if (bot)
		make_bot(o);
	return append(w, id, o);
}

unsigned
user_bot(const struct world *w, unsigned n)
{
	must(n < w->bots);
	return w->bot_user[n];
}

int
user_bot_number(const struct world *w, unsigned user)
{
	for (unsigned n = 0; n < w->bots; n++)
		if (w->bot_user[n] == user)
			return (int)n;
	return -1;
}
