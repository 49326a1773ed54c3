/* SPDX-License-Identifier: MIT */
/*
 * db backup: the store and the plugins' storage of a fleet, which may run, in
 * one file.  Each of the two is read in one transaction, so as it was at one
 * instant; nothing waits for it.
 */
#include "shared/base/clock.h"
#include "shared/base/version.h"
#include "shared/json/json.h"
#include "shared/store/kv.h"
#include "shared/store/store.h"
#include "tools/cli/backup/backup_file.h"
#include "tools/cli/backup/ending.h"
#include "tools/cli/backup/verb.h"
#include "tools/cli/base/human.h"
#include "tools/cli/base/load.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct copying {
	struct backup_file_out out;
	enum backup_file_kind kind;
	uint64_t entries[2]; /* of the store, of the storage */
	struct err err;	     /* code 0: none */
};

/* ---- reading -------------------------------------------------------- */

static int
put(struct copying *c, const void *key, size_t key_len, const void *value,
    size_t value_len)
{
	if (ending_asked())
		return err_set(&c->err, EXIT_DEGRADED,
		    "Interrupted: no backup was made.");
	c->entries[c->kind == BACKUP_FILE_KV]++;
	return backup_file_put(&c->out, c->kind, key, key_len, value, value_len,
	    &c->err);
}

static int
put_item(const struct store_item *it, void *arg)
{
	return put(arg, it->key, it->key_len, it->value, it->value_len);
}

static int
put_kv(const char *key, const void *value, size_t len, void *arg)
{
	return put(arg, key, strlen(key), value, len);
}

/* A fleet whose handler never ran has none. */
static int
copy_kv(struct copying *c, const char *state_dir)
{
	struct err e = {0};
	struct kv *kv = kv_open(state_dir, false, &e);
	struct kv_tx *tx;
	int rc = -1;

	if (kv == NULL && e.code == EXIT_DOWN)
		return 0;
	if (kv != NULL && (tx = kv_begin(kv, NULL, false, &e)) != NULL) {
		c->kind = BACKUP_FILE_KV;
		rc = kv_each(tx, "", NULL, put_kv, c, &e);
		kv_abort(tx);
	}
	kv_close(kv);
	if (rc == -1)
		c->err = e;
	return c->err.code != 0 ? -1 : 0;
}

static void
about(struct copying *c, const char *key, const char *text)
{
	if (c->err.code == 0)
		backup_file_put(&c->out, BACKUP_FILE_ABOUT, key, strlen(key),
		    text, strlen(text), &c->err);
}

static int
copy_all(struct copying *c, const struct config *config,
    const struct store *store)
{
	char now[24];

	str_format(now, sizeof(now), "%" PRId64, clock_wall_ms());
	about(c, "made_ms", now);
	about(c, "by", SHARDHERD_VERSION);
	if (c->err.code != 0)
		return -1;
	c->kind = BACKUP_FILE_STORE;
	if (store_each(store, put_item, c, &c->err) == -1 || c->err.code != 0)
		return -1;
	if (copy_kv(c, config->state_dir) == -1)
		return -1;
	return backup_file_finish(&c->out, &c->err);
}

/* ---- the verb ------------------------------------------------------- */

/* In a directory the name is ours, and tells when. */
static bool
name(const char *to, char *out, size_t size)
{
	time_t now = (time_t)(clock_wall_ms() / 1000);
	struct stat st;
	struct tm tm;
	char when[32];

	if (stat(to, &st) == -1 || !S_ISDIR(st.st_mode))
		return str_format(out, size, "%s", to);
	strftime(when, sizeof(when), "%Y%m%dT%H%M%SZ", gmtime_r(&now, &tm));
	return str_format(out, size, "%s/shardherd-%s.backup", to, when);
}

static void
report(struct cli *cli, const struct copying *c, const char *path)
{
	struct json_object *o;
	struct stat st = {0};
	char size[24];

	(void)stat(path, &st);
	if (!cli->json) {
		cli_print("%s: %s, %llu entries of the store, %llu of the "
			  "plugins' storage. Configuration, token and what "
			  "plugins keep in files of their own are not in it.",
		    path, human_size((uint64_t)st.st_size, size),
		    (unsigned long long)c->entries[0],
		    (unsigned long long)c->entries[1]);
		return;
	}
	o = json_object_new_object();
	json_put_text(o, "path", path);
	json_put_int(o, "bytes", st.st_size);
	json_put_int(o, "entries", (int64_t)c->entries[0]);
	json_put_int(o, "plugin_entries", (int64_t)c->entries[1]);
	cli_print_json(o);
}

int
verb_backup(struct cli *cli, const char *to)
{
	static struct copying c;
	struct store store;
	char path[4096];
	int rc;

	if (load_look(cli) == -1
	    || store_open(&store, cli->config.state_dir, &cli->err) == -1)
		return cli_fail(cli);
	if (!name(to, path, sizeof(path)))
		return cli_error(cli, EXIT_USAGE, "The path is too long: %s",
		    to);
	ending_hold();
	rc = backup_file_create(&c.out, path, &c.err);
	if (rc == 0 && (rc = copy_all(&c, &cli->config, &store)) == -1)
		backup_file_abandon(&c.out);
	ending_release();
	if (rc == -1) {
		cli->err = c.err;
		return cli_fail(cli);
	}
	report(cli, &c, path);
	return EXIT_FINE;
}
