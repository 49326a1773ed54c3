/* SPDX-License-Identifier: MIT */
#include "shared/base/base64.h"

#include "shared/base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static void
test_decodes(void **state)
{
	static const struct {
		const char *text, *bytes;
		size_t len;
	} rows[] = {
	    {"", "", 0},
	    {"AA==", "\0", 1},
	    {"AP8=", "\0\xff", 2},
	    {"Zm9v", "foo", 3},
	    {"+/+/", "\xfb\xff\xbf", 3},
	    {"Zm9vYg==", "foob", 4},
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		size_t len = 99;
		unsigned char *bytes = base64_decode(rows[i].text, &len);

		assert_non_null(bytes);
		assert_int_equal(len, rows[i].len);
		assert_memory_equal(bytes, rows[i].bytes, len);
		free(bytes);
	}
}

/* OpenSSL itself takes several of these. */
static void
test_is_strict(void **state)
{
	static const char *const rows[] = {"YQ", "YQ=", "Y===", "=",
	    "====", "YQ==YQ==", " YQ==", "YQ==\n", "YWE-", "YQ--", "YW E",
	    "YWF\xe4", "YW_h", "Y=E="};
	size_t len;

	for (size_t i = 0; i < nitems(rows); i++)
		assert_null(base64_decode(rows[i], &len));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_decodes),
	    cmocka_unit_test(test_is_strict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
