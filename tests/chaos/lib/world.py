# SPDX-License-Identifier: MIT
"""The world that deeds act on, and what status says of its processes."""
import contextlib
import json
import os
import shutil

import herd
import nextver
from gates import wait_gate
from processes import alive, children, kill

HEARTBEAT_S = 5		# the interval; by then status names what is wrong


class World:
    """A fleet, its simulator, and what the deeds know of them."""

    def __init__(self, t, sim, fleet, bots, programs):
        self.t, self.sim, self.fleet, self.bots = t, sim, fleet, bots
        self.programs = programs	# two, to upgrade to and fro
        self.shards = fleet.shards
        self.spent = 0		# IDENTIFYs that may have been
        self.deaths = 0		# of handlers and plugins
        self.done = self.kills = 0
        self.guest = None	# the token of a client that comes and goes

    def pid(self, kind, dice):
        """Of a random one of that kind; None: there is none now."""
        status = self.fleet.status()
        if kind == "shard":
            pid = dice.choice([s["pid"] for s in status["shards"]])
        elif kind == "plugin":
            pid = dice.choice(children(status["handler"]["pid"]) or [None])
        elif kind == "supervisor":
            pid = status["cluster"]["pid"]
        elif kind in ("runner", "own bot"):
            pid = own_pid(status, kind)
        else:
            pid = status[kind]["pid"]
        return pid if pid and pid > 1 else None

    def kill(self, kind, pid):
        """One that this kind has; what comes of it is told within the
        interval, and a supervisor is started again."""
        self.deaths += kind in ("handler", "plugin")
        self.kills += 1
        kill(pid)
        if kind == "supervisor":
            herd.wait_until(lambda: not alive(pid), "it is dead")
        herd.wait_until(lambda: named(self, kind, pid), "status says that the "
            "%s (pid %d) is dead" % (kind, pid), HEARTBEAT_S)
        if kind == "supervisor":
            self.ensure()
        if kind == "gate":
            wait_gate(self.fleet, other_than=pid)

    def ensure(self):
        self.fleet.must("ensure", "--wait=120", timeout=180)


def own_process(status):
    """What status has of the process of a client that the fleet runs."""
    for client in (status.get("gate") or {}).get("clients", ()):
        if client.get("process"):
            return client["process"]
    return {}


def own_pid(status, kind):
    pid = own_process(status).get("pid")
    if kind == "runner" and pid and pid > 1:
        with contextlib.suppress(OSError), open("/proc/%d/stat" % pid,
                encoding="utf-8") as f:
            return int(f.read().rpartition(")")[2].split()[1])
        return None
    return pid


def named(w, kind, pid):
    """Status says of a process that is dead or stands still what is true of
    it: it is another one, or not well."""
    s = w.fleet.status()
    if kind == "shard":
        return not any(row["pid"] == pid and row["state"] == "ready"
            for row in s["shards"])
    if kind == "supervisor":
        return s["cluster"]["state"] != "ready"
    codes = {p["code"] for p in s["cluster"]["problems"]}
    if kind == "plugin":
        return codes & {"plugin-hung", "plugin-down", "plugin-starting",
            "handler-hung"} or pid not in children(s["handler"]["pid"])
    if kind in ("runner", "own bot"):
        return codes & {"runner-hung", "client-hung", "client-down"} or \
            own_pid(s, kind) != pid
    if kind == "web":
        return s["web"]["state"] != "up" or s["web"]["pid"] != pid or \
            codes & {"web-hung", "web-down"}
    return s[kind]["state"] != "ready" or s[kind]["pid"] != pid


def problems(fleet):
    """What check finds, by code."""
    done = fleet.cli("check", "--json")
    with contextlib.suppress(ValueError, KeyError):
        return {p["code"]: p for p in json.loads(done.stdout)["problems"]}
    return {"check ends with %d" % done.returncode: done.stderr}


def programs_of(fleet):
    paths = [fleet.path("a"), fleet.path("b")]
    shutil.copy2(fleet.binary, paths[0])
    nextver.another(fleet.binary, paths[1])
    return paths


def fds(pid):
    return len(os.listdir("/proc/%d/fd" % pid))
