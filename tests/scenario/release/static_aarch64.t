#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The aarch64 binary under qemu-user: what needs no store, that is the config,
the CA file, TLS and REST.  qemu-user has no robust mutexes (get_robust_list is
not implemented), so LMDB refuses there, which the CLI must say."""
import os
import shutil
import stat
import sys

sys.path.append(sys.path[0] + "/../lib")
import herd

BINARY = os.path.join(herd.ROOT, "build-static", "aarch64", "shardherd")


def emulated(t, qemu):
    """A program for the fleet to run: the binary below qemu."""
    path = os.path.join(t.dir, "shardherd-aarch64")
    with open(path, "w", encoding="utf-8") as f:
        f.write('#!/bin/sh\nexec %s %s "$@"\n' % (qemu, BINARY))
    os.chmod(path, stat.S_IRWXU)
    return path


def main(t):
    sim = t.sim(shards=2)
    fleet = t.fleet(sim)
    fleet.binary = emulated(t, QEMU)
    t.match(fleet.must("--version"), "(?m)^musl", "--version")
    for words in ("config check", "config show", "token check"):
        t.equal(fleet.cli(*words.split()).returncode, 0, words)
    t.ok(sim.report()["rest"]["requests"] > 0, "the API was asked")
    t.sentence(fleet.cli("start"), 1, "store .*not implemented",
        "start without robust mutexes")


QEMU = shutil.which("qemu-aarch64-static") or shutil.which("qemu-aarch64")
herd.need_static(BINARY)
if QEMU is None:
    herd.skip("no qemu-aarch64-static here (qemu-user-static)")
herd.scenario(main)
