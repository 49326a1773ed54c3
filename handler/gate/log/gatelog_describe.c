/* SPDX-License-Identifier: MIT */
/* What a message says of itself, for the header of its record. */
#include "handler/gate/log/gatelog.h"

#include "shared/discord/dispatch.h"
#include "shared/json/envelope.h"
#include "shared/json/walk.h"

#define S_DIGITS 20 /* of 64 bits */

static bool
is_self(enum dispatch event, const char *d, size_t len, uint64_t self)
{
	struct walk_item user;

	return event == DISPATCH_GUILD_MEMBER_UPDATE && self != 0
	    && walk_find(d, len, "user", &user)
	    && walk_id(user.value, user.len, "id") == self;
}

/* A name, the digits of s, and an object or array, each where a header has
 * room for it. */
static bool
is_dispatch(const struct envelope *e, const char *raw, size_t len)
{
	return e->op == 0 && e->t_len > 0 && e->t_len <= UINT8_MAX && e->has_s
	    && e->s_len <= S_DIGITS && e->d_off > 0
	    && (raw[e->d_off] == '{' || raw[e->d_off] == '[')
	    && len <= UINT32_MAX;
}

bool
gatelog_describe(struct gatelog_record *r, const char *raw, size_t len,
    uint64_t self)
{
	enum dispatch event;
	struct envelope e;

	if (envelope_scan(raw, len, &e) == -1 || !is_dispatch(&e, raw, len))
		return false;
	event = dispatch_of(raw + e.t_off, e.t_len);
	r->len = (uint32_t)len;
	r->event = (uint16_t)event;
	r->t_off = (uint32_t)e.t_off;
	r->t_len = (uint8_t)e.t_len;
	r->s_off = (uint32_t)e.s_off;
	r->s_len = (uint8_t)e.s_len;
	r->d_off = (uint32_t)e.d_off;
	r->seq = e.s;
	r->guild = dispatch_guild(event, raw + e.d_off, len - e.d_off);
	r->flags = is_self(event, raw + e.d_off, len - e.d_off, self)
	    ? GATELOG_SELF
	    : 0;
	return true;
}
