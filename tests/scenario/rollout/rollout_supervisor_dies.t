#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""I1, I8: the supervisor is killed in the middle of a rollout: each session
has exactly one owner afterwards, and the next start costs no IDENTIFY."""
import signal
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario, wait_until
from processes import alive, kill
from rolling import LIMITS, RATE, SHARDS, SLOW_HELLO_MS, dialling, well


def supervisor_dies(t, sim, fleet):
    """Before the hand-over: the old process goes on, the successor leaves."""
    old, new, supervisor = dialling(t, sim, fleet, ("slow-hello", SLOW_HELLO_MS))
    kill(supervisor)
    wait_until(lambda: not alive(new), "the successor has left")
    t.ok(alive(old), "supervisor killed: the old process goes on")
    fleet.must("ensure")
    well(t, sim, fleet, "supervisor killed")
    t.match(fleet.cli("rollout", "status").stdout, "Given up when the "
        "supervisor ended", "rollout status says so")


def all_but_the_successor(t, sim, fleet):
    """The supervisor dies between asking the old process and its answer."""
    resumes = sim.totals()["resumes_ok"]
    log = len(fleet.log_text())
    old, new, supervisor = dialling(t, sim, fleet, ("slow-hello", SLOW_HELLO_MS))
    kill(old, signal.SIGSTOP)
    wait_until(lambda: "next shard 0: standby" in fleet.log_text()[log:],
        "the successor waits")
    kill(supervisor)
    kill(old, signal.SIGCONT)
    sim.wait("resumes_ok>=%d" % (resumes + 1))
    wait_until(lambda: not alive(old), "the old process has left")
    t.ok(alive(new), "handed over without a supervisor: the successor has the "
        "session")
    fleet.must("ensure")
    well(t, sim, fleet, "handed over without a supervisor")


def main(t):
    sim = t.sim(rate=RATE, shards=SHARDS, guilds=16)
    fleet = t.fleet(sim, LIMITS)
    fleet.start()
    sim.wait("handled>=%d" % RATE)
    supervisor_dies(t, sim, fleet)
    all_but_the_successor(t, sim, fleet)
    sim.settle()
    # The handler may end with its supervisor, in the middle of its work.
    t.nothing_lost(sim, identifies=SHARDS, allow=("repeated",))
    fleet.stop()


scenario(main)
