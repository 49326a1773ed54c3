/* SPDX-License-Identifier: MIT */
/* What one answer of Discord, or of somebody in front of it, means for whom. */
#include "shared/discord/answer.h"
#include "shared/base/clock.h"
#include "tests/unit/rig/left_out.h"

#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#define PAGE "<!DOCTYPE html><html>error code: 1015</html>"
#define OWN "{\"message\":\"x\",\"code\":50013}"

static const struct {
	struct answer a;
	enum answer_means means;
	bool counts;
} row[] = {
    {{.status = 200}, ANSWER_OK, false},
    {{.status = 204}, ANSWER_OK, false},
    {{.status = 401, .body = "{\"code\":0}"}, ANSWER_TOKEN, true},
    {{.status = 401, .bare = true}, ANSWER_OWN_TOKEN, true},
    {{.status = 404, .bare = true, .body = "{\"code\":10062}"}, ANSWER_REFUSED,
	false},
    {{.status = 403, .body = OWN}, ANSWER_FORBIDDEN, true},
    {{.status = 403, .body = "{\"code\":40333}"}, ANSWER_BLOCKED, false},
    {{.status = 403, .body = PAGE}, ANSWER_BLOCKED, false},
    {{.status = 403}, ANSWER_FORBIDDEN, true},
    {{.status = 429, .body = PAGE}, ANSWER_BLOCKED, false},
    {{.status = 429}, ANSWER_BLOCKED, false},
    {{.status = 429, .body = "{\"cloudflare_error\":true}"}, ANSWER_BLOCKED,
	false},
    {{.status = 429, .limits = true}, ANSWER_LIMITED, true},
    {{.status = 429, .body = PAGE, .limits = true}, ANSWER_LIMITED, true},
    {{.status = 429, .body = "{\"retry_after\":1}"}, ANSWER_LIMITED, true},
    {{.status = 429, .body = "{}", .shared = true}, ANSWER_SHARED, false},
    {{.status = 429, .body = "{\"global\":true}"}, ANSWER_GLOBAL, true},
    {{.status = 429, .body = "{}", .global = true}, ANSWER_GLOBAL, true},
    {{.status = 502, .body = PAGE}, ANSWER_TROUBLE, false},
    {{.status = 520}, ANSWER_TROUBLE, false},
    {{.status = 0}, ANSWER_TROUBLE, false},
    {{.status = 403, .body = "[]"}, ANSWER_FORBIDDEN, true},
    {{.status = 302}, ANSWER_REFUSED, false},
    {{.status = 400, .body = "{\"code\":50035}"}, ANSWER_REFUSED, false},
};

static void
f_b5_who_is_meant(void **state)
{
	for (size_t i = 0; i < nitems(row); i++) {
		struct answer a = row[i].a;
		struct answer_verdict v;

		if (a.retry_after_s == 0)
			a.retry_after_s = -1;
		if (a.body == NULL)
			a.body = "";
		a.len = strlen(a.body);
		v = answer_judge(&a);
		if (v.means != row[i].means || v.counts != row[i].counts)
			print_error("row %zu\n", i);
		assert_int_equal(v.means, row[i].means);
		assert_int_equal(v.counts, row[i].counts);
	}
}

/* A page longer than is read, and JSON that goes on and on. */
static void
f_b5_foreign_bodies(void **state)
{
	size_t len = ANSWER_BODY_MAX + 1;
	char *body = base_alloc(len);

	memset(body, '[', len);
	for (size_t n = 1; n <= len; n += 4096)
		assert_int_equal(answer_judge(&(struct answer) {.status = 429,
						  .body = body,
						  .len = n,
						  .retry_after_s = -1})
				     .means,
		    ANSWER_BLOCKED);
	free(body);
}

/* Discord names each error of a long form: that is no page of Cloudflare's. */
static void
f_b5_a_long_refusal_is_discords(void **state)
{
	struct json_object *o = json_tokener_parse("{\"code\":50035,"
						   "\"errors\":{}}"),
			   *errors = NULL;
	struct answer a = {.status = 403, .retry_after_s = -1};
	struct answer_verdict v;
	char key[16];

	assert_true(json_object_object_get_ex(o, "errors", &errors));
	for (int i = 0; i < 20000; i++) {
		str_format(key, sizeof(key), "%d", i);
		json_object_object_add(errors, key,
		    json_tokener_parse(
			"{\"_errors\":[{\"message\":\"Must be shorter\"}]}"));
	}
	a.body = json_object_to_json_string_length(o, 0, &a.len);
	assert_true(a.len > 512 << 10);
	v = answer_judge(&a);
	assert_int_equal(v.means, ANSWER_FORBIDDEN);
	assert_true(v.json && v.code == 50035);
	json_object_put(o);
}

static void
f_b5_what_a_wait_says(void **state)
{
	static const struct {
		const char *text;
		double s;
	} said[] = {{"0", 0}, {"0.0", 0}, {"1.25", 1.25}, {"-1", -1},
	    {"nan", -1}, {"inf", -1}, {"", -1}, {"soon", -1}, {"1e3", 1000},
	    {"0x10", -1}, {"82800", 82800},
	    {"1000000000000", ANSWER_WAIT_ODD_S}, {"1e999", ANSWER_WAIT_ODD_S},
	    {"Fri, 07 Nov 2014 23:19:32 GMT", 0},
	    {"Fri, 07 Nov 3014 23:19:32 GMT", ANSWER_WAIT_ODD_S}};
	char date[64];
	time_t when;
	double s;

	for (size_t i = 0; i < nitems(said); i++) {
		s = answer_seconds(said[i].text);
		if (s != said[i].s)
			print_error("\"%s\": %g\n", said[i].text, s);
		assert_true(s == said[i].s);
	}
	when = (time_t)(clock_wall_ms() / 1000 + 90);
	strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT",
	    gmtime(&when));
	s = answer_seconds(date);
	assert_true(s > 88 && s <= 90);
}

/* Never nothing, growing, bounded, and what was said when that is more. */
static void
f_b5_a_floor_that_grows(void **state)
{
	double before = 0, s;

	for (unsigned n = 1; n < 40; n++) {
		s = answer_limited_s(0, n);
		assert_true(s >= ANSWER_FLOOR_S && s >= before
		    && s <= ANSWER_FLOOR_MAX_S);
		before = s;
	}
	assert_true(before == ANSWER_FLOOR_MAX_S);
	assert_true(answer_limited_s(2.5, 1) == 2.5);
	assert_true(answer_limited_s(-1, 1) >= ANSWER_FLOOR_S);
	assert_true(answer_blocked_s(-1, 1) == ANSWER_BLOCK_S);
	assert_true(answer_blocked_s(0, 1) == ANSWER_BLOCK_S);
	assert_true(answer_blocked_s(7, 1) == 7);
	assert_true(answer_blocked_s(7, 2) == 2 * ANSWER_BLOCK_S);
	assert_true(answer_blocked_s(-1, 99) == ANSWER_BLOCK_MAX_S);
}

/* The manual's words between macros, as one text. */
static void
plain(char *text)
{
	char *to = text;
	bool blank = false;

	for (char *p = text; *p != '\0'; p++) {
		if (*p == '\n' && p[1] == '.') {
			p += strcspn(p + 1, " \n");
			blank = true;
			continue;
		}
		if (*p == '\n' || *p == ' ') {
			blank = true;
			continue;
		}
		if (blank)
			*to++ = ' ';
		blank = false;
		if (*p == '\\' && p[1] == '(' && p[2] == 'd') {
			*to++ = '"';
			p += 3;
		} else {
			*to++ = *p;
		}
	}
	*to = '\0';
}

/* The manual has the table as the program does. */
static void
f_b5_the_manual_shows_the_table(void **state)
{
	static char text[1 << 20];
	FILE *f = fopen("man/shardherd-plugin.7", "r");
	const char *at;

	if (f == NULL)
		left_out();
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
	plain(text);
	at = strstr(text, answer_row[ANSWER_LIMITED].when);
	assert_non_null(at);
	for (size_t i = 0; i < ANSWER_MEANINGS; i++) {
		if (strstr(text, answer_row[i].when) == NULL
		    || strstr(text, answer_row[i].done) == NULL)
			print_error("not in the manual: %s, %s\n",
			    answer_row[i].when, answer_row[i].done);
		assert_non_null(strstr(text, answer_row[i].when));
		assert_non_null(strstr(text, answer_row[i].done));
	}
	for (size_t i = 0; i < ANSWER_WHOMS; i++)
		assert_non_null(strstr(text, answer_whom_name[i]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(f_b5_who_is_meant),
	    cmocka_unit_test(f_b5_foreign_bodies),
	    cmocka_unit_test(f_b5_a_long_refusal_is_discords),
	    cmocka_unit_test(f_b5_what_a_wait_says),
	    cmocka_unit_test(f_b5_a_floor_that_grows),
	    cmocka_unit_test(f_b5_the_manual_shows_the_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
