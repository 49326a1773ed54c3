/* SPDX-License-Identifier: MIT */
/*
 * Makes what a busy gateway sends, for tools/bench, once and for all readers:
 *
 *	floor_stream DATA PREFIX KIND EVENTS
 *
 * from the sample payloads in DATA into PREFIX.none, PREFIX.zlib and
 * PREFIX.zstd; see floor.h.  Ids, hashes and words are other ones in each
 * event, drawn as skewed as they are in life, so that it compresses as the real
 * thing does.  KIND: mix, what a bot with all intents hears; message, messages
 * of 1.5 KB alone; guilds, GUILD_CREATE of 65 to 320 KB.  The same arguments
 * make the same bytes.
 */
#include "shared/base/base.h"
#include "shared/base/buf.h"
#include "tests/bench/floor.h"

#include <errno.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#define POOL 6000     /* ids, hashes and words there are */
#define FRESH 4	      /* every so manieth id is new */
#define HASH 32	      /* hex digits */
#define GUILD_MIN 65  /* KB */
#define GUILD_MAX 320 /* KB */
#define SNOWFLAKE 1533082099783225382ull

struct sample {
	unsigned share; /* of what is drawn */
	const char *file;
	char *text;
	size_t len;
};

static struct sample mix[] = {
    {200, "MESSAGE_CREATE", NULL, 0},
    {60, "MESSAGE_CREATE.reply", NULL, 0},
    {50, "MESSAGE_CREATE.attachments_embeds", NULL, 0},
    {40, "MESSAGE_CREATE.unicode", NULL, 0},
    {300, "PRESENCE_UPDATE", NULL, 0},
    {130, "TYPING_START", NULL, 0},
    {30, "MESSAGE_UPDATE", NULL, 0},
    {20, "MESSAGE_DELETE", NULL, 0},
    {60, "MESSAGE_REACTION_ADD", NULL, 0},
    {15, "MESSAGE_REACTION_REMOVE", NULL, 0},
    {40, "VOICE_STATE_UPDATE", NULL, 0},
    {12, "GUILD_MEMBER_ADD", NULL, 0},
    {20, "GUILD_MEMBER_UPDATE", NULL, 0},
    {10, "GUILD_MEMBER_REMOVE", NULL, 0},
    {4, "CHANNEL_UPDATE", NULL, 0},
    {4, "THREAD_CREATE", NULL, 0},
    {3, "GUILD_ROLE_UPDATE", NULL, 0},
    {2, "INVITE_CREATE", NULL, 0},
    {0, NULL, NULL, 0},
};

static struct sample message[] = {
    {1, "MESSAGE_CREATE.attachments_embeds", NULL, 0},
    {1, "MESSAGE_CREATE.unicode", NULL, 0},
    {0, NULL, NULL, 0},
};

static struct sample guilds[] = {
    {1, "GUILD_CREATE", NULL, 0},
    {0, NULL, NULL, 0},
};

struct output {
	enum floor_mode mode;
	FILE *f;
	struct floor_head head;
	uint64_t *offsets;
	uint64_t at;
	z_stream z;
	ZSTD_CStream *zstd;
	struct buf packed;
};

static uint64_t seed = 0x9e3779b97f4a7c15ull, fresh = SNOWFLAKE;
static uint64_t ids[POOL];
static char hashes[POOL][HASH + 1], words[POOL][12];

static noreturn_fn void
die(const char *what)
{
	fprintf(stderr, "floor_stream: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t
draw(uint64_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (seed >> 11) % below;
}

/* Few are busy, most are heard of now and then. */
static size_t
skewed(void)
{
	double x = (double)draw(1 << 20) / (1 << 20);

	return (size_t)(x * x * x * POOL);
}

static void
fill_pools(void)
{
	for (size_t i = 0; i < POOL; i++) {
		ids[i] = 900000000000000000ull + draw(600000000000000000ull);
		for (size_t k = 0; k < HASH; k++)
			hashes[i][k] = "0123456789abcdef"[draw(16)];
		for (size_t k = 0, n = 2 + draw(8); k < n; k++)
			words[i][k] = "etaoinshrdluetaoetaincmfwyp"[draw(27)];
	}
}

/* ---- one event ------------------------------------------------------ */

static size_t
run_of(const char *p, const char *end, const char *set)
{
	const char *q = p;

	while (q < end && strchr(set, *q) != NULL)
		q++;
	return (size_t)(q - p);
}

static void
put_id(struct buf *out)
{
	uint64_t id = ids[skewed()];

	if (draw(FRESH) == 0)
		id = fresh += 1 + draw(1u << 22);
	buf_printf(out, "%llu", (unsigned long long)id);
}

/* The value of a key whose text is somebody's; false: it is none. */
static bool
put_words(struct buf *out, const char *key, size_t len)
{
	bool said = len == 7 && memcmp(key, "content", 7) == 0;
	bool named = (len == 8 && memcmp(key, "username", 8) == 0)
	    || (len == 11 && memcmp(key, "global_name", 11) == 0);

	if (!said && !named)
		return false;
	for (size_t i = 0, n = said ? 2 + draw(14) : 1; i < n; i++)
		buf_printf(out, "%s%s", i > 0 ? " " : "", words[skewed()]);
	return true;
}

/* A text between its quotes, another one for what is somebody's own. */
static void
put_text(struct buf *out, const char *p, size_t len)
{
	if (len >= 17 && len <= 20 && run_of(p, p + len, "0123456789") == len)
		put_id(out);
	else if (len == HASH && run_of(p, p + len, "0123456789abcdef") == len)
		buf_puts(out, hashes[skewed()]);
	else if (len == 32 && p[10] == 'T' && p[19] == '.')
		buf_printf(out, "%.*s%02u:%02u.%06u%.*s", 14, p,
		    (unsigned)draw(60), (unsigned)draw(60),
		    (unsigned)draw(1000) * 1000, 6, p + 26);
	else
		buf_add(out, p, len);
}

/* text with other ids, hashes and words. */
static void
vary(struct buf *out, const char *text, size_t len)
{
	const char *p = text, *end = text + len, *q, *key = p;
	size_t key_len = 0;
	bool value = false;

	while (p < end) {
		if (*p != '"') {
			value = *p == ':' || (value && *p == '[');
			buf_add(out, p++, 1);
			continue;
		}
		for (q = p + 1; q < end && *q != '"'; q++)
			q += *q == '\\';
		buf_add(out, "\"", 1);
		if (!value) {
			key = p + 1;
			key_len = (size_t)(q - key);
			buf_add(out, key, key_len);
		} else if (!put_words(out, key, key_len)) {
			put_text(out, p + 1, (size_t)(q - p) - 1);
		}
		buf_add(out, "\"", 1);
		p = q + 1;
	}
}

/* More members, until the guild has so many bytes. */
static void
grow(struct buf *out, size_t bytes)
{
	static const char where[] = "\"members\":[";
	struct buf in = {0};
	const char *at, *end;
	int deep = 0;

	buf_add(&in, buf_data(out), buf_len(out));
	at = memmem(buf_data(&in), buf_len(&in), where, sizeof(where) - 1);
	must(at != NULL);
	at += sizeof(where) - 1;
	for (end = at; end == at || deep > 0; end++)
		deep += (*end == '{') - (*end == '}');
	buf_eat(out, buf_len(out));
	buf_add(out, buf_data(&in), (size_t)(at - buf_data(&in)));
	while (buf_len(out) + buf_len(&in) < bytes) {
		vary(out, at, (size_t)(end - at));
		buf_puts(out, ",");
	}
	buf_add(out, at, buf_len(&in) - (size_t)(at - buf_data(&in)));
	buf_free(&in);
}

static struct sample *
drawn(struct sample *from)
{
	unsigned all = 0, n;

	for (struct sample *s = from; s->file != NULL; s++)
		all += s->share;
	n = (unsigned)draw(all);
	while (n >= from->share)
		n -= (from++)->share;
	return from;
}

static void
event(struct buf *out, struct sample *from, uint64_t i)
{
	struct sample *s = drawn(from);
	const char *seq = strstr(s->text, "\"s\":");
	const char *rest;

	must(seq != NULL);
	rest = strchr(seq, ',');
	buf_add(out, s->text, (size_t)(seq - s->text));
	buf_printf(out, "\"s\":%llu", (unsigned long long)i + FLOOR_SEQ);
	vary(out, rest, s->len - (size_t)(rest - s->text));
	if (from == guilds)
		grow(out, 1000 * (GUILD_MIN + draw(GUILD_MAX - GUILD_MIN + 1)));
}

/* ---- the files ------------------------------------------------------ */

static void
read_samples(struct sample *s, const char *dir)
{
	char path[4096];
	FILE *f;

	for (; s->file != NULL; s++) {
		snprintf(path, sizeof(path), "%s/%s.json", dir, s->file);
		s->text = base_alloc(1 << 20);
		f = fopen(path, "r");
		if (f == NULL)
			die(path);
		s->len = fread(s->text, 1, (1 << 20) - 1, f);
		fclose(f);
		while (s->len > 0 && s->text[s->len - 1] == '\n')
			s->text[--s->len] = '\0';
	}
}

static void
begin(struct output *o, enum floor_mode mode, const char *prefix,
    uint64_t count)
{
	static const char *const names[] = FLOOR_WORDS;
	char path[4096];

	o->mode = mode;
	o->head = (struct floor_head) {.magic = FLOOR_MAGIC, .count = count};
	o->offsets = base_alloc((count + 1) * sizeof(uint64_t));
	snprintf(path, sizeof(path), "%s.%s", prefix, names[mode]);
	o->f = fopen(path, "w");
	if (o->f == NULL
	    || fseek(o->f,
		   (long)(sizeof(o->head) + (count + 1) * sizeof(uint64_t)),
		   SEEK_SET)
		!= 0)
		die(path);
	if (mode == FLOOR_ZLIB)
		must(deflateInit2(&o->z, FLOOR_ZLIB_LEVEL, Z_DEFLATED,
			 -MAX_WBITS, 8, Z_DEFAULT_STRATEGY)
		    == Z_OK);
	if (mode == FLOOR_ZSTD) {
		o->zstd = ZSTD_createCStream();
		ZSTD_CCtx_setParameter(o->zstd, ZSTD_c_compressionLevel,
		    FLOOR_ZSTD_LEVEL);
		ZSTD_CCtx_setParameter(o->zstd, ZSTD_c_windowLog,
		    FLOOR_ZSTD_WINDOW);
	}
}

static void
pack_zlib(struct output *o, const struct buf *text, bool restart)
{
	o->z.next_in = (Bytef *)buf_data(text);
	o->z.avail_in = (uInt)buf_len(text);
	do {
		o->z.next_out = (Bytef *)buf_space(&o->packed, 65536);
		o->z.avail_out = 65536;
		deflate(&o->z, restart ? Z_FULL_FLUSH : Z_SYNC_FLUSH);
		buf_filled(&o->packed, 65536 - o->z.avail_out);
	} while (o->z.avail_out == 0);
}

static void
pack_zstd(struct output *o, const struct buf *text)
{
	ZSTD_inBuffer in = {buf_data(text), buf_len(text), 0};
	size_t left;

	do {
		ZSTD_outBuffer out = {buf_space(&o->packed, 65536), 65536, 0};

		left = ZSTD_compressStream2(o->zstd, &out, &in, ZSTD_e_flush);
		must(!ZSTD_isError(left));
		buf_filled(&o->packed, out.pos);
	} while (left > 0);
}

static void
add(struct output *o, const struct buf *text, uint64_t i)
{
	buf_eat(&o->packed, buf_len(&o->packed));
	if (o->mode == FLOOR_NONE)
		buf_add(&o->packed, buf_data(text), buf_len(text));
	else if (o->mode == FLOOR_ZLIB)
		pack_zlib(o, text, i % FLOOR_RESTART == FLOOR_RESTART - 1);
	else
		pack_zstd(o, text);
	if (o->mode == FLOOR_ZSTD && i == 0) {
		memcpy(o->head.zstd, buf_data(&o->packed), FLOOR_ZSTD_HEAD);
		buf_eat(&o->packed, FLOOR_ZSTD_HEAD);
	}
	o->offsets[i] = o->at;
	o->at += buf_len(&o->packed);
	if (fwrite(buf_data(&o->packed), 1, buf_len(&o->packed), o->f)
	    != buf_len(&o->packed))
		die("write");
}

static void
finish(struct output *o)
{
	o->offsets[o->head.count] = o->at;
	rewind(o->f);
	if (fwrite(&o->head, sizeof(o->head), 1, o->f) != 1
	    || fwrite(o->offsets, sizeof(uint64_t), o->head.count + 1, o->f)
		!= o->head.count + 1
	    || fclose(o->f) != 0)
		die("write");
}

int
main(int argc, char **argv)
{
	struct output outputs[FLOOR_MODES] = {0};
	struct sample *from = mix;
	struct buf text = {0};
	uint64_t count;

	if (argc != 5) {
		fprintf(stderr, "floor_stream: started by tools/bench\n");
		return 64;
	}
	if (strcmp(argv[3], "guilds") == 0)
		from = guilds;
	else if (strcmp(argv[3], "message") == 0)
		from = message;
	count = strtoull(argv[4], NULL, 10);
	read_samples(from, argv[1]);
	fill_pools();
	for (int m = 0; m < FLOOR_MODES; m++)
		begin(&outputs[m], (enum floor_mode)m, argv[2], count);
	for (uint64_t i = 0; i < count; i++) {
		buf_eat(&text, buf_len(&text));
		event(&text, from, i);
		for (int m = 0; m < FLOOR_MODES; m++)
			add(&outputs[m], &text, i);
	}
	for (int m = 0; m < FLOOR_MODES; m++)
		finish(&outputs[m]);
	return 0;
}
