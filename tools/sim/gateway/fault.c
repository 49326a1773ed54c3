/* SPDX-License-Identifier: MIT */
#include "tools/sim/gateway/fault.h"

#include "tools/sim/base/answer.h"
#include "tools/sim/gateway/strike.h"
#include "tools/sim/book/stats.h"

#include <string.h>

#define FAULT_FILE_MAX (1u << 20)

static const struct {
	const char *name, *what;
	enum fault_stage stage;
	enum fault_arg arg;
} kinds[FAULT_KINDS] = {
#define X(e, n, s, a, w) [FAULT_K_##e] = {n, w, FAULT_##s, ARG_##a},
    FAULTS(X)
#undef X
};

enum fault_stage
fault_stage(enum fault_kind kind)
{
	return kinds[kind].stage;
}

struct faults {
	struct list list;
	unsigned count;
};

void
fault_init(struct sim *sim)
{
	sim->faults = base_alloc(sizeof(*sim->faults));
	list_init(&sim->faults->list);
}

static void
remove_fault(struct faults *fs, struct fault *f)
{
	list_remove(&f->link);
	free(f->text);
	free(f);
	fs->count--;
}

static void
clear(struct faults *fs, bool spent_only)
{
	list_each_safe (&fs->list, e, next) {
		struct fault *f = container_of(e, struct fault, link);
		if (!spent_only || f->left == 0)
			remove_fault(fs, f);
	}
}

void
fault_free(struct sim *sim)
{
	if (!sim->faults)
		return;
	clear(sim->faults, false);
	free(sim->faults);
	sim->faults = NULL;
}

const struct fault *
fault_take(struct sim *sim, enum fault_kind kind, int shard, unsigned count,
    enum conn_host host)
{
	list_each (&sim->faults->list, e) {
		struct fault *f = container_of(e, struct fault, link);

		if (f->kind != kind || f->left == 0
		    || (f->shard >= 0 && f->shard != shard)
		    || (f->count > 0 && f->count != count)
		    || (f->host != HOST_ANY && f->host != host))
			continue;
		if (f->left > 0)
			f->left--;
		return f;
	}
	return NULL;
}

/* ---- the command ---------------------------------------------------- */

static void
fault_row(const struct fault *f, struct sbuf *out)
{
	answer_row(out);
	sbuf_fmt(out, "{\"name\":\"%s\",\"argument\":%" PRIu64,
	    kinds[f->kind].name, f->arg);
	if (f->shard >= 0)
		sbuf_fmt(out, ",\"shard\":%d", f->shard);
	/* Forever: none. */
	if (f->left >= 0)
		sbuf_fmt(out, ",\"count\":%" PRId64, f->left);
	sbuf_str(out, "}");
}

static int
list_faults(struct sim *sim, bool rows, struct sbuf *out)
{
	list_each (&sim->faults->list, e) {
		struct fault *f = container_of(e, struct fault, link);

		if (rows) {
			fault_row(f, out);
			continue;
		}
		sbuf_fmt(out, "%s", kinds[f->kind].name);
		if (f->arg > 0)
			sbuf_fmt(out, " %llu", (unsigned long long)f->arg);
		if (f->shard >= 0)
			sbuf_fmt(out, " --shard %d", f->shard);
		if (f->count > 0)
			sbuf_fmt(out, "/%u", f->count);
		if (f->left < 0)
			sbuf_str(out, " --count forever\n");
		else
			sbuf_fmt(out, " --count %lld\n", (long long)f->left);
	}
	return EXIT_FINE;
}

static int
read_file(struct fault *f, const char *path, struct sbuf *out)
{
	FILE *in = fopen(path, "r");

	if (!in) {
		sbuf_fmt(out, "cannot read %s", path);
		return EXIT_DEGRADED;
	}
	f->text = base_alloc(FAULT_FILE_MAX);
	f->len = fread(f->text, 1, FAULT_FILE_MAX, in);
	fclose(in);
	while (f->len > 0 && f->text[f->len - 1] == '\n')
		f->len--;
	return EXIT_FINE;
}

/* Takes the fault's own argument; *i is the next word. */
static int
read_arg(struct fault *f, int argc, char **argv, int *i, struct sbuf *out)
{
	enum fault_arg kind = kinds[f->kind].arg;
	const char *a = *i < argc && strncmp(argv[*i], "--", 2) != 0 ? argv[*i]
								     : NULL,
		   *expected = NULL;

	if (kind == ARG_NONE
	    || (!a && (kind == ARG_NUMBER_OPT || kind == ARG_HANG_OPT)))
		return EXIT_FINE;
	if (!a)
		return sbuf_say(out, EXIT_USAGE,
		    "fault %s: an argument is missing", argv[0]);
	(*i)++;
	if (kind == ARG_FILE)
		return read_file(f, a, out);
	if (kind == ARG_HANG_OPT) {
		f->hang = strcmp(a, "hang") == 0;
		if (!f->hang && strcmp(a, "drop") != 0)
			expected = "drop or hang";
	} else if (kind == ARG_BOOL) {
		f->arg = strcmp(a, "true") == 0;
		if (!f->arg && strcmp(a, "false") != 0)
			expected = "true or false";
	} else if (!str_to_u64(a, &f->arg)) {
		expected = "a number";
	} else if (kind == ARG_STATUS && (f->arg < 400 || f->arg > 599)) {
		expected = "a status from 400 to 599";
	}
	return !expected
	    ? EXIT_FINE
	    : sbuf_say(out, EXIT_USAGE, "fault %s: expected %s, got %s",
		argv[0], expected, a);
}

static int
read_option(struct fault *f, const char *name, const char *v, struct sbuf *out)
{
	uint64_t n = 0;
	bool number = str_to_u64(v, &n);

	if (strcmp(name, "retry-after") == 0 && number && n < 1000000)
		f->retry_after = (unsigned)n;
	else if (strcmp(name, "--count") == 0 && strcmp(v, "forever") == 0)
		f->left = -1;
	else if (strcmp(name, "--count") == 0 && number && n > 0
	    && n < INT64_MAX)
		f->left = (int64_t)n;
	else if (strcmp(name, "--shard") == 0 && strcmp(v, "all") == 0)
		f->shard = -1;
	else if (strcmp(name, "--shard") == 0
	    && stats_read_shard(v, &f->shard, &f->count))
		return EXIT_FINE;
	else if (strcmp(name, "--host") == 0 && strcmp(v, "main") == 0)
		f->host = HOST_MAIN;
	else if (strcmp(name, "--host") == 0 && strcmp(v, "resume") == 0)
		f->host = HOST_RESUME;
	else
		return sbuf_say(out, EXIT_USAGE,
		    "fault: can't understand %s %s", name, v);
	return EXIT_FINE;
}

static int
read_fault(struct fault *f, int argc, char **argv, struct sbuf *out)
{
	int i = 1, r = read_arg(f, argc, argv, &i, out);

	for (; r == EXIT_FINE && i < argc; i += 2) {
		if (i + 1 == argc)
			return sbuf_say(out, EXIT_USAGE,
			    "fault %s: %s needs a value", argv[0], argv[i]);
		r = read_option(f, argv[i], argv[i + 1], out);
	}
	if (r == EXIT_FINE && f->shard >= 0
	    && kinds[f->kind].stage <= FAULT_HELLO)
		return sbuf_say(out, EXIT_USAGE,
		    "fault %s strikes before a connection says which shard it "
		    "is: use --host",
		    argv[0]);
	return r;
}

static int
find_kind(const char *name)
{
	for (int k = 0; k < FAULT_KINDS; k++) {
		if (strcmp(kinds[k].name, name) == 0)
			return k;
	}
	return -1;
}

static int
add(struct sim *sim, int kind, int argc, char **argv, struct sbuf *out)
{
	struct fault *f = base_alloc(sizeof(*f));
	int r;

	f->kind = (enum fault_kind)kind;
	f->shard = -1;
	f->host = HOST_ANY;
	f->left = 1;
	list_append(&sim->faults->list, &f->link);
	sim->faults->count++;
	r = read_fault(f, argc, argv, out);
	if (r != EXIT_FINE) {
		remove_fault(sim->faults, f);
		return r;
	}
	if (kinds[kind].stage == FAULT_ONCE) {
		remove_fault(sim->faults, f);
		strike_once(sim);
	} else if (kinds[kind].stage == FAULT_DATA) {
		strike_all(sim);
	}
	return EXIT_FINE;
}

static void
list_kinds(bool rows, struct sbuf *out)
{
	for (int k = 0; k < FAULT_KINDS; k++) {
		if (!rows) {
			sbuf_fmt(out, "%-22s %s\n", kinds[k].name,
			    kinds[k].what);
			continue;
		}
		answer_row(out);
		sbuf_fmt(out, "{\"name\":\"%s\",\"what\":", kinds[k].name);
		sbuf_quote(out, kinds[k].what);
		sbuf_str(out, "}");
	}
}

int
fault_command(struct sim *sim, int argc, char **argv, struct sbuf *out)
{
	bool rows = answer_rows(argc, argv);
	int kind;

	argc--;
	argv++;
	if (argc < 1) {
		list_kinds(rows, out);
		return EXIT_FINE;
	}
	clear(sim->faults, true);
	if (strcmp(argv[0], "list") == 0)
		return list_faults(sim, rows, out);
	if (strcmp(argv[0], "clear") == 0) {
		clear(sim->faults, false);
		return EXIT_FINE;
	}
	kind = find_kind(argv[0]);
	if (kind < 0)
		return sbuf_say(out, EXIT_USAGE,
		    "no fault is called %s; `fault` alone lists them", argv[0]);
	if (sim->faults->count >= FAULTS_MAX)
		return sbuf_say(out, EXIT_USAGE, "too many faults are waiting");
	return add(sim, kind, argc, argv, out);
}
