#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A reboot, played by another boot id over the kernel's: the next start says
so in the log, in status and in an alert, and the sessions are resumed."""
import os
import sys
import uuid

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario, wait_until
from processes import kill

BOOT_ID = "/proc/sys/kernel/random/boot_id"


def rebooted(fleet, name):
    """From here on every command runs as if after another boot."""
    path = fleet.path(name)
    with open(path, "w", encoding="utf-8") as f:
        f.write("%s\n" % uuid.uuid4())
    plain = type(fleet).cli
    before = ("unshare", "--mount", "sh", "-c",
        'mount --bind "%s" %s && exec "$@"' % (path, BOOT_ID), "sh")
    fleet.cli = lambda *args, **more: plain(fleet, *args, before=before,
        **more)


def main(t):
    sim = t.sim(shards=4)
    fleet = t.fleet(sim)
    fleet.program("tell", '#!/bin/sh\ncat >>"%s"\n' % fleet.path("told"))
    fleet.write_config({"alerts.exec": "tell"})
    rebooted(fleet, "boot0")
    if fleet.cli("help").returncode != 0:
        t.note("no mount name space to be had here: not looked at")
        t.ok(True, "skipped")
        return
    fleet.start()
    t.equal(fleet.status()["cluster"]["reboot"], None,
        "no reboot before the first start")
    fleet.stop()
    fleet.start()
    t.equal(fleet.status()["cluster"]["reboot"], None, "nor by stop and start")
    fleet.stop()
    rebooted(fleet, "boot1")
    fleet.start()
    t.match(fleet.status()["cluster"]["reboot"] or "",
        "had been stopped", "status: rebooted after a stop")
    t.match(fleet.cli("status").stdout, "machine was rebooted",
        "the table says it too")
    t.match(fleet.log_text(), "The machine was rebooted", "the log")
    wait_until(lambda: os.path.exists(fleet.path("told")) and
        "rebooted" in open(fleet.path("told"), encoding="utf-8").read(),
        "an alert goes out")
    t.ok(True, "an alert went out")
    # G10
    t.equal(fleet.cli("status").stdout.count("machine was rebooted"), 1,
        "and the table still says it once")
    t.match(fleet.cli("check").stdout, "OK", "it is no trouble to check")
    for pid in [fleet.supervisor_pid(), fleet.handler_pid(),
            *fleet.shard_pids().values()]:
        kill(pid)
    rebooted(fleet, "boot2")
    fleet.must("ensure")
    fleet.wait_ready()
    t.match(fleet.status()["cluster"]["reboot"] or "",
        "was not stopped before", "a power loss is told from a stop")
    t.equal(sim.totals()["identifies"], 4, "every session was resumed")
    fleet.stop()


scenario(main)
