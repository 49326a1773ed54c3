/* SPDX-License-Identifier: MIT */
#include "tools/sim/control/help.h"

#include "tools/sim/base/sbuf.h"
#include "tools/sim/control/setting.h"
#include "tools/sim/control/verb.h"

#include <string.h>

#define DEFAULT_MAX 24 /* letters of a default that is shown */

static const struct {
	const char *word, *what;
} verb_topics[] =
    {
#define X(name, word, what) {word, what},
	HELP_VERB_TOPICS(X)
#undef X
},
  run_topics[] = {
#define X(name, word, what) {word, what},
      HELP_RUN_TOPICS(X)
#undef X
};

bool
help_is(const char *word)
{
	return strcmp(word, "help") == 0 || strcmp(word, "--help") == 0
	    || strcmp(word, "-h") == 0;
}

/* The words of text from column `at` on, where the line is already; further
 * lines begin at `indent`. */
static void
wrap(FILE *f, const char *text, int at, int indent)
{
	bool first = true;

	for (text += strspn(text, " \n"); *text; text += strspn(text, " \n")) {
		int len = (int)strcspn(text, " \n");

		if (at + !first + len >= HELP_COLUMNS) {
			fprintf(f, "\n%*s", indent, "");
			at = indent;
		} else if (!first) {
			fputc(' ', f);
			at++;
		}
		fprintf(f, "%.*s", len, text);
		text += len;
		at += len;
		first = false;
	}
	fputc('\n', f);
}

void
help_main(FILE *f)
{
	fputs(
	    "shardherd-sim: a Discord for the desk, for any bot\n\n"
	    "  shardherd-sim run --dir DIR [OPTION ...]    starts it\n"
	    "  shardherd-sim ctl --dir DIR VERB ...        acts as people do, "
	    "looks, breaks\n"
	    "  shardherd-sim audit --dir DIR               a plugin that "
	    "judges a fleet\n"
	    "  shardherd-sim --version\n\n"
	    "Try it:\n\n"
	    "  shardherd-sim run --dir /tmp/sim --plain &\n"
	    "  . /tmp/sim/urls             # SIM_API, SIM_GATEWAY, "
	    "SIM_TOKEN_FILE, SIM_PAGE\n"
	    "  # start your bot with these, then\n"
	    "  shardherd-sim ctl --dir /tmp/sim say '#general' 'good morning'\n"
	    "  shardherd-sim ctl --dir /tmp/sim said '#general'\n"
	    "  # and open $SIM_PAGE in a browser\n\n"
	    "More:\n\n"
	    "  shardherd-sim run --help [TOPIC]    its options\n"
	    "  shardherd-sim ctl --help [TOPIC]    its verbs\n"
	    "  man shardherd-sim                   all of it; begins with "
	    "five minutes for\n"
	    "                                      the author of a bot\n",
	    f);
}

/* ---- run -------------------------------------------------------------- */

static void
run_row(FILE *f, const struct help_row *r)
{
	bool shown = r->usage[0] && strlen(r->usage) <= DEFAULT_MAX;
	struct sbuf t = {0};

	sbuf_str(&t, r->what);
	if (shown)
		sbuf_fmt(&t, " [%s]", r->usage);
	wrap(f, t.p, fprintf(f, "  --%-19s", r->name), 23);
	sbuf_free(&t);
}

bool
help_run(FILE *f, const char *topic)
{
	const char *word = topic ? topic : run_topics[HELP_RUN_BASIC].word;
	struct help_row r;
	size_t at = 0;

	while (
	    at < nitems(run_topics) && strcmp(run_topics[at].word, word) != 0)
		at++;
	if (at == nitems(run_topics))
		return false;
	fprintf(f, "shardherd-sim run --dir DIR [OPTION ...]\n\n%s:\n\n",
	    run_topics[at].what);
	for (size_t i = 0; setting_help(i, &r); i++) {
		if (r.topic == at)
			run_row(f, &r);
	}
	fputs("\n", f);
	for (size_t i = 0; i < nitems(run_topics); i++) {
		if (i != at)
			fprintf(f, "  run --help %-12s %s\n",
			    run_topics[i].word, run_topics[i].what);
	}
	return true;
}

/* ---- ctl -------------------------------------------------------------- */

static void
verb_row(FILE *f, const struct help_row *r)
{
	wrap(f, r->usage, fprintf(f, "  %s ", r->name), 8);
	if (r->what != NULL) {
		fputs("      ", f);
		wrap(f, r->what, 6, 6);
	}
}

static void
ctl_topics(FILE *f)
{
	struct help_row r;

	fputs("shardherd-sim ctl --dir DIR VERB ... [--json]\n\n"
	      "Gives one command to the simulator that runs in DIR.  With "
	      "--json a verb that\nprints something prints one line of JSON.  "
	      "Verbs, by topic:\n\n",
	    f);
	for (unsigned t = 0; t < HELP_VERB_TOPIC_COUNT; t++) {
		struct sbuf names = {0};

		for (size_t i = 0; verb_help(i, &r); i++) {
			if (r.topic == t)
				sbuf_fmt(&names, " %s", r.name);
		}
		wrap(f, names.p ? names.p : "",
		    fprintf(f, "  %-12s", verb_topics[t].word), 14);
		sbuf_free(&names);
	}
	fputs(
	    "\n  ctl --help TOPIC     what they do\n"
	    "  ctl --help VERB      one of them\n"
	    "  ctl fault            lists the faults there are\n\n"
	    "Exit: 0 done, 1 it failed, 64 wrong usage, 75 no such command of "
	    "the bot's,\nyet, 99 the time of a wait ran out.\n",
	    f);
}

bool
help_ctl(FILE *f, const char *topic)
{
	bool found = false;
	struct help_row r;

	if (topic == NULL) {
		ctl_topics(f);
		return true;
	}
	for (size_t i = 0; verb_help(i, &r); i++) {
		bool here = strcmp(verb_topics[r.topic].word, topic) == 0;

		if (here && !found)
			fprintf(f, "ctl: %s\n\n", verb_topics[r.topic].what);
		if (here || strcmp(r.name, topic) == 0) {
			verb_row(f, &r);
			found = true;
		}
	}
	return found;
}

int
help_show(bool (*help)(FILE *, const char *), const char *mode,
    const char *topic)
{
	if (help(stdout, topic))
		return EXIT_FINE;
	fprintf(stderr,
	    "shardherd-sim: %s --help knows no %s; without it, it lists what "
	    "there is.\n",
	    mode, topic);
	return EXIT_USAGE;
}
