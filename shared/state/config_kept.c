/* SPDX-License-Identifier: MIT */
/* See config_kept.h. */
#include "shared/state/config_kept.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEPT_FILE "config"
#define KEPT_CA "ca.pem"
#define KEPT_MAX (2u << 20) /* a merged text is longer than its file */
#define KEPT_HEAD "# What this fleet runs by, of "

static char *
read_text(const char *path, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char *text = NULL;
	struct stat st;
	ssize_t n = -1;

	if (fd != -1 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode)
	    && st.st_size <= KEPT_MAX) {
		text = base_alloc((size_t)st.st_size + 1);
		n = read(fd, text, (size_t)st.st_size);
	}
	if (fd != -1)
		close(fd);
	/* The end tells of a write that was cut short. */
	if (n > 0 && memchr(text, '\0', (size_t)n) == NULL)
		return text;
	free(text);
	err_set(e, EXIT_CONFIG, "%s can't be read, or is damaged", path);
	return NULL;
}

/* Whole or not at all. */
static int
put(const char *state_dir, const char *name, const char *head, const char *text,
    struct err *e)
{
	char path[PATH_MAX], part[PATH_MAX];
	int fd;

	if (!str_format(path, sizeof(path), "%s/%s", state_dir, name)
	    || !str_format(part, sizeof(part), "%s.part", path))
		return err_set(e, EXIT_CONFIG, "%s: path too long", state_dir);
	fd = open(part,
	    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
	    0600);
	if (fd == -1)
		return err_sys(e, EXIT_DEGRADED, "cannot write %s", part);
	if (fd_write_all(fd, head, strlen(head)) == -1
	    || fd_write_all(fd, text, strlen(text)) == -1 || fsync(fd) == -1
	    || rename(part, path) == -1) {
		err_sys(e, EXIT_DEGRADED, "cannot write %s", path);
		close(fd);
		unlink(part);
		return -1;
	}
	close(fd);
	return 0;
}

int
config_kept_put(const struct config *c, struct err *e)
{
	char head[CONFIG_PATH_MAX + 64], *ca;

	str_format(head, sizeof(head), KEPT_HEAD "%s\n", c->path);
	if (put(c->state_dir, KEPT_FILE, head, c->text, e) == -1)
		return -1;
	/* With the kept one already, there is nothing to copy. */
	if (c->ca_file[0] == '\0' || (ca = read_text(c->ca_file, NULL)) == NULL)
		return 0;
	put(c->state_dir, KEPT_CA, "", ca, NULL);
	free(ca);
	return 0;
}

void
config_kept_ca(const struct config *c, char out[CONFIG_PATH_MAX])
{
	str_copy(out, c->ca_file, CONFIG_PATH_MAX);
	if (c->kept_for == NULL || *out == '\0' || access(out, R_OK) == 0)
		return;
	if (!str_format(out, CONFIG_PATH_MAX, "%s/" KEPT_CA, c->state_dir)
	    || access(out, R_OK) == -1)
		str_copy(out, c->ca_file, CONFIG_PATH_MAX);
}

int
config_kept_load(struct config *c, const char *state_dir, const char *path,
    struct err *e)
{
	char file[PATH_MAX], head[CONFIG_PATH_MAX + 64];
	char *text;
	int rc = -1;

	memset(c, 0, sizeof(*c));
	if (!str_format(file, sizeof(file), "%s/" KEPT_FILE, state_dir)
	    || !str_format(head, sizeof(head), KEPT_HEAD "%s\n", path))
		return err_set(e, EXIT_CONFIG, "%s: path too long", state_dir);
	if ((text = read_text(file, e)) == NULL)
		return -1;
	if (strncmp(text, head, strlen(head)) != 0)
		err_set(e, EXIT_CONFIG, "%s is not of %s", file, path);
	else
		rc = config_recall(c, path, text + strlen(head), NULL, NULL, e);
	free(text);
	return rc;
}
