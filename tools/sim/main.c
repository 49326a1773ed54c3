/* SPDX-License-Identifier: MIT */
/*
 * shardherd-sim: a Discord for the desk.  One binary, three modes: the
 * simulator itself, the client of its control socket, and a plugin that audits
 * what a fleet handled.
 */
#include "tools/sim/control/ctl.h"
#include "tools/sim/run.h"
#include "tools/sim/control/help.h"
#include "tools/sim/control/audit.h"

#include "shared/process/inherited.h"
#include "shared/base/log.h"
#include "shared/base/version.h"

#include <string.h>

/* MODE --help [TOPIC]; -1: it is not asked for. */
static int
help_of(const char *mode, int argc, char **argv)
{
	const char *topic = argc > 3 ? argv[3] : NULL;
	bool run = strcmp(mode, "run") == 0;

	if (argc < 3 || argc > 4 || !help_is(argv[2])
	    || (!run && strcmp(mode, "ctl") != 0))
		return -1;
	return help_show(run ? help_run : help_ctl, mode, topic);
}

static int
dispatch(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";
	int code = help_of(mode, argc, argv);

	if (code >= 0)
		return code;
	if (help_is(mode) || (argc == 3 && help_is(argv[2]))) {
		help_main(stdout);
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
	help_main(stderr);
	return EXIT_USAGE;
}

int
main(int argc, char **argv)
{
	int code;

	inherited_settle(false);
	log_init(LOG_TO_PEOPLE, LOG_L_INFO);
	code = dispatch(argc, argv);
	if (fflush(stdout) == EOF || ferror(stdout)) {
		fprintf(stderr,
		    "shardherd-sim: cannot write to standard output.\n");
		if (code == EXIT_FINE)
			code = EXIT_DEGRADED;
	}
	return code;
}
