/* SPDX-License-Identifier: MIT */
/*
 * What a verb of ctl answers: lines for people or, when --json is its last
 * word, one line for scripts: {"schema":1,"verb":"guilds","rows":[{...}]}.
 * The word is not among a verb's argc words, but stands behind them.
 */
#ifndef TOOLS_SIM_BASE_ANSWER_H
#define TOOLS_SIM_BASE_ANSWER_H

#include "tools/sim/base/sbuf.h"

#include <inttypes.h>

/* Does this one want rows?  argv: of argc words and a last one or NULL. */
static inline bool
answer_rows(int argc, char **argv)
{
	return argv[argc] != NULL;
}

static inline void
answer_begin(struct sbuf *out, const char *verb)
{
	sbuf_fmt(out, "{\"schema\":1,\"verb\":\"%s\",\"rows\":[", verb);
}

/* Before each row, which is an object. */
static inline void
answer_row(struct sbuf *out)
{
	if (out->len > 0 && out->p[out->len - 1] != '[')
		sbuf_str(out, ",");
}

static inline void
answer_end(struct sbuf *out)
{
	sbuf_str(out, "]}\n");
}

/* The whole of an answer that is an id. */
static inline void
answer_id(struct sbuf *out, bool rows, uint64_t id)
{
	if (rows)
		answer_row(out);
	sbuf_fmt(out, rows ? "{\"id\":\"%" PRIu64 "\"}" : "%" PRIu64 "\n", id);
}

#endif
