#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What became of the events of any bot: by heartbeats alone, by reports over
HTTP or the control socket; per session, in one word, and in settle."""
import json
import os
import socket
import sys
import threading
import urllib.error
import urllib.request
import zlib

sys.path.append(sys.path[0] + "/../lib")
from herd import Failed, scenario
from ws import Client, Closed


def ask(url, body, method="POST"):
    """The status and the answer's body."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method=method,
                data=body if isinstance(body, bytes) else
                json.dumps(body).encode()), timeout=60) as r:
            return r.status, json.load(r)
    except urllib.error.HTTPError as e:
        return e.code, json.load(e)


class Bot:
    """Sees whatever comes, and answers op 1; it need not report."""

    def __init__(self, sim, shard):
        with open(sim.urls["SIM_TOKEN_FILE"], encoding="utf-8") as f:
            self.token = f.read().strip()
        self.sim, self.shard, self.seen = sim, shard, []
        self.client = Client(sim.urls["SIM_GATEWAY"])
        self.client.until(10)
        self.client.identify(self.token, shard)
        self.session = self.client.until(0, "READY")["d"]["session_id"]

    def until(self, name):
        while True:
            m = self.client.receive()
            if m.get("s"):
                self.seen.append(m["s"])
            if m.get("t") == name:
                return m

    def again(self, back=0):
        """Another connection that goes on some events before the last."""
        seq = self.client.seq - back
        self.client.drop()
        self.client = Client(self.sim.urls["SIM_RESUME"])
        self.client.until(10)
        self.client.resume(self.token, self.session, seq)
        self.until("RESUMED")

    def answer(self):
        """In the background: heartbeats when they are asked for."""
        def run():
            try:
                while True:
                    if self.client.receive()["op"] == 1:
                        self.client.send({"op": 1, "d": self.client.seq})
            except (Closed, OSError):
                pass
        self.client.socket.settimeout(300)
        threading.Thread(target=run, daemon=True).start()


def row(sim, session):
    return [s for s in sim.report()["sessions"] if s["id"] == session][0]


def by_heartbeats(t, sim):
    bot = Bot(sim, (0, 2))
    for n in range(10):
        sim.ctl("message", "0/2", "number %d" % n)
        bot.until("MESSAGE_CREATE")
    r = row(sim, bot.session)
    t.equal((r["judged_by"], r["handled"], r["verdict"]), ("heartbeats", 0,
        "pending"), "nobody said anything yet: pending")
    t.equal(r["issued"], r["left"], "all that was issued has left")
    t.equal(r["unacknowledged"], r["left"], "none is acknowledged")
    bot.client.send({"op": 1, "d": 4})
    bot.client.until(11)
    r = row(sim, bot.session)
    t.equal((r["acknowledged"], r["handled"]), (4, 3),
        "a heartbeat acknowledges up to its d, READY is no event")
    bot.again(back=3)
    r = row(sim, bot.session)
    t.equal((r["replayed"], r["left_again"], r["pending"]), (3, 3, 3),
        "a RESUME acknowledges as well, and the rest is replayed")
    bot.client.send({"op": 1, "d": 999})
    bot.client.until(11)
    t.equal(sim.totals()["violations"], 1, "a seq never sent is a violation")
    bot.answer()
    words = sim.settle()
    t.match(words, r"sent (\d+) handled \1 lost 0 ", "settle asks for "
        "heartbeats until all is acknowledged")
    t.equal(row(sim, bot.session)["verdict"], "whole", "the verdict: whole")
    return bot


def lost(t, sim):
    bot = Bot(sim, (1, 3))
    sim.ctl("message", "1/3", "never read")
    bot.until("MESSAGE_CREATE")
    sim.ctl("expire", "1/3")
    r = row(sim, bot.session)
    t.equal((r["state"], r["verdict"], r["lost"] > 0), ("ended", "lost", True),
        "what was not acknowledged when the session ended is lost")
    t.equal(sim.totals()["lost"], r["lost"], "in the totals too")


def by_http(t, sim):
    url = sim.urls["SIM_API"].replace("/api/v10", "/sim/seen")
    bot = Bot(sim, (0, 5))
    for n in range(3):
        sim.ctl("message", "0/5", "by http %d" % n)
        bot.until("MESSAGE_CREATE")
    last = bot.seen[-1]
    bot.client.send({"op": 1, "d": last})
    bot.client.until(11)
    t.equal(row(sim, bot.session)["verdict"], "whole", "acknowledged")
    status, said = ask(url, {"session": bot.session, "seen": [last]})
    t.equal((status, said["handled"], said["verdict"]), (200, 1, "pending"),
        "from the first report on, what is reported counts")
    status, said = ask(url, {"session": bot.session, "seen":
        [[seq] for seq in bot.seen[:-1]]})
    t.equal((said["handled"], said["pending"], said["verdict"]),
        (len(bot.seen), 0, "reordered"), "all of it, the last one first")
    status, said = ask(url, {"session": bot.session, "seen": [last]})
    t.equal(said["verdict"], "repeated", "one again")

    other = Bot(sim, (2, 5))
    sim.ctl("message", "2/5", "with a checksum")
    while True:
        message = other.client.receive()
        if message.get("t") == "MESSAGE_CREATE":
            break
    journal = {line.split()[2]: line.split()[4] for line in
        sim.ctl("journal", "2/5").splitlines()}
    crc = journal[str(message["s"])]
    events = list(range(2, message["s"]))
    status, said = ask(url, {"session": other.session, "seen": events
        + [[message["s"], crc]]})
    t.equal((status, said["verdict"]), (200, "whole"), "a checksum that fits")
    sim.ctl("message", "2/5", "with another")
    status, said = ask(url, {"session": other.session, "seen":
        [[message["s"] + 1, zlib.crc32(b"something else")]]})
    t.equal(said["verdict"], "corrupt", "and one that does not")

    for body, code in ((b"", 400), (b"{", 400), (b"[]", 400), ({}, 400),
            ({"session": 1, "seen": []}, 400),
            ({"session": bot.session, "seen": ["x"]}, 400),
            ({"session": bot.session, "seen": [0]}, 400),
            ({"session": bot.session, "seen": [[1, "xyz"]]}, 400),
            ({"session": bot.session, "seen": [[1, None, 3]]}, 400),
            ({"session": "none", "seen": [1]}, 404),
            (b"[" * 2000000, 413)):
        status, said = ask(url, body)
        t.equal((status, bool(said["message"])), (code, True),
            "refused with %d: %.40s" % (code, body))
    t.equal(ask(url, b"", "PUT")[0], 405, "and with 405: PUT")


def by_socket(t, sim, first):
    """An auditor on the control socket, without checksums."""
    t.equal(row(sim, first.session)["judged_by"], "heartbeats",
        "others' reports are not this session's")
    s = socket.socket(socket.AF_UNIX)
    s.connect(os.path.join(sim.dir, "control.sock"))
    s.sendall(b'["audit"]\nflush 1\n')
    t.equal(s.recv(100), b"ok 1\n", "an auditor")
    r = row(sim, first.session)
    t.equal((r["judged_by"], r["handled"], r["verdict"]), ("reports", 0,
        "pending"), "once there is one, every session is judged by reports")
    s.sendall(b"".join(b"e %s %d\n" % (first.session.encode(), seq)
        for seq in range(1, r["issued"] + 1)) + b"flush 2\n")
    t.equal(s.recv(100), b"ok 2\n", "it reports")
    r = row(sim, first.session)
    t.equal((r["verdict"], r["pending"]), ("whole", 0), "and all is handled")
    s.close()


def main(t):
    sim = t.sim(shards=2, guilds=10, plain=True, identify_interval="0s")
    first = by_heartbeats(t, sim)
    lost(t, sim)
    by_http(t, sim)
    by_socket(t, sim, first)
    t.match(sim.ctl("report"), r"\n%s 0/2 connected \d+ \d+ 3 \d+ \d+ whole\n"
        % first.session, "people see the sessions too")
    try:
        Bot(sim, (3, 3))
        t.ok(False, "a shard beyond the count is refused")
    except (Closed, Failed):
        t.ok(True, "a shard beyond the count is refused")


scenario(main)
