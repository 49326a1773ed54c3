/* SPDX-License-Identifier: MIT */
/*
 * Another token for a fleet that runs: it is read, shown to Discord, and
 * compared with the present one; only then the handler is replaced and the
 * shards go over, as many at a time as may IDENTIFY together.  A session ends
 * with its token, so this costs an IDENTIFY each, which is counted and told
 * first.  A token that is refused, or another bot's, changes nothing.
 */
#ifndef SUPERVISOR_OPERATION_TOKEN_MOVE_H
#define SUPERVISOR_OPERATION_TOKEN_MOVE_H

#include <sys/stat.h>

#include "supervisor/base/report.h"
#include "supervisor/identify/discord_ask.h"
#include "supervisor/identify/token_rules.h"

struct fleet;

#define TOKEN_MOVE_TICK_S 0.25 /* between two looks at those on the way */
#define TOKEN_MOVE_PATIENCE_MS                                                 \
	120000			 /* then a shard no longer holds up others */
#define TOKEN_MOVE_TELL_MS 5000	 /* between two lines of progress */
#define TOKEN_MOVE_ASKS 4	 /* while Discord says 429 */
#define TOKEN_MOVE_ASK_WAIT_S 20 /* of its retry_after: more is refused */
#define TOKEN_MOVE_STALE_KEY "token-stale" /* store blob: rotate.stale */
#define TOKEN_MOVE_BOT_KEY "bot" /* store blob: struct token_rules_bot */

struct token_move_options {
	bool dry;     /* check and tell the cost, nothing else */
	bool force;   /* may go below the reserve */
	bool no_wait; /* answer as soon as the fleet begins to move */
};

enum token_move_state { TOKEN_MOVE_IDLE, TOKEN_MOVE_ASKING, TOKEN_MOVE_MOVING };

struct token_move {
	struct fleet *fleet;
	enum token_move_state state;
	struct discord_ask ask;
	struct timer tick;
	struct token_move_options options;
	unsigned asks; /* of this question, so far */
	char *fresh;   /* secret.h; ASKING: the token in question */
	struct report report;
	uint64_t *since_ms;   /* MOVING: per slot, when it was moved; 0 */
	uint64_t handler_ms;  /* the same of the handler */
	bool handler_plainly; /* it could not be replaced start-first */
	uint64_t told_ms, began_ms;
	struct token_rules_bot
	    bot;	  /* of the token in force; user_id "": unknown */
	struct stat seen; /* of the token file */
	bool differs;	  /* it holds another token than the fleet's */
	uint64_t stale;	  /* identity of what it held when another one
				   was put in force: no news; 0 */
	int last_code;	  /* how the last one ended, err.h */
};

void token_move_init(struct token_move *, struct fleet *);
void token_move_free(struct token_move *);
/*
 * Begins with this token (taken over), or NULL: that of token_file.  0, and
 * the client with the ticket hears the rest; -1: nothing was done.
 */
int token_move_begin(struct token_move *, char *token, uint32_t ticket,
    const struct token_move_options *, struct err *);
/* An ordinary answer has told whose the token in force is. */
void token_move_known(struct token_move *, const struct discord_ask_answer *);
/* Once per look around: was the token file changed? */
void token_move_watch(struct token_move *);
/* Does token_file hold another token than the fleet runs with? */
bool token_move_wanted(struct token_move *);
/* Gives up what is under way; why: a sentence for who waits. */
void token_move_abort(struct token_move *, const char *why);
static inline bool
token_move_busy(const struct token_move *r)
{
	return r->state != TOKEN_MOVE_IDLE;
}

#endif
