/* SPDX-License-Identifier: MIT */
/* client_token.c: whose a token is, and that the store has none. */
#include "shared/store/client_token.h"

#include "tests/unit/shared/store/store_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#define BOT 1234567890123456789u

static struct store_rig t;

static int
set_up(void **state)
{
	return store_rig_open(&t);
}

static int
tear_down(void **state)
{
	return store_rig_close(&t);
}

static const uint8_t key[CLIENT_TOKEN_KEY] = {1, 2, 3};

static int
check(const char *text, char client[CLIENT_TOKEN_NAME_MAX])
{
	struct client_token_who who = {.client = ""};
	int rc = client_token_check(&t.store, key, text, strlen(text), &who,
	    &t.err);

	str_copy(client, who.client, CLIENT_TOKEN_NAME_MAX);
	assert_int_equal(who.run, 0);
	return rc;
}

static uint32_t
run_of(const uint8_t *with, const char *text, const char *client)
{
	struct client_token_who who;
	int rc = client_token_check(&t.store, with, text, strlen(text), &who,
	    &t.err);

	if (rc != 1)
		return 0;
	assert_string_equal(who.client, client);
	return who.run;
}

static int
new_token(const struct store *s, const char *client, uint64_t bot,
    char out[CLIENT_TOKEN_MAX], struct err *e)
{
	return client_token_make(client, bot, out, e) == 0
	    ? client_token_keep(s, client, out, e)
	    : -1;
}

/* That of a process counts beside the operator's, and the store has none. */
static void
test_of_a_process(void **state)
{
	static const uint8_t other[CLIENT_TOKEN_KEY] = {1, 2, 4};
	static const uint32_t runs[] = {1, 0xffffffff, 1790000000, 0xfbefbefb};
	char a[CLIENT_TOKEN_MAX], op[CLIENT_TOKEN_MAX], who[64];
	char b[CLIENT_TOKEN_MAX], text[CLIENT_TOKEN_MAX];

	assert_int_equal(new_token(&t.store, "a", BOT, op, &t.err), 0);
	for (size_t i = 0; i < nitems(runs); i++) {
		client_token_run(key, "a", BOT, runs[i], a);
		assert_null(strpbrk(a, "=+/ "));
		assert_int_equal(run_of(key, a, "a"), runs[i]);
		assert_int_equal(run_of(other, a, "a"), 0);
		assert_int_equal(run_of(NULL, a, "a"), 0);
		for (size_t j = 0; a[j] != '\0'; j++) {
			str_copy(text, a, sizeof(text));
			text[j] = text[j] == 'A' ? 'B' : 'A';
			assert_int_equal(
			    client_token_check(&t.store, key, text,
				strlen(text),
				&(struct client_token_who) {.run = 0}, &t.err),
			    0);
		}
	}
	/* The proof of one client is none of another's. */
	client_token_run(key, "b", BOT, runs[3], b);
	str_format(text, sizeof(text), "%.*s%s", (int)(strrchr(b, '.') - b), b,
	    strrchr(a, '.'));
	assert_int_equal(run_of(key, text, "b"), 0);
	assert_int_equal(check(op, who), 1);
}

static void
test_whose(void **state)
{
	char a[CLIENT_TOKEN_MAX], b[CLIENT_TOKEN_MAX];
	char who[CLIENT_TOKEN_NAME_MAX], text[CLIENT_TOKEN_MAX + 8];

	assert_int_equal(client_token_has(&t.store, "a", &t.err), 0);
	assert_int_equal(new_token(&t.store, "a", BOT, a, &t.err), 0);
	assert_int_equal(new_token(&t.store, "b.c_d-E", BOT, b, &t.err), 0);
	assert_int_equal(client_token_has(&t.store, "a", &t.err), 1);
	assert_int_equal(check(a, who), 1);
	assert_string_equal(who, "a");
	assert_int_equal(check(b, who), 1);
	assert_string_equal(who, "b.c_d-E");
	str_format(text, sizeof(text), "Bot %s", a);
	assert_int_equal(check(text, who), 1);
	str_format(text, sizeof(text), " bot  %s ", a);
	assert_int_equal(check(text, who), 1);
	/* Another name in front of a secret that is right. */
	str_format(text, sizeof(text), "%.*s%s", (int)(strrchr(b, '.') - b), b,
	    strrchr(a, '.'));
	assert_int_equal(check(text, who), 0);
	a[strlen(a) - 1] ^= 1;
	assert_int_equal(check(a, who), 0);
}

static void
test_another_one(void **state)
{
	char a[CLIENT_TOKEN_MAX], b[CLIENT_TOKEN_MAX];
	char who[CLIENT_TOKEN_NAME_MAX];

	assert_int_equal(new_token(&t.store, "a", BOT, a, &t.err), 0);
	assert_int_equal(new_token(&t.store, "a", BOT, b, &t.err), 0);
	assert_int_equal(check(a, who), 0);
	assert_int_equal(check(b, who), 1);
	assert_int_equal(client_token_forget(&t.store, "a", &t.err), 0);
	assert_int_equal(check(b, who), 0);
	assert_int_equal(client_token_has(&t.store, "a", &t.err), 0);
}

/* Three parts, the first of which is the bot's id, the second long enough. */
static void
test_form(void **state)
{
	static char name[] =
	    "a-name_as.long-as-there-may-be-one-63-bytes-of-it-are-in-all-63";
	char a[CLIENT_TOKEN_MAX], who[CLIENT_TOKEN_NAME_MAX], *part;

	assert_int_equal(strlen(name), CLIENT_TOKEN_NAME_MAX - 1);
	assert_int_equal(new_token(&t.store, name, UINT64_MAX, a, &t.err), 0);
	assert_int_equal(check(a, who), 1);
	assert_string_equal(who, name);
	assert_int_equal(new_token(&t.store, "x", BOT, a, &t.err), 0);
	assert_null(strpbrk(a, "=+/ "));
	part = strchr(a, '.');
	assert_true(strrchr(a, '.') - part - 1 >= 6);
	assert_int_equal(strlen(strrchr(a, '.') + 1), 43);
	*part = '\0';
	assert_string_equal(a, "MTIzNDU2Nzg5MDEyMzQ1Njc4OSAg");
}

static void
test_what_is_none(void **state)
{
	static const char *const none[] = {"", ".", "..", "...", "Bot ", "Bot",
	    "a.b.c", "x.YQ==.y", "x.L2V0Yy9w.y", "x.ICAgICAg.y", "x.AAAAAAAA.y",
	    "x.%%%%.y"};
	char who[CLIENT_TOKEN_NAME_MAX], longer[2 * CLIENT_TOKEN_MAX];

	for (size_t i = 0; i < nitems(none); i++)
		assert_int_equal(check(none[i], who), 0);
	memset(longer, 'A', sizeof(longer));
	longer[4] = longer[200] = '.';
	assert_int_equal(client_token_check(&t.store, key, longer,
			     sizeof(longer),
			     &(struct client_token_who) {.run = 0}, &t.err),
	    0);
}

static int
holds(const struct store_item *x, void *arg)
{
	const char *token = arg;

	assert_null(memmem(x->value, x->value_len, token, strlen(token)));
	assert_null(memmem(x->key, x->key_len, token, strlen(token)));
	assert_null(
	    memmem(x->value, x->value_len, strrchr(token, '.') + 1, 43));
	return 0;
}

static void
test_the_store_has_none(void **state)
{
	char a[CLIENT_TOKEN_MAX];

	assert_int_equal(new_token(&t.store, "a", BOT, a, &t.err), 0);
	assert_int_equal(store_each(&t.store, holds, a, &t.err), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_of_a_process, set_up,
		tear_down),
	    cmocka_unit_test_setup_teardown(test_whose, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_another_one, set_up,
		tear_down),
	    cmocka_unit_test_setup_teardown(test_form, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_what_is_none, set_up,
		tear_down),
	    cmocka_unit_test_setup_teardown(test_the_store_has_none, set_up,
		tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
