#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""C1: the handler opens no file for a plugin.  The helpers for Python and Node
read what is given to upload as a path themselves, up to a bound, and send
what is in it."""
import base64
import json
import os
import shutil
import subprocess
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import ROOT, scenario

PYTHON = """
import shardherd
bot = shardherd.Plugin()
@bot.start_up
def go():
    for path in bot.config["paths"].split():
        try:
            bot.start("upload", channel_id="1", files=[{"path": path},
                {"name": "b", "base64": "Yg=="}])
        except Exception as e:
            bot.start("log", level="warn", text=type(e).__name__)
bot.run()
"""

NODE = """
const bot = require('./shardherd').plugin();
bot.startUp(async () => {
	for (const path of bot.config.paths.split(' '))
		bot.call('upload', {channel_id: '1', files: [{path},
			{name: 'b', base64: 'Yg=='}]}).catch((e) =>
			bot.call('log', {level: 'warn', text: e.name}));
});
bot.run();
"""


def calls(argv, paths):
    """The first calls that the plugin makes, one for each path."""
    plugin = subprocess.Popen(argv, stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, text=True)
    try:
        plugin.stdin.write(json.dumps({"jsonrpc": "2.0", "id": 0, "method":
            "initialize", "params": {"api": 1, "plugin": "p", "version": "0",
            "config": {"paths": " ".join(paths)}}}) + "\n")
        plugin.stdin.flush()
        seen = []
        while len(seen) < len(paths):
            line = plugin.stdout.readline()
            if not line:
                break
            message = json.loads(line)
            if "method" in message:
                seen.append((message["method"], message["params"]))
        return seen
    finally:
        plugin.kill()
        plugin.communicate()


def main(t):
    small, big = (os.path.join(t.dir, n) for n in ("small.txt", "big.bin"))
    with open(small, "w") as f:
        f.write("hello")
    with open(big, "wb") as f:
        f.truncate((11 << 20) + 1)
    for name in "shardherd.py", "shardherd.js":
        shutil.copy(os.path.join(ROOT, "handler/plugins", name), t.dir)
    for name, text in ("p.py", PYTHON), ("p.js", NODE):
        with open(os.path.join(t.dir, name), "w") as f:
            f.write(text)
    runs = [("Python", "/usr/bin/python3", "p.py")]
    if shutil.which("node"):
        runs.append(("Node", shutil.which("node"), "p.js"))
    for name, program, file in runs:
        seen = calls([program, os.path.join(t.dir, file)], [small, big])
        uploads = [p for m, p in seen if m == "upload"]
        t.equal([p["files"] for p in uploads], [[{"name": "small.txt",
            "base64": base64.b64encode(b"hello").decode()},
            {"name": "b", "base64": "Yg=="}]], name + ": reads the file")
        t.equal([p["text"] for m, p in seen if m == "log"],
            ["ValueError" if name == "Python" else "RangeError"],
            name + ": a file that is too long is refused")


scenario(main)
