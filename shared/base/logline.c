/* SPDX-License-Identifier: MIT */
/* See logline.h. */
#include "shared/base/logline.h"

#include "shared/base/text.h"

#include <string.h>
#include <time.h>

#define END_ROOM 8  /* for what closes a line */
#define CHAR_MAX_ 8 /* longest form of one character */

const char *const logline_format_name[] = {
    [LOGLINE_TEXT] = "text",
    [LOGLINE_LOGFMT] = "logfmt",
    [LOGLINE_JSON] = "json",
};

/* ---- time ----------------------------------------------------------- */

void
logline_time_write(int64_t wall_ms, char out[LOGLINE_TIME + 1])
{
	time_t s = (time_t)(wall_ms / 1000);
	char text[64];
	struct tm tm;

	gmtime_r(&s, &tm);
	snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
	    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
	    tm.tm_sec, (int)(wall_ms % 1000));
	str_copy(out, text, LOGLINE_TIME + 1);
}

/* Some of n digits, moving on. */
static bool
digits(const char **p, int n, int low, int high, int *out)
{
	*out = 0;
	for (; n > 0; n--, ++*p) {
		if (**p < '0' || **p > '9')
			return false;
		*out = *out * 10 + (**p - '0');
	}
	return *out >= low && *out <= high;
}

static bool
sign(const char **p, char c)
{
	if (**p != c)
		return false;
	++*p;
	return true;
}

bool
logline_time_read(const char *p, int64_t *wall_ms)
{
	struct tm tm = {0};
	int ms = 0;

	if (!digits(&p, 4, 1970, 9999, &tm.tm_year) || !sign(&p, '-')
	    || !digits(&p, 2, 1, 12, &tm.tm_mon) || !sign(&p, '-')
	    || !digits(&p, 2, 1, 31, &tm.tm_mday) || !sign(&p, 'T')
	    || !digits(&p, 2, 0, 23, &tm.tm_hour) || !sign(&p, ':')
	    || !digits(&p, 2, 0, 59, &tm.tm_min) || !sign(&p, ':')
	    || !digits(&p, 2, 0, 60, &tm.tm_sec))
		return false;
	if (*p == '.' && (!sign(&p, '.') || !digits(&p, 3, 0, 999, &ms)))
		return false;
	if (!sign(&p, 'Z'))
		return false;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	*wall_ms = (int64_t)timegm(&tm) * 1000 + ms;
	return true;
}

/* ---- writing -------------------------------------------------------- */

/* One character of src in quotes, at most CHAR_MAX_ bytes; moves both on. */
static char *
put_quoted(char *to, const char **src)
{
	const unsigned char *s = (const unsigned char *)*src;
	size_t n = text_char(s, strnlen(*src, TEXT_CHAR_MAX));

	*src += n > 0 ? n : 1;
	if (n == 0)
		return (char *)memcpy(to, "\xef\xbf\xbd", 3) + 3;
	if (s[0] == '"' || s[0] == '\\') {
		*to++ = '\\';
		*to++ = (char)s[0];
		return to;
	}
	/* C1 controls and line separators end a line for some readers. */
	if (s[0] < ' ' || s[0] == 0x7f)
		return to + sprintf(to, "\\u%04x", s[0]);
	if (n == 2 && s[0] == 0xc2 && s[1] < 0xa0)
		return to + sprintf(to, "\\u%04x", s[1]);
	if (n == 3 && s[0] == 0xe2 && s[1] == 0x80 && (s[2] & 0xfe) == 0xa8)
		return to + sprintf(to, "\\u20%02x", s[2] - 0x80);
	return (char *)memcpy(to, s, n) + n;
}

int64_t
logline_shard(const struct logline *l)
{
	uint64_t id;

	if (strncmp(l->who, "shard ", 6) != 0 || !str_to_u64(l->who + 6, &id)
	    || id > UINT32_MAX)
		return -1;
	return (int64_t)id;
}

static int
put_head(char *out, size_t size, enum logline_format f, const struct logline *l)
{
	const char *level = log_level_name[l->level];
	char time[LOGLINE_TIME + 1], shard[32] = "";
	int64_t id = logline_shard(l);

	logline_time_write(l->wall_ms, time);
	switch (f) {
	case LOGLINE_LOGFMT:
		if (id >= 0)
			snprintf(shard, sizeof(shard), " shard=%lld",
			    (long long)id);
		return snprintf(out, size,
		    "time=%s level=%s who=\"%s\"%s msg=\"", time, level, l->who,
		    shard);
	case LOGLINE_JSON:
		if (id >= 0)
			snprintf(shard, sizeof(shard), ",\"shard\":%lld",
			    (long long)id);
		return snprintf(out, size,
		    "{\"time\":\"%s\",\"level\":\"%s\","
		    "\"who\":\"%s\"%s,\"msg\":\"",
		    time, level, l->who, shard);
	default:
		return snprintf(out, size, "%s %s %s: ", time, level, l->who);
	}
}

size_t
logline_write(char *out, size_t size, enum logline_format f,
    const struct logline *l, const char *text)
{
	static const char *const tail[] = {
	    [LOGLINE_TEXT] = "\n",
	    [LOGLINE_LOGFMT] = "\"\n",
	    [LOGLINE_JSON] = "\"}\n",
	};
	char *to = out + put_head(out, size, f, l);
	const char *end = out + size - CHAR_MAX_ - END_ROOM;

	if (f == LOGLINE_TEXT)
		to += text_clean(to, (size_t)(end - to), text, strlen(text));
	while (f != LOGLINE_TEXT && *text != '\0' && to < end)
		to = put_quoted(to, &text);
	memcpy(to, tail[f], strlen(tail[f]) + 1);
	return (size_t)(to - out) + strlen(tail[f]);
}

/* ---- reading -------------------------------------------------------- */

static bool
skip(const char **p, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(*p, word, n) != 0)
		return false;
	*p += n;
	return true;
}

static bool
read_level(const char **p, enum log_level *out)
{
	char word[16];
	size_t n = strspn(*p, "abcdefghijklmnopqrstuvwxyz");

	if (n == 0 || n >= sizeof(word))
		return false;
	memcpy(word, *p, n);
	word[n] = '\0';
	*p += n;
	return log_parse_level(word, out) == 0;
}

bool
logline_read(const char *p, struct logline *out)
{
	static const struct {
		const char *time, *level, *who, *end;
	} form[LOGLINE_FORMATS] = {
	    [LOGLINE_TEXT] = {"", " ", " ", ":"},
	    [LOGLINE_LOGFMT] = {"time=", " level=", " who=\"", "\""},
	    [LOGLINE_JSON] = {"{\"time\":\"", "\",\"level\":\"",
		"\",\"who\":\"", "\""},
	};
	unsigned f = *p == '{' ? LOGLINE_JSON
	    : *p == 't'	       ? LOGLINE_LOGFMT
			       : LOGLINE_TEXT;
	size_t n;

	memset(out, 0, sizeof(*out));
	if (!skip(&p, form[f].time) || !logline_time_read(p, &out->wall_ms))
		return false;
	p += LOGLINE_TIME;
	if (!skip(&p, form[f].level) || !read_level(&p, &out->level)
	    || !skip(&p, form[f].who))
		return false;
	n = strcspn(p, form[f].end);
	if (p[n] == '\0' || n >= sizeof(out->who))
		return false;
	memcpy(out->who, p, n);
	return true;
}
