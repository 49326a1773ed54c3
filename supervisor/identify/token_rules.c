/* SPDX-License-Identifier: MIT */
/* See token_rules.h. */
#include "supervisor/identify/token_rules.h"

#include "shared/config/config.h"

#include <string.h>

void
token_rules_road(const struct config *c, char *out, size_t size)
{
	if (config_token_is_copy(c))
		str_format(out, size,
		    "Put the new one into the file that LoadCredential= of the "
		    "unit names, then, as root: shardherd token reload");
	else
		str_format(out, size,
		    "Put the new one into token_file (%.80s), then: shardherd "
		    "token reload",
		    c->token_file);
}

double
token_rules_seconds(const struct token_rules_cost *c)
{
	uint32_t keys = c->keys > 0 ? c->keys : 1;

	return (double)((c->shards + keys - 1) / keys) * c->interval_s;
}

int
token_rules_price(const struct token_rules_cost *c, char *out, size_t size,
    struct err *e)
{
	int64_t after = c->remaining - (int64_t)c->shards;
	long long reset_min = (long long)(c->reset_ms + 59999) / 60000;

	if (after < 0)
		return err_set(e, EXIT_TRY_LATER,
		    "The fleet needs %u IDENTIFYs for another token, and %lld "
		    "are left; in %lld min there are %lld again. Nothing was "
		    "changed.",
		    c->shards, (long long)c->remaining, reset_min,
		    (long long)c->total);
	if (after < c->reserve && !c->force)
		return err_set(e, EXIT_TRY_LATER,
		    "The fleet needs %u IDENTIFYs for another token, which "
		    "would leave %lld of the reserve of %lld. Nothing was "
		    "changed; --force spends the reserve.",
		    c->shards, (long long)after, (long long)c->reserve);
	str_format(out, size,
	    "A session ends with its token: %u IDENTIFY%s of the %lld left "
	    "(then %lld, the reserve is %lld), about %.0f s at %u at a time.",
	    c->shards, c->shards == 1 ? "" : "s", (long long)c->remaining,
	    (long long)after, (long long)c->reserve, token_rules_seconds(c),
	    c->keys > 0 ? c->keys : 1);
	return 0;
}

bool
token_rules_same_bot(const struct token_rules_bot *b,
    const struct discord_ask_answer *w)
{
	if (b->app_id[0] != '\0' && w->app_id[0] != '\0')
		return strcmp(b->app_id, w->app_id) == 0;
	return strcmp(b->user_id, w->user_id) == 0;
}
