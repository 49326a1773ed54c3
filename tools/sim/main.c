/* SPDX-License-Identifier: MIT */
/*
 * shardherd-sim: a Discord for the desk.  One binary, three modes: the
 * simulator itself, the client of its control socket, and a plugin that audits
 * what a fleet handled.
 */
#include "tools/sim/control/ctl.h"
#include "tools/sim/run.h"
#include "tools/sim/control/setting.h"
#include "tools/sim/control/verb.h"
#include "tools/sim/control/audit.h"

#include "shared/process/inherited.h"
#include "shared/base/log.h"
#include "shared/base/version.h"

#include <string.h>

static void
help(FILE *f)
{
	fputs("shardherd-sim: a Discord for the desk\n\n"
	      "  shardherd-sim run --dir DIR [OPTIONS]\n"
	      "  shardherd-sim ctl --dir DIR VERB ...\n"
	      "  shardherd-sim audit --dir DIR\n"
	      "  shardherd-sim help | --version\n\noptions of run:\n",
	    f);
	setting_list(f);
	fputs("\nverbs of ctl:\n", f);
	verb_list(f);
	fputs("\nSee shardherd-sim(1).\n", f);
}

static bool
is_help(const char *word)
{
	return strcmp(word, "help") == 0 || strcmp(word, "--help") == 0
	    || strcmp(word, "-h") == 0;
}

int
main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";

	inherited_settle(false);
	log_init(LOG_TO_PEOPLE, LOG_L_INFO);
	if (is_help(mode) || (argc == 3 && is_help(argv[2]))) {
		help(stdout);
		return EXIT_FINE;
	}
	if (strcmp(mode, "run") == 0)
		return run_main(argc - 2, argv + 2);
	if (strcmp(mode, "ctl") == 0)
		return ctl_main(argc - 2, argv + 2);
	if (strcmp(mode, "audit") == 0)
		return audit_main(argc - 2, argv + 2);
	if (strcmp(mode, "--version") == 0) {
		puts("shardherd-sim " SHARDHERD_VERSION);
		return EXIT_FINE;
	}
	if (mode[0] != '\0') {
		fprintf(stderr,
		    "shardherd-sim: there is no mode %s: expected run, ctl, "
		    "audit, help or --version.\n",
		    mode);
		return EXIT_USAGE;
	}
	help(stderr);
	return EXIT_USAGE;
}
