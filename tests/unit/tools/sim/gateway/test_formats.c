/* SPDX-License-Identifier: MIT */
/* The simulator's formats: journal, texts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* The simulator is no library: its modules are compiled in. */
#include "tools/sim/gateway/check.c"
#include "tools/sim/gateway/intents.c"
#include "tools/sim/book/journal.c"
#include "tools/sim/base/sbuf.c"

static void
journal_remembers_and_lets_go(void **state)
{
	struct journal j;
	struct journal_entry *e;
	bool held;

	journal_init(&j);
	for (uint64_t i = 1; i <= JOURNAL_CHUNK * 20; i++) {
		e = journal_add(&j, i % 2 ? "A" : "B", i, "x", 1,
		    JOURNAL_COUNTED);
		assert_string_equal(journal_name(e), i % 2 ? "A" : "B");
		journal_handled(&j, i);
	}
	assert_int_equal(j.seq, JOURNAL_CHUNK * 20);
	assert_null(journal_get(&j, 1, &held));
	assert_false(held);
	e = journal_get(&j, j.seq, &held);
	assert_int_equal(e->number, j.seq);
	assert_null(journal_get(&j, j.seq + 1, &held));
	assert_true(held);
	assert_null(journal_get(&j, 0, &held));
	journal_free(&j);
}

static void
journal_keeps_what_is_open(void **state)
{
	struct journal j;
	bool held;

	journal_init(&j);
	for (uint64_t i = 1; i <= JOURNAL_CHUNK * 20; i++)
		journal_add(&j, "A", i, "x", 1, JOURNAL_COUNTED);
	assert_non_null(journal_get(&j, 1, &held));
	journal_free(&j);
}

static void
checksum_takes_line_ends_as_blanks(void **state)
{
	assert_int_equal(journal_crc("123456789", 9), 0xcbf43926);
	assert_int_equal(journal_crc("a\r\nb\n", 5), journal_crc("a  b ", 5));
	assert_int_not_equal(journal_crc("ab", 2), journal_crc("a b", 3));
}

static void
intents_switch_events_on(void **state)
{
	assert_true(intents_want(1, "GUILD_CREATE", false));
	assert_false(intents_want(0, "GUILD_CREATE", false));
	assert_true(intents_want(1u << 9, "MESSAGE_CREATE", false));
	assert_false(intents_want(1u << 9, "MESSAGE_CREATE", true));
	assert_true(intents_want(1u << 12, "MESSAGE_CREATE", true));
	assert_false(intents_want(1u << 9, "MESSAGE_REACTION_ADD", false));
	assert_true(intents_want(0, "INTERACTION_CREATE", false));
	assert_true(intents_want(0, "GUILD_MEMBERS_CHUNK", false));
	assert_true(intents_want(0, "SOME_FUTURE_EVENT", false));
}

static struct check_odd odd; /* of the last presence */

static const char *
presence(const char *text)
{
	json_object *o = json_tokener_parse(text);
	const char *why;

	odd = (struct check_odd) {0};
	why = check_presence(o, &odd);

	json_object_put(o);
	return why;
}

static void
presences(void **state)
{
	assert_null(presence("{\"since\":null,\"activities\":[{\"name\":\"x\","
			     "\"type\":0}],\"status\":\"dnd\",\"afk\":false}"));
	assert_null(presence("{\"since\":5,\"activities\":[],\"status\":"
			     "\"online\",\"afk\":true}"));
	assert_string_equal(odd.text, "");
	assert_null(presence("{\"activities\":null,\"status\":\"online\"}"));
	assert_string_equal(odd.text,
	    "since is absent, activities is null, afk is absent");
	assert_null(presence("{\"since\":0.0,\"activities\":[],\"status\":"
			     "\"online\",\"afk\":true}"));
	assert_string_equal(odd.text, "since is no integer");
	assert_non_null(presence("{\"since\":\"5\",\"activities\":[],"
				 "\"status\":\"online\",\"afk\":true}"));
	assert_null(presence("{\"since\":5,\"status\":\"\",\"afk\":false}"));
	assert_string_equal(odd.text, "activities is absent, status is empty");
	assert_non_null(presence("{\"since\":5,\"activities\":[{}],\"status\":"
				 "\"online\",\"afk\":true}"));
	assert_non_null(presence("{\"since\":5,\"activities\":[],\"status\":"
				 "\"busy\",\"afk\":true}"));
	assert_non_null(presence("[]"));
}

static void
texts(void **state)
{
	struct sbuf t = {0};

	sbuf_quote(&t, "a\"\\\n\x01\xc3\xa9");
	assert_string_equal(t.p, "\"a\\\"\\\\\\n\\u0001\xc3\xa9\"");
	sbuf_drop(&t, t.len - 1);
	assert_string_equal(t.p, "\"");
	sbuf_free(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(journal_remembers_and_lets_go),
	    cmocka_unit_test(journal_keeps_what_is_open),
	    cmocka_unit_test(checksum_takes_line_ends_as_blanks),
	    cmocka_unit_test(intents_switch_events_on),
	    cmocka_unit_test(presences),
	    cmocka_unit_test(texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
