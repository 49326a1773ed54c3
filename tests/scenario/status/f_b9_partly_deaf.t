#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""F-B9: a session gets no more interactions while messages flow (protocol
8.31).  Status, check and why name it, an alert is sent, a RESUME does not make
it forgotten, and nothing IDENTIFYs for it."""
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import Failed, scenario, wait_until

USUAL = 40	# interactions, more than verdict.h wants for a rate


def told(fleet):
    try:
        with open(fleet.path("told"), encoding="utf-8") as f:
            return f.read()
    except OSError:
        return ""


def guild_of(sim, shard):
    for line in sim.ctl("guilds", 64).splitlines()[1:]:
        number = int(line.split()[1])
        if (number >> 22) % 2 == shard:
            return number
    raise Failed("no guild of shard %d" % shard)


def main(t):
    sim = t.sim(shards=2, rate=200)
    fleet = t.fleet(sim)
    fleet.program("tell", '#!/bin/sh\ncat >>"%s"\n' % fleet.path("told"))
    fleet.write_config({"alerts.exec": "tell", "alerts.silent_after": "3s"})
    fleet.start()
    guild = guild_of(sim, 1)
    for _ in range(USUAL):
        sim.ctl("interaction", guild, "x")
    fleet.wait_status(lambda s: s["shards"][1]["classes"]["interactions"]
        ["others_usual"] is not None, "it knows how often they come", 60)
    t.equal(fleet.cli("check").returncode, 0, "all is well so far")

    sim.ctl("withhold", 1, "INTERACTION_")
    fleet.wait_status(lambda s: s["shards"][1]["state"] == "partly deaf",
        "shard 1 is partly deaf", 90)
    status = fleet.status()
    t.equal(status["shards"][0]["state"], "ready", "shard 0 is ready")
    t.equal(status["cluster"]["shards_partly_deaf"], 1, "one is counted")
    t.equal(status["cluster"]["state"], "degraded", "the cluster is degraded")
    silent = {name: c["silent"]
        for name, c in status["shards"][1]["classes"].items()}
    t.equal(silent, {"messages": False, "interactions": True,
        "guild changes": False, "voice events": False, "events": False}, "of interactions")
    done = fleet.cli("status")
    t.equal(done.returncode, 1, "status: degraded")
    t.match(done.stdout, r"(?m)^\s*1\s+partly deaf", "the table says it")
    done = fleet.cli("check")
    t.equal(done.returncode, 1, "check: warning")
    t.match(done.stdout, "partly deaf.*no interactions", "check says it")
    t.match(fleet.cli("why", 1).stdout, "no interactions", "why says it")
    wait_until(lambda: "partly deaf" in told(fleet), "an alert is sent", 60)

    # A RESUME does not help, and does not hide it.
    sim.ctl("drop", 1)
    sim.wait("resumes_ok>=1", timeout=60)
    fleet.wait_status(lambda s: s["cluster"]["shards_ready"] == 2,
        "it is back", 60)
    t.equal(fleet.shard(1)["state"], "partly deaf", "still deaf after RESUME")

    sim.ctl("withhold", 1, "off")
    sim.ctl("interaction", guild, "x")
    fleet.wait_status(lambda s: s["shards"][1]["state"] == "ready",
        "it is ready again with the first interaction", 60)
    sim.ctl("pause")
    sim.settle(60)
    # Interactions pass other events on their way to the plugin; nobody answers.
    t.nothing_lost(sim, identifies=2, allow=("violations", "reordered"))
    fleet.stop()


scenario(main)
