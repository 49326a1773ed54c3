/* SPDX-License-Identifier: MIT */
/* The table of dispatches; see dispatch.h. */
#include "shared/discord/dispatch.h"

#include "shared/json/walk.h"

#include <pthread.h>
#include <string.h>

#define SLOTS 256 /* a power of two, and mostly empty */

#define X(number, text, in_guild, in_dm, place, whom, later)                   \
	[number] = {.name = #text,                                             \
	    .guild = (in_guild),                                               \
	    .dm = (in_dm),                                                     \
	    .where = DISPATCH_WHERE_##place,                                   \
	    .to = DISPATCH_TO_##whom,                                          \
	    .catch_up = DISPATCH_CATCH_UP_##later},
const struct dispatch_row dispatch_row[DISPATCH_ALL] = {
    [DISPATCH_UNKNOWN] = {.name = "",
	.where = DISPATCH_WHERE_GUILD_ID,
	.catch_up = DISPATCH_CATCH_UP_NO},
    DISPATCHES(X)};
#undef X

_Static_assert(DISPATCH_ALL <= 128, "half of the slots stay empty");

static uint8_t slot[SLOTS], length[DISPATCH_ALL];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
fill(void)
{
	for (unsigned i = 1; i < DISPATCH_ALL; i++) {
		const char *name = dispatch_row[i].name;
		uint64_t at = base_hash64(name, strlen(name));

		while (slot[at % SLOTS] != 0)
			at++;
		slot[at % SLOTS] = (uint8_t)i;
		length[i] = (uint8_t)strlen(name);
	}
}

enum dispatch
dispatch_of(const char *name, size_t len)
{
	uint8_t i;

	pthread_once(&once, fill);
	for (uint64_t at = base_hash64(name, len); (i = slot[at % SLOTS]) != 0;
	     at++)
		if (length[i] == len
		    && memcmp(dispatch_row[i].name, name, len) == 0)
			return (enum dispatch)i;
	return DISPATCH_UNKNOWN;
}

bool
dispatch_wanted(enum dispatch what, uint64_t intents, bool dm)
{
	const struct dispatch_row *row = &dispatch_row[what];
	uint32_t need = dm && row->dm != 0 ? row->dm : row->guild;

	return need == 0 || (intents & need) != 0;
}

uint64_t
dispatch_guild(enum dispatch what, const char *d, size_t len)
{
	switch (dispatch_row[what].where) {
	case DISPATCH_WHERE_NONE:
		return 0;
	case DISPATCH_WHERE_GUILD_ID:
		return walk_id(d, len, "guild_id");
	case DISPATCH_WHERE_ID:
		return walk_id(d, len, "id");
	}
	bug("a dispatch whose guild is nowhere");
}
