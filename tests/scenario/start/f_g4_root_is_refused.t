#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""G4: a fleet of another user's state_dir is started by nobody else, root
included: the orphans are left alone, and who runs it and how is said."""
import os
import pwd
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import PATIENT, scenario, skip
from processes import alive

UNIT = "0::/system.slice/system-shardherd.slice/shardherd@main.service\n"


def give(fleet, user):
    for name in ("state", "run", "log"):
        path = fleet.path(name)
        os.chown(path, user.pw_uid, user.pw_gid)


def table(fleet):
    """Status in one line: it is wrapped at 80 columns."""
    return " ".join(fleet.cli("status").stdout.split())


def refused(t, fleet, way, what):
    for verb in (("start",), ("run",), ("ensure",), ("start", "--wait=5")):
        t.sentence(fleet.cli(*verb), 78, "belongs to user nobody, who runs "
            "this fleet.*" + way, what + " by " + " ".join(verb))


def main(t):
    root, nobody = pwd.getpwuid(0), pwd.getpwnam("nobody")
    sim = t.sim(shards=2)
    fleet = t.fleet(sim)
    fleet.start()
    shards, handler = fleet.shard_pids(), fleet.handler_pid()
    fleet.kill_supervisor()

    give(fleet, nobody)
    refused(t, fleet, "runuser -u nobody -- shardherd -c %s start"
        % fleet.config, "a crashed one")
    t.match(table(fleet), "gone without a word; "
        '"runuser -u nobody', "the note knows whose it is")
    with open(fleet.path("state", "keeper"), "w", encoding="utf-8") as f:
        f.write(UNIT)
    refused(t, fleet, "by the unit shardherd@main.service.*systemctl start "
        "shardherd@main", "one of a unit")
    t.match(table(fleet), '"systemctl start shardherd@main" '
        "goes on", "the note knows the unit")
    t.equal(fleet.status()["cluster"]["unit"], "shardherd@main.service",
        "and status --json")
    t.ok(all(map(alive, [*shards.values(), handler])),
        "the orphans were left alone")
    for name in ("run", "log"):
        give(fleet, root)
        os.chown(fleet.path(name), nobody.pw_uid, nobody.pw_gid)
        t.sentence(fleet.cli("start"), 78, "/%s belongs to user nobody"
            % name, "another user's " + name)

    give(fleet, root)
    fleet.must("ensure", PATIENT)
    t.equal((fleet.shard_pids(), fleet.handler_pid()), (shards, handler),
        "its own user takes them over")
    t.equal(fleet.status()["cluster"]["unit"], None,
        "and it is no unit's any more")
    t.nothing_lost(sim, identifies=2)
    fleet.stop()


if os.geteuid() != 0:
    skip("only root can give its files away")
scenario(main)
