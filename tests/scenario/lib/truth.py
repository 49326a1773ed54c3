# SPDX-License-Identifier: MIT
"""Every window says the same: rows of what is broken, by which word everybody
has to name it, and what ends it; and the windows.  Another window is a row in
WINDOWS: a function of the Stage that gives the words or codes it shows now."""
import json
import os
import re
import socket
import subprocess

from herd import ROOM, wait_until

TOLD = ("status", "check", "doctor", "alert", "systemd")
ALL = TOLD + ("metrics", "page")
CLI = ("status", "check", "doctor")
LOOKS = CLI + ("metrics", "page")	# of what no supervisor can tell


class Stage:
    """A fleet that runs in the foreground, with somebody who listens; web: its
    process of that name."""

    def __init__(self, fleet, web):
        self.fleet, self.web = fleet, web
        self.run = self.heard = None
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(fleet.path("notify"))
        self.notify.setblocking(False)

    def start(self):
        with open(self.fleet.path("run.log"), "ab") as log:
            self.run = subprocess.Popen([self.fleet.binary, "-c",
                self.fleet.config, "run"], stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, env=dict(os.environ,
                NOTIFY_SOCKET=self.fleet.path("notify")))
        self.heard = None
        wait_until(lambda: "ready %d/" % self.fleet.shards in systemd(self),
            "systemd hears of a fleet that is ready", 60)

    def end(self):
        self.run.terminate()
        self.run.wait(ROOM * 60)
        self.notify.close()


def codes_of(text):
    try:
        return [p["code"] for p in json.loads(text)["problems"]]
    except (ValueError, KeyError):
        return []


def status(stage):
    done = stage.fleet.cli("status", "--json")
    try:
        problems = json.loads(done.stdout)["cluster"]["problems"]
    except (ValueError, KeyError):
        return []
    return [p["code"] for p in problems]


def check(stage):
    return codes_of(stage.fleet.cli("check", "--json").stdout)


def doctor(stage):
    return codes_of(stage.fleet.cli("doctor", "--json").stdout)


def alert(stage):
    """The codes of alerts that stand."""
    on = {}
    try:
        with open(stage.fleet.path("told"), encoding="utf-8") as f:
            for line in f:
                m = json.loads(line)
                on[m["kind"]] = m["state"] != "recovered" and m.get("code")
    except OSError:
        pass
    return [code for code in on.values() if code]


def systemd(stage):
    """The words of the status line."""
    try:
        while True:
            told = stage.notify.recv(4096).decode()
            found = re.search("(?m)^STATUS=(.*)$", told)
            if found:
                stage.heard = found.group(1)
    except BlockingIOError:
        return stage.heard or ""


def asked(stage, path):
    answer = stage.web.try_ask(path)
    return answer.text if answer is not None else ""


def metrics(stage):
    return re.findall('(?m)^shardherd_finding{code="([^"]*)"',
        asked(stage, "/metrics"))


def page(stage):
    """The kinds of outage: what a finding is for who uses the bot."""
    found = re.search('data-outages="([^"]*)"', asked(stage, "/"))
    return found.group(1).split() if found else []


WINDOWS = {"status": status, "check": check, "doctor": doctor,
    "alert": alert, "systemd": systemd, "metrics": metrics, "page": page}


def shows(stage, window, row):
    seen = WINDOWS[window](stage)
    if window == "page":	# what nobody but an operator notices has none
        return row["outage"] in seen
    if isinstance(seen, str):
        return re.search(row["words"], seen) is not None
    return row["code"] in seen


def all_over(t, stage):
    wait_until(lambda: alert(stage) == [], "every alert is told to be over", 90)
    t.ok(True, "every alert is told to be over")


def play(t, stage, row):
    """One row: {code, words (for windows that have no codes), outage (for the
    page; absent: it is none), do, undo, windows}."""
    windows = [w for w in row["windows"] if w != "page" or "outage" in row]
    for window in windows:
        t.ok(not shows(stage, window, row),
            "%s: %s does not say it before" % (row["code"], window))
    row["do"]()
    for window in windows:
        wait_until(lambda: shows(stage, window, row),
            "%s: %s says it" % (row["code"], window), 60)
        t.ok(True, "%s: %s says it" % (row["code"], window))
    row["undo"]()
    for window in windows:
        if window == "alert":	# over only when it has been for a while
            continue
        wait_until(lambda: not shows(stage, window, row),
            "%s: %s says it no more" % (row["code"], window), 90)
        t.ok(True, "%s: %s says it no more" % (row["code"], window))
