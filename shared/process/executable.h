/* SPDX-License-Identifier: MIT */
/*
 * Programs of others that we start: as execve() does it and no more.  No shell
 * runs what has no first line "#!", and why a program can't be run is told in
 * words: "No such file" is about the interpreter as often as about the file.
 */
#ifndef SHARED_PROCESS_EXECUTABLE_H
#define SHARED_PROCESS_EXECUTABLE_H

#include "shared/base/base.h"

/*
 * true when the file at path can't be run by us, with why, the end of a
 * sentence that begins with the path.  Reads its first bytes only; what it
 * can't judge (rights of another user, a machine's emulators) it lets pass.
 */
bool executable_fault(const char *path, char *why, size_t size);
/* In a child: becomes the program, or says on stderr why not and exits 127. */
void executable_run(const char *path, char *const *argv) noreturn_fn;

#endif
