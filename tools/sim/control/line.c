/* SPDX-License-Identifier: MIT */
#include "tools/sim/control/line.h"

#include "tools/sim/book/stats.h"
#include "tools/sim/control/setting.h"
#include "tools/sim/gateway/gateway.h"

#include <string.h>

#define LATENCY_MAX_S 60
#define BACKLOG_MIN 65536

static const struct {
	const char *name;
	size_t at;
	uint64_t min, max;
} numbers[] = {
    {"bandwidth", offsetof(struct sim_line, bandwidth), 0, UINT32_MAX},
    {"segment", offsetof(struct sim_line, segment), 0, UINT32_MAX},
    {"backlog", offsetof(struct sim_line, backlog), BACKLOG_MIN, 1u << 30},
};

static bool
put(struct sim_line *l, const char *key, const char *value)
{
	uint64_t n;

	if (strcmp(key, "latency") == 0)
		return setting_duration(value, &l->latency_s)
		    && l->latency_s <= LATENCY_MAX_S;
	for (size_t i = 0; i < nitems(numbers); i++) {
		if (strcmp(key, numbers[i].name) != 0)
			continue;
		if (!str_to_u64(value, &n) || n < numbers[i].min
		    || n > numbers[i].max)
			return false;
		*(unsigned *)((char *)l + numbers[i].at) = (unsigned)n;
		return true;
	}
	return false;
}

/* The words after the shard; NULL, or the first that cannot be taken. */
static const char *
read_words(struct sim_line *l, int argc, char **argv)
{
	for (int i = 0; i < argc; i += 2) {
		if (i + 1 == argc || !put(l, argv[i], argv[i + 1]))
			return argv[i];
	}
	return NULL;
}

static void
change(struct conn *c, int argc, char **argv)
{
	bool plain = strcmp(argv[0], "default") == 0;

	c->line = plain ? c->sim->cfg.line : *c->paced.line;
	if (!plain)
		(void)read_words(&c->line, argc, argv);
	c->paced.line = plain ? &c->sim->cfg.line : &c->line;
	paced_changed(&c->paced);
}

int
line_command(struct sim *sim, int argc, char **argv, struct sbuf *out)
{
	bool all = strcmp(argv[1], "all") == 0;
	struct sim_line scratch = {0};
	unsigned count = 0;
	const char *bad;
	int shard = -1, n = 0;

	if (!all && !stats_read_shard(argv[1], &shard, &count))
		return sbuf_say(out, EXIT_USAGE,
		    "expected a shard as 3 or 3/8, or all, got %s", argv[1]);
	bad = argc == 3 && strcmp(argv[2], "default") == 0
	    ? NULL
	    : read_words(&scratch, argc - 2, argv + 2);
	if (bad)
		return sbuf_say(out, EXIT_USAGE,
		    "line: expected latency TIME, bandwidth, segment or "
		    "backlog with a number, or default alone, at %s",
		    bad);
	list_each_safe (&sim->gateway->conns, e, next) {
		struct conn *c = container_of(e, struct conn, link);

		if (!all
		    && (c->shard != shard || (count > 0 && c->count != count)))
			continue;
		change(c, argc - 2, argv + 2);
		n++;
	}
	return n > 0 || all ? EXIT_FINE
			    : sbuf_say(out, EXIT_DEGRADED,
				"shard %s has no connection", argv[1]);
}
