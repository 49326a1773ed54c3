/* SPDX-License-Identifier: MIT */
#include "tools/sim/saved/world_file.h"

#include "tools/sim/base/jso.h"
#include "tools/sim/world/app.h"
#include "tools/sim/world/guild_impl.h"
#include "tools/sim/world/user.h"
#include "tools/sim/world/user_impl.h"
#include "tools/sim/saved/world_doc.h"

#include "shared/json/json.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define VERSION 1

/* ---- saving ----------------------------------------------------------- */

static json_object *
save_user(unsigned number, const struct user *u)
{
	json_object *o = json_object_new_object();

	jso_set_int(o, "number", number);
	jso_set(o, "user", json_object_get(u->doc));
	return o;
}

static json_object *
save_users(const struct world *w)
{
	json_object *list = json_object_new_array();

	if (w->first_bot.changed)
		json_object_array_add(list,
		    save_user(WORLD_BOT, &w->first_bot));
	for (unsigned u = 0; u < w->people; u++)
		if (w->seed_user[u].changed)
			json_object_array_add(list,
			    save_user(u, &w->seed_user[u]));
	for (unsigned u = 0; u < w->made_count; u++)
		json_object_array_add(list,
		    save_user(w->people + u, &w->made[u]));
	return list;
}

static json_object *
save_guild(const struct guild *g)
{
	json_object *o = json_object_new_object();

	jso_set_int(o, "number", g->index);
	jso_set_bool(o, "gone", g->gone);
	jso_set(o, "head", json_object_get(g->head));
	for (int i = 0; i < GUILD_LISTS; i++)
		jso_set(o, guild_list_word(i), json_object_get(g->list[i]));
	return o;
}

static json_object *
save_guilds(const struct world *w)
{
	json_object *list = json_object_new_array();

	list_each (&w->changed, e)
		json_object_array_add(list,
		    save_guild(container_of(e, struct guild, link)));
	return list;
}

static json_object *
save_dms(const struct world *w)
{
	json_object *list = json_object_new_array();

	for (unsigned n = 0; n < w->bots * WORLD_DMS; n++)
		if (w->dm_open[n])
			json_object_array_add(list, json_object_new_int64(n));
	return list;
}

static bool
save_message(void *arg, enum world_ring ring, const struct world_msg *m)
{
	json_object *o = json_object_new_object();

	jso_set_int(o, "ring", ring);
	jso_set_id(o, "id", m->id);
	jso_set_id(o, "channel", m->channel);
	jso_set_int(o, "number", (int64_t)m->number);
	jso_set_int(o, "guild", m->guild);
	jso_set_int(o, "user", m->user);
	jso_set_int(o, "answers", m->answers);
	jso_set_bool(o, "ping", m->ping);
	jso_set_bool(o, "hidden", m->hidden);
	if (m->json != NULL)
		jso_set(o, "message", json_tokener_parse(m->json));
	json_object_array_add(arg, o);
	return true;
}

static json_object *
save_commands(const struct world *w)
{
	json_object *list = json_object_new_array(), *o;

	for (size_t i = 0; i < WORLD_COMMAND_SCOPES_MAX; i++) {
		const struct world_commands *s = &w->commands[i];

		if (s->list == NULL || json_object_array_length(s->list) == 0)
			continue;
		o = json_object_new_object();
		jso_set_int(o, "bot", s->bot);
		jso_set_id(o, "guild", s->guild);
		jso_set(o, "commands", json_object_get(s->list));
		json_object_array_add(list, o);
	}
	return list;
}

json_object *
world_file_save(struct world *w)
{
	json_object *o = json_object_new_object();
	json_object *messages = json_object_new_array();
	json_object *marks = world_mark_save(w);

	jso_set_int(o, "shardherd_sim_world", VERSION);
	jso_set_id(o, "seed", w->seed);
	jso_set_int(o, "guilds", w->guilds);
	jso_set_int(o, "bots", w->bots);
	jso_set_int(o, "members", w->members);
	jso_set_int(o, "guild_bytes", (int64_t)w->guild_bytes);
	jso_set_id(o, "newest", w->snow_ms);
	jso_set(o, "users", save_users(w));
	jso_set(o, "changed", save_guilds(w));
	jso_set(o, "dms", save_dms(w));
	jso_set(o, "commands", save_commands(w));
	if (app_all(w) != NULL)
		jso_set(o, "applications", json_object_get(app_all(w)));
	world_msg_each(w, save_message, messages);
	jso_set(o, "messages", messages);
	if (marks != NULL)
		jso_set(o, "marks", marks);
	return o;
}

/* ---- loading ---------------------------------------------------------- */

/* A whole number of o from 0 to max; false: there is none. */
static bool
number(json_object *o, const char *key, uint64_t max, uint64_t *n)
{
	json_object *v = jso_get(o, key);

	if (!json_object_is_type(v, json_type_int)
	    && !json_object_is_type(v, json_type_string))
		return false;
	return str_to_u64(json_object_get_string(v), n) && *n <= max;
}

static json_object *
array(json_object *o, const char *key)
{
	json_object *v = jso_get(o, key);

	return json_object_is_type(v, json_type_array) ? v : NULL;
}

static bool
load_user(struct world *w, json_object *o)
{
	json_object *doc = jso_get(o, "user");
	uint64_t n, id;

	if (!number(o, "number", UINT32_MAX, &n)
	    || !json_object_is_type(jso_get(doc, "username"), json_type_string)
	    || !number(doc, "id", UINT64_MAX, &id) || !world_doc_ok(doc))
		return false;
	return user_restore(w, (unsigned)n, id, json_object_get(doc));
}

/* What every document of a list must have besides, as the code reads it
 * unasked. */
static const struct {
	enum guild_list list;
	const char *key;
	json_type type;
} needs[] = {
    {GUILD_ROLES, "id", json_type_string},
    {GUILD_ROLES, "position", json_type_int},
    {GUILD_ROLES, "permissions", json_type_string},
    {GUILD_CHANNELS, "id", json_type_string},
    {GUILD_CHANNELS, "type", json_type_int},
    {GUILD_CHANNELS, "name", json_type_string},
    {GUILD_CHANNELS, "permission_overwrites", json_type_array},
    {GUILD_THREADS, "id", json_type_string},
    {GUILD_THREADS, "type", json_type_int},
    {GUILD_THREADS, "name", json_type_string},
    {GUILD_THREADS, "parent_id", json_type_string},
    {GUILD_THREADS, "thread_metadata", json_type_object},
    {GUILD_EMOJIS, "id", json_type_string},
    {GUILD_EMOJIS, "name", json_type_string},
    {GUILD_STICKERS, "id", json_type_string},
    {GUILD_STICKERS, "name", json_type_string},
    {GUILD_VOICE, "user_id", json_type_string},
    {GUILD_EVENTS, "id", json_type_string},
    {GUILD_STAGES, "channel_id", json_type_string},
    {GUILD_SOUNDS, "sound_id", json_type_string},
    {GUILD_MEMBERS, "roles", json_type_array},
    {GUILD_BANS, "user_id", json_type_string},
    {GUILD_INVITES, "code", json_type_string},
    {GUILD_HOOKS, "id", json_type_string},
    {GUILD_HOOKS, "channel_id", json_type_string},
    {GUILD_RULES, "id", json_type_string},
    {GUILD_AUDIT, "id", json_type_string},
    {GUILD_AUDIT, "user_id", json_type_string},
    {GUILD_TEMPLATES, "code", json_type_string},
};

static bool
lacks(json_object *doc, enum guild_list list)
{
	for (size_t i = 0; i < nitems(needs); i++)
		if (needs[i].list == list
		    && !json_object_is_type(jso_get(doc, needs[i].key),
			needs[i].type))
			return true;
	return false;
}

static bool
list_ok(json_object *docs, enum guild_list list)
{
	if (!json_object_is_type(docs, json_type_object)
	    || (size_t)json_object_object_length(docs) > guild_most(list))
		return false;
	json_object_object_foreach (docs, key, doc) {
		(void)key;
		/* Who has left is false. */
		if (list == GUILD_MEMBERS
		    && json_object_is_type(doc, json_type_boolean))
			continue;
		if (!json_object_is_type(doc, json_type_object)
		    || lacks(doc, list) || !world_doc_ok(doc))
			return false;
	}
	return true;
}

/* What has an id is kept by it. */
static bool
is_kept_by(const char *key, json_object *doc)
{
	const char *id = jso_get_text(doc, "id");
	char text[24];
	uint64_t n;

	return str_to_u64(key, &n)
	    && str_format(text, sizeof(text), "%" PRIu64, n)
	    && strcmp(text, key) == 0 && (id == NULL || strcmp(id, key) == 0);
}

/* From now on its things are found in it; false: one is of another guild. */
static bool
settle(struct guild *g)
{
	for (int i = 0; i < GUILD_LISTS; i++) {
		if (!guild_list_home(i))
			continue;
		json_object_object_foreach (g->list[i], key, doc) {
			uint64_t id = strtoull(key, NULL, 10);

			if (!is_kept_by(key, doc)
			    || (world_home(g->w, id) >= 0
				&& world_home(g->w, id) != g->index))
				return false;
			world_home_set(g->w, id, g->index);
		}
	}
	return true;
}

static bool
head_ok(const struct guild *g, json_object *head)
{
	const char *owner = jso_get_text(head, "owner_id");
	uint64_t id;

	return number(head, "id", UINT64_MAX, &id) && id == g->id
	    && owner != NULL && array(head, "features") != NULL
	    && world_doc_ok(head)
	    && json_object_is_type(jso_get(head, "name"), json_type_string);
}

static bool
load_guild(struct world *w, json_object *o)
{
	uint64_t n;
	struct guild *g;

	if (!number(o, "number", w->guilds - 1, &n))
		return false;
	g = guild_at(w, (unsigned)n);
	if (g == NULL || g->changed || !head_ok(g, jso_get(o, "head")))
		return false;
	for (int i = 0; i < GUILD_LISTS; i++)
		if (!list_ok(jso_get(o, guild_list_word(i)), i))
			return false;
	guild_change(g);
	json_object_put(g->head);
	g->head = json_object_get(jso_get(o, "head"));
	for (int i = 0; i < GUILD_LISTS; i++) {
		json_object_put(g->list[i]);
		g->list[i] = json_object_get(jso_get(o, guild_list_word(i)));
	}
	g->gone = json_object_get_boolean(jso_get(o, "gone"));
	guild_member_count(g);
	return settle(g);
}

static bool
load_dm(struct world *w, json_object *o)
{
	int64_t n = json_object_get_int64(o);

	if (!json_object_is_type(o, json_type_int) || n < 0
	    || n >= w->bots * WORLD_DMS
	    || !user_is(w, (unsigned)(n % WORLD_DMS)))
		return false;
	w->dm_open[n] = true;
	return true;
}

static bool
load_message(struct world *w, json_object *o)
{
	json_object *message = jso_get(o, "message");
	uint64_t ring, guild, user, answers;
	struct world_msg m = {0};

	if (!number(o, "ring", WORLD_RINGS - 1, &ring)
	    || !number(o, "id", UINT64_MAX, &m.id)
	    || !number(o, "channel", UINT64_MAX, &m.channel)
	    || !number(o, "number", INT64_MAX, &m.number)
	    || !number(o, "guild", UINT32_MAX, &guild)
	    || !number(o, "user", UINT32_MAX, &user)
	    || !number(o, "answers", UINT32_MAX, &answers)
	    || !user_is(w, (unsigned)user)
	    || (guild >= w->guilds && guild != WORLD_NOWHERE)
	    || (message != NULL
		&& !json_object_is_type(message, json_type_object))
	    || !world_doc_ok(message))
		return false;
	m.guild = (uint32_t)guild;
	m.user = (uint32_t)user;
	m.answers = (uint32_t)answers;
	m.ping = json_object_get_boolean(jso_get(o, "ping"));
	m.hidden = json_object_get_boolean(jso_get(o, "hidden"));
	if (message != NULL)
		m.json = base_strdup(jso_text(message));
	world_msg_add(w, (enum world_ring)ring, &m);
	if (guild != WORLD_NOWHERE && m.id > w->last_msg[guild])
		w->last_msg[guild] = m.id;
	return true;
}

static bool
command_ok(json_object *o)
{
	static const char *const texts[] = {"id", "application_id", "name"};

	for (size_t i = 0; i < nitems(texts); i++)
		if (!json_object_is_type(jso_get(o, texts[i]),
			json_type_string))
			return false;
	return true;
}

static bool
load_commands(struct world *w, json_object *o)
{
	json_object *list = array(o, "commands");
	struct world_commands *s;
	uint64_t guild, bot;

	if (list == NULL || !world_doc_ok(list)
	    || !number(o, "guild", UINT64_MAX, &guild)
	    || !number(o, "bot", w->bots - 1, &bot)
	    || (s = world_command_scope(w, (unsigned)bot, guild)) == NULL)
		return false;
	for (size_t i = 0; i < json_object_array_length(list); i++)
		if (!command_ok(json_object_array_get_idx(list, i)))
			return false;
	json_object_put(s->list);
	s->list = json_object_get(list);
	return true;
}

static const struct {
	const char *key;
	bool (*load)(struct world *, json_object *);
} parts[] = {
    {"users", load_user},
    {"changed", load_guild},
    {"dms", load_dm},
    {"commands", load_commands},
    {"messages", load_message},
};

static int
load_parts(struct world *w, json_object *o, struct err *err)
{
	for (size_t i = 0; i < nitems(parts); i++) {
		json_object *list = array(o, parts[i].key);

		if (list == NULL)
			return err_set(err, EXIT_USAGE, "%s is no list.",
			    parts[i].key);
		for (size_t n = 0; n < json_object_array_length(list); n++)
			if (!parts[i].load(w,
				json_object_array_get_idx(list, n)))
				return err_set(err, EXIT_USAGE,
				    "%s[%zu] is not what a saved world has "
				    "there.",
				    parts[i].key, n);
	}
	return 0;
}

/* Absent when nobody asked for one. */
static int
load_apps(struct world *w, json_object *o, struct err *err)
{
	json_object *all;

	if (!json_object_object_get_ex(o, "applications", &all)
	    || app_restore(w, all))
		return 0;
	return err_set(err, EXIT_USAGE,
	    "applications is not what a saved world has there.");
}

/* Absent when there were none. */
static int
load_marks(struct world *w, json_object *o, struct err *err)
{
	json_object *all;

	if (!json_object_object_get_ex(o, "marks", &all)
	    || world_mark_restore(w, all))
		return 0;
	return err_set(err, EXIT_USAGE,
	    "marks is not what a saved world has there.");
}

struct world *
world_file_load(json_object *o, struct err *err)
{
	struct world_shape shape = {0};
	uint64_t version, guilds, bots, members, bytes, newest;
	struct world *w;

	if (!number(o, "shardherd_sim_world", UINT64_MAX, &version)
	    || version != VERSION || !number(o, "seed", UINT64_MAX, &shape.seed)
	    || !number(o, "guilds", WORLD_GUILDS_MAX, &guilds)
	    || !number(o, "bots", SIM_BOTS_MAX, &bots)
	    || !number(o, "members", WORLD_MEMBERS_MAX, &members)
	    || !number(o, "guild_bytes", WORLD_FILE_MAX, &bytes)
	    || !number(o, "newest", UINT64_MAX >> 22, &newest)) {
		err_set(err, EXIT_USAGE, "it is no saved world of version %d.",
		    VERSION);
		return NULL;
	}
	shape.guilds = (unsigned)guilds;
	shape.bots = (unsigned)bots;
	shape.members = (unsigned)members;
	shape.guild_bytes = bytes;
	w = world_new(&shape);
	if (w == NULL) {
		err_set(err, EXIT_USAGE, "guilds is 0.");
		return NULL;
	}
	/* What is made from now on is newer than all that is in the file. */
	w->snow_ms = newest + 1;
	if (load_parts(w, o, err) == -1 || load_apps(w, o, err) == -1
	    || load_marks(w, o, err) == -1) {
		world_free(w);
		return NULL;
	}
	return w;
}

static json_object *
read_json(const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	json_object *o = NULL;
	struct stat st;
	char *text;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0) {
		err_sys(err, EXIT_USAGE, "cannot read %s", path);
	} else if (!S_ISREG(st.st_mode) || st.st_size > WORLD_FILE_MAX) {
		err_set(err, EXIT_USAGE, "%s is no file, or too large.", path);
	} else {
		text = base_alloc((size_t)st.st_size + 1);
		n = read(fd, text, (size_t)st.st_size);
		if (n != st.st_size)
			err_set(err, EXIT_USAGE, "%s cannot be read whole.",
			    path);
		else if ((o = json_parse_as(text, (size_t)n, json_type_object))
		    == NULL)
			err_set(err, EXIT_USAGE, "%s is no JSON object.", path);
		free(text);
	}
	if (fd >= 0)
		close(fd);
	return o;
}

struct world *
world_file_read(const char *path, struct err *err)
{
	json_object *o = read_json(path, err);
	struct world *w;
	struct err why = {0};

	if (o == NULL)
		return NULL;
	w = world_file_load(o, &why);
	json_object_put(o);
	if (w == NULL)
		err_set(err, EXIT_USAGE, "%s: %s", path, why.text);
	return w;
}
