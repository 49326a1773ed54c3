/* SPDX-License-Identifier: MIT */
#include "tools/sim/control/setting.h"

#include "tools/sim/control/generator.h"
#include "tools/sim/book/starts.h"
#include "tools/sim/people/near.h"
#include "tools/sim/world/world.h"

#include <string.h>

#define DURATION_MAX_S (30.0 * 86400)

enum kind { TEXT, TOKEN, FLAG, NUMBER32, NUMBER64, SIGNED64, REAL, DURATION };

static const struct setting {
	const char *name;
	enum kind kind;
	size_t at;  /* offset in struct sim */
	bool later; /* `ctl set` may change it */
	double min, max;
	const char *initial, *what;
	enum help_run_topic topic; /* without one: the world's */
} settings[] = {
#define AT(m) offsetof(struct sim, m)
    {"dir", TEXT, AT(cfg.dir), false, 0, 0, NULL,
	"where ca.pem, token, urls and control.sock go (needed)",
	HELP_RUN_BASIC},
    {"listen", TEXT, AT(cfg.listen), false, 0, 0, "127.0.0.1", "address",
	HELP_RUN_BASIC},
    {"names", TEXT, AT(cfg.names), false, 0, 0, "",
	"it has for others, in URLs (the first) and its certificate",
	HELP_RUN_BASIC},
    {"port", NUMBER32, AT(cfg.port), false, 0, 65533, "0",
	"REST; the gateway is one up, the resume host two; 0: any",
	HELP_RUN_BASIC},
    {"plain", FLAG, AT(cfg.plain), false, 0, 0, NULL,
	"http and ws, without TLS", HELP_RUN_BASIC},
    {"guilds", NUMBER32, AT(cfg.guilds), false, 1, 1048576, "64",
	"guilds the bot is in"},
    {"bots", NUMBER32, AT(cfg.bots), false, 1, SIM_BOTS_MAX, "1",
	"in each guild, of as many applications; tokens: token, token.2 ...",
	HELP_RUN_WORLD},
    {"chunk-size", NUMBER32, AT(cfg.chunk_size), true, 1, 1000, "1000",
	"members in one GUILD_MEMBERS_CHUNK", HELP_RUN_GATEWAY},
    {"members", NUMBER32, AT(cfg.members), true, 1, WORLD_MEMBERS_MAX, "8",
	"people in each guild, besides bots"},
    {"guild-bytes", NUMBER32, AT(cfg.guild_bytes), false, 0, 400000, "0",
	"the least a GUILD_CREATE has: roles, channels, threads, emojis"},
    {"shards", NUMBER32, AT(cfg.shards), true, 1, SIM_SHARDS_MAX, "16",
	"recommended by /gateway/bot", HELP_RUN_GATEWAY},
    {"max-concurrency", NUMBER32, AT(cfg.max_concurrency), true, 1,
	SIM_SHARDS_MAX, "4", "identify keys", HELP_RUN_GATEWAY},
    {"total", SIGNED64, AT(bot[0].starts.total), true, 0, 1e9, "1000",
	"session starts a day", HELP_RUN_GATEWAY},
    {"remaining", SIGNED64, AT(bot[0].starts.remaining), true, 0, 1e9, NULL,
	"session starts left; default: total", HELP_RUN_GATEWAY},
    {"rate", REAL, AT(cfg.rate), true, 0, GENERATOR_RATE_MAX, "0",
	"generated events per second over all shards"},
    {"mix", TEXT, AT(cfg.mix), false, 0, 0, GENERATOR_MIX_DEFAULT,
	"kinds of events and their weights"},
    {"ping-every", NUMBER32, AT(cfg.ping_every), true, 0, 1e9, "50",
	"every Nth MESSAGE_CREATE says !ping; 0: none"},
    {"seed", NUMBER64, AT(cfg.seed), false, 0, 0, "1", "of world and events"},
    {"heartbeat-interval", DURATION, AT(cfg.heartbeat_s), true, 0.05, 86400,
	"41250ms", "of HELLO", HELP_RUN_GATEWAY},
    {"latency", DURATION, AT(cfg.line.latency_s), true, 0, 60, "0",
	"of a round trip over a gateway connection; two more to set it up",
	HELP_RUN_LINE},
    {"bandwidth", NUMBER32, AT(cfg.line.bandwidth), true, 0, 4e9, "0",
	"bytes/s that leave on a gateway connection; 0: all", HELP_RUN_LINE},
    {"segment", NUMBER32, AT(cfg.line.segment), true, 0, 1e9, "0",
	"bytes that leave on it at once, a millisecond apart; 0: all",
	HELP_RUN_LINE},
    {"send-buffer", NUMBER32, AT(cfg.line.send_buffer), true, 0, 1e9, "0",
	"SO_SNDBUF of gateway connections; 0: the system's", HELP_RUN_LINE},
    {"backlog", NUMBER32, AT(cfg.line.backlog), true, 65536, 1u << 30,
	"67108864", "bytes kept for a client that does not read them",
	HELP_RUN_LINE},
    {"zstd", NUMBER32, AT(cfg.zstd), true, 0, SIM_ZSTD_REFUSED, "1",
	"0: who asks for zstd-stream gets none; 2: gets HTTP 400",
	HELP_RUN_LINE},
    {"identify-interval", DURATION, AT(cfg.identify_s), true, 0, 86400, "5s",
	"one IDENTIFY per key in this time", HELP_RUN_GATEWAY},
    {"session-ttl", DURATION, AT(cfg.session_ttl_s), true, 0, 86400, "90s",
	"life of a session without a connection", HELP_RUN_GATEWAY},
    {"same-ids", NUMBER32, AT(cfg.same_ids), true, 0, 1, "0",
	"1: a shard's next session has the id of its last one",
	HELP_RUN_GATEWAY},
    {"replay", NUMBER32, AT(cfg.replay), true, 1, 1e7, "3500",
	"events kept per session for RESUME", HELP_RUN_GATEWAY},
    {"shards-min", NUMBER32, AT(cfg.shards_min), true, 0, SIM_SHARDS_MAX, "0",
	"an IDENTIFY with fewer shards is closed with 4011", HELP_RUN_GATEWAY},
    {"shards-multiple", NUMBER32, AT(cfg.shards_multiple), true, 0,
	SIM_SHARDS_MAX, "0",
	"an IDENTIFY whose count is no multiple is closed with 4010",
	HELP_RUN_GATEWAY},
    {"flags", NUMBER64, AT(bot[0].flags), true, 0, 0, "565248",
	"application flags: which privileged intents are allowed",
	HELP_RUN_GATEWAY},
    {"token", TOKEN, AT(bot[0].token), true, 0, 0, NULL,
	"the bot's token; default: one is made", HELP_RUN_BASIC},
    {"data", TEXT, AT(cfg.data), false, 0, 0, NULL,
	"directory of sample events the mix may name", HELP_RUN_BASIC},
    {"world", TEXT, AT(cfg.world), false, 0, 0, NULL,
	"file it begins with, as `ctl world` prints it"},
    {"script", TEXT, AT(cfg.script), false, 0, 0, NULL,
	"file of lines `VERB ...`, in turn, and `at TIME VERB ...`",
	HELP_RUN_BASIC},
    {"idle-exit", DURATION, AT(cfg.idle_exit_s), false, 0, DURATION_MAX_S, "0",
	"end after this time without any connection; 0: never", HELP_RUN_BASIC},
#undef AT
};

bool
setting_duration(const char *s, double *seconds)
{
	static const struct {
		const char *unit;
		double s;
	} units[] = {{"ms", 0.001}, {"s", 1}, {"m", 60}, {"h", 3600}};
	size_t n = strspn(s, "0123456789.");
	char digits[32];

	if (n == 0 || n >= sizeof(digits))
		return false;
	memcpy(digits, s, n);
	digits[n] = '\0';
	if (!str_to_double(digits, seconds))
		return false;
	for (size_t i = 0; i < nitems(units); i++) {
		if (strcmp(s + n, units[i].unit) == 0) {
			*seconds *= units[i].s;
			return true;
		}
	}
	return s[n] == '\0';
}

static const struct setting *
find(const char *name)
{
	for (size_t i = 0; i < nitems(settings); i++) {
		if (strcmp(settings[i].name, name) == 0)
			return &settings[i];
	}
	return NULL;
}

static bool
in_range(const struct setting *s, double v)
{
	return s->max <= s->min || (v >= s->min && v <= s->max);
}

static bool
put_number(const struct setting *s, void *at, const char *value)
{
	uint64_t v;

	if (!str_to_u64(value, &v) || !in_range(s, (double)v))
		return false;
	if (s->kind == NUMBER32)
		*(unsigned *)at = (unsigned)v;
	else if (s->kind == SIGNED64)
		*(int64_t *)at = (int64_t)v;
	else
		*(uint64_t *)at = v;
	return true;
}

static bool
put_real(const struct setting *s, double *at, const char *value)
{
	double v;

	if (!(s->kind == DURATION ? setting_duration(value, &v)
				  : str_to_double(value, &v))
	    || !in_range(s, v))
		return false;
	*at = v;
	return true;
}

static bool
put(struct sim *sim, const struct setting *s, const char *value)
{
	void *at = (char *)sim + s->at;

	switch (s->kind) {
	case TEXT:
		free(*(char **)at);
		*(char **)at = base_strdup(value);
		return true;
	case TOKEN:
		return *value && strcspn(value, " \t\r\n") == strlen(value)
		    && str_copy(at, value, SIM_TOKEN_MAX) < SIM_TOKEN_MAX;
	case FLAG:
		*(bool *)at = true;
		return true;
	case REAL:
	case DURATION:
		return put_real(s, at, value);
	default:
		return put_number(s, at, value);
	}
}

void
setting_defaults(struct sim *sim)
{
	for (size_t i = 0; i < nitems(settings); i++) {
		if (settings[i].initial)
			must(put(sim, &settings[i], settings[i].initial));
	}
	sim->bot[0].starts.remaining = -1;
}

static int
unknown(const char *word, struct err *err)
{
	struct near near = {0};
	struct sbuf t = {0};

	for (size_t i = 0; i < nitems(settings); i++)
		near_offer(&near, settings[i].name);
	near_say(&near, word + strspn(word, "-"), &t);
	err_set(err, EXIT_USAGE,
	    "run: there is no option %s, `run --help` lists them%s", word,
	    t.p ? t.p : "");
	sbuf_free(&t);
	return -1;
}

int
setting_options(struct sim *sim, int argc, char **argv, struct err *err)
{
	for (int i = 0; i < argc; i++) {
		const struct setting *s = strncmp(argv[i], "--", 2) == 0
		    ? find(argv[i] + 2)
		    : NULL;

		if (!s)
			return unknown(argv[i], err);
		if (s->kind != FLAG && i + 1 == argc)
			return err_set(err, EXIT_USAGE,
			    "run: %s needs a value.", argv[i]);
		if (!put(sim, s, s->kind == FLAG ? "" : argv[++i]))
			return err_set(err, EXIT_USAGE,
			    "run: --%s (%s): can't take \"%s\".", s->name,
			    s->what, argv[i]);
	}
	return sim->cfg.dir
	    ? 0
	    : err_set(err, EXIT_USAGE,
		"run: --dir is missing: where should ca.pem, token and "
		"control.sock go?");
}

int
setting_set(struct sim *sim, int argc, char **argv, struct sbuf *out)
{
	const char *key = argv[1], *value = argv[2];
	const struct setting *s = find(key);
	double v;

	if (strcmp(key, "reset-after") == 0 && setting_duration(value, &v)) {
		starts_set_reset_after(sim, 0, (uint64_t)(v * 1000));
		return EXIT_FINE;
	}
	if (!s || !s->later) {
		sbuf_str(out, "can be set: reset-after");
		for (size_t i = 0; i < nitems(settings); i++) {
			if (settings[i].later)
				sbuf_fmt(out, ", %s", settings[i].name);
		}
		return EXIT_USAGE;
	}
	if (strcmp(key, "rate") == 0)
		return str_to_double(value, &v) && generator_rate(sim, v) == 0
		    ? EXIT_FINE
		    : sbuf_say(out, EXIT_USAGE, "bad rate");
	if (put(sim, s, value)) {
		if (s->at == offsetof(struct sim, cfg.members))
			world_members_set(sim->world, sim->cfg.members);
		return EXIT_FINE;
	}
	return sbuf_say(out, EXIT_USAGE, "%s (%s) can't be %s", key, s->what,
	    value);
}

bool
setting_help(size_t n, struct help_row *out)
{
	const struct setting *s = &settings[n];

	if (n >= nitems(settings))
		return false;
	*out = (struct help_row) {s->name, s->initial ? s->initial : "",
	    s->what, s->topic};
	return true;
}

void
setting_free(struct sim *sim)
{
	for (size_t i = 0; i < nitems(settings); i++) {
		if (settings[i].kind == TEXT)
			free(*(char **)((char *)sim + settings[i].at));
	}
}
