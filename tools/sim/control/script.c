/* SPDX-License-Identifier: MIT */
#include "tools/sim/control/script.h"

#include "tools/sim/control/setting.h"
#include "tools/sim/control/verb.h"
#include "tools/sim/control/wait.h"

#include "shared/base/clock.h"
#include "shared/config/config.h"
#include "shared/base/log.h"
#include "shared/base/text.h"
#include "shared/base/timer.h"

#include <string.h>

struct line {
	double at_s; /* < 0: in its turn */
	int number;
	int argc;
	char **argv; /* one block of config_split */
};

struct lines {
	struct line line[SCRIPT_LINES_MAX];
	size_t count, next;
};

struct script {
	struct sim *sim;
	struct timer timer, turn;
	struct lines timed, story;
	struct wait wait; /* of the story's line `next` */
};

static void
tell(struct script *s, const struct line *l, int code, const struct sbuf *out)
{
	const char *said = out->p != NULL && out->len > 0 ? out->p : "failed";

	if (code == EXIT_WAIT)
		log_warn("%s:%d: the time ran out: %s", s->sim->cfg.script,
		    l->number, said);
	else if (code != EXIT_FINE)
		log_warn("%s:%d: %s", s->sim->cfg.script, l->number, said);
}

/* ---- lines at their times ---------------------------------------------- */

static void
run_line(struct script *s, struct line *l)
{
	struct sbuf out = {0};
	int code = verb_run(s->sim, l->argc - 2, l->argv + 2, NULL, &out);

	tell(s, l, code, &out);
	sbuf_free(&out);
}

static void
set_timer(struct script *s)
{
	double now = (double)(clock_boot_ms() - s->sim->started_ms) / 1000;
	double left;

	if (s->timed.next == s->timed.count)
		return;
	left = s->timed.line[s->timed.next].at_s - now;
	timer_set(&s->timer, left > 0 ? left : 0);
}

static void
on_timer(struct timer *t)
{
	struct script *s = container_of(t, struct script, timer);

	run_line(s, &s->timed.line[s->timed.next++]);
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

/* ---- lines in their turn ----------------------------------------------- */

/* The next line's turn, or another look at what this one waits for.  A line
 * that failed is the story's last. */
static void
on_turn(struct timer *t)
{
	struct script *s = container_of(t, struct script, turn);
	struct line *l = &s->story.line[s->story.next];
	struct sbuf out = {0};
	int code = EXIT_FINE;

	if (!s->wait.active)
		code = verb_run(s->sim, l->argc, l->argv, &s->wait, &out);
	if (!s->wait.active || wait_judge(s->sim, &s->wait, &code, &out)) {
		tell(s, l, code, &out);
		s->story.next = code == EXIT_FINE ? s->story.next + 1
						  : s->story.count;
	}
	sbuf_free(&out);
	if (s->story.next < s->story.count)
		timer_set(&s->turn, s->wait.active ? SCRIPT_LOOK_S : 0);
}

/* ---- reading ----------------------------------------------------------- */

static int
add_line(struct script *s, const char *text, int number, struct err *err)
{
	struct line l = {.at_s = -1, .number = number};
	struct lines *to = &s->story;

	text += strspn(text, " \t");
	if (*text == '\0' || *text == '#')
		return 0;
	if (!text_is_utf8(text, strlen(text)))
		return err_set(err, EXIT_USAGE, "this line is no UTF-8.");
	l.argv = config_split(text, &l.argc, err);
	if (!l.argv)
		return -1;
	if (strcmp(l.argv[0], "at") == 0)
		to = &s->timed;
	if (to->count == SCRIPT_LINES_MAX) {
		free(l.argv);
		return err_set(err, EXIT_USAGE, "over %d lines.",
		    SCRIPT_LINES_MAX);
	}
	to->line[to->count++] = l;
	if (to == &s->timed
	    && (l.argc < 3
		|| !setting_duration(l.argv[1], &to->line[to->count - 1].at_s)))
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
	timer_init(sim->timers, &s->turn, on_turn);
	if (read_script(s, sim->cfg.script, err) < 0)
		return -1;
	qsort(s->timed.line, s->timed.count, sizeof(struct line), by_time);
	set_timer(s);
	if (s->story.count > 0)
		timer_set(&s->turn, 0);
	return 0;
}

static void
free_lines(struct lines *l)
{
	for (size_t i = 0; i < l->count; i++)
		free(l->line[i].argv);
}

void
script_stop(struct sim *sim)
{
	struct script *s = sim->script;

	if (!s)
		return;
	timer_stop(&s->timer);
	timer_stop(&s->turn);
	free_lines(&s->timed);
	free_lines(&s->story);
	free(s);
	sim->script = NULL;
}
