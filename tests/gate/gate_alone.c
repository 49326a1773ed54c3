/* SPDX-License-Identifier: MIT */
/*
 * The gate's side towards clients alone, with a feed by hand: for scenarios
 * that play Discord and the bots themselves.
 *
 *	gate_alone LOG_FD LISTEN_FD DIR [KEY=VALUE ...]
 *
 * LOG_FD, a memfd, and LISTEN_FD are the parent's and outlive this program, as
 * the supervisor's do.  A client NAME has the token secret-NAME; client=NAME,
 * WORD,... says what it may.  On standard input, a line each:
 *
 *	LANE {json}		one record of upstream
 *	burst LANE N GUILDS SIZE	N messages, numbered by their lane
 *	ready YES SHARDS	upstream's state
 *	cache YES		it is there, or cold
 *	stat, rows, kick NAME END, stop
 *
 * What was appended already, by its lane, is left out.  Each is answered by one
 * line, "ok LANE" or what was asked; "up SHARD {json}" comes between.
 */
#include "handler/gate/client/gate_clients.h"

#include "shared/base/clock.h"
#include "shared/base/log.h"
#include "shared/json/walk.h"

#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define CLIENTS_MAX 16
#define LOG_BYTES ((size_t)16 << 20)
#define BATCH 64
#define MIB ((size_t)1 << 20)
#define FILLER 8192 /* a message is shorter */

static struct {
	struct ev_loop *loop;
	struct gatelog *log;
	struct guild_cache *cache;
	struct store store;
	struct gate_clients *clients;
	struct gatelog_reader reader; /* of the cache */
	struct gate_client client[CLIENTS_MAX];
	unsigned clients_n;
	unsigned shards;
	bool ready, stopping;
	uint64_t intents;
	struct buf in;
	ev_io io;
	ev_prepare idle;
} g = {.shards = 1, .ready = true, .intents = 53608447};

static void
die(const char *why)
{
	fprintf(stderr, "gate_alone: %s\n", why);
	exit(1);
}

static void
die_err(int rc, const struct err *err)
{
	if (rc == -1)
		die(err->text);
}

/* ---- what the gate asks --------------------------------------------- */

static bool
who(void *arg, const char *token, struct gate_client *out)
{
	if (strncmp(token, "secret-", 7) != 0)
		return false;
	for (unsigned i = 0; i < g.clients_n; i++)
		if (strcmp(g.client[i].name, token + 7) == 0) {
			*out = g.client[i];
			return true;
		}
	return false;
}

static void
upstream(void *arg, struct gate_clients_upstream *out)
{
	out->shards = g.shards;
	out->intents = g.intents;
}

static bool
ready(void *arg, uint32_t shard)
{
	return g.ready;
}

static bool
send_up(void *arg, const struct gate_clients_send *s)
{
	if (!g.ready)
		return false;
	printf("up %" PRIu32 " %.*s\n", s->shard, (int)s->len, s->payload);
	fflush(stdout);
	return true;
}

/* ---- the cache ------------------------------------------------------ */

static size_t
read_batch(struct guild_cache_event *e, struct buf *text)
{
	size_t n = 0, at[BATCH];
	struct gatelog_record r;
	const char *raw;
	uint64_t lost;

	while (n < BATCH
	    && gatelog_next(g.log, &g.reader, &r, &raw, &lost)
		== GATELOG_RECORD) {
		struct walk_item d;

		if (r.to != 0 || r.event >= DISPATCH_ALL
		    || !guild_cache_wants((enum dispatch)r.event)
		    || !walk_find(raw, r.len, "d", &d))
			continue;
		at[n] = buf_len(text);
		e[n++] =
		    (struct guild_cache_event) {.what = (enum dispatch)r.event,
			.shard = r.shard,
			.shard_count = r.shard_count,
			.received_ms = r.received_ms,
			.len = d.len};
		buf_add(text, d.value, d.len);
	}
	for (size_t i = 0; i < n; i++)
		e[i].d = buf_data(text) + at[i];
	return n;
}

static void
follow(void)
{
	struct guild_cache_event e[BATCH];
	struct err err;
	size_t n;

	do {
		struct buf text = {0};

		n = read_batch(e, &text);
		die_err(guild_cache_apply(g.cache, e, n, gatelog_life(g.log),
			    g.reader.position, &err),
		    &err);
		buf_free(&text);
	} while (n == BATCH);
}

/* ---- the feed ------------------------------------------------------- */

static void
append(uint64_t lane, const char *raw, size_t len)
{
	struct gatelog_record r = {.lane = lane,
	    .shard_count = g.shards,
	    .received_ms = clock_wall_ms()};

	if (lane <= gatelog_acknowledged(g.log))
		return;
	if (!gatelog_describe(&r, raw, len, 1))
		die("no dispatch");
	r.shard = (uint32_t)((r.guild >> 22) % g.shards);
	if (!gate_clients_append(g.clients, &r, raw))
		die("too long for the log");
}

static void
burst(char *words)
{
	uint64_t lane, n, guilds, size;
	static char raw[2 * FILLER], filler[FILLER];

	memset(filler, '.', sizeof(filler) - 1);
	if (sscanf(words, "%" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64, &lane,
		&n, &guilds, &size)
		!= 4
	    || size >= FILLER)
		die("burst LANE N GUILDS SIZE");
	for (uint64_t i = 0; i < n; i++, lane++) {
		int len = snprintf(raw, sizeof(raw),
		    "{\"t\":\"MESSAGE_CREATE\",\"s\":%" PRIu64
		    ",\"op\":0,\"d\":{\"id\":\"%" PRIu64
		    "\",\"guild_id\":\"%" PRIu64
		    "\",\"channel_id\":\"5\",\"content\":\"%" PRIu64
		    " %.*s\"}}",
		    lane, lane, (1 + lane % guilds) << 22, lane, (int)size,
		    filler);
		append(lane, raw, (size_t)len);
	}
}

static void
stat_line(void)
{
	const struct gate_clients_counters *c = gate_clients_counted(g.clients);

	printf("stat {\"conns\":%u,\"sessions\":%u,\"accepted\":%" PRIu64
	       ",\"identified\":%" PRIu64 ",\"resumed\":%" PRIu64
	       ",\"lost\":%" PRIu64 ",\"overruns\":%" PRIu64
	       ",\"refused\":%" PRIu64,
	    c->conns, c->sessions, c->accepted, c->identified, c->resumed,
	    c->resume_lost, c->overruns, c->refused_sends);
	for (unsigned i = 0; i < GATE_CLIENTS_ENDS_N; i++)
		printf(",\"%s\":%" PRIu64, page_gate_end[i].words, c->end[i]);
	printf("}\n");
}

static void
row(const struct gate_clients_row *r, void *arg)
{
	bool *first = arg;

	printf("%s[\"%s\",\"%s\",%" PRIu64 ",%" PRIu64 ",%" PRIu64 "]",
	    *first ? "" : ",", r->client, r->state, r->s, r->acked_s, r->lag);
	*first = false;
}

static void
rows_line(void)
{
	bool first = true;

	printf("rows [");
	gate_clients_each(g.clients, row, &first);
	printf("]\n");
}

static void
command(char *line)
{
	char *json = strchr(line, ' ');

	if (strncmp(line, "burst ", 6) == 0) {
		burst(line + 6);
	} else if (strncmp(line, "ready ", 6) == 0) {
		g.ready = line[6] == '1';
		g.shards = (unsigned)atoi(line + 8);
	} else if (strcmp(line, "stat") == 0 || strcmp(line, "rows") == 0) {
		if (line[0] == 's')
			stat_line();
		else
			rows_line();
		fflush(stdout);
		return;
	} else if (strncmp(line, "kick ", 5) == 0) {
		char *end = strchr(line + 5, ' ');

		*end = '\0';
		gate_clients_kick(g.clients, line + 5, end[1] == '1', NULL);
	} else if (strncmp(line, "cache ", 6) == 0) {
		gate_clients_cache(g.clients, line[6] == '1' ? g.cache : NULL);
	} else if (strcmp(line, "stop") == 0) {
		gate_clients_stop(g.clients);
		g.stopping = true;
	} else if (json != NULL) {
		append(strtoull(line, NULL, 10), json + 1, strlen(json + 1));
	}
	follow();
	gate_clients_appended(g.clients);
	printf("ok %" PRIu64 "\n", gatelog_acknowledged(g.log));
	fflush(stdout);
}

static void
on_input(struct ev_loop *loop, ev_io *io, int revents)
{
	ssize_t n = read(0, buf_space(&g.in, 65536), 65536);
	char *end;

	if (n == 0) {
		ev_break(loop, EVBREAK_ALL);
		return;
	}
	if (n < 0)
		return;
	buf_filled(&g.in, (size_t)n);
	while (buf_len(&g.in) > 0
	    && (end = memchr(buf_data(&g.in), '\n', buf_len(&g.in))) != NULL) {
		char *line = buf_data(&g.in);

		*end = '\0';
		command(line);
		buf_eat(&g.in, (size_t)(end + 1 - line));
	}
}

static void
on_turn(struct ev_loop *loop, ev_prepare *p, int revents)
{
	if (g.stopping && gate_clients_idle(g.clients))
		ev_break(loop, EVBREAK_ALL);
}

/* ---- the start ------------------------------------------------------ */

static void
add_client(char *words)
{
	struct gate_client *c = &g.client[g.clients_n++];
	char *word = strtok(words, ",");

	if (g.clients_n > CLIENTS_MAX || word == NULL)
		die("clients");
	*c = (struct gate_client) {.may_presence = true,
	    .may_voice = true,
	    .may_members = true,
	    .catch_up = true};
	str_copy(c->name, word, sizeof(c->name));
	while ((word = strtok(NULL, ",")) != NULL) {
		if (strcmp(word, "share") == 0)
			c->on_second = GATE_CLIENTS_SHARE;
		else if (strcmp(word, "refuse") == 0)
			c->on_second = GATE_CLIENTS_REFUSE;
		else if (strcmp(word, "real") == 0)
			c->real = true;
		else if (strcmp(word, "forgets") == 0)
			c->catch_up = false;
		else if (strcmp(word, "mute") == 0)
			c->may_presence = c->may_voice = c->may_members = false;
		else if (strncmp(word, "guild=", 6) == 0)
			c->guild[c->guilds++] = strtoull(word + 6, NULL, 10);
		else
			die(word);
	}
}

static void
set(struct gate_clients_setup *s, char *word)
{
	char *value = strchr(word, '=');

	if (value == NULL)
		die(word);
	*value++ = '\0';
	if (strcmp(word, "client") == 0)
		add_client(value);
	else if (strcmp(word, "lean") == 0)
		s->lean = value[0] == '1';
	else if (strcmp(word, "heartbeat") == 0)
		s->heartbeat_s = atof(value);
	else if (strcmp(word, "hold") == 0)
		s->hold_s = atof(value);
	else if (strcmp(word, "life") == 0)
		s->session_life_s = atof(value);
	else if (strcmp(word, "conns") == 0)
		s->conns_max = (unsigned)atoi(value);
	else if (strcmp(word, "strangers") == 0)
		s->conns_per_address = (unsigned)atoi(value);
	else if (strcmp(word, "sends") == 0)
		s->sends_per_minute = (unsigned)atoi(value);
	else if (strcmp(word, "intents") == 0)
		g.intents = strtoull(value, NULL, 10);
	else if (strcmp(word, "real") == 0)
		s->real = value[0] == '1';
	else
		die(word);
}

static void
open_all(struct gate_clients_setup *s, int log_fd, const char *dir)
{
	static char cache_dir[600];
	struct guild_cache_settings settings = {.dir = cache_dir,
	    .map_size = 64 * MIB,
	    .map_max = 1024 * MIB};
	struct guild_cache_found cached;
	struct gatelog_found found;
	struct err err;

	if (!str_format(cache_dir, sizeof(cache_dir), "%s/cache", dir))
		die("DIR is too long");
	g.log = gatelog_attach(log_fd, LOG_BYTES, 1800000, &found, &err);
	if (g.log == NULL)
		die(err.text);
	if (found.damaged)
		die(found.why);
	die_err(store_init(&g.store, dir, &err), &err);
	g.cache = guild_cache_open(&settings, &cached, &err);
	if (g.cache == NULL)
		die(err.text);
	if (!gatelog_seek(g.log, &g.reader,
		cached.life == gatelog_life(g.log) ? cached.position
						   : gatelog_last(g.log)))
		die("the cache is behind the log");
	s->loop = g.loop;
	s->timers = timer_base_new(g.loop);
	s->log = g.log;
	s->cache = g.cache;
	s->store = &g.store;
	g.clients = gate_clients_new(s, &err);
	if (g.clients == NULL)
		die(err.text);
	follow();
}

int
main(int argc, char **argv)
{
	static const char *const origins[] = {"http://listed.example"};
	struct gate_clients_setup setup = {.url = "ws://gate.example/",
	    .origins = origins,
	    .origins_n = 1,
	    .heartbeat_s = 10,
	    .hold_s = 30,
	    .session_life_s = 600,
	    .conns_max = 1000,
	    .conns_per_address = 100,
	    .conns_per_client = 100,
	    .sends_per_minute = 120,
	    .who = who,
	    .upstream = upstream,
	    .ready = ready,
	    .send = send_up};

	if (argc < 4)
		die("LOG_FD LISTEN_FD DIR [KEY=VALUE ...]");
	signal(SIGPIPE, SIG_IGN);
	log_init(LOG_TO_PEOPLE, LOG_L_INFO);
	for (int i = 4; i < argc; i++)
		set(&setup, argv[i]);
	g.loop = ev_loop_new(EVFLAG_AUTO);
	open_all(&setup, atoi(argv[1]), argv[3]);
	gate_clients_listen(g.clients, atoi(argv[2]));
	fcntl(0, F_SETFL, O_NONBLOCK);
	ev_io_init(&g.io, on_input, 0, EV_READ);
	ev_io_start(g.loop, &g.io);
	ev_prepare_init(&g.idle, on_turn);
	ev_prepare_start(g.loop, &g.idle);
	printf("ok %" PRIu64 "\n", gatelog_acknowledged(g.log));
	fflush(stdout);
	ev_run(g.loop, 0);
	gate_clients_free(g.clients);
	guild_cache_close(g.cache);
	gatelog_detach(g.log);
	return 0;
}
