/* SPDX-License-Identifier: MIT */
/* What another token costs, and whose it may be: pure decisions of token_move.h. */
#include "supervisor/operation/token_move.h"

#include "shared/config/config.h"

#include <string.h>

bool
token_move_is_news(uint64_t file, uint64_t in_force, uint64_t stale)
{
	return file != in_force && file != stale;
}

double
token_move_seconds(const struct token_move_cost *c)
{
	uint32_t keys = c->keys > 0 ? c->keys : 1;

	return (double)((c->shards + keys - 1) / keys) * c->interval_s;
}

int
token_move_price(const struct token_move_cost *c, char *out, size_t size,
    struct err *e)
{
	int64_t after = c->remaining - (int64_t)c->shards;
	long long reset_min = (long long)(c->reset_ms + 59999) / 60000;

	if (after < 0)
		return err_set(e, EXIT_TRY_LATER, "The fleet needs %u "
		    "IDENTIFYs for another token, and %lld are left; in %lld "
		    "min there are %lld again. Nothing was changed.",
		    c->shards, (long long)c->remaining, reset_min,
		    (long long)c->total);
	if (after < c->reserve && !c->force)
		return err_set(e, EXIT_TRY_LATER, "The fleet needs %u "
		    "IDENTIFYs for another token, which would leave %lld of "
		    "the reserve of %lld. Nothing was changed; --force spends "
		    "the reserve.", c->shards, (long long)after,
		    (long long)c->reserve);
	str_format(out, size, "A session ends with its token: %u IDENTIFY%s "
	    "of the %lld left (then %lld, the reserve is %lld), about %.0f s "
	    "at %u at a time.", c->shards, c->shards == 1 ? "" : "s",
	    (long long)c->remaining, (long long)after, (long long)c->reserve,
	    token_move_seconds(c), c->keys > 0 ? c->keys : 1);
	return 0;
}

bool
token_move_same_bot(const struct token_move_bot *b, const struct discord_ask_answer *w)
{
	if (b->app_id[0] != '\0' && w->app_id[0] != '\0')
		return strcmp(b->app_id, w->app_id) == 0;
	return strcmp(b->user_id, w->user_id) == 0;
}
