/* SPDX-License-Identifier: MIT */
/* A world is saved and begins again as it was; what is no world is refused. */
#include "tools/sim/base/jso.h"
#include "tools/sim/base/sbuf.h"
#include "tools/sim/world/guild.h"
#include "tools/sim/world/user.h"
#include "tools/sim/world/world_command.h"
#include "tools/sim/saved/world_file.h"
#include "tools/sim/world/world_mark.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct world *
changed_world(void)
{
	struct world *w = world_new(
	    &(struct world_shape) {.seed = 3, .guilds = 5, .members = 8});
	struct guild *g = guild_at(w, 2);
	struct world_channel c;
	struct sbuf t = {0};
	int64_t made = user_new(w, "ann", false);
	json_object *o;

	guild_change(g);
	jso_set_text(guild_head(g), "name", "Here \xe2\x9c\x82 \"there\"");
	guild_member_join(g, (unsigned)made);
	guild_member_leave(g, world_member(w, 2, 3));
	o = json_object_new_object();
	jso_set_text(o, "id", "99");
	jso_set_int(o, "type", 0);
	jso_set_text(o, "name", "new-room");
	jso_set(o, "permission_overwrites", json_object_new_array());
	guild_put(g, GUILD_CHANNELS, 99, o);
	guild_delete(guild_at(w, 4));
	world_dm_open(w, 0, 7, &c);
	assert_true(world_talk_channel(w, 1, 0, &c));
	world_render_said(w, &c, "remember me", &t);
	jso_set_text(user_doc(w, 12), "avatar", "abc");
	user_changed(w, 12);
	json_object_array_add(world_command_scope(w, 0, 0)->list,
	    json_tokener_parse("{\"id\":\"1\",\"application_id\":\"2\","
			       "\"name\":\"hello\"}"));
	world_mark_react(w, world_render_last(w), "name:7", 12, false);
	world_mark_vote(w, world_render_last(w), 2, 12);
	world_mark_pin(w, c.id, world_render_last(w));
	sbuf_free(&t);
	return w;
}

static void
test_saved_and_loaded(void **state)
{
	struct world *w = changed_world(), *v;
	json_object *a = world_file_save(w), *b;
	struct err err = {0};
	struct world_channel c;
	struct guild *g;

	b = json_tokener_parse(jso_text(a));
	v = world_file_load(b, &err);
	assert_string_equal(err.text, "");
	assert_non_null(v);
	json_object_put(b);
	b = world_file_save(v);
	jso_set(a, "newest", NULL);
	jso_set(b, "newest", NULL);
	assert_string_equal(jso_text(a), jso_text(b));
	json_object_put(a);
	json_object_put(b);
	g = guild_at(v, 2);
	assert_int_equal(guild_members(g), guild_members(guild_at(w, 2)));
	assert_true(guild_member_is(g, (unsigned)user_named(v, "ann")));
	assert_false(guild_member_is(g, world_member(v, 2, 3)));
	assert_true(world_channel_find(v, 99, &c));
	assert_string_equal(c.name, "new-room");
	assert_null(guild_at(v, 4));
	assert_true(world_snowflake(v) > world_render_last(w));
	world_free(w);
	world_free(v);
}

/* Each part taken away or made another type: refused, with a sentence. */
static void
test_what_is_none(void **state)
{
	struct world *w = changed_world();
	json_object *good = world_file_save(w), *bad = NULL;
	struct err err = {0};

	json_object_object_foreach (good, key, value) {
		(void)value;
		for (int i = 0; i < 3; i++) {
			json_object *v = i == 0 ? NULL
			    : i == 1		? json_object_new_double(-1.5)
				     : json_tokener_parse("[{\"number\":1}]");

			must(json_object_deep_copy(good, &bad, NULL) == 0);
			jso_set(bad, key, v);
			err.text[0] = '\0';
			assert_null(world_file_load(bad, &err));
			assert_true(strlen(err.text) > 10);
			json_object_put(bad);
			bad = NULL;
		}
	}
	json_object_put(good);
	assert_null(world_file_load(NULL, &err));
	assert_null(world_file_read("/dev/null", &err));
	assert_null(world_file_read("/nonexistent", &err));
	world_free(w);
}

static json_object *
at(json_object *o, const char *path)
{
	must(json_pointer_get(o, path, &o) == 0);
	return o;
}

/* A list of a guild with this document by this key, in a world that is all
 * right but for that. */
static bool
is_taken(const char *list, const char *key, const char *doc)
{
	struct world *w = changed_world(), *v;
	json_object *o = world_file_save(w);
	struct err err = {0};

	jso_set(jso_get(at(o, "/changed/0"), list), key,
	    json_tokener_parse(doc));
	v = world_file_load(o, &err);
	assert_true(v != NULL || strlen(err.text) > 10);
	json_object_put(o);
	world_free(w);
	world_free(v);
	return v != NULL;
}

/* Of what is in a document, what the code walks through and adds to unasked is
 * what it takes it for. */
static void
test_what_documents_hold(void **state)
{
#define ROOM "\"type\":0,\"name\":\"x\",\"permission_overwrites\":"
#define PLAIN ROOM "[]"
	static const struct {
		const char *list, *key, *doc;
		bool taken;
	} docs[] = {
	    {"channels", "7", "{\"id\":\"7\"," PLAIN "}", true},
	    {"channels", "7", "{\"id\":\"8\"," PLAIN "}"},
	    {"channels", "07", "{\"id\":\"07\"," PLAIN "}"},
	    {"channels", "x", "{\"id\":\"x\"," PLAIN "}"},
	    {"channels", "7", "{\"id\":\"7\"," ROOM "null}"},
	    {"channels", "7", "{\"id\":\"7\"," ROOM "{}}"},
	    {"channels", "7", "{\"id\":\"7\"," ROOM "[null]}"},
	    {"channels", "7", "{\"id\":\"7\"," ROOM "[{\"type\":1}]}"},
	    {"channels", "7", "{\"id\":\"7\",\"available_tags\":{}," PLAIN "}"},
	    {"channels", "7",
		"{\"id\":\"7\",\"available_tags\":null," PLAIN "}", true},
	    {"threads", "7",
		"{\"id\":\"7\",\"type\":11,\"name\":\"x\","
		"\"parent_id\":\"8\",\"thread_metadata\":{}}",
		true},
	    {"threads", "7",
		"{\"id\":\"7\",\"type\":11,\"name\":\"x\","
		"\"parent_id\":\"8\"}"},
	    {"emojis", "7", "{\"id\":\"7\",\"name\":\"x\"}", true},
	    {"emojis", "7", "{\"id\":\"7\",\"name\":null}"},
	    {"members", "838860800000000000", "{\"roles\":[null]}"},
	    {"webhooks", "7", "{\"id\":\"7\",\"channel_id\":\"8\"}", true},
	    {"webhooks", "7", "{\"id\":\"7\",\"channel_id\":null}"},
	    {"webhooks", "7",
		"{\"id\":\"7\",\"channel_id\":\"8\",\"source_guild\":7}"},
	    {"others", "x",
		"{\"poll\":{\"question\":{},\"answers\":[],"
		"\"expiry\":\"2026\"}}",
		true},
	    {"others", "x", "{\"poll\":{\"question\":{},\"answers\":[]}}"},
	    {"others", "x", "{\"zz\":[null],\"recurrence_rule\":{\"user\":5}}",
		true},
	    {"others", "x", "{\"components\":[{\"user\":5,\"roles\":1}]}",
		true},
	    {"others", "x", "{\"components\":[{\"components\":1}]}"},
	    {"others", "onboarding", "{\"prompts\":[null]}"},
	};

	for (size_t i = 0; i < nitems(docs); i++)
		assert_int_equal(is_taken(docs[i].list, docs[i].key,
				     docs[i].doc),
		    docs[i].taken);
}

/* A DM with nobody, and a thing that is in two guilds. */
static void
test_what_leads_nowhere(void **state)
{
	struct world *w = changed_world();
	json_object *o = world_file_save(w);
	struct err err = {0};

	json_object_array_add(jso_get(o, "dms"),
	    json_object_new_int64(WORLD_PEOPLE + 1));
	assert_null(world_file_load(o, &err));
	json_object_array_del_idx(jso_get(o, "dms"),
	    json_object_array_length(jso_get(o, "dms")) - 1, 1);
	jso_set(at(o, "/changed/1/channels"), "99",
	    json_object_get(at(o, "/changed/0/channels/99")));
	assert_null(world_file_load(o, &err));
	json_object_put(o);
	world_free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_saved_and_loaded),
	    cmocka_unit_test(test_what_is_none),
	    cmocka_unit_test(test_what_documents_hold),
	    cmocka_unit_test(test_what_leads_nowhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
