/* SPDX-License-Identifier: MIT */
#include "tests/unit/shared/store/store_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

int
store_rig_open(struct store_rig *t)
{
	memset(t, 0, sizeof(*t));
	if (scratch_make(t->dir, sizeof(t->dir)) == -1)
		return -1;
	return store_init(&t->store, t->dir, &t->err);
}

int
store_rig_close(struct store_rig *t)
{
	return scratch_remove(t->dir);
}

struct store_session
store_rig_session(uint32_t shard, const char *id, uint64_t seq)
{
	struct store_session s = {.shard = shard,
	    .shard_count = 16,
	    .identity = 7,
	    .intents = 513,
	    .seq = seq,
	    .ready_ms = 1000};

	str_copy(s.id, id, sizeof(s.id));
	str_copy(s.url, "wss://resume.example", sizeof(s.url));
	return s;
}

pid_t
store_rig_spawn(void (*body)(int), int arg)
{
	pid_t pid = fork();

	assert_int_not_equal(pid, -1);
	if (pid != 0)
		return pid;
	alarm(600);
	body(arg);
	_exit(0);
}
