#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""I8: SIGKILL of every process at once, under load; the next start RESUMEs
every session and nothing is lost."""
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario, wait_until
from processes import alive, children, kill


def main(t):
    sim = t.sim(rate=2000)
    fleet = t.fleet(sim)
    fleet.start()
    sim.wait("handled>=3000")
    supervisor = fleet.supervisor_pid()
    family = [supervisor] + children(supervisor)
    t.ok(len(family) >= 19, "%d processes" % len(family))
    for pid in family:
        kill(pid)
    wait_until(lambda: not any(map(alive, family)), "all are dead")
    t.equal(fleet.cli("status").returncode, 2, "status says down")
    fleet.start()
    sim.wait("resumes_ok=16")
    sim.wait("handled>=8000")
    sim.settle()
    t.nothing_lost(sim, identifies=16, allow=("repeated",))
    repeated = sim.totals()["repeated"]
    t.ok(repeated <= 512, "at most a window of events repeated: %d" % repeated)
    fleet.stop()


scenario(main)
