/* SPDX-License-Identifier: MIT */
/* What the two halves of the rig share: things, and lists of them. */
#ifndef TESTS_UNIT_SHARED_GUILDS_CACHE_RIG_IMPL_H
#define TESTS_UNIT_SHARED_GUILDS_CACHE_RIG_IMPL_H

#include "tests/unit/shared/guilds/cache_rig.h"

enum {
	ROLE = 100,
	CHANNEL = 200,
	THREAD = 300,
	USER = CACHE_RIG_SELF,
	EMOJI = 500,
	STICKER = 600,
	SOUND = 700,
	STAGE = 800,
	EVENT = 900
};

#define pick cache_rig_pick

/* Random ones; new, the caller's. */
void rig_put_id(json_object *o, const char *key, uint64_t id);
void rig_strange(struct cache_rig *r, json_object *o);
uint64_t rig_user(struct cache_rig *r);
json_object *rig_thing(struct cache_rig *r, uint64_t id);
json_object *rig_member(struct cache_rig *r, uint64_t id);
json_object *rig_thread(struct cache_rig *r, uint64_t id, bool may_end);
json_object *rig_voice(struct cache_rig *r, uint64_t id);
json_object *rig_presence(struct cache_rig *r, uint64_t id);
json_object *rig_element(struct cache_rig *r, const char *list, uint64_t n);
json_object *rig_array(struct cache_rig *r, const char *list, unsigned size);
uint64_t rig_id_of(json_object *o, const char *key);
const char *rig_key_of(const char *list);
json_object *rig_copy(json_object *o);
json_object *rig_list_of(json_object *g, const char *list);
json_object *rig_find(json_object *g, const char *list, uint64_t id,
    size_t *at);
void rig_take_out(json_object *g, const char *list, uint64_t id);
void rig_upsert(json_object *g, const char *list, json_object *o);
void rig_merge(json_object *to, json_object *from, const char *without);
void rig_keep_member(struct cache_rig *r, json_object *g, json_object *m);
void rig_keep_presence(struct cache_rig *r, json_object *g, json_object *p);
void rig_keep_thread(json_object *g, json_object *thread_);
void rig_set_membership(json_object *g, uint64_t id, json_object *m);
json_object *rig_parse(const char *text);

#endif
