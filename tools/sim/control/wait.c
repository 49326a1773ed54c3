/* SPDX-License-Identifier: MIT */
#include "tools/sim/control/wait.h"

#include "tools/sim/base/answer.h"
#include "tools/sim/gateway/gateway.h"
#include "tools/sim/control/generator.h"
#include "tools/sim/book/pings.h"
#include "tools/sim/control/report.h"
#include "tools/sim/book/stats.h"

#include "shared/base/clock.h"

#include <inttypes.h>
#include <string.h>

struct term {
	char name[64];
	char op[3];
	uint64_t value;
};

/* One NAME OP NUMBER of len bytes. */
static bool
read_term(const char *p, size_t len, struct term *t)
{
	char text[96], number[24];
	int end = 0;

	return str_format(text, sizeof(text), "%.*s", (int)len, p)
	    && sscanf(text, "%63[^=<>!]%2[=<>!]%23[0-9]%n", t->name, t->op,
		   number, &end)
	    == 3
	    && (size_t)end == len && strcmp(t->op, "!") != 0
	    && (t->op[1] == '\0' || t->op[1] == '=')
	    && str_to_u64(number, &t->value);
}

static bool
value_of(struct sim *sim, const struct stats *s, const char *name,
    uint64_t *out)
{
	if (strcmp(name, "connected") == 0)
		*out = gateway_connected(sim);
	else if (strcmp(name, "remaining") == 0)
		*out = (uint64_t)sim->bot[0].starts.remaining;
	else if (strcmp(name, "pings") == 0)
		*out = sim->pings->sent;
	else if (strcmp(name, "answered") == 0)
		*out = sim->pings->answered;
	else
		return stats_get(s, name, strlen(name), out);
	return true;
}

static bool
holds(const struct term *t, uint64_t v)
{
	char is = v > t->value ? '>' : v < t->value ? '<' : '=';

	if (t->op[0] == '!')
		return is != '=';
	return is == t->op[0] || (is == '=' && t->op[1] == '=');
}

/* 1 it is so, 0 not yet, -1 not an expression; out then says why. */
static int
evaluate(struct sim *sim, const char *expr, bool rows, struct sbuf *out)
{
	struct stats s;
	int all = 1;

	stats_total(sim, &s);
	for (const char *p = expr; *p; p += strspn(p, ", ")) {
		size_t len = strcspn(p, ", ");
		struct term t;
		uint64_t v;

		if (!read_term(p, len, &t) || !value_of(sim, &s, t.name, &v)) {
			sbuf_fmt(out,
			    "can't understand %.*s: expected a counter, one of "
			    "= != < <= > >= and a number",
			    (int)len, p);
			return -1;
		}
		if (!holds(&t, v)) {
			if (rows)
				answer_row(out);
			sbuf_fmt(out,
			    rows ? "{\"name\":\"%s\",\"is\":%" PRIu64 "}"
				 : "%s is %" PRIu64 "\n",
			    t.name, v);
			all = 0;
		}
		p += len;
	}
	return all;
}

int
wait_begin(struct sim *sim, int argc, char **argv, struct wait *w,
    struct sbuf *out)
{
	int i = 1;
	double timeout = WAIT_TIMEOUT_S;

	memset(w, 0, sizeof(*w));
	w->rows = answer_rows(argc, argv);
	w->settle = strcmp(argv[0], "settle") == 0;
	if (!w->settle
	    && str_copy(w->expr, argv[i++], sizeof(w->expr)) >= sizeof(w->expr))
		return sbuf_say(out, EXIT_USAGE, "the expression is too long");
	if (i < argc
	    && (i + 2 != argc || strcmp(argv[i], "--timeout") != 0
		|| !str_to_double(argv[i + 1], &timeout) || timeout < 0
		|| timeout > 86400))
		return sbuf_say(out, EXIT_USAGE, "expected --timeout SECONDS");
	if (!w->settle && evaluate(sim, w->expr, false, out) < 0)
		return EXIT_USAGE;
	sbuf_reset(out);
	if (w->settle)
		generator_pause(sim, true);
	w->deadline_ms = clock_boot_ms() + (uint64_t)(timeout * 1000);
	w->active = true;
	return EXIT_FINE;
}

/* "sent 5 handled 3 ..." as a row: names and numbers in turn. */
static void
line_row(char *line, struct sbuf *out)
{
	const char *before = "{\"";
	char *rest, *name, *n;

	answer_row(out);
	for (name = strtok_r(line, " \n", &rest);
	     name && (n = strtok_r(NULL, " \n", &rest)) != NULL;
	     name = strtok_r(NULL, " \n", &rest)) {
		sbuf_fmt(out, "%s%s\":%s", before, name, n);
		before = ",\"";
	}
	sbuf_str(out, "}");
}

static bool
settled(struct sim *sim, bool rows, struct sbuf *out)
{
	struct sbuf line = {0};
	struct stats s;

	stats_total(sim, &s);
	report_line(sim, rows ? &line : out);
	if (rows)
		line_row(line.p, out);
	sbuf_free(&line);
	return stats_pending(&s) == 0;
}

/* What is waited for may be acknowledged only by the next heartbeat. */
static void
ask(struct sim *sim, struct wait *w)
{
	uint64_t now = clock_boot_ms();

	if (now < w->ask_ms
	    || (!w->settle && !strstr(w->expr, "handled")
		&& !strstr(w->expr, "pending")))
		return;
	w->ask_ms = now + WAIT_ASK_MS;
	gateway_ask_heartbeats(sim);
}

int
wait_person(struct sim *sim,
    int (*run)(struct sim *, int, char **, struct people_wait *, struct sbuf *),
    int argc, char **argv, struct wait *w, struct sbuf *out)
{
	int code;

	if (w == NULL)
		return run(sim, argc, argv, NULL, out);
	memset(w, 0, sizeof(*w));
	code = run(sim, argc, argv, &w->person, out);
	w->active = code == EXIT_FINE && w->person.seconds > 0;
	w->deadline_ms = clock_boot_ms() + (uint64_t)(w->person.seconds * 1000);
	return code;
}

static bool
judge_person(struct sim *sim, struct wait *w, int *code, struct sbuf *out)
{
	bool late = clock_boot_ms() >= w->deadline_ms;

	w->active = !people_judge(sim, &w->person, late, code, out);
	return !w->active;
}

bool
wait_judge(struct sim *sim, struct wait *w, int *code, struct sbuf *out)
{
	bool so;

	if (w->person.seconds > 0)
		return judge_person(sim, w, code, out);
	if (w->rows)
		answer_begin(out, w->settle ? "settle" : "wait");
	so = w->settle ? settled(sim, w->rows, out)
		       : evaluate(sim, w->expr, w->rows, out) == 1;
	if (w->rows)
		answer_end(out);
	if (!so && clock_boot_ms() < w->deadline_ms) {
		ask(sim, w);
		sbuf_reset(out);
		return false;
	}
	w->active = false;
	*code = so ? EXIT_FINE : EXIT_WAIT;
	return true;
}
