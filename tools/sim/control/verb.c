/* SPDX-License-Identifier: MIT */
#include "tools/sim/control/verb.h"

#include "tools/sim/base/answer.h"
#include "shared/json/json.h"
#include "tools/sim/gateway/fault.h"
#include "tools/sim/gateway/gateway.h"
#include "tools/sim/control/generator.h"
#include "tools/sim/control/inspect.h"
#include "tools/sim/control/line.h"
#include "tools/sim/book/pings.h"
#include "tools/sim/control/report.h"
#include "tools/sim/book/stats.h"
#include "tools/sim/base/sample.h"
#include "tools/sim/control/setting.h"
#include "tools/sim/control/wait.h"
#include "tools/sim/world/world.h"
#include "tools/sim/rest/rest_fault.h"
#include "tools/sim/people/near.h"
#include "tools/sim/people/people.h"

#include "shared/json/envelope.h"

#include <ev.h>
#include <inttypes.h>
#include <string.h>

/* Which sessions a word means. */
struct whom {
	int shard;	/* -1: all */
	unsigned count; /* 0: of any layout */
};

/* "3", "3/8" or "all"; false with a sentence. */
static bool
read_shard(const char *word, bool all, struct whom *w, struct sbuf *out)
{
	*w = (struct whom) {-1, 0};
	if ((all && strcmp(word, "all") == 0)
	    || stats_read_shard(word, &w->shard, &w->count))
		return true;
	sbuf_fmt(out, "expected a shard as 3 or 3/8%s, got %s",
	    all ? ", or all" : "", word);
	return false;
}

static bool
is_meant(const struct whom *w, int shard, unsigned count)
{
	return w->shard < 0
	    || (w->shard == shard && (w->count == 0 || w->count == count));
}

/* ---- connections ---------------------------------------------------- */

static void
do_verb(struct conn *c, int argc, char **argv)
{
	uint64_t code = 1000;

	if (strcmp(argv[0], "drop") == 0) {
		conn_drop(c);
	} else if (strcmp(argv[0], "eof") == 0) {
		conn_eof(c);
	} else if (strcmp(argv[0], "mute") == 0) {
		wire_cork(&c->paced.wire, strcmp(argv[2], "on") == 0);
	} else if (strcmp(argv[0], "close") == 0) {
		str_to_u64(argv[2], &code);
		conn_close(c, (unsigned)code, argc > 3 ? argv[3] : "");
	} else if (argv[2][0] == '9') {
		conn_invalid(c, argc > 3 && strcmp(argv[3], "true") == 0);
	} else {
		conn_send_op(c, argv[2][0] - '0', "null");
	}
}

/* drop, eof and, once their words are checked, the next three. */
static int
verb_conn(struct sim *sim, int argc, char **argv, struct sbuf *out)
{
	struct whom w;
	int n = 0;

	if (!read_shard(argv[1], true, &w, out))
		return EXIT_USAGE;
	list_each_safe (&sim->gateway->conns, e, next) {
		struct conn *c = container_of(e, struct conn, link);

		if (!conn_is_open(c) || !is_meant(&w, c->shard, c->count))
			continue;
		do_verb(c, argc, argv);
		n++;
	}
	if (n > 0 || w.shard < 0)
		return EXIT_FINE;
	return sbuf_say(out, EXIT_DEGRADED, "shard %s has no connection",
	    argv[1]);
}

static int
verb_close(struct sim *sim, int argc, char **argv, struct sbuf *out)
{
	uint64_t code;

	if (!str_to_u64(argv[2], &code) || code < 1000 || code > 4999
	    || (argc > 3 && strlen(argv[3]) > 120))
		return sbuf_say(out, EXIT_USAGE,
		    "expected a close code from 1000 to 4999 (1005: none, "
		    "1006: RST) and a short reason");
	return verb_conn(sim, argc, argv, out);
}

static int
verb_op(struct sim *sim, int argc, char **argv, struct sbuf *out)
{
	if (strcmp(argv[2], "7") != 0 && strcmp(argv[2], "9") != 0
	    && strcmp(argv[2], "1") != 0)
		return sbuf_say(out, EXIT_USAGE,
		    "expected op 1, 7 or 9, got %s", argv[2]);
	return verb_conn(sim, argc, argv, out);
}

static int
verb_mute(struct sim *sim, int argc, char **argv, struct sbuf *out)
{
	if (strcmp(argv[2], "on") != 0 && strcmp(argv[2], "off") != 0)
		return sbuf_say(out, EXIT_USAGE, "expected on or off, got %s",
		    argv[2]);
	return verb_conn(sim, argc, argv, out);
}

/* The sessions of a shard, or all: ends them, or withholds name from them. */
static int
each_session(struct sim *sim, const struct whom *w, const char *name)
{
	int n = 0;

	list_each_safe (&sim->gateway->live, e, next) {
		struct session *s = container_of(e, struct session, link);

		if (!is_meant(w, (int)s->shard, s->count))
			continue;
		n++;
		if (name) {
			str_copy(s->withheld, name, sizeof(s->withheld));
			continue;
		}
		if (s->conn)
			conn_eof(s->conn);
		session_end(s);
	}
	return n;
}

static int
verb_expire(struct sim *sim, int argc, char **argv, struct sbuf *out)
{
	struct whom w;
	int n;

	if (!read_shard(argv[1], true, &w, out))
		return EXIT_USAGE;
	n = each_session(sim, &w, NULL);
	sbuf_fmt(out,
	    answer_rows(argc, argv) ? "{\"expired\":%d}"
				    : "%d sessions expired\n",
	    n);
	return EXIT_FINE;
}

static int
verb_withhold(struct sim *sim, int argc, char **argv, struct sbuf *out)
{
	const char *name = strcmp(argv[2], "off") == 0 ? "" : argv[2];
	struct whom w;

	if (!read_shard(argv[1], true, &w, out))
		return EXIT_USAGE;
	if (strlen(name) >= SESSION_NAME_MAX)
		return sbuf_say(out, EXIT_USAGE,
		    "the names of events begin with less than %d letters",
		    SESSION_NAME_MAX);
	return each_session(sim, &w, name) > 0
	    ? EXIT_FINE
	    : sbuf_say(out, EXIT_DEGRADED, "there is no such session");
}

static int
verb_token(struct sim *sim, int argc, char **argv, struct sbuf *out)
{
	const char *form = answer_rows(argc, argv) ? "{\"token\":\"" : "";
	const char *end = *form ? "\"}" : "\n";

	if (strcmp(argv[1], "reset") == 0) {
		gateway_revoke(sim, 0);
		sbuf_fmt(out, "%s%s%s", form, sim->bot[0].token, end);
	} else if (strcmp(argv[1], "other") == 0) {
		gateway_other(sim);
		sbuf_fmt(out, "%s%s%s", form, sim->other_token, end);
	} else {
		return sbuf_say(out, EXIT_USAGE,
		    "expected reset or other, got %s", argv[1]);
	}
	return EXIT_FINE;
}

/* ---- events --------------------------------------------------------- */

/* The d of a READY with the session's own id and URL in place of its own. */
static void
as_session(struct session *s, const struct sample *in, struct sbuf *out)
{
	json_object *d = json_parse_as(in->d, in->len, json_type_object);

	if (d == NULL) {
		sbuf_add(out, in->d, in->len);
		return;
	}
	jso_set_text(d, "session_id", s->id);
	jso_set_text(d, "resume_gateway_url", s->sim->url_resume);
	sbuf_str(out, jso_text(d));
	json_object_put(d);
}

/* A dispatch that carries the session's next s takes its place in the order. */
static void
send_raw(struct sim *sim, struct conn *c, const struct sample *in)
{
	struct envelope e;

	if (envelope_scan(in->text, in->text_len, &e) == 0 && e.op == 0
	    && e.has_s && e.s == c->session->journal.seq + 1) {
		gateway_next(sim);
		session_issue(c->session, in->t[0] ? in->t : "-", in->text,
		    in->text_len);
		return;
	}
	session_note_raw(c->session, in->text, in->text_len);
	conn_send(c, in->text, in->text_len);
}

static void
send_sample(struct sim *sim, struct conn *c, const struct sample *in, bool raw,
    bool own)
{
	struct session *s = c->session;
	struct sbuf d = {0};

	if (raw) {
		send_raw(sim, c, in);
		return;
	}
	gateway_next(sim);
	if (own)
		as_session(s, in, &d);
	else
		sbuf_add(&d, in->d, in->len);
	session_dispatch(s, in->t, d.p, d.len, JOURNAL_COUNTED);
	sbuf_free(&d);
}

static int
verb_send(struct sim *sim, int argc, char **argv, struct sbuf *out)
{
	bool raw = false, own = false;
	struct sample in;
	struct conn *c;
	struct whom w;
	struct err err;

	for (int i = 3; i < argc; i++) {
		raw |= strcmp(argv[i], "--raw") == 0;
		own |= strcmp(argv[i], "--as-session") == 0;
	}
	if (argc > 3 + raw + own || !read_shard(argv[1], false, &w, out))
		return sbuf_say(out, EXIT_USAGE,
		    " (send SHARD FILE [--raw] [--as-session])");
	c = gateway_conn(sim, (unsigned)w.shard, w.count);
	if (!c || !conn_is_live(c))
		return sbuf_say(out, EXIT_DEGRADED,
		    "shard %s has no live connection", argv[1]);
	if (sample_read(argv[2], &in, &err) < 0)
		return sbuf_say(out, EXIT_DEGRADED, "%s", err.text);
	if (in.t[0] == '\0' && !raw) {
		free(in.text);
		return sbuf_say(out, EXIT_DEGRADED,
		    "%s names no event: send it with --raw", argv[2]);
	}
	send_sample(sim, c, &in, raw, own);
	free(in.text);
	return EXIT_FINE;
}

/* A text channel of the shard; words say why there is none. */
static bool
find_channel(struct sim *sim, const struct whom *whom, uint64_t channel,
    uint64_t guild, struct world_channel *out)
{
	struct session *s = session_newest(sim, (unsigned)whom->shard,
	    whom->count);
	unsigned count = whom->count ? whom->count
	    : s			     ? s->count
				     : sim->cfg.shards;
	int64_t g;

	if (channel > 0)
		return world_channel_find(sim->world, channel, out);
	if (guild > 0) {
		g = world_guild_find(sim->world, guild);
		return g >= 0
		    && world_talk_channel(sim->world, (unsigned)g, 0, out);
	}
	for (unsigned i = 0; i < world_guilds(sim->world); i++) {
		if ((world_guild_id(sim->world, i) >> 22) % count
			== (unsigned)whom->shard
		    && world_talk_channel(sim->world, i, 0, out))
			return true;
	}
	return false;
}

static int
verb_message(struct sim *sim, int argc, char **argv, struct sbuf *out)
{
	uint64_t channel = 0, guild = 0;
	struct world_channel ch;
	struct sbuf d = {0};
	struct whom w;
	bool told;

	if (!read_shard(argv[1], false, &w, out))
		return EXIT_USAGE;
	for (int i = 3; i < argc; i += 2) {
		uint64_t *v = strcmp(argv[i], "--channel") == 0 ? &channel
		    : strcmp(argv[i], "--guild") == 0		? &guild
								: NULL;
		if (!v || i + 1 == argc || !str_to_u64(argv[i + 1], v))
			return sbuf_say(out, EXIT_USAGE,
			    "message SHARD TEXT [--channel ID] [--guild ID]");
	}
	if (!find_channel(sim, &w, channel, guild, &ch))
		return sbuf_say(out, EXIT_DEGRADED,
		    "there is no such guild or channel");
	if (!world_render_said(sim->world, &ch, argv[2], &d))
		return sbuf_say(out, EXIT_DEGRADED, "that text can't be said");
	told = gateway_emit(sim,
	    ch.guild == WORLD_NOWHERE ? 0
				      : world_guild_id(sim->world, ch.guild),
	    "MESSAGE_CREATE", d.p, d.len);
	if (told && strncmp(argv[2], "!ping", 5) == 0)
		pings_sent(sim, world_render_last(sim->world));
	sbuf_free(&d);
	answer_id(out, answer_rows(argc, argv), world_render_last(sim->world));
	return EXIT_FINE;
}

/* ---- the generator and accounts ------------------------------------- */

static int
verb_rate(struct sim *sim, int argc, char **argv, struct sbuf *out)
{
	double rate;

	if (str_to_double(argv[1], &rate) && generator_rate(sim, rate) == 0)
		return EXIT_FINE;
	return sbuf_say(out, EXIT_USAGE,
	    "expected events per second from 0 to %.0f, got %s",
	    GENERATOR_RATE_MAX, argv[1]);
}

static int
verb_pause(struct sim *sim, int argc, char **argv, struct sbuf *out)
{
	generator_pause(sim, strcmp(argv[0], "pause") == 0);
	return EXIT_FINE;
}

static int
verb_report(struct sim *sim, int argc, char **argv, struct sbuf *out)
{
	if (argc > 1 && strcmp(argv[1], "--json") != 0)
		return sbuf_say(out, EXIT_USAGE, "report [--json]");
	if (argc > 1)
		report_json(sim, out);
	else
		report_text(sim, out);
	return EXIT_FINE;
}

static int
verb_journal(struct sim *sim, int argc, char **argv, struct sbuf *out)
{
	uint64_t since = 0;
	struct whom w;

	if (!read_shard(argv[1], true, &w, out))
		return EXIT_USAGE;
	if (argc > 2
	    && (argc != 4 || strcmp(argv[2], "--since") != 0
		|| !str_to_u64(argv[3], &since)))
		return sbuf_say(out, EXIT_USAGE,
		    "journal SHARD|all [--since N]");
	report_journal(sim, w.shard, w.count, since, answer_rows(argc, argv),
	    out);
	return EXIT_FINE;
}

/* What ctl does by itself, with a verb a line. */
static int
verb_play(struct sim *sim, int argc, char **argv, struct sbuf *out)
{
	return sbuf_say(out, EXIT_USAGE, "a story is played by `ctl` alone");
}

static int
verb_stop(struct sim *sim, int argc, char **argv, struct sbuf *out)
{
	ev_break(sim->loop, EVBREAK_ALL);
	return EXIT_FINE;
}

/* Without a function: wait.c's, or a person's. */
static const struct {
	const char *name;
	int min, max; /* words after the name */
	int (*fn)(struct sim *, int, char **, struct sbuf *);
	const char *usage, *what;
	enum help_verb_topic topic; /* without one: people's */
	bool plain; /* it has no rows, or makes its own document */
	/* people's, which may wait for the bot */
	int (*person)(struct sim *, int, char **, struct people_wait *,
	    struct sbuf *);
} verbs[] = {{"report", 0, 1, verb_report, "[--json]",
		 "What happened so far, and every violation.", HELP_LOOK, true},
    {"settle", 0, 2, NULL, "[--timeout S]",
	"Stops the stream of events and waits until every one was handled.",
	HELP_LOOK},
    {"wait", 1, 3, NULL, "EXPR [--timeout S]",
	"Waits until it is so, as connected=16 or sent>=500,identifies=16.",
	HELP_LOOK},
    {"rate", 1, 1, verb_rate, "N",
	"Generates N events per second over all shards.", HELP_EVENTS},
    {"pause", 0, 0, verb_pause, "", "Stops the stream of events.", HELP_EVENTS},
    {"resume", 0, 0, verb_pause, "", "Lets it go on.", HELP_EVENTS},
    {"send", 2, 4, verb_send, "SHARD FILE [--raw] [--as-session]",
	"Sends the event in FILE; raw: its bytes; as-session: with its own id.",
	HELP_CONNECTIONS},
    {"message", 2, 6, verb_message, "SHARD TEXT [--channel ID] [--guild ID]",
	"A person says TEXT; prints the message's id.", HELP_PEOPLE},
    {"close", 2, 3, verb_close, "SHARD|all CODE [REASON]",
	"Closes with CODE; 1005: without one; 1006: as drop.",
	HELP_CONNECTIONS},
    {"drop", 1, 1, verb_conn, "SHARD|all", "Resets the TCP connection.",
	HELP_CONNECTIONS},
    {"eof", 1, 1, verb_conn, "SHARD|all", "Ends TCP without a close frame.",
	HELP_CONNECTIONS},
    {"op", 2, 3, verb_op, "SHARD|all 7|9|1 [true|false]",
	"Sends op 7 (reconnect), 9 (invalid session) or 1 (heartbeat).",
	HELP_CONNECTIONS},
    {"mute", 2, 2, verb_mute, "SHARD|all on|off",
	"Half-open: it reads, and says nothing until off.", HELP_CONNECTIONS},
    {"line", 2, 9, line_command, LINE_USAGE,
	"What its connections are like: slow, in pieces; default: as others.",
	HELP_CONNECTIONS},
    {"withhold", 2, 2, verb_withhold, "SHARD|all NAME|off",
	"Events whose names begin with NAME are never issued, until off.",
	HELP_FAULTS},
    {"expire", 1, 1, verb_expire, "SHARD|all",
	"Ends the session: a RESUME gets op 9 false.", HELP_CONNECTIONS},
    {"token", 1, 1, verb_token, "reset|other",
	"reset: a new one, the old is refused; other: another bot's, for REST.",
	HELP_CONNECTIONS},
    {"fault", 0, 12, fault_command,
	"NAME [ARGS] [--shard N[/COUNT]|all] [--count K|forever]\n"
	"        [--host main|resume] | list | clear",
	"Sets a fault of the gateway; without a NAME lists them.", HELP_FAULTS},
    {"gateway-bot", 1, 12, rest_fault_command,
	"STATUS|ok [KIND] [KEY=VALUE ...]", "What /gateway/bot answers.",
	HELP_FAULTS},
    {"rest", 1, 12, rest_fault_command, "PATTERN STATUS|ok ... | list | clear",
	"What routes answer that match, as 'POST /channels/*/messages'.",
	HELP_FAULTS},
    {"interaction", 1, 7, people_interaction,
	"GUILD [NAME [TEXT]] [--target ID]\n"
	"        [--as " PEOPLE_INTERACTION_WORDS "]",
	"A person uses what the bot offers; prints the interaction's id.",
	HELP_PEOPLE},
    {"guilds", 0, 1, inspect_guilds, "[N]",
	"The first N guilds: number, id, a channel, name.", HELP_LOOK},
    {"created", 1, 1, inspect_created, "GUILD|all",
	"The GUILD_CREATE the first bot would get now, a line each.", HELP_LOOK,
	true},
    {"world", 0, 0, inspect_world, "",
	"All of it as one JSON document, for `run --world`.", HELP_LOOK, true},
    {"set", 2, 2, setting_set, "KEY VALUE",
	"Changes an option of run; a wrong KEY lists which.", HELP_EVENTS},
    {"journal", 1, 3, verb_journal, "SHARD|all [--since N]",
	"A line for each event sent since number N.", HELP_LOOK},
    {"play", 1, 1, verb_play, "FILE",
	"Runs a file of these, a line each, until one fails.", HELP_EVENTS,
	true},
    {"stop", 0, 0, verb_stop, "", "Ends the simulator.", HELP_EVENTS},
#define X(name, topic, usage, what)                                            \
	{#name, 0, VERB_WORDS_MAX, NULL, usage, what, HELP_##topic, true,      \
	    people_##name},
    PEOPLE_VERBS(X)
#undef X
};

/* With the frame around its rows, if they are wanted. */
static int
run_row(struct sim *sim, size_t at, int argc, char **argv, struct sbuf *out)
{
	bool rows = !verbs[at].plain && answer_rows(argc, argv);
	int code;

	if (!rows)
		return verbs[at].fn(sim, argc, argv, out);
	answer_begin(out, argv[0]);
	code = verbs[at].fn(sim, argc, argv, out);
	if (code == EXIT_FINE)
		answer_end(out);
	else
		sbuf_drop(out, (size_t)(strchr(out->p, '[') + 1 - out->p));
	return code;
}

static int
unknown(const char *word, struct sbuf *out)
{
	struct near near = {0};

	for (size_t i = 0; i < nitems(verbs); i++)
		near_offer(&near, verbs[i].name);
	sbuf_fmt(out, "there is no verb %s, `ctl --help` lists them", word);
	near_say(&near, word, out);
	return EXIT_USAGE;
}

int
verb_run(struct sim *sim, int argc, char **argv, struct wait *wait,
    struct sbuf *out)
{
	size_t i = 0;
	bool rows;

	if (argc < 1)
		return sbuf_say(out, EXIT_USAGE, "no verb");
	while (i < nitems(verbs) && strcmp(verbs[i].name, argv[0]) != 0)
		i++;
	if (i == nitems(verbs))
		return unknown(argv[0], out);
	/* A text may be that word too. */
	rows = !verbs[i].plain && argc - 2 >= verbs[i].min
	    && strcmp(argv[argc - 1], "--json") == 0;
	argc -= rows;
	if (argc - 1 < verbs[i].min || argc - 1 > verbs[i].max)
		return sbuf_say(out, EXIT_USAGE, "usage: %s %s", argv[0],
		    verbs[i].usage);
	if (verbs[i].fn)
		return run_row(sim, i, argc, argv, out);
	if (verbs[i].person)
		return wait_person(sim, verbs[i].person, argc, argv, wait, out);
	if (!wait)
		return sbuf_say(out, EXIT_USAGE, "%s can't be used here",
		    argv[0]);
	return wait_begin(sim, argc, argv, wait, out);
}

bool
verb_help(size_t n, struct help_row *out)
{
	if (n >= nitems(verbs))
		return false;
	*out = (struct help_row) {verbs[n].name, verbs[n].usage, verbs[n].what,
	    verbs[n].topic};
	return true;
}
