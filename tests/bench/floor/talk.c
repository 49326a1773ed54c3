/* SPDX-License-Identifier: MIT */
#include "tests/bench/floor/talk.h"

#include "shared/json/walk.h"
#include "shared/websocket/upgrade.h"

#include <openssl/err.h>
#include <string.h>
#include <time.h>

#define FLOOR_LONG_MS 3600000 /* heartbeats are out of the way */
#define FLOOR_USER                                                             \
	"{\"id\":\"1410957337177341953\",\"username\":\"floor\","              \
	"\"discriminator\":\"0\",\"global_name\":null,\"avatar\":null,"        \
	"\"bot\":true,\"flags\":0,\"verified\":true,\"mfa_enabled\":true}"

struct session **talk_sessions;
size_t talk_sessions_n;
struct group talk_groups[TALK_GROUPS];
unsigned talk_heartbeat_ms, talk_concurrency, talk_port;
uint64_t talk_pace_ns;

uint64_t
talk_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * TALK_NS + (uint64_t)ts.tv_nsec;
}

static struct group *
group_of(const char *token, size_t len)
{
	struct group *g = talk_groups;

	if (len > 4 && memcmp(token, "Bot ", 4) == 0) {
		token += 4;
		len -= 4;
	}
	if (len >= sizeof(g->name))
		len = sizeof(g->name) - 1;
	for (; g < talk_groups + TALK_GROUPS && g->name[0] != '\0'; g++)
		if (strlen(g->name) == len && memcmp(g->name, token, len) == 0)
			return g;
	must(g < talk_groups + TALK_GROUPS);
	memcpy(g->name, token, len);
	return g;
}

/* From here on it is sent events. */
static void
conn_ready(struct conn *c, struct session *s)
{
	if (s->conn != NULL)
		s->conn->session = NULL;
	s->conn = c;
	c->session = s;
	c->ready = true;
	/* Not all at once. */
	c->due_ns = talk_now_ns() + talk_pace_ns * (uint64_t)(c->fd % 64) / 64;
	if (c->mode == FLOOR_ZSTD && talk_heartbeat_ms < FLOOR_LONG_MS)
		conn_lives(c);
}

static void
on_identify(struct conn *c, const char *d, size_t len)
{
	struct session *s = base_alloc(sizeof(*s));
	struct walk_item token, shard, of[2] = {{0}};
	struct walk w;

	if (!walk_find(d, len, "token", &token) || token.len < 3) {
		c->dead = true;
		free(s);
		return;
	}
	s->group = group_of(token.value + 1, token.len - 2);
	if (walk_find(d, len, "shard", &shard)
	    && walk_into(&w, shard.value, shard.len) && walk_next(&w, &of[0])
	    && walk_next(&w, &of[1])) {
		s->shard = (unsigned)atoi(of[0].value);
		s->shards = (unsigned)atoi(of[1].value);
	} else {
		s->shards = 1;
	}
	talk_sessions = base_realloc(talk_sessions,
	    (talk_sessions_n + 1) * sizeof(talk_sessions[0]));
	talk_sessions[talk_sessions_n++] = s;
	s->group->identifies++;
	conn_say(c,
	    "{\"t\":\"READY\",\"s\":1,\"op\":0,\"d\":{\"v\":10,"
	    "\"user_settings\":{},\"user\":" FLOOR_USER ",\"shard\":[%u,%u],"
	    "\"session_type\":\"normal\",\"session_id\":\"%032zx\","
	    "\"resume_gateway_url\":\"wss://localhost:%u\","
	    "\"relationships\":[],\"private_channels\":[],\"presences\":[],"
	    "\"guilds\":[],\"guild_join_requests\":[],"
	    "\"application\":{\"id\":\"1410957337177341953\",\"flags\":0}}}",
	    s->shard, s->shards, talk_sessions_n - 1, talk_port);
	conn_ready(c, s);
}

/* What it missed comes next; RESUMED has the s of an event that is left out. */
static void
on_resume(struct conn *c, const char *d, size_t len)
{
	struct walk_item id, seq;
	struct session *s;
	size_t n = talk_sessions_n;
	uint64_t until;

	if (walk_find(d, len, "session_id", &id) && id.len == 34)
		n = strtoull(id.value + 1, NULL, 16);
	if (n >= talk_sessions_n || !walk_find(d, len, "seq", &seq)) {
		conn_say(c, "{\"t\":null,\"s\":null,\"op\":9,\"d\":false}");
		return;
	}
	s = talk_sessions[n];
	until = s->next > s->until ? s->next : s->until;
	s->next = strtoull(seq.value, NULL, 10) + 1 - FLOOR_SEQ;
	s->group->resumes++;
	s->resumed_ns = talk_now_ns();
	conn_ready(c, s);
	if (c->mode == FLOOR_ZSTD && !c->lives)
		conn_lives(c);
	while (s->next < until && !c->dead)
		conn_event(c);
	conn_say(c,
	    "{\"t\":\"RESUMED\",\"s\":%llu,\"op\":0,\"d\":{\"_trace\":[]}}",
	    (unsigned long long)s->next++ + FLOOR_SEQ);
}

static void
on_message(struct conn *c, const char *text, size_t len)
{
	struct walk_item op, d = {0};

	if (!walk_find(text, len, "op", &op))
		return;
	(void)walk_find(text, len, "d", &d);
	switch (atoi(op.value)) {
	case 1:
		/* It could not go on as it was made. */
		if (c->mode == FLOOR_ZSTD && c->ready_made)
			break;
		if (c->session != NULL)
			c->session->group->acks++;
		conn_say(c, "{\"t\":null,\"s\":null,\"op\":11,\"d\":null}");
		break;
	case 2:
		on_identify(c, d.value, d.len);
		break;
	case 6:
		on_resume(c, d.value, d.len);
		break;
	}
}

/* A client's frame, masked; 0: it is not whole. */
static size_t
frame_len(const struct buf *b, size_t *head)
{
	const unsigned char *p = (const unsigned char *)buf_data(b);
	size_t have = buf_len(b), len;

	if (have < 2)
		return 0;
	len = p[1] & 127;
	*head = len == 126 ? 4 : len == 127 ? 10 : 2;
	if (have < *head)
		return 0;
	if (*head > 2)
		len = 0;
	for (size_t i = 2; i < *head; i++)
		len = len << 8 | p[i];
	*head += p[1] & 128 ? 4 : 0;
	return have < *head + len ? 0 : *head + len;
}

static void
read_frames(struct conn *c)
{
	size_t head, len;

	while (!c->dead && (len = frame_len(&c->in, &head)) > 0) {
		unsigned char *p = (unsigned char *)buf_data(&c->in);
		unsigned op = p[0] & 15;

		for (size_t i = head; head > 4 && i < len; i++)
			p[i] ^= p[head - 4 + (i - head) % 4];
		if (op == 8)
			c->dead = true;
		else if (op == 9) /* the pong */
			conn_record(c, "\x8a\x00", 2);
		else if (op < 3)
			on_message(c, (char *)p + head, len - head);
		buf_eat(&c->in, len);
	}
}

/* What a start asks for.  The answer to anything else is an empty list. */
static void
answer(struct conn *c, const char *path)
{
	struct buf body = {0}, out = {0};

	if (strstr(path, "/gateway/bot ") != NULL)
		buf_printf(&body,
		    "{\"url\":\"wss://localhost:%u\",\"shards\":1,"
		    "\"session_start_limit\":{\"total\":100000,"
		    "\"remaining\":99999,\"reset_after\":14400000,"
		    "\"max_concurrency\":%u}}",
		    talk_port, talk_concurrency);
	else if (strstr(path, "/gateway ") != NULL)
		buf_printf(&body, "{\"url\":\"wss://localhost:%u\"}",
		    talk_port);
	else if (strstr(path, "/users/@me ") != NULL)
		buf_puts(&body, FLOOR_USER);
	else if (strstr(path, "/applications/@me ") != NULL)
		buf_puts(&body,
		    "{\"id\":\"1410957337177341953\",\"name\":\"floor\","
		    "\"flags\":565248,\"bot\":" FLOOR_USER "}");
	else
		buf_puts(&body, "[]");
	buf_printf(&out,
	    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
	    "Content-Length: %zu\r\n\r\n%.*s",
	    buf_len(&body), (int)buf_len(&body), buf_data(&body));
	conn_record(c, buf_data(&out), buf_len(&out));
	buf_free(&body);
	buf_free(&out);
}

static void
read_http(struct conn *c)
{
	struct buf out = {0};
	struct upgrade up;
	char *text = buf_data(&c->in);
	size_t len = upgrade_head(text, buf_len(&c->in));
	const char *body;

	if (len == 0)
		return;
	text[len - 1] = '\0';
	body = strcasestr(text, "\r\nContent-Length:");
	if (strcasestr(text, "\r\nUpgrade:") == NULL) {
		answer(c, text);
		len += body == NULL ? 0 : strtoull(body + 17, NULL, 10);
		buf_eat(&c->in, len < buf_len(&c->in) ? len : buf_len(&c->in));
		return;
	}
	text[len - 1] = '\n';
	if (upgrade_read(text, len, &up) != 101) {
		c->dead = true;
		return;
	}
	c->mode = up.compress == COMPRESS_KIND_ZLIB ? FLOOR_ZLIB
	    : up.compress == COMPRESS_KIND_ZSTD	    ? FLOOR_ZSTD
						    : FLOOR_NONE;
	upgrade_answer(&out, 101, up.accept, 0, "");
	conn_record(c, buf_data(&out), buf_len(&out));
	buf_free(&out);
	buf_eat(&c->in, len);
	c->upgraded = true;
	conn_say(c,
	    "{\"t\":null,\"s\":null,\"op\":10,\"d\":{\"heartbeat_interval\":%u,"
	    "\"_trace\":[]}}",
	    talk_heartbeat_ms);
}

void
talk_read(struct conn *c)
{
	int n;

	if (!c->open) {
		n = SSL_accept(c->ssl);
		if (n != 1 && SSL_get_error(c->ssl, n) != SSL_ERROR_WANT_READ)
			c->dead = true;
		c->open = n == 1;
	}
	while (c->open && !c->dead) {
		n = SSL_read(c->ssl, buf_space(&c->in, 16384), 16384);
		if (n <= 0) {
			if (SSL_get_error(c->ssl, n) != SSL_ERROR_WANT_READ)
				c->dead = true;
			break;
		}
		buf_filled(&c->in, (size_t)n);
		if (!c->upgraded)
			read_http(c);
		if (c->upgraded)
			read_frames(c);
	}
	ERR_clear_error();
}
