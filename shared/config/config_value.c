/* SPDX-License-Identifier: MIT */
/*
 * The types of shardherd.conf: how each is read and checked (config_format.c
 * writes them back).
 * A refusal says what was expected and quotes what came.  Nothing here knows
 * about files, lines or sections.
 */
#include "shared/config/config_value_impl.h"

#include "shared/discord/gateway_url.h"
#include "shared/json/json.h"
#include "shared/base/log.h"
#include "shared/base/text.h"

#include <ctype.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define QUOTE_MAX 60 /* of a refused value, in a message */

const struct config_key config_keys[] = {
#define K(sec, key, type, member, text, min, max, flags, reload, doc)          \
	{sec, key, CONFIG_##type, offsetof(struct config, member), text, min,  \
	    max, flags, CONFIG_RELOAD_##reload, doc},
#define P(key, type, member, text, min, max, flags, reload, doc)               \
	{CONFIG_PLUGIN_SECTION, key, CONFIG_##type,                            \
	    offsetof(struct config_plugin, member), text, min, max, flags,     \
	    CONFIG_RELOAD_##reload, doc},
	CONFIG_KEYS(K, P)
#undef K
#undef P
};
const size_t config_keys_n = nitems(config_keys);

const char *const config_reload_name[] = {
#define X(n, s) s,
	CONFIG_RELOADS(X)
#undef X
};

const char *const config_compress_name[] = {
	[COMPRESS_NONE] = "none",
	[COMPRESS_ZLIB] = "zlib-stream",
	[COMPRESS_ZSTD] = "zstd-stream",
};

bool
config_key_is_plugin(const struct config_key *k)
{
	return strcmp(k->section, CONFIG_PLUGIN_SECTION) == 0;
}

/* The refused text, printable and short. */
static void
quote(const char *text, char out[QUOTE_MAX + 4])
{
	size_t n = 0;

	for (; text[n] != '\0' && n < QUOTE_MAX; n++)
		out[n] = iscntrl((unsigned char)text[n]) ? '?' : text[n];
	str_copy(out + n, text[n] != '\0' ? "..." : "", 4);
}

int
config_value_refuse(struct config_value *v, const char *fmt, ...)
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
config_value_text(struct config_value *v, const char *text)
{
	char **to = v->to;
	char *copy = base_strdup(text);

	free(*to);
	*to = copy;
	return 0;
}

static int
parse_text(struct config_value *v)
{
	return config_value_text(v, v->text);
}

static int
parse_word(struct config_value *v)
{
	size_t n = strspn(v->text, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");

	if (n == 0 || v->text[n] != '\0' || n > (size_t)v->key->max)
		return config_value_refuse(v, "1 to %d letters, digits, '-', '_' or '.'",
		    (int)v->key->max);
	return config_value_text(v, v->text);
}

static int
parse_file(struct config_value *v)
{
	char path[CONFIG_PATH_MAX];
	bool fits;

	if (v->text[0] == '\0' && v->key->min > 0)
		return config_value_refuse(v, "a path");
	if (v->text[0] == '\0' || v->text[0] == '/')
		fits = str_format(path, sizeof(path), "%s", v->text);
	else
		fits = str_format(path, sizeof(path), "%s/%s",
		    strcmp(v->dir, "/") == 0 ? "" : v->dir,
		    strncmp(v->text, "./", 2) == 0 ? v->text + 2 : v->text);
	if (!fits)
		return config_value_refuse(v, "a path below %d bytes", CONFIG_PATH_MAX);
	for (size_t n = strlen(path); n > 1 && path[n - 1] == '/'; n--)
		path[n - 1] = '\0';
	return config_value_text(v, path);
}

static int
parse_number(struct config_value *v)
{
	int64_t n;

	if (!str_to_i64(v->text, &n))
		return config_value_refuse(v, "a whole number");
	if (n < v->key->min || n > v->key->max)
		return config_value_refuse(v, "a number from %lld to %lld",
		    (long long)v->key->min, (long long)v->key->max);
	*(int64_t *)v->to = n;
	return 0;
}

static int
parse_auto(struct config_value *v)
{
	int64_t n = 0;

	if (strcasecmp(v->text, "auto") != 0) {
		if (!str_to_i64(v->text, &n))
			return config_value_refuse(v, "a number or \"auto\"");
		if (n < v->key->min || n > v->key->max)
			return config_value_refuse(v, "a number from %lld to %lld or "
			    "\"auto\"", (long long)v->key->min,
			    (long long)v->key->max);
	}
	*(int64_t *)v->to = n;
	return 0;
}

static int
parse_size(struct config_value *v)
{
	char low[32], high[32];
	int64_t n;

	if (config_unit_read(v->text, CONFIG_SIZE, &n) == -1)
		return config_value_refuse(v, "a size such as \"64M\" or \"512K\"");
	if (n < v->key->min || n > v->key->max) {
		config_unit_write(v->key->min, CONFIG_SIZE, low, sizeof(low));
		config_unit_write(v->key->max, CONFIG_SIZE, high, sizeof(high));
		return config_value_refuse(v, "a size from %s to %s", low, high);
	}
	*(int64_t *)v->to = n;
	return 0;
}

static int
parse_duration(struct config_value *v)
{
	char low[32], high[32];
	int64_t ms;

	if (config_unit_read(v->text, CONFIG_DURATION, &ms) == -1)
		return config_value_refuse(v, "a duration such as \"5s\", \"250ms\" or "
		    "\"10m\"");
	if (ms < v->key->min || ms > v->key->max) {
		config_unit_write(v->key->min, CONFIG_DURATION, low, sizeof(low));
		config_unit_write(v->key->max, CONFIG_DURATION, high, sizeof(high));
		return config_value_refuse(v, "a duration from %s to %s", low, high);
	}
	*(double *)v->to = (double)ms / 1000;
	return 0;
}

static int
parse_intents(struct config_value *v)
{
	struct err e;

	if (config_intents(v->text, v->to, &e) == -1) {
		str_copy(v->why, e.text, v->size);
		return -1;
	}
	return 0;
}

static const char *
presence_fault(struct json_object *o)
{
	static const char *const known[] = {"online", "dnd", "idle",
	    "invisible", "offline"};
	struct json_object *f;

	if (!json_object_is_type(o, json_type_object))
		return "a JSON object";
	if (json_object_object_get_ex(o, "activities", &f) &&
	    !json_object_is_type(f, json_type_array))
		return "\"activities\" to be an array";
	if (!json_object_object_get_ex(o, "status", &f))
		return NULL;
	for (size_t i = 0; i < nitems(known); i++)
		if (json_object_is_type(f, json_type_string) &&
		    strcmp(json_object_get_string(f), known[i]) == 0)
			return NULL;
	return "\"status\" to be online, dnd, idle, invisible or offline";
}

static int
parse_json(struct config_value *v)
{
	struct json_object *o;
	const char *fault;

	if (v->text[0] == '\0')
		return config_value_text(v, "");
	if (strlen(v->text) > (size_t)v->key->max)
		return config_value_refuse(v, "at most %d bytes of JSON (IDENTIFY has 4096 "
		    "for everything)", (int)v->key->max);
	fault = json_parse(&o, v->text, strlen(v->text)) ? presence_fault(o)
	    : "a JSON object";
	json_object_put(o);
	return fault != NULL ? config_value_refuse(v, "%s", fault)
	    : config_value_text(v, v->text);
}

/* Where the host begins, NULL when text is not an URL of that scheme. */
static const char *
after_scheme(const char *text, const char *scheme)
{
	size_t n = strlen(scheme);

	if (strncasecmp(text, scheme, n) != 0 ||
	    strcspn(text + n, "/ \t@?#") == 0 || strpbrk(text, " \t@#") != NULL)
		return NULL;
	return text + n;
}

static int
parse_api(struct config_value *v)
{
	const char *plain = after_scheme(v->text, "http://");
	char *slash;

	if (plain == NULL && after_scheme(v->text, "https://") == NULL)
		return config_value_refuse(v, "an URL such as \"https://discord.com/api/"
		    "v10\"");
	if (plain != NULL && !gateway_url_loopback(plain))
		return config_value_refuse(v, "https:// (http:// would send the token in "
		    "the clear; it is for this machine only)");
	if (strpbrk(v->text, "?# \t") != NULL)
		return config_value_refuse(v, "an URL without a question mark, \"#\" or "
		    "blanks: paths are put behind it");
	config_value_text(v, v->text);
	slash = *(char **)v->to;
	for (size_t n = strlen(slash); n > 8 && slash[n - 1] == '/'; n--)
		slash[n - 1] = '\0';
	return 0;
}

static int
parse_proxy(struct config_value *v)
{
	const char *host = after_scheme(v->text, "http://"), *port;

	if (v->text[0] == '\0')
		return config_value_text(v, "");
	if (host == NULL || (port = strrchr(host, ':')) == NULL ||
	    strspn(port + 1, "0123456789") == 0 ||
	    strspn(port + 1, "0123456789") != strcspn(port + 1, "/")) {
		/* It may hold a password, which is not to be repeated. */
		str_format(v->why, v->size, "expected \"http://host:port\" or "
		    "nothing, got something else");
		return -1;
	}
	return config_value_text(v, v->text);
}

static int
parse_compress(struct config_value *v)
{
	for (size_t i = 0; i < nitems(config_compress_name); i++) {
		if (strcmp(v->text, config_compress_name[i]) != 0)
			continue;
		*(enum config_compress *)v->to = (enum config_compress)i;
		return 0;
	}
	return config_value_refuse(v, "none, zlib-stream or zstd-stream");
}

static int
parse_level(struct config_value *v)
{
	enum log_level level;

	if (log_parse_level(v->text, &level) == -1)
		return config_value_refuse(v, "debug, info, notice, warn or error");
	*(int *)v->to = (int)level;
	return 0;
}

static int
parse_words(struct config_value *v)
{
	const char *const *word = config_words(v->key->type);
	char all[128] = "";

	for (int i = 0; word[i] != NULL; i++) {
		size_t n = strlen(all);

		if (strcmp(v->text, word[i]) == 0) {
			*(int *)v->to = i;
			return 0;
		}
		str_format(all + n, sizeof(all) - n, "%s%s", i == 0 ? ""
		    : word[i + 1] == NULL ? " or " : ", ", word[i]);
	}
	return config_value_refuse(v, "%s", all);
}

static int (*const parser[CONFIG_TYPES])(struct config_value *) = {
	[CONFIG_TEXT] = parse_text,
	[CONFIG_WORD] = parse_word,
	[CONFIG_FILE] = parse_file,
	[CONFIG_NUMBER] = parse_number,
	[CONFIG_AUTO] = parse_auto,
	[CONFIG_SIZE] = parse_size,
	[CONFIG_DURATION] = parse_duration,
	[CONFIG_INTENTS] = parse_intents,
	[CONFIG_JSON] = parse_json,
	[CONFIG_API] = parse_api,
	[CONFIG_PROXY] = parse_proxy,
	[CONFIG_COMPRESS] = parse_compress,
	[CONFIG_LEVEL] = parse_level,
	[CONFIG_EXEC] = config_value_exec,
	[CONFIG_COMMAND] = config_value_command,
	[CONFIG_EVENTS] = config_value_events,
	[CONFIG_RANGES] = config_value_ranges,
	[CONFIG_PREFIX] = config_value_prefix,
	[CONFIG_PERMISSIONS] = config_value_permissions,
	[CONFIG_OWN] = parse_text,
	[CONFIG_USER] = config_value_user,
	[CONFIG_LOG_TO] = parse_words,
	[CONFIG_LOG_FORMAT] = parse_words,
	[CONFIG_YES_NO] = parse_words,
	[CONFIG_OFF_AUTO] = parse_words,
};

int
config_value_parse(const struct config_key *k, const char *text,
    const char *dir, void *base, char *why, size_t size)
{
	struct config_value v = {k, text, dir, (char *)base + k->offset, why,
	    size, false};

	return parser[k->type](&v);
}

int
config_value_recall(const struct config_key *k, const char *text,
    const char *dir, void *base, char *why, size_t size)
{
	struct config_value v = {k, text, dir, (char *)base + k->offset, why,
	    size, true};

	return parser[k->type](&v);
}
