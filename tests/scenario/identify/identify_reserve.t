#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""I3: at the reserve no shard IDENTIFYs by itself, live sessions go on; an
operator lets one pass; at 0 nobody passes and the reset is waited for."""
import json
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario, wait_until


def queued(status, count):
    return [s["state"] for s in status["shards"]].count("queued") == count


def main(t):
    sim = t.sim(shards=4)
    fleet = t.fleet(sim, {"limits.reserve": 30})
    fleet.start()
    t.equal(fleet.cli("budget").returncode, 0, "above the reserve: 0")
    sim.ctl("set", "remaining", 30)
    wait_until(lambda: fleet.cli("budget", "--ask").returncode == 1,
        "Discord says 30, which is the reserve")
    sim.ctl("expire", 1)
    sim.ctl("expire", 2)
    fleet.wait_status(lambda s: queued(s, 2), "both wait for a permit")
    t.equal(sim.totals()["identifies"], 4, "no IDENTIFY at the reserve")
    done = fleet.cli("budget", "--json")
    t.equal(done.returncode, 1, "budget at the reserve: exit 1")
    t.equal(json.loads(done.stdout)["budget"]["reserve"], 30, "the reserve")
    t.match(fleet.cli("budget").stdout, "only an operator", "budget says so")
    t.match(fleet.status()["cluster"]["note"], "reserve", "so does status")
    t.equal(fleet.cli("status").returncode, 1, "status is degraded")
    t.equal([s["state"] for s in fleet.status()["shards"]][::3],
        ["ready", "ready"], "the other sessions live on")

    t.equal(fleet.cli("shard", "1", "identify").returncode, 64,
        "identify without --force: usage")
    t.sentence(fleet.cli("shard", "0", "identify", "--force"), 75,
        "does not wait", "a shard with a session needs none")
    fleet.must("shard", "1", "identify", "--force")
    fleet.wait_status(lambda s: s["shards"][1]["state"] == "ready",
        "--force lets shard 1 pass")
    t.ok(queued(fleet.status(), 1), "shard 2 still waits")
    t.equal(sim.totals()["identifies"], 5, "one IDENTIFY was spent")
    entries = json.loads(fleet.cli("budget", "--json").stdout)["entries"]
    t.equal([e["forced"] for e in entries], [False] * 4 + [True],
        "the ledger tells who asked for it")
    fleet.cli("budget", "--force", "1")
    fleet.wait_status(lambda s: s["shards"][2]["state"] == "ready",
        "budget --force 1 lets shard 2 pass")
    t.equal(fleet.status()["budget"]["forced_left"], 0, "the leave is used")

    sim.ctl("set", "remaining", 0)
    sim.ctl("set", "reset-after", "600s")
    wait_until(lambda: fleet.cli("budget", "--ask").returncode == 2,
        "0 left: budget's exit is 2")
    sim.ctl("expire", 3)
    fleet.wait_status(lambda s: queued(s, 1), "shard 3 waits for a permit")
    t.sentence(fleet.cli("shard", "3", "identify", "--force"), 75,
        "no IDENTIFY is left", "nobody forces the last one")
    t.equal(sim.totals()["identifies"], 6, "none was spent at 0")
    sim.ctl("set", "reset-after", "5s")
    fleet.cli("budget", "--ask")
    fleet.wait_ready(timeout=60)
    t.equal(sim.totals()["identifies"], 7, "after the reset it goes by "
        "itself")
    t.equal(sim.totals()["violations"], 0, "the simulator has no complaint")
    fleet.stop()


scenario(main)
