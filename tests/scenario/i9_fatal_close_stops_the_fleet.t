#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""I9: a cause common to all (token revoked, intents refused) stops the fleet
at once, instead of burning an IDENTIFY per shard and try."""
from herd import scenario, wait_until


def one(t, code, word):
    sim = t.sim(shards=4)
    fleet = t.fleet(sim)
    fleet.start()
    sim.ctl("close", 0, code)
    wait_until(lambda: not any(s["connected"]
        for s in sim.report()["shards"]), "all shards leave after %d" % code)
    t.match(fleet.log_text(), word, "%d: the log says what it means" % code)
    t.ok(fleet.cli("status").returncode in (1, 2), "status is not well")
    t.equal(sim.totals()["identifies"], 4, "%d: no IDENTIFY was spent" % code)
    fleet.cli("stop")


def main(t):
    one(t, 4004, "token")
    one(t, 4014, "intent")


scenario(main)
