/* SPDX-License-Identifier: MIT */
/* See orphan.h. */
#include "shared/wire/orphan.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "shared/base/clock.h"
#include "shared/config/config_diff.h"
#include "shared/base/log.h"
#include "shared/base/version.h"

static void on_timer(struct timer *);

void
orphan_init(struct orphan *o, struct timers *timers, struct ipc *ipc,
    const struct config *c, enum contract_role role, int32_t shard, int log_fd,
    const struct nonce *nonce, const struct orphan_ops *ops)
{
	static const enum config_reload class[CONTRACT_ROLES] = {
	    [CONTRACT_SHARD] = CONFIG_RELOAD_HANDLER,
	    [CONTRACT_HANDLER] = CONFIG_RELOAD_HANDLER,
	    [CONTRACT_RUNNER] = CONFIG_RELOAD_HANDLER,
	    [CONTRACT_GATE] = CONFIG_RELOAD_GATE,
	    [CONTRACT_WEB] = CONFIG_RELOAD_WEB,
	};

	memset(o, 0, sizeof(*o));
	o->ops = ops;
	o->ipc = ipc;
	o->on_msg = ipc->on_msg;
	o->on_gone = ipc->on_gone;
	o->loop = ipc->loop;
	o->limit_s = c->orphan_time_s;
	o->role = role;
	o->shard = shard;
	o->log_fd = log_fd;
	timer_init(timers, &o->timer, on_timer);
	if (nonce == NULL
	    || !str_format(o->path, sizeof(o->path), "%s/%s", c->run_dir,
		CONTRACT_ADOPT_SOCK))
		o->path[0] = '\0';
	if (nonce != NULL)
		o->nonce = *nonce;
	o->intents = c->intents;
	o->fleet_sum = config_diff_sum(c, CONFIG_RELOAD_FLEET);
	o->shards_sum = config_diff_sum(c, CONFIG_RELOAD_SHARDS);
	o->handler_sum = config_diff_sum(c, class[role]);
}

static void
look_again(struct orphan *o)
{
	timer_set(&o->timer,
	    o->looks++ < ORPHAN_LOOKS ? ORPHAN_LOOK_S : ORPHAN_SELDOM_S);
}

void
orphan_end(struct orphan *o)
{
	timer_stop(&o->timer);
	if (o->calling)
		ipc_close(o->ipc);
	o->calling = false;
	o->since_ms = 0;
}

static void
leave(struct orphan *o, const char *why)
{
	orphan_end(o);
	o->ops->leave(o, why);
}

/* ---- a call --------------------------------------------------------- */

static void
on_msg(struct ipc *ipc, const struct msg_hdr *h, const void *payload, int fd)
{
	struct orphan *o = ipc->arg;
	const struct msg_refused *no = ipc_payload(h, payload, sizeof(*no));
	char why[sizeof(no->text)];

	if (fd != -1)
		close(fd);
	if (h->type == MSG_ADOPTED) {
		timer_stop(&o->timer);
		o->calling = false;
		o->since_ms = 0;
		ipc->on_msg = o->on_msg;
		ipc->on_gone = o->on_gone;
		o->ops->adopted(o);
	} else if (h->type == MSG_REFUSED && no != NULL) {
		str_copy(why, no->text, sizeof(why));
		leave(o, why);
	}
}

static void
on_gone(struct ipc *ipc, const char *why)
{
	struct orphan *o = ipc->arg;
	char text[200];

	o->calling = false;
	/* ipc.c's word for another contract: it can't ever take us. */
	if (strstr(why, "contract version") == NULL) {
		look_again(o);
		return;
	}
	str_format(text, sizeof(text), "the new supervisor %s", why);
	leave(o, text);
}

/* Of our own user, or root's. */
static bool
trusted(int fd)
{
	struct ucred u;
	socklen_t len = sizeof(u);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &u, &len) == 0
	    && (u.uid == 0 || u.uid == geteuid());
}

static int
dial(const struct orphan *o)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0);

	if (fd == -1)
		return -1;
	str_copy(sa.sun_path, o->path, sizeof(sa.sun_path));
	if (connect(fd, (const struct sockaddr *)&sa, sizeof(sa)) == 0
	    && trusted(fd))
		return fd;
	close(fd);
	return -1;
}

static void
call(struct orphan *o, int fd)
{
	struct msg_adopt m = {.pid = (int32_t)getpid(),
	    .role = o->role,
	    .intents = o->intents,
	    .fleet_sum = o->fleet_sum,
	    .shards_sum = o->shards_sum,
	    .handler_sum = o->handler_sum};

	str_copy(m.build, SHARDHERD_VERSION, sizeof(m.build));
	memcpy(m.nonce, o->nonce.bytes, sizeof(m.nonce));
	memcpy(m.seal, o->nonce.seal, sizeof(m.seal));
	o->ops->describe(o, &m);
	ipc_open(o->ipc, o->loop, fd, "supervisor", on_msg, on_gone);
	o->ipc->arg = o;
	o->calling = true;
	timer_set(&o->timer, ORPHAN_ANSWER_S);
	ipc_send(o->ipc, MSG_ADOPT, o->shard, 0, &m, sizeof(m), o->log_fd);
}

static bool
time_over(const struct orphan *o)
{
	return clock_boot_ms() - o->since_ms >= (uint64_t)(o->limit_s * 1000);
}

static void
say_once(struct orphan *o)
{
	if (o->said || clock_boot_ms() - o->since_ms < ORPHAN_SAY_MS)
		return;
	o->said = true;
	log_warn("there is no supervisor any more: this process goes on for "
		 "%.0f s and waits for the next one",
	    o->limit_s);
}

static void
on_timer(struct timer *t)
{
	struct orphan *o = container_of(t, struct orphan, timer);
	int fd;

	if (o->calling)
		ipc_close(o->ipc);
	o->calling = false;
	if (time_over(o)) {
		leave(o,
		    "no supervisor has come back within [limits] orphan_time");
		return;
	}
	say_once(o);
	fd = o->path[0] != '\0' ? dial(o) : -1;
	if (fd != -1)
		call(o, fd);
	else
		look_again(o);
}

bool
orphan_begin(struct orphan *o)
{
	ipc_close(o->ipc);
	if (o->limit_s <= 0)
		return false;
	o->since_ms = clock_boot_ms();
	o->looks = 0;
	o->said = false;
	look_again(o);
	return true;
}
