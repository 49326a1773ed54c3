/* SPDX-License-Identifier: MIT */
/*
 * What the world looks like on the wire.  Event texts are templates, split
 * into literals and fields once at the start; a generated event is then a few
 * copies and numbers, so that thousands a second cost next to nothing.
 * In a template $ and a small letter is a number, $ and a capital a text.
 */
#include "tools/sim/world/world_impl.h"

#include "shared/base/clock.h"
#include "shared/json/json.h"
#include "tools/sim/base/sim.h"
#include "tools/sim/base/sbuf.h"
#include "tools/sim/world/guild.h"
#include "tools/sim/world/user.h"
#include "tools/sim/world/guild_impl.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#define MEMBER                                                                           \
	"{\"roles\":[\"$r\"],\"premium_since\":null,\"pending\":false,"                  \
	"\"nick\":$N,\"mute\":false,\"joined_at\":\"2025-10-05T10:24:44.918000+00:00\"," \
	"\"flags\":0,\"deaf\":false,\"communication_disabled_until\":null,"              \
	"\"banner\":null,\"avatar\":null"
#define MESSAGE                                                                  \
	"\"tts\":false,\"timestamp\":\"$T\",\"pinned\":false,\"mentions\":[$M]," \
	"\"mention_roles\":[],\"mention_everyone\":false,\"id\":\"$m\","         \
	"\"flags\":0,\"embeds\":[],\"edited_timestamp\":$E,\"content\":$C,"      \
	"\"components\":[],\"channel_id\":\"$c\",\"author\":$A,"                 \
	"\"attachments\":[]"

enum kind {
	CREATE,
	UPDATE,
	DELETE,
	TYPING,
	PRESENCE,
	REACTION,
	VOICE,
	MEMBER_UPDATE,
	CHANNEL,
	KINDS,
	SAID = KINDS, /* a person's message through the control socket */
	SAID_DM,
	PLAIN, /* the message as REST shows it */
	TEMPLATES
};

static const struct {
	const char *t;
	const char *text;
} kind[TEMPLATES] = {
    [CREATE] = {"MESSAGE_CREATE",
	"{\"type\":0," MESSAGE
	",\"nonce\":\"$k\",\"channel_type\":0,\"guild_id\":\"$g\","
	"\"member\":" MEMBER "}}"},
    [UPDATE] = {"MESSAGE_UPDATE",
	"{\"type\":0," MESSAGE
	",\"channel_type\":0,\"guild_id\":\"$g\",\"member\":" MEMBER "}}"},
    [DELETE] = {"MESSAGE_DELETE",
	"{\"id\":\"$m\",\"guild_id\":\"$g\",\"channel_id\":\"$c\"}"},
    [TYPING] = {"TYPING_START",
	"{\"user_id\":\"$u\",\"timestamp\":$t,"
	"\"member\":" MEMBER ",\"user\":$A},\"guild_id\":\"$g\","
	"\"channel_id\":\"$c\"}"},
    [PRESENCE] = {"PRESENCE_UPDATE",
	"{\"user\":{\"id\":\"$u\"},"
	"\"status\":\"$S\",\"processed_at_timestamp\":$x,\"game\":null,"
	"\"client_status\":{\"desktop\":\"$S\"},\"activities\":[{"
	"\"type\":0,\"timestamps\":{\"start\":$x},\"state\":\"Round $n\","
	"\"name\":\"Lantern Keepers\",\"id\":\"c877d1276abe6e96\","
	"\"details\":\"Mill by the brook\",\"created_at\":$x,"
	"\"application_id\":\"379286085710381999\"}],\"guild_id\":\"$g\"}"},
    [REACTION] = {"MESSAGE_REACTION_ADD",
	"{\"user_id\":\"$u\",\"type\":0,"
	"\"message_id\":\"$m\",\"message_author_id\":\"$o\",\"member\":" MEMBER
	",\"user\":$A},\"guild_id\":\"$g\","
	"\"emoji\":{\"name\":\"$F\",\"id\":null},\"channel_id\":\"$c\","
	"\"burst\":false}"},
    [VOICE] = {"VOICE_STATE_UPDATE",
	"{\"user_id\":\"$u\","
	"\"suppress\":false,\"session_id\":\"$V\",\"self_video\":false,"
	"\"self_mute\":true,\"self_deaf\":false,"
	"\"request_to_speak_timestamp\":null,\"mute\":false,"
	"\"deaf\":false,\"channel_id\":\"$v\",\"member\":" MEMBER
	",\"user\":$A},\"guild_id\":\"$g\"}"},
    [MEMBER_UPDATE] = {"GUILD_MEMBER_UPDATE",
	MEMBER ",\"user\":$A,\"guild_id\":\"$g\"}"},
    [CHANNEL] = {"CHANNEL_UPDATE",
	"{\"version\":$x,\"type\":0,"
	"\"position\":1,\"permission_overwrites\":[],\"name\":\"$G\","
	"\"id\":\"$c\",\"flags\":0,\"topic\":\"Week $n: be kind\","
	"\"rate_limit_per_user\":0,\"parent_id\":\"$p\",\"nsfw\":false,"
	"\"last_message_id\":\"$m\",\"guild_id\":\"$g\"}"},
    [SAID] = {"",
	"{\"type\":0," MESSAGE ",\"nonce\":\"$k\","
	"\"channel_type\":0,\"guild_id\":\"$g\",\"member\":" MEMBER "}}"},
    [SAID_DM] = {"",
	"{\"type\":0," MESSAGE ",\"nonce\":\"$k\",\"channel_type\":1}"},
    [PLAIN] = {"", "{\"type\":0," MESSAGE "}"},
};

static const char *const said[] = {
    "The brook is high today, take the upper path",
    "Does anyone have the notes of last week?",
    "Soup at noon \xf0\x9f\x8d\xb2",
    "I moved the meeting to the mill, see the announcements",
    "Grüße aus dem Hafen!",
    "ok",
    "The lantern by the gate is broken again; who has a spare wick?",
    "Draft three is up, comments welcome until Friday",
};
static const char *const emoji[] = {"\xf0\x9f\x94\xa5", "\xf0\x9f\x91\x8d",
    "\xe2\x9c\xa8", "\xf0\x9f\x8c\xbf"};
static const char *const status[] = {"online", "idle", "dnd", "offline"};
static const char *const nick[] = {"null", "\"Bram\"", "null",
    "\"\xc3\x96rn\""};

struct part {
	const char *text;
	size_t len;
	char field; /* after the text; 0: the end */
};

struct world_template {
	struct part *part;
	size_t parts;
	size_t room; /* enough for its literals */
};

/* One event's values, by letter. */
struct fields {
	uint64_t n[26];
	const char *s[26];
};
#define N(letter) n[(letter) - 'a']
#define S(letter) s[(letter) - 'A']

static void
compile(struct world_template *tp, const char *text)
{
	const char *end;

	for (;; text = end + 2) {
		tp->part = base_realloc(tp->part,
		    (tp->parts + 1) * sizeof(*tp->part));
		end = strchr(text, '$');
		tp->part[tp->parts] = (struct part) {text,
		    end ? (size_t)(end - text) : strlen(text),
		    end ? end[1] : 0};
		tp->room += tp->part[tp->parts++].len + 24;
		if (end == NULL)
			return;
	}
}

void
world_render_open(struct world *w)
{
	w->templates = base_alloc(TEMPLATES * sizeof(*w->templates));
	for (unsigned i = 0; i < TEMPLATES; i++)
		compile(&w->templates[i], kind[i].text);
}

void
world_render_close(struct world *w)
{
	for (unsigned i = 0; i < TEMPLATES; i++)
		free(w->templates[i].part);
	free(w->templates);
}

static char *
put_u64(char *to, uint64_t n)
{
	char digit[20];
	size_t len = 0;

	do
		digit[len++] = (char)('0' + n % 10);
	while ((n /= 10) != 0);
	while (len > 0)
		*to++ = digit[--len];
	return to;
}

static void
fill(const struct world_template *tp, const struct fields *f, struct sbuf *out)
{
	size_t room = tp->room + 1;
	char *to;

	for (size_t i = 0; i < tp->parts; i++) {
		char c = tp->part[i].field;

		if (c >= 'A' && c <= 'Z')
			room += strlen(f->S(c));
	}
	sbuf_reset(out);
	sbuf_reserve(out, room);
	to = out->p;
	for (size_t i = 0; i < tp->parts; i++) {
		const struct part *p = &tp->part[i];

		memcpy(to, p->text, p->len);
		to += p->len;
		if (p->field >= 'a')
			to = put_u64(to, f->N(p->field));
		else if (p->field != 0)
			to = stpcpy(to, f->S(p->field));
	}
	*to = '\0';
	out->len = (size_t)(to - out->p);
}

/* One strftime a second; then only the three digits of the milliseconds. */
const char *
world_render_time(struct world *w, int64_t wall_ms)
{
	int64_t second = wall_ms / 1000;
	int ms = (int)(wall_ms % 1000);

	if (second != w->now_second) {
		time_t at = (time_t)second;
		struct tm tm;

		gmtime_r(&at, &tm);
		strftime(w->now, sizeof(w->now),
		    "%Y-%m-%dT%H:%M:%S.000000+00:00", &tm);
		w->now_second = second;
	}
	w->now[20] = (char)('0' + ms / 100);
	w->now[21] = (char)('0' + ms / 10 % 10);
	w->now[22] = (char)('0' + ms % 10);
	return w->now;
}

const char *
world_render_now(struct world *w)
{
	return world_render_time(w, clock_wall_ms());
}

const char *
world_render_kind(unsigned n)
{
	return n < KINDS ? kind[n].t : NULL;
}

uint64_t
world_render_last(const struct world *w)
{
	return w->last;
}

static unsigned
kind_find(const char *t)
{
	unsigned i = 0;

	while (i < KINDS && strcmp(kind[i].t, t) != 0)
		i++;
	return i;
}

/* Generated messages are kept by number and written again when asked for. */
static void
remember(struct world *w, const struct fields *f, unsigned guild, unsigned user,
    uint64_t number, bool ping)
{
	struct world_msg m = {.id = f->N('m'),
	    .channel = f->N('c'),
	    .number = number,
	    .guild = guild,
	    .user = user,
	    .ping = ping};

	world_msg_add(w, ping ? WORLD_PING : WORLD_CHAT, &m);
	w->last = w->last_msg[guild] = m.id;
}

static void
content(char *to, size_t size, uint64_t number, bool ping)
{
	if (ping)
		must(str_format(to, size, "\"!ping\""));
	else
		must(str_format(to, size, "\"%s (%" PRIu64 ")\"",
		    said[number % nitems(said)], number));
}

static void
fields_time(struct world *w, struct fields *f)
{
	int64_t now = clock_wall_ms();

	f->N('t') = (uint64_t)now / 1000;
	f->N('x') = (uint64_t)now;
	f->S('T') = world_render_time(w, now);
}

static void
fields_actor(struct world *w, struct fields *f, unsigned guild, unsigned user)
{
	f->N('g') = world_guild_id(w, guild);
	f->N('r') = world_role_id(w, guild, 1 + user % (WORLD_ROLES - 2));
	f->N('u') = user_id(w, user);
	f->S('A') = user_text(w, user);
	f->S('N') = nick[user % nitems(nick)];
}

/* The n-th of a guild's people, or the next who is still there; -1: nobody. */
static int64_t
actor(struct world *w, unsigned guild, unsigned n)
{
	struct guild *g;

	if (!guild_is_changed(w, guild))
		return world_member(w, guild, n);
	g = guild_at(w, guild);
	for (unsigned i = 0; g != NULL && i < w->members; i++) {
		unsigned user = world_member(w, guild, n + i);

		if (guild_member_is(g, user))
			return user;
	}
	return -1;
}

const char *
world_render_event(struct world *w, uint64_t *rng, const char *t,
    unsigned guild, uint64_t number, bool ping, struct sbuf *out)
{
	unsigned k = kind_find(t);
	uint64_t dice = sim_random(rng);
	struct world_channel c, voice, parent;
	struct fields f = {0};
	int64_t user = actor(w, guild, (unsigned)(dice & 7));
	char text[160], hex[33];

	if (k == KINDS || user < 0)
		return NULL;
	if (!world_talk_channel(w, guild, dice >> 8 & 0xff, &c))
		return NULL;
	world_channel_seed(w, guild, 4, &voice);
	world_channel_seed(w, guild, 0, &parent);
	fields_time(w, &f);
	fields_actor(w, &f, guild, (unsigned)user);
	content(text, sizeof(text), number, ping && k == CREATE);
	must(str_format(hex, sizeof(hex), "%016" PRIx64 "%016" PRIx64, dice,
	    f.N('u')));
	f.N('c') = c.id;
	f.N('v') = voice.id;
	f.N('p') = parent.id;
	f.N('n') = number;
	f.N('k') = f.N('x') << 22 | (dice >> 16 & 0x3fffff);
	f.N('o') = user_id(w,
	    world_member(w, guild, (unsigned)(dice >> 40 & 7)));
	f.N('m') = k == CREATE || w->last_msg[guild] == 0 ? world_snowflake(w)
							  : w->last_msg[guild];
	f.S('C') = text;
	f.S('E') = "null";
	f.S('M') = "";
	f.S('F') = emoji[dice >> 48 & 3];
	f.S('G') = c.name;
	f.S('S') = status[dice >> 50 & 3];
	f.S('V') = hex;
	if (k == CREATE)
		remember(w, &f, guild, (unsigned)user, number, ping);
	fill(&w->templates[k], &f, out);
	return out->p;
}

static bool
mentions(const char *words, uint64_t id)
{
	char as[2][32];

	str_format(as[0], sizeof(as[0]), "<@%" PRIu64 ">", id);
	str_format(as[1], sizeof(as[1]), "<@!%" PRIu64 ">", id);
	return strstr(words, as[0]) != NULL || strstr(words, as[1]) != NULL;
}

/* The bots that the words mention, one after the other. */
static void
mentioned(struct world *w, const char *words, struct sbuf *out)
{
	sbuf_str(out, "");
	for (unsigned n = 0; n < w->bots; n++)
		if (mentions(words, user_id(w, user_bot(w, n))))
			sbuf_fmt(out, "%s%s", out->len > 0 ? "," : "",
			    user_text(w, user_bot(w, n)));
}

const char *
world_render_said(struct world *w, const struct world_channel *c,
    const char *words, struct sbuf *out)
{
	bool dm = c->guild == WORLD_NOWHERE;
	unsigned user = dm ? c->number : world_member(w, c->guild, 0);
	struct world_msg m = {.id = world_snowflake(w),
	    .channel = c->id,
	    .guild = c->guild,
	    .user = user,
	    .ping = strncmp(words, "!ping", 5) == 0};
	struct sbuf quoted = {0}, at = {0};
	struct fields f = {0};

	sbuf_quote(&quoted, words);
	mentioned(w, words, &at);
	fields_time(w, &f);
	if (!dm)
		fields_actor(w, &f, c->guild, user);
	f.S('A') = user_text(w, user);
	f.N('m') = m.id;
	f.N('c') = c->id;
	f.N('k') = m.id + 1;
	f.S('C') = quoted.p;
	f.S('E') = "null";
	f.S('M') = at.p;
	fill(&w->templates[PLAIN], &f, out);
	m.json = base_strdup(out->p);
	world_msg_add(w, WORLD_PING, &m);
	w->last = m.id;
	if (!dm)
		w->last_msg[c->guild] = m.id;
	fill(&w->templates[dm ? SAID_DM : SAID], &f, out);
	sbuf_free(&quoted);
	sbuf_free(&at);
	return out->p;
}

json_object *
world_render_msg(struct world *w, const struct world_msg *m)
{
	struct sbuf out = {0};
	struct fields f = {0};
	json_object *o;
	char text[160];

	if (m->json != NULL)
		return json_parse_as(m->json, strlen(m->json),
		    json_type_object);
	content(text, sizeof(text), m->number, m->ping);
	f.N('m') = m->id;
	f.N('c') = m->channel;
	f.S('T') = world_render_time(w,
	    (int64_t)(m->id >> 22) + WORLD_EPOCH_MS);
	f.S('A') = user_text(w, m->user);
	f.S('C') = text;
	f.S('E') = "null";
	f.S('M') = "";
	fill(&w->templates[PLAIN], &f, &out);
	o = json_tokener_parse(out.p);
	sbuf_free(&out);
	return o;
}
