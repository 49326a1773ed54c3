#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""I1: stop and start of 16 shards under load spend no IDENTIFY."""
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario


def restart(t, sim, fleet, number):
    fleet.stop()
    sim.wait("connected=0")
    t.equal(fleet.cli("status").returncode, 2, "status says down")
    fleet.start()
    sim.wait("resumes_ok=%d" % (16 * number))
    t.equal(sim.totals()["identifies"], 16,
        "restart %d: still the 16 IDENTIFYs of the first start" % number)


def main(t):
    sim = t.sim(rate=500)
    fleet = t.fleet(sim)
    fleet.start()
    t.equal(sim.totals()["identifies"], 16, "first start: 16 IDENTIFYs")
    sim.wait("handled>=500")
    restart(t, sim, fleet, 1)
    restart(t, sim, fleet, 2)
    sim.wait("handled>=2000")
    sim.settle()
    t.nothing_lost(sim, identifies=16)
    totals = sim.totals()
    t.equal(totals["resumes_failed"], 0, "no RESUME failed")
    t.ok(not {"1000", "1001"} & set(totals["closes"]),
        "never closed with 1000 or 1001: %r" % totals["closes"])
    fleet.stop()


scenario(main)
