/* SPDX-License-Identifier: MIT */
/*
 * logs: the end of the log, rotated and compressed files included, and with -f
 * what follows, through rotations.  A reader only: it never keeps a rotated
 * file alive longer than its last line.
 */
#include "shared/base/clock.h"
#include "shared/json/json.h"
#include "tools/cli/base/control_ask.h"
#include "tools/cli/base/follow.h"
#include "tools/cli/base/form.h"
#include "tools/cli/base/load.h"
#include "tools/cli/base/names.h"
#include "tools/cli/base/option.h"
#include "tools/cli/see/log_reader.h"
#include "tools/cli/see/verb.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINES_MAX 1000000
#define LINES_USUAL 20
#define FOLLOW_POLL_MS 1000 /* should inotify miss something */
#define ROTATION_MS 2000    /* between the old file's rename and a new one */
#define LEVEL_S 10	    /* for the supervisor's answer */

struct logs_view {
	struct cli *cli;
	char path[CONFIG_PATH_MAX + 32];
	struct log_reader_want want;
	bool shown; /* anything */
	struct log_reader_file
	    *file[LOG_READER_FILES_MAX]; /* 0: the live one */
	uint32_t files;
};

static void
put_line(const char *line, const struct logline *l, void *arg)
{
	struct logs_view *v = arg;
	struct json_object *o;
	char time[LOGLINE_TIME + 1];

	v->shown = true;
	if (!v->cli->json) {
		cli_print("%s", line);
		return;
	}
	o = json_object_new_object();
	if (l != NULL) {
		logline_time_write(l->wall_ms, time);
		json_put_text(o, "time", time);
		json_put_text(o, "level", log_level_name[l->level]);
		json_put_text(o, "who", l->who);
	}
	json_put_text(o, "line", line);
	cli_print_json(o);
}

/* ---- the end of what is there --------------------------------------- */

static bool
add_file(struct logs_view *v)
{
	struct log_reader_file *f = base_alloc(sizeof(*f));

	if (!log_reader_open(f, v->path, v->files)) {
		free(f);
		return false;
	}
	v->file[v->files++] = f;
	return true;
}

static void
drop_files(struct logs_view *v)
{
	for (uint32_t i = 0; i < v->files; i++) {
		log_reader_close(v->file[i]);
		free(v->file[i]);
	}
	v->files = 0;
}

/*
 * Opens as many files as hold the last `lines` lines, or all since the time
 * asked for; returns how many of those lines are too many.
 */
static size_t
open_files(struct logs_view *v, int64_t lines)
{
	size_t n = 0;

	do {
		struct log_reader_file *f = v->file[v->files - 1];

		n += log_reader_lines(f, &v->want, 0, NULL, NULL);
		if (log_reader_begin(f) != INT64_MIN
		    && log_reader_begin(f) < v->want.since_ms)
			break;
	} while (n < (size_t)lines && v->files < LOG_READER_FILES_MAX
	    && add_file(v));
	return n > (size_t)lines ? n - (size_t)lines : 0;
}

static void
show_end(struct logs_view *v, int64_t lines)
{
	size_t skip = open_files(v, lines), n;

	for (uint32_t i = v->files; i-- > 0;) {
		struct log_reader_file *f = v->file[i];

		log_reader_rewind(f);
		n = log_reader_lines(f, &v->want, skip, put_line, v);
		skip -= n < skip ? n : skip;
		if (i > 0)
			log_reader_rest(f, &v->want, put_line, v);
		if (f->bad)
			cli_say("The log %s.%u.gz is damaged: what follows in "
				"it can't be shown.",
			    v->path, i);
	}
}

/* ---- and what follows ----------------------------------------------- */

static bool
replaced(const struct logs_view *v)
{
	struct stat a, b;

	return fstat(v->file[0]->fd, &a) == -1 || stat(v->path, &b) == -1
	    ? false
	    : a.st_ino != b.st_ino || a.st_dev != b.st_dev;
}

static void
follow_once(struct logs_view *v)
{
	struct log_reader_file *f = v->file[0];
	struct stat st;
	int fd;

	log_reader_lines(f, &v->want, 0, put_line, v);
	if (replaced(v) && (fd = open(v->path, O_RDONLY | O_CLOEXEC)) != -1) {
		/* written between the two looks */
		log_reader_lines(f, &v->want, 0, put_line, v);
		close(f->fd);
		f->fd = fd;
		log_reader_lines(f, &v->want, 0, put_line, v);
	}
	if (fstat(f->fd, &st) == 0 && st.st_size < lseek(f->fd, 0, SEEK_CUR))
		lseek(f->fd, 0, SEEK_SET);
}

static int
follow(struct logs_view *v)
{
	struct pollfd p[2] = {
	    {.fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK), .events = POLLIN},
	    {.fd = STDOUT_FILENO, .events = 0}, /* the reader's end */
	};
	char events[4096];

	for (;;) {
		/* Again each time: the directory may be another by now. */
		inotify_add_watch(p[0].fd, v->cli->config.log_dir,
		    IN_MODIFY | IN_CREATE | IN_MOVED_TO);
		follow_once(v);
		if (fflush(stdout) == EOF)
			break;
		if (poll(p, 2, FOLLOW_POLL_MS) > 0 && p[1].revents != 0)
			break;
		while (read(p[0].fd, events, sizeof(events)) > 0)
			continue;
	}
	close(p[0].fd);
	return EXIT_FINE;
}

/* For an instant of each rotation there is no live file, only the one before
 * it: that is waited for.  errno as open(2) left it. */
static bool
add_live_file(struct logs_view *v)
{
	uint64_t until = clock_boot_ms() + ROTATION_MS;
	struct log_reader_file before;

	while (!add_file(v)) {
		if (errno != ENOENT)
			return false;
		if (!log_reader_open(&before, v->path, 1) || !cli_step(until)) {
			errno = ENOENT;
			return false;
		}
		log_reader_close(&before);
	}
	return true;
}

/* Of who is gone there may be lines; of nobody there are none. */
static int
known(const struct logs_view *v)
{
	const struct log_reader_want *w = &v->want;
	char number[24];

	str_format(number, sizeof(number), "%lld", (long long)w->shard);
	return (w->plugin != NULL
		   && names_find(v->cli, w->plugin, NAMES_PLUGIN) == 0)
		|| (w->client != NULL
		    && names_find(v->cli, w->client, NAMES_CLIENT) == 0)
		|| (w->shard >= 0
		    && names_find(v->cli, number, NAMES_SHARD) == 0)
	    ? -1
	    : 0;
}

static int
show(struct logs_view *v, int64_t lines, bool on)
{
	struct cli *c = v->cli;
	int code = EXIT_FINE;

	str_format(v->path, sizeof(v->path), "%s/shardherd.log",
	    c->config.log_dir);
	if (!add_live_file(v) && c->config.log_to == CONFIG_LOG_STDERR)
		return cli_error(c, EXIT_DOWN,
		    "[log] to = stderr: the log is with whoever keeps the "
		    "fleet's output; under systemd \"journalctl -u UNIT\" "
		    "shows it.");
	if (v->files == 0)
		return cli_error(c, errno == ENOENT ? EXIT_DOWN : EXIT_UNKNOWN,
		    "There is no log at %s: %s.", v->path, strerror(errno));
	show_end(v, lines);
	if (!v->shown && known(v) == -1)
		code = cli_fail(c);
	else if (on)
		code = follow(v);
	else
		log_reader_rest(v->file[0], &v->want, put_line, v);
	drop_files(v);
	return code;
}

/* ---- the level ------------------------------------------------------ */

static int
level(struct cli *c)
{
	struct json_object *q = control_ask_new("log-level");

	if (c->argc == 2)
		json_put_text(q, "level", c->argv[1]);
	return follow_order(c, q, "The supervisor is waited for", LEVEL_S);
}

/* ---- the verb ------------------------------------------------------- */

/* A time, or a duration back from now: 0, or -1 with c->err. */
static int
since(struct cli *c, const char *text, int64_t *out)
{
	char full[64];
	double s;

	*out = INT64_MIN;
	if (text == NULL)
		return 0;
	if (option_seconds(text, &s)) {
		*out = clock_wall_ms() - (int64_t)(s * 1000);
		return 0;
	}
	str_format(full, sizeof(full), "%s%s", text,
	    strchr(text, 'T') == NULL	    ? "T00:00:00Z"
		: strchr(text, 'Z') == NULL ? "Z"
					    : "");
	if (logline_time_read(full, out))
		return 0;
	return err_set(&c->err, EXIT_USAGE,
	    "--since takes a duration such as \"10m\" or \"2h\", or a UTC time "
	    "such as 2026-11-21 or 2026-11-21T03:00:00, not \"%s\"",
	    text);
}

int
verb_logs(struct cli *c)
{
	static struct logs_view v;
	int64_t lines = -1, shard = -1;
	const char *from = NULL, *least = NULL;
	bool on = false;
	const struct option opts[] = {
	    {"--follow", &on},
	    {"--lines", &lines},
	    {"--shard", &shard},
	    {"--plugin", &v.want.plugin},
	    {"--client", &v.want.client},
	    {"--grep", &v.want.grep},
	    {"--since", &from},
	    {"--level", &least},
	};

	v.cli = c;
	if (option_take(c, opts, nitems(opts)) == -1
	    || since(c, from, &v.want.since_ms) == -1)
		return cli_fail(c);
	if (lines > LINES_MAX)
		return cli_usage(c);
	if (least != NULL)
		(void)log_parse_level(least, &v.want.least);
	if (load_look(c) == -1)
		return cli_fail(c);
	if (form_is(c, "level"))
		return level(c);
	v.want.shard = shard;
	if (lines < 0)
		lines = from != NULL ? LINES_MAX : LINES_USUAL;
	return show(&v, lines, on);
}
