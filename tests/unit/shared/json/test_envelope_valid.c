/* SPDX-License-Identifier: MIT */
/*
 * envelope_valid.c takes wide steps: of every text, whole, cut and spoilt, it
 * must say what the plain reading of the grammar says, and what it lets
 * through json-c must read.
 */
#include "shared/json/envelope.h"

#include "tests/unit/rig/plain_json.h"
#include "shared/base/text.h"

#include <dirent.h>
#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#define DEPTH 64
#define SPOILT 800 /* of each sample */

static bool
json_c_reads(const char *text, size_t len)
{
	struct json_tokener *tok = json_tokener_new_ex(2 * DEPTH);
	enum json_tokener_error rc;

	json_object_put(json_tokener_parse_ex(tok, text, (int)len));
	rc = json_tokener_get_error(tok);
	if (rc == json_tokener_continue) { /* a bare number ends with it */
		json_object_put(json_tokener_parse_ex(tok, "", 1));
		rc = json_tokener_get_error(tok);
	}
	json_tokener_free(tok);
	return rc == json_tokener_success;
}

static void
same(const char *text, size_t len)
{
	/* Own allocation, so that ASan sees one byte too many. */
	char *tight = malloc(len ? len : 1);
	bool plain, breaks, valid;

	assert_non_null(tight);
	memcpy(tight, text, len);
	plain = plain_json(tight, len, DEPTH);
	valid = envelope_valid_breaks(tight, len, DEPTH, &breaks);
	if (valid != plain)
		fail_msg("valid %d, plain %d: %.*s", valid, plain, (int)len,
		    text);
	if (valid) {
		assert_true(text_is_utf8(tight, len));
		assert_int_equal(breaks,
		    memchr(tight, '\n', len) || memchr(tight, '\r', len));
		assert_true(json_c_reads(tight, len));
	}
	free(tight);
}

/* The same numbers each time. */
static uint32_t
chance(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

static const unsigned char spoil[] = {'"', '\\', '{', '}', '[', ']', ',', ':',
    ' ', '\n', '\t', '0', '9', '-', '.', 'e', 'u', 0, 1, 0x1f, 0x7f, 0x80, 0xbf,
    0xc2, 0xe0, 0xed, 0xf0, 0xf4, 0xff};

static void
spoilt(char *text, size_t len, uint32_t *state)
{
	for (int i = 0; i < SPOILT && len > 0; i++) {
		size_t from = chance(state) % len;
		size_t n = 1 + chance(state) % 700, at;
		char was;

		n = n > len - from ? len - from : n;
		at = from + chance(state) % n;
		was = text[at];
		text[at] = (char)spoil[chance(state) % sizeof(spoil)];
		if (len <= 4096)
			same(text, len);
		same(text + from, n);
		text[at] = was;
	}
}

static void
each_file(const char *dir, uint32_t *state)
{
	static char text[600000];
	DIR *d = opendir(dir);
	int n = 0;

	assert_non_null(d);
	for (struct dirent *e; (e = readdir(d)) != NULL;) {
		char path[512];
		size_t len;
		FILE *f;

		if (strstr(e->d_name, ".json") == NULL)
			continue;
		must(str_format(path, sizeof(path), "%s/%s", dir, e->d_name));
		f = fopen(path, "rb");
		assert_non_null(f);
		len = fread(text, 1, sizeof(text), f);
		fclose(f);
		same(text, len);
		spoilt(text, len, state);
		n++;
	}
	closedir(d);
	assert_true(n > 10);
}

static void
test_samples(void **state)
{
	uint32_t seed = 1;

	each_file("tests/data/events", &seed);
	each_file("tests/data/odd", &seed);
	each_file("tests/data/control", &seed);
}

/* Every byte at every place of strings shorter and longer than a step, with
 * the end of the text behind it and far away. */
static void
test_each_byte_in_strings(void **state)
{
	char text[64];

	for (size_t n = 0; n <= 40; n++)
		for (size_t at = 0; at < n; at++)
			for (int c = 0; c < 256; c++) {
				memset(text, 'a', sizeof(text));
				text[0] = text[n + 1] = '"';
				text[1 + at] = (char)c;
				same(text, n + 2);
				same(text, n + 1);
			}
}

/* Characters of two to four bytes, whole and cut, across steps. */
static void
test_characters(void **state)
{
	static const char *const some[] = {"\xc3\xa9", "\xe2\x82\xac",
	    "\xf0\x9f\x98\x80", "\xed\x9f\xbf", "\xed\xa0\x80", "\xe0\x9f\xbf",
	    "\xf0\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf", "\xf4\x90\x80\x80",
	    "\xc1\xbf", "\xf5\x80\x80\x80"};
	char text[64];

	for (size_t i = 0; i < nitems(some); i++)
		for (size_t at = 0; at < 36; at++)
			for (size_t cut = 0; cut <= strlen(some[i]); cut++) {
				memset(text, 'a', sizeof(text));
				text[0] = '"';
				memcpy(text + 1 + at, some[i], cut);
				text[1 + at + cut] = '"';
				same(text, at + cut + 2);
				same(text, at + cut + 1);
			}
}

static void
test_depth(void **state)
{
	char text[4 * DEPTH];

	for (size_t n = DEPTH - 2; n <= DEPTH + 2; n++) {
		memset(text, '[', n);
		memset(text + n, ']', n);
		same(text, 2 * n);
		assert_int_equal(envelope_valid(text, 2 * n, DEPTH),
		    n <= DEPTH);
	}
	assert_false(envelope_valid(NULL, 0, DEPTH));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_samples),
	    cmocka_unit_test(test_each_byte_in_strings),
	    cmocka_unit_test(test_characters),
	    cmocka_unit_test(test_depth),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
