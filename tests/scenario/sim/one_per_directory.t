#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A second simulator in a directory is refused, and changes nothing there."""
import os
import subprocess
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import SIMULATOR, scenario


def files(path):
    found = {}
    for name in os.listdir(path):
        if name != "control.sock":
            with open(os.path.join(path, name), "rb") as f:
                found[name] = f.read()
    return found


def main(t):
    sim = t.sim(shards=1, guilds=1)
    before = files(sim.dir)
    for more in ("--plain", "--token", "other", "--bots", "3"), ():
        done = subprocess.run([SIMULATOR, "run", "--dir", sim.dir, *more],
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
            check=False, timeout=60)
        t.equal(done.returncode, 1, "a second one is refused")
        t.match(done.stderr, "another shardherd-sim runs", "why")
        t.equal(files(sim.dir), before, "files are the first one's")
    t.match(sim.ctl("guilds"), "132271570944722405", "which goes on")


scenario(main)
