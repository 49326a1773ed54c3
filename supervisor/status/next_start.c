/* SPDX-License-Identifier: MIT */
/* See next_start.h. */
#include "supervisor/status/next_start.h"

#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "shared/base/clock.h"
#include "shared/base/log.h"
#include "supervisor/base/fleet_state.h"

/* ---- how the files look --------------------------------------------- */

struct looks {
	int64_t s, ns, size, inode, mode;
};

static uint64_t
add_file(uint64_t sum, const char *path)
{
	struct looks l = {0};
	struct stat st;

	if (stat(path, &st) == 0)
		l = (struct looks) {st.st_mtim.tv_sec, st.st_mtim.tv_nsec,
		    st.st_size, (int64_t)st.st_ino, st.st_mode};
	return sum * 31 + base_hash64(&l, sizeof(l));
}

/* Its first word is the program, in full. */
static uint64_t
add_program(uint64_t sum, const char *exec)
{
	struct err none;
	char **argv;
	int argc;

	if (exec == NULL || exec[0] == '\0'
	    || (argv = config_split(exec, &argc, &none)) == NULL)
		return sum;
	if (argc > 0)
		sum = add_file(sum, argv[0]);
	free(argv);
	return sum;
}

static uint64_t
looks_of(const struct config *c)
{
	uint64_t sum = add_file(1, c->path);

	for (size_t i = 0; i < c->plugins; i++)
		sum = add_program(sum, c->plugin[i].exec);
	for (size_t i = 0; i < c->clients; i++)
		sum = add_program(sum, c->client[i].exec);
	return sum | 1;
}

/* ---- what they say -------------------------------------------------- */

struct first {
	unsigned n;
	char line[512];
};

static void
on_problem(const char *line, void *arg)
{
	struct first *f = arg;

	if (f->n++ == 0)
		str_copy(f->line, line, sizeof(f->line));
}

/* In the helper. */
static int
read_config(const void *arg, int out)
{
	struct config *c = base_alloc(sizeof(*c));
	struct first f = {0};
	struct err e;

	if (config_load(c, arg, on_problem, &f, &e) == -1) {
		if (f.n == 0)
			str_copy(f.line, e.text, sizeof(f.line));
		dprintf(out, "%s%s", f.line, f.n > 1 ? " (and more)" : "");
	}
	config_free(c);
	free(c);
	return 0;
}

static void
on_read(struct helper *h, bool late)
{
	struct next_start *n = container_of(h, struct next_start, helper);
	struct fleet *f = n->fleet;
	char words[sizeof(f->notes.text[0])] = "";

	if (late || !WIFEXITED(h->status) || WEXITSTATUS(h->status) != 0) {
		n->judged = 0; /* it is read again */
		return;
	}
	if (h->said[0] != '\0')
		str_format(words, sizeof(words),
		    "No start, reload or rollout takes the config file as it "
		    "is (\"shardherd config check\" names all faults): %s",
		    h->said);
	if (strcmp(f->notes.text[NOTE_FILE], words) == 0)
		return;
	if (words[0] != '\0')
		log_warn("%s", words);
	else
		log_notice("The config file has no fault any more.");
	status_notes_say(&f->notes, NOTE_FILE, words);
}

/* ---- when ----------------------------------------------------------- */

void
next_start_init(struct next_start *n, struct fleet *f)
{
	n->fleet = f;
	helper_init(&n->helper, f->loop, f->timers, on_read);
}

void
next_start_tick(struct next_start *n)
{
	const struct config *c = n->fleet->config;
	uint64_t now = clock_boot_ms(), is;
	const struct helper_job job = {.run = read_config,
	    .arg = c->path,
	    .deadline_s = NEXT_START_READ_S,
	    .aim = " to read the config"};
	struct err e;

	if (now < n->look_ms || helper_busy(&n->helper))
		return;
	n->look_ms = now + NEXT_START_LOOK_MS;
	/* That one goes by another file is told as long as it does. */
	if (c->kept_for != NULL) {
		n->judged = 0;
		status_notes_say(&n->fleet->notes, NOTE_FILE, "");
		return;
	}
	is = looks_of(c);
	/* One that is being written is not judged. */
	if (is == n->seen && is != n->judged
	    && helper_start(&n->helper, &job, &e) == 0)
		n->judged = is;
	n->seen = is;
}

void
next_start_stop(struct next_start *n)
{
	helper_stop(&n->helper);
}
