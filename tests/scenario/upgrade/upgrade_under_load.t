#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""I4, issue 6: `upgrade` makes the supervisor another program, in the same
process and under load: the shards go on, the handler is replaced, nothing is
lost, and no descriptor is left behind."""
import shutil
import sys

sys.path.append(sys.path[0] + "/../lib")
import nextver
from herd import scenario, wait_until
from processes import alive, children, kill

RATE = 1000
ROUNDS = 10


def looked_at(t, fleet, new, version):
    before = fleet.status()
    done = fleet.cli("upgrade", new, "--dry-run")
    t.equal(done.returncode, 0, "upgrade --dry-run: exit status")
    t.match(done.stdout, "is version %s and accepts config and state"
        % version, "it says what was found")
    t.match(done.stdout, "16 shards and the handler would be taken over",
        "and what would happen")
    after = fleet.status()
    t.equal([after[k]["pid"] for k in ("cluster", "handler")],
        [before[k]["pid"] for k in ("cluster", "handler")],
        "nothing was changed")


def upgraded(t, fleet, new, version, old):
    before = fleet.status()
    plugins = children(before["handler"]["pid"])
    done = fleet.cli("upgrade", new)
    after = fleet.status()
    t.equal(done.returncode, 0, "upgrade: exit status")
    t.match(done.stdout, "Version %s runs, version %s before, .*: 16 of 16 "
        "shards were taken over" % (version, old), "it says how it went")
    t.match(done.stdout, "handler has passed its probation|there was no "
        "probation", "and what became of the handler")
    t.equal((after["cluster"]["pid"], after["cluster"]["version"]),
        (before["cluster"]["pid"], version), "the same process, another "
        "version")
    t.equal([s["pid"] for s in after["shards"]],
        [s["pid"] for s in before["shards"]], "the same shards")
    t.equal({s["version"] for s in after["shards"]}, {old},
        "which run what they ran")
    t.equal(after["handler"]["version"], version, "the handler is new")
    t.equal([p for p in plugins if alive(p)], [], "so are its plugins")
    t.match(fleet.cli("status").stdout, "16 of 16 shards still run another",
        "status says so")


def one_killed(t, fleet):
    """A shard dies as the programs change: it comes back once, and how it
    ended is known, as it is our child before and after."""
    pids = fleet.shard_pids()
    kill(pids[3])
    fleet.must("upgrade", "--no-handler")
    fleet.wait_status(lambda s: s["shards"][3]["pid"] not in (0, pids[3])
        and s["shards"][3]["state"] == "ready", "shard 3 is back")
    crashes = fleet.shard(3)["crashes"]
    t.equal(crashes, {"signal": 1}, "its crash is counted, as what it was")
    left = [p for p in children(fleet.supervisor_pid())
        if not alive(p)]
    t.equal(left, [], "nothing is left unburied")
    kill(fleet.shard_pids()[4])
    fleet.wait_status(lambda s: s["shards"][4]["crashes"] == {"signal": 1}
        and s["shards"][4]["state"] == "ready", "shard 4 is looked after "
        "as ever")


def main(t):
    sim = t.sim(rate=RATE)
    fleet = t.fleet(sim, {"handler.probation": "1s"})
    home = fleet.path("shardherd")
    shutil.copy2(fleet.binary, home)
    original, fleet.binary = fleet.binary, home
    fleet.start()
    sim.wait("handled>=%d" % RATE)
    old = fleet.status()["cluster"]["version"]
    version = nextver.another(original, fleet.path("next"))
    looked_at(t, fleet, fleet.path("next"), version)
    upgraded(t, fleet, fleet.path("next"), version, old)
    # Without a name it is the path it was started from, whatever is there.
    last = nextver.another(original, fleet.path("next"), "8")
    fleet.must("upgrade", "--no-handler")
    t.equal(fleet.status()["cluster"]["version"], last, "the default is the "
        "path the program was started from")
    early = None
    for i in range(ROUNDS - 2):
        fleet.must("upgrade", "--no-handler", "--wait")
        if i == 1:
            early = fleet.descriptors()
    t.equal(sim.totals()["connects"], 16, "no shard reconnected in %d "
        "upgrades" % ROUNDS)
    # Early on a client that had its answer may have been counted, too.
    wait_until(lambda: all(n <= early.get(pid, 0) for pid, n in
        fleet.descriptors().items()), "no process has more descriptors")
    t.ok(True, "same processes, no more descriptors")
    one_killed(t, fleet)
    fleet.must("reload")
    sim.wait("handled>=%d" % (sim.totals()["handled"] + RATE))
    sim.settle()
    t.nothing_lost(sim, identifies=16)
    t.equal(sim.totals()["connects"], 18, "the two that were killed resumed")
    everybody = children(fleet.supervisor_pid())
    fleet.stop()
    wait_until(lambda: not any(map(alive, everybody)), "stop ends all")
    t.ok(True, "nothing is left")


scenario(main)
