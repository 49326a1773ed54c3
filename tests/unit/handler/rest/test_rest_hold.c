/* SPDX-License-Identifier: MIT */
/* When an answer is to be proved, and what came while a proof was asked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "handler/rest/rest_hold.h"

#define NOW 1000000u

static const struct answer_verdict refused = {.means = ANSWER_TOKEN,
    .wait_s = -1,
    .json = true};
static const struct answer_verdict fine = {.means = ANSWER_OK,
    .wait_s = -1,
    .json = true};

static void
answered(struct rest_hold *h, uint64_t now)
{
	rest_hold_answered(h, &refused, 401, "/guilds/{id}", now);
}

/*
 * The token was revoked while the proof of an older 401 was under way: its 200
 * says nothing of the newer one.  Seen as a bot whose one call was refused and
 * whose REST stayed "fine" until somebody called again.
 */
static void
f_b2_a_401_during_a_proof_is_proved_too(void **state)
{
	struct rest_hold h = {.state = PAGE_REST_FINE};

	answered(&h, NOW);
	assert_true(rest_hold_wants_proof(&h, NOW));
	rest_hold_proving(&h);
	answered(&h, NOW + 10);
	rest_hold_proved(&h, &fine, 200, NOW + 20);
	assert_int_equal(h.state, PAGE_REST_FINE);
	assert_false(rest_hold_wants_proof(&h, NOW + 30));
	assert_int_equal(rest_hold_due(&h, NOW + 20), REST_HOLD_FRESH_MS);
	assert_true(rest_hold_wants_proof(&h, NOW + 20 + REST_HOLD_FRESH_MS));
	rest_hold_proving(&h);
	rest_hold_proved(&h, &refused, 401, NOW + 20 + REST_HOLD_FRESH_MS);
	assert_int_equal(h.state, PAGE_REST_TOKEN);
}

/* Nothing came meanwhile: one proof is enough. */
static void
test_one_proof(void **state)
{
	struct rest_hold h = {.state = PAGE_REST_FINE};

	answered(&h, NOW);
	rest_hold_proving(&h);
	rest_hold_proved(&h, &fine, 200, NOW + 20);
	assert_false(rest_hold_wants_proof(&h, NOW + 1000000));
	assert_true(rest_hold_due(&h, NOW + 20) == UINT64_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(f_b2_a_401_during_a_proof_is_proved_too),
	    cmocka_unit_test(test_one_proof),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
