/* SPDX-License-Identifier: MIT */
/*
 * This room: the web process (shardherd-web(7)): metrics, health and status
 * by HTTP, and the same pushed to an URL.
 *
 * It formats what shared/view reads and shared/page judges, asks no process
 * anything, and nobody needs it: it lives on when the others are gone, to say
 * so.  It has no token, writes nothing but state_dir/web, and is caged.
 */
#ifndef TOOLS_WEB_WEB_H
#define TOOLS_WEB_WEB_H

/* The role: argv is the config's path and the generation.  Exit code. */
int web_main(int argc, char **argv);

#endif
