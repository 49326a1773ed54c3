#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A8: a supervisor that ends by a signal or a broken invariant says so in the
log, and the next one says what it found; one that was stopped leaves nothing
to be said."""
import os
import signal
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario, wait_until
from processes import kill


def end(t, fleet, sig, own, next_one):
    pid = fleet.supervisor_pid()
    kill(pid, sig)
    wait_until(lambda: not os.path.exists("/proc/%d" % pid)
        or open("/proc/%d/stat" % pid, encoding="utf-8").read()
        .rsplit(")", 1)[1].split()[0] == "Z", "it is gone")
    before = fleet.log_text()
    if own:
        t.match(before, r"error supervisor: The supervisor \(pid %d\) %s\."
            % (pid, own), "its own word for %s" % sig.name)
    fleet.must("ensure", "--wait")
    t.match(fleet.log_text()[len(before):], r"warn supervisor: The supervisor "
        r"before this one \(pid %d\) %s" % (pid, next_one),
        "the next one's word for %s" % sig.name)


def main(t):
    sim = t.sim(shards=1)
    fleet = t.fleet(sim)
    fleet.start()
    t.ok("before this one" not in fleet.log_text(), "nothing at first")
    end(t, fleet, signal.SIGABRT, "was ended by SIGABRT",
        "was ended by SIGABRT")
    end(t, fleet, signal.SIGSYS, "was ended by SIGSYS", "was ended by SIGSYS")
    end(t, fleet, signal.SIGKILL, None, "ended without a word: it was killed")
    fleet.stop()
    before = len(fleet.log_text())
    fleet.start()
    t.ok("before this one" not in fleet.log_text()[before:],
        "nothing after a stop")
    fleet.stop()
    t.nothing_lost(sim, 1)


scenario(main)
