/* SPDX-License-Identifier: MIT */
/*
 * The tap between a handler and a plugin under test: passes on what both say,
 * byte for byte, and writes it down, line by line, before it does.  It ends as
 * the plugin ended.
 *
 * A line of the record: MILLISECONDS TAG TEXT, with clock_boot_ms().
 */
#ifndef TOOLS_CLI_PLUGIN_TEST_TAP_H
#define TOOLS_CLI_PLUGIN_TEST_TAP_H

#define TAP_ROLE "--role=tap" /* hidden first argument */

#define TAP_STARTED '^' /* its process id */
#define TAP_IN '<'	/* to the plugin */
#define TAP_OUT '>'	/* from the plugin */
#define TAP_ERR '!'	/* its standard error */
#define TAP_ENDED '='	/* "exit N" or "signal N" */
#define TAP_CUT '+'	/* behind a tag: the line was longer than this */

#define TAP_LINE_MAX (1 << 20)

/* RECORD FOLDER PROGRAM [ARGUMENT ...]: the exit code. */
int tap_main(int argc, char **argv);

#endif
