#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The walk-through of shardherd-plugin(7), command by command, for each
language: from nothing to a slash command that answers.  And a plugin with
faults is told each of them."""
import json
import os
import re
import shutil
import signal
import subprocess
import sys

sys.path.append(sys.path[0] + "/../lib")
from files import executable
from herd import ROOT, SHARDHERD, SIMULATOR, scenario, wait_until
from processes import alive, children

FAULTY = '''#!/usr/bin/python3
import json, sys
for line in sys.stdin:
    m = json.loads(line)
    if m.get("method") == "initialize":
        print(json.dumps({"jsonrpc": "2.0", "id": m["id"], "result": {
            "commands": [{"name": "mute", "help": "Does not answer"},
                {"name": "cut", "help": "By hand", "roads": ["reaction"],
                    "emoji": "x"},
                {"name": "high", "help": "Not for all", "rank": 900}]}}),
            flush=True)
    elif m.get("method") == "event":
        if m["params"]["event"]["t"] == "TYPING_START":
            print("a TYPING_START", file=sys.stderr)
            continue
        print(json.dumps({"jsonrpc": "2.0", "id": m["id"], "result": 1}),
            flush=True)
    elif m.get("method") == "shutdown":
        sys.exit(3)
'''


def walk_through():
    """The commands of the page's section, as a list for each language."""
    with open(os.path.join(ROOT, "man", "shardherd-plugin.7"),
            encoding="utf-8") as f:
        text = f.read()
    part = re.search(r"(?s)^\.Sh FIRST STEPS\n(.*?)^\.Sh ", text, re.M).group(1)
    walks = {}
    for line in part.splitlines():
        if " plugin new " in line and line.startswith("$ "):
            commands = walks.setdefault(line.split("--lang ")[1], [])
        if line.startswith("$ ") and " load " not in line:
            commands.append(line[2:])
    return walks


class Desk:
    """A folder, and a $PATH that finds the programs as installed ones."""

    def __init__(self, t):
        self.dir = os.path.join(t.dir, "desk")
        self.tmp = os.path.join(t.dir, "tmp")
        for folder in (self.dir, self.tmp, os.path.join(self.dir, "bin")):
            os.mkdir(folder)
        os.symlink(SHARDHERD, os.path.join(self.dir, "bin", "shardherd"))
        os.symlink(SIMULATOR, os.path.join(self.dir, "bin", "shardherd-sim"))
        self.env = dict(os.environ, TMPDIR="/tmp", HOME=self.dir,
            PATH=os.path.join(self.dir, "bin") + ":" + os.environ["PATH"])
        self.env.pop("SHARDHERD_CONF", None)

    def start(self, command):
        return subprocess.Popen(["sh", "-c", "exec " + command], cwd=self.dir,
            env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)

    def run(self, command, folder="."):
        return subprocess.run(["sh", "-c", command],
            cwd=os.path.join(self.dir, folder),
            env=self.env, stdin=subprocess.DEVNULL, capture_output=True,
            text=True, timeout=100)


def walk(t, desk, lang, commands):
    """What the page says, letter for letter, in an empty folder."""
    os.mkdir(os.path.join(desk.dir, lang))
    for command in commands:
        done = desk.run(command, lang)
        if not t.equal(done.returncode, 0, "%s: %s" % (lang, command)):
            t.note(done.stdout + done.stderr)
            return
        if " new " in command:
            printed(t, desk, lang, done.stdout)
    t.match(done.stdout, r'PASS +/hello +answers "Hello! That makes 1\."',
        "%s: its slash command answers in the simulator" % lang)
    t.equal(re.findall("(?m)^(?:FAIL|NOTE).*", done.stdout), [],
        "%s: nothing to complain of" % lang)


def printed(t, desk, lang, text):
    """plugin new prints the commands that the page has."""
    t.match(text, "(?m)^    (make -C hello && )?shardherd plugin test hello$",
        "%s: it says how to go on" % lang)
    exe = re.search(r"(?m)^    exec = (.*)$", text).group(1)
    t.equal(os.path.dirname(exe), os.path.join(desk.dir, lang, "hello"),
        "%s: with the lines for the config" % lang)


def refused(t, desk):
    for command, pattern in (
            ("new Hello --lang python", "no name for a plugin"),
            ("new ../x --lang python", "no name for a plugin"),
            ("new x --lang perl", "python.*node.*c"),
            ("new x", "python.*node.*c"),
            ("new python --lang node", "exists already"),
            ("test nowhere", "Cannot find nowhere"),
            ("test bin", "no executable plugin"),
            ("test python/hello/shardherd.py", "chmod")):
        t.sentence(desk.run("shardherd plugin " + command), 64, pattern,
            "plugin " + command)
    t.equal(os.listdir(os.path.join(desk.dir, "python")), ["hello"],
        "nothing was changed")


def faulty(t, desk):
    path = os.path.join(desk.dir, "faulty.py")
    executable(path, FAULTY)
    done = desk.run("shardherd plugin test --json faulty.py")
    t.equal(done.returncode, 1, "a faulty one fails")
    checks = {c["check"]: (c["result"], c["text"])
        for c in json.loads(done.stdout)["checks"]}
    t.match(" ".join(checks["events"]), "FAIL.*not answered.*TYPING_START",
        "unanswered events are named")
    t.match(" ".join(checks["/mute"]), "FAIL.*(nobody answers|did not reach)",
        "so is a command without an answer")
    t.match(" ".join(checks["/high"]), "FAIL.*(nobody answers|did not reach)",
        "its rank is no reason")
    t.match(" ".join(checks["/cut"]), "NOTE.*not tried",
        "one without a slash is not tried")
    t.match(" ".join(checks["stderr"]), "NOTE.*a TYPING_START", "stderr shows")
    t.match(" ".join(checks["end"]), "FAIL.*exit 3", "and its exit status")
    t.equal(checks["protocol"][0], "PASS", "what is right passes")


def interrupted(t, desk):
    """Ctrl-C: nothing stays."""
    path = os.path.join(desk.dir, "silent")
    executable(path, "#!/bin/sh\nexec sleep 100\n")
    desk.env["TMPDIR"] = desk.tmp
    test = desk.start("shardherd plugin test silent")

    def all_started():
        titles = []
        for pid in children(test.pid):
            try:
                with open("/proc/%d/cmdline" % pid, "rb") as f:
                    titles.append(f.read())
            except OSError:
                pass
        return any(b"sleep" in c for c in titles) and children(test.pid)

    pids = wait_until(all_started, "the plugin runs")
    test.send_signal(signal.SIGINT)
    out, err = test.communicate(timeout=60)
    t.ok(test.returncode != 0 and "Interrupted" in err, "Ctrl-C ends it")
    wait_until(lambda: not any(alive(pid) for pid in pids),
        "all that it started is gone", 20)
    t.equal(os.listdir(desk.tmp), [], "and so is its folder")


def main(t):
    desk = Desk(t)
    walks = walk_through()
    t.equal([len(walks[lang]) for lang in ("python", "node", "c")], [2, 2, 3],
        "the page has the commands")
    for lang in ("python", "node", "c"):
        if shutil.which({"node": "node", "c": "cc"}.get(lang, "python3")):
            walk(t, desk, lang, walks[lang])
        else:
            t.note("%s is not installed here: not tried" % lang)
    refused(t, desk)
    faulty(t, desk)
    interrupted(t, desk)


scenario(main)
