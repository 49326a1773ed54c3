/* SPDX-License-Identifier: MIT */
/*
 * How values of every type are read, checked, written back, copied and freed;
 * those about plugins are read in config_types_plugin.c.  A refusal says what
 * was expected and quotes what came.  Nothing here knows about files, lines or
 * sections.
 */
#include "shared/config/config_types_impl.h"

#include "shared/discord/gateway_url.h"
#include "shared/json/json.h"
#include "shared/base/logline.h"
#include "shared/base/text.h"

#include <ctype.h>
#include <json-c/json.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>
#include <strings.h>

#define QUOTE_MAX 60 /* of a refused value, in a message */

/* What can be done with values of a type. */
struct type {
	config_types_fn *parse;
	/* As the file says it, owner frees; NULL: the value is a char *, a text
	 * of its own that is copied and freed with it. */
	char *(*text)(const struct config_key *, const void *at);
	const char *const *word; /* the only ones there are */
	size_t words;
};

/* ---- texts ---------------------------------------------------------- */

/* The refused text, printable and short. */
static void
quote(const char *text, char out[QUOTE_MAX + 4])
{
	size_t n = 0;

	for (; n < QUOTE_MAX && text[n] != '\0'; n++)
		out[n] = iscntrl((unsigned char)text[n]) ? '?' : text[n];
	str_copy(out + n, text[n] != '\0' ? "..." : "", 4);
}

int
config_types_refuse(struct config_types_value *v, const char *fmt, ...)
{
	char want[512], got[QUOTE_MAX + 4];
	const char *hint = "";
	va_list ap;

	va_start(ap, fmt);
	text_vformat(want, sizeof(want), fmt, ap);
	va_end(ap);
	quote(v->text, got);
	if (strstr(v->text, " ;") != NULL || strstr(v->text, " #") != NULL)
		hint = " (a comment needs a line of its own)";
	str_format(v->why, v->size, "expected %s, got \"%s\"%s", want, got,
	    hint);
	return -1;
}

int
config_types_take(struct config_types_value *v, const char *text)
{
	char **to = v->to;
	char *copy = base_strdup(text);

	free(*to);
	*to = copy;
	return 0;
}

static int
parse_text(struct config_types_value *v)
{
	return config_types_take(v, v->text);
}

static int
parse_word(struct config_types_value *v)
{
	size_t n = strspn(v->text,
	    "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");

	if (n == 0 || v->text[n] != '\0' || n > (size_t)v->key->max)
		return config_types_refuse(v,
		    "1 to %d letters, digits, '-', '_' or '.'",
		    (int)v->key->max);
	return config_types_take(v, v->text);
}

static int
parse_file(struct config_types_value *v)
{
	char path[CONFIG_PATH_MAX];
	bool fits;

	if (v->text[0] == '\0' && v->key->min > 0)
		return config_types_refuse(v, "a path");
	if (v->text[0] == '\0' || v->text[0] == '/')
		fits = str_format(path, sizeof(path), "%s", v->text);
	else
		fits = str_format(path, sizeof(path), "%s/%s",
		    strcmp(v->dir, "/") == 0 ? "" : v->dir,
		    strncmp(v->text, "./", 2) == 0 ? v->text + 2 : v->text);
	if (!fits)
		return config_types_refuse(v, "a path below %d bytes",
		    CONFIG_PATH_MAX);
	for (size_t n = strlen(path); n > 1 && path[n - 1] == '/'; n--)
		path[n - 1] = '\0';
	return config_types_take(v, path);
}

/* ---- numbers -------------------------------------------------------- */

static int
parse_number(struct config_types_value *v)
{
	int64_t n;

	if (!str_to_i64(v->text, &n))
		return config_types_refuse(v, "a whole number");
	if (n < v->key->min || n > v->key->max)
		return config_types_refuse(v, "a number from %lld to %lld",
		    (long long)v->key->min, (long long)v->key->max);
	*(int64_t *)v->to = n;
	return 0;
}

static int
parse_auto(struct config_types_value *v)
{
	int64_t n = 0;

	if (strcasecmp(v->text, "auto") != 0) {
		if (!str_to_i64(v->text, &n))
			return config_types_refuse(v, "a number or \"auto\"");
		if (n < v->key->min || n > v->key->max)
			return config_types_refuse(v,
			    "a number from %lld to %lld or \"auto\"",
			    (long long)v->key->min, (long long)v->key->max);
	}
	*(int64_t *)v->to = n;
	return 0;
}

static char *
text_number(const struct config_key *k, const void *at)
{
	char text[32];

	str_format(text, sizeof(text), "%lld", (long long)*(const int64_t *)at);
	return base_strdup(text);
}

static char *
text_auto(const struct config_key *k, const void *at)
{
	return *(const int64_t *)at == 0 ? base_strdup("auto")
					 : text_number(k, at);
}

/* ---- numbers with units: "64M", "250ms" ----------------------------- */

struct units {
	const char *noun, *example;
	bool bare; /* a number without one is written so */
	struct unit {
		const char *name;
		int64_t scale;
	} unit[6]; /* largest first: the first that divides */
};

static const struct units size_units = {"size", "\"64M\" or \"512K\"", true,
    {{"G", (int64_t)1 << 30}, {"M", 1 << 20}, {"K", 1 << 10}, {"", 1}}};
static const struct units time_units = {"duration",
    "\"5s\", \"250ms\" or \"10m\"", false,
    {{"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}, {"", 1000}}};

/* "1.5M": a number and one of the units. */
static bool
units_read(const struct units *u, const char *text, int64_t *out)
{
	size_t digits = strspn(text, "0123456789.");
	char number[32];
	double d;

	if (digits == 0 || digits >= sizeof(number))
		return false;
	memcpy(number, text, digits);
	number[digits] = '\0';
	if (!str_to_double(number, &d))
		return false;
	text += digits + strspn(text + digits, " ");
	for (const struct unit *unit = u->unit; unit->name != NULL; unit++) {
		if (strcasecmp(text, unit->name) != 0)
			continue;
		d *= (double)unit->scale;
		*out = d > 9e15 ? 0 : llround(d);
		return d <= 9e15;
	}
	return false;
}

static const char *
units_write(const struct units *u, int64_t n, char out[32])
{
	const struct unit *unit = u->unit;

	while ((unit->name[0] == '\0' && !u->bare) || n % unit->scale != 0
	    || (n == 0 && unit->scale != 1))
		unit++;
	str_format(out, 32, "%lld%s", (long long)(n / unit->scale), unit->name);
	return out;
}

static int
parse_units(struct config_types_value *v, const struct units *u, int64_t *out)
{
	char low[32], high[32];

	if (!units_read(u, v->text, out))
		return config_types_refuse(v, "a %s such as %s", u->noun,
		    u->example);
	if (*out < v->key->min || *out > v->key->max)
		return config_types_refuse(v, "a %s from %s to %s", u->noun,
		    units_write(u, v->key->min, low),
		    units_write(u, v->key->max, high));
	return 0;
}

static int
parse_size(struct config_types_value *v)
{
	int64_t n;

	if (parse_units(v, &size_units, &n) == -1)
		return -1;
	*(int64_t *)v->to = n;
	return 0;
}

static char *
text_size(const struct config_key *k, const void *at)
{
	char text[32];

	return base_strdup(
	    units_write(&size_units, *(const int64_t *)at, text));
}

static int
parse_duration(struct config_types_value *v)
{
	int64_t ms;

	if (parse_units(v, &time_units, &ms) == -1)
		return -1;
	*(double *)v->to = (double)ms / 1000;
	return 0;
}

static char *
text_duration(const struct config_key *k, const void *at)
{
	char text[32];

	return base_strdup(units_write(&time_units,
	    llround(*(const double *)at * 1000), text));
}

/* ---- intents, JSON, URLs -------------------------------------------- */

static int
parse_intents(struct config_types_value *v)
{
	struct err e;

	if (config_intents(v->text, v->to, &e) == -1) {
		str_copy(v->why, e.text, v->size);
		return -1;
	}
	return 0;
}

static char *
text_intents(const struct config_key *k, const void *at)
{
	uint64_t bits = *(const uint64_t *)at;
	char *text = NULL;
	size_t size;
	FILE *f;
	const char *sep = "";

	if (bits == UINT64_MAX)
		return base_strdup("all");
	f = open_memstream(&text, &size);
	must(f != NULL);
	for (unsigned b = 0; b < 64; b++) {
		if ((bits >> b & 1) == 0)
			continue;
		fprintf(f, "%s%s", sep, config_intent_name(b));
		sep = ", ";
	}
	fputs(bits == 0 ? "0" : "", f);
	fclose(f);
	return text;
}

static const char *
presence_fault(struct json_object *o)
{
	static const char *const known[] = {"online", "dnd", "idle",
	    "invisible", "offline"};
	struct json_object *f;

	if (!json_object_is_type(o, json_type_object))
		return "a JSON object";
	if (json_object_object_get_ex(o, "activities", &f)
	    && !json_object_is_type(f, json_type_array))
		return "\"activities\" to be an array";
	if (!json_object_object_get_ex(o, "status", &f))
		return NULL;
	for (size_t i = 0; i < nitems(known); i++)
		if (json_object_is_type(f, json_type_string)
		    && strcmp(json_object_get_string(f), known[i]) == 0)
			return NULL;
	return "\"status\" to be online, dnd, idle, invisible or offline";
}

static int
parse_json(struct config_types_value *v)
{
	struct json_object *o;
	const char *fault;

	if (v->text[0] == '\0')
		return config_types_take(v, "");
	if (strlen(v->text) > (size_t)v->key->max)
		return config_types_refuse(v,
		    "at most %d bytes of JSON (IDENTIFY has 4096 for "
		    "everything)",
		    (int)v->key->max);
	fault = json_parse(&o, v->text, strlen(v->text)) ? presence_fault(o)
							 : "a JSON object";
	json_object_put(o);
	return fault != NULL ? config_types_refuse(v, "%s", fault)
			     : config_types_take(v, v->text);
}

/* Where the host begins, NULL when text is not an URL of that scheme. */
static const char *
after_scheme(const char *text, const char *scheme)
{
	size_t n = strlen(scheme);

	if (strncasecmp(text, scheme, n) != 0
	    || strcspn(text + n, "/ \t@?#") == 0
	    || strpbrk(text, " \t@#") != NULL)
		return NULL;
	return text + n;
}

static int
parse_api(struct config_types_value *v)
{
	const char *plain = after_scheme(v->text, "http://");
	char *slash;

	if (plain == NULL && after_scheme(v->text, "https://") == NULL)
		return config_types_refuse(v,
		    "an URL such as \"https://discord.com/api/v10\"");
	if (plain != NULL && !gateway_url_loopback(plain))
		return config_types_refuse(v,
		    "https:// (http:// would send the token in the clear; it "
		    "is for this machine only)");
	if (strpbrk(v->text, "?# \t") != NULL)
		return config_types_refuse(v,
		    "an URL without a question mark, \"#\" or blanks: paths "
		    "are put behind it");
	config_types_take(v, v->text);
	slash = *(char **)v->to;
	for (size_t n = strlen(slash); n > 8 && slash[n - 1] == '/'; n--)
		slash[n - 1] = '\0';
	return 0;
}

static int
parse_proxy(struct config_types_value *v)
{
	const char *host = after_scheme(v->text, "http://"), *port;

	if (v->text[0] == '\0')
		return config_types_take(v, "");
	if (host == NULL || (port = strrchr(host, ':')) == NULL
	    || strspn(port + 1, "0123456789") == 0
	    || strspn(port + 1, "0123456789") != strcspn(port + 1, "/")) {
		/* It may hold a password, which is not to be repeated. */
		str_format(v->why, v->size,
		    "expected \"http://host:port\" or nothing, got something "
		    "else");
		return -1;
	}
	return config_types_take(v, v->text);
}

/* ---- one of some words: an int, its index --------------------------- */

static const char *const compress_word[] = {
    [COMPRESS_NONE] = "none",
    [COMPRESS_ZLIB] = "zlib-stream",
    [COMPRESS_ZSTD] = "zstd-stream",
    [COMPRESS_AUTO] = "auto",
};
static const char *const log_to_word[] = {
    [CONFIG_LOG_FILE] = "file",
    [CONFIG_LOG_STDERR] = "stderr",
};
static const char *const yes_no_word[] = {"no", "yes"};
static const char *const rest_word[] = {
    [CONFIG_REST_NONE] = "none",
    [CONFIG_REST_READ] = "read",
    [CONFIG_REST_FULL] = "full",
};
static const char *const client_compress_word[] = {
    [CONFIG_CLIENT_STORED] = "stored",
    [CONFIG_CLIENT_REAL] = "real",
};
static const char *const members_word[] = {
    [CONFIG_MEMBERS_SELF] = "self",
    [CONFIG_MEMBERS_VOICE] = "voice",
    [CONFIG_MEMBERS_SEEN] = "seen",
    [CONFIG_MEMBERS_ALL] = "all",
};
static const char *const second_word[] = {
    [CONFIG_SECOND_TAKE_OVER] = "take_over",
    [CONFIG_SECOND_SHARE] = "share",
    [CONFIG_SECOND_REFUSE] = "refuse",
};
static const char *const off_auto_word[] = {"off", "auto"};

static const struct type *type_of(const struct config_key *);

static int
parse_words(struct config_types_value *v)
{
	const struct type *type = type_of(v->key);
	char all[128] = "";

	for (size_t i = 0; i < type->words; i++) {
		size_t n = strlen(all);

		if (strcmp(v->text, type->word[i]) == 0) {
			*(int *)v->to = (int)i;
			return 0;
		}
		str_format(all + n, sizeof(all) - n, "%s%s",
		    i == 0		       ? ""
			: i + 1 == type->words ? " or "
					       : ", ",
		    type->word[i]);
	}
	return config_types_refuse(v, "%s", all);
}

static char *
text_words(const struct config_key *k, const void *at)
{
	const struct type *type = type_of(k);
	int i = *(const int *)at;

	must(i >= 0 && (size_t)i < type->words);
	return base_strdup(type->word[i]);
}

/* ---- the table ------------------------------------------------------ */

#define TEXT(parse)                                                            \
	{                                                                      \
		parse, NULL                                                    \
	}
#define WORDS(array)                                                           \
	{                                                                      \
		parse_words, text_words, array, nitems(array)                  \
	}

static const struct type types[CONFIG_TYPES] = {
#define X(n, ...) [CONFIG_##n] = __VA_ARGS__,
    CONFIG_TYPES_ROWS(X)
#undef X
};

static const struct type *
type_of(const struct config_key *k)
{
	must(k->type < CONFIG_TYPES);
	return &types[k->type];
}

/* Where the key's text is kept; NULL when its value is none. */
static char **
text_at(const struct config_key *k, void *base)
{
	return type_of(k)->text == NULL ? (char **)((char *)base + k->offset)
					: NULL;
}

int
config_types_parse(const struct config_key *k, const char *text,
    const char *dir, bool recalled, void *base, char *why, size_t size)
{
	struct config_types_value v = {k, text, dir, (char *)base + k->offset,
	    why, size, recalled};

	return type_of(k)->parse(&v);
}

char *
config_types_text(const struct config_key *k, const void *base)
{
	const char *at = (const char *)base + k->offset;
	const char *text;

	if (type_of(k)->text != NULL)
		return type_of(k)->text(k, at);
	text = *(char *const *)at;
	return base_strdup(text != NULL ? text : "");
}

void
config_types_free(const struct config_key *k, void *base)
{
	char **text = text_at(k, base);

	if (text != NULL) {
		free(*text);
		*text = NULL;
	}
}

void
config_plugin_free(struct config_plugin *c)
{
	for (size_t i = 0; i < config_keys_n; i++)
		if (config_keys_is_plugin(&config_keys[i]))
			config_types_free(&config_keys[i], c);
	*c = (struct config_plugin) {0};
}

void
config_plugin_copy(struct config_plugin *to, const struct config_plugin *from)
{
	struct config_plugin was = *to;

	*to = *from;
	for (size_t i = 0; i < config_keys_n; i++) {
		const struct config_key *k = &config_keys[i];
		char **text = config_keys_is_plugin(k) ? text_at(k, to) : NULL;

		if (text != NULL)
			*text = base_strdup(*text != NULL ? *text : "");
	}
	config_plugin_free(&was);
}
