#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""discord-protocol.md 8.11: 4014 and 4013 taken for "reconnect" burn an IDENTIFY
a round until the token is reset.  Here the whole fleet stops asking at the first
one, the next start asks Discord before it spends any, and once the portal is put
right one command lets it go on."""
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario

SHARDS = 4
ALL_FLAGS = 565248	# every privileged intent is allowed


def void_all(sim):
    for shard in range(SHARDS):
        sim.ctl("op", shard, 9, "false")


def held(t, fleet, what):
    fleet.wait_status(lambda s: s["cluster"]["state"] == "held", what)


def taken_away(t):
    """The intent goes while the fleet runs, and every session with it."""
    # So slow a key that a second IDENTIFY would be one that was not stopped.
    sim = t.sim(shards=SHARDS, max_concurrency=1, identify_interval="2s")
    fleet = t.fleet(sim, {"gateway.identify_interval": "3s"})
    fleet.start()
    sim.settle()
    before = sim.totals()["identifies"]
    sim.ctl("set", "flags", 0)
    void_all(sim)
    held(t, fleet, "8.11: the fleet is held")
    t.equal(fleet.cli("status").returncode, 2, "8.11: status says 2")
    t.match(fleet.cli("status").stdout, "intent", "8.11: and why")
    t.equal(sim.totals()["identifies"] - before, 1,
        "8.11: one IDENTIFY, not one a shard")
    fleet.cli("stop")
    t.sentence(fleet.cli("start"), 78, "MESSAGE_CONTENT",
        "8.11: the next start is told before it spends one")
    t.sentence(fleet.cli("ensure"), 78, "MESSAGE_CONTENT",
        "8.11: so is cron's ensure")
    t.equal(sim.totals()["identifies"] - before, 1,
        "8.11: neither cost an IDENTIFY")
    sim.ctl("set", "flags", ALL_FLAGS)
    fleet.start()
    t.equal(sim.totals()["identifies"] - before, 1 + SHARDS,
        "8.11: put right, each shard IDENTIFYs once")
    fleet.stop()


def unknown_bits(t):
    """4013 in answer to IDENTIFY."""
    sim = t.sim(shards=SHARDS, max_concurrency=1, identify_interval="2s")
    fleet = t.fleet(sim, {"gateway.identify_interval": "3s"})
    fleet.start()
    before = sim.totals()["identifies"]
    sim.ctl("close", 0, 4013)
    fleet.wait_status(lambda s: s["shards"][0]["state"] == "held"
        or not s["shards"][0]["pid"], "4013: the shard is held")
    t.equal(fleet.cli("status").returncode, 2, "4013: status says 2")
    t.equal(sim.totals()["identifies"], before, "4013: no IDENTIFY is spent")
    fleet.stop()


def main(t):
    taken_away(t)
    unknown_bits(t)


scenario(main)
