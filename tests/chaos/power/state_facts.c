/* SPDX-License-Identifier: MIT */
/*
 * Opens a state_dir as the next start would, with the code that start runs, and
 * prints what it found, a line each; tests/chaos/powerloss judges it.  Reads
 * directories from stdin, one a line, and looks at each in a process of its
 * own, so that a damaged map ends only that one: "end 0", or what it ended with.
 */
#include "handler/delivery/backlog.h"
#include "shared/config/config.h"
#include "shared/guilds/guild_cache.h"
#include "shared/page/page.h"
#include "shared/spool/spool.h"
#include "shared/state/stopped.h"
#include "shared/store/client_token.h"
#include "shared/store/dbenv.h"
#include "shared/store/kv.h"
#include "shared/store/store.h"
#include "tools/web/history/history.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SHARDS 16
#define CACHE_MAP ((size_t)64 << 20)
#define CLIENT "bot" /* of the gate's, in the recorded fleet */

#define ULL(n) ((unsigned long long)(n))

static int
fail(const char *what, const struct err *e)
{
	printf("fail %s: %s\n", what, e->text);
	return 1;
}

static int
on_identify(const struct store_identify *e, void *arg)
{
	printf("ledger %llu %u\n", ULL(e->id), e->shard);
	return 0;
}

static int
on_kv(const char *key, const void *value, size_t len, void *arg)
{
	if (strncmp(key, "kv/", 3) == 0)
		printf("kept %s %.*s\n", key, (int)len, (const char *)value);
	return 0;
}

/* Every record of a spool, in its order; in a child, so that it may be taken. */
static int
spool_list(const char *word, const char *name, const char *dir)
{
	struct spool_limits l = {.bytes = (uint64_t)1 << 30,
	    .segment_bytes = 8u << 20};
	struct buf b = {0};
	struct up_hdr h;
	struct err e;
	struct spool *s = spool_open(dir, &l, &e);

	if (s == NULL)
		return fail(dir, &e);
	while (spool_peek(s, &h))
		if (spool_take(s, buf_space(&b, h.len + 1u)) == 0)
			printf("%s %s %llx %llu\n", word, name, ULL(h.session),
			    ULL(h.seq));
	buf_free(&b);
	spool_close(s);
	return 0;
}

static int
backlogs(const char *state_dir)
{
	char dir[600], path[1200];
	struct dirent *d;
	struct stat st;
	DIR *all;
	int bad = 0;

	str_format(dir, sizeof(dir), "%s/backlog", state_dir);
	if ((all = opendir(dir)) == NULL)
		return 0;
	while ((d = readdir(all)) != NULL) {
		if (d->d_name[0] == '.')
			continue;
		str_format(path, sizeof(path), "%s/%s", dir, d->d_name);
		if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
			bad |= spool_list("backlog", d->d_name, path);
	}
	closedir(all);
	return bad;
}

/* As session_record_load() finds where a RESUME begins. */
static int
shard(const char *state_dir, const struct store *s, const struct page *page,
    uint32_t id)
{
	struct store_session r;
	struct spool_limits l = {.bytes = (uint64_t)1 << 30,
	    .segment_bytes = 8u << 20};
	char dir[600], name[16];
	struct spool *spool;
	uint64_t key, from, tail;
	struct err e;
	int rc = store_session_get(s, id, &r, &e);

	if (rc < 0)
		return fail("session", &e);
	str_format(dir, sizeof(dir), "%s/spool/%u", state_dir, id);
	str_format(name, sizeof(name), "%u", id);
	if (rc == 1) {
		key = store_session_key(&r);
		from = r.seq;
		if (page->head != NULL && id < page->head->slots) {
			tail = page_cursor_get(&page->slot[id], key);
			if (tail > from)
				from = tail;
		}
		if ((spool = spool_open(dir, &l, &e)) == NULL)
			return fail(dir, &e);
		from = spool_follow(spool, key, from, &tail);
		spool_close(spool);
		printf("session %u %llx %llu\n", id, ULL(key), ULL(from));
	}
	return spool_list("spool", name, dir);
}

/* A gate begins with it: whole, or told to be damaged and begun anew; then it
 * has to be whole. */
static int
cache(const char *state_dir)
{
	char dir[600];
	struct guild_cache_settings set = {.dir = dir,
	    .map_size = CACHE_MAP,
	    .map_max = CACHE_MAP};
	struct guild_cache_found found;
	struct guild_cache *c;
	struct err e;

	str_format(dir, sizeof(dir), "%s/cache", state_dir);
	for (int i = 0; i < 2; i++) {
		if ((c = guild_cache_open(&set, &found, &e)) == NULL)
			return fail("cache", &e);
		printf("cache %d %s\n", i,
		    found.damaged     ? "damaged"
			: found.fresh ? "fresh"
				      : "whole");
		guild_cache_close(c);
	}
	return 0;
}

/* A web process begins with it.  aside: what was there could not be used. */
static void
history(const char *state_dir)
{
	char dir[600];
	struct history *h;
	struct stat st;

	str_format(dir, sizeof(dir), "%s/web", state_dir);
	h = history_open(dir);
	str_format(dir, sizeof(dir), "%s/web/" HISTORY_OLD, state_dir);
	printf("history %s %lld %s\n", stat(dir, &st) == 0 ? "aside" : "there",
	    (long long)history_taken_ms(h), history_note(h));
	history_close(h);
}

static int
look(const char *state_dir)
{
	struct page page = {.fd = -1};
	struct store s;
	struct stopped by;
	struct kv *kv;
	struct kv_tx *tx;
	struct err e;
	int bad = 0;

	printf("stopped %s\n", stopped_get(state_dir, &by) ? by.by : "-");
	if (store_init(&s, state_dir, &e) == -1)
		return fail("store", &e);
	printf("store %s\n", s.lost ? "lost" : "there");
	if (store_identify_each(&s, 0, on_identify, NULL, &e) == -1)
		return fail("ledger", &e);
	if (page_create(&page, state_dir, 2, &e) == -1)
		return fail("page", &e);
	for (uint32_t i = 0; i < SHARDS && i < page.head->slots; i++)
		bad |= shard(state_dir, &s, &page, i);
	bad |= backlogs(state_dir);
	if ((kv = kv_open(state_dir, true, &e)) == NULL)
		return fail("kv", &e);
	if ((tx = kv_begin(kv, NULL, false, &e)) == NULL
	    || kv_each(tx, "", NULL, on_kv, NULL, &e) != 0)
		return fail("kv", &e);
	kv_abort(tx);
	printf("client %d\n", client_token_has(&s, CLIENT, &e));
	history(state_dir);
	return bad | cache(state_dir);
}

int
main(void)
{
	char line[600];
	int status;
	pid_t pid;

	while (fgets(line, sizeof(line), stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if ((pid = fork()) == 0) {
			status = look(line);
			fflush(stdout);
			_exit(status);
		}
		if (pid == -1 || waitpid(pid, &status, 0) == -1)
			return 1;
		printf("end %d\n", status);
		fflush(stdout);
	}
	return 0;
}
