#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""G6: what an operator stops stays stopped, whatever cron does, until somebody
starts it; a supervisor that was ended by a signal or died is no such word."""
import getpass
import os
import signal
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import PATIENT, scenario, wait_until
from processes import alive, kill


def stays_down(t, fleet, what):
    done = fleet.cli("ensure")
    t.equal((done.returncode, done.stdout, done.stderr), (0, "", ""),
        what + ": ensure is content and silent")
    t.equal(fleet.status()["cluster"]["state"], "stopped",
        what + ": and it is down")


def table(fleet):
    """Status in one line: it is wrapped at 80 columns."""
    return " ".join(fleet.cli("status").stdout.split())


def gone(fleet, pid):
    wait_until(lambda: not alive(pid), "the supervisor has ended")


def main(t):
    sim = t.sim(shards=2)
    fleet = t.fleet(sim)
    fleet.must("ensure", PATIENT)
    t.ok(True, "a fleet that nobody has stopped is started")
    fleet.stop()
    stays_down(t, fleet, "stopped")
    me = getpass.getuser()
    t.match(table(fleet), r" note It was stopped by %s\b.*"
        r"ensure.*leaves it so" % me, "status says who, and what follows")
    t.match(fleet.status()["cluster"]["stopped_by"], "^" + me,
        "and status --json")
    t.match(fleet.cli("check").stdout, "CRITICAL.*stopped by " + me,
        "and check")
    done = fleet.cli("ensure", "--wait=5")
    t.sentence(done, 2, "was stopped by .*--even-if-stopped",
        "who waits for it is told")
    fleet.must("ensure", "--even-if-stopped", PATIENT)
    t.equal(fleet.status()["cluster"]["stopped_by"], None,
        "--even-if-stopped starts it, and the word is gone")

    fleet.stop()
    fleet.must("start", PATIENT)
    pid = fleet.supervisor_pid()
    kill(pid, signal.SIGTERM)
    gone(fleet, pid)
    fleet.must("ensure", PATIENT)
    t.ok(True, "start takes the word back; SIGTERM leaves none")

    pid = fleet.supervisor_pid()
    kill(pid)
    gone(fleet, pid)
    fleet.must("ensure", PATIENT)
    t.ok(fleet.supervisor_pid() != pid, "nor does its death")

    pid, shards = fleet.supervisor_pid(), fleet.shard_pids()
    kill(pid)
    gone(fleet, pid)
    fleet.stop()
    t.ok(not any(map(alive, shards.values())), "stop ends what lived on")
    stays_down(t, fleet, "stopped without a supervisor")

    # Twice is once, and a stop that can't be has not been.
    t.equal(fleet.cli("stop").returncode, 0, "stop of a stopped fleet")
    stays_down(t, fleet, "stopped twice")
    fleet.must("start", PATIENT)
    t.equal(fleet.cli("stop", "nonsense").returncode, 64, "no such stop")
    t.ok(not os.path.exists(fleet.path("state", "stopped")),
        "and no word of it")
    t.nothing_lost(sim, identifies=2)
    fleet.stop()


scenario(main)
