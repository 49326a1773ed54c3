/* SPDX-License-Identifier: MIT */
/*
 * This room: the cache of the gate, which writes it, and for who looks into it:
 * what a READY and a GUILD_CREATE of now are composed of.
 *
 * Fragments of raw JSON by (guild, kind, id) in an LMDB environment of its own,
 * as Discord sent them: unknown fields stay, nothing is decoded and printed
 * again.  What is lost here is got again by one IDENTIFY, so damage is told and
 * the environment begun empty; it never touches anything else.
 *
 * Each batch of events is one transaction, with the position of the log it
 * reaches to: a restart goes on there, and nothing is counted twice.
 *
 * One thread applies, and may wait for the disk there.  Any other may hold
 * views; it waits only for a map that is being enlarged, a few system calls.
 */
#ifndef SHARED_GUILDS_GUILD_CACHE_H
#define SHARED_GUILDS_GUILD_CACHE_H

#include "shared/base/buf.h"
#include "shared/base/err.h"
#include "shared/discord/dispatch.h"

/*
 * What a guild consists of: number on disk, name, key of the list in
 * GUILD_CREATE, key of an element's id (in its user: "user").
 */
#define GUILD_CACHE_LISTS(X)                                                   \
	X(3, ROLE, "roles", "id")                                              \
	X(4, CHANNEL, "channels", "id")                                        \
	X(5, THREAD, "threads", "id")                                          \
	X(6, MEMBER, "members", "user")                                        \
	X(7, EMOJI, "emojis", "id")                                            \
	X(8, STICKER, "stickers", "id")                                        \
	X(9, SOUND, "soundboard_sounds", "sound_id")                           \
	X(10, VOICE, "voice_states", "user_id")                                \
	X(11, STAGE, "stage_instances", "id")                                  \
	X(12, EVENT, "guild_scheduled_events", "id")                           \
	X(13, PRESENCE, "presences", "user")

enum guild_cache_kind {
	GUILD_CACHE_CORE = 1, /* the guild without lists and member_count */
	GUILD_CACHE_COUNT = 2,
#define X(number, name, list, id) GUILD_CACHE_##name = number,
	GUILD_CACHE_LISTS(X)
#undef X
	    GUILD_CACHE_KINDS
};

/* Whose member objects are kept: the bot's own, those in voice channels too,
 * all that events show, those of asked-for lists as well. */
enum guild_cache_members {
	GUILD_CACHE_SELF,
	GUILD_CACHE_IN_VOICE,
	GUILD_CACHE_SEEN,
	GUILD_CACHE_ALL,
};

struct guild_cache_settings {
	const char *dir; /* made if need be */
	enum guild_cache_members members;
	bool presences;
	size_t map_size; /* address space to begin with, and at most */
	size_t map_max;
	bool looks; /* another process writes; nothing is made or wiped */
};

struct guild_cache;

/* What was there at the start. */
struct guild_cache_found {
	bool fresh;   /* nothing, or nothing that can be used */
	bool damaged; /* ... and why says what, a sentence for people */
	char why[800];
	uint64_t life, position; /* as the last batch had them; 0: none */
	int64_t written_ms;	 /* its wall clock; 0: none */
};

/*
 * Opens or makes it; reads all of it once to see whether it is whole.  NULL
 * with err when there is no place for it at all.  Wipes what is damaged.  Who
 * looks gets NULL for what is damaged (found says so) or not there, ends its
 * views soon, as they keep the file from being used again, and never closes it.
 */
struct guild_cache *guild_cache_open(const struct guild_cache_settings *,
    struct guild_cache_found *, struct err *);
/* No view is open. */
void guild_cache_close(struct guild_cache *);

/* Does this dispatch change it? */
bool guild_cache_wants(enum dispatch);

struct guild_cache_event {
	enum dispatch what;
	uint32_t shard, shard_count; /* READY: who it is for */
	int64_t received_ms;	     /* wall clock */
	const char *d;		     /* JSON that was checked, borrowed */
	size_t len;
};

/*
 * Applies n events, in order, and the position behind them in the log of that
 * life; all or, -1 with err, nothing: the disk is full, or it is damaged
 * (guild_cache_damaged).  What of an event cannot be used is left out and
 * counted.
 */
int guild_cache_apply(struct guild_cache *, const struct guild_cache_event *,
    size_t n, uint64_t life, uint64_t position, struct err *);
/* After a -1: is it beyond repair?  Then guild_cache_reset begins anew, empty;
 * no view may be open for long. */
bool guild_cache_damaged(const struct guild_cache *);
int guild_cache_reset(struct guild_cache *, struct err *);

struct guild_cache_stat {
	uint64_t applied, bad, skipped; /* events; skipped: guild not known */
	uint64_t fragments, bytes, map_size;
};
int guild_cache_stat(struct guild_cache *, struct guild_cache_stat *,
    struct err *);

/* ---- looking: one moment of it, as long as the view is open --------- */

struct guild_cache_view;
struct guild_cache_view *guild_cache_view(struct guild_cache *, struct err *);
void guild_cache_view_end(struct guild_cache_view *);
/* What it shows: up to this position of the log of that life. */
void guild_cache_position(const struct guild_cache_view *, uint64_t *life,
    uint64_t *position);

/*
 * All guilds g with (g >> 22) % count == shard, by id; fn returns false to end.
 * available: there is a GUILD_CREATE for it.
 */
int guild_cache_each(const struct guild_cache_view *, uint32_t shard,
    uint32_t count, bool (*fn)(uint64_t guild, bool available, void *), void *,
    struct err *);
/* Appends d of its GUILD_CREATE: 1; 0 it is not known or not available; -1. */
int guild_cache_guild(const struct guild_cache_view *, uint64_t guild,
    struct buf *out, struct err *);
/* A fragment, or the core with id 0; the bytes are good while the view is. */
int guild_cache_get(const struct guild_cache_view *, uint64_t guild,
    enum guild_cache_kind, uint64_t id, const char **value, size_t *len,
    struct err *);

/* The guild a channel or thread is in: 1, 0 it is not known, -1. */
int guild_cache_place(const struct guild_cache_view *, uint64_t channel,
    uint64_t *guild, struct err *);

/* No READY was seen: what is not in it may be there all the same. */
bool guild_cache_cold(const struct guild_cache_view *);

/* What there is of each kind; looks at all of it. */
struct guild_cache_tally {
	uint64_t guilds, available, readies;
	uint64_t n[GUILD_CACHE_KINDS], bytes[GUILD_CACHE_KINDS];
};
int guild_cache_tally(const struct guild_cache_view *,
    struct guild_cache_tally *, struct err *);
/* "core", "roles"...; NULL: no such kind. */
const char *guild_cache_kind_name(unsigned kind);
/* Appends what there is of a kind, an array, or the core: 1; 0 the guild is not
 * known or not available; -1. */
int guild_cache_part(const struct guild_cache_view *, uint64_t guild,
    enum guild_cache_kind, struct buf *out, struct err *);
/* Was a READY of that shard of upstream seen?  1, 0, -1. */
int guild_cache_has_ready(const struct guild_cache_view *, uint32_t shard,
    struct err *);

struct guild_cache_ready {
	const char *session_id, *resume_url;
	uint32_t shard, shard_count;		  /* the client's */
	bool (*shows)(uint64_t guild, void *arg); /* NULL: every guild */
	void *arg;
};
/* Appends d of a READY: Discord's with these in place of its own: 1; 0 when no
 * READY was seen yet; -1. */
int guild_cache_ready(const struct guild_cache_view *,
    const struct guild_cache_ready *, struct buf *out, struct err *);

#endif
