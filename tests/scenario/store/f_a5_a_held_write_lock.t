#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A5: another process writes to the store and does not end: the supervisor, the
shards and the handler go on, no IDENTIFY is sent that is not in the ledger
(I3), and what had to wait is written once it can be."""
import fcntl
import json
import os
import socket
import sys
import time

sys.path.append(sys.path[0] + "/../lib")
from herd import ROOM, in_time, scenario

# The supervisor used to stand still for 10 s a write.
PING_S = 8		# of a quiet machine


def ping(fleet):
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(ROOM * PING_S)
        s.connect(fleet.path("run", "control.sock"))
        s.sendall(b'{"cmd":"ping"}\n')
        return b"pid" in s.recv(4096)


def pings(fleet, n):
    done = 0
    try:
        for _ in range(n):
            began = time.monotonic()
            done += ping(fleet) and in_time(began, PING_S)
    except socket.timeout:
        pass
    return done


def says(words):
    return lambda s: any(words in str(n) for n in
        [s["cluster"].get("note", "")] + [x["note"] for x in s["shards"]])


def main(t):
    sim = t.sim(shards=4, max_concurrency=4, identify_interval="200ms")
    fleet = t.fleet(sim)
    fleet.start()
    t.equal(sim.totals()["identifies"], 4, "four IDENTIFYs")
    lock = os.open(fleet.path("state", "db", "write.lock"), os.O_RDWR)
    fcntl.flock(lock, fcntl.LOCK_EX)
    sim.ctl("op", "0", "9", "false")
    sim.ctl("op", "1", "9", "false")
    sim.ctl("rate", "200")
    fleet.wait_status(says("another process is writing to the store"),
        "status says what the IDENTIFYs wait for")
    t.equal(pings(fleet, 20), 20, "the control socket answers meanwhile")
    sim.wait("handled>=1000")
    t.equal(sim.totals()["identifies"], 4, "nothing was sent unrecorded")
    budget = json.loads(fleet.must("budget", "--json"))
    t.ok(budget, "the CLI reads the ledger meanwhile")
    t.equal(fleet.cli("db", "stat").returncode, 0, "db stat works meanwhile")
    os.close(lock)
    fleet.wait_ready()
    sim.ctl("rate", "0")
    sim.settle()
    t.nothing_lost(sim, identifies=6)
    t.equal(fleet.status()["budget"]["identifies_24h"], 6,
        "all of them are in the ledger")
    t.equal(fleet.shard(2)["identifies"], 1, "the others kept their sessions")
    fleet.stop()


scenario(main)
