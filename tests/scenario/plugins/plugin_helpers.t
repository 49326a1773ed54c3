#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The helpers for Python and Node: a plugin whose standard input is closed
ends by itself, though functions of it still wait for calls that nobody will
answer any more."""
import json
import os
import shutil
import subprocess
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import ROOT, scenario

LAST_S = 60

PYTHON = """
import shardherd, sys
bot = shardherd.Plugin(workers=2)

def held():
    try:
        bot.call("config")
    except shardherd.Error as e:
        sys.stderr.write("told: %d\\n" % e.code)   # in one piece
    try:
        bot.call("config")
    except shardherd.Error as e:
        sys.stderr.write("late: %d\\n" % e.code)

@bot.start_up
def waits():
    held()
bot.on("X")(lambda d, event: list(bot.members("1")))
bot.run()
"""

NODE = """
const bot = require('./shardherd').plugin();
bot.startUp(() => bot.call('config'));
bot.on('X', () => bot.members('1', () => {}));
bot.run();
"""

START = {"jsonrpc": "2.0", "id": 0, "method": "initialize", "params":
    {"api": 1, "plugin": "p", "version": "0", "config": {}}}
EVENT = {"jsonrpc": "2.0", "id": 1, "method": "event", "params":
    {"event": {"t": "X", "d": {}}, "again": False}}


def end_of(t, name, argv):
    """Its exit code and what it said on stderr."""
    plugin = subprocess.Popen(argv, stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        for message in START, EVENT:
            plugin.stdin.write(json.dumps(message) + "\n")
            plugin.stdin.flush()
        calls = set()
        while not {"config", "members"} <= calls:
            line = plugin.stdout.readline()
            if not line:
                break
            calls.add(json.loads(line).get("method"))
        t.equal(calls - {None}, {"config", "members"}, name
            + ": both functions wait for an answer")
        plugin.stdin.close()
        plugin.stdin = None
        _, said = plugin.communicate(timeout=LAST_S)
        return plugin.returncode, said
    except subprocess.TimeoutExpired:
        return None, ""
    finally:
        if plugin.poll() is None:
            plugin.kill()
            plugin.communicate()


def main(t):
    for name in "shardherd.py", "shardherd.js":
        shutil.copy(os.path.join(ROOT, "handler/plugins", name), t.dir)
    for name, text in ("p.py", PYTHON), ("p.js", NODE):
        with open(os.path.join(t.dir, name), "w") as f:
            f.write(text)
    code, said = end_of(t, "Python", ["/usr/bin/python3",
        os.path.join(t.dir, "p.py")])
    t.equal(code, 0, "Python: it ends by itself")
    t.ok("told: -32003" in said and "late: -32003" in said,
        "Python: calls fail from then on")
    node = shutil.which("node")
    if node is None:
        return
    code, said = end_of(t, "Node", [node, os.path.join(t.dir, "p.js")])
    t.equal(code, 0, "Node: it ends by itself")


scenario(main)
