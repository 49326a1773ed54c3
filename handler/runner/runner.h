/* SPDX-License-Identifier: MIT */
/*
 * This room: the process that is a bot's parent: it starts the bot of one
 * client, hears it, and ends with it.
 *
 * It lives as long as that one process of the bot does, outlives supervisor,
 * handler and gate, and tells the supervisor's successor of it.  Its own end
 * tells how the bot has ended: with the same exit code, by the same signal.
 * When it is killed, so is the bot.  It has the client's token for the bot,
 * and no other.
 */
#ifndef HANDLER_RUNNER_RUNNER_H
#define HANDLER_RUNNER_RUNNER_H

/* The role: argv is the config's path, the generation, which is the number of
 * the process in its token, and the client's name.  Exit code. */
int runner_main(int argc, char **argv);

#endif
