/* SPDX-License-Identifier: MIT */
/*
 * init: a directory with a commented config and a token file.  The token comes
 * from a file, a pipe or a prompt, never from argv, and nothing that exists is
 * overwritten.
 */
#include "shared/base/secret.h"
#include "shared/config/config_keys.h"
#include "shared/json/json.h"
#include "tools/cli/base/option.h"
#include "tools/cli/data/token_who.h"
#include "tools/cli/data/verb.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#define TOKEN_MAX 4096

struct init {
	struct cli *cli;
	char dir[CONFIG_PATH_MAX - 32];
	char conf[CONFIG_PATH_MAX], token_file[CONFIG_PATH_MAX];
	struct option_list set; /* SECTION.KEY=VALUE */
	char *text;		/* of the config */
	char token[TOKEN_MAX + 2];
	const char *token_from; /* its source, for messages */
	bool made_dir;
};

/* ---- the token ------------------------------------------------------ */

static void
on_interrupt(int sig)
{
	/* only makes read() return */
}

/* An interrupt ends it too: the terminal must not stay without its echo. */
static ssize_t
prompt(char *out, size_t size)
{
	struct sigaction on = {.sa_handler = on_interrupt}, before;
	struct termios was, quiet;
	ssize_t n;

	fputs("Token of the bot (it is not shown): ", stderr);
	tcgetattr(STDIN_FILENO, &was);
	quiet = was;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	sigaction(SIGINT, &on, &before);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	n = read(STDIN_FILENO, out, size);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &was);
	sigaction(SIGINT, &before, NULL);
	putc('\n', stderr);
	return n;
}

static ssize_t
read_all(int fd, char *out, size_t size)
{
	size_t have = 0;
	ssize_t n;

	while (have < size && (n = read(fd, out + have, size - have)) != 0) {
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		have += (size_t)n;
	}
	return (ssize_t)have;
}

static int
token_get(struct init *in, const char *file)
{
	struct err *err = &in->cli->err;
	int fd = STDIN_FILENO;
	ssize_t n;

	in->token_from = file != NULL ? file : "standard input";
	if (file != NULL && (fd = open(file, O_RDONLY | O_CLOEXEC)) == -1)
		return err_sys(err, EXIT_CONFIG,
		    "The token file %s cannot be read", file);
	n = file == NULL && isatty(fd) ? prompt(in->token, TOKEN_MAX + 1)
				       : read_all(fd, in->token, TOKEN_MAX + 1);
	if (file != NULL)
		close(fd);
	if (n == -1 && errno == EINTR)
		return err_set(err, EXIT_DEGRADED,
		    "Interrupted; nothing was written.");
	if (n == -1)
		return err_sys(err, EXIT_CONFIG, "The token cannot be read");
	if (n == 0 || n > TOKEN_MAX)
		return err_set(err, EXIT_CONFIG,
		    n == 0 ? "No token came: "
			     "give --token-file FILE, or pipe it to stdin."
			   : "That is too long for a token.");
	in->token[n] = '\0';
	return 0;
}

/* ---- the config ----------------------------------------------------- */

/* "section.key=value" taken apart; where the value begins, or NULL. */
static const char *
set_split(const char *text, char *section, char *key, size_t size)
{
	const char *dot = strchr(text, '.'), *eq = strchr(text, '=');

	if (dot == NULL || eq == NULL || eq < dot
	    || !str_format(section, size, "%.*s", (int)(dot - text), text)
	    || !str_format(key, size, "%.*s", (int)(eq - dot - 1), dot + 1))
		return NULL;
	return eq + 1;
}

/* The value asked for, NULL when the sample's line stays. */
static const char *
set_find(struct init *in, const char *section, const char *line)
{
	char sec[64], key[64];
	size_t n;

	line += *line == '#';
	for (size_t i = in->set.n; i-- > 0;) {
		const char *value = set_split(in->set.text[i], sec, key,
		    sizeof(sec));

		n = value != NULL ? strlen(key) : 0;
		if (n > 0 && strcmp(sec, section) == 0
		    && strncmp(line, key, n) == 0
		    && strncmp(line + n, " =", 2) == 0)
			return value;
	}
	return NULL;
}

static int
set_check(struct init *in)
{
	char sec[64], key[64];

	for (size_t i = 0; i < in->set.n; i++) {
		bool known = false;

		if (set_split(in->set.text[i], sec, key, sizeof(sec)) == NULL)
			return err_set(&in->cli->err, EXIT_USAGE,
			    "--set: expected SECTION.KEY=VALUE, got \"%s\"",
			    in->set.text[i]);
		for (size_t j = 0; j < config_keys_n; j++)
			known = known
			    || (strcmp(config_keys[j].section, sec) == 0
				&& strcmp(config_keys[j].key, key) == 0
				&& config_keys_kind(&config_keys[j]) == NULL);
		if (!known)
			return err_set(&in->cli->err, EXIT_USAGE,
			    "--set: there is no key %s in [%s]", key, sec);
	}
	return 0;
}

/* One line of the sample, with the value asked for. */
static void
render_line(struct init *in, const char *line, char section[64], FILE *out)
{
	const char *value = set_find(in, section, line);
	const char *key = line + (*line == '#');

	if (*line == '[')
		str_format(section, 64, "%.*s", (int)strcspn(line + 1, "]"),
		    line + 1);
	if (value != NULL)
		fprintf(out, "%.*s= %s\n", (int)strcspn(key, "="), key, value);
	else
		fprintf(out, "%s\n", line);
}

static void
render(struct init *in)
{
	char *sample = NULL, section[64] = "";
	size_t size;
	FILE *f = open_memstream(&sample, &size), *out;

	must(f != NULL);
	config_write_sample(f);
	fclose(f);
	out = open_memstream(&in->text, &size);
	must(out != NULL);
	for (char *line = sample, *next; *line != '\0'; line = next) {
		next = line + strcspn(line, "\n");
		if (*next == '\n')
			*next++ = '\0';
		render_line(in, line, section, out);
	}
	fclose(out);
	free(sample);
}

/* ---- files ---------------------------------------------------------- */

static int
write_new(struct init *in, const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd == -1 && errno == EEXIST)
		return err_set(&in->cli->err, EXIT_DEGRADED,
		    "%s exists already; it was left as it is.", path);
	if (fd == -1)
		return err_sys(&in->cli->err, EXIT_DEGRADED, "Cannot write %s",
		    path);
	if (fd_write_all(fd, text, strlen(text)) == 0 && fsync(fd) == 0
	    && close(fd) == 0)
		return 0;
	err_sys(&in->cli->err, EXIT_DEGRADED, "Cannot write %s", path);
	unlink(path);
	return -1;
}

static int
make_dir(struct init *in, const char *dir)
{
	char real[4096];
	struct err *err = &in->cli->err;

	if (mkdir(dir, 0700) == 0)
		in->made_dir = true;
	else if (errno != EEXIST)
		return err_sys(err, EXIT_DEGRADED, "Cannot make %s", dir);
	if (realpath(dir, real) == NULL
	    || !str_format(in->dir, sizeof(in->dir), "%s", real))
		return err_set(err, EXIT_DEGRADED,
		    "The path of %s cannot be used: it is too long or not a "
		    "directory.",
		    dir);
	str_format(in->conf, sizeof(in->conf), "%s/shardherd.conf", in->dir);
	str_format(in->token_file, sizeof(in->token_file), "%s/token", in->dir);
	if (access(in->conf, F_OK) == 0 || access(in->token_file, F_OK) == 0)
		return err_set(err, EXIT_DEGRADED,
		    "%s exists already; nothing was changed.",
		    access(in->conf, F_OK) == 0 ? in->conf : in->token_file);
	return 0;
}

static void
on_problem(const char *line, void *arg)
{
	fprintf(stderr, "%s\n", line);
}

/* Checks the token, asks the API and writes both files; or leaves nothing. */
static int
build(struct init *in, bool offline, struct token_who *who)
{
	struct cli *c = in->cli;
	char *copy = base_strdup(in->token), *token;
	int r = -1;

	/* Judged before it is written: the copy would be gone again. */
	token = config_secret_text(copy, in->token_from, "token", &c->err);
	secret_free(copy);
	if (token == NULL)
		return -1;
	if (config_parse(&c->config, in->conf, in->text, on_problem, NULL,
		&c->err)
		== 0
	    && (offline || token_who_ask(c, token, who, &c->err) == 0)
	    && (r = write_new(in, in->token_file, in->token)) == 0
	    && (r = write_new(in, in->conf, in->text)) == -1)
		unlink(in->token_file);
	secret_free(token);
	return r;
}

static void
tell(struct cli *c, const struct init *in, const struct token_who *who)
{
	struct json_object *o;

	if (!c->json) {
		if (who->name[0] != '\0')
			printf("The token is that of %s (id %s).\n", who->name,
			    who->id);
		printf("Wrote %s and %s.\nNext: look through the config, then "
		       "shardherd -c %s start\n",
		    in->conf, in->token_file, in->conf);
		return;
	}
	o = json_object_new_object();
	json_put_text(o, "config", in->conf);
	json_put_text(o, "token_file", in->token_file);
	json_object_object_add(o, "username",
	    who->name[0] == '\0' ? NULL : json_object_new_string(who->name));
	cli_print_json(o);
}

/* --api and --ca-file are --set in short, the file made absolute. */
static int
add_set(struct init *in, const char *key, const char *value, bool file)
{
	char real[4096], *text;
	size_t size;

	if (value == NULL)
		return 0;
	if (file && realpath(value, real) == NULL)
		return err_sys(&in->cli->err, EXIT_CONFIG, "Cannot read %s",
		    value);
	if (in->set.n == OPTION_LIST_MAX)
		return err_set(&in->cli->err, EXIT_USAGE, "too many --set");
	size = strlen(key) + strlen(file ? real : value) + 2;
	text = base_alloc(size); /* lives as long as the process */
	str_format(text, size, "%s=%s", key, file ? real : value);
	in->set.text[in->set.n++] = text;
	return 0;
}

int
verb_init(struct cli *c)
{
	const char *token_file = NULL, *api = NULL, *ca_file = NULL;
	static struct init in;
	struct token_who who = {0};
	bool offline = false;
	const struct option opts[] = {
	    {"--token-file", &token_file},
	    {"--api", &api},
	    {"--ca-file", &ca_file},
	    {"--set", &in.set},
	    {"--offline", &offline},
	};
	int r;

	in.cli = c;
	if (option_take(c, opts, nitems(opts)) == -1)
		return cli_fail(c);
	if (add_set(&in, "gateway.api", api, false) == -1
	    || add_set(&in, "gateway.ca_file", ca_file, true) == -1
	    || set_check(&in) == -1 || make_dir(&in, c->argv[0]) == -1)
		return cli_fail(c);
	render(&in);
	r = token_get(&in, token_file);
	if (r == 0)
		r = build(&in, offline, &who);
	explicit_bzero(in.token, sizeof(in.token));
	free(in.text);
	if (r == 0) {
		tell(c, &in, &who);
		return EXIT_FINE;
	}
	if (in.made_dir)
		rmdir(in.dir);
	return cli_fail(c);
}
