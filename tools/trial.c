/* SPDX-License-Identifier: MIT */
/* See trial.h. */
#include "tools/trial.h"

#include "shared/clock.h"
#include "tools/cli_plugin.h"
#include "tools/cli_view.h"
#include "tools/tap.h"

#include <fcntl.h>
#include <libgen.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- which program -------------------------------------------------- */

static bool
is_program(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode)
	    && access(path, X_OK) == 0;
}

static int
find_in(struct trial *t, const char *dir, struct err *e)
{
	static const char *const names[] = {"plugin", "plugin.py",
	    "plugin.js"};
	char path[PATH_MAX];

	for (size_t i = 0; i < nitems(names); i++)
		if (str_format(path, sizeof(path), "%s/%s", dir, names[i])
		    && is_program(path) && realpath(path, t->program) != NULL)
			return 0;
	if (str_format(path, sizeof(path), "%s/plugin.c", dir)
	    && access(path, F_OK) == 0)
		return err_set(e, EXIT_USAGE, "%s is not built: \"make -C "
		    "%s\".", path, dir);
	return err_set(e, EXIT_USAGE, "In %s there is no executable plugin, "
	    "plugin.py or plugin.js: name the plugin's file, or make it "
	    "executable (chmod +x).", dir);
}

int
trial_find(struct trial *t, const char *arg, struct err *e)
{
	struct stat st;
	char copy[PATH_MAX];

	if (stat(arg, &st) == -1)
		return err_sys(e, EXIT_USAGE, "Cannot find %s", arg);
	if (S_ISDIR(st.st_mode)) {
		if (find_in(t, arg, e) == -1)
			return -1;
	} else if (!is_program(arg) || realpath(arg, t->program) == NULL) {
		return err_set(e, EXIT_USAGE, "%s is not executable: chmod +x "
		    "%s", arg, arg);
	}
	str_copy(copy, t->program, sizeof(copy));
	str_copy(t->name, basename(dirname(copy)), sizeof(t->name));
	if (!cli_plugin_name_ok(t->name))
		str_copy(t->name, "plugin", sizeof(t->name));
	return 0;
}

/* ---- the fleet ------------------------------------------------------ */

/* As config_split reads it. */
static void
put_word(FILE *f, const char *word)
{
	fputs(" '", f);
	for (; *word != '\0'; word++)
		if (*word == '\'')
			fputs("'\\''", f);
		else
			putc(*word, f);
	putc('\'', f);
}

static int
write_config(struct trial *t, struct err *e)
{
	char path[96];
	FILE *f;

	str_format(path, sizeof(path), "%s/shardherd.conf", t->rig.dir);
	str_format(t->record, sizeof(t->record), "%s/record", t->rig.dir);
	if ((f = fopen(path, "wxe")) == NULL)
		return err_sys(e, EXIT_UNKNOWN, "Cannot write %s", path);
	/* 53608447: every intent there is, so that every event comes.  Everybody
	 * is an owner, so that a command of any rank can be tried. */
	fprintf(f, "[bot]\nname = plugin-test\ntoken_file = %s\n"
	    "intents = 53608447\nowners = 1-%llu\n"
	    "[gateway]\napi = %s\nidentify_interval = 100ms\n"
	    "[paths]\nstate_dir = state\nrun_dir = run\nlog_dir = log\n"
	    "[handler]\nstart_timeout = %ds\ndrain_timeout = 3s\n"
	    "[limits]\nrestart_min = 500ms\n"
	    "[plugin \"%s\"]\nevents = *\ntimeout = 1m\nexec =",
	    t->rig.token_file, (unsigned long long)INT64_MAX, t->rig.api,
	    TRIAL_INIT_S, t->name);
	put_word(f, t->rig.self);
	fprintf(f, " " TAP_ROLE);
	put_word(f, t->record);
	put_word(f, t->program);
	putc('\n', f);
	if (fclose(f) == EOF)
		return err_sys(e, EXIT_UNKNOWN, "Cannot write %s", path);
	t->cli->config_path = base_strdup(path);
	return cli_load(t->cli);
}

/* What came to the record since. */
static void
read_record(struct trial *t)
{
	int fd = open(t->record, O_RDONLY | O_CLOEXEC);
	char buf[65536];
	ssize_t n;

	while (fd != -1 && t->at < TRIAL_RECORD_MAX
	    && (n = pread(fd, buf, sizeof(buf), t->at)) > 0) {
		t->at += n;
		for (ssize_t i = 0; i < n; i++) {
			if (buf[i] != '\n') {
				if (t->have < TAP_LINE_MAX + 64)
					t->line[t->have++] = buf[i];
				continue;
			}
			t->line[t->have] = '\0';
			transcript_line(&t->talk, t->line, t->have);
			t->have = 0;
		}
	}
	if (fd != -1)
		close(fd);
}

bool
trial_step(struct trial *t, uint64_t until)
{
	bool on = rig_step(until) && rig_fleet_runs(&t->rig);

	read_record(t);
	return on;
}

bool
trial_ready(struct trial *t)
{
	struct cli_view v;
	struct err none;
	bool ready;

	if (cli_view_read(&v, &t->cli->config, &none) == -1)
		return false;
	ready = v.n > 0 && v.ready == v.n;
	cli_view_free(&v);
	return ready;
}

int
trial_ctl(struct trial *t, const char *const *words)
{
	char out[1024];

	return rig_ctl(&t->rig, out, sizeof(out), &t->cli->err, words);
}

/* The fleet's log, NULL when there is none.  Owner frees. */
static char *
read_log(const struct trial *t)
{
	char path[128], *text;
	struct stat st;
	ssize_t n;
	int fd;

	str_format(path, sizeof(path), "%s/log/shardherd.log", t->rig.dir);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return NULL;
	text = fstat(fd, &st) == 0 ? base_alloc((size_t)st.st_size + 1) : NULL;
	n = text != NULL ? read(fd, text, (size_t)st.st_size) : -1;
	if (n >= 0)
		text[n] = '\0';
	close(fd);
	return text;
}

void
trial_log(const struct trial *t, const char *words, char *out, size_t size)
{
	char *text = read_log(t);
	const char *at = text != NULL ? strstr(text, words) : NULL;

	out[0] = '\0';
	if (at != NULL) {
		str_copy(out, at, size);
		out[strcspn(out, "\n")] = '\0';
	}
	free(text);
}

/* ---- life ----------------------------------------------------------- */

int
trial_start(struct trial *t, struct cli *c)
{
	t->cli = c;
	transcript_init(&t->talk, TRIAL_MARK);
	t->line = base_alloc(TAP_LINE_MAX + 128);
	return rig_open(&t->rig, &c->err) == -1
	    || write_config(t, &c->err) == -1
	    || rig_fleet(&t->rig, &c->err) == -1 ? -1 : 0;
}

void
trial_stop(struct trial *t)
{
	rig_fleet_stop(&t->rig);
	read_record(t);
}

void
trial_free(struct trial *t, bool keep)
{
	rig_close(&t->rig, keep);
	transcript_free(&t->talk);
	free(t->line);
}
