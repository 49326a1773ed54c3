/* SPDX-License-Identifier: MIT */
/* The runner's channel to the supervisor; see runner_impl.h. */
#include "handler/runner/runner_impl.h"

#include "shared/base/log.h"
#include "shared/base/version.h"
#include "shared/config/config_diff.h"
#include "shared/wire/inherit.h"

#include <unistd.h>

static void
on_message(struct ipc *ipc, const struct msg_hdr *h, const void *payload,
    int fd)
{
	struct runner *r = container_of(ipc, struct runner, ipc);
	const struct msg_stop *stop = payload;

	if (fd != -1)
		close(fd);
	if (h->type == MSG_STOP && h->len == sizeof(*stop))
		runner_stop(r, stop->deadline_ms / 1000.0);
	else if (h->type == MSG_LOG_LEVEL
	    && h->len == sizeof(struct msg_log_level))
		contract_log_level(payload);
	else
		log_error("the supervisor sends %s, which makes no sense here",
		    contract_msg_name(h->type));
}

static void
on_gone(struct ipc *ipc, const char *why)
{
	struct runner *r = container_of(ipc, struct runner, ipc);

	log_debug("the supervisor is gone (%s)", why);
	if (!r->stopping && !orphan_begin(&r->orphan))
		runner_stop(r, r->config.stop_timeout_s);
}

static void
describe(struct orphan *o, struct msg_adopt *m)
{
	const struct runner *r = container_of(o, struct runner, orphan);

	m->generation = r->generation;
	m->ready = 1;
	m->newest = (uint32_t)r->guest.pid;
	m->handler_sum = config_diff_client_sum(r->client);
}

static void
on_adopted(struct orphan *o)
{
}

static void
on_leave(struct orphan *o, const char *why)
{
	struct runner *r = container_of(o, struct runner, orphan);

	log_notice("the bot is stopped as an orphan: %s", why);
	runner_stop(r, r->config.stop_timeout_s);
}

static const struct orphan_ops orphan_ops = {.describe = describe,
    .adopted = on_adopted,
    .leave = on_leave};

void
runner_channel_open(struct runner *r)
{
	struct msg_hello hello = {.pid = (int32_t)getpid(),
	    .generation = r->generation};

	str_copy(hello.build, SHARDHERD_VERSION, sizeof(hello.build));
	ipc_open(&r->ipc, r->loop, CONTRACT_FD_CONTROL, "supervisor",
	    on_message, on_gone);
	orphan_init(&r->orphan, r->timers, &r->ipc, &r->config, CONTRACT_RUNNER,
	    -1, inherit_log(), &r->nonce, &orphan_ops);
	ipc_send(&r->ipc, MSG_HELLO, -1, r->generation, &hello, sizeof(hello),
	    -1);
}

void
runner_channel_up(struct runner *r)
{
	struct msg_guest m = {.pid = (int32_t)r->guest.pid};

	ipc_send(&r->ipc, MSG_GUEST, -1, r->generation, &m, sizeof(m), -1);
}

void
runner_channel_words(struct runner *r)
{
	struct msg_words m;

	str_copy(m.text, r->words, sizeof(m.text));
	ipc_send(&r->ipc, MSG_WORDS, -1, r->generation, &m, sizeof(m), -1);
}
