# SPDX-License-Identifier: MIT
"""Fleets that run a bot's process: its config, and what execbot.py wrote."""
import json
import os
import threading

from gates import FleetBot, GATE, free_port, gate_url
from herd import wait_until

BOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "execbot.py")


class Bots:
    """The processes of client "bot" of one fleet, all that there were."""

    def __init__(self, fleet):
        self.fleet = fleet
        self.place = place_of(fleet)

    def mode(self, word):
        with open(os.path.join(self.place, "mode"), "w",
                encoding="utf-8") as f:
            f.write(word)

    def row(self):
        return self.fleet.status()["gate"]["clients"][0]["process"]

    def pid(self):
        row = self.row()
        return row and row["pid"]

    def pids(self):
        return sorted(int(name) for name in os.listdir(self.place)
            if name.isdigit())

    def said(self, pid):
        try:
            with open(os.path.join(self.place, str(pid)),
                    encoding="utf-8") as f:
                return [json.loads(line) for line in f
                    if line.endswith("\n")]
        except FileNotFoundError:
            return []

    def has(self, pid, key):
        return [d[key] for d in self.said(pid) if key in d]

    def wait_ready(self, other_than=()):
        """The pid of one that is in service, and was READY."""
        def there():
            pid = self.pid()
            return (pid is not None and pid not in other_than
                and self.has(pid, "ready") and pid)
        return wait_until(there, "the bot is READY")

    def messages(self):
        return [i for pid in self.pids() for i in self.has(pid, "id")]

    def wait_messages(self, pid, more):
        n = len(self.has(pid, "id"))
        wait_until(lambda: len(self.has(pid, "id")) >= n + more,
            "the bot hears %d more messages" % more)


class Judge(threading.Thread):
    """Another client, which hears everything all the time."""

    def __init__(self, fleet, config, name):
        super().__init__(daemon=True)
        done = fleet.must("client", "add", name, "--json")
        self.token = json.loads(done)["token"]
        self.bot = FleetBot(gate_url(config))
        self.bot.come(self.token)
        self.over = threading.Event()
        self.start()

    def run(self):
        """A heartbeat a second: more of them would be too many (4008)."""
        while not self.over.wait(1):
            self.bot = self.bot.go_on(self.token)

    def heard(self):
        return set(self.bot.ids)

    def end(self):
        """What it heard, all in all."""
        self.over.set()
        self.join(60)
        self.bot.drop()
        return self.heard()


def place_of(fleet):
    place = fleet.path("bot")
    os.makedirs(place, exist_ok=True)
    return place


def exec_config(fleet_or_place, **keys):
    """[gate] and [client "bot"] with its exec; keys: more of the latter."""
    config = GATE(rest_listen="127.0.0.1:%d" % free_port())
    config['client "bot".exec'] = "/usr/bin/python3 %s %s" % (BOT,
        fleet_or_place)
    for key, value in keys.items():
        config['client "bot".' + key] = value
    return config
