#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""G5: a fault got into the config file and the supervisor dies: it comes back
with the config the fleet ran by, loudly, and nothing is replaced; somebody who
starts a stopped fleet is refused."""
import os
import re
import shutil
import signal
import subprocess
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import PATIENT, ROOM, scenario, wait_until
from processes import alive, kill


def typo(fleet):
    with open(fleet.config, "a", encoding="utf-8") as f:
        f.write("[gateway]\nshards = fuor\n")
    return "fuor"


def paths(fleet):
    """Where the state is can't be read of it either."""
    with open(fleet.config, encoding="utf-8") as f:
        text = f.read()
    with open(fleet.config, "w", encoding="utf-8") as f:
        f.write(re.sub("(?m)^state_dir = .*$", "state_dri = elsewhere", text))
    return "state_dri"


def torn(fleet):
    with open(fleet.config, "w", encoding="utf-8") as f:
        f.write("\0\0\0")
    return "NUL"


def gone(fleet):
    os.unlink(fleet.config)
    return "conf"


def ca_gone(fleet):
    os.unlink(fleet.path("ca.pem"))
    return "ca.pem"


def not_executable(fleet):
    os.chmod(fleet.path("plugin"), 0o644)
    return "not executable"


def mend(fleet, good):
    with open(fleet.config, "w", encoding="utf-8") as f:
        f.write(good)
    shutil.copy(fleet.sim.urls["SIM_CA"], fleet.path("ca.pem"))
    os.chmod(fleet.path("plugin"), 0o755)


def people(fleet):
    return [fleet.handler_pid(), *fleet.shard_pids().values()]


def flat(fleet, *verb):
    return " ".join(fleet.cli(*verb).stdout.split())


def kept(fleet):
    """It ran by this file for long enough."""
    wait_until(lambda: os.path.exists(fleet.path("state", "config")),
        "the config is kept")


def comes_back(t, fleet, good, fault):
    name = fault.__name__
    before = people(fleet)
    word = fault(fleet)
    fleet.kill_supervisor()
    done = fleet.cli("ensure", PATIENT)
    t.equal(done.returncode, 0, name + ": ensure: exit status")
    t.match(done.stderr, "goes on with the config it ran by.*" + word,
        name + ": says so")
    t.equal(people(fleet), before, name + ": everybody was taken over")
    fleet.wait_status(lambda s: "before" in (s["cluster"]["note"] or ""),
        name + ": status says so")
    t.match(flat(fleet, "status"), "has a fault", name + ": and the table")
    t.equal(fleet.cli("check").returncode, 1, name + ": check warns")
    t.match(fleet.log_text(), "error supervisor: The config file has a fault",
        name + ": so does the log")
    mend(fleet, good)
    fleet.must("reload")
    fleet.wait_status(lambda s: "before" not in (s["cluster"]["note"] or ""),
        name + ": a good file and a reload end it")


def by_hand(t, fleet):
    """Somebody is there to mend it, or nobody is."""
    typo(fleet)
    fleet.must("stop")
    for verb in ("start", "run"):
        t.sentence(fleet.cli(verb), 78, "fuor", "stopped: refused by " + verb)
    t.equal(fleet.cli("ensure").returncode, 0, "ensure leaves it stopped")
    t.equal(fleet.status()["cluster"]["state"], "stopped", "it does")


def run(fleet):
    """As systemd would, which does not look at what went before."""
    log = open(fleet.path("run.log"), "ab")
    return subprocess.Popen([fleet.binary, "-c", fleet.config, "run"],
        stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=fleet.dir)


def cut_off(t, fleet, good):
    """The machine went down under it: nobody lives."""
    mend(fleet, good)
    fleet.must("start", PATIENT)
    typo(fleet)
    supervisor, everybody = fleet.supervisor_pid(), people(fleet)
    for pid in (supervisor, *everybody):
        kill(pid)
    wait_until(lambda: not any(map(alive, everybody)), "all are dead")
    t.sentence(fleet.cli("start"), 78, "fuor", "cut off: refused by start")
    process = run(fleet)
    fleet.wait_ready()
    t.ok(True, "cut off: run comes back with the config of before")
    before = people(fleet)
    process.kill()
    process.wait()
    process = run(fleet)
    fleet.wait_status(lambda s: s["cluster"]["pid"] == process.pid, "another")
    fleet.wait_ready()
    t.equal(people(fleet), before, "killed: run takes them over")
    process.send_signal(signal.SIGTERM)
    t.equal(process.wait(ROOM * 60), 0, "and stops in order")
    t.sentence(fleet.cli("start"), 78, "fuor", "stopped by a signal: refused "
        "by start")
    fleet.must("ensure", PATIENT)
    t.ok(True, "but nobody is there when cron starts it")


def main(t):
    sim = t.sim(shards=2)
    fleet = t.fleet(sim)
    plugin = fleet.path("plugin")
    audit = fleet.audit()["exec"]
    with open(plugin, "w", encoding="utf-8") as f:
        f.write("#!/bin/sh\nexec %s\n" % audit)
    fleet.write_config({"gateway.ca_file": "ca.pem", "handler.probation":
        "200ms"}, {"audit": dict(fleet.audit(), exec=plugin)})
    with open(fleet.config, encoding="utf-8") as f:
        good = f.read()
    mend(fleet, good)
    t.sentence(fleet.cli("ensure", "-c", "/nonexistent/x.conf"), 78,
        "nonexistent", "a file that never was")
    fleet.start()
    kept(fleet)
    for fault in (typo, paths, torn, gone, ca_gone, not_executable):
        comes_back(t, fleet, good, fault)
    by_hand(t, fleet)
    cut_off(t, fleet, good)
    sim.settle()
    t.nothing_lost(sim, identifies=2)
    fleet.stop()


scenario(main)
