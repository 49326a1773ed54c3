#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""E2: many short processes use the store while shards come and go, and while
nobody else has it open: none of them fails (with LMDB 0.9.27 to 0.9.31 some
did, "Cannot open the store: Invalid argument")."""
import concurrent.futures
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario
from processes import kill

CALLS = 120
AT_ONCE = 6


def calls(t, fleet, what):
    verbs = (["db", "stat"], ["budget", "--json"], ["db", "dump"])
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        done = list(pool.map(lambda n: fleet.cli(*verbs[n % len(verbs)]),
            range(CALLS)))
    bad = ["%d: %s" % (d.returncode, d.stderr.strip()) for d in done
        if d.returncode != 0]
    t.equal(bad[:3], [], "%d CLI calls, %s" % (CALLS, what))


def main(t):
    sim = t.sim(shards=4, max_concurrency=4, identify_interval="200ms")
    fleet = t.fleet(sim)
    fleet.start()
    for shard in range(4):
        kill(fleet.shard(shard)["pid"])
    calls(t, fleet, "shards start meanwhile")
    fleet.wait_ready()
    t.nothing_lost(sim, identifies=4)
    fleet.stop()
    calls(t, fleet, "no fleet is there")


scenario(main)
