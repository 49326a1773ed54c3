/* SPDX-License-Identifier: MIT */
/* Which guild; see guild_id.h. */
#include "handler/intake/guild_id.h"

#include "shared/json/envelope.h"

#include <string.h>

/* Of these, d is the guild itself (discord-protocol.md section 2). */
static bool
is_guild_event(const char *name, size_t len)
{
	static const char *const own[] = {"GUILD_CREATE", "GUILD_UPDATE",
	    "GUILD_DELETE"};

	for (size_t i = 0; i < nitems(own); i++)
		if (strlen(own[i]) == len && memcmp(own[i], name, len) == 0)
			return true;
	return false;
}

uint64_t
guild_id_of(const char *raw, size_t len, const char *name, size_t name_len)
{
	const char *key = is_guild_event(name, name_len) ? "id" : "guild_id";
	size_t d, d_len, at, n;

	if (envelope_find(raw, len, "d", &d, &d_len) < 0
	    || envelope_find(raw + d, d_len, key, &at, &n) < 0)
		return 0;
	return envelope_id(raw + d + at, n);
}
