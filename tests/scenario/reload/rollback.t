#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""I4: a new handler that can't serve is rolled back by itself, in under 10 s:
the one before comes back with its program and its config, nothing is lost, and
output, exit status, log and status say why."""
import os
import shutil
import sys
import time

sys.path.append(sys.path[0] + "/../lib")
from files import executable
from herd import scenario, wait_until

LIMIT_S = 10
START_TIMEOUT_S = 2

# A plugin that does something to its handler at its Nth event.
PLUGIN = """#!/usr/bin/python3
import json, os, signal, sys
seen = 0
for line in sys.stdin:
    m = json.loads(line)
    if m.get("method") == "event":
        seen += 1
        if seen == %s:
            %s
    if "id" in m:
        print(json.dumps({"jsonrpc": "2.0", "id": m["id"], "result": None}),
            flush=True)
"""
CRASH = "os.kill(os.getppid(), signal.SIGKILL)"
HANG = "os.kill(os.getppid(), signal.SIGSTOP)"
# A plugin that ends at every event, and so again and again.
ENDS = PLUGIN % ("seen", "sys.exit(1)")


def rolled_back(t, fleet, what, why, detected_after=0):
    before = fleet.status()["handler"]
    t.note(what)
    began = time.monotonic()
    done = fleet.cli("reload")
    t.soon(began, LIMIT_S + detected_after, "it does not take long")
    t.equal(done.returncode, 1, "reload: exit status")
    t.match(done.stderr, "Rolled back: the new handler " + why, "it says why")
    fleet.wait_ready()
    status = fleet.status()
    t.match(status["cluster"]["note"], why, "status says why")
    t.match(fleet.log_text(), "error supervisor: Reload: Rolled back.*" + why,
        "so does the log")
    return before, status["handler"]


def bad_program(t, fleet, program):
    """The program file is replaced by one that is no good."""
    os.rename(program, program + ".good")
    for what, text, why, slow in (
            ("crash at start", "echo no such luck >&2; exit 3",
                ".* exited with code 3; last words: no such luck", 0),
            ("never ready", "exec sleep 60", "was not ready within",
                START_TIMEOUT_S)):
        executable(program, """#!/bin/sh
case "$1" in --role=handler) %s ;; esac
exec %s.good "$@"
""" % (text, program))
        before, after = rolled_back(t, fleet, what, why, slow)
        t.equal((after["pid"], after["generation"]), (before["pid"],
            before["generation"]), "the old handler just went on")
    os.rename(program + ".good", program)


def bad_plugin(t, fleet, sim, good):
    """The new config's plugin takes the handler down, hangs it or fails."""
    for what, text, why in (
            ("crash on its 10th event", PLUGIN % (10, CRASH),
                ".*signal 9"),
            ("crash when the old one has left", PLUGIN % (400, CRASH),
                ".*signal 9"),
            ("hung on its 10th event", PLUGIN % (10, HANG), "is silent"),
            ("a plugin that keeps ending", ENDS, "keeps failing")):
        executable(fleet.path("plugin"), text)
        fleet.write_config(good, {"audit": fleet.audit(),
            # Confined it could not reach the handler it is to end.
            "bad": dict(exec=fleet.path("plugin"), events="*", window=1,
                sandbox="off")})
        before, after = rolled_back(t, fleet, what, why)
        t.ok(after["generation"] > before["generation"] + 1,
            "the old one is of a generation that fences the new one")
        t.equal(after["plugins"], 1, "and has its plugin alone again")
        sim.wait("handled>=%d" % (sim.totals()["handled"] + 1000))


def main(t):
    sim = t.sim(rate=500)
    good = {"handler.probation": "10s", "limits.stop_timeout": "5s",
        "handler.start_timeout": "%ds" % START_TIMEOUT_S}
    fleet = t.fleet(sim, good)
    os.makedirs(fleet.path("bin"))
    program = fleet.path("bin", "shardherd")
    shutil.copy2(os.path.realpath(fleet.binary), program)
    fleet.binary, binary = program, fleet.binary
    fleet.start()
    fleet.binary = binary
    sim.wait("handled>=500")
    shards = fleet.shard_pids()
    bad_program(t, fleet, program)
    bad_plugin(t, fleet, sim, good)
    wait_until(lambda: "Alert (reload): Rolled back" in fleet.log_text(),
        "an alert about it")
    fleet.write_config(good)
    t.equal(fleet.cli("reload").returncode, 0, "a good one is taken after all")
    fleet.must("deadletter", "list")	# what the bad one left is looked at
    fleet.wait_status(lambda s: s["cluster"]["note"] is None,
        "the note and the alert are taken back")
    sim.settle()
    t.nothing_lost(sim, identifies=16, allow=("repeated",))
    t.equal(sim.totals()["connects"], 16, "no shard reconnected")
    t.equal(fleet.shard_pids(), shards, "the shards are the same processes")
    fleet.stop()


scenario(main)
