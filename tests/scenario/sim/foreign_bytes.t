#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What ctl shows of foreign bytes moves no cursor and stays JSON where it is;
what isn't UTF-8 is refused with a sentence; an answer that nobody could write
down is no success."""
import json
import os
import subprocess
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import SIMULATOR, scenario

NAME = "\x1b[2J\x07a\u009b31m\u202eb"


def shown(t, sim):
    sim.ctl("guild", "new", NAME)
    out = sim.ctl("guilds")
    t.match(out, r"(?m)  \\x1b\[2J\\x07a\\u009b31m\\u202eb$", "a name")
    t.ok(not set(out) & set("\x1b\x07\u009b\u202e"), "as text")
    rows = sim.ctl("guilds", "--json")
    t.equal(json.loads(rows)["rows"][-1]["name"], NAME, "JSON has it whole")
    t.ok(rows.rstrip("\n").isprintable(), "and is text")
    t.ok(json.dumps(NAME) in json.dumps(json.loads(sim.ctl("world"))),
        "so has the world")
    sim.ctl("say", "#general", "x" + NAME)
    t.equal(json.loads(sim.ctl("said", "#general", 1).split(None, 2)[2]),
        "x" + NAME, "what is said")
    why = sim.try_ctl("\x1b[2Jno").stderr
    t.match(why, r"there is no verb \\x1b\[2Jno", "in a sentence too")
    why = sim.try_ctl("await")
    t.equal((why.returncode, why.stderr.count("\n")), (64, 2),
        "whose lines are kept")


def refused(t, sim):
    done = sim.try_ctl("say", "#general", b"\xff")
    t.equal((done.returncode, done.stderr), (64,
        "shardherd-sim: a word of that command is no UTF-8.\n"), "no UTF-8")
    path = os.path.join(t.dir, "bytes.txt")
    with open(path, "wb") as f:
        f.write(b"wait connected=1\nguild new \xff\n")
    done = subprocess.run([SIMULATOR, "run", "--dir", t.dir + "/other",
        "--plain", "--script", path], stdin=subprocess.DEVNULL, check=False,
        capture_output=True, text=True, timeout=60)
    t.equal(done.returncode, 64, "in a script")
    t.match(done.stderr, r"bytes\.txt:2: this line is no UTF-8", "which line")


def main(t):
    sim = t.sim(shards=1, guilds=2, plain=True)
    shown(t, sim)
    refused(t, sim)
    here = os.path.join(t.dir, "here")
    with open(here, "w", encoding="utf-8"):
        pass
    os.chdir(t.dir)
    sim.ctl("say", "#general", "--", "--file", "here")
    t.match(sim.ctl("said", "#general", 1), '"--file here"',
        "a text that names a file stays as it is")
    for words in ("ctl", "--dir", sim.dir, "world"), ("help",):
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = subprocess.run([SIMULATOR, *words], stdout=full,
                stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                check=False, timeout=60)
        t.equal((done.returncode, done.stderr), (1, "shardherd-sim: cannot "
            "write to standard output.\n"), "nowhere to write: " + words[0])


scenario(main)
