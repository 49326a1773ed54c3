/* SPDX-License-Identifier: MIT */
#include "tools/sim/control/script.h"

#include "tools/sim/control/setting.h"
#include "tools/sim/control/verb.h"

#include "shared/base/clock.h"
#include "shared/config/config.h"
#include "shared/base/log.h"
#include "shared/base/timer.h"

#include <string.h>

struct line {
	double at_s;
	int number;
	int argc;
	char **argv; /* one block of config_split: at, TIME, VERB ... */
};

struct script {
	struct sim *sim;
	struct timer timer;
	struct line line[SCRIPT_LINES_MAX];
	size_t count, next;
};

static void
run_line(struct script *s, struct line *l)
{
	struct sbuf out = {0};
	int code = verb_run(s->sim, l->argc - 2, l->argv + 2, NULL, &out);

	if (code != EXIT_FINE)
		log_warn("%s:%d: %s", s->sim->cfg.script, l->number,
		    out.p ? out.p : "failed");
	sbuf_free(&out);
}

static void
set_timer(struct script *s)
{
	double now = (double)(clock_boot_ms() - s->sim->started_ms) / 1000;
	double left;

	if (s->next == s->count)
		return;
	left = s->line[s->next].at_s - now;
	timer_set(&s->timer, left > 0 ? left : 0);
}

static void
on_timer(struct timer *t)
{
	struct script *s = container_of(t, struct script, timer);

	run_line(s, &s->line[s->next++]);
	set_timer(s);
}

static int
by_time(const void *a, const void *b)
{
	const struct line *x = a, *y = b;

	if (x->at_s != y->at_s)
		return x->at_s < y->at_s ? -1 : 1;
	return x->number - y->number;
}

static int
add_line(struct script *s, const char *text, int number, struct err *err)
{
	struct line *l = &s->line[s->count];

	text += strspn(text, " \t");
	if (*text == '\0' || *text == '#')
		return 0;
	if (s->count == SCRIPT_LINES_MAX)
		return err_set(err, EXIT_USAGE, "over %d lines.",
		    SCRIPT_LINES_MAX);
	l->number = number;
	l->argv = config_split(text, &l->argc, err);
	if (!l->argv)
		return -1;
	s->count++;
	if (l->argc < 3 || strcmp(l->argv[0], "at") != 0
	    || !setting_duration(l->argv[1], &l->at_s))
		return err_set(err, EXIT_USAGE,
		    "expected `at TIME VERB ...`, as in `at 5s close 3 4000`.");
	return 0;
}

static int
read_script(struct script *s, const char *path, struct err *err)
{
	FILE *f = fopen(path, "r");
	char *text = NULL;
	size_t size = 0;
	int number = 0, r = 0;

	if (!f)
		return err_sys(err, EXIT_USAGE, "--script: cannot read %s",
		    path);
	while (r == 0 && getline(&text, &size, f) >= 0) {
		text[strcspn(text, "\r\n")] = '\0';
		r = add_line(s, text, ++number, err);
	}
	if (r < 0)
		err_prefix(err, "%s:%d", path, number);
	free(text);
	fclose(f);
	return r;
}

int
script_start(struct sim *sim, struct err *err)
{
	struct script *s;

	if (!sim->cfg.script)
		return 0;
	s = sim->script = base_alloc(sizeof(*s));
	s->sim = sim;
	timer_init(sim->timers, &s->timer, on_timer);
	if (read_script(s, sim->cfg.script, err) < 0)
		return -1;
	qsort(s->line, s->count, sizeof(s->line[0]), by_time);
	set_timer(s);
	return 0;
}

void
script_stop(struct sim *sim)
{
	struct script *s = sim->script;

	if (!s)
		return;
	timer_stop(&s->timer);
	for (size_t i = 0; i < s->count; i++)
		free(s->line[i].argv);
	free(s);
	sim->script = NULL;
}
