/* SPDX-License-Identifier: MIT */
/*
 * The terminal of `top`.  However this process ends, short of SIGKILL, the
 * terminal is given back as it was found: by curses where there is time, and
 * by words that were made ready before where there is none.
 */
#include "tools/cli/top/top.h"

#include "shared/base/clock.h"

#include <curses.h>
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <strings.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>

static struct {
	bool begun;
	struct termios before;
	char restore[128];	      /* the words that end what curses began */
	volatile sig_atomic_t signal; /* that is to end us */
	SCREEN *screen;
} t;

/* ---- giving it back ------------------------------------------------- */

/* Only what may be called in a signal handler. */
static void
give_back(void)
{
	if (!t.begun)
		return;
	t.begun = false;
	(void)!write(STDOUT_FILENO, t.restore, strlen(t.restore));
	tcsetattr(STDIN_FILENO, TCSANOW, &t.before);
}

static void
on_fault(int sig)
{
	give_back();
	signal(sig, SIG_DFL);
	raise(sig);
}

static void
on_end(int sig)
{
	t.signal = sig;
}

static void
take_signals(void)
{
	static const int ends[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
	static const int faults[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL};
	struct sigaction a = {.sa_handler = on_end}; /* wakes poll() */

	for (size_t i = 0; i < nitems(ends); i++)
		sigaction(ends[i], &a, NULL);
	for (size_t i = 0; i < nitems(faults); i++)
		signal(faults[i], on_fault);
}

void
top_screen_end(void)
{
	if (!t.begun)
		return;
	endwin();
	t.begun = false;
	delscreen(t.screen);
}

/* ---- taking it ------------------------------------------------------ */

/* What the terminal is told in the end, where curses can't: colours off, the
 * cursor seen, the screen of before. */
static void
make_ready(void)
{
	static const char *const words[] = {"sgr0", "cnorm", "rmkx", "rmcup"};

	t.restore[0] = '\0';
	for (size_t i = 0; i < nitems(words); i++) {
		const char *s = tigetstr(words[i]);
		size_t have = strlen(t.restore);

		if (s != NULL && s != (char *)-1
		    && have + strlen(s) < sizeof(t.restore))
			str_copy(t.restore + have, s, sizeof(t.restore) - have);
	}
}

/* By what the environment says; a musl without any would say yes. */
static bool
is_utf8(void)
{
	static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
	const char *value = NULL;

	for (size_t i = 0; i < nitems(names) && (value == NULL || !*value); i++)
		value = getenv(names[i]);
	if (value == NULL
	    || (strcasestr(value, "utf-8") == NULL
		&& strcasestr(value, "utf8") == NULL))
		return false;
	if (setlocale(LC_CTYPE, "") == NULL
	    || strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
		(void)setlocale(LC_CTYPE, "C.UTF-8");
	return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

static void
take_colours(struct top *top)
{
	const char *no = getenv("NO_COLOR");

	top->colour = (no == NULL || *no == '\0') && has_colors()
	    && start_color() == OK;
	if (!top->colour)
		return;
	(void)use_default_colors();
	init_pair(1 + BOARD_WELL, COLOR_GREEN, -1);
	init_pair(1 + BOARD_ODD, COLOR_YELLOW, -1);
	init_pair(1 + BOARD_BAD, COLOR_RED, -1);
}

/* What cannot move its cursor, as "dumb", is no terminal for us. */
static SCREEN *
new_screen(const char *term)
{
	bool moves;
	int code;

	if (setupterm(term, STDOUT_FILENO, &code) == ERR)
		return NULL;
	moves = tigetstr("cup") != NULL;
	del_curterm(cur_term);
	return moves ? newterm(NULL, stdout, stdin) : NULL;
}

int
top_screen_begin(struct top *top, struct err *e)
{
	const char *term = getenv("TERM");

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return err_set(e, EXIT_USAGE,
		    "top needs a terminal, for input and output; \"shardherd "
		    "status -w\" shows the fleet again and again without one.");
	top->utf8 = is_utf8();
	if (tcgetattr(STDIN_FILENO, &t.before) == -1
	    || (t.screen = new_screen(term)) == NULL)
		return err_set(e, EXIT_USAGE,
		    "top does not know this kind of terminal (TERM is "
		    "\"%.40s\"); \"shardherd status -w\" does without, and "
		    "TERM=xterm-256color suits most.",
		    term != NULL ? term : "");
	make_ready();
	t.begun = true;
	take_signals();
	atexit(give_back);
	(void)cbreak();
	(void)noecho();
	(void)nonl();
	(void)curs_set(0);
	(void)nodelay(stdscr, TRUE);
	(void)keypad(stdscr, TRUE);
	(void)set_escdelay(50);
	take_colours(top);
	return 0;
}

/* ---- keys ----------------------------------------------------------- */

static void
end_by_signal(int sig)
{
	top_screen_end();
	signal(sig, SIG_DFL);
	raise(sig);
}

int
top_screen_key(struct top *top, uint64_t until)
{
	struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
	uint64_t now;
	int key;

	for (;;) {
		/* It has read ahead, and SIGWINCH is a key, too. */
		key = getch();
		if (t.signal != 0)
			end_by_signal(t.signal);
		if (key != ERR)
			return key;
		if ((now = clock_boot_ms()) >= until)
			return -1;
		if (poll(&p, 1, (int)(until - now)) == -1 && errno != EINTR)
			top->over = true;
		if (p.revents & (POLLHUP | POLLERR | POLLNVAL))
			top->over = true;
		if (top->over)
			return -1;
	}
}
