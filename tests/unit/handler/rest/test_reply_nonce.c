/* SPDX-License-Identifier: MIT */
/* Nonces of replies: the same for the same, another for any other. */
#include "handler/rest/reply_nonce.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static struct reply_nonces r;

static int
setup(void **state)
{
	memset(&r, 0, sizeof(r));
	return 0;
}

static void
f_c3_each_reply_has_its_own(void **state)
{
	char nonce[4][REPLY_NONCE_MAX], again[REPLY_NONCE_MAX];

	reply_nonce_next(&r, "a", 1, "7", nonce[0]);
	reply_nonce_next(&r, "b", 1, "7", nonce[1]);
	reply_nonce_next(&r, "a", 1, "7", nonce[2]);
	reply_nonce_next(&r, "a", 1, "8", nonce[3]);
	for (int i = 0; i < 4; i++) {
		assert_in_range(strlen(nonce[i]), 1, 25);
		for (int k = 0; k < i; k++)
			assert_string_not_equal(nonce[i], nonce[k]);
	}
	/* The event comes again, to a new process or a new handler. */
	reply_nonce_next(&r, "a", 2, "7", again);
	assert_string_equal(again, nonce[0]);
	reply_nonce_next(&r, "a", 2, "7", again);
	assert_string_equal(again, nonce[2]);
	setup(NULL);
	reply_nonce_next(&r, "a", 1, "7", again);
	assert_string_equal(again, nonce[0]);
}

/* Many messages: those of the last minutes are still counted. */
static void
f_c3_many_messages(void **state)
{
	char first[REPLY_NONCE_MAX], second[REPLY_NONCE_MAX], id[24];
	unsigned lost = 0;

	for (unsigned i = 0; i < 50000; i++) {
		str_format(id, sizeof(id), "%u", i);
		reply_nonce_next(&r, "a", 1, id, first);
		if (i < 5000)
			continue;
		str_format(id, sizeof(id), "%u", i - 5000);
		reply_nonce_next(&r, "a", 1, id, second);
		reply_nonce_of("a", id, 1, first);
		lost += strcmp(first, second) == 0;
	}
	assert_true(lost < 50);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(f_c3_each_reply_has_its_own, setup),
	    cmocka_unit_test_setup(f_c3_many_messages, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
