/* SPDX-License-Identifier: MIT */
/* Bans, pruning, the audit log, the rules of auto moderation. */

#include "tools/sim/routes/member/member.h"

#include "tools/sim/act/act_member.h"

#include "shared/base/clock.h"

#include <stdlib.h>
#include <string.h>

#define BULK_BAN_MAX 200
#define PRUNE_DAYS 7

/* ---- bans ------------------------------------------------------------- */

/* NULL: of somebody who is not in this world. */
static json_object *
ban_object(struct rest_call *c, json_object *ban, uint64_t id)
{
	int64_t user = user_find(c->w, id);
	json_object *o;

	if (ban == NULL || user < 0)
		return NULL;
	o = json_object_new_object();
	jso_set(o, "reason", json_object_get(jso_get(ban, "reason")));
	jso_set(o, "user", world_render_user(c->w, (unsigned)user));
	return o;
}

static struct guild *
guild_for(struct rest_call *c, uint64_t bits)
{
	struct guild *g = rest_guild(c);

	return g != NULL && rest_guild_may(c, g, bits) ? g : NULL;
}

static int
by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/*
 * The keys of docs between after and before, ascending: at most limit, those
 * next to `before` when only that is given.  *n: how many; caller frees the
 * array, whose first one is *first.
 */
static uint64_t *
keys_between(json_object *docs, uint64_t after, uint64_t before, size_t limit,
    uint64_t **first, size_t *n)
{
	size_t all = (size_t)json_object_object_length(docs), found = 0;
	uint64_t *id = base_alloc((all + 1) * sizeof(*id));

	json_object_object_foreach (docs, key, doc) {
		uint64_t k = strtoull(key, NULL, 10);

		(void)doc;
		if (k > after && (before == 0 || k < before))
			id[found++] = k;
	}
	qsort(id, found, sizeof(*id), by_value);
	*n = found < limit ? found : limit;
	*first = before != 0 && after == 0 ? id + (found - *n) : id;
	return id;
}

static void
ban_list(struct rest_call *c)
{
	struct guild *g = guild_for(c, PERM_BAN_MEMBERS);
	uint64_t *all, *id;
	json_object *list, *ban;
	size_t limit, n;

	if (g == NULL)
		return;
	limit = (size_t)rest_form_query(c, "limit", 0, 1000, 1000);
	if (rest_form_refused(c))
		return;
	all = keys_between(guild_docs(g, GUILD_BANS),
	    rest_body_query(c, "after", 0), rest_body_query(c, "before", 0),
	    limit, &id, &n);
	list = json_object_new_array();
	for (size_t i = 0; i < n; i++) {
		ban = ban_object(c, guild_get(g, GUILD_BANS, id[i]), id[i]);
		if (ban != NULL)
			json_object_array_add(list, ban);
	}
	free(all);
	rest_reply(c, 200, list);
}

static void
ban_get(struct rest_call *c)
{
	struct guild *g = guild_for(c, PERM_BAN_MEMBERS);
	json_object *ban;

	if (g == NULL)
		return;
	ban = ban_object(c, guild_get(g, GUILD_BANS, c->id[1]), c->id[1]);
	if (ban != NULL)
		rest_reply(c, 200, ban);
	else
		rest_reply_error(c, REST_UNKNOWN_BAN);
}

/* Seconds, or the days of older libraries. */
static unsigned
seconds_of(struct rest_call *c, json_object *body)
{
	int64_t n = 0, days = 0;

	(void)rest_form_int(c, body, "delete_message_seconds", 0,
	    ACT_BAN_SECONDS_MAX, &n);
	if (rest_form_int(c, body, "delete_message_days", 0, 7, &days)
	    && n == 0)
		n = days * 86400;
	return (unsigned)n;
}

static void
ban_put(struct rest_call *c)
{
	json_object *body = rest_form_object(c);
	struct guild *g;
	struct act a;
	unsigned seconds;
	int64_t user;

	if (body == NULL || (g = guild_for(c, PERM_BAN_MEMBERS)) == NULL)
		return;
	seconds = seconds_of(c, body);
	if (rest_form_refused(c))
		return;
	user = user_find(c->w, c->id[1]);
	if (user < 0) {
		rest_reply_error(c, REST_UNKNOWN_USER);
		return;
	}
	if (guild_member_is(g, (unsigned)user)
	    && !rest_guild_above(c, g, (unsigned)user))
		return;
	a = rest_guild_act(c, g);
	if (!act_member_ban(&a, (unsigned)user, seconds)
	    && guild_get(g, GUILD_BANS, c->id[1]) == NULL)
		rest_reply_error(c, REST_FULL);
	else
		rest_reply_none(c);
}

static void
ban_delete(struct rest_call *c)
{
	struct guild *g = guild_for(c, PERM_BAN_MEMBERS);
	int64_t user = user_find(c->w, c->id[1]);
	struct act a;

	if (g == NULL)
		return;
	a = rest_guild_act(c, g);
	if (user < 0 || !act_member_unban(&a, (unsigned)user))
		rest_reply_error(c, REST_UNKNOWN_BAN);
	else
		rest_reply_none(c);
}

/* True: banned now. */
static bool
ban_one(struct rest_call *c, struct guild *g, const struct act *a,
    const char *id, unsigned seconds)
{
	int64_t user = user_find(c->w, strtoull(id, NULL, 10));

	if (user < 0 || (unsigned)user == c->bot
	    || perm_owner(g, (unsigned)user)
	    || (guild_member_is(g, (unsigned)user) && !perm_owner(g, c->bot)
		&& perm_rank(g, c->bot) <= perm_rank(g, (unsigned)user)))
		return false;
	return act_member_ban(a, (unsigned)user, seconds);
}

static void
ban_bulk(struct rest_call *c)
{
	json_object *body = rest_form_object(c), *ids, *o, *list[2];
	struct guild *g;
	struct act a;
	unsigned seconds;

	if (body == NULL
	    || (g = guild_for(c, PERM_BAN_MEMBERS | PERM_MANAGE_GUILD)) == NULL)
		return;
	ids = rest_form_ids(c, body, "user_ids", BULK_BAN_MAX);
	seconds = seconds_of(c, body);
	if (ids == NULL)
		rest_form_required(c, "user_ids");
	if (rest_form_refused(c)) {
		json_object_put(ids);
		return;
	}
	a = rest_guild_act(c, g);
	list[0] = json_object_new_array();
	list[1] = json_object_new_array();
	for (size_t i = 0; i < json_object_array_length(ids); i++) {
		json_object *id = json_object_array_get_idx(ids, i);
		bool done = ban_one(c, g, &a, json_object_get_string(id),
		    seconds);

		json_object_array_add(list[!done], json_object_get(id));
	}
	json_object_put(ids);
	o = json_object_new_object();
	jso_set(o, "banned_users", list[0]);
	jso_set(o, "failed_users", list[1]);
	if (json_object_array_length(list[0]) > 0) {
		rest_reply(c, 200, o);
		return;
	}
	json_object_put(o);
	rest_reply_error(c, REST_BULK_BAN_FAILED);
}

/* ---- prune ------------------------------------------------------------ */

struct pruning {
	struct rest_call *c;
	json_object *include; /* roles one may have all the same */
	char since[20];	      /* who joined later is not inactive yet */
	uint64_t ms;
	unsigned *user;
	size_t n;
};

static bool
only_included(json_object *roles, json_object *include)
{
	for (size_t i = 0; i < json_object_array_length(roles); i++) {
		json_object *id = json_object_array_get_idx(roles, i);
		bool found = false;

		for (size_t k = 0;
		     include && !found && k < json_object_array_length(include);
		     k++)
			found = json_object_equal(id,
			    json_object_array_get_idx(include, k));
		if (!found)
			return false;
	}
	return true;
}

/* Inactive: no role, no bot, joined before, said nothing, in no call. */
static bool
find_inactive(void *arg, struct guild *g, unsigned user)
{
	struct pruning *p = arg;
	struct world *w = p->c->w;
	json_object *m = guild_member(g, user);
	const char *joined = jso_get_text(m, "joined_at");
	struct world_msg *said;

	if (only_included(jso_get(m, "roles"), p->include)
	    && !json_object_get_boolean(jso_get(jso_get(m, "user"), "bot"))
	    && joined != NULL && strncmp(joined, p->since, 19) < 0
	    && guild_get(g, GUILD_VOICE, user_id(w, user)) == NULL
	    && !perm_owner(g, user)
	    && world_msg_of(w, guild_index(g), user, p->ms, &said, 1) == 0)
		p->user[p->n++] = user;
	json_object_put(m);
	return true;
}

/* Fills user and n, which the caller frees; include is borrowed. */
static void
inactive(struct rest_call *c, struct guild *g, int64_t days,
    json_object *include, struct pruning *p)
{
	*p = (struct pruning) {.c = c, .include = include};
	p->ms = (uint64_t)days * 86400000;
	str_copy(p->since,
	    world_render_time(c->w, clock_wall_ms() - (int64_t)p->ms),
	    sizeof(p->since));
	p->user = base_alloc((guild_members(g) + 1) * sizeof(*p->user));
	guild_member_each(g, find_inactive, p);
}

static void
prune_reply(struct rest_call *c, bool count, size_t n)
{
	json_object *o = json_object_new_object();

	jso_set(o, "pruned", count ? json_object_new_int64((int64_t)n) : NULL);
	rest_reply(c, 200, o);
}

/* "1,2,3" of the query. */
static json_object *
included(struct rest_call *c)
{
	const char *s = rest_body_text(c, "include_roles");
	json_object *o = json_object_new_object(), *list, *ids;

	list = json_object_new_array();
	while (s != NULL && *s != '\0') {
		size_t n = strcspn(s, ",");

		json_object_array_add(list,
		    json_object_new_string_len(s, (int)n));
		s += n + (s[n] == ',');
	}
	jso_set(o, "include_roles", list);
	ids = rest_form_ids(c, o, "include_roles", 250);
	json_object_put(o);
	return ids;
}

static void
prune_count(struct rest_call *c)
{
	struct guild *g = guild_for(c, PERM_MANAGE_GUILD | PERM_KICK_MEMBERS);
	json_object *include;
	struct pruning p;
	int64_t days;

	if (g == NULL)
		return;
	days = rest_form_query(c, "days", 1, 30, PRUNE_DAYS);
	include = included(c);
	if (!rest_form_refused(c)) {
		inactive(c, g, days, include, &p);
		free(p.user);
		prune_reply(c, true, p.n);
	}
	json_object_put(include);
}

static void
prune_begin(struct rest_call *c)
{
	json_object *body = rest_form_object(c), *include;
	struct pruning p;
	struct guild *g;
	struct act a;
	int64_t days = PRUNE_DAYS;
	bool count;

	if (body == NULL
	    || (g = guild_for(c, PERM_MANAGE_GUILD | PERM_KICK_MEMBERS))
		== NULL)
		return;
	(void)rest_form_int(c, body, "days", 1, 30, &days);
	count = rest_form_bool(c, body, "compute_prune_count", true);
	include = rest_form_ids(c, body, "include_roles", 250);
	if (!rest_form_refused(c)) {
		inactive(c, g, days, include, &p);
		a = rest_guild_act(c, g);
		act_member_prune(&a, p.user, p.n, (unsigned)days);
		free(p.user);
		prune_reply(c, count, p.n);
	}
	json_object_put(include);
}

/* ---- audit log -------------------------------------------------------- */

/* What entries of these types have as target, and where it is told. */
static const struct {
	int from, to; /* action types */
	const char *list;
	enum guild_list docs;
} refers[] = {
    {20, 28, "users", GUILD_LISTS},
    {50, 52, "webhooks", GUILD_HOOKS},
    {80, 82, "integrations", GUILD_INTEGRATIONS},
    {100, 102, "guild_scheduled_events", GUILD_EVENTS},
    {110, 112, "threads", GUILD_THREADS},
    {140, 142, "auto_moderation_rules", GUILD_RULES},
};

static bool
is_in(json_object *list, const char *id)
{
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		const char *has =
		    jso_get_text(json_object_array_get_idx(list, i), "id");

		if (has != NULL && strcmp(has, id) == 0)
			return true;
	}
	return false;
}

static void
refer(struct rest_call *c, struct guild *g, json_object *o, size_t row,
    const char *id)
{
	json_object *list = jso_get(o, refers[row].list), *doc;
	int64_t user;

	if (id == NULL || is_in(list, id))
		return;
	if (refers[row].docs != GUILD_LISTS) {
		doc = json_object_get(guild_get_key(g, refers[row].docs, id));
	} else {
		user = user_find(c->w, strtoull(id, NULL, 10));
		doc = user < 0 ? NULL : world_render_user(c->w, (unsigned)user);
	}
	if (doc != NULL)
		json_object_array_add(list, doc);
}

static void
audit_add(struct rest_call *c, struct guild *g, json_object *o, json_object *e)
{
	int type = json_object_get_int(jso_get(e, "action_type"));

	json_object_array_add(jso_get(o, "audit_log_entries"),
	    json_object_get(e));
	refer(c, g, o, 0, jso_get_text(e, "user_id"));
	for (size_t i = 0; i < nitems(refers); i++)
		if (type >= refers[i].from && type <= refers[i].to)
			refer(c, g, o, i, jso_get_text(e, "target_id"));
}

static bool
audit_fits(json_object *e, uint64_t user, uint64_t type)
{
	const char *by = jso_get_text(e, "user_id");

	return (user == 0 || (by != NULL && strtoull(by, NULL, 10) == user))
	    && (type == 0
		|| (uint64_t)json_object_get_int64(jso_get(e, "action_type"))
		    == type);
}

/* Newest first, but ascending from `after` when that is given. */
static void
audit_fill(struct rest_call *c, struct guild *g, json_object *o, size_t limit)
{
	uint64_t user = rest_body_query(c, "user_id", 0), *id, *all;
	uint64_t type = rest_body_query(c, "action_type", 0);
	uint64_t after = rest_body_query(c, "after", 0);
	size_t n, told = 0;

	all = keys_between(guild_docs(g, GUILD_AUDIT), after,
	    rest_body_query(c, "before", 0), SIZE_MAX, &id, &n);
	for (size_t i = 0; i < n && told < limit; i++) {
		json_object *e = guild_get(g, GUILD_AUDIT,
		    id[after ? i : n - 1 - i]);

		if (!audit_fits(e, user, type))
			continue;
		audit_add(c, g, o, e);
		told++;
	}
	free(all);
}

static void
audit_log(struct rest_call *c)
{
	static const char *const lists[] = {"audit_log_entries", "users",
	    "integrations", "webhooks", "guild_scheduled_events", "threads",
	    "application_commands", "auto_moderation_rules"};
	struct guild *g = guild_for(c, PERM_VIEW_AUDIT_LOG);
	json_object *o;
	size_t limit;

	if (g == NULL)
		return;
	limit = (size_t)rest_form_query(c, "limit", 1, 100, 50);
	if (rest_form_refused(c))
		return;
	o = json_object_new_object();
	for (size_t i = 0; i < nitems(lists); i++)
		jso_set(o, lists[i], json_object_new_array());
	audit_fill(c, g, o, limit);
	rest_reply(c, 200, o);
}

const struct route routes_moderation[] = {
    {"GET", "/guilds/:guild_id/bans", ban_list, LIMIT_BAN},
    {"GET", "/guilds/:guild_id/bans/:user_id", ban_get, LIMIT_BAN},
    {"PUT", "/guilds/:guild_id/bans/:user_id", ban_put, LIMIT_BAN},
    {"DELETE", "/guilds/:guild_id/bans/:user_id", ban_delete, LIMIT_BAN},
    {"POST", "/guilds/:guild_id/bulk-ban", ban_bulk, LIMIT_BAN},
    {"GET", "/guilds/:guild_id/prune", prune_count, LIMIT_PRUNE},
    {"POST", "/guilds/:guild_id/prune", prune_begin, LIMIT_PRUNE},
    {"GET", "/guilds/:guild_id/audit-logs", audit_log, LIMIT_AUDIT_LOG},
    {0},
};
