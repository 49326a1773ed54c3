/* SPDX-License-Identifier: MIT */
/* What a message says of itself, for the header of its record. */
#include "handler/gate/log/gatelog.h"

#include "shared/discord/dispatch.h"
#include "shared/json/envelope.h"
#include "shared/json/json.h"
#include "shared/json/walk.h"

static bool
is_self(enum dispatch event, const struct walk_item *d, uint64_t self)
{
	struct walk_item user;

	return event == DISPATCH_GUILD_MEMBER_UPDATE && self != 0
	    && walk_find(d->value, d->len, "user", &user)
	    && walk_id(user.value, user.len, "id") == self;
}

/* Notes where a member of the message is, if it is one we ask for. */
static void
place(struct gatelog_record *r, const char *raw, const struct walk_item *item,
    struct walk_item *d)
{
	uint32_t off = (uint32_t)(item->value - raw);
	bool text = item->value[0] == '"' && item->len > 2;

	if (walk_is(item, "t")) {
		r->t_off = off + 1;
		r->t_len = text && item->len - 2 <= UINT8_MAX
		    ? (uint8_t)(item->len - 2)
		    : 0;
	} else if (walk_is(item, "s")) {
		r->s_off = off;
		r->s_len = item->len <= 20 ? (uint8_t)item->len : 0;
		r->seq = envelope_id(item->value, item->len);
		if (text)
			r->s_len = 0;
	} else if (walk_is(item, "d")) {
		r->d_off = off;
		*d = *item;
	}
}

bool
gatelog_describe(struct gatelog_record *r, const char *raw, size_t len,
    uint64_t self)
{
	struct walk_item item, d = {0};
	struct walk w;

	r->t_len = r->s_len = 0;
	r->d_off = 0;
	if (len > UINT32_MAX
	    || !walk_document(&w, raw, len, JSON_DEPTH_MAX + JSON_WRAP_MAX)
	    || raw[0] != '{')
		return false;
	while (walk_next(&w, &item))
		place(r, raw, &item, &d);
	if (r->t_len == 0 || r->s_len == 0 || d.len == 0
	    || (d.value[0] != '{' && d.value[0] != '['))
		return false;
	r->len = (uint32_t)len;
	r->event = (uint16_t)dispatch_of(raw + r->t_off, r->t_len);
	r->guild = dispatch_guild((enum dispatch)r->event, d.value, d.len);
	r->flags = is_self((enum dispatch)r->event, &d, self) ? GATELOG_SELF
							      : 0;
	return true;
}
