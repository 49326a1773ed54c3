/* SPDX-License-Identifier: MIT */
/*
 * Config files and how strictly they are taken: whole and without a fault by
 * who acts on them, as far as they go by who only looks.
 */
#include "shared/config/config_parsing.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_BYTES_MAX (1 << 20)

static int
parse_or_free(struct config_parsing *p, const char *text, struct err *err)
{
	int n = config_parsing_run(p, text, err);

	if (n == 0)
		return 0;
	config_free(p->config);
	return n == -1 ? -1
		       : err_set(err, EXIT_CONFIG, "%d problem%s in %s", n,
			   n == 1 ? "" : "s", p->file);
}

int
config_parse(struct config *c, const char *path, const char *text,
    config_problem_fn *fn, void *arg, struct err *err)
{
	struct config_parsing p = {.config = c,
	    .file = path,
	    .fn = fn,
	    .arg = arg};

	return parse_or_free(&p, text, err);
}

int
config_recall(struct config *c, const char *path, const char *text,
    config_problem_fn *fn, void *arg, struct err *err)
{
	struct config_parsing p = {.config = c,
	    .file = path,
	    .fn = fn,
	    .arg = arg,
	    .recall = true};

	return parse_or_free(&p, text, err);
}

static char *
read_file(const char *path, struct err *err)
{
	char *text = NULL;
	ssize_t n = -1;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd == -1 || fstat(fd, &st) == -1) {
		err_sys(err, EXIT_CONFIG, "The config file %s cannot be read",
		    path);
	} else if (!S_ISREG(st.st_mode) || st.st_size > FILE_BYTES_MAX) {
		err_set(err, EXIT_CONFIG, "The config file %s is %s.", path,
		    S_ISREG(st.st_mode) ? "larger than 1 MiB"
					: "not a plain file");
	} else {
		text = base_alloc((size_t)st.st_size + 1);
		if ((n = read(fd, text, (size_t)st.st_size)) == -1)
			err_sys(err, EXIT_CONFIG,
			    "The config file %s cannot be read", path);
		else if (memchr(text, '\0', (size_t)n) != NULL)
			n = err_set(err, EXIT_CONFIG,
			    "The config file %s holds NUL bytes: it is not "
			    "text.",
			    path);
	}
	if (fd != -1)
		close(fd);
	if (n != -1)
		return text;
	free(text);
	return NULL;
}

int
config_load(struct config *c, const char *path, config_problem_fn *fn,
    void *arg, struct err *err)
{
	char *text = read_file(path, err);
	int r;

	memset(c, 0, sizeof(*c));
	if (text == NULL)
		return -1;
	r = config_parse(c, path, text, fn, arg, err);
	free(text);
	return r;
}

int
config_look_plugin(struct config *c, const char *path, const char *plugin,
    config_problem_fn *fn, void *arg, struct err *err)
{
	struct config_parsing p = {.config = c,
	    .file = path,
	    .fn = fn,
	    .arg = arg,
	    .only = plugin};
	char *text = read_file(path, err);
	int r;

	memset(c, 0, sizeof(*c));
	if (text == NULL)
		return -1;
	r = parse_or_free(&p, text, err);
	free(text);
	return r;
}

/* A program that was refused is none: nobody runs it here. */
static void
fill_gaps(struct config *c)
{
	for (size_t i = 0; i < c->plugins; i++)
		if (c->plugin[i].exec == NULL)
			c->plugin[i].exec = base_strdup("");
}

int
config_look(struct config *c, const char *path, config_problem_fn *fn,
    void *arg, struct err *err)
{
	struct config_parsing p = {.config = c,
	    .file = path,
	    .fn = fn,
	    .arg = arg};
	char *text = read_file(path, err);
	bool there = text != NULL;
	int n;

	if (!there)
		p.fn = NULL;
	n = config_parsing_run(&p, there ? text : "", there ? err : NULL);
	free(text);
	if (n == -1) { /* not even its directory is there */
		struct config_parsing none = {.config = c,
		    .file = "shardherd.conf"};

		(void)config_parsing_run(&none, "", NULL);
		str_copy(c->path, path, sizeof(c->path));
	}
	fill_gaps(c);
	if (!there || n == -1)
		return 1;
	return n == 0 ? 0
		      : err_set(err, EXIT_CONFIG, "%d problem%s in %s", n,
			  n == 1 ? "" : "s", path);
}
