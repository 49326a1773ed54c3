/* SPDX-License-Identifier: MIT */
/*
 * db: a look into the store with the binary that made it, because LMDB's own
 * tools may be of another libc and would deadlock with it.
 */
#include "shared/base/text.h"
#include "shared/json/json.h"
#include "shared/store/store.h"
#include "tools/cli/backup/verb.h"
#include "tools/cli/base/human.h"
#include "tools/cli/base/form.h"
#include "tools/cli/base/load.h"
#include "tools/cli/base/option.h"
#include "tools/cli/data/verb.h"

#include <ctype.h>
#include <string.h>

static int
open_store(struct cli *c, struct store *s)
{
	return load_look(c) == -1 ? -1
				  : store_open(s, c->config.state_dir, &c->err);
}

static int
stat_db(struct cli *c)
{
	struct json_object *o;
	struct store_stat st;
	struct store s;
	char used[24], map[24];

	if (open_store(c, &s) == -1 || store_stat(&s, &st, &c->err) == -1)
		return cli_fail(c);
	if (!c->json) {
		printf("store    %s\nschema   %u\nentries  %llu\n"
		       "size     %s of %s\nreaders  %u\nwrites   %llu\n",
		    s.path, st.schema, (unsigned long long)st.entries,
		    human_size(st.pages * st.page_size, used),
		    human_size(st.map_size, map), st.readers,
		    (unsigned long long)st.last_txn);
		return EXIT_FINE;
	}
	o = json_object_new_object();
	json_put_text(o, "path", s.path);
	json_put_int(o, "schema", st.schema);
	json_put_int(o, "entries", st.entries);
	json_put_int(o, "bytes", st.pages * st.page_size);
	json_put_int(o, "max_bytes", st.map_size);
	json_put_int(o, "readers", st.readers);
	json_put_int(o, "writes", st.last_txn);
	cli_print_json(o);
	return EXIT_FINE;
}

/* Printable bytes as they are, others as \xx. */
static void
escape(const unsigned char *p, size_t n, char *out, size_t size)
{
	size_t at = 0;

	for (size_t i = 0; i < n && at + 4 < size; i++) {
		if (isprint(p[i]) && p[i] != '\\')
			out[at++] = (char)p[i];
		else
			at += (size_t)snprintf(out + at, size - at, "\\%02x",
			    p[i]);
	}
	out[at] = '\0';
}

/* Session ids are half of what a RESUME needs: they stay out of a dump. */
static bool
is_session(const struct store_item *item)
{
	return item->key_len > 8 && memcmp(item->key, "session/", 8) == 0;
}

static int
dump_one(const struct store_item *item, void *arg)
{
	static char key[2100], value[8192];
	bool json = *(bool *)arg;
	struct json_object *o;

	escape(item->key, item->key_len, key, sizeof(key));
	if (is_session(item))
		str_format(value, sizeof(value), "(%zu bytes)",
		    item->value_len);
	else
		escape(item->value, item->value_len, value, sizeof(value));
	if (!json) {
		printf("%s\t%zu\t%s\n", key, item->value_len, value);
		return 0;
	}
	o = json_object_new_object();
	json_put_text(o, "key", key);
	json_put_int(o, "bytes", item->value_len);
	json_put_text(o, "value", value);
	cli_print_json(o);
	return 0;
}

/* The records this build knows, in words. */
static int
dump_sessions(struct cli *c, const struct store *s, uint32_t shards)
{
	struct store_session rec;
	struct json_object *o;

	for (uint32_t i = 0; i < shards; i++) {
		int r = store_session_get(s, i, &rec, &c->err);

		if (r == -1)
			return -1;
		if (r == 0)
			continue;
		if (!c->json) {
			printf("session %u/%u\tsession_id %s...\tseq %llu\t"
			       "strikes %u\turl %s\n",
			    rec.shard, rec.shard_count,
			    TEXT_OF_N(rec.id, strnlen(rec.id, 4), 32),
			    (unsigned long long)rec.seq, rec.strikes,
			    TEXT_OF(rec.url, STORE_URL_MAX));
			continue;
		}
		o = json_object_new_object();
		json_put_int(o, "session", rec.shard);
		json_put_int(o, "shard_count", rec.shard_count);
		json_put_int(o, "seq", rec.seq);
		json_put_int(o, "intents", rec.intents);
		json_put_int(o, "ready_ms", (uint64_t)rec.ready_ms);
		json_put_int(o, "epoch", rec.epoch);
		json_put_int(o, "seen_ms", (uint64_t)rec.seen_ms);
		json_put_int(o, "strikes", rec.strikes);
		json_put_text(o, "url", rec.url);
		cli_print_json(o);
	}
	return 0;
}

static int
highest(const struct store_item *item, void *arg)
{
	uint32_t *n = arg;
	char text[16] = "";

	if (is_session(item) && item->key_len - 8 < sizeof(text)) {
		memcpy(text, (const char *)item->key + 8, item->key_len - 8);
		if (strtoul(text, NULL, 10) + 1 > *n)
			*n = (uint32_t)strtoul(text, NULL, 10) + 1;
	}
	return 0;
}

static int
dump_db(struct cli *c)
{
	struct store s;
	uint32_t shards = 0;

	if (open_store(c, &s) == -1
	    || store_each(&s, dump_one, &c->json, &c->err) == -1
	    || store_each(&s, highest, &shards, &c->err) == -1
	    || dump_sessions(c, &s, shards) == -1)
		return cli_fail(c);
	return EXIT_FINE;
}

static bool dry_run, yes;

static int
backup_db(struct cli *c)
{
	return verb_backup(c, c->argv[1]);
}

static int
restore_db(struct cli *c)
{
	return verb_restore(c, c->argv[1], dry_run, yes);
}

int
verb_db(struct cli *c)
{
	static const struct form_act acts[] = {{"stat", stat_db},
	    {"dump", dump_db}, {"backup", backup_db}, {"restore", restore_db}};
	const struct option opts[] = {
	    {"--dry-run", &dry_run},
	    {"--yes", &yes},
	};

	return option_take(c, opts, nitems(opts)) == -1
	    ? cli_fail(c)
	    : form_act(c, acts, nitems(acts));
}
