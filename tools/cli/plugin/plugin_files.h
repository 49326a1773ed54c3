/* SPDX-License-Identifier: MIT */
/*
 * The files `plugin new` writes, as they are in handler/plugins: they are in
 * the program itself, so that it needs nothing beside it.
 */
#ifndef TOOLS_CLI_PLUGIN_PLUGIN_FILES_H
#define TOOLS_CLI_PLUGIN_PLUGIN_FILES_H

#include "shared/base/base.h"

#define PLUGIN_FILES(X)                                                        \
	X(python, "handler/plugins/new/plugin.py")                             \
	X(node, "handler/plugins/new/plugin.js")                               \
	X(c, "handler/plugins/new/plugin.c")                                   \
	X(makefile, "handler/plugins/new/Makefile")                            \
	X(python_helper, "handler/plugins/shardherd.py")                       \
	X(node_helper, "handler/plugins/shardherd.js")                         \
	X(node_modules, "handler/plugins/shardherd.mjs")                       \
	X(node_types, "handler/plugins/shardherd.d.ts")                        \
	X(node_module_types, "handler/plugins/shardherd.d.mts")

/* plugin_files_NAME is its text, with a NUL behind it. */
#define X(name, path) extern const char plugin_files_##name[];
PLUGIN_FILES(X)
#undef X

#endif
