/* SPDX-License-Identifier: MIT */
/* Texts by key for a while; see cache.h. */
#include "handler/storage/cache.h"

#include "shared/base/clock.h"

#include <string.h>

static struct cache_slot *
slot_of(struct cache *c, const char *key)
{
	return &c->slot[base_hash64(key, strlen(key)) % CACHE_SLOTS];
}

static void
slot_clear(struct cache_slot *s)
{
	free(s->key);
	free(s->text);
	*s = (struct cache_slot) {.key = NULL};
}

const char *
cache_get(struct cache *c, const char *key)
{
	struct cache_slot *s = slot_of(c, key);

	if (s->key == NULL || strcmp(s->key, key) != 0
	    || clock_boot_ms() >= s->until_ms)
		return NULL;
	return s->text;
}

void
cache_put(struct cache *c, const char *key, const char *text, size_t len,
    uint64_t for_ms)
{
	struct cache_slot *s = slot_of(c, key);

	slot_clear(s);
	if (len > CACHE_TEXT_MAX)
		return;
	s->key = base_strdup(key);
	s->text = base_alloc(len + 1);
	memcpy(s->text, text, len);
	s->until_ms = clock_boot_ms() + for_ms;
}

void
cache_free(struct cache *c)
{
	for (size_t i = 0; i < nitems(c->slot); i++)
		slot_clear(&c->slot[i]);
}
