/* SPDX-License-Identifier: MIT */
/* See answer_rules.h; discord-protocol.md 1.3, 4.2, 6.2. */
#include "supervisor/identify/answer_rules.h"

#include <string.h>

#include "shared/discord/gateway_url.h"

#define RETRY_FIRST_S 1.0
#define RETRY_MAX_S 60.0
#define RETRY_EDGE_S 60.0 /* a block at the edge: never probe in a loop */
#define CONCURRENCY_MAX 100000
#define RESET_MAX_MS (2 * 24 * 3600 * 1000LL) /* Discord's window is a day */

bool
answer_rules_answer_ok(struct discord_ask_answer *a, const char *api)
{
	char why[GATEWAY_URL_WHY_MAX];

	if (a->max_concurrency < 1)
		a->max_concurrency = 1;
	if (a->max_concurrency > CONCURRENCY_MAX)
		a->max_concurrency = CONCURRENCY_MAX;
	if (a->remaining < 0)
		a->remaining = 0;
	if (a->reset_after_ms < 0)
		a->reset_after_ms = 0;
	if (a->reset_after_ms > RESET_MAX_MS)
		a->reset_after_ms = RESET_MAX_MS;
	if (a->shards < 1 || a->shards > ANSWER_RULES_SHARDS_MAX
	    || a->total < 1)
		str_format(a->words, sizeof(a->words),
		    "%lld shards, %lld session starts", (long long)a->shards,
		    (long long)a->total);
	else if (!gateway_url_ok(a->url, api, why))
		str_format(a->words, sizeof(a->words), "its url is refused: %s",
		    why);
	else
		return true;
	return false;
}

uint32_t
answer_rules_count(int64_t configured, int64_t recommended)
{
	int64_t n = configured > 0 ? configured : recommended;

	return n < 0 || n > ANSWER_RULES_SHARDS_MAX ? 0 : (uint32_t)n;
}

/* Either flag bit will do: full or limited access. */
static const struct {
	uint64_t intent, flags;
} privileged[] = {
    {1u << 8, 3u << 12},  /* GUILD_PRESENCES */
    {1u << 1, 3u << 14},  /* GUILD_MEMBERS */
    {1u << 15, 3u << 18}, /* MESSAGE_CONTENT */
};

uint64_t
answer_rules_missing_intents(uint64_t intents, uint64_t flags)
{
	uint64_t missing = 0;

	for (size_t i = 0; i < nitems(privileged); i++)
		if ((intents & privileged[i].intent) != 0
		    && (flags & privileged[i].flags) == 0)
			missing |= privileged[i].intent;
	return missing;
}

double
answer_rules_retry_s(const struct discord_ask_answer *a, uint32_t fails,
    double random)
{
	double top = RETRY_FIRST_S, wait;

	for (uint32_t i = 1; i < fails && top < RETRY_MAX_S; i++)
		top *= 2;
	if (top > RETRY_MAX_S)
		top = RETRY_MAX_S;
	/* Full jitter, but never under half a second: no spinning. */
	wait = random * top;
	if (wait < 0.5)
		wait = 0.5;
	if ((a->status == DISCORD_ASK_FORBIDDEN
		|| (a->status == DISCORD_ASK_LIMITED && a->cloudflare))
	    && a->retry_after_s <= 0 && wait < RETRY_EDGE_S)
		wait = RETRY_EDGE_S + random * 10;
	if (wait < a->retry_after_s)
		wait = a->retry_after_s + random;
	return wait;
}

double
answer_rules_pace_s(struct answer_rules_pace *p, uint64_t now_ms, double random)
{
	struct discord_ask_answer plain = {.status = DISCORD_ASK_OK};

	if (p->over_ms == 0 || now_ms - p->over_ms >= ANSWER_RULES_CALM_MS)
		p->quick = 0;
	if (++p->quick <= ANSWER_RULES_QUICK)
		return 0;
	return answer_rules_retry_s(&plain, p->quick - ANSWER_RULES_QUICK,
	    random);
}

void
answer_rules_words(const struct discord_ask_answer *a, double retry_s,
    char *out, size_t size)
{
	char why[320];

	switch (a->status) {
	case DISCORD_ASK_UNREACHABLE:
		str_format(why, sizeof(why),
		    "Discord's API can't be reached (%s)", a->words);
		break;
	case DISCORD_ASK_FORBIDDEN:
		str_format(why, sizeof(why), "/gateway/bot answered 403%s",
		    a->cloudflare ? ", probably a block of this address at "
				    "Cloudflare and not Discord itself"
				  : "");
		break;
	case DISCORD_ASK_LIMITED:
		str_format(why, sizeof(why), "/gateway/bot is rate limited%s",
		    a->cloudflare ? " at Cloudflare" : "");
		break;
	case DISCORD_ASK_SERVER:
		str_format(why, sizeof(why), "Discord has trouble (HTTP %d)",
		    a->http);
		break;
	default:
		str_format(why, sizeof(why),
		    "/gateway/bot gave an answer that can't be used (HTTP "
		    "%d)%s%s",
		    a->http, a->words[0] ? ": " : "", a->words);
	}
	str_format(out, size,
	    "%s; asking again in %.0f s. Sessions that exist stay up, new ones "
	    "wait.",
	    why, retry_s);
}
