/* SPDX-License-Identifier: MIT */
/*
 * See plugin_files.h.  The assembler takes the files in; make, which runs it
 * in the folder of the sources, knows that this depends on them.
 */
#include "tools/cli/plugin/plugin_files.h"

#define X(name, path)                                                          \
	__asm__(".section .rodata\n"                                           \
		".global plugin_files_" #name "\n"                             \
		".type plugin_files_" #name ", %object\n"                      \
		"plugin_files_" #name ":\n"                                    \
		".incbin \"" path "\"\n"                                       \
		".byte 0\n"                                                    \
		".size plugin_files_" #name ", .-plugin_files_" #name "\n"     \
		".previous\n");
PLUGIN_FILES(X)
#undef X
