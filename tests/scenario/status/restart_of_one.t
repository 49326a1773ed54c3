#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""`restart` of one returns when it is well again, or with why it is not; and a
process that the supervisor had to end is told to have been ended by it."""
import json
import os
import signal
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario


def last_end(fleet, shard):
    """What `why` tells of its last process."""
    for event in reversed(json.loads(fleet.cli("why", str(shard),
            "--json").stdout)["past"]):
        if "(pid" in event["text"]:
            return event["text"]
    return ""


def state(fleet, shard):
    s = fleet.shard(shard)
    return s["pid"], s["state"]


def returns_when_well(t, fleet):
    pids = fleet.shard_pids()
    done = fleet.cli("restart", "1")
    now = state(fleet, 1)
    t.equal(done.returncode, 0, "restart SHARD ends well")
    t.ok(now[0] not in (None, pids[1]) and now[1] == "ready",
        "and not before it is ready in another process")
    t.match(done.stdout, r"shard 1 is ready in a new process, pid %d" % now[0],
        "it says so")
    t.equal(fleet.shard_pids()[0], pids[0], "the other one is left alone")
    answer = json.loads(fleet.must("shard", "1", "restart", "--json"))
    t.equal((answer["ok"], answer["shard"], answer["shard_pid"],
        answer["shard_state"]), (True, 1, *state(fleet, 1)),
        "so does shard SHARD restart, in JSON")


def ends_what_hangs(t, fleet):
    pid = fleet.shard(0)["pid"]
    os.kill(pid, signal.SIGSTOP)
    done = fleet.cli("restart", "0")
    t.equal(done.returncode, 0, "one that hangs is replaced")
    t.equal(state(fleet, 0)[1], "ready", "and waited for")
    t.match(done.stdout, r"\(pid %d\) had not stopped when asked and was "
        r"killed by the supervisor" % pid, "who killed it, and why")
    told = last_end(fleet, 0)
    t.ok("killed by the supervisor" in told and "signal 9" not in told
        and "last words" not in told, "why tells it alike")
    t.equal(fleet.shard(0)["crashes"]["hung"], 1, "it counts as hung")


def says_why_not(t, fleet, sim):
    os.kill(sim.process.pid, signal.SIGSTOP)
    pid = fleet.shard(1)["pid"]
    done = fleet.cli("restart", "1", "--timeout", "2s")
    t.sentence(done, 99, r"^shardherd: After \S+ s shard 1 is not ready yet, it "
        r"is \w+.*shardherd why 1", "Discord does not answer")
    t.ok(fleet.shard(1)["pid"] != pid, "it has another process")
    done = fleet.cli("restart", "1", "--no-wait")
    t.equal(done.returncode, 0, "--no-wait does not wait for Discord")
    os.kill(sim.process.pid, signal.SIGCONT)
    fleet.wait_ready()


def main(t):
    sim = t.sim(shards=2)
    fleet = t.fleet(sim, {"limits.stop_timeout": "1s"})
    fleet.start()
    returns_when_well(t, fleet)
    ends_what_hangs(t, fleet)
    says_why_not(t, fleet, sim)
    t.sentence(fleet.cli("restart", "--no-wait"), 64, "is for a shard",
        "--no-wait of a fleet")
    t.sentence(fleet.cli("restart", "audit", "--no-wait"), 64, "for a shard",
        "--no-wait of a plugin")
    fleet.stop()


scenario(main)
