/* SPDX-License-Identifier: MIT */
/* walk.c and edit.c: against json-c on every sample, and what is no JSON. */
#include "shared/json/edit.h"
#include "shared/json/json.h"
#include "shared/json/walk.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#define SAMPLES "tests/data/events"

static char *
slurp(const char *name, size_t *len)
{
	char path[512];

	must(str_format(path, sizeof(path), SAMPLES "/%s", name));
	FILE *f = fopen(path, "rb");
	assert_non_null(f);
	char *text = base_alloc(1 << 20);
	*len = fread(text, 1, 1 << 20, f);
	fclose(f);
	return text;
}

/* The tree of a text, built by walks alone. */
static json_object *
tree(const char *text, size_t len)
{
	struct walk_item item;
	json_object *o;
	struct walk w;
	char key[256];

	if (!walk_into(&w, text, len)) {
		assert_true(json_parse(&o, text, len));
		return o;
	}
	o = w.close == '}' ? json_object_new_object() : json_object_new_array();
	while (walk_next(&w, &item)) {
		json_object *v = tree(item.value, item.len);

		if (item.key == NULL) {
			json_object_array_add(o, v);
			continue;
		}
		must(str_format(key, sizeof(key), "%.*s", (int)item.key_len,
		    item.key));
		json_object_object_add(o, key, v);
	}
	return o;
}

static void
each_sample(void (*fn)(const char *, size_t))
{
	DIR *d = opendir(SAMPLES);
	int n = 0;

	assert_non_null(d);
	for (struct dirent *e; (e = readdir(d)) != NULL;) {
		size_t len;
		if (strstr(e->d_name, ".json") == NULL)
			continue;
		char *text = slurp(e->d_name, &len);
		fn(text, len);
		free(text);
		n++;
	}
	closedir(d);
	assert_true(n > 80);
}

static void
compare(const char *text, size_t len)
{
	json_object *want, *has;
	struct walk w;

	assert_true(walk_document(&w, text, len, 1024));
	assert_true(json_parse(&want, text, len));
	has = tree(text, len);
	assert_true(json_same(want, has));
	json_object_put(want);
	json_object_put(has);
}

static void
test_samples(void **state)
{
	each_sample(compare);
}

static void
test_strict(void **state)
{
	static const char *const bad[] = {"", " ", "1", "\"a\"", "null", "{",
	    "[", "{]", "[}", "[1,]", "[,1]", "[1 2]", "{\"a\":1,}", "{a:1}",
	    "{\"a\" 1}", "[01]", "[\"\xff\"]", "[\"\n\"]", "[\"\\x\"]", "[nul]",
	    "[1]x", "{\"a\":{\"b\":[1,}}", "['a']", "[NaN]"};
	struct walk_item item;
	struct walk w;

	for (size_t i = 0; i < nitems(bad); i++) {
		assert_false(walk_document(&w, bad[i], strlen(bad[i]), 64));
		assert_false(walk_next(&w, &item));
	}
	assert_false(walk_document(&w, "[[[1]]]", 7, 2));
	assert_true(walk_document(&w, " [ ] ", 5, 2));
	assert_false(walk_next(&w, &item));
	assert_false(walk_next(&w, &item));
}

static void
test_find(void **state)
{
	static const char o[] =
	    "{ \"ab\" : 1 , \"a\":\"7\", \"c\":{\"a\":[8]}}";
	struct walk_item item;

	assert_true(walk_find(o, strlen(o), "a", &item));
	assert_int_equal(item.len, 3);
	assert_int_equal(walk_id(o, strlen(o), "a"), 7);
	assert_int_equal(walk_id(o, strlen(o), "b"), 0);
	assert_true(walk_find(o, strlen(o), "c", &item));
	assert_memory_equal(item.value, "{\"a\":[8]}", item.len);
	assert_false(walk_find("[1]", 3, "a", &item));
}

/* Neither walk nor edit of a cut text leaves it; ASan judges. */
static void
cut(const char *text, size_t len)
{
	size_t step = len > 4096 ? 499 : 7;
	struct walk_item item;
	struct walk w;

	while (len > 0 && text[len - 1] <= ' ')
		len--;
	for (size_t n = 1; n < len; n += step) {
		char *tight = memcpy(base_alloc(n), text, n);

		assert_false(walk_document(&w, tight, n, 1024));
		if (walk_into(&w, tight, n))
			while (walk_next(&w, &item))
				(void)walk_find(item.value, item.len, "x",
				    &item);
		free(tight);
	}
}

static void
test_cut(void **state)
{
	each_sample(cut);
}

static const char *
text_of(struct buf *b)
{
	buf_add(b, "", 1);
	return buf_data(b);
}

static void
test_edit(void **state)
{
	static const char old[] = "{\"a\":1,\"x\": [ 1 ] ,\"b\":{}}";
	static const char more[] = "{\"b\":2.50,\"c\":\"\\u00e9\",\"a\":null}";
	static const char *const keys[] = {"a"};
	struct buf b = {0};
	struct edit e;

	edit_begin(&e, &b);
	edit_merge(&e, old, strlen(old), more, strlen(more), keys, 1);
	edit_end(&e);
	assert_string_equal(text_of(&b),
	    "{\"a\":1,\"x\":[ 1 ],\"b\":2.50,\"c\":\"\\u00e9\"}");
	buf_eat(&b, buf_len(&b));
	edit_begin(&e, &b);
	edit_set(&e, old, strlen(old), "x", "0", 1);
	edit_set(&e, "{}", 2, "y", "[]", 2);
	edit_set(&e, "{\"z\":1,\"w\":2}", 13, "z", NULL, 0);
	edit_members(&e, more, strlen(more), keys, 1);
	edit_end(&e);
	assert_string_equal(text_of(&b),
	    "{\"a\":1,\"x\":0,\"b\":{},\"y\":[],\"w\":2,\"b\":2.50,"
	    "\"c\":\"\\u00e9\"}");
	buf_eat(&b, buf_len(&b));
	edit_begin(&e, &b);
	edit_members(&e, "[1]", 0, NULL, 0);
	edit_end(&e);
	assert_string_equal(text_of(&b), "{}");
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_samples),
	    cmocka_unit_test(test_strict), cmocka_unit_test(test_find),
	    cmocka_unit_test(test_cut), cmocka_unit_test(test_edit)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
