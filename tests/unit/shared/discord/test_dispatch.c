/* SPDX-License-Identifier: MIT */
/* dispatch.c: its rows, the samples, and what the protocol says of intents. */
#include "shared/discord/dispatch.h"

#include "shared/json/envelope.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#define DOCUMENTED 79
#define GUILDS (1u << 0)
#define ALL_INTENTS 53608447u
#define MESSAGE_CONTENT (1u << 15)

static enum dispatch
of(const char *name)
{
	return dispatch_of(name, strlen(name));
}

static void
test_rows(void **state)
{
	uint32_t intents = 0;

	assert_int_equal(DISPATCH_ALL, DOCUMENTED + 1);
	for (unsigned i = 1; i < DISPATCH_ALL; i++) {
		const struct dispatch_row *row = &dispatch_row[i];
		assert_non_null(row->name); /* no number is left out */
		assert_int_equal(of(row->name), i);
		/* What needs an intent in direct messages does in guilds. */
		assert_true(row->dm == 0 || row->guild != 0);
		intents |= row->guild | row->dm;
	}
	/* Every intent but the one that only fills fields asks for something. */
	assert_int_equal(intents, ALL_INTENTS & ~MESSAGE_CONTENT);
	/* These lie in logs. */
	assert_int_equal(DISPATCH_READY, 1);
	assert_int_equal(DISPATCH_GUILD_CREATE, 17);
	assert_int_equal(DISPATCH_MESSAGE_CREATE, 60);
	assert_int_equal(DISPATCH_MESSAGE_POLL_VOTE_REMOVE, 79);
}

static void
test_unknown(void **state)
{
	static const char *const names[] = {"", "SOME_FUTURE_EVENT",
	    "MESSAGE_CREAT", "MESSAGE_CREATEX", "message_create"};

	for (size_t i = 0; i < nitems(names); i++)
		assert_int_equal(of(names[i]), DISPATCH_UNKNOWN);
	assert_true(dispatch_wanted(DISPATCH_UNKNOWN, 0, false));
	assert_int_equal(dispatch_guild(DISPATCH_UNKNOWN,
			     "{\"guild_id\":\"5\"}", 16),
	    5);
}

static void
test_intents(void **state)
{
	assert_true(dispatch_wanted(DISPATCH_MESSAGE_CREATE, 1u << 9, false));
	assert_false(dispatch_wanted(DISPATCH_MESSAGE_CREATE, 1u << 9, true));
	assert_true(dispatch_wanted(DISPATCH_MESSAGE_CREATE, 1u << 12, true));
	assert_false(dispatch_wanted(DISPATCH_MESSAGE_CREATE, 1u << 12, false));
	assert_true(dispatch_wanted(DISPATCH_THREAD_MEMBERS_UPDATE, 1, false));
	assert_true(dispatch_wanted(DISPATCH_THREAD_MEMBERS_UPDATE, 2, false));
	assert_true(
	    dispatch_wanted(DISPATCH_CHANNEL_PINS_UPDATE, 1u << 12, true));
	assert_true(dispatch_wanted(DISPATCH_INTERACTION_CREATE, 0, true));
	assert_false(dispatch_wanted(DISPATCH_GUILD_MEMBER_ADD,
	    ALL_INTENTS & ~2u, false));
}

/* Nothing that the snapshot shows is made up for. */
static void
test_catch_up(void **state)
{
	for (unsigned i = 1; i < DISPATCH_ALL; i++) {
		const struct dispatch_row *row = &dispatch_row[i];
		if ((row->guild & GUILDS) != 0 || row->to != DISPATCH_TO_ALL)
			assert_int_equal(row->catch_up, DISPATCH_CATCH_UP_NO);
		if (row->catch_up == DISPATCH_CATCH_UP_YOUNG)
			assert_int_equal(i, DISPATCH_INTERACTION_CREATE);
	}
	assert_int_equal(dispatch_row[DISPATCH_MESSAGE_CREATE].catch_up,
	    DISPATCH_CATCH_UP_YES);
	assert_int_equal(dispatch_row[DISPATCH_GUILD_BAN_ADD].catch_up,
	    DISPATCH_CATCH_UP_YES);
}

/* Of every sample: the name is a row's, and the guild is found. */
static void
test_samples(void **state)
{
	FILE *index = fopen("tests/data/events-index.tsv", "r");
	static char text[1 << 20];
	char line[512], file[128], t[64], guild[32], path[256];
	int n = 0;

	assert_non_null(index);
	assert_non_null(fgets(line, sizeof(line), index));
	while (fgets(line, sizeof(line), index) != NULL) {
		struct envelope e;
		assert_int_equal(sscanf(line, "%127s %63s %*s %31s", file, t,
				     guild),
		    3);
		str_format(path, sizeof(path), "tests/data/events/%s", file);
		FILE *f = fopen(path, "r");
		assert_non_null(f);
		size_t len = fread(text, 1, sizeof(text), f);
		fclose(f);
		assert_int_equal(envelope_scan(text, len, &e), 0);
		enum dispatch what = dispatch_of(text + e.t_off, e.t_len);
		assert_string_equal(dispatch_row[what].name,
		    strcmp(t, "SOME_FUTURE_EVENT") == 0 ? "" : t);
		uint64_t want = 0;
		str_to_u64(guild, &want);
		assert_int_equal(dispatch_guild(what, text + e.d_off,
				     len - e.d_off),
		    want);
		n++;
	}
	fclose(index);
	assert_true(n > 100);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows),
	    cmocka_unit_test(test_unknown), cmocka_unit_test(test_intents),
	    cmocka_unit_test(test_catch_up), cmocka_unit_test(test_samples)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
