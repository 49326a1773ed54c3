/* SPDX-License-Identifier: MIT */
#include "tools/sim/control/play.h"

#include "tools/sim/control/ctl.h"

#include "shared/config/config.h"

#include <errno.h>
#include <string.h>

#define PLAY_LINE_MAX 65536

/* One line; blank ones and those that begin with # say nothing. */
static int
play_line(const char *dir, const char *file, int number, char *text)
{
	struct err err;
	char **argv;
	int argc, code;

	text[strcspn(text, "\r\n")] = '\0';
	text += strspn(text, " \t");
	if (*text == '\0' || *text == '#')
		return EXIT_FINE;
	argv = config_split(text, &argc, &err);
	if (argv == NULL) {
		fprintf(stderr, "shardherd-sim: %s:%d: %s\n", file, number,
		    err.text);
		return EXIT_USAGE;
	}
	if (strcmp(argv[0], "play") == 0 || strcmp(argv[0], "at") == 0) {
		fprintf(stderr, "shardherd-sim: %s can't be played.\n",
		    argv[0]);
		code = EXIT_USAGE;
	} else {
		code = ctl_run(dir, argc, argv);
	}
	free(argv);
	if (code != EXIT_FINE)
		fprintf(stderr, "shardherd-sim: %s:%d: this line failed: %s\n",
		    file, number, text);
	return code;
}

static int
too_long(const char *file, int number)
{
	fprintf(stderr,
	    "shardherd-sim: %s:%d: a line has less than %d bytes.\n", file,
	    number, PLAY_LINE_MAX);
	return EXIT_USAGE;
}

int
play_file(const char *dir, int argc, char **argv)
{
	static char text[PLAY_LINE_MAX];
	int number = 0, code = EXIT_FINE;
	FILE *f;

	if (argc != 2) {
		fprintf(stderr, "shardherd-sim: usage: play FILE\n");
		return EXIT_USAGE;
	}
	f = fopen(argv[1], "r");
	if (f == NULL) {
		fprintf(stderr, "shardherd-sim: cannot read %s: %s\n", argv[1],
		    strerror(errno));
		return EXIT_USAGE;
	}
	while (code == EXIT_FINE && fgets(text, sizeof(text), f) != NULL) {
		if (strlen(text) == sizeof(text) - 1)
			code = too_long(argv[1], ++number);
		else
			code = play_line(dir, argv[1], ++number, text);
		fflush(stdout);
	}
	if (ferror(f)) {
		fprintf(stderr, "shardherd-sim: cannot read %s: %s\n", argv[1],
		    strerror(errno));
		code = EXIT_USAGE;
	}
	fclose(f);
	return code;
}
