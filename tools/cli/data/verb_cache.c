/* SPDX-License-Identifier: MIT */
/*
 * cache: what the gate knows of guilds.  The file itself is looked at, read
 * only, whether the fleet runs or not; only getting guilds again is an order to
 * the supervisor.
 */
#include "shared/base/clock.h"
#include "shared/base/text.h"
#include "shared/guilds/guild_cache.h"
#include "shared/json/json.h"
#include "shared/store/store.h"
#include "tools/cli/base/control_ask.h"
#include "tools/cli/base/follow.h"
#include "tools/cli/base/human.h"
#include "tools/cli/base/form.h"
#include "tools/cli/base/load.h"
#include "tools/cli/base/option.h"
#include "tools/cli/base/table.h"
#include "shared/view/view.h"
#include "tools/cli/data/verb.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#define MAP ((size_t)64 << 30) /* address space: all there can be */

/* A look at it, or why there is none. */
struct look {
	char dir[CONFIG_PATH_MAX + 16];
	struct guild_cache *cache; /* never closed, see guild_cache.h */
	struct guild_cache_found found;
	struct err err; /* when there is no cache */
	uint64_t file_bytes;
};

/* -1: this binary must not. */
static int
look_open(struct cli *c, struct look *l)
{
	struct guild_cache_settings s = {.dir = l->dir,
	    .map_size = MAP,
	    .map_max = MAP,
	    .looks = true};
	char file[sizeof(l->dir) + 16];
	struct store store;
	struct stat st;

	memset(l, 0, sizeof(*l));
	/* The store knows whether this binary may touch what is there. */
	if (load_look(c) == -1
	    || store_open(&store, c->config.state_dir, &c->err) == -1)
		return -1;
	str_format(l->dir, sizeof(l->dir), "%s/cache", c->config.state_dir);
	str_format(file, sizeof(file), "%s/data.mdb", l->dir);
	if (stat(file, &st) == -1) {
		err_set(&l->err, EXIT_DEGRADED,
		    "There is no guild cache in %s yet: a gate makes it ([gate] "
		    "listen and a [client]).",
		    c->config.state_dir);
		return 0;
	}
	l->file_bytes = (uint64_t)st.st_size;
	l->cache = guild_cache_open(&s, &l->found, &l->err);
	return 0;
}

/* ---- stat ----------------------------------------------------------- */

struct facts {
	const char *state; /* "fine", "cold", "damaged", "none" */
	struct guild_cache_tally tally;
	uint64_t behind; /* records of the gate's log */
	bool gate;	 /* ... which is known */
	int64_t age_ms;	 /* of what was written last, -1: nothing */
};

static void
facts_of_gate(struct cli *c, const struct look *l, struct facts *f)
{
	struct view v;
	struct err none;

	if (view_read(&v, &c->config, &none) == -1)
		return;
	f->gate = v.cluster.gate && v.gate_alive && l->found.position > 0;
	if (f->gate && v.gate.log_last > l->found.position)
		f->behind = v.gate.log_last - l->found.position;
	view_free(&v);
}

static int
facts_take(struct cli *c, struct look *l, struct facts *f)
{
	struct guild_cache_view *v;
	int rc;

	memset(f, 0, sizeof(*f));
	f->age_ms = -1;
	f->state = l->found.damaged ? "damaged" : "none";
	if (l->cache == NULL)
		return 0;
	if (l->found.written_ms > 0)
		f->age_ms = clock_wall_ms() - l->found.written_ms;
	facts_of_gate(c, l, f);
	if ((v = guild_cache_view(l->cache, &c->err)) == NULL)
		return -1;
	rc = guild_cache_tally(v, &f->tally, &c->err);
	guild_cache_view_end(v);
	f->state = f->tally.readies == 0 ? "cold" : "fine";
	return rc;
}

static void
stat_json(const struct look *l, const struct facts *f)
{
	struct json_object *o = json_object_new_object();
	struct json_object *kinds = json_object_new_object();

	json_put_text(o, "path", l->dir);
	json_put_text(o, "state", f->state);
	json_put_text(o, "why", l->err.text);
	json_put_int(o, "guilds", (int64_t)f->tally.guilds);
	json_put_int(o, "available", (int64_t)f->tally.available);
	json_put_int(o, "shards", (int64_t)f->tally.readies);
	json_put_int(o, "position", (int64_t)l->found.position);
	json_object_object_add(o, "behind",
	    f->gate ? json_object_new_int64((int64_t)f->behind) : NULL);
	json_object_object_add(o, "written_age_s",
	    f->age_ms < 0 ? NULL
			  : json_object_new_double((double)f->age_ms / 1000));
	json_put_int(o, "file_bytes", (int64_t)l->file_bytes);
	for (unsigned k = 0; k < GUILD_CACHE_KINDS; k++) {
		struct json_object *one;

		if (guild_cache_kind_name(k) == NULL)
			continue;
		one = json_object_new_object();
		json_put_int(one, "fragments", (int64_t)f->tally.n[k]);
		json_put_int(one, "bytes", (int64_t)f->tally.bytes[k]);
		json_object_object_add(kinds, guild_cache_kind_name(k), one);
	}
	json_object_object_add(o, "kinds", kinds);
	cli_print_json(o);
}

static void
stat_kinds(const struct facts *f)
{
	struct table t;
	char size[24];

	table_init(&t, "KIND >FRAGMENTS >BYTES");
	for (unsigned k = 0; k < GUILD_CACHE_KINDS; k++) {
		if (guild_cache_kind_name(k) == NULL)
			continue;
		table_add(&t, "%s", guild_cache_kind_name(k));
		table_add(&t, "%" PRIu64, f->tally.n[k]);
		table_add(&t, "%s", human_size(f->tally.bytes[k], size));
	}
	table_print(&t, stdout, false);
	table_free(&t);
}

static void
stat_text(const struct look *l, const struct facts *f)
{
	char size[24], age[24];

	cli_print("cache     %s", l->dir);
	printf("state     %s\n", f->state);
	printf("guilds    %" PRIu64 " known, %" PRIu64
	       " of them with contents\n",
	    f->tally.guilds, f->tally.available);
	printf("position  %" PRIu64, l->found.position);
	if (f->gate)
		printf(", %" PRIu64 " behind the gate's log", f->behind);
	printf("\nwritten   %s ago\nfile      %s\n", human_age(f->age_ms, age),
	    human_size(l->file_bytes, size));
	stat_kinds(f);
}

static int
cache_stat(struct cli *c, struct look *l)
{
	struct facts f;

	if (facts_take(c, l, &f) == -1)
		return cli_fail(c);
	if (c->json)
		stat_json(l, &f);
	else if (l->cache != NULL)
		stat_text(l, &f);
	else
		return cli_error(c, l->err.code, "%s%s", l->err.text,
		    l->found.damaged
			? " \"shardherd cache rebuild\" begins it anew."
			: "");
	return strcmp(f.state, "fine") == 0 ? EXIT_FINE : EXIT_DEGRADED;
}

/* ---- show ----------------------------------------------------------- */

/* -1 with the words there are. */
static int
kind_of(struct cli *c, const char *word)
{
	char all[256] = "";

	for (unsigned k = 0; k < GUILD_CACHE_KINDS; k++) {
		const char *name = guild_cache_kind_name(k);

		if (name == NULL || k == GUILD_CACHE_COUNT)
			continue;
		if (strcmp(name, word) == 0)
			return (int)k;
		str_format(all + strlen(all), sizeof(all) - strlen(all), "%s%s",
		    all[0] != '\0' ? ", " : "", name);
	}
	return err_set(&c->err, EXIT_USAGE, "--kind is one of %s.", all);
}

/* The view ends before anything is printed: a pager may wait for hours. */
static int
show_take(struct cli *c, struct look *l, uint64_t guild, int kind,
    struct buf *out)
{
	struct guild_cache_view *v = guild_cache_view(l->cache, &c->err);
	int got;

	if (v == NULL)
		return -1;
	got = kind == 0 ? guild_cache_guild(v, guild, out, &c->err)
			: guild_cache_part(v, guild,
			    (enum guild_cache_kind)kind, out, &c->err);
	guild_cache_view_end(v);
	if (got == 0)
		err_set(&c->err, EXIT_DEGRADED,
		    "The cache has no contents of guild %" PRIu64 ".", guild);
	return got == 1 ? 0 : -1;
}

static int
show(struct cli *c, struct look *l, const char *word)
{
	struct buf out = {0};
	uint64_t guild;
	char *text;
	int kind = 0;

	if (!str_to_u64(c->argv[1], &guild) || guild == 0)
		return cli_error(c, EXIT_USAGE, "\"%s\" is no guild id",
		    c->argv[1]);
	if (word != NULL && (kind = kind_of(c, word)) == -1)
		return cli_fail(c);
	if (l->cache == NULL)
		return cli_error(c, l->err.code, "%s", l->err.text);
	if (show_take(c, l, guild, kind, &out) == -1) {
		buf_free(&out);
		return cli_fail(c);
	}
	buf_add(&out, "", 1);
	text = text_json(buf_data(&out));
	puts(text);
	free(text);
	buf_free(&out);
	return EXIT_FINE;
}

/* ---- rebuild -------------------------------------------------------- */

static int
order(struct cli *c, struct json_object *q, const char *said)
{
	struct json_object *a = control_ask(&c->config, q, &c->err);

	if (a == NULL)
		return cli_fail(c);
	if (!c->json)
		puts(said);
	return follow_end(c, a);
}

static int
rebuild_shard(struct cli *c, int64_t shard)
{
	struct json_object *q;
	char said[160];

	if (!config_gate(&c->config))
		return cli_error(c, EXIT_USAGE,
		    "There is no gate in %s, so no cache to fill: [gate] "
		    "listen and a [client] are not configured.",
		    c->config.path);
	q = control_ask_new("shard");
	json_put_int(q, "id", shard);
	json_put_text(q, "action", "renew");
	str_format(said, sizeof(said),
	    "Shard %lld gives its session up and IDENTIFYs: its guilds come "
	    "again.",
	    (long long)shard);
	return order(c, q, said);
}

/* What can be done without an IDENTIFY. */
static int
rebuild(struct cli *c, struct look *l)
{
	struct facts f;

	if (l->found.damaged)
		return order(c, control_ask_new("renew-gate"),
		    "The cache is damaged. Another gate takes this one's place "
		    "and begins it anew with what the gate's log has: clients "
		    "RESUME, no session is lost. \"shardherd cache stat\" shows "
		    "what came back; \"cache rebuild --shard ID\" gets the rest, "
		    "for one IDENTIFY each.");
	if (l->cache == NULL)
		return cli_error(c, l->err.code, "%s", l->err.text);
	if (facts_take(c, l, &f) == -1)
		return cli_fail(c);
	if (f.tally.readies > 0 && f.tally.available == f.tally.guilds) {
		cli_say("The cache is whole, and has all %" PRIu64
			" guilds: nothing to do.",
		    f.tally.guilds);
		return EXIT_FINE;
	}
	return cli_error(c, EXIT_DEGRADED,
	    "The cache is whole, but has only %" PRIu64 " of %" PRIu64
	    " guilds%s. They come as Discord sends them; \"shardherd cache "
	    "rebuild --shard ID\" makes it send a shard's guilds now, for one "
	    "IDENTIFY.",
	    f.tally.available, f.tally.guilds,
	    f.tally.readies == 0 ? " and no READY" : "");
}

int
verb_cache(struct cli *c)
{
	const char *kind = NULL;
	int64_t shard = -1;
	const struct option opts[] = {
	    {"--kind", &kind},
	    {"--shard", &shard},
	};
	static struct look l;

	if (option_take(c, opts, nitems(opts)) == -1)
		return cli_fail(c);
	if (shard >= 0)
		return load_look(c) == -1 ? cli_fail(c)
					  : rebuild_shard(c, shard);
	if (look_open(c, &l) == -1)
		return cli_fail(c);
	return form_is(c, "stat") ? cache_stat(c, &l)
	    : form_is(c, "show")  ? show(c, &l, kind)
				  : rebuild(c, &l);
}
