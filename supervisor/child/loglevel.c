/* SPDX-License-Identifier: MIT */
/* See loglevel.h. */
#include "supervisor/child/loglevel.h"

#include "supervisor/base/fleet_state.h"
#include "supervisor/child/member.h"
#include "supervisor/log/fleet_log.h"

void
loglevel_tell(struct member *c)
{
	struct msg_log_level m = {.level = c->fleet->logs->least};

	if (c->ipc.fd != -1)
		ipc_send(&c->ipc, MSG_LOG_LEVEL, member_shard(c), 0, &m,
		    sizeof(m), -1);
}

void
loglevel_set(struct fleet *f, enum log_level level)
{
	f->logs->least = level;
	log_set_level(level);
	f->member_ops->each(f, loglevel_tell);
}

void
loglevel_words(const struct fleet *f, char *out, size_t size)
{
	const char *now = log_level_name[f->logs->least];
	const char *file = log_level_name[f->config->log_level];

	if (now == file)
		str_format(out, size,
		    "The log level is %s, as the config says.", now);
	else
		str_format(out, size,
		    "The log level is %s until the supervisor is started again "
		    "or told otherwise; the config says %s.",
		    now, file);
}
