/* SPDX-License-Identifier: MIT */
/* See client_rest.h. */
#include "handler/client_rest.h"

#include "shared/base/log.h"
#include "shared/base/secret.h"
#include "shared/store/client_token.h"
#include "shared/wire/contract.h"
#include "shared/wire/inherit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define PEM_MAX 65536 /* of a file */

_Static_assert(CONFIG_CLIENTS_MAX <= PROXY_CLIENTS_MAX,
    "each client has a queue");
_Static_assert(PAGE_CLIENTS + 1 == PROXY_SLOTS, "and a place on the page");
_Static_assert((int)PROXY_SCOPE_NONE == (int)CONFIG_REST_NONE
	&& (int)PROXY_SCOPE_READ == (int)CONFIG_REST_READ
	&& (int)PROXY_SCOPE_FULL == (int)CONFIG_REST_FULL,
    "the same words");

/* ---- what the proxy asks -------------------------------------------- */

/* As many as the fleet has, which the supervisor finds out. */
static unsigned
shards_of(const struct client_rest *r, const struct config_client *c)
{
	struct page_cluster cluster;

	if (c->shards > 0)
		return (unsigned)c->shards;
	if (page_read(&r->page->head->cluster, &cluster, sizeof(cluster))
	    && cluster.shard_count > 0)
		return cluster.shard_count;
	return 1;
}

static bool
on_client(void *arg, const char *authorization, struct proxy_client *out)
{
	struct client_rest *r = arg;
	struct client_token_who who;
	struct err e = {0};
	int rc = client_token_check(r->store, r->token_key, authorization,
	    strlen(authorization), &who, &e);

	if (rc < 0)
		log_error("Clients' tokens can't be read: %s", e.text);
	if (rc == 1 && who.run != 0
	    && page_run_ended(r->page->head, who.client, who.run))
		return false;
	for (size_t i = 0; rc == 1 && i < r->config->clients; i++) {
		const struct config_client *c = &r->config->client[i];

		if (strcmp(c->name, who.client) != 0)
			continue;
		*out = (struct proxy_client) {.slot = (unsigned)i,
		    .shards = shards_of(r, c),
		    .scope = {(enum proxy_scope_rest)c->rest, &r->guilds[i]}};
		return true;
	}
	return false;
}

struct placed {
	proxy_guild_fn *fn;
	void *arg;
};

static void
on_placed(void *arg, const struct gate_answer *a, const char *text, size_t len)
{
	struct placed *p = arg;

	p->fn(p->arg, a->status == GATE_ANSWER_OK ? a->guild : 0);
	free(p);
}

static bool
on_guild_of(void *arg, uint64_t channel, proxy_guild_fn *fn, void *fn_arg)
{
	struct client_rest *r = arg;
	const struct gate_ask q = {.what = GATE_ASK_PLACE, .channel = channel};
	struct placed *p = base_alloc(sizeof(*p));

	*p = (struct placed) {fn, fn_arg};
	if (gate_question_ask(r->gate, &q, NULL, 0, on_placed, p) == NULL)
		return true;
	free(p);
	return false;
}

/* ---- life ----------------------------------------------------------- */

/* The owner drops it as a secret; NULL, and it is logged. */
static char *
pem_read(const char *path)
{
	char *text = base_alloc(PEM_MAX + 1);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd != -1 ? read(fd, text, PEM_MAX) : -1;

	if (n < 0)
		log_error("Clients of the gate can make no REST calls: %s "
			  "can't be read",
		    path);
	if (fd != -1)
		close(fd);
	if (n < 0) {
		secret_free(text);
		return NULL;
	}
	return secret_take(text);
}

static bool
read_tls(struct client_rest *r)
{
	if (r->config->gate_tls_cert[0] == '\0')
		return true;
	r->cert = pem_read(r->config->gate_tls_cert);
	r->key = pem_read(r->config->gate_tls_key);
	return r->cert != NULL && r->key != NULL;
}

static void
gateway_url(const struct config *c, char *out, size_t size)
{
	if (c->gate_url[0] != '\0')
		str_copy(out, c->gate_url, size);
	else
		str_format(out, size, "%s://%s",
		    c->gate_tls_cert[0] != '\0' ? "wss" : "ws", c->gate_listen);
}

void
client_rest_inherit(struct client_rest *r)
{
	r->listen_fd = inherit_given(CONTRACT_FD_REST_LISTEN);
}

void
client_rest_open(struct client_rest *r, struct ev_loop *loop,
    struct timers *timers, struct rest *rest)
{
	const struct config *c = r->config;
	char url[512];
	struct proxy_setup set = {.loop = loop,
	    .timers = timers,
	    .rest = rest,
	    .listen_fd = -1,
	    .gateway_url = url,
	    .client = on_client,
	    .guild_of = on_guild_of,
	    .arg = r};
	struct err e = {0};

	if (r->listen_fd == -1 || c->gate_rest_listen[0] == '\0'
	    || !read_tls(r))
		return;
	set.listen_fd = fcntl(r->listen_fd, F_DUPFD_CLOEXEC, 0);
	if (set.listen_fd == -1) {
		log_error("clients can make no REST calls: %s",
		    strerror(errno));
		return;
	}
	for (size_t i = 0; i < c->clients; i++)
		must(config_ranges_parse(&r->guilds[i], c->client[i].guilds)
		    == 0);
	gateway_url(c, url, sizeof(url));
	set.cert = r->cert;
	set.key = r->key;
	r->proxy = proxy_new(&set, &e);
	if (r->proxy == NULL)
		log_error("Clients of the gate can make no REST calls: %s",
		    e.text);
}

void
client_rest_stop(struct client_rest *r)
{
	if (r->proxy != NULL)
		proxy_stop(r->proxy);
}

/* ---- the page ------------------------------------------------------- */

/* Counters that go on from one handler to the next. */
#define REST_COUNTERS(X)                                                       \
	X(calls)                                                               \
	X(limited_ours)                                                        \
	X(limited_discord)                                                     \
	X(refused) X(errors) X(cut) X(bytes_up) X(bytes_down)

static const char *
slot_name(const struct client_rest *r, unsigned slot)
{
	if (slot == PROXY_NOBODY)
		return "-";
	return slot < r->config->clients ? r->config->client[slot].name : "";
}

/* What the page has by that name; a client may have another place now. */
static const struct page_client_rest *
counted_before(const struct page_clients_rest *p, const char *name)
{
	for (size_t i = 0; i < nitems(p->of); i++)
		if (strcmp(p->of[i].name, name) == 0)
			return &p->of[i];
	return NULL;
}

static void
take_over(struct client_rest *r, struct page_clients_rest *p)
{
	page_repair(&p->lock);
	for (unsigned i = 0; i < PROXY_SLOTS; i++) {
		const char *name = slot_name(r, i);
		const struct page_client_rest *had = counted_before(p, name);

		r->before[i] = (struct page_client_rest) {.open = 0};
		if (had != NULL && name[0] != '\0')
			r->before[i] = *had;
		if (r->proxy == NULL)
			continue;
#define X(n) r->before[i].n -= proxy_counted(r->proxy, i)->n;
		REST_COUNTERS(X)
#undef X
	}
}

void
client_rest_page(struct client_rest *r, bool serves)
{
	struct page_clients_rest *p = &r->page->head->clients_rest;

	if (serves && !r->in_service)
		take_over(r, p);
	r->in_service = serves;
	if (!serves || r->proxy == NULL)
		return;
	page_begin(&p->lock);
	for (unsigned i = 0; i < PROXY_SLOTS; i++) {
		const struct proxy_counts *own = proxy_counted(r->proxy, i);
		struct page_client_rest *to = &p->of[i];

		str_copy(to->name, slot_name(r, i), sizeof(to->name));
#define X(n) to->n = r->before[i].n + own->n;
		REST_COUNTERS(X)
#undef X
		to->open = own->now;
	}
	page_end(&p->lock);
}

size_t
client_rest_busy(const struct client_rest *r)
{
	return r->proxy != NULL ? proxy_busy(r->proxy) : 0;
}

void
client_rest_close(struct client_rest *r)
{
	if (r->proxy != NULL)
		proxy_free(r->proxy);
	r->proxy = NULL;
	for (size_t i = 0; i < nitems(r->guilds); i++)
		config_ranges_free(&r->guilds[i]);
	secret_drop(r->cert);
	secret_drop(r->key);
}
