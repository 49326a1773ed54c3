/* SPDX-License-Identifier: MIT */
/* What a bot may not do: each call with the permission it needs and without
 * any, and to whom stands above it. */
#include "tools/sim/gateway/gateway.h"
#include "tools/sim/routes/routes.h"
#include "tools/sim/world/user.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct desk {
	struct sim sim;
	struct gateway gateway;
	struct rest rest;
	struct world *w;
	struct guild *g;
	unsigned person; /* a member, in the lounge, not the owner */
	char guild[24], user[24], role[24], lounge[24];
};

static void
open_desk(struct desk *d)
{
	struct world_channel lounge;

	memset(d, 0, sizeof(*d));
	d->w = world_new(
	    &(struct world_shape) {.seed = 3, .guilds = 1, .members = 8});
	d->sim.world = d->w;
	d->sim.gateway = &d->gateway;
	d->sim.rest = &d->rest;
	list_init(&d->gateway.live);
	d->rest.sim = &d->sim;
	d->rest.routes = routes_all;
	d->g = guild_at(d->w, 0);
	d->person = world_member(d->w, 0, 1);
	world_channel_seed(d->w, 0, 4, &lounge);
	must(str_format(d->guild, 24, "%" PRIu64, guild_id(d->g)));
	must(str_format(d->user, 24, "%" PRIu64, user_id(d->w, d->person)));
	must(str_format(d->role, 24, "%" PRIu64, world_role_id(d->w, 0, 1)));
	must(str_format(d->lounge, 24, "%" PRIu64, lounge.id));
}

/* What the bot may by its roles: everyone's allows nothing. */
static void
allow(struct desk *d, uint64_t bits)
{
	char text[24];

	guild_change(d->g);
	must(str_format(text, sizeof(text), "%" PRIu64, bits));
	jso_set_text(guild_get(d->g, GUILD_ROLES, guild_id(d->g)),
	    "permissions", "0");
	jso_set_text(guild_get(d->g, GUILD_ROLES, world_role_id(d->w, 0, 3)),
	    "permissions", text);
}

/* "/guilds/G/members/U": G, U, R, L as words are the ids. */
static void
fill(const struct desk *d, const char *pattern, char *out, size_t size)
{
	size_t at = 0;

	for (; *pattern != '\0'; pattern++) {
		const char *id = *pattern == 'G' ? d->guild
		    : *pattern == 'U'		 ? d->user
		    : *pattern == 'R'		 ? d->role
		    : *pattern == 'L'		 ? d->lounge
						 : NULL;

		if (id != NULL)
			at += (size_t)snprintf(out + at, size - at, "%s", id);
		else
			out[at++] = *pattern;
		assert_true(at + 1 < size);
	}
	out[at] = '\0';
}

/* Discord's code of the answer; 0 when there is none. */
static int
call(struct desk *d, const char *method, const char *path, const char *body)
{
	char text[400], form[400];
	struct rest_call c = {.rest = &d->rest,
	    .sim = &d->sim,
	    .w = d->w,
	    .bot = WORLD_BOT};
	json_object *o;
	int code;

	fill(d, path, text, sizeof(text));
	fill(d, body, form, sizeof(form));
	str_copy(c.method, method, sizeof(c.method));
	c.path = text;
	c.body = json_tokener_parse(form);
	assert_true(route_find(&c));
	c.route->fn(&c);
	assert_int_not_equal(c.status, 0);
	o = c.out.len > 0 ? json_tokener_parse(c.out.p) : NULL;
	code = json_object_is_type(o, json_type_object)
	    ? json_object_get_int(jso_get(o, "code"))
	    : 0;
	json_object_put(o);
	json_object_put(c.query);
	json_object_put(c.body);
	json_object_put(c.errors);
	sbuf_free(&c.out);
	return code;
}

#define ME "/guilds/G/members/"
#define RULES "/guilds/G/auto-moderation/rules"

static const struct {
	const char *method, *path, *body, *needs; /* names, by blanks */
	const char *also;			  /* would do instead */
} calls[] = {
    {"PATCH", ME "U", "{\"nick\":\"x\"}", "MANAGE_NICKNAMES"},
    {"PATCH", ME "U", "{\"roles\":[]}", "MANAGE_ROLES"},
    {"PATCH", ME "U", "{\"mute\":true}", "MUTE_MEMBERS"},
    {"PATCH", ME "U", "{\"deaf\":true}", "DEAFEN_MEMBERS"},
    {"PATCH", ME "U", "{\"flags\":4}", "MANAGE_GUILD",
	"MANAGE_ROLES BAN_MEMBERS"},
    {"PATCH", ME "U", "{\"channel_id\":\"L\"}",
	"MOVE_MEMBERS CONNECT VIEW_CHANNEL"},
    {"PATCH", ME "U", "{\"channel_id\":null}", "MOVE_MEMBERS"},
    {"PATCH", ME "U",
	"{\"communication_disabled_until\":\"2001-01-01T00:00:00Z\"}",
	"MODERATE_MEMBERS"},
    {"PATCH", ME "@me", "{\"nick\":\"x\"}", "CHANGE_NICKNAME"},
    {"PATCH", ME "@me/nick", "{\"nick\":\"x\"}", "CHANGE_NICKNAME"},
    {"PUT", ME "U/roles/R", "{}", "MANAGE_ROLES"},
    {"DELETE", ME "U/roles/R", "null", "MANAGE_ROLES"},
    {"DELETE", ME "U", "null", "KICK_MEMBERS"},
    {"GET", "/guilds/G/bans", "null", "BAN_MEMBERS"},
    {"GET", "/guilds/G/bans/U", "null", "BAN_MEMBERS"},
    {"PUT", "/guilds/G/bans/U", "{}", "BAN_MEMBERS"},
    {"DELETE", "/guilds/G/bans/U", "null", "BAN_MEMBERS"},
    {"POST", "/guilds/G/bulk-ban", "{\"user_ids\":[\"U\"]}",
	"BAN_MEMBERS MANAGE_GUILD"},
    {"GET", "/guilds/G/prune", "null", "KICK_MEMBERS MANAGE_GUILD"},
    {"POST", "/guilds/G/prune", "{}", "KICK_MEMBERS MANAGE_GUILD"},
    {"GET", "/guilds/G/audit-logs", "null", "VIEW_AUDIT_LOG"},
    {"GET", RULES, "null", "MANAGE_GUILD"},
    {"GET", RULES "/1", "null", "MANAGE_GUILD"},
    {"POST", RULES, "{}", "MANAGE_GUILD"},
    {"PATCH", RULES "/1", "{}", "MANAGE_GUILD"},
    {"DELETE", RULES "/1", "null", "MANAGE_GUILD"},
};

static uint64_t
bits_of(const char *names)
{
	char text[100], *save = NULL;
	uint64_t bits = 0;

	str_copy(text, names, sizeof(text));
	for (char *s = strtok_r(text, " ", &save); s != NULL;
	     s = strtok_r(NULL, " ", &save)) {
		assert_int_not_equal(perm_named(s), 0);
		bits |= perm_named(s);
	}
	return bits;
}

static bool
is_refused(int code)
{
	return code == 50013 || code == 50001;
}

/* In a world of its own: the code with these permissions. */
static int
code_with(size_t i, uint64_t bits)
{
	struct desk d;
	int code;

	open_desk(&d);
	allow(&d, bits);
	code = call(&d, calls[i].method, calls[i].path, calls[i].body);
	world_free(d.w);
	return code;
}

/* With just what it needs it goes; lacking any of it, whatever else is there,
 * it does not. */
static void
test_each_call_needs_its_permission(void **state)
{
	for (size_t i = 0; i < nitems(calls); i++) {
		uint64_t bits = bits_of(calls[i].needs);
		uint64_t never = PERM_ADMINISTRATOR
		    | (calls[i].also ? bits_of(calls[i].also) : 0);

		if (is_refused(code_with(i, bits)))
			fail_msg("%s %s is refused", calls[i].method,
			    calls[i].path);
		for (int n = 0; n < 64; n++)
			if ((bits >> n & 1)
			    && !is_refused(code_with(i,
				PERM_ALL & ~never & ~(UINT64_C(1) << n))))
				fail_msg("%s %s goes without bit %d",
				    calls[i].method, calls[i].path, n);
	}
}

/* Who has as high a role is not touched, whatever the bot may. */
static void
test_equals_are_left_alone(void **state)
{
	static const struct {
		const char *method, *path, *body;
	} touch[] = {
	    {"PATCH", ME "U", "{\"nick\":\"x\"}"},
	    {"PATCH", ME "U", "{\"roles\":[]}"},
	    {"PATCH", ME "U",
		"{\"communication_disabled_until\":\"2001-01-01T00:00:00Z\"}"},
	    {"DELETE", ME "U", "null"},
	    {"PUT", "/guilds/G/bans/U", "{}"},
	};
	json_object *list = json_object_new_array();
	struct desk d;

	open_desk(&d);
	json_object_array_add(list, jso_id(world_role_id(d.w, 0, 3)));
	jso_set(guild_member_edit(d.g, d.person), "roles", list);
	for (size_t i = 0; i < nitems(touch); i++)
		assert_int_equal(call(&d, touch[i].method, touch[i].path,
				     touch[i].body),
		    50013);
	assert_true(guild_member_is(d.g, d.person));
	assert_int_equal(call(&d, "POST", "/guilds/G/bulk-ban",
			     "{\"user_ids\":[\"U\"]}"),
	    500000);
	world_free(d.w);
}

/* Out of the guild all of it is unknown. */
static void
test_who_is_out_sees_nothing(void **state)
{
	struct desk d;

	open_desk(&d);
	guild_member_leave(d.g, WORLD_BOT);
	for (size_t i = 0; i < nitems(calls); i++)
		assert_int_equal(call(&d, calls[i].method, calls[i].path,
				     calls[i].body),
		    10004);
	world_free(d.w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_each_call_needs_its_permission),
	    cmocka_unit_test(test_equals_are_left_alone),
	    cmocka_unit_test(test_who_is_out_sees_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
