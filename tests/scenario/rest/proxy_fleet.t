#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""REST calls of the gate's clients in a fleet: with the token in the store, by
the config's rules; no call is lost when the handler is replaced, and one that
comes while there is none waits for the next."""
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading

sys.path.append(sys.path[0] + "/../lib")
from front import Front
from herd import BUILD, scenario, wait_until


def ports(n):
    found = [socket.socket() for _ in range(n)]
    for s in found:
        s.bind(("127.0.0.1", 0))
    numbers = [s.getsockname()[1] for s in found]
    for s in found:
        s.close()
    return numbers


class Clients(Front):
    """The proxy of a fleet, in place of one by itself."""

    def __init__(self, port):
        self.port = port


class Work:
    """Calls, one after the other, and how those ended that did not end well."""

    def __init__(self, front, token, path):
        self.front, self.token, self.path = front, token, path
        self.n, self.bad, self.done = 0, [], threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        # Slowly, as the bucket has 50 in 10 s.
        while not self.done.wait(0.15):
            try:
                got = self.front.get(self.path, token=self.token)
                if got.status != 200:
                    self.bad.append(got.body)
            except (OSError, http.client.HTTPException) as e:
                self.bad.append(repr(e))
            self.n += 1

    def end(self):
        n = self.n
        wait_until(lambda: self.n > n + 2, "calls go on")
        self.done.set()
        self.thread.join()
        return self.bad[:5]


def token_of(fleet, client):
    return subprocess.run([os.path.join(BUILD, "front", "client_token"),
        fleet.path("state"), client], check=True, capture_output=True,
        text=True).stdout.strip()


def calls_of(fleet, client):
    """As status has them; None: not yet."""
    rest = fleet.status()["gate"]["rest"]
    return next((c for c in rest if c["name"] == client), {"calls": None})


def main(t):
    sim = t.sim(shards=1, guilds=2, plain=True)
    guild = json.loads(sim.ctl("guilds", "--json"))["rows"][0]["id"]
    gate, rest = ports(2)
    config = {"gate.listen": "127.0.0.1:%d" % gate,
        "gate.rest_listen": "127.0.0.1:%d" % rest,
        'client "full".shards': 3, 'client "read".rest': "read"}
    fleet = t.fleet(sim, config)
    fleet.start()
    front = Clients(rest)
    full, read = token_of(fleet, "full"), token_of(fleet, "read")
    t.equal(front.get("/users/@me", token=full).status, 200,
        "a client's token is taken")
    t.equal(front.get("/users/@me", token=full[:-1] + "x").status, 401,
        "another one is not")
    bot = front.get("/gateway/bot", token=full).json()
    t.equal((bot["url"], bot["shards"]), ("ws://127.0.0.1:%d" % gate, 3),
        "/gateway/bot is about the gate")
    t.equal(front.get("/gateway/bot", token=read).json()["shards"], 1,
        "of as many shards as the fleet has")
    t.equal(front.call("PATCH", "/users/@me", {}, token=read).status, 403,
        "rest = read is in force")
    old, full = full, token_of(fleet, "full")
    t.equal([front.get("/users/@me", token=k).status for k in (old, full)],
        [401, 200], "a new token counts at once, the old one no more")

    fleet.wait_status(lambda s: (calls_of(fleet, "full")["calls"] or 0) >= 3,
        "status has a client's calls")
    seen = calls_of(fleet, "full")
    t.ok(seen["bytes_down"] > 0 and seen["refused"] == 0
        and calls_of(fleet, "read")["refused"] == 1
        and calls_of(fleet, "-")["refused"] == 2,
        "and what was refused, each by its client")

    work = Work(front, full, "/guilds/%s" % guild)
    wait_until(lambda: work.n > 3, "calls are made")
    config['client "read".rest'] = "full"
    fleet.write_config(config)
    fleet.must("reload")
    t.equal(work.end(), [], "no call is lost by a reload")
    t.equal(front.call("PATCH", "/users/@me", {}, token=read).status, 200,
        "which brings what has changed")

    # But for what came between the last tick and the switch.
    fleet.wait_status(lambda s: calls_of(fleet, "full")["calls"]
        > seen["calls"], "the next handler counts on")

    pid = fleet.handler_pid()
    os.kill(pid, signal.SIGKILL)
    got = front.get("/applications/@me", token=full)
    t.equal(got.status, 200,
        "a call that comes while there is no handler waits for the next")
    t.ok(fleet.handler_pid() != pid, "which has served it")
    fleet.stop()
    t.ok(full not in fleet.log_text() and read not in fleet.log_text(),
        "no token is in the log")


scenario(main)
