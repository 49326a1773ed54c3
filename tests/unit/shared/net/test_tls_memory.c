/* SPDX-License-Identifier: MIT */
/* What OpenSSL frees before the fork is used again before the fork, and after
 * it left as it is. */
#include "shared/net/tls_memory.h"

#include "shared/base/tricks.h"
#include "tests/unit/rig/left_out.h"

#include <openssl/crypto.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define TIMES 100000 /* of one block: none would have room for so many */

static bool
usable(void)
{
#ifdef __SANITIZE_ADDRESS__
	return false;
#else
	return HERD_TRICK_TLS_REGION;
#endif
}

static int
begin(void **state)
{
	tls_memory_begin();
	return 0;
}

static void
test_used_again(void **state)
{
	size_t before, block = 4000;
	char *one, *two, *grown;

	if (!usable())
		left_out();
	before = tls_memory_used();
	for (int i = 0; i < TIMES; i++) {
		one = OPENSSL_malloc(block);
		two = OPENSSL_malloc(block);
		assert_ptr_not_equal(one, two);
		memset(one, 1, block);
		memset(two, 2, block);
		OPENSSL_free(one);
		OPENSSL_free(two);
	}
	assert_in_range(tls_memory_used() - before, 2 * block, 3 * block);

	/* What grows leaves its old place to others of that size. */
	before = tls_memory_used();
	for (int i = 0; i < TIMES; i++) {
		one = OPENSSL_malloc(100);
		assert_non_null(strcpy(one, "as it was"));
		grown = OPENSSL_realloc(one, 200);
		assert_string_equal(grown, "as it was");
		OPENSSL_free(grown);
	}
	assert_in_range(tls_memory_used() - before, 300, 600);
}

/* One that is large lies in it as the others do. */
static void
test_large(void **state)
{
	size_t before;
	void *p;

	if (!usable())
		left_out();
	before = tls_memory_used();
	p = OPENSSL_malloc(1 << 20);
	assert_true(tls_memory_used() >= before + (1 << 20));
	OPENSSL_free(p);
	p = OPENSSL_malloc(TLS_MEMORY_REGION);
	assert_non_null(p);
	OPENSSL_free(p);
}

/* Behind the fork its pages are shared: what is freed in it is not written. */
static void
test_closed(void **state)
{
	char *inside, *other;
	size_t used;

	if (!usable())
		left_out();
	inside = OPENSSL_malloc(64);
	memset(inside, 'x', 64);
	tls_memory_end();
	used = tls_memory_used();
	OPENSSL_free(inside);
	for (int i = 0; i < 64; i++)
		assert_int_equal(inside[i], 'x');
	other = OPENSSL_malloc(64);
	assert_ptr_not_equal(other, inside);
	other = OPENSSL_realloc(other, 128);
	OPENSSL_free(other);
	assert_int_equal(tls_memory_used(), used);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_used_again),
	    cmocka_unit_test(test_large),
	    cmocka_unit_test(test_closed),
	};

	return cmocka_run_group_tests(tests, begin, NULL);
}
