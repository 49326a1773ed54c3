/* SPDX-License-Identifier: MIT */
/* Values about plugins, clients and their commands; see config_types_impl.h. */
#include "shared/config/config_types_impl.h"

#include "shared/config/config_ranges.h"
#include "shared/config/config_view.h"

#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What [plugin] permissions knows. */
static const char *const permission[] = {"ranks"};
/* What [client] ops knows. */
static const char *const op[] = {"voice", "members"};

int
config_types_user(struct config_types_value *v)
{
	const struct passwd *pw;

	if (v->text[0] == '\0' || v->recalled)
		return config_types_take(v, v->text);
	if ((pw = getpwnam(v->text)) == NULL)
		return config_types_refuse(v,
		    "the name of a user of this machine");
	if (geteuid() != 0 && pw->pw_uid != geteuid())
		return config_types_refuse(v,
		    "nothing: only root can start a plugin as another user");
	return config_types_take(v, v->text);
}

static bool
is_program(const char *path)
{
	char seen[CONFIG_PATH_MAX];
	struct stat st;

	path = config_view(path, seen);
	return stat(path, &st) == 0 && S_ISREG(st.st_mode)
	    && access(path, X_OK) == 0;
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
	for (size_t n; path != NULL && *path != '\0';
	     path += n + (path[n] != 0)) {
		n = strcspn(path, ":");
		if (n > 0 && path[0] == '/'
		    && str_format(out, CONFIG_PATH_MAX, "%.*s/%s", (int)n, path,
			word)
		    && is_program(out))
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

int
config_types_exec(struct config_types_value *v)
{
	char program[CONFIG_PATH_MAX], *text = NULL;
	struct err e;
	size_t size;
	int argc;
	char **argv = config_split(v->text, &argc, &e);
	FILE *f;

	if (argv == NULL || argc == 0) {
		free(argv);
		return config_types_refuse(v, "a command line (%s)",
		    argv == NULL ? e.text : "it is empty");
	}
	if (!find_program(v->dir, argv[0], program) && !v->recalled) {
		config_types_refuse(v, "a program that can be run (%s is %s)",
		    program,
		    access(program, F_OK) == 0 ? "not executable"
					       : "not there");
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
	config_types_take(v, text);
	free(text);
	return 0;
}

int
config_types_command(struct config_types_value *v)
{
	return v->text[0] == '\0' ? config_types_take(v, "")
				  : config_types_exec(v);
}

int
config_types_events(struct config_types_value *v)
{
	const char *p = v->text;
	size_t n, names = 0;

	if (strcmp(p, "*") == 0)
		return config_types_take(v, p);
	for (; *(p += strspn(p, ", \t")) != '\0'; p += n, names++) {
		n = strspn(p, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
		if (n == 0 || strchr(", \t", p[n]) == NULL)
			return config_types_refuse(v,
			    "event names such as MESSAGE_CREATE, or *");
	}
	return names == 0 ? config_types_refuse(v, "event names, or *")
			  : config_types_take(v, v->text);
}

int
config_types_ranges(struct config_types_value *v)
{
	struct config_ranges list;

	if (config_ranges_parse(&list, v->text) < 0)
		return config_types_refuse(v,
		    "numbers and ranges such as 0-3, 7");
	config_ranges_free(&list);
	return config_types_take(v, v->text);
}

/* "/" is Discord's own, "<" begins every mention. */
int
config_types_prefix(struct config_types_value *v)
{
	size_t n = strlen(v->text);

	if (n > (size_t)v->key->max || strpbrk(v->text, " \t\"\\") != NULL
		    || strchr("/<", v->text[0]) != NULL
		? n > 0
		: false)
		return config_types_refuse(v,
		    "1 to %d bytes without blanks, quotes and backslashes that "
		    "do not begin with / or <, such as !",
		    (int)v->key->max);
	return config_types_take(v, v->text);
}

/* Words of a list of them. */
static int
parse_list(struct config_types_value *v, const char *what,
    const char *const *known, size_t n_known)
{
	char word[32];
	const char *p = v->text, *near;
	size_t n, i;

	for (; *(p += strspn(p, ", \t")) != '\0'; p += n) {
		n = strcspn(p, ", \t");
		str_format(word, sizeof(word), "%.*s", (int)n, p);
		for (i = 0; i < n_known; i++)
			if (strcmp(word, known[i]) == 0)
				break;
		if (i < n_known)
			continue;
		near = config_nearest(word, known, n_known);
		return config_types_refuse(v, "%s (%s \"%s\"%s)", what,
		    near != NULL ? "did you mean" : "for example",
		    near != NULL ? near : known[0], near != NULL ? "?" : "");
	}
	return config_types_take(v, v->text);
}

int
config_types_permissions(struct config_types_value *v)
{
	return parse_list(v, "permissions there are", permission,
	    nitems(permission));
}

/* ---- clients of the gate -------------------------------------------- */

int
config_types_ops(struct config_types_value *v)
{
	return parse_list(v, "what a client may ask for", op, nitems(op));
}

int
config_types_intents(struct config_types_value *v)
{
	struct err e;

	if (strcmp(v->text, "all") == 0) {
		*(uint64_t *)v->to = UINT64_MAX;
		return 0;
	}
	if (config_intents(v->text, v->to, &e) == -1) {
		str_copy(v->why, e.text, v->size);
		return -1;
	}
	return 0;
}

int
config_types_listen(struct config_types_value *v)
{
	char host[64];
	uint16_t port;

	if (v->text[0] != '\0' && !config_address(v->text, host, &port))
		return config_types_refuse(v,
		    "an address of this machine and a port, such as "
		    "127.0.0.1:7780 or [::1]:7780");
	return config_types_take(v, v->text);
}

/* A port alone is one of this machine. */
int
config_types_web_listen(struct config_types_value *v)
{
	const char *port = v->text + (v->text[0] == ':');
	char text[32];
	uint64_t n;

	if (str_to_u64(port, &n) && n > 0 && n <= UINT16_MAX) {
		str_format(text, sizeof(text), "127.0.0.1:%u", (unsigned)n);
		return config_types_take(v, text);
	}
	return config_types_listen(v);
}

int
config_types_hosts(struct config_types_value *v)
{
	if (strlen(v->text) > (size_t)v->key->max
	    || (strcmp(v->text, "*") != 0
		&& v->text[strspn(v->text,
		       "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		       "0123456789.-_, ")]
		    != '\0'))
		return config_types_refuse(v,
		    "names of hosts such as status.example.org, or *");
	return config_types_take(v, v->text);
}

int
config_types_gate_url(struct config_types_value *v)
{
	const char *host = strncmp(v->text, "ws://", 5) == 0 ? v->text + 5
	    : strncmp(v->text, "wss://", 6) == 0	     ? v->text + 6
							     : NULL;

	/* Libraries put a query of their own behind it. */
	if (v->text[0] != '\0'
	    && (host == NULL || strcspn(host, "/") == 0
		|| strpbrk(host, "?#@\" \t\\") != NULL))
		return config_types_refuse(v,
		    "an URL such as wss://gate.example.org, without a query");
	return config_types_take(v, v->text);
}
