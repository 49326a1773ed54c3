/* SPDX-License-Identifier: MIT */
#include "tools/cli/plugin_test/trial.h"

#include "shared/config/config_plugin_keys.h"
#include "tools/cli/base/load.h"
#include "shared/view/view.h"
#include "tools/cli/plugin_test/tap.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

static void
put_own(const char *key, const char *value, void *arg)
{
	fprintf(arg, CONFIG_PLUGIN_KEYS_PREFIX "%s = %s\n", key, value);
}

static void
put_plugin(struct trial *t, FILE *f)
{
	fprintf(f, "[plugin \"%s\"]\n%sexec =", t->name, t->section);
	put_word(f, t->rig.self);
	fprintf(f, " " TAP_ROLE);
	put_word(f, t->record);
	put_word(f, t->dir);
	put_word(f, t->program);
	for (size_t i = 0; i < t->n; i++)
		put_word(f, t->args[i]);
	putc('\n', f);
	config_plugin_keys_each(t->own, put_own, f);
}

static int
write_config(struct trial *t, struct err *e)
{
	char path[96];
	FILE *f;
	int port;

	if ((port = rig_port(e)) == -1)
		return -1;
	str_format(path, sizeof(path), "%s/shardherd.conf", t->rig.dir);
	str_format(t->record, sizeof(t->record), "%s/record", t->rig.dir);
	if ((f = fopen(path, "wxe")) == NULL)
		return err_sys(e, EXIT_UNKNOWN, "Cannot write %s", path);
	/* 53608447: every intent there is, so that every event comes.  Everybody
	 * is an owner, so that a command of any rank can be tried.  There is a
	 * gate, so that its cache can be asked. */
	fprintf(f,
	    "[bot]\nname = plugin-test\ntoken_file = %s\n"
	    "intents = 53608447\nowners = 1-%llu\n"
	    "[gateway]\napi = %s\nidentify_interval = 100ms\n"
	    "[paths]\nstate_dir = state\nrun_dir = run\nlog_dir = log\n"
	    "[handler]\nstart_timeout = %us\ndrain_timeout = 3s\n"
	    "prefix = %s\n[limits]\nrestart_min = 500ms\n"
	    "[gate]\nlisten = 127.0.0.1:%d\nlog_bytes = 8M\nmembers = all\n"
	    "[client \"none\"]\n",
	    t->rig.token_file, (unsigned long long)INT64_MAX, t->rig.api,
	    rig_seconds(TRIAL_INIT_S), t->prefix, port);
	fclose(t->keys);
	t->keys = NULL;
	put_plugin(t, f);
	if (fclose(f) == EOF)
		return err_sys(e, EXIT_UNKNOWN, "Cannot write %s", path);
	t->cli->config_path = base_strdup(path);
	return load_config(t->cli);
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
	struct view v;
	struct err none;
	bool ready;

	if (view_read(&v, &t->cli->config, &none) == -1)
		return false;
	ready = v.n > 0 && v.ready == v.n && v.gate_alive && v.gate.lanes > 0
	    && !v.gate.cache_cold;
	view_free(&v);
	return ready;
}

int
trial_ctl(struct trial *t, const char *const *words)
{
	char out[1024];

	return rig_ctl(&t->rig, out, sizeof(out), &t->cli->err, words);
}

int
trial_say(struct trial *t, const char *text, char *id, size_t size)
{
	return rig_ctl(&t->rig, id, size, &t->cli->err,
	    (const char *const[]) {"message", "0", text, NULL});
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
		|| rig_fleet(&t->rig, &c->err) == -1
	    ? -1
	    : 0;
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
	if (t->keys != NULL)
		fclose(t->keys);
	free(t->section);
	free(t->own);
	for (size_t i = 0; i < t->n; i++)
		free(t->args[i]);
	free(t->args);
}
