/* SPDX-License-Identifier: MIT */
/* See hold.h. */
#include "supervisor/identify/hold.h"

#include <string.h>

#include "shared/base/clock.h"
#include "shared/base/secret.h"
#include "shared/base/text.h"
#include "shared/base/version.h"
#include "supervisor/base/fleet_state.h"
#include "supervisor/identify/token_rules.h"
#include "supervisor/child/member.h"
#include "supervisor/identify/discord_ask.h"
#include "supervisor/identify/discord_info.h"
#include "supervisor/identify/permit.h"

#define KEPT_KEY "hold" /* store blob: struct kept */

/* What must be the same for a hold to be met again by the next start. */
struct kept {
	uint32_t code, shard_count;
	uint64_t identity, intents;
	char version[64];
	char text[PERMIT_WORDS];
};

/* Causes that a question to the API can show to be gone. */
static bool
askable(uint32_t code)
{
	return code == 401 || code == 4004 || code == 4014;
}

void
hold_init(struct hold *h, struct fleet *f)
{
	memset(h, 0, sizeof(*h));
	h->fleet = f;
}

static void
keep(const struct hold *h)
{
	struct fleet *f = h->fleet;
	struct kept k = {.code = h->code,
	    .shard_count = f->count,
	    .identity = f->identity,
	    .intents = f->config->intents};

	str_copy(k.version, SHARDHERD_VERSION, sizeof(k.version));
	str_copy(k.text, h->text, sizeof(k.text));
	store_writes_blob(&f->writes, KEPT_KEY, &k, sizeof(k));
}

static void
tell(struct hold *h)
{
	struct fleet *f = h->fleet;

	permit_release(f->permit); /* a hold keeps its first sentence */
	permit_hold(f->permit, h->text);
	status_notes_say(&f->notes, NOTE_FATAL, h->text);
}

void
hold_restore(struct hold *h)
{
	struct fleet *f = h->fleet;
	struct kept k;
	size_t len;

	if (store_blob_get(&f->store, KEPT_KEY, &k, sizeof(k), &len, NULL) != 1
	    || len != sizeof(k) || k.code == 0 || askable(k.code))
		return;
	k.version[sizeof(k.version) - 1] = k.text[sizeof(k.text) - 1] = '\0';
	if (k.identity != f->identity || k.intents != f->config->intents
	    || k.shard_count != f->count
	    || strcmp(k.version, SHARDHERD_VERSION) != 0)
		return;
	h->code = k.code;
	h->since_ms = clock_boot_ms();
	str_copy(h->text, k.text, sizeof(h->text));
	log_error("Still on hold, as nothing was changed: %s", h->text);
	tell(h);
}

/* Only a new token helps, and there is one road for it. */
static void
token_words(struct hold *h, uint32_t shard)
{
	char road[PERMIT_WORDS], who[32] = "";

	token_rules_road(h->fleet->config, road, sizeof(road));
	if (shard != HOLD_NO_SHARD)
		str_format(who, sizeof(who), "shard %u: ", shard);
	text_format(h->text, sizeof(h->text),
	    "On hold: %sDiscord refuses the token (%u): it is wrong or was "
	    "reset. %s.",
	    who, h->code, road);
}

void
hold_set(struct hold *h, uint32_t code, uint32_t shard, const char *text)
{
	if (h->code != 0) {
		if (h->code != code)
			log_warn("On hold already, and now: %s", text);
		return;
	}
	h->code = code;
	h->since_ms = clock_boot_ms();
	if (hold_of_token(h))
		token_words(h, shard);
	else if (shard == HOLD_NO_SHARD)
		str_format(h->text, sizeof(h->text), "On hold: %s", text);
	else
		str_format(h->text, sizeof(h->text),
		    "On hold: shard %u: %s. \"shardherd release\" lets go.",
		    shard, TEXT_OF(text, 180));
	status_notes_past(&h->fleet->page, -1, "%s", h->text);
	log_error("%s No shard may IDENTIFY; live sessions go on.", h->text);
	tell(h);
	keep(h);
	if (code == 4014) /* which of them? */
		discord_info_want(h->fleet->discord_info,
		    DISCORD_ASK_EVERYTHING);
}

/* ---- letting go ----------------------------------------------------- */

static void
let_go(struct hold *h)
{
	struct fleet *f = h->fleet;

	status_notes_past(&f->page, -1, "the hold is released");
	log_notice("The hold is released: shards may IDENTIFY again.");
	h->code = 0;
	h->checking = false;
	h->checks++;
	keep(h);
	permit_release(f->permit);
	status_notes_say(&f->notes, NOTE_FATAL, "");
	for (uint32_t i = 0; i < f->launched; i++)
		if (f->shard[i].state == MEMBER_FAILED)
			member_event(&f->shard[i], MEMBER_ON_RESTART);
}

static void
stay(struct hold *h)
{
	h->checks++;
	h->checking = false;
	log_warn("Not released: %s", h->text);
	tell(h);
}

static int
check_token(const struct fleet *f, struct err *e)
{
	char *token = config_read_token(f->config->token_file, e);
	bool same;

	if (token == NULL)
		return -1;
	same = strcmp(token, f->token) == 0;
	secret_free(token);
	return same
	    ? 0
	    : err_set(e, EXIT_TRY_LATER,
		"token_file holds another token than the one this fleet runs "
		"with: \"shardherd token reload\" moves it over.");
}

int
hold_release(struct hold *h, struct err *e)
{
	struct fleet *f = h->fleet;

	if (h->code == 0)
		return err_set(e, EXIT_DEGRADED, "the fleet is not on hold");
	if (check_token(f, e) == -1)
		return -1;
	if (!askable(h->code)) {
		let_go(h);
		return 0;
	}
	h->checking = true;
	discord_info_allow(f->discord_info);
	discord_info_want(f->discord_info, DISCORD_ASK_EVERYTHING);
	return 0;
}

void
hold_answered(struct hold *h, const char *missing)
{
	if (h->code == 4014 && missing[0] != '\0') {
		str_format(h->text, sizeof(h->text),
		    "On hold: [bot] intents asks for %.90s, not enabled for "
		    "the application. Enable it in the developer portal, then "
		    "\"shardherd release\".",
		    missing);
		if (h->checking)
			stay(h);
		else
			tell(h);
		return;
	}
	if (h->checking)
		let_go(h);
}

bool
hold_of_token(const struct hold *h)
{
	return h->code == 401 || h->code == 4004;
}

void
hold_new_token(struct hold *h)
{
	if (hold_of_token(h))
		let_go(h);
}

void
hold_refused(struct hold *h)
{
	if (h->checking)
		stay(h);
}
