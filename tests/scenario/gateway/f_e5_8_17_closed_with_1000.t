#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""discord-protocol.md 8.17: a server that closes with 1000 has not been asked to
stop by us.  Every shard resumes, in the same process; after our own stop none
does."""
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario
from ordeal import healthy

SHARDS = 4


def main(t):
    sim = t.sim(shards=SHARDS)
    fleet = t.fleet(sim)
    fleet.start()
    sim.settle()
    pids = fleet.shard_pids()
    for code in (1000, 1001):
        resumes = sim.totals()["resumes_ok"]
        sim.ctl("close", "all", code)
        for shard in range(SHARDS):
            sim.ctl("message", shard, "while you were away")
        sim.wait("resumes_ok>=%d,connected=%d" % (resumes + SHARDS, SHARDS))
        fleet.wait_ready()
        sim.settle()
        t.equal(fleet.shard_pids(), pids, "%d: the same processes" % code)
    t.equal([s["closes"].get("1000") for s in fleet.status()["shards"]],
        [1] * SHARDS, "8.17: status counts what the server did")
    healthy(t, fleet)
    t.nothing_lost(sim, identifies=SHARDS)
    connects = sim.totals()["connects"]
    fleet.stop()
    t.equal(sim.totals()["connects"], connects,
        "8.17: what we asked for ourselves is final")
    t.equal(fleet.cli("status").returncode, 2, "8.17: and down")


scenario(main)
