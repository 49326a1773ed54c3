#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""I7: a half-open connection is found by its missing ACK and resumed; a shard
process that hangs shows in status, which asks nobody."""
import os
import signal
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario
from processes import kill


def main(t):
    sim = t.sim(shards=4, heartbeat_interval="3s", rate=200)
    fleet = t.fleet(sim)
    fleet.start()
    sim.wait("handled>=200")
    sim.ctl("mute", 1, "on")
    fleet.wait_status(lambda s: s["shards"][1]["zombies"] == 1,
        "shard 1 finds its connection dead")
    fleet.wait_ready()
    sim.wait("resumes_ok=1")
    t.ok(True, "a mute gateway was noticed, the session resumed")

    pid = fleet.shard(2)["pid"]
    os.kill(pid, signal.SIGSTOP)
    fleet.wait_status(lambda s: s["shards"][2]["pid"] == pid
        and (s["shards"][2]["ack_age_s"] or 0) > 6,
        "the ACK age of a stopped shard grows")
    done = fleet.cli("status")
    t.equal(done.returncode, 1, "status: degraded")
    t.match(done.stdout, r"(?m)^\s*2\s.*(deaf|hung|stopped|silent)",
        "the table calls shard 2 what it is")
    kill(pid, signal.SIGCONT)
    fleet.wait_ready()
    sim.settle()
    # A stopped process sends no heartbeats: that violation is ours.
    t.nothing_lost(sim, identifies=4, allow=("violations",))
    fleet.stop()


scenario(main)
