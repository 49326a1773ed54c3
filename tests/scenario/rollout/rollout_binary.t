#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""I1, I4: after `upgrade`, `rollout` moves the shards to the new program under
load, those of an earlier supervisor too; and back the same way."""
import sys

sys.path.append(sys.path[0] + "/../lib")
import nextver
from herd import PATIENT, scenario

SHARDS = 4
RATE = 400


def versions(fleet):
    return {s["version"] for s in fleet.status()["shards"]}


def moved(t, sim, fleet, binary, version):
    """upgrade, then rollout: only then the shards are of that version."""
    before = fleet.shard_pids()
    fleet.must("upgrade", binary, "--no-handler")
    t.equal(fleet.shard_pids(), before, "upgrade: the same shards")
    t.ok(version not in versions(fleet), "which run the other version")
    t.match(fleet.cli("status").stdout, "%d of %d shards run an older program"
        % (SHARDS, SHARDS), "status says so")
    t.equal(fleet.cli("rollout", "status").returncode, 1, "so does rollout "
        "status")
    t.match(fleet.must("rollout"), "%d of %d shards were replaced and are well"
        % (SHARDS, SHARDS), "rollout replaces them")
    t.equal(versions(fleet), {version}, "all are of version %s" % version)
    t.equal(fleet.cli("rollout", "status").returncode, 0, "none is behind")
    sim.wait("handled>=%d" % (sim.totals()["handled"] + RATE // 2))


def main(t):
    sim = t.sim(rate=RATE, shards=SHARDS, guilds=16)
    fleet = t.fleet(sim, {"rollout.pause": "500ms", "handler.probation": "0"})
    fleet.start()
    sim.wait("handled>=%d" % RATE)
    old = fleet.status()["cluster"]["version"]
    new = fleet.path("next")
    version = nextver.another(fleet.binary, new)
    pid = fleet.supervisor_pid()
    moved(t, sim, fleet, new, version)
    moved(t, sim, fleet, fleet.binary, old)
    t.equal(fleet.supervisor_pid(), pid, "the same supervisor")
    # Shards that are not our children: they end without our being told how.
    fleet.kill_supervisor()
    before = fleet.shard_pids()
    fleet.must("ensure", PATIENT)
    t.equal(fleet.shard_pids(), before, "the next one takes the shards over")
    t.equal(fleet.cli("rollout", "status").returncode, 0, "none is behind")
    t.match(fleet.must("rollout", "--all"), "were replaced and are well",
        "shards of an earlier supervisor are replaced as well")
    t.equal([s["crashes"] for s in fleet.status()["shards"]], [{}] * SHARDS,
        "nothing counts as a crash")
    sim.settle()
    t.nothing_lost(sim, identifies=SHARDS)
    t.equal(sim.totals()["connects"], 4 * SHARDS, "one connection each time")
    fleet.stop()


scenario(main)
