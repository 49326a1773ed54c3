/* SPDX-License-Identifier: MIT */
/* What happens to members changes the world and is written into the audit
 * log; what it tells the sessions is a scenario's to see. */
#include "tools/sim/act/act_member.h"
#include "tools/sim/gateway/voice.h"
#include "tools/sim/act/act_voice.h"
#include "tools/sim/base/jso.h"
#include "tools/sim/gateway/gateway.h"
#include "tools/sim/world/user.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct desk {
	struct sim sim;
	struct gateway gateway;
	struct world *w;
	struct act act;
	unsigned person;
};

static void
open_desk(struct desk *d)
{
	memset(d, 0, sizeof(*d));
	d->w = world_new(
	    &(struct world_shape) {.seed = 5, .guilds = 2, .members = 8});
	d->sim.world = d->w;
	d->sim.gateway = &d->gateway;
	list_init(&d->gateway.live);
	d->act = (struct act) {&d->sim, guild_at(d->w, 0), WORLD_BOT, "why"};
	d->person = world_member(d->w, 0, 1);
}

static size_t
entries(struct desk *d)
{
	return guild_count(d->act.guild, GUILD_AUDIT);
}

static void
test_who_is_banned_stays_out(void **state)
{
	struct desk d;

	open_desk(&d);
	assert_false(act_member_join(&d.act, d.person));
	assert_true(act_voice_move(&d.act, d.person, 0));
	assert_true(act_member_ban(&d.act, d.person, 0));
	assert_false(act_member_ban(&d.act, d.person, 0));
	assert_false(guild_member_is(d.act.guild, d.person));
	assert_false(act_member_kick(&d.act, d.person));
	assert_false(act_member_join(&d.act, d.person));
	assert_true(act_member_unban(&d.act, d.person));
	assert_false(act_member_unban(&d.act, d.person));
	assert_true(act_member_join(&d.act, d.person));
	assert_int_equal(entries(&d), 3);
	world_free(d.w);
}

static void
test_roles_come_once_and_go(void **state)
{
	struct desk d;
	uint64_t role;

	open_desk(&d);
	role = world_role_id(d.w, 0, 2);
	act_member_role(&d.act, d.person, role, false);
	assert_false(act_member_has_role(d.act.guild, d.person, role));
	for (int i = 0; i < 3; i++)
		act_member_role(&d.act, d.person, role, true);
	assert_true(act_member_has_role(d.act.guild, d.person, role));
	act_member_role(&d.act, d.person, role, false);
	assert_false(act_member_has_role(d.act.guild, d.person, role));
	world_free(d.w);
}

static void
test_who_leaves_leaves_the_channel(void **state)
{
	struct desk d;
	struct world_channel c;
	json_object *o;

	open_desk(&d);
	world_channel_seed(d.w, 0, 4, &c);
	act_voice_enter(&d.act, WORLD_BOT, c.id, true, false);
	o = voice_shown(d.act.guild, WORLD_BOT);
	assert_true(json_object_get_boolean(jso_get(o, "self_mute")));
	assert_non_null(jso_get(o, "member"));
	json_object_put(o);
	assert_true(act_member_leave(&d.act, WORLD_BOT));
	assert_null(voice_shown(d.act.guild, WORLD_BOT));
	assert_false(world_has_bot(d.w, 0, WORLD_BOT));
	assert_true(act_member_join(&d.act, WORLD_BOT));
	assert_true(world_has_bot(d.w, 0, WORLD_BOT));
	world_free(d.w);
}

/* The log is bounded: the oldest entries go. */
static void
test_the_log_forgets(void **state)
{
	struct desk d;
	size_t most = guild_most(GUILD_AUDIT);
	struct json_object_iterator it;
	char first[24];

	open_desk(&d);
	act_audit(&d.act, ACT_MEMBER_KICK, 1, NULL, NULL);
	it = json_object_iter_begin(guild_docs(d.act.guild, GUILD_AUDIT));
	str_copy(first, json_object_iter_peek_name(&it), sizeof(first));
	for (size_t i = 0; i < most + 10; i++)
		act_audit(&d.act, ACT_MEMBER_KICK, 1, NULL, NULL);
	assert_int_equal(entries(&d), most);
	assert_null(guild_get_key(d.act.guild, GUILD_AUDIT, first));
	world_free(d.w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_who_is_banned_stays_out),
	    cmocka_unit_test(test_roles_come_once_and_go),
	    cmocka_unit_test(test_who_leaves_leaves_the_channel),
	    cmocka_unit_test(test_the_log_forgets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
