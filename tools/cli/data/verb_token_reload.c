/* SPDX-License-Identifier: MIT */
/*
 * token reload: has the supervisor check another token and move the fleet over.
 * The cost is shown first; a person is asked, a script says --yes.  The token
 * comes from the supervisor's own source, a file or stdin, never from argv.
 */

#include "shared/base/secret.h"
#include "shared/json/json.h"
#include "tools/cli/base/control_ask.h"
#include "tools/cli/base/follow.h"
#include "tools/cli/base/load.h"
#include "tools/cli/base/progress.h"
#include "shared/view/view.h"
#include "tools/cli/data/verb.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define CHECK_S 60   /* three questions to Discord, each with a deadline */
#define MOVE_S 43200 /* a large fleet at one IDENTIFY per 5 s */

struct rotation {
	struct cli *cli;
	struct verb_token_reload o;
	bool same; /* it is the token in force */
};

static void
show(const char *key, const char *text, void *arg)
{
	struct rotation *r = arg;

	r->same |= strcmp(key, "same") == 0;
	follow_show(key, text, r->cli);
}

/*
 * What a unit got by LoadCredential= is a copy: no change of the file reaches
 * it.  So the file that the config names, for a start without systemd the same
 * one, is read here and handed over.
 */
static int
find_source(struct rotation *r)
{
	struct cli *c = r->cli;
	struct view v;
	struct err none;
	bool copy;

	if (view_read(&v, &c->config, &none) == -1)
		return 0;
	copy = v.alive && v.cluster.token_is_copy;
	view_free(&v);
	if (!copy || r->o.file != NULL)
		return 0;
	if (access(c->config.token_file, R_OK) == 0) {
		r->o.file = c->config.token_file;
		return 0;
	}
	return errno == ENOENT
	    ? 0
	    : err_sys(&c->err, EXIT_CONFIG,
		"systemd hands the token over to this fleet, so the new one is "
		"read by this command, as root or with --token-file: cannot "
		"read %s",
		c->config.token_file);
}

/* A memfd with the token, -1 with err. */
static int
token_fd(struct rotation *r)
{
	struct err *err = &r->cli->err;
	char *token = strcmp(r->o.file, "-") == 0
	    ? config_read_secret_fd(STDIN_FILENO, err)
	    : config_read_token(r->o.file, err);
	int fd;

	if (token == NULL)
		return -1;
	fd = memfd_create("token", MFD_CLOEXEC);
	if (fd == -1 || fd_write_all(fd, token, strlen(token)) == -1) {
		err_sys(err, EXIT_DEGRADED, "Cannot hand the token over");
		if (fd != -1)
			close(fd);
		fd = -1;
	}
	secret_free(token);
	return fd;
}

static int
ask(struct rotation *r, int fd, bool dry)
{
	struct json_object *q = control_ask_new("token"), *a;

	json_put_bool(q, "dry_run", dry);
	json_put_bool(q, "force", r->o.force);
	json_put_bool(q, "no_wait", r->o.no_wait);
	json_put_bool(q, "passed", fd != -1);
	if (fd != -1)
		lseek(fd, 0, SEEK_SET);
	progress_begin(r->cli, dry ? PROGRESS_PLAIN : PROGRESS_READY,
	    dry ? "Discord is asked" : "Moving to the other token", 0);
	a = control_ask_lines(&r->cli->config, q, fd,
	    dry || r->o.no_wait ? CHECK_S : MOVE_S, show, r, &r->cli->err);
	progress_end();
	if (a == NULL)
		return -1;
	if (r->cli->json && (dry == r->o.dry || r->same))
		cli_print_json(a);
	else
		json_object_put(a);
	return 0;
}

static int
rotate(struct rotation *r, int fd)
{
	if (r->o.dry)
		return ask(r, fd, true);
	if (!r->o.yes
	    && (ask(r, fd, true) == -1
		|| (!r->same
		    && cli_confirm(r->cli, "Move the fleet over now?") == -1)))
		return -1;
	return r->same ? 0 : ask(r, fd, false);
}

int
verb_token_reload(struct cli *c, const struct verb_token_reload *o)
{
	struct rotation r = {.cli = c, .o = *o};
	int fd = -1, rc;

	if (load_look(c) == -1 || find_source(&r) == -1
	    || (r.o.file != NULL && (fd = token_fd(&r)) == -1))
		return cli_fail(c);
	rc = rotate(&r, fd);
	if (fd != -1)
		close(fd);
	return rc == -1 ? cli_fail(c) : EXIT_FINE;
}
