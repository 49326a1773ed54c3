#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""D1: the file names other directories than those the fleet runs in: what
brings the file into force goes to the fleet that runs, says what its next start
is for, and restart brings it there."""
import os
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import PATIENT, scenario, wait_until
from processes import alive

MOVES = (("run_dir = run",), ("state_dir = state",), ("log_dir = log",),
    ("run_dir = run", "state_dir = state", "log_dir = log"))


def write(fleet, text):
    with open(fleet.config, "w", encoding="utf-8") as f:
        f.write(text)


def moved(text, keys):
    for key in keys:
        assert key in text
        text = text.replace(key, key.replace("= ", "= new/"))
    return text


def goes_on(t, fleet, name):
    for verb in (("reload", "--check"), ("rollout", "--dry-run"),
            ("reload",)):
        done = fleet.cli(*verb)
        if not t.equal(done.returncode, 0, "%s: %s" % (name,
                " ".join(verb))):
            t.note(done.stderr)
        t.match(done.stdout, name, "which names it")


def shared_run_dir(t, fleet, other):
    """Two configs, one run_dir: no order of the one reaches the other's."""
    before = fleet.supervisor_pid()
    with open(other.config, encoding="utf-8") as f:
        text = f.read().replace("run_dir = run", "run_dir = "
            + fleet.path("new", "run"))
    write(other, text)
    t.sentence(other.cli("start"), 75, "run_dir is occupied", "start")
    for verb in (("stop",), ("reload",), ("plugin", "unload", "audit"),
            ("token", "reload", "--yes"),
            ("restart",)):
        t.sentence(other.cli(*verb), 78, "is another fleet's.*%d" % before,
            "run_dir of two: " + verb[0])
    t.equal(fleet.supervisor_pid(), before, "the other one goes on")
    t.equal(fleet.cli("status").returncode, 0, "and is well")


def main(t):
    sim = t.sim(shards=2)
    fleet = t.fleet(sim, {"handler.probation": "0"})
    with open(fleet.config, encoding="utf-8") as f:
        text = f.read()
    fleet.start()
    pid = fleet.supervisor_pid()
    for keys in MOVES:
        write(fleet, moved(text, keys))
        goes_on(t, fleet, keys[0].split()[0])
    t.equal(fleet.supervisor_pid(), pid, "it is the fleet of before")
    done = fleet.cli("restart", PATIENT)
    if not t.equal(done.returncode, 0, "restart, with everything moved"):
        t.note(done.stderr)
    t.ok(os.path.exists(fleet.path("new", "run", "control.sock")),
        "it runs where the file says")
    wait_until(lambda: not alive(pid), "the fleet of before has ended")
    fleet.wait_ready()
    shared_run_dir(t, fleet, t.fleet(sim))
    fleet.stop()
    t.equal(fleet.status()["cluster"]["state"], "stopped", "and stops there")


scenario(main)
