/* SPDX-License-Identifier: MIT */
/* See event_line.h. */
#include "tools/cli/events/event_line.h"

#include "shared/base/text.h"
#include "shared/discord/dispatch.h"
#include "shared/json/envelope.h"
#include "shared/json/json.h"
#include "shared/json/walk.h"
#include "tools/cli/base/human.h"

#include <string.h>

struct span {
	const char *p; /* NULL: there is none */
	size_t len;
};

static struct span
member(struct span o, const char *key)
{
	struct walk_item i;

	if (o.p == NULL || !walk_find(o.p, o.len, key, &i))
		return (struct span) {0};
	return (struct span) {i.value, i.len};
}

/* A text, or a number; what else it is stays out. */
static bool
take(char *out, size_t size, struct span v)
{
	struct json_object *s;

	if (v.p == NULL || v.len == 0)
		return false;
	if (v.p[0] != '"') {
		if (strchr("-0123456789", v.p[0]) != NULL)
			text_clean(out, size, v.p, v.len);
		return out[0] != '\0';
	}
	if ((s = json_parse_as(v.p, v.len, json_type_string)) != NULL)
		text_clean(out, size, json_object_get_string(s),
		    (size_t)json_object_get_string_len(s));
	json_object_put(s);
	return out[0] != '\0';
}

/* Who did it: told whole, in a member, or by the id alone. */
static void
take_user(struct event_line *e, struct span d)
{
	struct span u = member(d, "author");

	if (u.p == NULL)
		u = member(d, "user");
	if (u.p == NULL)
		u = member(member(d, "member"), "user");
	take(e->user, sizeof(e->user), member(u, "username"));
	if (!take(e->user_id, sizeof(e->user_id), member(u, "id")))
		take(e->user_id, sizeof(e->user_id), member(d, "user_id"));
}

/* What was said, else what it is about. */
static void
take_words(struct event_line *e, struct span d)
{
	char *out = e->words;
	size_t size = sizeof(e->words);

	if (take(out, size, member(d, "content"))
	    || take(out, size, member(member(d, "emoji"), "name"))
	    || take(out, size, member(member(d, "data"), "name"))
	    || take(out, size, member(member(d, "data"), "custom_id"))
	    || take(out, size, member(member(d, "role"), "name")))
		return;
	take(out, size, member(d, "name"));
}

static bool
begins(const char *name, const char *with)
{
	return strncmp(name, with, strlen(with)) == 0;
}

/* Of these d is the channel itself. */
static bool
is_channel(const char *name)
{
	return strcmp(name, "CHANNEL_CREATE") == 0
	    || strcmp(name, "CHANNEL_UPDATE") == 0
	    || strcmp(name, "CHANNEL_DELETE") == 0
	    || strcmp(name, "THREAD_CREATE") == 0
	    || strcmp(name, "THREAD_UPDATE") == 0
	    || strcmp(name, "THREAD_DELETE") == 0;
}

void
event_line_read(struct event_line *e, const struct live_hdr *h, const char *raw)
{
	size_t at, len;
	struct span d = {0};
	enum dispatch which;

	*e = (struct event_line) {.shard = h->shard,
	    .seq = h->seq,
	    .time_ms = (int64_t)h->recv_ms};
	if (h->t_off <= h->len && h->t_len <= h->len - h->t_off)
		text_clean(e->name, sizeof(e->name), raw + h->t_off, h->t_len);
	if (envelope_find(raw, h->len, "d", &at, &len) == 0)
		d = (struct span) {raw + at, len};
	which = dispatch_of(e->name, strlen(e->name));
	take(e->guild, sizeof(e->guild),
	    member(d,
		which != DISPATCH_UNKNOWN
			&& dispatch_row[which].where == DISPATCH_WHERE_ID
		    ? "id"
		    : "guild_id"));
	take(e->channel, sizeof(e->channel),
	    member(d, is_channel(e->name) ? "id" : "channel_id"));
	if (!begins(e->name, "GUILD_CREATE") && !begins(e->name, "READY"))
		take_user(e, d);
	take_words(e, d);
}

static void
add(char *out, size_t size, const char *what, const char *is)
{
	size_t n = strlen(out);

	if (is[0] != '\0')
		str_format(out + n, size - n, "  %s%s", what, is);
}

void
event_line_text(const struct event_line *e, char *out, size_t size)
{
	char when[32];
	size_t n;

	str_format(out, size, "%s  shard %u: %s", human_when(e->time_ms, when),
	    e->shard, e->name[0] != '\0' ? e->name : "an event without a name");
	add(out, size, "guild ", e->guild);
	add(out, size, "channel ", e->channel);
	if (e->user[0] != '\0')
		add(out, size, "", e->user);
	else
		add(out, size, "user ", e->user_id);
	n = strlen(out);
	if (e->words[0] != '\0')
		str_format(out + n, size - n, "%s%s",
		    e->user[0] != '\0' || e->user_id[0] != '\0' ? ": " : "  ",
		    e->words);
}

static void
put(struct json_object *o, const char *key, const char *text)
{
	json_object_object_add(o, key,
	    text[0] != '\0' ? json_object_new_string(text) : NULL);
}

struct json_object *
event_line_json(const struct event_line *e)
{
	struct json_object *o = json_object_new_object();

	json_put_int(o, "time_ms", e->time_ms);
	json_put_int(o, "shard", e->shard);
	put(o, "event", e->name);
	json_put_int(o, "seq", (int64_t)e->seq);
	put(o, "guild", e->guild);
	put(o, "channel", e->channel);
	put(o, "user_id", e->user_id);
	put(o, "user", e->user);
	put(o, "text", e->words);
	return o;
}
