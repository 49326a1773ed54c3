#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""`stop` gets there whatever happened to the supervisor: killed, stopped by a
signal, or without its state_dir; and says what is true afterwards."""
import os
import signal
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario, wait_until
from processes import alive, kill

SHARDS = 4


def family(fleet):
    s = fleet.status()
    return [x["pid"] for x in s["shards"]] + [s["handler"]["pid"]]


def killed(t, fleet):
    everybody = family(fleet)
    fleet.kill_supervisor()
    t.equal(fleet.status()["cluster"]["state"], "crashed", "killed: status "
        "says crashed")
    done = fleet.cli("stop")
    t.sentence(done, 0, "stopping the 5 processes", "stop of what is left")
    t.equal([p for p in everybody if alive(p)], [], "nothing is left")
    t.equal(fleet.status()["cluster"]["state"], "stopped", "and status says "
        "stopped")


def paused(t, fleet):
    pid = fleet.supervisor_pid()
    kill(pid, signal.SIGSTOP)
    done = fleet.cli("stop")
    t.equal((done.returncode, done.stderr), (0, ""), "stop of a supervisor "
        "that is stopped by a signal")
    wait_until(lambda: not alive(pid), "it was woken for that, and ends")
    t.equal(fleet.cli("status").returncode, 2, "the fleet is stopped")


def without_state(t, fleet):
    everybody = family(fleet) + [fleet.supervisor_pid()]
    os.rename(fleet.path("state"), fleet.path("elsewhere"))
    done = fleet.cli("stop")
    t.equal((done.returncode, done.stderr), (0, ""), "stop when state_dir was "
        "moved away")
    t.equal([p for p in everybody if alive(p)], [], "nothing is left")
    if os.path.exists(fleet.path("state")):
        os.rename(fleet.path("state"), fleet.path("made-again"))
    os.rename(fleet.path("elsewhere"), fleet.path("state"))


def main(t):
    sim = t.sim(shards=SHARDS, max_concurrency=SHARDS, rate=100)
    fleet = t.fleet(sim)
    for way in (killed, paused, without_state):
        fleet.start()
        sim.ctl("resume")
        sim.wait("handled>=%d" % (sim.totals()["handled"] + 50))
        sim.settle()
        way(t, fleet)
    fleet.start()
    sim.settle()
    t.nothing_lost(sim, identifies=SHARDS)
    fleet.stop()


scenario(main)
