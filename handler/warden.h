/* SPDX-License-Identifier: MIT */
/*
 * Stands between the events and the plugins' commands: who declares the
 * command gets it, whatever it subscribes to, and gets it only from users of
 * the rank it needs.  Denials, wrong usage and help are answered here, so many
 * per user, so that nobody can make the bot flood.  A command is judged when
 * its event comes and again when it is handed out: what is kept of it in
 * between, in memory or on disk, is the event alone.
 */
#ifndef HANDLER_WARDEN_H
#define HANDLER_WARDEN_H

#include "handler/call.h"
#include "handler/rest/rest.h"
#include "handler/intake/subscriptions.h"
#include "handler/intake/in_flight.h"
#include "shared/store/kv.h"
#include "shared/store/store.h"

#define WARDEN_USERS 256	 /* remembered for the limit */
#define WARDEN_ANSWERS 3	 /* to one user within ... */
#define WARDEN_USER_MS 10000u
#define WARDEN_ALL 20		 /* to all users within a second */
#define WARDEN_DENIED 64	 /* denials remembered: told once */
#define WARDEN_BOT_MS 1000u	 /* between two looks for the bot's id */
#define WARDEN_ASK_MS 60000u	 /* between two questions for it */

struct warden_user {
	uint64_t id, since_ms;
	unsigned answers;
};

struct warden_denial {
	uint64_t session, seq;
};

struct warden {
	const struct roster *roster;
	struct subscriptions *route;
	struct rest *rest;
	struct kv *kv;
	const struct config *config;
	const struct store *store;
	struct call_ways ways;
	uint64_t looked_ms, asked_ms;
	struct warden_user user[WARDEN_USERS];
	struct warden_denial denial[WARDEN_DENIED];
	uint64_t second_ms;
	unsigned answers; /* in this second */
	uint64_t calls, denied, silent;
};

/* What it looks at is filled in by the caller. */
void warden_init(struct warden *);
/* Which plugins get a new event that `wanted` subscribe to. */
uint64_t warden_judge(struct warden *, uint32_t shard, const struct up_hdr *,
    const char *payload, uint64_t wanted);
/*
 * Before this plugin is handed the event: *out is what it is told of the
 * command, which the caller puts, or NULL.  false: it may not have it.
 */
bool warden_hand_out(struct warden *, unsigned plugin, const struct event *,
    struct json_object **out);
/* May this user be answered now?  Counts it. */
bool warden_may_answer(struct warden *, uint64_t user);

#endif
