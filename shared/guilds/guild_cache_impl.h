/* SPDX-License-Identifier: MIT */
/*
 * Inside the cache.  A key is guild, kind, id, the numbers big-endian, so that
 * a guild is one run of keys in the order of its composition.  What belongs to
 * no guild has guild 0.
 */
#ifndef SHARED_GUILDS_GUILD_CACHE_IMPL_H
#define SHARED_GUILDS_GUILD_CACHE_IMPL_H

#include "shared/guilds/guild_cache.h"

#include <lmdb.h>
#include <pthread.h>
#include <stdatomic.h>

#define GUILD_CACHE_SCHEMA 2
#define GUILD_CACHE_GROW_WAIT_S 10 /* for views, to enlarge the map */

/* Kinds of guild 0. */
enum {
	GUILD_CACHE_OWN_META = 1,
	GUILD_CACHE_OWN_LIST,  /* id: a guild; one byte, its state */
	GUILD_CACHE_OWN_READY, /* id: a shard; d without what is ours */
	GUILD_CACHE_OWN_PLACE, /* id: a channel or thread; uint64_t, its guild */
};
enum { GUILD_CACHE_AVAILABLE = 1, GUILD_CACHE_UNAVAILABLE = 2 };

struct guild_cache_meta {
	uint32_t schema, reserved;
	uint64_t life, position;
	int64_t written_ms; /* wall clock */
};
_Static_assert(sizeof(struct guild_cache_meta) == 32, "on disk");

/* joined_at of the last one counted, as text: those are all of one form. */
struct guild_cache_count {
	int64_t members;
	char joined[40];
};
_Static_assert(sizeof(struct guild_cache_count) == 48, "on disk");

struct guild_cache {
	char dir[512];
	MDB_env *env;
	MDB_dbi dbi;
	size_t map_size, map_max;
	pthread_rwlock_t lock; /* views read; who moves the map writes */
	enum guild_cache_members members;
	bool presences, damaged;
	bool looks;	   /* no writer */
	_Atomic bool torn; /* a view has met damage */
	uint64_t self;	   /* the bot's user id, of READY; 0: not seen */
	struct buf made;   /* a fragment in the making */
	_Atomic uint64_t applied, bad, skipped;
};

struct guild_cache_view {
	struct guild_cache *cache;
	MDB_txn *txn;
	struct guild_cache_meta meta;
};

/* The transaction of a batch.  The first failure of LMDB ends it. */
struct guild_cache_tx {
	struct guild_cache *cache;
	MDB_txn *txn;
	int rc;
	const struct guild_cache_event *event;
	uint64_t guild;
};

struct guild_cache_list {
	const char *name, *id;
};
/* By kind; name NULL where a kind is no list. */
extern const struct guild_cache_list guild_cache_list[GUILD_CACHE_KINDS];

#define GUILD_CACHE_KEY 17
struct guild_cache_key {
	unsigned char bytes[GUILD_CACHE_KEY];
	MDB_val val;
};
void guild_cache_key_make(struct guild_cache_key *, uint64_t guild,
    unsigned kind, uint64_t id);
/* false: a key that is none of ours. */
bool guild_cache_key_read(const MDB_val *, uint64_t *guild, unsigned *kind,
    uint64_t *id);

/* In words, with what to do; -1. */
int guild_cache_fail(const struct guild_cache *, int rc, const char *doing,
    struct err *);

/* ---- within a batch; false: none, or the batch has failed ----------- */

bool guild_cache_tx_get(struct guild_cache_tx *, uint64_t guild, unsigned kind,
    uint64_t id, MDB_val *);
void guild_cache_tx_put(struct guild_cache_tx *, uint64_t guild, unsigned kind,
    uint64_t id, const void *, size_t);
void guild_cache_tx_drop(struct guild_cache_tx *, uint64_t guild, unsigned kind,
    uint64_t id);
/* Drops all of a kind for which match says so (NULL: all); kind 0: of every
 * kind. */
void guild_cache_tx_drop_all(struct guild_cache_tx *, uint64_t guild,
    unsigned kind, bool (*match)(const MDB_val *, void *), void *);

/* All of a kind; fn must not change any. */
void guild_cache_tx_each(struct guild_cache_tx *, uint64_t guild, unsigned kind,
    void (*fn)(uint64_t id, const MDB_val *, void *), void *);

void guild_cache_tx_apply(struct guild_cache_tx *,
    const struct guild_cache_event *);

/* The object in the making: cleared, and what it became. */
struct edit;
void guild_cache_make(struct guild_cache_tx *, struct edit *);
void guild_cache_made(struct guild_cache_tx *, struct edit *, unsigned kind,
    uint64_t id);

/* The id of an element of a list; 0: none. */
uint64_t guild_cache_element(unsigned kind, const char *value, size_t len);
/* Puts value into its list as it is; false: it has no id. */
bool guild_cache_put(struct guild_cache_tx *, unsigned kind, const char *value,
    size_t len);

/* The same without the guild's id, which the list does not have. */
void guild_cache_put_bare(struct guild_cache_tx *, unsigned kind, uint64_t id,
    const char *value, size_t len);

/* ---- what each dispatch does: false: it is not as Discord's are ----- */

typedef bool guild_cache_fn(struct guild_cache_tx *, const char *d, size_t len);
guild_cache_fn guild_cache_guild_create, guild_cache_guild_update,
    guild_cache_guild_delete, guild_cache_on_ready, guild_cache_user_update;
guild_cache_fn guild_cache_role, guild_cache_role_delete, guild_cache_channel,
    guild_cache_channel_delete, guild_cache_pins, guild_cache_thread,
    guild_cache_thread_delete, guild_cache_thread_sync,
    guild_cache_thread_member, guild_cache_thread_members, guild_cache_emojis,
    guild_cache_stickers, guild_cache_sound, guild_cache_sound_delete,
    guild_cache_sounds, guild_cache_sounds_all, guild_cache_stage,
    guild_cache_stage_delete, guild_cache_scheduled,
    guild_cache_scheduled_delete;
guild_cache_fn guild_cache_member_add, guild_cache_member_update,
    guild_cache_member_remove, guild_cache_members_chunk, guild_cache_presence,
    guild_cache_voice;

/* Puts a thread with what is known of the bot's membership; none that is
 * archived. */
bool guild_cache_put_thread(struct guild_cache_tx *, const char *value,
    size_t len);
/* A member, if it is one that is kept: in_voice says where it is. */
bool guild_cache_put_member(struct guild_cache_tx *, const char *value,
    size_t len, bool in_voice);
bool guild_cache_put_presence(struct guild_cache_tx *, const char *value,
    size_t len);

#endif
