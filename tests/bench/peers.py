# SPDX-License-Identifier: MIT
"""The gate beside what others built for the same, on the same stream."""
import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import time
import urllib.parse

from gates import INTENTS, connects, free_port, gate_pid, wait_gate
from herd import Failed, wait_until
from latency import stamper, stamps
from measure import end, say
from ws import Client, Closed

RATE, AWAY_S = 200, 3
CACHED = ("channels", "current_member", "emojis", "roles", "scheduled_events",
    "stage_instances", "stickers", "voice_states")
NOT_CACHED = ("members", "presences", "users")	# as the gate, by default


class Gate:
    """Ours, with its fleet."""
    name = "the gate"

    def __init__(self, fleet, url, tokens):
        self.fleet, self.url, self.tokens = fleet, url, tokens

    def pid(self):
        return gate_pid(self.fleet)

    def kill(self):
        """The gate alone."""
        pid = self.pid()
        os.kill(pid, signal.SIGKILL)
        wait_gate(self.fleet, other_than=pid)

    def kill_all(self):
        """Every process of the fleet at once, then a start."""
        s = self.fleet.status()
        pids = [self.fleet.supervisor_pid(), s["handler"]["pid"],
            s["gate"]["pid"], *self.fleet.shard_pids()]
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        self.fleet.start()
        wait_gate(self.fleet)


class GatewayProxy:
    """github.com/Gelbpunkt/gateway-proxy, an executable that was made before:
    one that takes the gateway's address from GATEWAY_URL."""
    name = "gateway-proxy"

    def __init__(self, program, folder, sim, clients):
        self.program, self.folder, self.sim = program, folder, sim
        with open(sim.urls["SIM_TOKEN_FILE"], encoding="ascii") as f:
            self.tokens = [f.read().strip()] * clients
        self.port = free_port()
        self.url = "ws://127.0.0.1:%d" % self.port
        self.process = None
        os.makedirs(folder)
        with open(os.path.join(folder, "config.json"), "w",
                encoding="ascii") as f:
            json.dump({"token": self.tokens[0], "intents": INTENTS,
                "port": self.port, "externally_accessible_url": self.url,
                "twilight_http_proxy":
                    urllib.parse.urlsplit(sim.urls["SIM_API"]).netloc,
                "cache": {**dict.fromkeys(CACHED, True),
                    **dict.fromkeys(NOT_CACHED, False)}}, f)
        self.start()

    def start(self):
        with open(os.path.join(self.folder, "log"), "ab") as log:
            self.process = subprocess.Popen([self.program], cwd=self.folder,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=dict(os.environ, NO_COLOR="1",
                    GATEWAY_URL=self.sim.urls["SIM_GATEWAY"]))
        wait_until(lambda: self.process.poll() is None
            and connects(self.port), self.name + " listens")
        come(self).drop()

    def pid(self):
        return self.process.pid

    def kill(self):
        end(self.process)
        self.start()

    def left_out(self):
        with open(os.path.join(self.folder, "log"), encoding="utf-8") as f:
            return sum(map(int, re.findall(r"Client is (\d+) events behind",
                f.read())))


def come(way, token=0):
    client = Client(way.url)
    client.until(10)
    client.identify(way.tokens[token], intents=INTENTS)
    client.session = client.until(0, "READY")["d"]["session_id"]
    return client


def read_for(client, seconds, ids):
    """What comes in that time, or until nothing does."""
    until = time.monotonic() + seconds
    client.socket.settimeout(seconds)
    with contextlib.suppress(socket.timeout):
        while time.monotonic() < until:
            document = client.receive()
            if document.get("t") == "MESSAGE_CREATE":
                ids.append(int(document["d"]["id"]))


def again(way, was, ids):
    """RESUMEs, or begins anew when it must: what became of it."""
    client = Client(way.url)
    client.until(10)
    client.resume(way.tokens[0], was.session, was.seq)
    word = "RESUMED"
    while True:
        document = client.receive()
        if document["op"] == 9:
            word = "op 9"
            client.identify(way.tokens[0], intents=INTENTS)
        elif document.get("t") in ("RESUMED", "READY"):
            break
        elif document.get("t") == "MESSAGE_CREATE":
            ids.append(int(document["d"]["id"]))
    return client, word


def away(way, sim, folder, meanwhile=None):
    """Messages while a client was away, those of them that it never got, how
    it came back, and IDENTIFYs that were spent on it."""
    file = os.path.join(folder, "read.witness")
    with open(sim.urls["SIM_TOKEN_FILE"], encoding="ascii") as f:
        witness = stamper(sim.urls["SIM_GATEWAY"], f.read().strip(), file)
    spent = sim.totals()["identifies"]
    ids = []
    client = come(way)
    sim.ctl("rate", RATE)
    read_for(client, 2, ids)
    client.drop()
    if meanwhile is not None:
        meanwhile()
    time.sleep(AWAY_S)
    client, word = again(way, client, ids)
    read_for(client, 1, ids)
    sim.ctl("rate", 0)
    # Behind all that was sent before.
    with contextlib.suppress(Closed):
        read_for(client, 3, ids)
    client.drop()
    end(witness)
    if not ids:
        raise Failed("a client of %s got no message" % way.name)
    there = {n for n in stamps(file) if n >= ids[0]}
    return (len(there), len(there - set(ids)), word,
        sim.totals()["identifies"] - spent)


def interrupted(sim, ways, folder):
    rows = [(way, "its client was away", None) for way in ways]
    rows += [(way, "it was killed", way.kill) for way in ways]
    rows += [(way, "its whole fleet was killed", way.kill_all) for way in ways
        if hasattr(way, "kill_all")]
    for way, what, act in rows:
        n, missed, word, spent = away(way, sim, folder, act)
        say("interrupted", "%s, %s: %s, %d of %d messages missed, %d "
            "IDENTIFYs", way.name, what, word, missed, n, spent)
