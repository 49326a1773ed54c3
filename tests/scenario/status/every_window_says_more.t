#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""I7, more of what every_window_says_it.t begins with: a hold, a config that is
refused, a reload that fails, a token file, a disk that fills, partial deafness,
plugins that err, that are held, whose commands are left out, and a shard that
does not get through: each is named alike by every window, and then no more."""
import os
import subprocess
import sys

sys.path.append(sys.path[0] + "/../lib")
from asking import Web
from files import replace
from herd import ROOM, SIMULATOR, Failed, scenario
from tiny import can_mount
from truth import ALL, LOOKS, Stage, all_over, play

USUAL = 40	# interactions, more than verdict.h wants for a rate
DISK, LEFT = 64 << 20, 3 << 20	# a tenth is little, less than 1 MiB is none
APP = """#!/usr/bin/python3
import json, os, sys
for line in sys.stdin:
    m = json.loads(line)
    end = {"result": None}
    if os.path.exists("%(dir)s/dying"):
        sys.exit(3)
    if m.get("method") == "event" and os.path.exists("%(dir)s/sick"):
        end = {"error": {"code": 1, "message": "the database is away"}}
    if "id" in m:
        print(json.dumps({"jsonrpc": "2.0", "id": m["id"], **end}), flush=True)
"""
ODD = """#!/usr/bin/python3
import json, sys
for line in sys.stdin:
    m = json.loads(line)
    end = {"result": None}
    if m.get("method") == "initialize":
        end = {"result": {"commands": [{"name": "NoGood", "help": "x"}]}}
    if "id" in m:
        print(json.dumps({"jsonrpc": "2.0", "id": m["id"], **end}), flush=True)
"""


def guild_of(sim, shard):
    for line in sim.ctl("guilds", 64).splitlines()[1:]:
        number = int(line.split()[1])
        if (number >> 22) % 2 == shard:
            return number
    raise Failed("no guild of shard %d" % shard)


class Play:
    """What is done to the fleet of a stage, and undone."""

    def __init__(self, stage, config, plugins):
        self.stage, self.fleet, self.sim = stage, stage.fleet, stage.fleet.sim
        self.config, self.plugins = config, plugins
        self.people = None

    def write(self, changes=(), plugins=None):
        self.fleet.write_config({**self.config, **dict(changes)},
            {**self.plugins, **(plugins or {})})

    def write_and_reload(self, *more):
        self.write(*more)
        self.fleet.must("reload")

    def mark(self, name):
        with open(self.fleet.path(name), "w", encoding="utf-8"):
            pass

    def unmark(self, name):
        os.unlink(self.fleet.path(name))

    def bring_back(self):
        self.unmark("dying")
        self.fleet.must("plugin", "restart", "app")

    def no_way_in(self):
        self.sim.ctl("fault", "no-hello", "--count", "forever")
        self.sim.ctl("drop", 1)

    def fault_in_the_file(self):
        """It is not looked at until the supervisor is another one."""
        self.write({"gateway.shards": "fuor"})
        self.stage.run.kill()
        self.stage.run.wait(ROOM * 60)
        self.stage.start()

    def broken_plugin(self):
        self.write((), {"broken": dict(exec=self.fleet.program("broken",
            "#!/bin/sh\nexit 1\n"), events="MESSAGE_CREATE")})
        self.fleet.cli("reload")

    def fill(self):
        place = os.statvfs(self.fleet.path("state"))
        with open(self.fleet.path("state", "filler"), "wb") as f:
            f.write(bytes(place.f_bavail * place.f_frsize - LEFT))

    def withhold(self):
        """Those of the other go on, or it were the whole fleet that is deaf;
        and all that follows, or it were so when there are none any more."""
        for _ in range(USUAL):
            self.sim.ctl("interaction", guild_of(self.sim, 1), "x")
        self.fleet.wait_status(lambda s: s["shards"][1]["classes"]
            ["interactions"]["others_usual"] is not None,
            "it knows how often they come")
        self.people = subprocess.Popen(["sh", "-c", "while \"$@\" $0 x && "
            "\"$@\" %d x; do sleep 0.3; done" % guild_of(self.sim, 1),
            str(guild_of(self.sim, 0)), SIMULATOR, "ctl", "--dir",
            self.sim.dir, "interaction"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        self.sim.ctl("withhold", 1, "INTERACTION_")

    def withhold_no_more(self):
        self.sim.ctl("withhold", 1, "off")

def rows(p):
    fleet, sim = p.fleet, p.sim
    found = [
        dict(code="token-file", words="token", windows=[w for w in LOOKS
            if w != "page"] + ["systemd"],
            do=lambda: replace(fleet.path("token"), "x" * 40),
            undo=lambda: replace(fleet.path("token"), p.token)),
        dict(code="plugin-erring", outage="function", words="the database is away",
            windows=ALL, do=lambda: p.mark("sick"),
            undo=lambda: p.unmark("sick")),
        dict(code="shard-partly-deaf", outage="events",
            words="shard 1 partly deaf", windows=ALL, do=p.withhold,
            undo=p.withhold_no_more),
        dict(code="commands-left-out", outage="function", words="NoGood|odd",
            windows=LOOKS + ("systemd",), do=lambda: p.write_and_reload((),
            {"odd": dict(exec=fleet.program("odd", ODD), events=
            "MESSAGE_CREATE")}), undo=p.write_and_reload),
        # The alert stands since the plugin was down.
        dict(code="plugin-held", outage="function", words="app held",
            windows=LOOKS + ("systemd",), do=lambda: p.mark("dying"), undo=p.bring_back),
        dict(code="shard-connecting", outage="shards",
            words="shard 1 connecting", windows=LOOKS + ("systemd",),
            do=p.no_way_in, undo=lambda: sim.ctl("fault", "clear")),
        dict(code="config-refused", words="config of before", windows=ALL,
            do=p.fault_in_the_file, undo=p.write_and_reload),
        dict(code="reload-failed", words="plugin broken", windows=ALL, alone=True,
            do=p.broken_plugin, undo=p.write_and_reload),
        dict(code="fleet-held", outage="held", words="4014|intents|hold|held",
            windows=ALL, do=lambda: sim.ctl("close", 0, 4014),
            undo=lambda: fleet.must("release")),
    ]
    if p.small:
        found.append(dict(code="disk-short", words="disk of state_dir",
            windows=ALL, do=p.fill,
            undo=lambda: os.unlink(fleet.path("state", "filler"))))
    return found


def main(t):
    sim = t.sim(shards=2, rate=100)
    fleet = t.fleet(sim)
    fleet.program("tell", '#!/bin/sh\ncat >>"%s"\n' % fleet.path("told"))
    fleet.program("app", APP % {"dir": fleet.dir})
    web = Web()
    plugins = {"audit": fleet.audit(), "app": dict(exec="app",
        events="MESSAGE_CREATE")}
    config = {**web.keys, "bot.token_file": "token", "alerts.exec": "tell",
        "alerts.silent_after": "3s", "handler.probation": "200ms",
        "limits.restart_max": "200ms"}
    p = Play(Stage(fleet, web), config, plugins)
    with open(sim.urls["SIM_TOKEN_FILE"], encoding="utf-8") as f:
        p.token = f.read()
    replace(fleet.path("token"), p.token)
    os.mkdir(fleet.path("state"))
    p.small = "HERD_TINY" in os.environ
    if p.small:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=%d,mode=700" % DISK,
            "tmpfs", fleet.path("state")], check=True)
    p.write()
    p.stage.start()
    fleet.wait_ready()
    for row in rows(p):
        if "alone" in row:	# the alert that stands is told once
            all_over(t, p.stage)
        play(t, p.stage, row)
    all_over(t, p.stage)
    p.people.kill()
    p.people.wait(ROOM * 60)
    fleet.stop()
    p.stage.end()


if "HERD_TINY" not in os.environ and can_mount():
    os.environ["HERD_TINY"] = "1"	# a disk of its own, which can be filled
    os.execvp("unshare", ["unshare", "-rm", sys.executable, *sys.argv])
scenario(main)
