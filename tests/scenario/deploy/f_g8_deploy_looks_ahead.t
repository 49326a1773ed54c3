#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""G8: tools/deploy checks a release as it will be seen, also the first one and
one whose plugin no release had before; what it refuses leaves nothing."""
import os
import shutil
import subprocess
import sys

sys.path.append(sys.path[0] + "/../lib")
import herd
import sshd
from files import executable

DEPLOY = os.path.join(herd.ROOT, "tools", "deploy")
FAILED = 1
SHARDS = 2
PLUGIN = os.path.join(herd.ROOT, "handler", "plugins", "pong.py")


def release(t, name, *plugins):
    tree = os.path.join(t.dir, "desk", name)
    os.makedirs(os.path.join(tree, "bin"))
    os.makedirs(os.path.join(tree, "plugins"))
    shutil.copy(herd.SHARDHERD, os.path.join(tree, "bin"))
    with open(os.path.join(tree, "bin", "shardherd"), "ab") as f:
        f.write(name.encode())
    for plugin in plugins:
        path = os.path.join(tree, "plugins", plugin)
        executable(path, "#!/bin/sh\nexec %s\n" % PLUGIN)
    return tree


def deploy(t, ssh, host, tree, *more, code=0, what):
    done = subprocess.run([DEPLOY, "--ssh", ssh.command, "--watch", "1",
        "--timeout", "240", "--release", tree, *more, "a:" + host.dir],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600,
        check=False)
    if not t.equal(done.returncode, code, what + ": exit status"):
        t.note(done.stdout + done.stderr)
    return done


def names(host):
    return sorted(os.listdir(host.path("releases")))


def plugin(host, *which):
    host.write_config({"handler.probation": "500ms", "rollout.pause": "200ms"},
        {name: dict(exec=host.path("current", "plugins", name))
            for name in which})


def main(t):
    ssh = sshd.Sshd(os.path.join(t.dir, "sshd"))
    sim = t.sim(shards=SHARDS, max_concurrency=SHARDS)
    host = herd.Fleet(os.path.join(t.dir, "a"), sim)
    host.binary = host.path("current", "bin", "shardherd")
    t.fleets.append(host)

    plugin(host, "good")
    bare = release(t, "bare")
    done = deploy(t, ssh, host, bare, code=FAILED,
        what="a release without the plugin that the config names")
    t.match(done.stderr, r"does not accept .*current/plugins/good is not there",
        "it says which, by the name in the config")
    t.equal(names(host), [], "and leaves no release")
    t.ok(not os.path.lexists(host.path("current")), "and no link")
    good = release(t, "good", "good")
    deploy(t, ssh, host, good, "-n", what="dry run of the first")
    t.equal(names(host), [], "leaves nothing either")
    deploy(t, ssh, host, good, "--start", what="the first release")
    host.wait_ready()
    have = names(host)
    t.equal(len(have), 1, "is the only one")

    # The config waits for what the next release brings.
    plugin(host, "good", "new")
    for more in ((), ("-n",)):
        deploy(t, ssh, host, release(t, "old%d" % len(more), "good"), *more,
            code=FAILED, what="one without it " + " ".join(more))
        t.equal(names(host), have, "leaves nothing")
    deploy(t, ssh, host, release(t, "next", "good", "new"),
        what="a release that brings a new plugin")
    host.must("reload")
    t.equal(host.status()["handler"]["plugins_up"], 2, "which runs")
    t.equal(sim.totals()["identifies"], SHARDS, "at no IDENTIFY")
    host.stop()


sshd.need()
herd.scenario(main)
