#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A static binary and a dynamic one never share a store: LMDB's locks of musl
and of glibc wait for each other for ever.  The one that did not make the store
refuses with a sentence, at once, and changes nothing."""
import os
import subprocess
import sys

sys.path.append(sys.path[0] + "/../lib")
import herd

CONFIG = 78
AT_ONCE_S = 5		# a deadlock would be for ever


def libc(binary):
    done = subprocess.run([binary, "--version"], capture_output=True,
        text=True, check=True)
    return "glibc" if "\nglibc" in done.stdout else "musl"


def tree(path):
    found = {}
    for folder, _, names in os.walk(path):
        for name in names:
            with open(os.path.join(folder, name), "rb") as f:
                found[os.path.join(folder, name)] = f.read()
    return found


def refused(t, fleet, other, *args):
    mine, fleet.binary = fleet.binary, other
    done = fleet.cli(*args, timeout=AT_ONCE_S)
    fleet.binary = mine
    t.sentence(done, CONFIG, "%s.*%s" % (libc(mine), libc(other)),
        "%s by %s on the store of %s" % (" ".join(args), libc(other),
            libc(mine)))


def one_way(t, mine, other):
    sim = t.sim(shards=2, rate=100)
    fleet = t.fleet(sim)
    fleet.binary = mine
    fleet.start()
    refused(t, fleet, other, "db", "stat")
    refused(t, fleet, other, "db", "dump")
    sim.settle()
    fleet.stop()
    before = tree(fleet.path("state", "db"))
    refused(t, fleet, other, "start")
    t.ok(tree(fleet.path("state", "db")) == before, "the store is untouched")
    fleet.start()
    fleet.must("db", "stat")
    fleet.stop()
    # What the sentence advises: the other one takes over, sessions and all.
    os.unlink(fleet.path("state", "db", "meta"))
    os.unlink(fleet.path("state", "db", "lock.mdb"))
    fleet.binary = other
    fleet.start()
    fleet.stop()
    t.nothing_lost(sim, identifies=2)


def main(t):
    one_way(t, herd.STATIC, herd.SHARDHERD)
    one_way(t, herd.SHARDHERD, herd.STATIC)


herd.need_static()
if libc(herd.SHARDHERD) == libc(herd.STATIC):
    herd.skip("both binaries have the same C library")
herd.scenario(main)
