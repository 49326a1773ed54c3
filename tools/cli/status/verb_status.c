/* SPDX-License-Identifier: MIT */
/* status: once, or again and again on the screen. */
#include "shared/base/clock.h"
#include "tools/cli/base/load.h"
#include "tools/cli/base/option.h"
#include "tools/cli/base/table.h"
#include "shared/view/status_json.h"
#include "tools/cli/status/screen.h"
#include "tools/cli/see/status.h"
#include "tools/cli/status/status_screen.h"
#include "tools/cli/status/verb.h"

#include <unistd.h>

#define PICK_MAX 256 /* shards named on the command line */
#define WATCH_MIN_S 0.1

/* On a terminal as much as it has room for, elsewhere everything. */
static void
show_text(struct cli *c, struct status_pick *pick, const struct view *v,
    bool wide, FILE *f)
{
	bool colour = table_may_colour(stdout);
	struct past *past = base_alloc(sizeof(*past));
	size_t rows = screen_rows();

	pick->room = wide ? 0 : table_room(stdout);
	pick->past = past;
	past_of_fleet(past, c->config.state_dir, v);
	if (pick->n > 0 || pick->all || wide || rows < STATUS_SCREEN_LEAST)
		status_text(v, pick, f, colour);
	else
		status_screen(v, past, rows - 1, pick->room, colour, f);
	pick->past = NULL;
	free(past);
}

/* To f; the columns and colours are those of standard output. */
static int
show(struct cli *c, struct status_pick *pick, bool wide, FILE *f)
{
	struct view v;
	int code;

	if (view_read(&v, &c->config, &c->err) == -1)
		return cli_fail(c);
	for (size_t i = 0; i < pick->n; i++) {
		if (view_shard(&v, pick->ids[i], NULL) != NULL)
			continue;
		view_free(&v);
		return cli_error(c, EXIT_USAGE,
		    "There is no shard %llu in this fleet of %u.",
		    (unsigned long long)pick->ids[i], v.cluster.shard_count);
	}
	if (c->json) {
		cli_print_json(status_json(&v, pick->ids, pick->n));
	} else {
		show_text(c, pick, &v, wide, f);
	}
	code = v.verdict.exit;
	view_free(&v);
	return code;
}

/* One look at the screen; what goes wrong is said below it. */
static int
show_frame(struct cli *c, struct status_pick *pick, bool wide)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	int code;

	must(f != NULL);
	code = show(c, pick, wide, f);
	must(fclose(f) == 0);
	screen_frame(text);
	free(text);
	return code;
}

static int
watch(struct cli *c, struct status_pick *pick, bool wide, double every_s)
{
	bool screen = isatty(STDOUT_FILENO) && !c->json;
	int code;

	if (screen)
		screen_begin();
	for (;;) {
		uint64_t next = clock_boot_ms() + (uint64_t)(every_s * 1000);

		code = screen ? show_frame(c, pick, wide)
			      : show(c, pick, wide, stdout);
		if (code == EXIT_USAGE)
			return EXIT_USAGE;
		if (!screen && !c->json)
			putchar('\n');
		if (fflush(stdout) == EOF)
			return EXIT_FINE; /* the reader has gone */
		if (screen_wait(next)) {
			putchar('\n');
			return code;
		}
	}
}

int
verb_status(struct cli *c)
{
	uint64_t ids[PICK_MAX];
	struct status_pick pick = {.ids = ids};
	double every_s = 0;
	bool wide = false;
	const struct option opts[] = {
	    {"--all", &pick.all},
	    {"--wide", &wide},
	    {"--watch", &every_s},
	};

	if (option_take(c, opts, nitems(opts)) == -1)
		return cli_fail(c);
	for (int i = 0; i < c->argc; i++) {
		if (pick.n == PICK_MAX
		    || !str_to_u64(c->argv[i], &ids[pick.n++]))
			return cli_error(c, EXIT_USAGE,
			    "\"%s\" is no number of a shard", c->argv[i]);
	}
	if (load_look(c) == -1)
		return cli_fail(c);
	if (every_s == 0)
		return show(c, &pick, wide, stdout);
	if (every_s < WATCH_MIN_S)
		every_s = 2;
	return watch(c, &pick, wide, every_s);
}
