/* SPDX-License-Identifier: MIT */
/*
 * Any call of the simulator's REST API and any words to its control socket and
 * of its scripts.  The input: "VERB word ..." lines up to an empty one; then
 * requests as they are, one behind another, separated by a line "---"; in them
 * "$T" is the bot's token.
 * Covers: tools/sim/rest/rest.c tools/sim/rest/rest_body.c
 * tools/sim/rest/rest_form.c tools/sim/rest/rest_file.c
 * tools/sim/rest/route.c tools/sim/rest/rest_http.c tools/sim/control/verb.c
 * tools/sim/control/setting.c tools/sim/control/line.c
 * tools/sim/message/rest_msg.c tools/sim/routes/webhook.c
 */
#include "tests/fuzz/kit.h"
#include "tests/fuzz/sim_rig.h"

#include "tools/sim/control/verb.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CALLS 8

static bool
unwanted(const char *verb)
{
	/* What ends it, reads files by name, or goes on for long. */
	static const char *const no[] = {"stop", "play", "send", "rate"};

	for (size_t i = 0; i < nitems(no); i++)
		if (strcmp(verb, no[i]) == 0)
			return true;
	return false;
}

static void
verb(struct sim *sim, char *text)
{
	char *argv[VERB_WORDS_MAX + 1], *rest = text;
	struct sbuf out = {0};
	int argc = 0;

	while (argc < VERB_WORDS_MAX
	    && (argv[argc] = strtok_r(argc == 0 ? text : NULL, " ", &rest)))
		argc++;
	argv[argc] = NULL;
	if (argc > 0 && !unwanted(argv[0]))
		(void)verb_run(sim, argc, argv, NULL, &out);
	sbuf_free(&out);
	sim_rig_turn();
}

static const char *
verbs(struct sim *sim, const char *p, const char *end)
{
	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		size_t n = nl != NULL ? (size_t)(nl - p) : (size_t)(end - p);
		char *text;

		if (n == 0)
			return p + 1;
		text = kit_text(p, n);
		verb(sim, text);
		free(text);
		p += n + (nl != NULL);
	}
	return end;
}

static int
call(struct sim *sim)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)sim_rig_port()),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	must(fd != -1 && connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0);
	must(fd_nonblock(fd) == 0);
	return fd;
}

static void
request(struct sim *sim, const char *p, size_t n)
{
	int fd = call(sim);
	char sink[65536];

	while (n > 0) {
		const char *token = memmem(p, n, "$T", 2);
		size_t k = token != NULL ? (size_t)(token - p) : n;

		(void)send(fd, p, k, MSG_NOSIGNAL);
		p += k;
		n -= k;
		if (token == NULL)
			break;
		(void)send(fd, sim->bot[0].token, strlen(sim->bot[0].token),
		    MSG_NOSIGNAL);
		p += 2;
		n -= 2;
	}
	(void)shutdown(fd, SHUT_WR);
	for (int i = 0; i < 6; i++) {
		sim_rig_turn();
		if (recv(fd, sink, sizeof(sink), 0) == 0)
			break;
	}
	close(fd);
	sim_rig_turn();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sim *sim = sim_rig_begin();
	const char *end = (const char *)data + size;
	const char *p = verbs(sim, (const char *)data, end);

	for (int i = 0; p < end && i < CALLS; i++) {
		const char *next = memmem(p, (size_t)(end - p), "\n---\n", 5);
		size_t n = next != NULL ? (size_t)(next - p)
					: (size_t)(end - p);

		request(sim, p, n);
		p += n + (next != NULL ? 5 : 0);
	}
	sim_rig_end();
	return 0;
}
