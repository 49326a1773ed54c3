/* SPDX-License-Identifier: MIT */
/*
 * Who gives an order, in words for the log and for `why`: the user, whom sudo
 * stands for, and the terminal, or what started us where there is none.
 */
#include "tools/cli/base/operator.h"

#include "shared/base/text.h"
#include "shared/process/process.h"
#include "tools/cli/base/cli.h"

#include <fcntl.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#define ANCESTORS_MAX 6

static void
comm_of(int32_t pid, char *out, size_t size)
{
	char path[64];
	ssize_t n = -1;
	int fd;

	str_format(path, sizeof(path), "/proc/%d/comm", pid);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) != -1) {
		n = read(fd, out, size - 1);
		close(fd);
	}
	out[n > 0 ? n : 0] = '\0';
	out[strcspn(out, "\n")] = '\0';
}

/* Daemons by which commands are run; any other parent says less. */
static const char *
daemon_above(void)
{
	static const char *const known[] = {"cron", "crond", "CRON", "atd",
	    "systemd", "monit", "sshd"};
	int32_t pid = getppid();
	char comm[32];

	for (int i = 0; i < ANCESTORS_MAX && pid > 0; i++) {
		comm_of(pid, comm, sizeof(comm));
		for (size_t j = 0; j < nitems(known); j++)
			if (strcmp(comm, known[j]) == 0)
				return known[j];
		pid = (int32_t)process_field(pid, 4);
	}
	return NULL;
}

void
operator_name(char *out, size_t size)
{
	const struct passwd *pw = getpwuid(getuid());
	const char *sudo = getenv("SUDO_USER"), *above;
	const char *tty = ttyname(STDIN_FILENO);
	char user[80];

	if (tty == NULL)
		tty = ttyname(STDERR_FILENO);
	text_format(user, sizeof(user), "%.24s%s%.24s%s",
	    pw != NULL ? pw->pw_name : "somebody",
	    sudo != NULL ? " (sudo by " : "", sudo != NULL ? sudo : "",
	    sudo != NULL ? ")" : "");
	if (tty != NULL)
		text_format(out, size, "%s on %s", user,
		    strncmp(tty, "/dev/", 5) == 0 ? tty + 5 : tty);
	else if ((above = daemon_above()) != NULL)
		text_format(out, size, "%s from %s", user, above);
	else
		text_format(out, size, "%s without a terminal", user);
}
