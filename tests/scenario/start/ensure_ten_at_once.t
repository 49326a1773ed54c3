#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""`ensure` is safe to call at any time: ten at once make one fleet, and one
more starts what was killed, without an IDENTIFY."""
import sys
from concurrent.futures import ThreadPoolExecutor

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario


def main(t):
    sim = t.sim()
    fleet = t.fleet(sim)
    with ThreadPoolExecutor(10) as pool:
        done = list(pool.map(lambda _: fleet.cli("ensure"), range(10)))
    t.equal([d.returncode for d in done], [0] * 10, "ten ensure exit 0")
    fleet.wait_ready()
    t.equal(sim.totals()["identifies"], 16, "16 IDENTIFYs: one fleet")
    t.equal(sim.totals()["connects"], 16, "16 connections")
    pid = fleet.supervisor_pid()
    t.equal(fleet.cli("ensure").returncode, 0, "ensure of a running fleet")
    t.equal(fleet.supervisor_pid(), pid, "changes nothing")
    fleet.kill_supervisor()
    fleet.must("ensure")
    fleet.wait_ready()
    t.ok(fleet.supervisor_pid() != pid, "a new supervisor runs")
    sim.ctl("rate", 500)
    sim.wait("handled>=500")
    sim.settle()
    t.nothing_lost(sim, identifies=16)
    fleet.stop()


scenario(main)
