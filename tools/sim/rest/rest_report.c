/* SPDX-License-Identifier: MIT */
/* What the control socket asks of the REST side: verbs and the report. */
#include "tools/sim/rest/interact.h"
#include "tools/sim/rest/rest_hook.h"

#include <inttypes.h>
#include <string.h>

static void
interactions(const struct rest *r, struct sbuf *out)
{
	const struct hook_counts *n = &r->hooks->counts;
	unsigned waiting = rest_hook_waiting(r);

	sbuf_fmt(out, ",\"interactions\":{\"made\":%" PRIu64
	    ",\"answered\":%" PRIu64 ",\"waiting\":%u,\"unanswered\":%"
	    PRIu64 ",\"twice\":%" PRIu64 ",\"late\":%" PRIu64
	    ",\"wrong\":%" PRIu64 "}", n->made, n->answered, waiting,
	    n->made - n->answered - waiting, n->twice, n->late, n->wrong);
}

void
rest_report(struct sim *sim, struct sbuf *out)
{
	const struct rest *r = sim->rest;
	const char *comma = "";

	sbuf_fmt(out, "{\"requests\":%" PRIu64 ",\"by_status\":{", r->requests);
	for (unsigned s = 0; s < REST_STATUS_MAX; s++)
		if (r->by_status[s] > 0) {
			sbuf_fmt(out, "%s\"%u\":%" PRIu64, comma, s,
			    r->by_status[s]);
			comma = ",";
		}
	sbuf_fmt(out,
	    "},\"rate_limited\":%" PRIu64 ",\"rate_limited_global\":%" PRIu64
	    ",\"rate_limited_by\":{",
	    r->rate_limited, r->global_limited);
	comma = "";
	for (unsigned c = 0; c < LIMIT_CLASSES; c++)
		if (r->limited[c] > 0) {
			sbuf_fmt(out, "%s\"%s\":%" PRIu64, comma, limit_name(c),
			    r->limited[c]);
			comma = ",";
		}
	sbuf_fmt(out, "},\"invalid\":%" PRIu64 ",\"faulted\":%" PRIu64,
	    r->invalid, r->faulted);
	interactions(r, out);
	sbuf_str(out, "}");
}

struct wish {
	int status, count;
	enum rest_fault_kind kind;
	double retry_after;
	unsigned delay_ms;
};

static bool
wish_number(const char *word, const char *key, double *out)
{
	size_t n = strlen(key);

	return strncmp(word, key, n) == 0 && str_to_double(word + n, out);
}

static bool
wish_word(struct wish *w, const char *word)
{
	double n;
	int kind = rest_fault_kind(word);

	if (kind >= 0)
		w->kind = (enum rest_fault_kind)kind;
	else if (wish_number(word, "retry-after=", &n) && n >= 0 && n < 1e7)
		w->retry_after = n;
	else if (wish_number(word, "delay=", &n) && n >= 0 &&
		 n * 1000 <= REST_DELAY_MAX_MS)
		w->delay_ms = (unsigned)(n * 1000);
	else if (wish_number(word, "count=", &n) && n >= 1 && n < 1e9)
		w->count = (int)n;
	else
		return false;
	return true;
}

static bool
wish_status(struct wish *w, const char *word)
{
	int64_t status;

	if (strcmp(word, "ok") == 0) {
		w->kind = REST_FAULT_PASS;
		return true;
	}
	if (!str_to_i64(word, &status) || status < 200 ||
	    status >= REST_STATUS_MAX)
		return false;
	w->status = (int)status;
	return true;
}

/* argv: STATUS|ok and the words after it. */
static int
fault_verb(struct sim *sim, const char *pattern, int argc, char **argv,
    struct sbuf *out)
{
	struct wish w = {
	    .kind = REST_FAULT_JSON, .retry_after = -1, .count = -1};

	if (argc < 1 || !wish_status(&w, argv[0])) {
		sbuf_fmt(out, "expected a status of 200 to 599 or \"ok\"");
		return EXIT_USAGE;
	}
	for (int i = 1; i < argc; i++)
		if (!wish_word(&w, argv[i])) {
			sbuf_fmt(out,
			    "%s is none of json, html, garbage, "
			    "empty, shared, global, cut, retry-after=SECONDS, "
			    "delay=SECONDS, count=N",
			    argv[i]);
			return EXIT_USAGE;
		}
	if (w.kind == REST_FAULT_PASS && w.delay_ms == 0) {
		rest_fault_drop(sim, pattern);
		return 0;
	}
	if (rest_fault_set(sim, pattern, w.status, w.kind, w.retry_after,
		w.delay_ms, w.count) == 0)
		return 0;
	sbuf_fmt(out, "no more than %d faults, of at most 127 characters",
	    REST_FAULTS_MAX);
	return 1;
}

#define INTERACTION_USAGE                                                      \
	"interaction GUILD [NAME [TEXT]] [--as " INTERACT_WORDS "] "           \
	"[--target ID]"

/* The words after the guild. */
static bool
interaction_words(struct interact_form *f, int argc, char **argv)
{
	int plain = 0;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--as") == 0 && i + 1 < argc)
			f->as = argv[++i];
		else if (strcmp(argv[i], "--target") == 0 && i + 1 < argc &&
			 str_to_u64(argv[i + 1], &f->target))
			i++;
		else if (strncmp(argv[i], "--", 2) == 0 || plain == 2)
			return false;
		else if (plain++ == 0)
			f->name = argv[i];
		else
			f->text = argv[i];
	}
	return true;
}

static int
interaction_verb(struct sim *sim, int argc, char **argv, struct sbuf *out)
{
	struct interact_form f = {.name = "ping"};
	uint64_t guild, id;
	int64_t index;

	if (argc < 1 || !str_to_u64(argv[0], &guild) ||
	    !interaction_words(&f, argc, argv)) {
		sbuf_str(out, "expected: " INTERACTION_USAGE);
		return EXIT_USAGE;
	}
	index = world_guild_find(sim->world, guild);
	if (index < 0 && guild < world_guilds(sim->world))
		index = (int64_t)guild;
	if (index < 0) {
		sbuf_fmt(out, "there is no guild %s: \"ctl guilds\" shows "
		    "them", argv[0]);
		return 1;
	}
	id = interact_new(sim, (unsigned)index, &f, out);
	if (id == 0)
		return 1;
	sbuf_fmt(out, "%" PRIu64 "\n", id);
	return 0;
}

int
rest_control(struct sim *sim, int argc, char **argv, struct sbuf *out)
{
	if (argc >= 1 && strcmp(argv[0], "interaction") == 0)
		return interaction_verb(sim, argc - 1, argv + 1, out);
	if (argc >= 1 && strcmp(argv[0], "gateway-bot") == 0)
		return fault_verb(sim, "/gateway/bot", argc - 1, argv + 1, out);
	if (argc == 2 && strcmp(argv[1], "list") == 0) {
		rest_fault_list(sim, out);
		return 0;
	}
	if (argc == 2 && strcmp(argv[1], "clear") == 0) {
		rest_fault_clear(sim);
		limit_reset(sim->rest->limit);
		return 0;
	}
	if (argc >= 3)
		return fault_verb(sim, argv[1], argc - 2, argv + 2, out);
	sbuf_str(out, "expected: rest PATTERN STATUS|ok ..., rest list, "
		      "rest clear");
	return EXIT_USAGE;
}
