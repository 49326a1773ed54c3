# SPDX-License-Identifier: MIT
"""Fleets with a gate."""
import contextlib
import json
import socket
import urllib.parse

from herd import wait_until
from ws import Client, Closed

INTENTS = 1 << 0 | 1 << 9 | 1 << 15	# as herd.py has them


def free_port():
    """One that nobody listens at, a moment ago."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def connects(port):
    """Whether somebody listens there."""
    with socket.socket() as s:
        s.settimeout(300)
        return s.connect_ex(("127.0.0.1", port)) == 0


def GATE(clients=("bot",), **keys):
    """Keys of a config: a gate, and clients without more than a name.  Bots
    send heartbeats when told to, however long a busy machine takes."""
    keys = {"listen": "127.0.0.1:%d" % free_port(), "log_bytes": "64M",
        "heartbeat": "45s", **keys}
    config = {"gate." + key: value for key, value in keys.items()}
    for name in clients:
        config['client "%s".rest' % name] = "full"
    return config


def gate_pid(fleet):
    return fleet.status()["gate"]["pid"]


def client_token(fleet, name):
    """A token for a client of the config, as its owner gets it."""
    def told():
        done = fleet.cli("client", "add", name, "--json")
        if "has a token" in done.stderr:
            done = fleet.cli("client", "token", name, "--json")
        return done.returncode == 0 and json.loads(done.stdout)["token"]
    return wait_until(told, "the bot's id is known, a token given")


def wait_gate(fleet, other_than=None):
    """The gate is ready, and the handler sends to it."""
    def there(s):
        g = s["gate"]
        return (g["state"] == "ready" and g["lanes"] > 0
            and g["pid"] not in (None, -1, other_than))
    return fleet.wait_status(there, "the gate is ready, and has a lane")


def log_has_all(t, fleet):
    """Every event the shards had is in the log, and none twice: the numbers of
    each session begin at 1 and have no gaps."""
    def counts():
        s = fleet.status()
        return s["gate"]["log_last"], sum(x["seq"] for x in s["shards"])

    def settled():
        s = fleet.status()
        return (s["gate"]["waiting"] == s["gate"]["backlog_events"] == 0
            and counts()[0] >= counts()[1])
    wait_until(settled, "the gate's log has what the shards had")
    t.equal(*counts(), "the log has each event of the shards once")
    t.note("%d were sent to the gate more than once"
        % fleet.status()["gate"]["repeated"])


def gate_url(config):
    return "ws://" + config["gate.listen"]


def connect(url, data=b""):
    """A bare connection to a gate, over which that was sent."""
    part = urllib.parse.urlsplit(url)
    s = socket.create_connection((part.hostname, part.port), 20)
    with contextlib.suppress(OSError):
        s.sendall(data)
    return s


def http_status(s):
    """What a bare connection was answered; None: nothing.  Closes it."""
    data = b""
    with contextlib.suppress(OSError):
        while b"\r\n" not in data:
            more = s.recv(4096)
            if not more:
                break
            data += more
    s.close()
    return int(data.split()[1]) if data.startswith(b"HTTP/") else None


class FleetBot(Client):
    """A bot as libraries are: it counts s, and RESUMEs when it is cut off."""

    def __init__(self, url):
        super().__init__(url, "v=10&encoding=json")
        self.url = url
        self.session = self.seq = None
        self.guilds, self.ids, self.gaps = {}, set(), []
        self.doubled = self.heard = 0

    def receive(self):
        before = self.seq
        document = super().receive()
        s, name, d = document.get("s"), document.get("t"), document.get("d")
        if s is not None:
            if before is not None and s != before + 1 and name != "RESUMED":
                self.gaps.append((before, s))
            self.seq = s
        if name == "READY":
            self.session = d["session_id"]
        elif name == "GUILD_CREATE":
            self.guilds[d["id"]] = d
        elif name == "MESSAGE_CREATE":
            self.heard += 1
            self.doubled += d["id"] in self.ids
            self.ids.add(d["id"])
        return document

    def come(self, token):
        self.until(10)
        self.identify(token, (0, 1), intents=INTENTS)
        return self.until(0, "READY")["d"]

    def until_guilds(self, n):
        while len(self.guilds) < n:
            self.receive()

    def hear(self, n):
        until = self.heard + n
        while self.heard < until:
            self.receive()

    def go_on(self, token):
        """Reads on; when the connection ends, another one that RESUMEs."""
        try:
            self.send({"op": 1, "d": self.seq})
            while self.receive().get("op") not in (7, 11):
                pass
            self.hear(1)
            return self
        except (Closed, OSError):
            pass
        return wait_until(lambda: self._again(token), "the bot RESUMEs")

    def _again(self, token):
        try:
            bot = FleetBot(self.url)
            for name in ("session", "seq", "guilds", "ids", "gaps", "doubled",
                    "heard"):
                setattr(bot, name, getattr(self, name))
            bot.until(10)
            bot.resume(token, self.session, self.seq)
            bot.until(0, "RESUMED")
            return bot
        except (Closed, OSError):
            return None
