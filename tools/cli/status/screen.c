/* SPDX-License-Identifier: MIT */
#include "tools/cli/status/screen.h"

#include "shared/base/clock.h"
#include "tools/cli/base/table.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static struct termios before;
static bool keys; /* stdin is ours to read */

/* tcsetattr() may be called in a signal handler. */
static void
restore(void)
{
	if (keys)
		tcsetattr(STDIN_FILENO, TCSANOW, &before);
}

static void
on_signal(int sig)
{
	restore();
	signal(sig, SIG_DFL);
	raise(sig);
}

void
screen_begin(void)
{
	static const int sig[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
	struct termios t;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)
	    || tcgetpgrp(STDIN_FILENO) != getpgrp()
	    || tcgetattr(STDIN_FILENO, &before) == -1)
		return;
	t = before;
	t.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	t.c_cc[VMIN] = 1;
	t.c_cc[VTIME] = 0;
	for (size_t i = 0; i < nitems(sig); i++)
		signal(sig[i], on_signal);
	keys = tcsetattr(STDIN_FILENO, TCSANOW, &t) == 0;
	atexit(restore);
}

size_t
screen_rows(void)
{
	struct winsize w;

	if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == -1
	    || w.ws_row < 3)
		return 0;
	return w.ws_row;
}

void
screen_frame(const char *text)
{
	size_t room = screen_rows(), lines = 0, shown = 0;
	const char *p;

	for (p = text; *p != '\0'; p++)
		lines += *p == '\n';
	fputs(table_may_draw(stdout) ? "\033[H\033[2J" : "\n", stdout);
	for (p = text;
	     *p != '\0' && (room == 0 || lines < room || shown + 2 < room);
	     shown++) {
		size_t n = strcspn(p, "\n");

		printf("%.*s\n", (int)n, p);
		p += n + (p[n] == '\n');
	}
	if (*p != '\0')
		printf("%zu more lines; a larger window shows them%s",
		    lines - shown, keys ? ", q quits" : "");
}

bool
screen_wait(uint64_t until)
{
	struct pollfd p = {.fd = keys ? STDIN_FILENO : -1, .events = POLLIN};
	uint64_t now;
	char c;

	while ((now = clock_boot_ms()) < until) {
		if (poll(&p, 1, (int)(until - now)) <= 0)
			continue;
		if (read(STDIN_FILENO, &c, 1) != 1)
			p.fd = -1; /* the terminal has gone */
		else if (c == 'q' || c == 'Q')
			return true;
	}
	return false;
}
