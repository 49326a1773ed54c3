/* SPDX-License-Identifier: MIT */
/* thrift.c: what a deep call took of the stack goes back, and what is in use
 * stays as it is. */
#include "shared/process/thrift.h"

#include "shared/base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#define DEEP (512u << 10)

static volatile unsigned char sum;

/* KiB of the stack that are there. */
static unsigned
stack_kb(void)
{
	FILE *f = fopen("/proc/self/smaps", "re");
	char line[512];
	unsigned kb = 0;
	bool stack = false;

	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		if (strstr(line, "[stack]") != NULL)
			stack = true;
		if (stack && sscanf(line, "Rss: %u kB", &kb) == 1)
			break;
	}
	fclose(f);
	return kb;
}

static __attribute__((noinline)) void
deep(void)
{
	unsigned char room[DEEP];

	for (size_t i = 0; i < sizeof(room); i += 512)
		room[i] = (unsigned char)i | 1;
	for (size_t i = 0; i < sizeof(room); i += 512)
		sum += room[i];
}

static void
test_stack_goes_back(void **state)
{
	char text[256];
	unsigned before, after;

	memset(text, 'x', sizeof(text));
	deep();
	before = stack_kb();
	thrift_give_back();
	after = stack_kb();
	assert_true(before >= DEEP / 1024);
	assert_true(after <= before - DEEP / 1024 / 2);
	for (size_t i = 0; i < sizeof(text); i++)
		assert_int_equal(text[i], 'x');
	deep();
	thrift_give_back();
	thrift_give_back();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_stack_goes_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
