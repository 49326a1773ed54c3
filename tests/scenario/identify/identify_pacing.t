#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""I3: one IDENTIFY per key and interval: 16 shards with max_concurrency 4
take four windows, and the simulator, which closes on what comes too soon, has
no complaint.  A second fleet does two shards at Discord's full length."""
import sys
import time

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario


def paced(t, sim, shards, least, **changes):
    fleet = t.fleet(sim, {"gateway." + k: v for k, v in changes.items()})
    begin = time.monotonic()
    fleet.start()
    took = time.monotonic() - begin
    t.ok(took >= least, "%d shards took %.1f s, at least %g" % (shards, took,
        least))
    t.nothing_lost(sim, identifies=shards)
    shards = fleet.status()["shards"]
    t.equal({s["identifies"] for s in shards}, {1}, "one each, says status")
    budget = fleet.status()["budget"]
    t.equal(budget["identifies_24h"], len(shards), "all are in the ledger")
    t.equal(budget["remaining"], 1000 - len(shards), "the budget went down")
    fleet.stop()


def main(t):
    # The permits' margin of 100 ms is no bound on how late one IDENTIFY may be.
    paced(t, t.sim(max_concurrency=4, identify_interval="600ms"), 16, 3,
        identify_interval="1s")
    paced(t, t.sim(shards=2, max_concurrency=1, identify_interval="5s",
        heartbeat_interval="41250ms"), 2, 5)


scenario(main)
