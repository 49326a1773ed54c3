/* SPDX-License-Identifier: MIT */
/*
 * The REST proxy without a handler around it, for scenarios:
 *
 *     rest_front API URL NAME=VALUE ...
 *
 * API is Discord's, URL what /gateway/bot says; token=BOT the bot's,
 * client=TOKEN:SHARDS:full|read|none:all|GUILD,... a client's, channel=ID:GUILD
 * what is known of a channel, cert=FILE and key=FILE for TLS.  Prints "port N".  A line on standard input:
 * "counts" prints a line of JSON, "stop" takes no more connections, "plugin N
 * PATH" makes N GETs of a plugin and prints "plugin STATUS" for each.  It ends
 * with its input.
 */
#include "handler/rest/proxy/proxy.h"
#include "shared/base/log.h"

#include <arpa/inet.h>
#include <err.h>
#include <ev.h>
#include <inttypes.h>
#include <openssl/crypto.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct front {
	struct ev_loop *loop;
	struct timers *timers;
	struct rest *rest;
	struct proxy *proxy;
	struct {
		char token[128];
		struct proxy_client is;
		struct config_ranges guilds;
	} client[PROXY_CLIENTS_MAX];
	unsigned clients;
	struct {
		uint64_t id, guild;
	} channel[64];
	unsigned channels;
	char bot[128], *cert, *key; /* PEM */
} front;

static bool
on_client(void *arg, const char *authorization, struct proxy_client *out)
{
	const char *token = authorization;

	if (strncmp(token, "Bot ", 4) == 0)
		token += 4;
	for (unsigned i = 0; i < front.clients; i++) {
		size_t len = strlen(front.client[i].token);

		if (strlen(token) == len
		    && CRYPTO_memcmp(token, front.client[i].token, len) == 0) {
			*out = front.client[i].is;
			return true;
		}
	}
	return false;
}

struct told {
	proxy_guild_fn *fn;
	void *arg;
	uint64_t guild;
};

static void
on_tell(int revents, void *arg)
{
	struct told *told = arg;

	told->fn(told->arg, told->guild);
	free(told);
}

static bool
on_guild_of(void *arg, uint64_t channel, proxy_guild_fn *fn, void *fn_arg)
{
	struct told *told = base_alloc(sizeof(*told));

	*told = (struct told) {.fn = fn, .arg = fn_arg};
	for (unsigned i = 0; i < front.channels; i++)
		if (front.channel[i].id == channel)
			told->guild = front.channel[i].guild;
	ev_once(front.loop, -1, 0, 0, on_tell, told);
	return true;
}

/* ---- orders --------------------------------------------------------- */

static void
say_counts(void)
{
	printf("{\"busy\":%zu,\"rest\":%zu,\"of\":[", proxy_busy(front.proxy),
	    rest_busy(front.rest));
	for (unsigned i = 0; i < PROXY_SLOTS; i++) {
		const struct proxy_counts *c = proxy_counted(front.proxy, i);

		if (i >= front.clients && i != PROXY_NOBODY)
			continue;
		printf("%s{\"calls\":%" PRIu64 ",\"limited_ours\":%" PRIu64
		       ",\"limited_discord\":%" PRIu64 ",\"refused\":%" PRIu64
		       ",\"errors\":%" PRIu64 ",\"cut\":%" PRIu64
		       ",\"bytes_up\":%" PRIu64 ",\"bytes_down\":%" PRIu64
		       ",\"now\":%u}",
		    i == 0 ? "" : ",", c->calls, c->limited_ours,
		    c->limited_discord, c->refused, c->errors, c->cut,
		    c->bytes_up, c->bytes_down, c->now);
	}
	printf("]}\n");
}

static void
on_plugin_done(void *arg, const struct rest_answer *a)
{
	printf("plugin %d\n", a->status);
}

static void
plugin_calls(const char *order)
{
	struct rest_ask ask = {.method = "GET", .repeatable = true};
	unsigned n;
	char path[512];
	const char *why;
	bool bad;

	if (sscanf(order, "%u %511s", &n, path) != 2)
		errx(1, "plugin N PATH");
	ask.path = path;
	while (n-- > 0)
		if (rest_call(front.rest, 0, &ask, on_plugin_done, NULL, &bad,
			&why)
		    < 0)
			printf("plugin %s\n", why);
}

static void
on_order(struct ev_loop *loop, ev_io *io, int revents)
{
	char line[600];

	if (fgets(line, sizeof(line), stdin) == NULL) {
		ev_break(loop, EVBREAK_ALL);
		return;
	}
	if (strcmp(line, "counts\n") == 0)
		say_counts();
	else if (strcmp(line, "stop\n") == 0)
		proxy_stop(front.proxy);
	else if (strncmp(line, "plugin ", 7) == 0)
		plugin_calls(line + 7);
	else
		errx(1, "an order that is none");
}

static void
on_turn(struct ev_loop *loop, ev_prepare *w, int revents)
{
	rest_flush(front.rest);
}

/* ---- the start ------------------------------------------------------ */

static void
add_client(const char *value)
{
	struct proxy_client *c = &front.client[front.clients].is;
	char rest[8], guilds[200];

	if (sscanf(value, "%127[^:]:%u:%7[^:]:%199s",
		front.client[front.clients].token, &c->shards, rest, guilds)
	    != 4)
		errx(1, "client=%s", value);
	c->slot = front.clients;
	c->scope.rest = strcmp(rest, "full") == 0 ? PROXY_SCOPE_FULL
	    : strcmp(rest, "read") == 0		  ? PROXY_SCOPE_READ
						  : PROXY_SCOPE_NONE;
	if (config_ranges_parse(&front.client[front.clients].guilds,
		strcmp(guilds, "all") == 0 ? "" : guilds)
	    < 0)
		errx(1, "guilds %s", guilds);
	c->scope.guilds = &front.client[front.clients].guilds;
	front.clients++;
}

static char *
read_file(const char *path)
{
	char *text = base_alloc(65536);
	FILE *f = fopen(path, "r");

	if (f == NULL || fread(text, 1, 65535, f) == 0)
		err(1, "%s", path);
	fclose(f);
	return text;
}

static void
add(const char *word)
{
	if (strncmp(word, "cert=", 5) == 0)
		front.cert = read_file(word + 5);
	else if (strncmp(word, "key=", 4) == 0)
		front.key = read_file(word + 4);
	else if (strncmp(word, "token=", 6) == 0)
		str_copy(front.bot, word + 6, sizeof(front.bot));
	else if (strncmp(word, "client=", 7) == 0)
		add_client(word + 7);
	else if (sscanf(word, "channel=%" SCNu64 ":%" SCNu64,
		     &front.channel[front.channels].id,
		     &front.channel[front.channels].guild)
	    == 2)
		front.channels++;
	else
		errx(1, "what is %s?", word);
}

static int
listening(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&a, len) < 0
	    || listen(fd, 128) < 0
	    || getsockname(fd, (struct sockaddr *)&a, &len) < 0)
		errx(1, "listen");
	printf("port %u\n", ntohs(a.sin_port));
	return fd;
}

static void
start(char *api, const char *url)
{
	static char none[1];
	const struct config config = {.api = api,
	    .ca_file = none,
	    .proxy = none};
	struct proxy_setup set = {.gateway_url = url,
	    .client = on_client,
	    .guild_of = on_guild_of};
	struct err e;

	set.loop = front.loop = ev_default_loop(0);
	set.timers = front.timers = timer_base_new(front.loop);
	set.rest = front.rest = rest_new(front.loop, front.timers, &config,
	    front.bot, &e);
	if (front.rest == NULL)
		errx(1, "%s", e.text);
	set.cert = front.cert;
	set.key = front.key;
	set.listen_fd = listening();
	front.proxy = proxy_new(&set, &e);
	if (front.proxy == NULL)
		errx(1, "%s", e.text);
}

int
main(int argc, char **argv)
{
	ev_io orders;
	ev_prepare turn;

	if (argc < 3)
		errx(64, "rest_front API URL NAME=VALUE ...");
	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);
	setvbuf(stdin, NULL, _IONBF, 0);
	log_init(LOG_TO_PEOPLE, LOG_L_DEBUG);
	for (int i = 3; i < argc; i++)
		add(argv[i]);
	start(argv[1], argv[2]);
	ev_io_init(&orders, on_order, STDIN_FILENO, EV_READ);
	ev_io_start(front.loop, &orders);
	ev_prepare_init(&turn, on_turn);
	ev_prepare_start(front.loop, &turn);
	ev_run(front.loop, 0);
	proxy_free(front.proxy);
	for (unsigned i = 0; i < front.clients; i++)
		config_ranges_free(&front.client[i].guilds);
	rest_free(front.rest);
	free(front.cert);
	free(front.key);
	timer_base_free(front.timers);
	ev_loop_destroy(front.loop);
	return 0;
}
