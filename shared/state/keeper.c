/* SPDX-License-Identifier: MIT */
/* See keeper.h. */
#include "shared/state/keeper.h"

#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEEPER_FILE "keeper" /* the line of /proc/self/cgroup, or empty */
#define KEEPER_TEXT 1024
#define KEEPER_WORDS 800 /* a command line with two paths in it */
#define SERVICE ".service"

/* ---- the unit ------------------------------------------------------- */

/* ":/system.slice/shardherd@main.service": the last part, or the one before
   when the service has groups of its own. */
bool
keeper_unit(const char *cgroup, struct keeper *k)
{
	size_t len;

	k->unit[0] = '\0';
	for (const char *p = cgroup; (p = strstr(p, SERVICE)) != NULL;
	     p += strlen(SERVICE)) {
		const char *name = p, *end = p + strlen(SERVICE);

		if (*end != '\0' && strchr("/\n", *end) == NULL)
			continue;
		while (name > cgroup && strchr("/\n", name[-1]) == NULL)
			name--;
		len = (size_t)(end - name);
		if (len >= sizeof(k->unit))
			continue;
		k->session |= strncmp(name, "user@", 5) == 0;
		memcpy(k->unit, name, len);
		k->unit[len] = '\0';
	}
	if (strncmp(k->unit, "user@", 5) == 0)
		k->unit[0] = '\0';
	return k->unit[0] != '\0';
}

static size_t
read_text(const char *path, char *out, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	ssize_t n = fd == -1 ? 0 : read(fd, out, size - 1);

	if (fd != -1)
		close(fd);
	out[n > 0 ? n : 0] = '\0';
	return n > 0 ? (size_t)n : 0;
}

/* A cron job and a login shell are in some service's group as well; this
   systemd sets for the process it executes, and no child has that pid. */
static bool
executed_by_systemd(void)
{
	const char *pid = getenv("SYSTEMD_EXEC_PID");

	return pid != NULL && strtol(pid, NULL, 10) == (long)getpid();
}

void
keeper_leave(const char *state_dir, bool notified)
{
	char path[PATH_MAX], text[KEEPER_TEXT] = "";
	int fd;

	if (notified || executed_by_systemd())
		read_text("/proc/self/cgroup", text, sizeof(text));
	if (!str_format(path, sizeof(path), "%s/" KEEPER_FILE, state_dir))
		return;
	fd = open(path,
	    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
	    0600);
	if (fd == -1)
		return;
	/* Cut off it names no unit, or one that is meant. */
	(void)fd_write_all(fd, text, strlen(text));
	close(fd);
}

/* ---- words ---------------------------------------------------------- */

/* A process in a cage may have been able to ask before it entered it. */
static void
name_of(uid_t uid, char *out, size_t size)
{
	static char last[sizeof(((struct keeper *)NULL)->user)];
	static uid_t of;
	struct passwd *p = getpwuid(uid);

	if (p != NULL) {
		of = uid;
		str_copy(last, p->pw_name, sizeof(last));
	}
	if (last[0] != '\0' && of == uid)
		str_copy(out, last, size);
	else
		str_format(out, size, "%d", (int)uid);
}

void
keeper_find(struct keeper *k, const char *state_dir)
{
	char path[PATH_MAX], text[KEEPER_TEXT];
	struct stat st;

	memset(k, 0, sizeof(*k));
	if (stat(state_dir, &st) == -1)
		return;
	k->known = true;
	k->uid = st.st_uid;
	k->foreign = st.st_uid != geteuid();
	name_of(st.st_uid, k->user, sizeof(k->user));
	str_format(path, sizeof(path), "%s/" KEEPER_FILE, state_dir);
	if (read_text(path, text, sizeof(text)) > 0)
		keeper_unit(text, k);
}

void
keeper_command(const struct keeper *k, const char *verb,
    const char *config_path, char *out, size_t size)
{
	size_t len = strlen(k->unit);

	if (len > strlen(SERVICE))
		str_format(out, size, "systemctl %s%s %.*s",
		    k->session ? "--user " : "", verb,
		    (int)(len - strlen(SERVICE)), k->unit);
	else if (k->known && k->foreign && geteuid() == 0)
		str_format(out, size, "runuser -u %s -- shardherd -c %s %s",
		    k->user, config_path, verb);
	else
		str_format(out, size, "shardherd %s", verb);
}

void
keeper_restart(const char *state_dir, char *out, size_t size)
{
	struct keeper k;
	char words[256];

	keeper_find(&k, state_dir);
	keeper_command(&k, "restart", "", words, sizeof(words));
	if (k.unit[0] != '\0')
		str_format(out, size, "\"%s\"", words);
	else
		str_copy(out, "\"shardherd stop\" and \"shardherd start\"",
		    size);
}

int
keeper_check(const char *dir, const char *config_path, struct err *e)
{
	struct keeper k;
	char words[KEEPER_WORDS];

	keeper_find(&k, dir);
	if (!k.known || !k.foreign)
		return 0;
	keeper_command(&k, "start", config_path, words, sizeof(words));
	if (k.unit[0] == '\0' && geteuid() != 0)
		return err_set(e, EXIT_CONFIG,
		    "%s belongs to user %s, who runs this fleet: it can't be "
		    "started by another user.",
		    dir, k.user);
	return err_set(e, EXIT_CONFIG,
	    "%s belongs to user %s, who runs this fleet%s%s; as another user "
	    "the whole bot would be that one's, and what it writes closed to "
	    "%s. Use: %s",
	    dir, k.user, k.unit[0] != '\0' ? " by the unit " : "", k.unit,
	    k.user, words);
}
