/* SPDX-License-Identifier: MIT */
/* See last_words.h. */
#include "supervisor/base/last_words.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "shared/base/text.h"

#define HANG_S 2	  /* for the words; then it ends without them */
#define STACK_BYTES 65536 /* a stack that overflowed is no place to write on */

static struct {
	void (*log)(void *arg, const char *text);
	void *arg;
	int lock_fd;
	_Alignas(16) char stack[STACK_BYTES];
} the_end = {.lock_fd = -1};

/* strsignal() may allocate. */
static const struct {
	int sig;
	const char *name;
} fatal[] = {
    {SIGABRT, "SIGABRT"},
    {SIGTRAP, "SIGTRAP"},
    {SIGSYS, "SIGSYS"},
#ifndef __SANITIZE_ADDRESS__ /* its report of these says more */
    {SIGSEGV, "SIGSEGV"},
    {SIGBUS, "SIGBUS"},
    {SIGILL, "SIGILL"},
    {SIGFPE, "SIGFPE"},
#endif
};

static void
log_words(const char *words)
{
	char text[LAST_WORDS_MAX + 64];

	str_format(text, sizeof(text), "The supervisor (pid %d) %s.",
	    (int)getpid(), words);
	the_end.log(the_end.arg, text);
}

/* Of nothing here is sure that it still works: it has HANG_S for it. */
static void
on_fatal(int sig)
{
	const char *fault = base_fault(), *name = "a signal";
	char words[LAST_WORDS_MAX], line[LAST_WORDS_MAX + 32];

	signal(SIGALRM, SIG_DFL);
	alarm(HANG_S);
	for (size_t i = 0; i < nitems(fatal); i++)
		if (fatal[i].sig == sig)
			name = fatal[i].name;
	if (fault[0] != '\0')
		str_format(words, sizeof(words), "gave up: %s", fault);
	else
		str_format(words, sizeof(words), "was ended by %s", name);
	str_format(line, sizeof(line), "%d\n%s\n", (int)getpid(), words);
	(void)!pwrite(the_end.lock_fd, line, strlen(line), 0);
	log_words(words);
	signal(sig, SIG_DFL);
	raise(sig);
}

void
last_words_begin(void (*log)(void *arg, const char *text), void *arg,
    int lock_fd)
{
	const stack_t stack = {.ss_sp = the_end.stack,
	    .ss_size = sizeof(the_end.stack)};
	struct sigaction sa = {.sa_handler = on_fatal,
	    .sa_flags = SA_ONSTACK | SA_NODEFER | SA_RESETHAND};

	the_end.log = log;
	the_end.arg = arg;
	the_end.lock_fd = lock_fd;
	sigaltstack(&stack, NULL);
	for (size_t i = 0; i < nitems(fatal); i++)
		sigaction(fatal[i].sig, &sa, NULL);
}

void
last_words_over(int lock_fd)
{
	for (size_t i = 0; i < nitems(fatal); i++)
		signal(fatal[i].sig, SIG_DFL);
	if (lock_fd != -1)
		(void)!ftruncate(lock_fd, 0);
	the_end.arg = NULL;
}

void
last_words_found(int lock_fd, char out[LAST_WORDS_MAX])
{
	char text[LAST_WORDS_MAX] = "", *words;
	ssize_t n = pread(lock_fd, text, sizeof(text) - 1, 0);
	long pid = strtol(text, &words, 10);

	out[0] = '\0';
	if (n <= 0 || pid <= 0)
		return;
	words += *words == '\n';
	words[strcspn(words, "\n")] = '\0';
	if (words[0] != '\0')
		text_format(out, LAST_WORDS_MAX,
		    "The supervisor before this one (pid %ld) %s.", pid, words);
	else
		text_format(out, LAST_WORDS_MAX,
		    "The supervisor before this one (pid %ld) ended without a "
		    "word: it was killed, or the machine went down.",
		    pid);
}
