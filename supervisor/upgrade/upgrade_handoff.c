/* SPDX-License-Identifier: MIT */
/* See upgrade_handoff.h. */
#include "supervisor/upgrade/upgrade_handoff.h"

#include <string.h>
#include <unistd.h>

#include "shared/wire/contract.h"
#include "shared/config/config.h"

#define CONFIG_TEXT_MAX (1u << 20)
#define TOKEN_MAX 512

/* ---- words ---------------------------------------------------------- */

static const struct {
	const char *key;
	size_t offset;
	bool fd;
} words[] = {
#define X(m, s) {s, offsetof(struct arrival, m), true},
    UPGRADE_HANDOFF_FDS(X)
#undef X
#define X(m, s) {s, offsetof(struct arrival, m), false},
	UPGRADE_HANDOFF_NUMBERS(X)
#undef X
};

static int
take_number(struct arrival *a, size_t i, const char *value, struct err *e)
{
	uint64_t n;

	if (!str_to_u64(value, &n) || (words[i].fd && n > INT32_MAX))
		return err_set(e, EXIT_USAGE, "%s=%s makes no sense",
		    words[i].key, value);
	if (words[i].fd)
		*(int *)((char *)a + words[i].offset) = (int)n;
	else
		*(uint64_t *)((char *)a + words[i].offset) = n;
	return 0;
}

static int
take_word(struct arrival *a, const char *word, struct err *e)
{
	size_t len = strcspn(word, "=");
	const char *value = word[len] == '=' ? word + len + 1 : word + len;

	if (strncmp(word, "path=", 5) == 0)
		a->path = value;
	else if (strncmp(word, "from=", 5) == 0)
		a->from = value;
	else if (strncmp(word, "home=", 5) == 0)
		a->home = value;
	else if (strncmp(word, "why=", 4) == 0)
		a->why = value;
	for (size_t i = 0; i < nitems(words); i++)
		if (strlen(words[i].key) == len
		    && strncmp(words[i].key, word, len) == 0)
			return take_number(a, i, value, e);
	return 0;
}

int
upgrade_handoff_parse(int argc, char **argv, struct arrival *a, struct err *e)
{
	memset(a, 0, sizeof(*a));
#define X(m, s) a->m = -1;
	UPGRADE_HANDOFF_FDS(X)
#undef X
	a->path = a->from = a->home = a->why = "";
	for (int i = 0; i < argc; i++)
		if (take_word(a, argv[i], e) == -1)
			return -1;
	if (a->path[0] == '\0' || a->lock == -1 || a->config == -1
	    || a->token == -1)
		return err_set(e, EXIT_USAGE,
		    "this role is started by \"shardherd upgrade\", not by "
		    "hand");
	return 0;
}

char **
upgrade_handoff_argv(const struct arrival *a, char *path)
{
	const size_t most = nitems(words) + 4 + 3, size = 1200;
	char **argv = base_alloc(most * (sizeof(*argv) + size));
	char *room = (char *)(argv + most), role[] = CONTRACT_ROLE_SUPERVISOR;
	size_t n = 0;

	argv[n++] = path;
#define PUT(...)                                                               \
	(argv[n] = room, str_format(room, size, __VA_ARGS__), room += size, n++)
	PUT("%s", role);
	PUT("path=%s", a->path);
	PUT("from=%s", a->from);
	PUT("home=%s", a->home);
	if (a->why[0] != '\0')
		PUT("why=%s", a->why);
#define X(m, s)                                                                \
	if (a->m != -1)                                                        \
		PUT("%s=%d", s, a->m);
	UPGRADE_HANDOFF_FDS(X)
#undef X
#define X(m, s)                                                                \
	if (a->m != 0)                                                         \
		PUT("%s=%llu", s, (unsigned long long)a->m);
	UPGRADE_HANDOFF_NUMBERS(X)
#undef X
#undef PUT
	must(n < most);
	return argv;
}

void
upgrade_handoff_keep(const struct arrival *a, bool keep)
{
#define X(m, s)                                                                \
	if (a->m != -1)                                                        \
		fd_cloexec(a->m, !keep);
	UPGRADE_HANDOFF_FDS(X)
#undef X
}

/* ---- the role ------------------------------------------------------- */

/* All of it, then the fd is closed; the caller frees. */
static char *
read_all(int fd, size_t max)
{
	char *text = base_alloc(max + 1);
	size_t len = 0;
	ssize_t n;

	lseek(fd, 0, SEEK_SET); /* a pipe can't, and need not */
	while (len < max && (n = read(fd, text + len, max - len)) > 0)
		len += (size_t)n;
	close(fd);
	return text;
}

/* A script in between may have left its own file open, and no library of the
 * one before is to leave anything behind. */
static void
close_others(const struct arrival *a)
{
#define X(m, s) a->m,
	const int keep[] = {UPGRADE_HANDOFF_FDS(X)};
#undef X

	fd_close_from(STDERR_FILENO + 1, keep, nitems(keep));
}

/*
 * What can fail here was tried by upgrade_check.c on the same text a moment
 * ago, so the shards are not without a supervisor for a reason known before.
 */
int
upgrade_handoff_main(int argc, char **argv, char **main_argv,
    supervisor_fn *supervise)
{
	struct config *config = base_alloc(sizeof(*config));
	struct supervisor_args s = {.config = config,
	    .argv = main_argv,
	    .ready_fd = -1};
	struct arrival a;
	struct err e;
	char *text;
	int code;

	if (upgrade_handoff_parse(argc, argv, &a, &e) == -1) {
		fprintf(stderr, "shardherd: %s\n", e.text);
		return e.code;
	}
	upgrade_handoff_keep(&a, false);
	close_others(&a);
	text = read_all(a.config, CONFIG_TEXT_MAX);
	a.config = -1;
	s.token = read_all(a.token, TOKEN_MAX);
	a.token = -1;
	s.arrival = &a;
	s.foreground = a.foreground != 0;
	if (config_recall(config, a.path, text, NULL, NULL, &e) == -1) {
		fprintf(stderr, "shardherd: %s\n", e.text);
		return e.code;
	}
	free(text);
	code = supervise(&s);
	free(config);
	return code;
}
