/* SPDX-License-Identifier: MIT */
/* Commands in events; see invocation.h. */
#include "handler/command/invocation.h"

#include "shared/base/buf.h"
#include "handler/process/rpc_read.h"
#include "shared/json/envelope.h"
#include "shared/json/json.h"

#include <ctype.h>
#include <string.h>

#define BLANKS " \t\r\n"
#define HEAD_MAX 256 /* bytes of a message that are looked at first */

enum { INTERACTION_COMMAND = 2, MESSAGE_PLAIN = 0, MESSAGE_REPLY = 19 };

enum road
invocation_road(const char *name, size_t len)
{
	static const char *const event[ROADS] = {
	    [ROAD_SLASH] = "INTERACTION_CREATE",
	    [ROAD_PREFIX] = "MESSAGE_CREATE",
	    [ROAD_REACTION] = "MESSAGE_REACTION_ADD",
	};

	for (int i = 0; i < ROADS; i++)
		if (strlen(event[i]) == len && memcmp(event[i], name, len) == 0)
			return (enum road)i;
	return ROADS;
}

/* ---- the words of a message ----------------------------------------- */

static const char *
after_prefix(const struct invocation_ways *w, const char *text)
{
	size_t n = strlen(w->prefix);

	if (n == 0)
		return NULL;
	if (strcmp(w->prefix, "@") != 0 && strncmp(text, w->prefix, n) == 0)
		return text + n;
	n = strlen(w->bot);
	if (n == 0 || strncmp(text, "<@", 2) != 0)
		return NULL;
	text += text[2] == '!' ? 3 : 2;
	if (strncmp(text, w->bot, n) != 0 || text[n] != '>')
		return NULL;
	text += n + 1;
	return text + strspn(text, BLANKS);
}

/* Names are of small letters, but whoever types need not care. */
static const struct command_table_command *
command_at(const struct command_table *r, const struct invocation_ways *w,
    const char *text, const char **behind)
{
	const char *at = after_prefix(w, text);
	char name[160];
	size_t n;

	if (at == NULL)
		return NULL;
	n = strcspn(at, BLANKS);
	if (n == 0 || n >= sizeof(name))
		return NULL;
	for (size_t i = 0; i < n; i++)
		name[i] = (char)tolower((unsigned char)at[i]);
	*behind = at + n;
	return command_table_find(r, ROAD_PREFIX, name, n);
}

static size_t
put_utf8(char *out, uint32_t c)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 63));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 63));
		out[2] = (char)(0x80 | (c & 63));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 63));
	out[2] = (char)(0x80 | (c >> 6 & 63));
	out[3] = (char)(0x80 | (c & 63));
	return 4;
}

/* Four hex digits, or 0. */
static uint32_t
hex4(const char *p, const char *end)
{
	char digits[5] = "";

	if (end - p < 4)
		return 0;
	memcpy(digits, p, 4);
	return (uint32_t)strtoul(digits, NULL, 16);
}

/* Behind "\u": the character; *p moves over its digits. */
static uint32_t
escaped(const char **p, const char *end)
{
	uint32_t c = hex4(*p, end), low;

	*p += end - *p < 4 ? end - *p : 4;
	if (c < 0xd800 || c > 0xdbff || end - *p < 6 || (*p)[0] != '\\'
	    || (*p)[1] != 'u')
		return c;
	low = hex4(*p + 2, end);
	if (low < 0xdc00 || low > 0xdfff)
		return c;
	*p += 6;
	return 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
}

/* The beginning of the JSON string behind whose quote p is. */
static void
read_head(const char *p, const char *end, char out[HEAD_MAX])
{
	static const char from[] = "nrtbf", to[] = "\n\r\t\b\f";
	size_t n = 0;

	while (p < end && *p != '"' && n + 5 < HEAD_MAX) {
		const char *k;

		if (*p != '\\' || p + 1 == end) {
			out[n++] = *p++;
			continue;
		}
		p += 2;
		if (p[-1] == 'u')
			n += put_utf8(out + n, escaped(&p, end));
		else if ((k = strchr(from, p[-1])) != NULL && *k != '\0')
			out[n++] = to[k - from];
		else
			out[n++] = p[-1];
	}
	out[n] = '\0';
}

/* Without building anything: does some text in it begin with a command? */
static bool
message_may(const struct command_table *r, const struct invocation_ways *w,
    const char *raw, size_t len)
{
	static const char key[] = "\"content\"";
	const char *end = raw + len, *p = raw, *behind;
	char head[HEAD_MAX];

	while (
	    (p = memmem(p, (size_t)(end - p), key, sizeof(key) - 1)) != NULL) {
		p += sizeof(key) - 1;
		while (p < end && (*p == ':' || strchr(BLANKS, *p) != NULL)
		    && *p != '\0')
			p++;
		if (p == end || *p != '"')
			continue;
		read_head(p + 1, end, head);
		if (command_at(r, w, head, &behind) != NULL)
			return true;
	}
	return false;
}

/* Only what hangs on a message of the bot. */
static bool
reaction_may(const struct invocation_ways *w, const char *raw, size_t len)
{
	size_t d, d_len, at, n, id = strlen(w->bot);

	return id > 0 && envelope_find(raw, len, "d", &d, &d_len) == 0
	    && envelope_find(raw + d, d_len, "message_author_id", &at, &n) == 0
	    && n == id + 2 && memcmp(raw + d + at + 1, w->bot, id) == 0;
}

/* ---- the event as a tree -------------------------------------------- */

static bool
is_true(struct json_object *o, const char *key)
{
	struct json_object *v = json_get_of(o, key, json_type_boolean);

	return v != NULL && json_object_get_boolean(v);
}

static int64_t
number_of(struct json_object *o, const char *key)
{
	struct json_object *v = json_get_of(o, key, json_type_int);

	return v != NULL ? json_object_get_int64(v) : -1;
}

static void
read_roles(struct invocation *c, struct json_object *member)
{
	struct json_object *list = json_get_of(member, "roles",
	    json_type_array);

	for (size_t i = 0; list != NULL && i < json_object_array_length(list)
	     && c->roles_n < INVOCATION_ROLES_MAX;
	     i++) {
		const char *id = json_object_get_string(
		    json_object_array_get_idx(list, i));

		c->roles_n += id != NULL
		    && str_to_u64(id, &c->roles[c->roles_n]);
	}
}

/*
 * What somebody wrote.  A NUL in it would end it for everything below, and
 * with it the arguments of a command: it becomes a letter that can't be read.
 */
static const char *
content_of(struct json_object *d)
{
	static const char unread[] = "\xef\xbf\xbd";
	struct json_object *v = json_get_of(d, "content", json_type_string);
	const char *s = v != NULL ? json_object_get_string(v) : "";
	size_t n = v != NULL ? (size_t)json_object_get_string_len(v) : 0;
	struct buf b = {0};

	if (strlen(s) == n)
		return s;
	for (size_t i = 0; i < n; i++)
		buf_add(&b, s[i] != '\0' ? s + i : unread,
		    s[i] != '\0' ? 1 : strlen(unread));
	json_object_set_string_len(v, buf_data(&b), (int)buf_len(&b));
	buf_free(&b);
	return json_object_get_string(v);
}

static bool
read_message(struct invocation *c, const struct command_table *r,
    const struct invocation_ways *w)
{
	int64_t type = number_of(c->d, "type");

	c->who = json_get_of(c->d, "author", json_type_object);
	c->message_id = command_spec_text(c->d, "id");
	if ((type > MESSAGE_PLAIN && type != MESSAGE_REPLY)
	    || command_spec_text(c->d, "webhook_id")[0] != '\0')
		return false;
	c->command = command_at(r, w, content_of(c->d), &c->text);
	if (c->command == NULL)
		return false;
	arguments_typed(&c->words, c->text, c->command->options, c->fault);
	return true;
}

static bool
read_interaction(struct invocation *c, const struct command_table *r,
    const struct invocation_ways *w)
{
	struct json_object *data = json_get_of(c->d, "data", json_type_object);
	struct json_object *member = json_get_of(c->d, "member",
	    json_type_object);
	const char *name;

	if (number_of(c->d, "type") != INTERACTION_COMMAND || data == NULL)
		return false;
	name = command_spec_text(data, "name");
	c->command = number_of(data, "type") > COMMAND_SPEC_SLASH
	    ? command_table_menu(r, (int)number_of(data, "type"), name)
	    : command_table_find(r, ROAD_SLASH, name, strlen(name));
	c->who = json_get_of(member != NULL ? member : c->d, "user",
	    json_type_object);
	if (c->command == NULL)
		return false;
	arguments_chosen(&c->words,
	    json_get_of(data, "options", json_type_array));
	return true;
}

static bool
read_reaction(struct invocation *c, const struct command_table *r,
    const struct invocation_ways *w)
{
	struct json_object *emoji = json_get_of(c->d, "emoji",
	    json_type_object);
	struct json_object *member = json_get_of(c->d, "member",
	    json_type_object);
	char name[COMMAND_TABLE_EMOJI_MAX];

	if (emoji == NULL
	    || strcmp(command_spec_text(c->d, "message_author_id"), w->bot) != 0
	    || strcmp(command_spec_text(c->d, "user_id"), w->bot) == 0)
		return false;
	command_table_emoji(command_spec_text(emoji, "name"),
	    command_spec_text(emoji, "id"), name, sizeof(name));
	c->command = command_table_reaction(r, name);
	c->message_id = command_spec_text(c->d, "message_id");
	c->user_id = command_spec_text(c->d, "user_id");
	if (member != NULL)
		c->who = json_get_of(member, "user", json_type_object);
	return c->command != NULL;
}

static bool
read_tree(struct invocation *c, const struct command_table *r,
    const struct invocation_ways *w)
{
	static bool (*const read_one[ROADS])(struct invocation *,
	    const struct command_table *, const struct invocation_ways *) = {
	    [ROAD_SLASH] = read_interaction,
	    [ROAD_PREFIX] = read_message,
	    [ROAD_REACTION] = read_reaction,
	};

	c->d = json_get_of(c->tree, "d", json_type_object);
	if (c->d == NULL || !read_one[c->road](c, r, w))
		return false;
	if (c->user_id[0] == '\0' && c->who != NULL)
		c->user_id = command_spec_text(c->who, "id");
	c->guild_id = command_spec_text(c->d, "guild_id");
	c->channel_id = command_spec_text(c->d, "channel_id");
	if (json_get_of(c->d, "member", json_type_object) != NULL)
		read_roles(c, json_get_of(c->d, "member", json_type_object));
	return str_to_u64(c->user_id, &c->user)
	    && (c->who == NULL || !is_true(c->who, "bot"));
}

bool
invocation_find(struct invocation *c, const struct command_table *r,
    const struct invocation_ways *w, enum road road, const char *raw,
    size_t len)
{
	if (road == ROADS || (r->any & 1u << road) == 0
	    || (road == ROAD_PREFIX && !message_may(r, w, raw, len))
	    || (road == ROAD_REACTION && !reaction_may(w, raw, len)))
		return false;
	*c = (struct invocation) {.road = road,
	    .user_id = "",
	    .guild_id = "",
	    .channel_id = "",
	    .message_id = "",
	    .text = ""};
	c->tree = json_parse_as(raw, len, json_type_object);
	arguments_init(&c->words);
	if (c->tree != NULL && read_tree(c, r, w))
		return true;
	invocation_free(c);
	return false;
}

void
invocation_free(struct invocation *c)
{
	arguments_free(&c->words);
	json_object_put(c->tree);
	c->tree = NULL;
}

/* ---- what the plugin is told ---------------------------------------- */

static void
put_text(struct json_object *o, const char *key, const char *text)
{
	json_object_object_add(o, key,
	    text[0] != '\0' ? json_object_new_string(text) : NULL);
}

static struct json_object *
way(const char *method, const char *const (*params)[2], size_t n)
{
	struct json_object *o = json_object_new_object();
	struct json_object *p = json_object_new_object();

	json_object_object_add(o, "method", json_object_new_string(method));
	for (size_t i = 0; i < n; i++)
		put_text(p, params[i][0], params[i][1]);
	json_object_object_add(o, "params", p);
	return o;
}

/* How it is answered: methods of ours, with what they need but the words. */
static void
put_ways(const struct invocation *c, struct json_object *o)
{
	const char *const hook[][2] = {{"token",
					   command_spec_text(c->d, "token")},
	    {"id", command_spec_text(c->d, "id")}};
	const char *const more[][2] = {{"token",
					   command_spec_text(c->d, "token")},
	    {"application_id", command_spec_text(c->d, "application_id")}};
	const char *const reply[][2] = {{"channel_id", c->channel_id},
	    {"message_id", c->message_id}};

	if (c->road == ROAD_SLASH) {
		json_object_object_add(o, "answer",
		    way("interaction.respond", hook, 2));
		json_object_object_add(o, "more",
		    way("interaction.followup", more, 2));
		return;
	}
	json_object_object_add(o, "answer", way("reply", reply, 2));
	json_object_object_add(o, "more", way("reply", reply, 2));
}

struct json_object *
invocation_json(const struct invocation *c)
{
	struct json_object *o = json_object_new_object(), *who;

	put_text(o, "name", c->command->name);
	put_text(o, "road", command_spec_road[c->road]);
	json_object_object_add(o, "sub", json_object_new_string(c->words.sub));
	json_object_object_add(o, "args", json_object_get(c->words.args));
	json_object_object_add(o, "options", json_object_get(c->words.options));
	json_object_object_add(o, "text",
	    json_object_new_string(c->text + strspn(c->text, BLANKS)));
	who = json_object_get(c->who);
	if (who == NULL) {
		who = json_object_new_object();
		put_text(who, "id", c->user_id);
	}
	json_object_object_add(o, "user", who);
	json_object_object_add(o, "rank", json_object_new_int(c->rank));
	put_text(o, "guild_id", c->guild_id);
	put_text(o, "channel_id", c->channel_id);
	put_text(o, "message_id", c->message_id);
	put_ways(c, o);
	return o;
}

void
invocation_name(const struct invocation *c, const struct invocation_ways *w,
    char *out, size_t size)
{
	const char *mark = c->road == ROAD_SLASH ? "/" : "";

	if (c->road == ROAD_PREFIX && strcmp(w->prefix, "@") != 0)
		mark = w->prefix;
	str_format(out, size, "%s%s", mark, c->command->name);
}
