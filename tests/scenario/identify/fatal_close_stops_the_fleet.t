#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""I9: a cause common to all stops all IDENTIFYs at once, instead of burning one
per shard and try, and leaves the sessions that live alone."""
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario


def connected(sim):
    return [s["id"] for s in sim.report()["shards"] if s["connected"]]


def revoked(t):
    sim = t.sim(shards=4)
    fleet = t.fleet(sim)
    fleet.start()
    sim.ctl("close", 0, 4004)
    fleet.wait_status(lambda s: s["cluster"]["state"] == "held",
        "4004: the fleet is held")
    t.equal(fleet.cli("status").returncode, 2, "4004: status says 2")
    t.equal(connected(sim), [1, 2, 3], "4004: the other sessions live on")
    t.match(fleet.log_text(), "token", "4004: the log names the token")
    t.equal(sim.totals()["identifies"], 4, "4004: no IDENTIFY was spent")
    fleet.stop()


def refused_later(t):
    sim = t.sim(shards=4)
    fleet = t.fleet(sim)
    fleet.start()
    sim.ctl("close", 0, 4014)
    fleet.wait_status(lambda s: s["shards"][0]["state"] == "held"
        or not s["shards"][0]["pid"], "shard 0 is held after 4014")
    t.equal(connected(sim), [1, 2, 3], "4014: the other sessions live on")
    t.equal(fleet.cli("status").returncode, 2, "4014: held, says status")
    t.match(fleet.cli("status").stdout, "intents",
        "4014: the table says it is the intents")
    t.equal(sim.totals()["identifies"], 4, "4014: no IDENTIFY was spent")
    fleet.stop()


def refused_at_start(t):
    sim = t.sim(shards=4)
    sim.ctl("set", "flags", 0)
    fleet = t.fleet(sim)
    t.sentence(fleet.cli("start"), 78, "MESSAGE_CONTENT",
        "an intent the application does not have")
    t.equal(sim.totals()["identifies"], 0, "no IDENTIFY was spent")


def main(t):
    revoked(t)
    refused_later(t)
    refused_at_start(t)


scenario(main)
