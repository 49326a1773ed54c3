/* SPDX-License-Identifier: MIT */
#include "tests/unit/supervisor/fake_fleet.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shared/wire/ipc.h"
#include "shared/base/log.h"

struct fake_world *fake_world;
static pid_t api_pid;

/* ---- the fake shard ------------------------------------------------- */

struct fake {
	const struct shard_args *a;
	struct ipc ipc;
	struct ev_loop *loop;
	int code;
};

static void
fake_ready(struct fake *f)
{
	struct page_shard *s = &f->a->page->slot[f->a->slot].shard;
	struct msg_event ev = {.report = REPORT_READY};

	page_begin(&s->lock);
	s->state = SHARD_READY;
	s->pid = getpid();
	s->session = 77;
	page_end(&s->lock);
	page_cursor_set(&f->a->page->slot[f->a->slot], 77, 5);
	ipc_send(&f->ipc, MSG_EVENT, (int32_t)f->a->id, 0, &ev, sizeof(ev), -1);
}

static void
fake_granted(struct fake *f, const struct msg_permit_grant *g)
{
	struct msg_permit_done d = {.ledger_id = g->ledger_id,
	    .outcome = OUTCOME_READY};
	struct msg_fatal fatal = {.close_code =
				      (uint32_t)fake_world->fatal_code,
	    .text = "Discord closed with it."};
	uint64_t id;

	fake_world->identifies++;
	if (fatal.close_code != 0) {
		d.outcome = OUTCOME_CLOSED;
		f->code = EXIT_CONFIG;
		ipc_send(&f->ipc, MSG_PERMIT_DONE, (int32_t)f->a->id, 0, &d,
		    sizeof(d), -1);
		ipc_send(&f->ipc, MSG_FATAL, (int32_t)f->a->id, 0, &fatal,
		    sizeof(fatal), -1);
		ev_break(f->loop, EVBREAK_ALL);
		return;
	}
	/* What a real one does at READY, with the supervisor's identity. */
	struct store_session rec = {.shard = f->a->id,
	    .shard_count = f->a->count,
	    .intents = f->a->config->intents,
	    .seq = 1,
	    .id = "session"};
	size_t len;
	must(store_blob_get(f->a->store, "test-identity", &id, sizeof(id), &len,
		 NULL)
	    == 1);
	rec.identity = id;
	/* Others may be writing for longer than a call waits (dbenv.h); a real
	 * one tries again, too. */
	while (store_session_put(f->a->store, &rec, NULL) == -1)
		poll(NULL, 0, 10);
	ipc_send(&f->ipc, MSG_PERMIT_DONE, (int32_t)f->a->id, 0, &d, sizeof(d),
	    -1);
	fake_ready(f);
}

static void
fake_msg(struct ipc *ipc, const struct msg_hdr *h, const void *payload, int fd)
{
	struct fake *f = container_of(ipc, struct fake, ipc);

	if (h->type == MSG_UPLINK) {
		fake_world->uplinks[f->a->id]++;
		close(fd);
	} else if (h->type == MSG_PERMIT_GRANT) {
		fake_granted(f, payload);
	} else if (h->type == MSG_STOP) {
		ev_break(f->loop, EVBREAK_ALL);
	}
}

static void
fake_gone(struct ipc *ipc, const char *why)
{
	_exit(0);
}

int
shard_main(const struct shard_args *a)
{
	struct fake f = {.a = a, .loop = ev_loop_new(0)};
	struct msg_hello hi = {.pid = getpid(), .generation = a->generation};
	struct msg_permit_ask ask = {.cause = CAUSE_NO_SESSION};
	struct store_session rec;
	int found;

	alarm(600);
	fake_world->starts[a->id]++;
	log_warn("fake shard says hello");
	ipc_open(&f.ipc, f.loop, a->control_fd, "supervisor", fake_msg,
	    fake_gone);
	ipc_send(&f.ipc, MSG_HELLO, (int32_t)a->id, 0, &hi, sizeof(hi), -1);
	while ((found = store_session_get(a->store, a->id, &rec, NULL)) == -1)
		poll(NULL, 0, 10);
	if (found == 1)
		fake_ready(&f);
	else
		ipc_send(&f.ipc, MSG_PERMIT_ASK, (int32_t)a->id, 9, &ask,
		    sizeof(ask), -1);
	ev_run(f.loop, 0);
	return f.code;
}

/* ---- the fake handler ----------------------------------------------- */

static void
handler_msg(struct ipc *ipc, const struct msg_hdr *h, const void *p, int fd)
{
	if (fd != -1)
		close(fd);
	if (h->type == MSG_STOP)
		_exit(0);
}

static int
fake_complains(const char *what)
{
	fprintf(stderr, "<4>the handler did not get its %s\n", what);
	return 1;
}

int
fake_fleet_handler(char **argv)
{
	struct ev_loop *loop;
	struct msg_hello hi = {.pid = getpid()};
	char token[64] = "", text[64] = "";
	uint64_t generation = 0;
	struct page page;
	struct ipc ipc;

	alarm(600);
	str_to_u64(argv[3], &generation);
	hi.generation = (uint32_t)generation;
	/* Everything the contract promises is there, and nothing else. */
	if (read(CONTRACT_FD_TOKEN, token, sizeof(token) - 1) != 11
	    || strcmp(token, "a-bot-token") != 0)
		return fake_complains("token");
	if (read(CONTRACT_FD_CONFIG, text, 5) != 5
	    || strncmp(text, "[bot]", 5) != 0)
		return fake_complains("config");
	if (page_attach(&page, CONTRACT_FD_STATS, NULL) == -1
	    || page.head->slots != SHARDS)
		return fake_complains("page");
	if (fcntl(CONTRACT_FD_LOG + 1, F_GETFD) != -1)
		return fake_complains("a stray fd");
	loop = ev_loop_new(0);
	ipc_open(&ipc, loop, CONTRACT_FD_CONTROL, "supervisor", handler_msg,
	    fake_gone);
	ipc_send(&ipc, MSG_HELLO, -1, 0, &hi, sizeof(hi), -1);
	ipc_send(&ipc, MSG_READY, -1, 0, NULL, 0, -1);
	ev_run(loop, 0);
	return 0;
}

/* ---- the fake API --------------------------------------------------- */

static void
serve(int fd)
{
	char in[2048], body[512], out[1024];
	ssize_t n = read(fd, in, sizeof(in) - 1);

	in[n > 0 ? n : 0] = '\0';
	if (strstr(in, "/gateway/bot") != NULL)
		snprintf(body, sizeof(body),
		    "{\"url\":\"ws://127.0.0.1:1\","
		    "\"shards\":%d,\"session_start_limit\":{\"total\":1000,"
		    "\"remaining\":900,\"reset_after\":86400000,"
		    "\"max_concurrency\":2}}",
		    SHARDS);
	else
		snprintf(body, sizeof(body),
		    "{\"id\":\"1\",\"username\":\"u\",\"flags\":%u}",
		    fake_world->api_flags);
	if (strstr(in, "Authorization: Bot a-bot-token\r\n") == NULL
	    || strstr(in, "User-Agent: DiscordBot (") == NULL)
		fake_world->api_status = 401;
	snprintf(out, sizeof(out),
	    "HTTP/1.1 %d X\r\nConnection: close\r\n"
	    "Content-Length: %zu\r\n\r\n%s",
	    fake_world->api_status, strlen(body), body);
	fd_write_all(fd, out, strlen(out));
	close(fd);
}

int
fake_fleet_open(void)
{
	struct sockaddr_in sa = {.sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(sa);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	fake_world = mmap(NULL, sizeof(*fake_world), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (fake_world == MAP_FAILED
	    || bind(fd, (struct sockaddr *)&sa, len) == -1
	    || listen(fd, 16) == -1
	    || getsockname(fd, (struct sockaddr *)&sa, &len) == -1)
		return -1;
	fake_world->api_status = 200;
	api_pid = fork();
	if (api_pid == 0) {
		alarm(600);
		for (;;)
			serve(accept(fd, NULL, NULL));
	}
	close(fd);
	return ntohs(sa.sin_port);
}

void
fake_fleet_close(void)
{
	kill(api_pid, SIGKILL);
	waitpid(api_pid, NULL, 0);
	munmap(fake_world, sizeof(*fake_world));
}
