#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""I7: what is broken is named alike by status, check, doctor, alert, systemd,
metrics and the status page, and no longer when it is over; each view answers
with a supervisor that hangs, is gone or was stopped."""
import json
import os
import resource
import signal
import sys

sys.path.append(sys.path[0] + "/../lib")
from asking import Web, web_pid
from gates import GATE
from herd import scenario, wait_until
from processes import kill
from truth import ALL, CLI, LOOKS, Stage, TOLD, all_over, play, shows


def stop_go(pid_of):
    """A process that is stopped by a signal, and goes on."""
    stopped = []

    def do():
        stopped.append(pid_of())
        os.kill(stopped[-1], signal.SIGSTOP)

    def undo():
        kill(stopped[-1], signal.SIGCONT)
    return dict(do=do, undo=undo)


def broken(fleet, name):
    return fleet.path(name + ".broken")


def fragile(fleet, name, program):
    """A program that ends at once while that file is there."""
    return fleet.program(name, '#!/bin/sh\ntest -e "%s" && exit 1\nexec %s\n'
        % (broken(fleet, name), program))


def breaks(fleet, name, pid_of, mend):
    def do():
        with open(broken(fleet, name), "w", encoding="utf-8"):
            pass
        kill(pid_of(), signal.SIGKILL)

    def undo():
        os.unlink(broken(fleet, name))
        mend()
    return dict(do=do, undo=undo)


def client(fleet):
    return fleet.status()["gate"]["clients"][0]["process"]["pid"]


def short_of_fds(fleet):
    limits = {}

    def do():
        pid = fleet.handler_pid()
        limits[pid] = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        used = len(os.listdir("/proc/%d/fd" % pid))
        resource.prlimit(pid, resource.RLIMIT_NOFILE,
            (used + 1, limits[pid][1]))

    def undo():
        for pid, limit in limits.items():
            resource.prlimit(pid, resource.RLIMIT_NOFILE, limit)
    return dict(do=do, undo=undo)


def setting(fleet, config, plugins, **changes):
    def do():
        fleet.write_config({**config, **changes}, plugins)
        fleet.must("reload")

    def undo():
        fleet.write_config(config, plugins)
        fleet.must("reload")
    return dict(do=do, undo=undo)


def rows(fleet, config, plugins):
    return [
        dict(code="shard-hung", outage="shards", words="shard 1 hung",
            windows=ALL, **stop_go(lambda: fleet.shard(1)["pid"])),
        dict(code="handler-hung", outage="handler", words="handler hung",
            windows=ALL, **stop_go(fleet.handler_pid)),
        dict(code="plugin-hung", outage="function", words="plugin frail hung",
            windows=ALL, **stop_go(lambda: fleet.plugins()["frail"]["pid"])),
        dict(code="gate-hung", outage="program", words="gate hung", windows=ALL,
            **stop_go(lambda: fleet.status()["gate"]["pid"])),
        dict(code="web-hung", words="web hung", windows=TOLD,
            **stop_go(lambda: web_pid(fleet))),
        dict(code="fds-short", words="file descriptors open", windows=ALL,
            **short_of_fds(fleet)),
        dict(code="client-down", outage="program",
            words="client bot (down|held)", windows=ALL,
            **breaks(fleet, "bot", lambda: client(fleet), lambda: None)),
        dict(code="budget-short", words="IDENTIFYs are left", windows=ALL,
            **setting(fleet, config, plugins, **{"alerts.left": 100000})),
        dict(code="supervisor-hung", outage="unwatched", words="",
            windows=LOOKS, **stop_go(fleet.supervisor_pid)),
    ]


def ill(fleet, *options):
    done = fleet.cli("doctor", "--json", *options)
    return {c["area"] for c in json.loads(done.stdout)["checks"]
        if not c["well"]} - {"clock"}


def doctor_alone(t, fleet):
    """What it finds without a fleet: nothing, and then what was broken."""
    t.equal(ill(fleet), set(), "doctor: all that a fleet stands on is well")
    t.equal(ill(fleet, "--ask"), set(), "Discord takes the token")
    os.chmod(fleet.sim.urls["SIM_TOKEN_FILE"], 0o644)
    fleet.write_config({"gateway.api": "http://127.0.0.1:9/api/v10",
        "gateway.shards": "fuor"})
    t.equal(ill(fleet) >= {"token", "config", "network"}, True,
        "token file, config and network are named")
    os.unlink(fleet.config)
    done = fleet.cli("doctor")
    t.ok(done.returncode in (2, 3), "without a config: neither well nor hung")
    t.match(done.stdout, "config", "it says so")


def main(t):
    sim = t.sim(shards=2)
    fleet = t.fleet(sim)
    fleet.program("tell", '#!/bin/sh\ncat >>"%s"\n' % fleet.path("told"))
    audit = fleet.audit()
    plugins = {"audit": audit,
        "frail": dict(audit, exec=fragile(fleet, "frail", audit["exec"]))}
    web = Web()
    config = {**GATE(), **web.keys, 'client "bot".exec': fragile(fleet, "bot",
        "sleep 3600"), "alerts.exec": "tell", "alerts.deaf_after": "1s",
        "alerts.gate": "1s", "alerts.handler": "1s", "handler.silence": "10m"}
    fleet.write_config(config, plugins)
    stage = Stage(fleet, web)
    stage.start()
    fleet.wait_ready()
    wait_until(lambda: fleet.cli("check").returncode == 0, "all is well", 60)
    for row in rows(fleet, config, plugins):
        play(t, stage, row)
    all_over(t, stage)
    # An alert tells once of what it stands for, so this comes by itself.
    play(t, stage, dict(code="client-hung", outage="program",
        words="client bot hung", windows=ALL, **stop_go(lambda: client(fleet))))

    # Nobody watches: each view answers, and says so.
    row = dict(code="fleet-crashed", outage="unwatched")
    orphans = dict(code="shard-orphaned", outage="unwatched")
    stage.run.kill()
    stage.run.wait()
    for window in LOOKS:
        wait_until(lambda: shows(stage, window, row)
            and shows(stage, window, orphans),
            "%s says that the supervisor is gone and shards are not" % window)
        t.ok(True, "%s: a crash, and orphans" % window)
    done = fleet.cli("doctor")
    t.equal(done.returncode, 2, "doctor: down")
    t.match(done.stdout, r"critical\s+crashed(?s:.*)shardherd ensure",
        "what to do")
    stage.start()
    fleet.wait_ready()
    for window in LOOKS:
        wait_until(lambda: not shows(stage, window, row)
            and not shows(stage, window, orphans),
            "%s says neither any more" % window, 60)
    t.ok(True, "taken over: all say neither any more")
    sim.settle()
    fleet.stop()
    for window in CLI:
        t.ok(shows(stage, window, dict(code="fleet-stopped")),
            "%s: stopped in order" % window)
    stage.end()
    doctor_alone(t, fleet)


scenario(main)
