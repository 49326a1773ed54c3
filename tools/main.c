/* SPDX-License-Identifier: MIT */
/*
 * The one program: the CLI for people; handler, gate, runner, web, the tap of a plugin
 * under test, or a step of an upgrade, when we exec ourselves.
 */
#include "handler/gate/gate.h"
#include "handler/handler.h"
#include "shared/wire/contract.h"
#include "shared/process/inherited.h"
#include "shared/process/proctitle.h"
#include "handler/runner/runner.h"
#include "shard/shard.h"
#include "supervisor/supervisor.h"
#include "supervisor/upgrade/upgrade_handoff.h"
#include "supervisor/upgrade/upgrade_check.h"
#include "tools/cli/cli_main.h"
#include "tools/cli/plugin_test/tap.h"
#include "tools/web/web.h"

#include <string.h>

static int
supervise(struct supervisor_args *a)
{
	a->shard_main = shard_main;
	return supervisor_main(a);
}

int
main(int argc, char **argv)
{
	bool arrives = argc > 1
	    && strcmp(argv[1], CONTRACT_ROLE_SUPERVISOR) == 0;

	inherited_settle(arrives);
	proctitle_init(argc, argv);
	if (argc > 1 && strcmp(argv[1], CONTRACT_ROLE_HANDLER) == 0)
		return handler_main(argc - 2, argv + 2);
	if (argc > 1 && strcmp(argv[1], CONTRACT_ROLE_GATE) == 0)
		return gate_main(argc - 2, argv + 2);
	if (argc > 1 && strcmp(argv[1], CONTRACT_ROLE_RUNNER) == 0)
		return runner_main(argc - 2, argv + 2);
	if (argc > 1 && strcmp(argv[1], CONTRACT_ROLE_WEB) == 0)
		return web_main(argc - 2, argv + 2);
	if (argc > 1 && strcmp(argv[1], TAP_ROLE) == 0)
		return tap_main(argc - 2, argv + 2);
	if (argc > 1 && strcmp(argv[1], CONTRACT_ROLE_EXAMINE) == 0)
		return upgrade_check_main(argc - 2, argv + 2);
	if (arrives)
		return upgrade_handoff_main(argc - 2, argv + 2, argv,
		    supervise);
	return cli_main(argc, argv, supervise);
}
