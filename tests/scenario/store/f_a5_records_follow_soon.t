#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A5: others write to the store most of the time as 16 shards become ready: no
loop waits for it, and every session is written soon all the same, as until
then the end of a shard would cost an IDENTIFY."""
import fcntl
import os
import sys
import threading

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario, wait_until
from processes import kill

HELD_S, FREE_S = 0.2, 0.04
SOON_S = 6			# a shard's tick is 10 s


def busy(path, end):
    """Another process' writes, one after the other."""
    while not end.wait(FREE_S):
        with open(path, "r+b") as f:
            fcntl.flock(f, fcntl.LOCK_EX)
            end.wait(HELD_S)


def sessions(fleet):
    return {x for x in fleet.must("db", "dump").split()
        if x.startswith("session/")}


def main(t):
    sim = t.sim(shards=16, max_concurrency=16, identify_interval="200ms")
    fleet = t.fleet(sim)
    fleet.start(ready=False)
    lock = fleet.path("state", "db", "write.lock")
    wait_until(lambda: os.path.exists(lock), "there is a store")
    end = threading.Event()
    other = threading.Thread(target=busy, args=(lock, end))
    other.start()
    fleet.wait_ready()
    end.set()
    other.join()
    wait_until(lambda: len(sessions(fleet)) == 16, "all sessions are written",
        timeout=SOON_S)
    for pid in fleet.shard_pids().values():
        kill(pid)
    sim.wait("resumes_ok=16")
    t.nothing_lost(sim, identifies=16)
    fleet.stop()


scenario(main)
