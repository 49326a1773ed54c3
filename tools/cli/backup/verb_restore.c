/* SPDX-License-Identifier: MIT */
/*
 * db restore: a backup is read to its end before anything is touched; then a
 * state is built beside the one that is there, and the two change places.  The
 * old one is kept.
 */
#include "shared/base/clock.h"
#include "shared/base/text.h"
#include "shared/json/json.h"
#include "shared/store/kv.h"
#include "shared/view/lock.h"
#include "shared/view/proc_walk.h"
#include "shared/view/view.h"
#include "tools/cli/backup/backup_file.h"
#include "tools/cli/backup/ending.h"
#include "tools/cli/backup/restore_build.h"
#include "tools/cli/backup/restore_place.h"
#include "tools/cli/backup/verb.h"
#include "tools/cli/base/human.h"
#include "tools/cli/base/load.h"

#include <grp.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What a backup says of itself, and has. */
struct found {
	int64_t made_ms;
	char by[64], bot[24];
	uint64_t entries[2]; /* of the store, of the storage */
	bool schema;
};

/* ---- the file ------------------------------------------------------- */

static void
note_text(char *out, size_t size, const struct backup_file_record *r)
{
	text_clean(out, size, r->value, r->value_len);
}

static int
note_about(struct found *f, const struct backup_file_record *r)
{
	char text[32];
	uint64_t n;

	if (strcmp(r->key, "by") == 0)
		note_text(f->by, sizeof(f->by), r);
	if (strcmp(r->key, "made_ms") != 0)
		return 0;
	note_text(text, sizeof(text), r);
	if (str_to_u64(text, &n) && n < INT64_MAX)
		f->made_ms = (int64_t)n;
	return 0;
}

static int
note_store(struct found *f, const struct backup_file_record *r,
    const char *path, struct err *e)
{
	struct store_item it = {r->key, r->key_len, r->value, r->value_len};

	f->entries[0]++;
	f->schema |= store_copy_kind(&it) == STORE_COPY_SCHEMA;
	if (strcmp(r->key, "blob/" CONTRACT_BOT_KEY) == 0)
		note_text(f->bot, sizeof(f->bot), r);
	switch (store_copy_check(&it)) {
	case STORE_COPY_NEWER:
		return err_set(e, EXIT_CONFIG,
		    "%s has entries of a newer shardherd (%s): use that, or a "
		    "newer one, to restore it.",
		    path, f->by);
	case STORE_COPY_DAMAGED:
		return err_set(e, EXIT_DEGRADED,
		    "%s is damaged: an entry in it is none of a store.", path);
	default:
		return 0;
	}
}

static int
note_kv(struct found *f, const struct backup_file_record *r, const char *path,
    struct err *e)
{
	f->entries[1]++;
	if (strlen(r->key) != r->key_len || r->key_len > KV_KEY_MAX)
		return err_set(e, EXIT_DEGRADED,
		    "%s is damaged: an entry in it is none of a plugin's.",
		    path);
	return 0;
}

/* From end to end. */
static int
verify(struct backup_file_in *in, struct found *f, struct err *e)
{
	struct backup_file_record r;
	const char *path = in->path;
	int rc;

	*f = (struct found) {0};
	while ((rc = backup_file_next(in, &r, e)) == 1) {
		int ok = r.kind == BACKUP_FILE_ABOUT ? note_about(f, &r)
		    : r.kind == BACKUP_FILE_KV	     ? note_kv(f, &r, path, e)
					       : note_store(f, &r, path, e);

		if (ok == -1)
			return -1;
	}
	if (rc == 0 && !f->schema)
		return err_set(e, EXIT_DEGRADED,
		    "%s is damaged: there is no store in it.", path);
	return rc;
}

/* ---- what is there -------------------------------------------------- */

struct restoring {
	struct cli *cli;
	struct backup_file_in from;
	struct restore_place place;
	struct found found;
	struct store store; /* that is there */
	bool readable;	    /* it is */
	struct restore_rules rules;
};

static bool
is_below(const char *link, char *target, void *arg)
{
	const char *dir = arg;
	size_t n = strlen(dir);

	return strncmp(target, dir, n) == 0 && target[n] == '/';
}

static bool
has_it_open(int32_t pid, void *arg)
{
	return pid != getpid() && proc_walk_fds(pid, is_below, arg);
}

/* A page can be deleted under who wrote it. */
static int
check_nobody(struct cli *c)
{
	char dir[PATH_MAX];
	int32_t pid;

	if (realpath(c->config.state_dir, dir) == NULL
	    || (pid = proc_walk_titled("shardherd: ", has_it_open, dir)) == 0)
		return 0;
	return err_set(&c->err, EXIT_TRY_LATER,
	    "A process of the fleet (pid %d) still has the state open: end it "
	    "first. Nothing was changed.",
	    pid);
}

/*
 * Root restores for the user whose fleet it is, with no more rights than that
 * one has: what is in his directory is his to choose, links too.
 */
static int
become_owner(struct cli *c)
{
	struct stat st;

	if (geteuid() != 0 || stat(c->config.state_dir, &st) == -1
	    || st.st_uid == 0)
		return 0;
	if (setgroups(0, NULL) == 0
	    && setresgid(st.st_gid, st.st_gid, st.st_gid) == 0
	    && setresuid(st.st_uid, st.st_uid, st.st_uid) == 0)
		return 0;
	return err_sys(&c->err, EXIT_CONFIG, "Cannot become the owner of %s",
	    c->config.state_dir);
}

/* Shards live on without a supervisor, and write to what they opened. */
static int
check_stopped(struct restoring *r)
{
	struct cli *c = r->cli;
	struct view v;
	struct err none;
	uint32_t lives = 0;

	/* Of another version's page nothing can be told but who has it. */
	if (page_stranger(c->config.state_dir) != 0)
		return err_set(&c->err, EXIT_TRY_LATER,
		    "Processes of another version's fleet still live: stop it "
		    "with that version. Nothing was changed.");
	if (view_read(&v, &c->config, &none) == -1)
		return none.code != EXIT_DOWN ? (c->err = none, -1)
					      : check_nobody(c); /* no page */
	for (size_t i = 0; i < v.n; i++)
		lives += v.shard[i].alive;
	lives += v.handler_alive;
	lives += v.gate_alive;
	view_free(&v);
	if (lives == 0)
		return 0;
	return err_set(&c->err, EXIT_TRY_LATER,
	    "%u process%s of the fleet still live%s, without a supervisor: "
	    "\"shardherd start\" takes them over, \"shardherd stop\" ends "
	    "them, and then it can be restored.",
	    lives, lives == 1 ? "" : "es", lives == 1 ? "s" : "");
}

/* A damaged one is what a backup is for. */
static int
open_there(struct restoring *r)
{
	struct cli *c = r->cli;
	struct err e = {0};

	r->readable = store_open(&r->store, c->config.state_dir, &e) == 0;
	if (r->readable || e.code == EXIT_DOWN)
		return 0;
	if (e.code == EXIT_DEGRADED) {
		cli_say("What is there can't be read, so nothing of it is "
			"taken over: %s",
		    e.text);
		return 0;
	}
	c->err = e;
	return -1;
}

static int
check_bot(struct restoring *r)
{
	char bot[24] = "";
	size_t n = 0;

	if (!r->readable || r->found.bot[0] == '\0'
	    || store_blob_get(&r->store, CONTRACT_BOT_KEY, bot, sizeof(bot) - 1,
		   &n, NULL)
		!= 1
	    || strcmp(bot, r->found.bot) == 0)
		return 0;
	return err_set(&r->cli->err, EXIT_CONFIG,
	    "The backup is of the bot %s, and %s belongs to the bot %s. "
	    "Nothing was changed.",
	    r->found.bot, r->cli->config.state_dir, TEXT_OF(bot, 23));
}

static int
confirm(struct restoring *r, bool yes)
{
	struct cli *c = r->cli;
	char line[16] = "", when[32];

	if (yes || !restore_place_taken(&r->place))
		return 0;
	human_when(r->found.made_ms, when);
	if (c->json || !isatty(STDIN_FILENO))
		return err_set(&c->err, EXIT_USAGE,
		    "There is a state in %s already; with --yes what plugins "
		    "have stored there is replaced by that of %s, and the old "
		    "state kept beside it. Nothing was changed.",
		    c->config.state_dir, when);
	fprintf(stderr,
	    "Replace what plugins have stored in %s by that of %s? [y/N] ",
	    c->config.state_dir, when);
	if (fgets(line, sizeof(line), stdin) != NULL
	    && (line[0] == 'y' || line[0] == 'Y'))
		return 0;
	return err_set(&c->err, EXIT_DEGRADED, "Nothing was changed.");
}

/* ---- the verb ------------------------------------------------------- */

static void
report(struct restoring *r, const char *from, bool dry)
{
	const struct restore_rules *u = &r->rules;
	struct json_object *o;
	char when[32];

	if (r->cli->json) {
		o = json_object_new_object();
		json_put_int(o, "made_ms", r->found.made_ms);
		json_put_text(o, "by", r->found.by);
		json_put_int(o, "entries", (int64_t)r->found.entries[0]);
		json_put_int(o, "plugin_entries", (int64_t)r->found.entries[1]);
		json_put_bool(o, "restored", !dry);
		if (!dry)
			json_put_text(o, "kept", r->place.kept);
		cli_print_json(o);
		return;
	}
	cli_print("%s: of %s, by shardherd %s, %llu entries of the store, %llu "
		  "of the plugins' storage. %s",
	    from, human_when(r->found.made_ms, when), r->found.by,
	    (unsigned long long)r->found.entries[0],
	    (unsigned long long)r->found.entries[1],
	    dry ? "It is whole; nothing was changed." : "It is restored.");
	if (dry)
		return;
	if (r->place.kept[0] != '\0')
		cli_print("What was there is kept in %s.", r->place.kept);
	if (u->there)
		cli_print("Sessions and the ledger of IDENTIFYs are those that "
			  "were there%s.",
		    u->strays > 0 ? ", with what only the backup knew of it"
				  : "");
	else
		cli_print("%u sessions may be resumed; %u are too old for "
			  "Discord, and their shards will IDENTIFY.",
		    u->sessions, u->old_sessions);
}

static int
restore(struct restoring *r)
{
	struct err *e = &r->cli->err;

	if (restore_place_clear(&r->place, e) == -1)
		return -1;
	if (restore_build(r->place.building, &r->from,
		r->readable ? &r->store : NULL, &r->rules, e)
	    == 0)
		return restore_place_swap(&r->place, e);
	(void)restore_place_clear(&r->place, NULL);
	return -1;
}

static int
restore_locked(struct restoring *r, bool yes)
{
	int rc;

	if (open_there(r) == -1 || check_bot(r) == -1 || confirm(r, yes) == -1)
		return -1;
	r->rules.now_ms = clock_wall_ms();
	ending_hold();
	rc = restore(r);
	ending_release();
	if (rc == 0)
		report(r, r->from.path, false);
	restore_rules_free(&r->rules);
	return rc;
}

static int
restore_stopped(struct restoring *r, bool yes)
{
	struct cli *c = r->cli;
	int32_t pid;
	int rc;

	/* One whose lock was deleted runs as well. */
	if (lock_held(c->config.state_dir, &pid))
		return err_set(&c->err, EXIT_TRY_LATER,
		    "The fleet of %s runs: stop it first (\"shardherd stop\"). "
		    "Nothing was changed.",
		    c->config.state_dir);
	if (check_stopped(r) == -1 || become_owner(c) == -1
	    || restore_place_take(&r->place, c->config.state_dir, &c->err)
		== -1)
		return -1;
	/* What was an orphan a moment ago may have been taken over. */
	rc = check_stopped(r) == -1 ? -1 : restore_locked(r, yes);
	restore_place_leave(&r->place);
	return rc;
}

int
verb_restore(struct cli *c, const char *from, bool dry_run, bool yes)
{
	static struct restoring r;
	int rc;

	r = (struct restoring) {.cli = c};
	if (load_look(c) == -1
	    || backup_file_open(&r.from, from, &c->err) == -1)
		return cli_fail(c);
	rc = verify(&r.from, &r.found, &c->err);
	if (rc == 0 && dry_run)
		report(&r, from, true);
	else if (rc == 0)
		rc = restore_stopped(&r, yes);
	backup_file_close(&r.from);
	return rc == -1 ? cli_fail(c) : EXIT_FINE;
}
