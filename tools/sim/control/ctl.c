/* SPDX-License-Identifier: MIT */
#include "tools/sim/control/ctl.h"

#include "tools/sim/base/sbuf.h"
#include "tools/sim/control/help.h"
#include "tools/sim/control/play.h"

#include "shared/base/text.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

const char *
ctl_dir(int *argc, char ***argv)
{
	const char *dir;

	if (*argc < 2 || strcmp((*argv)[0], "--dir") != 0)
		return NULL;
	dir = (*argv)[1];
	*argc -= 2;
	*argv += 2;
	return dir;
}

int
ctl_connect(const char *dir, struct err *err)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int fd;

	if (!str_format(sa.sun_path, sizeof(sa.sun_path), "%s/control.sock",
		dir))
		return err_set(err, EXIT_USAGE, "the path %s is too long.",
		    dir);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0)
		return fd;
	err_sys(err, EXIT_DEGRADED, "no simulator answers at %s", sa.sun_path);
	if (fd >= 0)
		close(fd);
	return -1;
}

#define FORM_MAX 8 /* bytes that text_clean() makes of one */

/* The simulator may run elsewhere: files are named from the root. */
static void
add_word(struct sbuf *t, const char *word, bool file)
{
	char path[PATH_MAX];

	sbuf_quote(t, file && realpath(word, path) ? path : word);
}

static bool
is_file(char **argv, int i)
{
	for (int k = 0; k < i; k++)
		if (strcmp(argv[k], "--") == 0)
			return false;
	return (i == 2 && strcmp(argv[0], "send") == 0)
	    || (i == 2 && strcmp(argv[0], "fault") == 0
		&& strcmp(argv[1], "hello") == 0)
	    || (i > 1 && strcmp(argv[i - 1], "--file") == 0);
}

static int
read_answer(int fd, struct sbuf *all)
{
	char buf[65536];
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		sbuf_add(all, buf, (size_t)n);
	}
	return all->len > 0 ? 0 : -1;
}

/* Names and texts are foreign.  In JSON, which has no controls, an escape
 * stands for what text_json() changes: it is the same document. */
static void
put_text(FILE *f, const char *text)
{
	char *all = text_json(text), *clean;
	size_t n;

	for (const char *at = all; *at != '\0'; at += n + (at[n] == '\n')) {
		n = strcspn(at, "\n");
		clean = base_alloc(FORM_MAX * (n + 2));
		text_clean(clean, FORM_MAX * (n + 2), at, n);
		fprintf(f, at[n] == '\n' ? "%s\n" : "%s", clean);
		free(clean);
	}
	free(all);
}

static void
put_sentence(const char *text)
{
	fputs("shardherd-sim: ", stderr);
	put_text(stderr, text);
	fputs("\n", stderr);
}

static int
show(const struct sbuf *all)
{
	int code, at = 0;
	size_t len;

	if (sscanf(all->p, "%d %zu%n", &code, &len, &at) != 2
	    || all->p[at] != '\n' || all->len != (size_t)at + 1 + len) {
		fprintf(stderr,
		    "shardherd-sim: the simulator's answer was cut off.\n");
		return EXIT_DEGRADED;
	}
	if (code == EXIT_FINE || code == EXIT_WAIT)
		put_text(stdout, all->p + at + 1);
	else
		put_sentence(all->p + at + 1);
	if (code == EXIT_WAIT)
		fprintf(stderr, "shardherd-sim: the time ran out.\n");
	return code;
}

int
ctl_run(const char *dir, int argc, char **argv)
{
	struct sbuf t = {0};
	struct err err;
	int fd, code = EXIT_DEGRADED;

	for (int i = 0; i < argc; i++) {
		if (!text_is_utf8(argv[i], strlen(argv[i]))) {
			put_sentence("a word of that command is no UTF-8.");
			sbuf_free(&t);
			return EXIT_USAGE;
		}
		sbuf_str(&t, i == 0 ? "[" : ",");
		add_word(&t, argv[i], is_file(argv, i));
	}
	sbuf_str(&t, "]\n");
	fd = ctl_connect(dir, &err);
	if (fd < 0) {
		fprintf(stderr, "shardherd-sim: %s\n", err.text);
		sbuf_free(&t);
		return err.code;
	}
	if (fd_write_all(fd, t.p, t.len) == 0) {
		sbuf_reset(&t);
		if (read_answer(fd, &t) == 0)
			code = show(&t);
		else
			fprintf(stderr,
			    "shardherd-sim: the simulator hung up.\n");
	}
	sbuf_free(&t);
	close(fd);
	return code;
}

int
ctl_main(int argc, char **argv)
{
	const char *dir = ctl_dir(&argc, &argv);

	if (!dir || argc < 1) {
		(void)help_ctl(stderr, NULL);
		if (!dir && argc > 0)
			fprintf(stderr,
			    "\nshardherd-sim: ctl: --dir DIR comes before "
			    "the verb.\n");
		return EXIT_USAGE;
	}
	if (help_is(argv[0]))
		return help_show(help_ctl, "ctl", argc > 1 ? argv[1] : NULL);
	if (strcmp(argv[0], "play") == 0)
		return play_file(dir, argc, argv);
	return ctl_run(dir, argc, argv);
}
