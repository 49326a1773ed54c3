/* SPDX-License-Identifier: MIT */
/*
 * Reads shardherd.conf.  inih splits lines into keys and values; this module
 * counts the lines, keeps the sections, and reports every problem of the file
 * in one run.  The values themselves are config_types.c's.
 */
#include "shared/config/config_parsing.h"

#include "shared/config/config_plugin_keys.h"
#include "shared/config/config_ranges.h"
#include "shared/config/config_keys.h"
#include "shared/config/config_view.h"
#include "shared/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <limits.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE_BYTES_MAX 8192 /* with its end of line */
#define SOCKET_PATH_MAX 107 /* sun_path of a Unix socket */

static bool one_name(const char *quoted, char out[64]);

/* Is what is being read of [plugin "only"]? */
static bool
counts(const struct config_parsing *p)
{
	size_t word = strlen(CONFIG_PLUGIN_SECTION);
	char name[64];

	if (p->only == NULL)
		return true;
	return strncmp(p->section, CONFIG_PLUGIN_SECTION, word) == 0
	    && one_name(p->section + word + strspn(p->section + word, " \t"),
		name)
	    && strcmp(name, p->only) == 0;
}

static void complain(struct config_parsing *p, int line, const char *fmt, ...)
    printflike(3, 4);

static void
complain(struct config_parsing *p, int line, const char *fmt, ...)
{
	char text[1024], out[CONFIG_PATH_MAX + 1100];
	va_list ap;

	if (!counts(p))
		return;
	p->problems++;
	va_start(ap, fmt);
	text_vformat(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (line > 0)
		str_format(out, sizeof(out), "%s:%d: %s", p->file, line, text);
	else
		str_format(out, sizeof(out), "%s: %s", p->file, text);
	if (p->fn != NULL)
		p->fn(out, p->arg);
}

/* ---- the line reader under inih ------------------------------------- */

static bool
section_known(const char *name)
{
	for (size_t i = 0; i < config_keys_n; i++)
		if (strcmp(config_keys[i].section, name) == 0
		    && config_keys_kind(&config_keys[i]) == NULL)
			return true;
	return false;
}

static void
section_unknown(struct config_parsing *p)
{
	const char *names[CONFIG_PARSING_KEYS], *near;
	size_t n = 0;

	for (size_t i = 0; i < config_keys_n; i++)
		names[n++] = config_keys[i].section;
	near = config_nearest(p->section, names, n);
	complain(p, p->line, "[%s]: unknown section%s%s%s", p->section,
	    near != NULL ? "; did you mean [" : "", near != NULL ? near : "",
	    near != NULL ? "]?" : "");
	p->skip = true;
}

static void one_finish(struct config_parsing *);
static void set_defaults(struct config_parsing *, void *base,
    const struct config_kind *);

static bool
one_name(const char *quoted, char out[64])
{
	size_t n = strlen(quoted), good;

	if (n < 3 || n > 64 || quoted[0] != '"' || quoted[n - 1] != '"')
		return false;
	good = strspn(quoted + 1,
	    "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");
	if (good != n - 2)
		return false;
	memcpy(out, quoted + 1, n - 2);
	out[n - 2] = '\0';
	return true;
}

static int *
one_line(const struct config_kind *kind, const void *one)
{
	return (int *)((char *)one + kind->line);
}

static void
one_begin(struct config_parsing *p, const struct config_kind *kind,
    const char *quoted)
{
	size_t *n = (size_t *)((char *)p->config + kind->count);
	const void *other;
	char name[64];

	p->skip = true;
	if (!one_name(quoted, name)) {
		complain(p, p->line,
		    "[%s]: expected [%s \"name\"], the name of letters, "
		    "digits, '-', '_' and '.'",
		    p->section, kind->section);
		return;
	}
	other = config_kind_find(kind, p->config, name);
	if (other != NULL) {
		complain(p, p->line, "[%s]: given twice, first in line %d",
		    p->section, *one_line(kind, other));
		return;
	}
	if (*n == kind->max) {
		complain(p, p->line, "[%s]: more than %zu %ss", p->section,
		    kind->max, kind->section);
		return;
	}
	p->skip = false;
	p->kind = kind;
	p->one = config_kind_at(kind, p->config, (*n)++);
	str_copy(p->one, name, sizeof(name));
	*one_line(kind, p->one) = p->line;
	memset(p->seen_one, 0, sizeof(p->seen_one));
	set_defaults(p, p->one, kind);
}

static void
section_begin(struct config_parsing *p, const char *name, size_t len)
{
	one_finish(p);
	p->one = NULL;
	p->kind = NULL;
	p->skip = false;
	if (len >= sizeof(p->section))
		len = sizeof(p->section) - 1;
	memcpy(p->section, name, len);
	p->section[len] = '\0';
	for (size_t i = 0; i < config_kinds_n; i++) {
		size_t word = strlen(config_kinds[i].section);
		const char *rest = p->section + word;

		if (strncmp(p->section, config_kinds[i].section, word) == 0
		    && strchr(" \t\"", *rest) != NULL) {
			one_begin(p, &config_kinds[i],
			    rest + strspn(rest, " \t"));
			return;
		}
	}
	if (!section_known(p->section))
		section_unknown(p);
}

/* A header, a line too long, or a broken header: nothing left for inih. */
static bool
line_is_ours(struct config_parsing *p, const char *line, size_t len)
{
	const char *end;

	if (len >= LINE_BYTES_MAX - 3) {
		complain(p, p->line, "the line is longer than %d bytes",
		    LINE_BYTES_MAX - 3);
		return true;
	}
	while (len > 0 && strchr(" \t\r", line[len - 1]) != NULL)
		len--;
	while (len > 0 && strchr(" \t", *line) != NULL)
		line++, len--;
	if (len == 0 || *line != '[')
		return false;
	if ((end = memchr(line, ']', len)) == NULL)
		complain(p, p->line,
		    "the section's name is not closed with \"]\"");
	else if (end != line + len - 1)
		complain(p, p->line, "unexpected text behind \"]\"");
	section_begin(p, line + 1, (end != NULL ? end : line + len) - line - 1);
	return true;
}

/* fgets for inih: also the only place that counts lines. */
static char *
read_line(char *out, int num, void *arg)
{
	struct config_parsing *p = arg;
	size_t len = strcspn(p->next, "\n");
	const char *line = p->next;

	if (*line == '\0')
		return NULL;
	must(num >= LINE_BYTES_MAX);
	p->line++;
	p->next += len + (line[len] == '\n');
	if (line_is_ours(p, line, len))
		len = 0;
	memcpy(out, line, len);
	memcpy(out + len, "\n", 2);
	return out;
}

/* ---- keys ----------------------------------------------------------- */

static void
key_unknown(struct config_parsing *p, const char *key)
{
	const char *names[CONFIG_PARSING_KEYS] = {0}, *near, *elsewhere = NULL;
	char hint[128] = "";
	size_t n = 0;

	for (size_t i = 0; i < config_keys_n; i++) {
		const struct config_key *k = &config_keys[i];

		if (config_keys_kind(k) == p->kind
		    && (p->kind != NULL || strcmp(k->section, p->section) == 0))
			names[n++] = k->key;
		else if (strcmp(k->key, key) == 0)
			elsewhere = k->section;
	}
	if ((near = config_nearest(key, names, n)) != NULL)
		str_format(hint, sizeof(hint), "; did you mean %s?", near);
	else if (elsewhere != NULL)
		str_format(hint, sizeof(hint), "; it belongs into [%s]",
		    elsewhere);
	complain(p, p->line, "[%s] %s: unknown key%s", p->section, key, hint);
}

static const struct config_key *
key_find(const struct config_parsing *p, const char *key, size_t *index)
{
	const char *section = p->kind != NULL ? p->kind->section : p->section;

	for (size_t i = 0; i < config_keys_n; i++) {
		*index = i;
		if (strcmp(config_keys[i].section, section) == 0
		    && strcmp(config_keys[i].key, key) == 0)
			return &config_keys[i];
	}
	return NULL;
}

/* "config.KEY" of a plugin: true when it is one. */
static bool
key_own(struct config_parsing *p, const char *key, const char *value)
{
	size_t n = strlen(CONFIG_PLUGIN_KEYS_PREFIX);
	struct config_plugin *plugin = p->one;
	const char *why;

	if (p->kind == NULL
	    || strcmp(p->kind->section, CONFIG_PLUGIN_SECTION) != 0
	    || strncmp(key, CONFIG_PLUGIN_KEYS_PREFIX, n) != 0)
		return false;
	why = config_plugin_keys_add(&plugin->own, key + n, value);
	if (why != NULL)
		complain(p, p->line, "[%s] %s: %s", p->section, key, why);
	return true;
}

static void
key_set(struct config_parsing *p, const char *key, const char *value)
{
	const struct config_key *k;
	char why[768];
	size_t i;
	int *seen;

	if (key_own(p, key, value))
		return;
	if ((k = key_find(p, key, &i)) == NULL) {
		key_unknown(p, key);
		return;
	}
	seen = p->one != NULL ? &p->seen_one[i] : &p->seen[i];
	if (*seen != 0) {
		complain(p, p->line, "[%s] %s: given twice, first in line %d",
		    p->section, key, *seen);
		return;
	}
	*seen = p->line;
	if (config_types_parse(k, value, p->dir, p->recall,
		p->one != NULL ? p->one : (void *)p->config, why, sizeof(why))
	    == -1)
		complain(p, p->line, "[%s] %s: %s", p->section, key, why);
}

static int
on_pair(void *arg, const char *section, const char *key, const char *value)
{
	struct config_parsing *p = arg;

	if (p->skip)
		return 1;
	if (value == NULL)
		complain(p, p->line,
		    "expected \"key = value\" or a [section], got \"%.60s\"",
		    key);
	else if (p->section[0] == '\0')
		complain(p, p->line,
		    "\"%.60s\" stands before the first [section]", key);
	else
		key_set(p, key, value);
	return 1;
}

/* Every value starts as its default, read by the code that reads the file. */
static void
set_defaults(struct config_parsing *p, void *base,
    const struct config_kind *kind)
{
	char why[768];

	for (size_t i = 0; i < config_keys_n; i++) {
		const struct config_key *k = &config_keys[i];

		if (config_keys_kind(k) != kind
		    || (k->flags & CONFIG_REQUIRED) != 0)
			continue;
		if (config_types_parse(k, k->text, p->dir, false, base, why,
			sizeof(why))
		    == -1)
			complain(p, 0, "[%s] %s: default: %s", k->section,
			    k->key, why);
	}
}

static void
require(struct config_parsing *p, const struct config_kind *kind,
    const int *seen, int line)
{
	for (size_t i = 0; i < config_keys_n; i++) {
		const struct config_key *k = &config_keys[i];

		if (config_keys_kind(k) != kind || seen[i] != 0
		    || (k->flags & CONFIG_REQUIRED) == 0)
			continue;
		complain(p, line, "[%s] %s: missing; for example: %s = %s",
		    kind != NULL ? p->section : k->section, k->key, k->key,
		    k->text);
	}
}

static void
one_finish(struct config_parsing *p)
{
	if (p->one != NULL)
		require(p, p->kind, p->seen_one, *one_line(p->kind, p->one));
}

/* ---- what two values must not say together -------------------------- */

static int
line_of(const struct config_parsing *p, const char *section, const char *key)
{
	for (size_t i = 0; i < config_keys_n; i++)
		if (strcmp(config_keys[i].section, section) == 0
		    && strcmp(config_keys[i].key, key) == 0)
			return p->seen[i];
	bug("no such key");
}

static void
check_paths(struct config_parsing *p)
{
	const struct config *c = p->config;
	char seen[CONFIG_PATH_MAX];

	if (strcmp(c->state_dir, c->run_dir) == 0)
		complain(p, line_of(p, "paths", "run_dir"),
		    "[paths] run_dir: must not be state_dir (%s): it may be "
		    "emptied at any time",
		    c->state_dir);
	if (strlen(c->run_dir) + strlen("/control.sock") > SOCKET_PATH_MAX)
		complain(p, line_of(p, "paths", "run_dir"),
		    "[paths] run_dir: too long for a socket in it (%zu bytes, "
		    "at most %zu): %s",
		    strlen(c->run_dir),
		    SOCKET_PATH_MAX - strlen("/control.sock"), c->run_dir);
	if (!p->recall && c->ca_file[0] != '\0'
	    && access(config_view(c->ca_file, seen), R_OK) == -1)
		complain(p, line_of(p, "gateway", "ca_file"),
		    "[gateway] ca_file: cannot read %s: %s", c->ca_file,
		    strerror(errno));
}

static void
check_numbers(struct config_parsing *p)
{
	const struct config *c = p->config;
	bool discord = strstr(c->api, "://discord.com") != NULL;

	if (c->restart_min_s > c->restart_max_s)
		complain(p, line_of(p, "limits", "restart_max"),
		    "[limits] restart_max: %gs is below restart_min (%gs)",
		    c->restart_max_s, c->restart_min_s);
	if (c->queue_bytes < c->message_bytes)
		complain(p, line_of(p, "limits", "queue_bytes"),
		    "[limits] queue_bytes: must hold one message of "
		    "message_bytes (%lld bytes)",
		    (long long)c->message_bytes);
	if (discord && c->identify_interval_s < 5)
		complain(p, line_of(p, "gateway", "identify_interval"),
		    "[gateway] identify_interval: Discord refuses less than "
		    "5s, got %gs",
		    c->identify_interval_s);
	if (c->log_bytes > 0 && c->log_bytes < CONFIG_KIB(16))
		complain(p, line_of(p, "log", "bytes"),
		    "[log] bytes: expected 0 or at least 16K, got %lld",
		    (long long)c->log_bytes);
}

/* Tokens and events go over networks only as somebody wanted it. */
static void
check_address(struct config_parsing *p, const char *key, const char *text)
{
	const struct config *c = p->config;

	if (text[0] != '\0' && c->gate_tls_cert[0] == '\0' && c->gate_clear == 0
	    && !config_address_loopback(text))
		complain(p, line_of(p, "gate", key),
		    "[gate] %s: %s is reached from other machines, where "
		    "tokens and events could be read on the way: give tls_cert "
		    "and tls_key, or clear = yes",
		    key, text);
}

/* Each is looked up one by one. */
static bool
too_many_guilds(const struct config_client *c)
{
	struct config_ranges list;
	uint64_t n = 0;

	if (config_ranges_parse(&list, c->guilds) < 0)
		return false;
	for (size_t i = 0; i < list.n && n <= CONFIG_CLIENT_GUILDS_MAX; i++)
		n += list.range[i].high - list.range[i].low < UINT32_MAX
		    ? list.range[i].high - list.range[i].low + 1
		    : UINT32_MAX;
	config_ranges_free(&list);
	return n > CONFIG_CLIENT_GUILDS_MAX;
}

static void
check_gate(struct config_parsing *p)
{
	const struct config *c = p->config;
	const struct config_client *shows = NULL;

	check_address(p, "listen", c->gate_listen);
	check_address(p, "rest_listen", c->gate_rest_listen);
	if ((c->gate_tls_cert[0] == '\0') != (c->gate_tls_key[0] == '\0'))
		complain(p,
		    line_of(p, "gate",
			c->gate_tls_cert[0] != '\0' ? "tls_cert" : "tls_key"),
		    "[gate] tls_cert and tls_key: one without the other");
	if (c->gate_listen[0] != '\0'
	    && strcmp(c->gate_listen, c->gate_rest_listen) == 0)
		complain(p, line_of(p, "gate", "rest_listen"),
		    "[gate] rest_listen: the same as listen (%s); each needs "
		    "a port of its own",
		    c->gate_listen);
	for (size_t i = 0; i < c->clients; i++) {
		const struct config_client *one = &c->client[i];

		if (one->intents != UINT64_MAX
		    && (one->intents & ~c->intents) != 0)
			complain(p, one->line,
			    "[client \"%s\"] intents: some are not among "
			    "those of [bot]; Discord sends nothing for them",
			    one->name);
		if (too_many_guilds(one))
			complain(p, one->line,
			    "[client \"%s\"] guilds: more than %d of them; "
			    "leave it empty for all",
			    one->name, CONFIG_CLIENT_GUILDS_MAX);
		if (one->presence && shows != NULL)
			complain(p, one->line,
			    "[client \"%s\"] presence: \"%s\" has it "
			    "already, and the bot has one",
			    one->name, shows->name);
		if (one->presence)
			shows = one;
	}
}

/* Without a token_file, what systemd's LoadCredential=token left for us. */
static void
find_credential(struct config_parsing *p)
{
	const char *dir = getenv(CONFIG_CREDENTIALS);
	char path[CONFIG_PATH_MAX];

	if (dir == NULL || dir[0] != '/' || line_of(p, "bot", "token_file") != 0
	    || !str_format(path, sizeof(path), "%s/token", dir)
	    || access(path, R_OK) == -1)
		return;
	free(p->config->token_file);
	p->config->token_file = base_strdup(path);
}

/* ---- the public face ------------------------------------------------ */

/* path made absolute, its directory as the kernel sees it. */
static int
locate(const char *path, char abs[CONFIG_PATH_MAX], char dir[CONFIG_PATH_MAX],
    struct err *err)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash != NULL ? slash + 1 : path;
	char given[CONFIG_PATH_MAX], real[PATH_MAX];

	if (!str_format(given, sizeof(given), "%.*s",
		slash == NULL	    ? 1
		    : slash == path ? 1
				    : (int)(slash - path),
		slash == NULL ? "." : path))
		return err_set(err, EXIT_CONFIG,
		    "The path of the config file is too long: %.200s...", path);
	if (realpath(given, real) == NULL)
		return err_sys(err, EXIT_CONFIG,
		    "The config file's directory %s cannot be used", given);
	if (str_copy(dir, real, CONFIG_PATH_MAX) >= CONFIG_PATH_MAX
	    || !str_format(abs, CONFIG_PATH_MAX, "%s/%s",
		strcmp(real, "/") == 0 ? "" : real, base))
		return err_set(err, EXIT_CONFIG,
		    "The path of the config file is too long: %.200s...", real);
	return 0;
}

static void
run_inih(struct config_parsing *p)
{
	ini_max_line = LINE_BYTES_MAX;
	ini_use_stack = true; /* the heap buffer starts at 200 bytes */
	ini_allow_inline_comments = false;
	ini_allow_multiline = false;
	ini_allow_no_value = true;
	ini_parse_stream(read_line, p, on_pair, p);
}

bool
config_token_is_copy(const struct config *c)
{
	const char *dir = getenv(CONFIG_CREDENTIALS);
	size_t n = dir != NULL ? strlen(dir) : 0;

	return n > 1 && strncmp(c->token_file, dir, n) == 0
	    && c->token_file[n] == '/';
}

int
config_parsing_run(struct config_parsing *p, const char *text, struct err *err)
{
	static const char bom[] = "\xef\xbb\xbf";
	struct config *c = p->config;

	must(config_keys_n <= CONFIG_PARSING_KEYS);
	memset(c, 0, sizeof(*c));
	if (locate(p->file, c->path, p->dir, err) == -1)
		return -1;
	c->text = base_strdup(text);
	p->next = c->text + (strncmp(text, bom, 3) == 0 ? 3 : 0);
	set_defaults(p, c, NULL);
	run_inih(p);
	one_finish(p);
	p->section[0] = '\0';
	require(p, NULL, p->seen, 0);
	find_credential(p);
	check_paths(p);
	check_numbers(p);
	check_gate(p);
	return (int)p->problems;
}

void
config_free(struct config *c)
{
	for (size_t i = 0; i < config_keys_n; i++) {
		const struct config_key *k = &config_keys[i];

		const struct config_kind *kind = config_keys_kind(k);

		if (kind == NULL)
			config_types_free(k, c);
		for (size_t j = 0; kind != NULL && j < config_kind_n(kind, c);
		     j++)
			config_types_free(k, config_kind_at(kind, c, j));
	}
	free(c->text);
	free(c->kept_for);
	memset(c, 0, sizeof(*c));
}
