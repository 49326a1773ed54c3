#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""G1, G7: a unit whose processes outlive its main one has nothing that systemd
takes away with that; and its ExecStopPost, run here with a systemctl of ours,
ends what lives on when a stop is wanted, and only then."""
import os
import re
import shlex
import subprocess
import sys
import time

sys.path.append(sys.path[0] + "/../lib")
from files import executable
from herd import PATIENT, ROOT, scenario
from processes import alive

UNIT = os.path.join(ROOT, "conf", "shardherd@.service")
DROP_IN = os.path.join(ROOT, "conf", "shardherd-deploy.conf")
# What is the unit's and not the process's goes as the unit does (systemd.exec).
TAKEN = {"PrivateTmp": "no", "RemoveIPC": "no", "DynamicUser": "no",
    "PrivateUsers": "no", "PrivateNetwork": "no", "KeyringMode": "inherit",
    "ExecPaths": "", "RootImage": "", "RootDirectory": "",
    "MountImages": "", "ExtensionImages": ""}
YES = {"yes": "yes", "true": "yes", "1": "yes", "on": "yes"}
# One that says what jobs there are, and whose unit it is.
SYSTEMCTL = """#!/bin/sh
case $1 in
show) id -un ;;
list-jobs)
    echo x >>"$HERD_ASKED"
    [ $(wc -l <"$HERD_ASKED") -gt "$HERD_AFTER" ] &&
        echo "17 shardherd@main.service $HERD_JOB running" ;;
esac
exit 0
"""
SETPRIV = """#!/bin/sh
while [ "$1" != shardherd ]; do shift; done
exec "$@"
"""


def settings(path):
    """Continued lines joined, the last value of each key."""
    with open(path, encoding="utf-8") as f:
        text = re.sub(r"(?m)^[#;].*\n", "", f.read()).replace("\\\n", " ")
    return dict(re.findall(r"(?m)^(\w+)=(.*)$", text))


def nothing_is_taken(t):
    for path in (UNIT, DROP_IN):
        have = settings(path)
        bad = {key: have[key] for key, good in TAKEN.items() if
            YES.get(have.get(key, good), have.get(key, good)) != good}
        t.equal(bad, {}, os.path.basename(path) + ": nothing that goes with "
            "the unit while its processes live")
    have = settings(UNIT)
    t.equal(have["KillMode"], "process", "they do")
    t.equal(have["RuntimeDirectoryPreserve"], "yes",
        "the sockets' directory stays, also of a unit that failed")
    t.equal(sorted(have.get("TemporaryFileSystem", "").split()),
        ["/tmp:mode=1777", "/var/tmp:mode=1777"], "a /tmp of their own, which "
        "goes with the last of them")


class Stop:
    """ExecStopPost of the unit, as systemd would run it."""

    def __init__(self, t, fleet):
        self.fleet, self.bin = fleet, os.path.join(t.dir, "bin")
        os.makedirs(self.bin)
        for name, text in (("systemctl", SYSTEMCTL), ("setpriv", SETPRIV)):
            executable(os.path.join(self.bin, name), text)
        os.symlink(fleet.binary, os.path.join(self.bin, "shardherd"))
        line = settings(UNIT).get("ExecStopPost", "+true")
        line = line.replace("%n", "shardherd@main.service")
        self.argv = [word.replace("$$", "$").replace("%%", "%")
            for word in shlex.split(line.lstrip("+"))]
        self.calls = 0

    def run(self, job, after=0, result="signal", code="killed"):
        self.calls += 1
        asked = os.path.join(self.fleet.dir, "asked%d" % self.calls)
        open(asked, "w", encoding="utf-8").close()
        begin = time.monotonic()
        done = subprocess.run(self.argv, env=dict(os.environ,
            PATH=self.bin + ":" + os.environ["PATH"], HERD_ASKED=asked,
            HERD_JOB=job, HERD_AFTER=str(after), SERVICE_RESULT=result,
            EXIT_CODE=code, SHARDHERD_CONF=self.fleet.config),
            capture_output=True, text=True, timeout=60, check=False)
        return done, time.monotonic() - begin


def everybody(fleet):
    return [fleet.handler_pid(), *fleet.shard_pids().values()]


def orphaned(fleet):
    left = everybody(fleet)
    fleet.kill_supervisor()
    return left


def main(t):
    nothing_is_taken(t)
    sim = t.sim(shards=2)
    fleet = t.fleet(sim)
    fleet.start()
    stop = Stop(t, fleet)
    left = orphaned(fleet)
    for job in ("restart", "start"):
        t.equal(stop.run(job)[0].returncode, 0, job + ": is none of its")
        t.ok(all(map(alive, left)), job + ": everybody lives on")
    done, took = stop.run("stop", after=10 ** 6)
    t.ok(done.returncode == 0 and took >= 1.5 and all(map(alive, left)),
        "nobody stops it: the pause before the restart")
    fleet.must("start", PATIENT)
    t.equal(everybody(fleet), left, "which takes them over")
    for after, what in ((0, "as it died"), (4, "in the pause")):
        left = orphaned(fleet)
        done, _ = stop.run("stop", after=after)
        t.equal(done.returncode, 0, "stopped %s: exit status" % what)
        t.equal([p for p in left if alive(p)], [], "stopped %s: nobody is "
            "left" % what)
        fleet.must("start", PATIENT)
    fleet.stop()
    done, took = stop.run("stop", result="success", code="exited")
    t.equal((done.returncode, done.stdout + done.stderr), (0, ""),
        "ended in order: nothing to do or to say")
    t.nothing_lost(sim, identifies=2)


scenario(main)
