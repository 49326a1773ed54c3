/* SPDX-License-Identifier: MIT */
/*
 * rank: who may use which of the bot's commands.  Works on the storage itself,
 * whether the fleet runs or not; what it sets counts at once.
 */
#include "shared/json/json.h"
#include "shared/store/rank.h"
#include "shared/store/store.h"
#include "tools/cli/base/form.h"
#include "tools/cli/base/load.h"
#include "tools/cli/base/option.h"
#include "tools/cli/base/table.h"
#include "tools/cli/data/verb.h"

#include <inttypes.h>
#include <string.h>

static struct kv *
open_kv(struct cli *c)
{
	struct store s;

	/* The store knows whether this binary may touch what is there. */
	if (load_look(c) == -1
	    || store_open(&s, c->config.state_dir, &c->err) == -1)
		return NULL;
	return kv_open(c->config.state_dir, true, &c->err);
}

static int
add_json(enum rank_kind kind, uint64_t id, int rank, void *arg)
{
	struct json_object *o = json_object_new_object();
	char text[24];

	str_format(text, sizeof(text), "%" PRIu64, id);
	json_put_text(o, "kind", rank_kind_name[kind]);
	json_put_text(o, "id", text);
	json_put_int(o, "rank", rank);
	json_object_array_add(arg, o);
	return 0;
}

static int
add_row(enum rank_kind kind, uint64_t id, int rank, void *arg)
{
	table_add(arg, "%s", rank_kind_name[kind]);
	table_add(arg, "%" PRIu64, id);
	table_add(arg, "%d", rank);
	return 0;
}

static int
list(struct cli *c, struct kv *kv)
{
	struct json_object *o = json_object_new_array();
	struct table t;
	int rc;

	table_init(&t, "KIND ID >RANK");
	rc = c->json ? rank_each(kv, add_json, o, &c->err)
		     : rank_each(kv, add_row, &t, &c->err);
	if (rc == 0 && c->json)
		cli_print_json(json_object_get(o));
	else if (rc == 0)
		table_print(&t, stdout, false);
	table_free(&t);
	json_object_put(o);
	return rc == 0 ? EXIT_FINE : cli_fail(c);
}

static int
whom(struct cli *c, enum rank_kind *kind, uint64_t *id)
{
	int k = option_choose(c, c->argv[1], rank_kind_name, RANK_KINDS);

	if (k < 0)
		return -1;
	*kind = (enum rank_kind)k;
	if (str_to_u64(c->argv[2], id) && *id > 0)
		return 0;
	return err_set(&c->err, EXIT_USAGE,
	    "\"%s\" is no id: Discord's ids are numbers of 17 to 20 digits.",
	    c->argv[2]);
}

static int
set(struct cli *c, struct kv *kv)
{
	enum rank_kind kind;
	uint64_t id;
	int64_t rank;

	if (whom(c, &kind, &id) == -1)
		return cli_fail(c);
	if (strcmp(c->argv[3], "never") == 0)
		rank = RANK_LOWEST;
	else if (!str_to_i64(c->argv[3], &rank) || rank < RANK_LOWEST
	    || rank > RANK_HIGHEST)
		return cli_error(c, EXIT_USAGE,
		    "\"%s\" is no rank: expected a number from 0 to 999, or "
		    "\"never\".",
		    c->argv[3]);
	if (rank_set(kv, kind, id, (int)rank, &c->err) == -1)
		return cli_fail(c);
	return EXIT_FINE;
}

static int
unset(struct cli *c, struct kv *kv)
{
	enum rank_kind kind;
	uint64_t id;
	int rc;

	if (whom(c, &kind, &id) == -1)
		return cli_fail(c);
	rc = rank_unset(kv, kind, id, &c->err);
	if (rc < 0)
		return cli_fail(c);
	if (rc == 0)
		return cli_error(c, EXIT_DEGRADED,
		    "The %s %" PRIu64 " has no "
		    "rank of its own.",
		    rank_kind_name[kind], id);
	return EXIT_FINE;
}

int
verb_rank(struct cli *c)
{
	static char never[] = "never";
	struct kv *kv;
	int rc;

	/* -1 is a rank here and no option. */
	for (int i = 0; i < c->argc; i++)
		if (strcmp(c->argv[i], "-1") == 0)
			c->argv[i] = never;
	if (option_take(c, NULL, 0) == -1)
		return cli_fail(c);
	if ((kv = open_kv(c)) == NULL)
		return cli_fail(c);
	rc = (form_is(c, "set")	      ? set
		: form_is(c, "unset") ? unset
				      : list)(c, kv);
	kv_close(kv);
	return rc;
}
