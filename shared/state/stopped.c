/* SPDX-License-Identifier: MIT */
/* See stopped.h. */
#include "shared/state/stopped.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "shared/base/clock.h"

#define STOPPED_FILE "stopped"
#define STOPPED_LINE 128 /* "MILLISECONDS NAME\n" */

static void
whose(char out[64])
{
	const char *sudo = getenv("SUDO_USER");
	struct passwd *p = getpwuid(getuid());

	if (getuid() == 0 && sudo != NULL && *sudo != '\0')
		str_format(out, 64, "%s with sudo", sudo);
	else if (p != NULL)
		str_copy(out, p->pw_name, 64);
	else
		str_format(out, 64, "user %d", (int)getuid());
	for (char *s = out; *s != '\0'; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			*s = '?';
}

static void
give_to_owner(int fd, const char *state_dir)
{
	struct stat st;

	/* Failing, the file stays ours: it can be read and removed by name. */
	if (geteuid() == 0 && stat(state_dir, &st) == 0
	    && fchown(fd, st.st_uid, st.st_gid) == -1)
		return;
}

int
stopped_put(const char *state_dir, struct err *e)
{
	char path[PATH_MAX], line[STOPPED_LINE], by[64];
	int fd, rc;

	whose(by);
	str_format(line, sizeof(line), "%lld %s\n", (long long)clock_wall_ms(),
	    by);
	if (!str_format(path, sizeof(path), "%s/" STOPPED_FILE, state_dir))
		return err_set(e, EXIT_CONFIG, "%s: path too long", state_dir);
	fd = open(path,
	    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK,
	    0600);
	if (fd == -1)
		return err_sys(e, EXIT_DEGRADED, "cannot write %s", path);
	rc = fd_write_all(fd, line, strlen(line));
	/* The machine may be switched off next, and cron starts with it. */
	if (rc == 0
	    && ((rc = fsync(fd)) == -1 || (rc = fd_sync_dir(state_dir)) == -1))
		err_sys(e, EXIT_DEGRADED, "cannot write %s", path);
	else if (rc == -1)
		err_sys(e, EXIT_DEGRADED, "cannot write %s", path);
	give_to_owner(fd, state_dir);
	close(fd);
	return rc;
}

bool
stopped_get(const char *state_dir, struct stopped *s)
{
	char path[PATH_MAX], line[STOPPED_LINE] = "", *name;
	ssize_t n;
	int fd;

	memset(s, 0, sizeof(*s));
	str_format(path, sizeof(path), "%s/" STOPPED_FILE, state_dir);
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (fd == -1)
		return errno != ENOENT && errno != ENOTDIR;
	n = read(fd, line, sizeof(line) - 1);
	close(fd);
	line[n > 0 ? n : 0] = '\0';
	line[strcspn(line, "\n")] = '\0';
	s->at_ms = strtoll(line, &name, 10);
	str_copy(s->by, *name == ' ' ? name + 1 : "", sizeof(s->by));
	return true;
}

void
stopped_clear(const char *state_dir)
{
	char path[PATH_MAX];

	/* Back after a power loss, it would keep the bot down. */
	if (str_format(path, sizeof(path), "%s/" STOPPED_FILE, state_dir)
	    && unlink(path) == 0)
		(void)fd_sync_dir(state_dir);
}

void
stopped_words(const struct stopped *s, char *out, size_t size)
{
	time_t t = (time_t)(s->at_ms / 1000);
	char when[40] = "a time that is not known";
	struct tm tm;

	if (s->at_ms > 0 && gmtime_r(&t, &tm) != NULL)
		strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S UTC", &tm);
	str_format(out, size, "It was stopped by %s at %s",
	    s->by[0] != '\0' ? s->by : "an operator", when);
}
