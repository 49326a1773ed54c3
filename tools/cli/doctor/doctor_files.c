/* SPDX-License-Identifier: MIT */
/* doctor: the files a fleet goes by, and who may read and change them. */
#include "tools/cli/doctor/doctor.h"

#include "tools/cli/base/human.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void
look_config(struct doctor *d)
{
	const struct cli *c = d->cli;
	struct stat st;

	if (!d->configured) {
		doctor_ill(d, PAGE_CRITICAL, "config",
		    "\"shardherd init DIR\" makes one; -c FILE names another.",
		    "There is no config: %s", c->err.text);
		return;
	}
	if (c->trouble[0] != '\0') {
		doctor_ill(d, PAGE_WARNING, "config",
		    "\"shardherd config check\" names all faults; the fleet "
		    "goes on by the one it has.",
		    "The config file has a problem: %.300s", c->trouble);
		return;
	}
	if (stat(c->config.path, &st) == 0 && (st.st_mode & 022) != 0)
		doctor_ill(d, PAGE_WARNING, "config",
		    "Take that right away (chmod go-w): it names programs that "
		    "are run.",
		    "Others may change the config %s (mode %04o).",
		    c->config.path, st.st_mode & 07777);
	else
		doctor_well(d, "config", "%s, without a fault", c->config.path);
}

/* When Discord took it last; -1: this fleet has not asked yet. */
static int64_t
taken_ms(const struct doctor *d)
{
	if (!d->seen || !d->view->alive)
		return -1;
	return view_age(d->view, d->view->cluster.answered_ms);
}

static void
look_token(struct doctor *d)
{
	const char *path = d->cli->config.token_file;
	char taken[64] = "Discord was not asked about it yet", age[24];
	struct stat st;

	if (path == NULL)
		return;
	if (stat(path, &st) == -1) {
		doctor_ill(d, PAGE_WARNING, "token",
		    "Write the bot's token there, mode 0600; a fleet that runs "
		    "keeps its own.",
		    "The token file %s can't be looked at: %s.", path,
		    strerror(errno));
		return;
	}
	if (taken_ms(d) >= 0)
		str_format(taken, sizeof(taken), "Discord took it %s ago",
		    human_age(taken_ms(d), age));
	if (config_token_is_copy(&d->cli->config))
		doctor_well(d, "token", "%s, systemd's copy; %s", path, taken);
	else if ((st.st_mode & 077) != 0)
		doctor_ill(d, PAGE_WARNING, "token",
		    "\"chmod 600\" it; if strangers had access, reset the "
		    "token.",
		    "Others may read the token file %s (mode %04o).", path,
		    st.st_mode & 07777);
	else if (access(path, R_OK) == -1)
		doctor_ill(d, PAGE_INFO, "token",
		    "Look as the fleet's own user to be sure.",
		    "The token file %s is not to be read by this user.", path);
	else
		doctor_well(d, "token", "%s, mode %04o; %s", path,
		    st.st_mode & 07777, taken);
}

static void
look_dir(struct doctor *d, const char *key, const char *path)
{
	struct stat st;

	if (path == NULL || path[0] == '\0')
		return;
	if (stat(path, &st) == -1)
		doctor_ill(d, d->seen ? PAGE_WARNING : PAGE_INFO, "paths",
		    "A start makes it, if its parent may be written.",
		    "%s (%s) is not there: %s.", key, path, strerror(errno));
	else if (!S_ISDIR(st.st_mode))
		doctor_ill(d, PAGE_WARNING, "paths",
		    "Name another one in [paths], or move that away.",
		    "%s (%s) is no directory.", key, path);
	else if ((st.st_mode & 002) != 0 && (st.st_mode & S_ISVTX) == 0)
		doctor_ill(d, PAGE_WARNING, "paths",
		    "Take that right away: chmod o-w.",
		    "Anybody may write into %s (%s).", key, path);
	else if (access(path, W_OK) == -1)
		doctor_ill(d, PAGE_INFO, "paths",
		    "Look as the fleet's own user to be sure.",
		    "%s (%s) is not to be written by this user.", key, path);
	else
		doctor_well(d, "paths", "%s %s", key, path);
}

void
doctor_files(struct doctor *d)
{
	look_config(d);
	if (!d->configured)
		return;
	look_token(d);
	look_dir(d, "state_dir", d->cli->config.state_dir);
	look_dir(d, "run_dir", d->cli->config.run_dir);
	if (d->cli->config.log_to == CONFIG_LOG_FILE)
		look_dir(d, "log_dir", d->cli->config.log_dir);
}
