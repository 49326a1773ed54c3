#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""I3: 4011 while running: the fleet asks for a fitting shard count and starts
the new layout by itself, but not without the budget for it, and not when the
count is the operator's."""
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario, wait_until


def note(status):
    return status["cluster"]["note"] or ""


def outgrown(t):
    sim = t.sim(shards=2)
    fleet = t.fleet(sim)
    fleet.start()
    pid = fleet.supervisor_pid()
    sim.ctl("set", "shards", 4)
    sim.ctl("set", "remaining", 28)
    sim.ctl("close", 1, 4011)
    fleet.wait_status(lambda s: "above the reserve" in note(s),
        "too little budget: it waits, and says so")
    t.equal(sim.totals()["identifies"], 2, "nothing was spent")
    t.equal(fleet.status()["shards"][0]["state"], "ready", "shard 0 lives on")
    sim.ctl("set", "remaining", 900)
    fleet.shards = 4
    wait_until(lambda: fleet.cli("budget", "--ask").returncode == 0,
        "Discord is asked again")
    fleet.wait_ready(timeout=60)
    status = fleet.status()
    t.equal(status["cluster"]["shard_count"], 4, "4 shards now")
    t.equal(status["cluster"]["pid"], pid, "of the same supervisor")
    t.equal(sim.totals()["identifies"], 6, "4 IDENTIFYs for the new layout")
    fleet.wait_status(lambda s: not note(s), "nothing to complain of")
    sim.ctl("message", 3, "hello")
    sim.settle()
    fleet.stop()
    fleet.start()
    t.equal(sim.totals()["identifies"], 6, "its sessions outlive a restart")
    fleet.stop()


def by_hand(t):
    sim = t.sim(shards=2)
    fleet = t.fleet(sim, {"gateway.shards": 2})
    fleet.start()
    sim.ctl("set", "shards", 4)
    sim.ctl("close", 0, 4010)
    fleet.wait_status(lambda s: s["cluster"]["state"] == "held"
        and "make it auto" in note(s),
        "a count of the operator's is not changed")
    t.match(fleet.status()["cluster"]["note"], "4", "the recommended count")
    t.equal(sim.totals()["identifies"], 2, "nothing was spent")
    fleet.stop()
    t.equal(fleet.cli("start").returncode, 0, "it starts again")
    fleet.wait_status(lambda s: s["cluster"]["state"] == "held",
        "and is held at once, as nothing was changed")
    t.equal(sim.totals()["identifies"], 2, "and still nothing was spent")
    fleet.stop()


def main(t):
    outgrown(t)
    by_hand(t)


scenario(main)
