/* SPDX-License-Identifier: MIT */
/* Objects of copied members; see edit.h. */
#include "shared/json/edit.h"

#include "shared/json/walk.h"

#include <string.h>

void
edit_begin(struct edit *e, struct buf *out)
{
	*e = (struct edit) {.out = out};
	buf_add(out, "{", 1);
}

void
edit_end(struct edit *e)
{
	buf_add(e->out, "}", 1);
}

static void
add(struct edit *e, const char *key, size_t key_len, const char *value,
    size_t len)
{
	char *p = buf_space(e->out, key_len + len + 4), *q = p;

	if (e->any)
		*q++ = ',';
	*q++ = '"';
	memcpy(q, key, key_len);
	q += key_len;
	*q++ = '"';
	*q++ = ':';
	memcpy(q, value, len);
	buf_filled(e->out, (size_t)(q - p) + len);
	e->any = true;
}

void
edit_add(struct edit *e, const char *key, const char *value, size_t len)
{
	add(e, key, strlen(key), value, len);
}

static bool
is_one(const struct walk_item *item, const char *const *keys, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (walk_is(item, keys[i]))
			return true;
	return false;
}

void
edit_members(struct edit *e, const char *object, size_t len,
    const char *const *keys, size_t n)
{
	struct walk_item item;
	struct walk w;

	if (!walk_into(&w, object, len))
		return;
	while (walk_next(&w, &item))
		if (!is_one(&item, keys, n))
			add(e, item.key, item.key_len, item.value, item.len);
}

/* The member called as item is; of a key given twice the last, as readers of
 * JSON have it. */
static bool
same_key(const char *object, size_t len, const struct walk_item *item,
    struct walk_item *found)
{
	struct walk_item other;
	struct walk w;
	bool has = false;

	if (!walk_into(&w, object, len))
		return false;
	while (walk_next(&w, &other)) {
		if (other.key_len != item->key_len
		    || memcmp(other.key, item->key, item->key_len) != 0)
			continue;
		*found = other;
		has = true;
	}
	return has;
}

void
edit_merge(struct edit *e, const char *old, size_t old_len, const char *more,
    size_t more_len, const char *const *keys, size_t n)
{
	struct walk_item item, found;
	struct walk w;

	if (walk_into(&w, old, old_len))
		while (walk_next(&w, &item)) {
			bool by = !is_one(&item, keys, n)
			    && same_key(more, more_len, &item, &found);

			if (!by)
				found = item;
			add(e, item.key, item.key_len, found.value, found.len);
		}
	if (!walk_into(&w, more, more_len))
		return;
	while (walk_next(&w, &item))
		if (!is_one(&item, keys, n)
		    && !same_key(old, old_len, &item, &found))
			add(e, item.key, item.key_len, item.value, item.len);
}

void
edit_set(struct edit *e, const char *object, size_t len, const char *key,
    const char *value, size_t value_len)
{
	struct walk_item item;
	struct walk w;
	bool there = value == NULL;

	if (walk_into(&w, object, len))
		while (walk_next(&w, &item)) {
			if (!walk_is(&item, key)) {
				add(e, item.key, item.key_len, item.value,
				    item.len);
			} else if (!there) {
				edit_add(e, key, value, value_len);
				there = true;
			}
		}
	if (!there)
		edit_add(e, key, value, value_len);
}
