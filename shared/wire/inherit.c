/* SPDX-License-Identifier: MIT */
/* What an exec'ed process inherits; see inherit.h. */
#include "shared/wire/inherit.h"

#include "shared/wire/contract.h"
#include "shared/base/log.h"
#include "shared/base/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* Reads all of fd, at most max bytes; NULL with err set.  Caller frees. */
static char *
read_all(int fd, size_t max, const char *what, struct err *e)
{
	char *text = base_alloc(max + 1);
	size_t len = 0;

	while (len <= max) {
		ssize_t n = read(fd, text + len, max + 1 - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			err_sys(e, EXIT_DEGRADED, "cannot read %s", what);
			goto err1;
		}
		if (n == 0) {
			text[len] = '\0';
			return text;
		}
		len += (size_t)n;
	}
	err_set(e, EXIT_CONFIG, "%s is longer than %zu bytes", what, max);
err1:
	explicit_bzero(text, max + 1);
	free(text);
	return NULL;
}

static void
print_problem(const char *line, void *arg)
{
	log_error("%s", line);
}

static void
print_warning(const char *line, void *arg)
{
	log_warn("%s", line);
}

int
inherit_config(struct config *c, int fd, const char *path, struct err *e)
{
	char *text;
	int rc;

	/* A memfd keeps its offset for all who share it. */
	lseek(fd, 0, SEEK_SET);
	text = read_all(fd, INHERIT_CONFIG_MAX, "the configuration", e);
	if (text == NULL)
		return -1;
	rc = config_recall(c, path, text, print_problem, NULL, e);
	free(text);
	if (rc == 0)
		config_warn(c, print_warning, NULL);
	return rc;
}

void
inherit_dir(const struct config *c, char *dir, size_t size)
{
	char *slash;

	str_copy(dir, c->path, size);
	slash = strrchr(dir, '/');
	if (slash != NULL)
		slash[slash == dir] = '\0';
}

char *
inherit_token(int fd, struct err *e)
{
	char *token = read_all(fd, INHERIT_TOKEN_MAX, "the token", e);

	close(fd);
	return token;
}

void
inherit_fds(int last)
{
	for (int fd = CONTRACT_FD_CONTROL; fd <= last; fd++)
		fd_cloexec(fd, true);
}

int
inherit_given(int fd)
{
	return fcntl(fd, F_GETFD) == -1 ? -1 : fd;
}

int
inherit_nonce(int fd, struct nonce *n, struct err *e)
{
	ssize_t got = read(fd, n, sizeof(*n));

	close(fd);
	return got == (ssize_t)sizeof(*n)
	    ? 0
	    : err_set(e, EXIT_DEGRADED, "cannot read the nonce");
}

int
inherit_log(void)
{
	/* A supervisor of before has none to give. */
	return inherit_given(CONTRACT_FD_LOG);
}

int
inherit_signals(struct err *e)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_SETMASK, &set, NULL);
	/* A terminal's ^C and hang-up are the supervisor's business. */
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		err_sys(e, EXIT_DEGRADED, "signalfd");
	return fd;
}
