/* SPDX-License-Identifier: MIT */
/* See death_report.h. */
#include "supervisor/child/death_report.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>

static const char *const killed_words[CRASHES] = {
    [CRASH_HUNG] = "was killed because it had stopped working",
    [CRASH_START] = "was killed because it did not report in time",
    [CRASH_EXIT] = "was killed",
    [CRASH_SIGNAL] = "was killed",
    [CRASH_OOM] = "was killed",
    [CRASH_UNKNOWN] = "was killed",
};

static bool
is_oom(const struct death_report *o)
{
	return !o->unknown && WIFSIGNALED(o->status)
	    && WTERMSIG(o->status) == SIGKILL && o->oom_before >= 0
	    && o->oom_after > o->oom_before;
}

/* Which of our signals ended what had not stopped when asked; 0. */
static int
sent_by_us(const struct death_report *o)
{
	int sig = o->unknown || !WIFSIGNALED(o->status) ? 0
							: WTERMSIG(o->status);

	return (sig == SIGTERM && o->signalled >= 1)
		|| (sig == SIGKILL && o->signalled >= 2)
	    ? sig
	    : 0;
}

static enum crash_cause
cause_of(const struct death_report *o)
{
	if (o->killed_for != CRASHES)
		return o->killed_for;
	if (o->unknown)
		return o->asked ? CRASHES : CRASH_UNKNOWN;
	if (sent_by_us(o) != 0)
		return CRASH_HUNG;
	if (is_oom(o))
		return CRASH_OOM;
	if (o->asked && WIFEXITED(o->status) && WEXITSTATUS(o->status) == 0)
		return CRASHES;
	return WIFSIGNALED(o->status) ? CRASH_SIGNAL : CRASH_EXIT;
}

static void
end_words(const struct death_report *o, enum crash_cause cause, char *out,
    size_t size)
{
	int sig = WIFSIGNALED(o->status) ? WTERMSIG(o->status) : 0;

	if (o->killed_for != CRASHES)
		str_format(out, size, "%s", killed_words[o->killed_for]);
	else if (o->unknown)
		str_format(out, size,
		    "ended%s; how is not known, as it was another supervisor's "
		    "child",
		    o->asked ? " as asked" : "");
	else if (sent_by_us(o) != 0)
		str_format(out, size,
		    "had not stopped when asked and was %s by the supervisor",
		    sig == SIGKILL ? "killed" : "ended");
	else if (cause == CRASH_OOM)
		str_format(out, size,
		    "was killed by SIGKILL, likely out of memory (cgroup "
		    "oom_kill %lld -> %lld, last rss %llu MiB)",
		    (long long)o->oom_before, (long long)o->oom_after,
		    (unsigned long long)o->rss_kb / 1024);
	else if (sig != 0)
		str_format(out, size, "was ended by signal %d (%s)", sig,
		    strsignal(sig));
	else if (o->asked && WEXITSTATUS(o->status) == 0)
		str_format(out, size, "ended as asked");
	else
		str_format(out, size, "exited with code %d",
		    WEXITSTATUS(o->status));
}

/* How long they are without a full stop at the end. */
static size_t
words_end(const char *words)
{
	size_t n = strlen(words);

	while (n > 1 && words[n - 1] == '.')
		n--;
	return n;
}

enum crash_cause
death_report_write(const struct death_report *o, char *out, size_t size)
{
	enum crash_cause cause = cause_of(o);
	char end[160];

	end_words(o, cause, end, sizeof(end));
	/* The sentence goes on behind them, or ends there by our full stop. */
	if (cause != CRASHES && o->last_words[0] != '\0')
		str_format(out, size, "%s (pid %d) %s; last words: %.*s",
		    o->who, (int)o->pid, end, (int)words_end(o->last_words),
		    o->last_words);
	else
		str_format(out, size, "%s (pid %d) %s", o->who, (int)o->pid,
		    end);
	return cause;
}
