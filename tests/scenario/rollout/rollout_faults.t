#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""I1, I8: whatever dies or is refused in the middle of a rollout, the old
process goes on or the session is RESUMEd; the rollout stops and says why."""
import signal
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario
from processes import alive, kill
from rolling import LIMITS, RATE, SHARDS, SLOW_HELLO_MS, dialling, over, well


def cannot_connect(t, sim, fleet):
    before = fleet.shard_pids()
    sim.ctl("fault", "connect-refuse", "--count", "forever")
    done = fleet.cli("rollout", "--all", "--canary", "0", "--parallel", "2",
        "--max-failures", "1")
    t.equal(done.returncode, 1, "no connection: exit status")
    t.match(done.stdout, "shard 0 was not replaced: its successor was not "
        "connected in time: .", "it says why")
    t.match(done.stderr, "2 shards failed, of which 1 are tolerated.*rollout "
        "undo", "and what stopped it")
    t.equal(fleet.shard_pids(), before, "the old processes go on")
    well(t, sim, fleet, "no connection")
    t.equal(sim.totals()["connects"], SHARDS, "nobody reconnected")


def successor_dies(t, sim, fleet):
    old, new, _ = dialling(t, sim, fleet, ("no-hello", "--count", "forever"))
    kill(new)
    t.match(over(fleet), "0 of %d shards replaced: a canary" % SHARDS,
        "successor killed before HELLO: the rollout stops")
    t.equal(fleet.shard_pids()[0], old, "the old process goes on")
    well(t, sim, fleet, "successor killed")


def old_dies(t, sim, fleet):
    before = sim.totals()
    old, new, _ = dialling(t, sim, fleet, ("slow-hello", SLOW_HELLO_MS))
    kill(old)
    t.match(over(fleet), "%d of %d shards were replaced" % (SHARDS, SHARDS),
        "old process killed meanwhile: the rollout goes on")
    t.equal(fleet.shard_pids()[0], new, "its successor has taken over")
    t.equal(fleet.shard(0)["crashes"], {"signal": 1}, "the end is counted")
    well(t, sim, fleet, "old process killed")
    t.equal(sim.totals()["resumes"] - before["resumes"], SHARDS,
        "it cost no RESUME more")


def old_hangs(t, sim, fleet):
    old, new, _ = dialling(t, sim, fleet, ("slow-hello", SLOW_HELLO_MS))
    kill(old, signal.SIGSTOP)
    t.match(over(fleet), "%d of %d shards were replaced" % (SHARDS, SHARDS),
        "an old process that hangs: the rollout goes on")
    t.ok(not alive(old), "it was ended")
    t.equal(fleet.shard_pids()[0], new, "its successor has taken over")
    t.equal(fleet.shard(0)["crashes"].get("hung"), 1, "the end is counted")
    well(t, sim, fleet, "old process hangs")


def taker_dies(t, sim, fleet):
    """After the hand-over, before RESUMED."""
    before = sim.totals()["resumes"]
    old = fleet.shard_pids()[0]
    sim.ctl("fault", "no-ready", "--shard", "0")
    fleet.must("rollout", "--all", "--no-wait")
    sim.wait("resumes>=%d" % (before + 1))
    new = fleet.shard_pids()[0]
    t.ok(new != old, "the successor has taken over")
    kill(new)
    t.match(over(fleet), "a canary failed", "it is killed before RESUMED: the "
        "rollout stops")
    well(t, sim, fleet, "successor killed after it took over")
    t.ok(fleet.shard_pids()[0] not in (old, new),
        "another process was started")


def resume_refused(t, sim, fleet):
    """op 9 false costs an IDENTIFY: of the canary, and of nobody else."""
    sim.settle()
    identifies = sim.totals()["identifies"]
    sim.ctl("fault", "op9-on-resume", "false", "--shard", "0")
    done = fleet.cli("rollout", "--all", timeout=60)
    t.equal(done.returncode, 1, "RESUME refused: exit status")
    t.match(done.stdout, "shard 0 was not replaced: Discord refused the "
        "RESUME: it had to IDENTIFY", "it says why")
    t.equal(sim.totals()["identifies"], identifies + 1, "one IDENTIFY")


def main(t):
    sim = t.sim(rate=RATE, shards=SHARDS, guilds=16)
    fleet = t.fleet(sim, LIMITS)
    fleet.start()
    sim.wait("handled>=%d" % RATE)
    cannot_connect(t, sim, fleet)
    successor_dies(t, sim, fleet)
    old_dies(t, sim, fleet)
    old_hangs(t, sim, fleet)
    taker_dies(t, sim, fleet)
    resume_refused(t, sim, fleet)
    fleet.wait_ready()
    t.nothing_lost(sim, identifies=SHARDS + 1)
    fleet.stop()


scenario(main)
