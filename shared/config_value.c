/* SPDX-License-Identifier: MIT */
/*
 * The types of shardherd.conf: how each is read and checked (config_format.c
 * writes them back).
 * A refusal says what was expected and quotes what came.  Nothing here knows
 * about files, lines or sections.
 */
#include "shared/config_table.h"

#include "shared/config_ranges.h"

#include "shared/log.h"

#include <ctype.h>
#include <json-c/json.h>
#include <pwd.h>
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

const char *const config_permission[] = {"ranks"};
const size_t config_permissions_n = nitems(config_permission);

struct value {
	const struct config_key *key;
	const char *text, *dir;
	void *to;
	char *why;
	size_t size;
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

static int refuse(struct value *v, const char *fmt, ...) printflike(2, 3);

static int
refuse(struct value *v, const char *fmt, ...)
{
	char want[512], got[QUOTE_MAX + 4];
	const char *hint = "";
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(want, sizeof(want), fmt, ap);
	va_end(ap);
	quote(v->text, got);
	if (strstr(v->text, " ;") != NULL || strstr(v->text, " #") != NULL)
		hint = " (a comment needs a line of its own)";
	str_format(v->why, v->size, "expected %s, got \"%s\"%s", want, got,
	    hint);
	return -1;
}

static int
take_text(struct value *v, const char *text)
{
	char **to = v->to;
	char *copy = base_strdup(text);

	free(*to);
	*to = copy;
	return 0;
}

static int
parse_text(struct value *v)
{
	return take_text(v, v->text);
}

static int
parse_word(struct value *v)
{
	size_t n = strspn(v->text, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");

	if (n == 0 || v->text[n] != '\0' || n > (size_t)v->key->max)
		return refuse(v, "1 to %d letters, digits, '-', '_' or '.'",
		    (int)v->key->max);
	return take_text(v, v->text);
}

static int
parse_file(struct value *v)
{
	char path[CONFIG_PATH_MAX];
	bool fits;

	if (v->text[0] == '\0' && v->key->min > 0)
		return refuse(v, "a path");
	if (v->text[0] == '\0' || v->text[0] == '/')
		fits = str_format(path, sizeof(path), "%s", v->text);
	else
		fits = str_format(path, sizeof(path), "%s/%s",
		    strcmp(v->dir, "/") == 0 ? "" : v->dir,
		    strncmp(v->text, "./", 2) == 0 ? v->text + 2 : v->text);
	if (!fits)
		return refuse(v, "a path below %d bytes", CONFIG_PATH_MAX);
	for (size_t n = strlen(path); n > 1 && path[n - 1] == '/'; n--)
		path[n - 1] = '\0';
	return take_text(v, path);
}

static int
parse_number(struct value *v)
{
	int64_t n;

	if (!str_to_i64(v->text, &n))
		return refuse(v, "a whole number");
	if (n < v->key->min || n > v->key->max)
		return refuse(v, "a number from %lld to %lld",
		    (long long)v->key->min, (long long)v->key->max);
	*(int64_t *)v->to = n;
	return 0;
}

static int
parse_auto(struct value *v)
{
	int64_t n = 0;

	if (strcasecmp(v->text, "auto") != 0) {
		if (!str_to_i64(v->text, &n))
			return refuse(v, "a number or \"auto\"");
		if (n < v->key->min || n > v->key->max)
			return refuse(v, "a number from %lld to %lld or "
			    "\"auto\"", (long long)v->key->min,
			    (long long)v->key->max);
	}
	*(int64_t *)v->to = n;
	return 0;
}

static int
parse_size(struct value *v)
{
	char low[32], high[32];
	int64_t n;

	if (config_unit_read(v->text, CONFIG_SIZE, &n) == -1)
		return refuse(v, "a size such as \"64M\" or \"512K\"");
	if (n < v->key->min || n > v->key->max) {
		config_unit_write(v->key->min, CONFIG_SIZE, low, sizeof(low));
		config_unit_write(v->key->max, CONFIG_SIZE, high, sizeof(high));
		return refuse(v, "a size from %s to %s", low, high);
	}
	*(int64_t *)v->to = n;
	return 0;
}

static int
parse_duration(struct value *v)
{
	char low[32], high[32];
	int64_t ms;

	if (config_unit_read(v->text, CONFIG_DURATION, &ms) == -1)
		return refuse(v, "a duration such as \"5s\", \"250ms\" or "
		    "\"10m\"");
	if (ms < v->key->min || ms > v->key->max) {
		config_unit_write(v->key->min, CONFIG_DURATION, low, sizeof(low));
		config_unit_write(v->key->max, CONFIG_DURATION, high, sizeof(high));
		return refuse(v, "a duration from %s to %s", low, high);
	}
	*(double *)v->to = (double)ms / 1000;
	return 0;
}

static int
parse_intents(struct value *v)
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
parse_json(struct value *v)
{
	struct json_tokener *tok;
	struct json_object *o;
	const char *fault;

	if (v->text[0] == '\0')
		return take_text(v, "");
	if (strlen(v->text) > (size_t)v->key->max)
		return refuse(v, "at most %d bytes of JSON (IDENTIFY has 4096 "
		    "for everything)", (int)v->key->max);
	if ((tok = json_tokener_new()) == NULL)
		return refuse(v, "memory for a JSON parser");
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT);
	o = json_tokener_parse_ex(tok, v->text, (int)strlen(v->text) + 1);
	fault = json_tokener_get_error(tok) != json_tokener_success ?
	    "a JSON object" : presence_fault(o);
	json_object_put(o);
	json_tokener_free(tok);
	return fault != NULL ? refuse(v, "%s", fault) : take_text(v, v->text);
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

static bool
is_loopback(const char *host)
{
	return strncmp(host, "127.", 4) == 0 ||
	    strncmp(host, "[::1]", 5) == 0 ||
	    (strncasecmp(host, "localhost", 9) == 0 &&
	    strchr(":/", host[9]) != NULL);
}

static int
parse_api(struct value *v)
{
	const char *plain = after_scheme(v->text, "http://");
	char *slash;

	if (plain == NULL && after_scheme(v->text, "https://") == NULL)
		return refuse(v, "an URL such as \"https://discord.com/api/"
		    "v10\"");
	if (plain != NULL && !is_loopback(plain))
		return refuse(v, "https:// (http:// would send the token in "
		    "the clear; it is for this machine only)");
	if (strpbrk(v->text, "?# \t") != NULL)
		return refuse(v, "an URL without a question mark, \"#\" or "
		    "blanks: paths are put behind it");
	take_text(v, v->text);
	slash = *(char **)v->to;
	for (size_t n = strlen(slash); n > 8 && slash[n - 1] == '/'; n--)
		slash[n - 1] = '\0';
	return 0;
}

static int
parse_proxy(struct value *v)
{
	const char *host = after_scheme(v->text, "http://"), *port;

	if (v->text[0] == '\0')
		return take_text(v, "");
	if (host == NULL || (port = strrchr(host, ':')) == NULL ||
	    strspn(port + 1, "0123456789") == 0 ||
	    strspn(port + 1, "0123456789") != strcspn(port + 1, "/")) {
		/* It may hold a password, which is not to be repeated. */
		str_format(v->why, v->size, "expected \"http://host:port\" or "
		    "nothing, got something else");
		return -1;
	}
	return take_text(v, v->text);
}

static int
parse_compress(struct value *v)
{
	for (size_t i = 0; i < nitems(config_compress_name); i++) {
		if (strcmp(v->text, config_compress_name[i]) != 0)
			continue;
		*(enum config_compress *)v->to = (enum config_compress)i;
		return 0;
	}
	return refuse(v, "none, zlib-stream or zstd-stream");
}

static int
parse_level(struct value *v)
{
	enum log_level level;

	if (log_parse_level(v->text, &level) == -1)
		return refuse(v, "debug, info, notice, warn or error");
	*(int *)v->to = (int)level;
	return 0;
}

static int
parse_words(struct value *v)
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
	return refuse(v, "%s", all);
}

static int
parse_user(struct value *v)
{
	const struct passwd *pw;

	if (v->text[0] == '\0')
		return take_text(v, "");
	if ((pw = getpwnam(v->text)) == NULL)
		return refuse(v, "the name of a user of this machine");
	if (geteuid() != 0 && pw->pw_uid != geteuid())
		return refuse(v, "nothing: only root can start a plugin as "
		    "another user");
	return take_text(v, v->text);
}

static int
parse_switch(struct value *v)
{
	bool on = strcmp(v->text, "auto") == 0;

	if (!on && strcmp(v->text, "off") != 0)
		return refuse(v, "auto or off");
	*(bool *)v->to = on;
	return 0;
}

static bool
is_program(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	    access(path, X_OK) == 0;
}

/* Beside the config file, then in $PATH: false when it is nowhere. */
static bool
find_program(const char *dir, const char *word, char out[CONFIG_PATH_MAX])
{
	const char *path = getenv("PATH");

	if (!str_format(out, CONFIG_PATH_MAX, "%s%s%s",
	    word[0] == '/' ? "" : dir, word[0] == '/' ? "" : "/", word))
		return false;
	if (word[0] == '/' || is_program(out) || strchr(word, '/') != NULL)
		return is_program(out);
	for (size_t n; path != NULL && *path != '\0'; path += n + (path[n] != 0)) {
		n = strcspn(path, ":");
		if (n > 0 && path[0] == '/' && str_format(out, CONFIG_PATH_MAX,
		    "%.*s/%s", (int)n, path, word) && is_program(out))
			return true;
	}
	return str_format(out, CONFIG_PATH_MAX, "%s", word) && false;
}

/* One word so that config_split gives it back. */
static void
put_word(FILE *f, const char *word)
{
	if (word[0] != '\0' && strpbrk(word, " \t\"'\\") == NULL) {
		fputs(word, f);
		return;
	}
	putc('"', f);
	for (; *word != '\0'; word++) {
		if (*word == '"' || *word == '\\')
			putc('\\', f);
		putc(*word, f);
	}
	putc('"', f);
}

static int
parse_exec(struct value *v)
{
	char program[CONFIG_PATH_MAX], *text = NULL;
	struct err e;
	size_t size;
	int argc;
	char **argv = config_split(v->text, &argc, &e);
	FILE *f;

	if (argv == NULL || argc == 0) {
		free(argv);
		return refuse(v, "a command line (%s)", argv == NULL ? e.text :
		    "it is empty");
	}
	if (!find_program(v->dir, argv[0], program)) {
		refuse(v, "a program that can be run (%s is %s)", program,
		    access(program, F_OK) == 0 ? "not executable" : "not there");
		free(argv);
		return -1;
	}
	if ((f = open_memstream(&text, &size)) == NULL)
		bug("no memory for a command line");
	put_word(f, program);
	for (int i = 1; i < argc; i++) {
		putc(' ', f);
		put_word(f, argv[i]);
	}
	fclose(f);
	free(argv);
	take_text(v, text);
	free(text);
	return 0;
}

static int
parse_command(struct value *v)
{
	return v->text[0] == '\0' ? take_text(v, "") : parse_exec(v);
}

static int
parse_events(struct value *v)
{
	const char *p = v->text;
	size_t n, names = 0;

	if (strcmp(p, "*") == 0)
		return take_text(v, p);
	for (; *(p += strspn(p, ", \t")) != '\0'; p += n, names++) {
		n = strspn(p, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
		if (n == 0 || strchr(", \t", p[n]) == NULL)
			return refuse(v, "event names such as MESSAGE_CREATE, "
			    "or *");
	}
	return names == 0 ? refuse(v, "event names, or *") :
	    take_text(v, v->text);
}

static int
parse_ranges(struct value *v)
{
	struct config_ranges list;

	if (config_ranges_parse(&list, v->text) < 0)
		return refuse(v, "numbers and ranges such as 0-3, 7");
	config_ranges_free(&list);
	return take_text(v, v->text);
}

/* "/" is Discord's own, "<" begins every mention. */
static int
parse_prefix(struct value *v)
{
	size_t n = strlen(v->text);

	if (n > (size_t)v->key->max || strpbrk(v->text, " \t\"\\") != NULL ||
	    strchr("/<", v->text[0]) != NULL ? n > 0 : false)
		return refuse(v, "1 to %d bytes without blanks, quotes and "
		    "backslashes that do not begin with / or <, such as !",
		    (int)v->key->max);
	return take_text(v, v->text);
}

static int
parse_permissions(struct value *v)
{
	char word[32];
	const char *p = v->text, *near;
	size_t n, i;

	for (; *(p += strspn(p, ", \t")) != '\0'; p += n) {
		n = strcspn(p, ", \t");
		str_format(word, sizeof(word), "%.*s", (int)n, p);
		for (i = 0; i < config_permissions_n; i++)
			if (strcmp(word, config_permission[i]) == 0)
				break;
		if (i < config_permissions_n)
			continue;
		near = config_nearest(word, config_permission,
		    config_permissions_n);
		return refuse(v, "permissions there are (%s \"%s\"%s)",
		    near != NULL ? "did you mean" : "for example",
		    near != NULL ? near : config_permission[0],
		    near != NULL ? "?" : "");
	}
	return take_text(v, v->text);
}

static int (*const parser[CONFIG_TYPES])(struct value *) = {
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
	[CONFIG_EXEC] = parse_exec,
	[CONFIG_COMMAND] = parse_command,
	[CONFIG_EVENTS] = parse_events,
	[CONFIG_SWITCH] = parse_switch,
	[CONFIG_RANGES] = parse_ranges,
	[CONFIG_PREFIX] = parse_prefix,
	[CONFIG_PERMISSIONS] = parse_permissions,
	[CONFIG_OWN] = parse_text,
	[CONFIG_USER] = parse_user,
	[CONFIG_LOG_TO] = parse_words,
	[CONFIG_LOG_FORMAT] = parse_words,
	[CONFIG_YES_NO] = parse_words,
};

int
config_value_parse(const struct config_key *k, const char *text,
    const char *dir, void *base, char *why, size_t size)
{
	struct value v = {k, text, dir, (char *)base + k->offset, why, size};

	return parser[k->type](&v);
}
