# SPDX-License-Identifier: MIT
"""The gate's side towards clients, with Discord and the supervisor played
here: tests/gate/gate_alone.c over a log and a listening socket that are this
process' own, so that it can be killed and started again.  What is not
acknowledged is sent again, as the handler does."""
import json
import os
import queue
import signal
import socket
import subprocess
import tempfile
import threading


import herd
from ws import Client, Closed

SELF = 1	# the bot's user id
ALL = 53608447	# every intent


def guild_id(n):
    return n << 22


def guild(n, **more):
    """d of a GUILD_CREATE; field of the future included."""
    return dict({"id": str(guild_id(n)), "name": "guild %d" % n,
        "joined_at": "2026-01-01T00:00:00.000000+00:00", "member_count": 2,
        "roles": [{"id": str(guild_id(n)), "name": "@everyone"}],
        "channels": [{"id": str(guild_id(n) + 5), "type": 0, "name": "c"}],
        "members": [{"user": {"id": str(SELF)}, "roles": []}],
        "emojis": [], "stickers": [], "threads": [], "voice_states": [],
        "of_the_future": {"n": n}}, **more)


class GateAlone:
    def __init__(self, t, *settings):
        self.dir = tempfile.mkdtemp(prefix="gate", dir=t.dir)
        self.settings = settings
        self.intents = ALL	# what upstream has
        for word in settings:
            if word.startswith("intents="):
                self.intents = int(word[8:])
        self.log = os.memfd_create("gate")
        self.listening = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.listening.setblocking(False)
        self.url = "ws://127.0.0.1:%d" % self.listening.getsockname()[1]
        self.lane = 0
        self.unsure = []	# (lane, line): not acknowledged
        self.ups = []		# what went to Discord: (shard, payload)
        self.process = None
        self.start()

    def start(self, *settings):
        self.process = subprocess.Popen([os.path.join(herd.BUILD, "gate",
            "gate_alone"), str(self.log), str(self.listening.fileno()),
            self.dir, "heartbeat=3600"] + list(self.settings)
            + list(settings),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=open(os.path.join(self.dir, "log"), "ab"),
            pass_fds=(self.log, self.listening.fileno()))
        self.answers = queue.Queue()
        threading.Thread(target=self._read, args=(self.process.stdout,
            self.answers), daemon=True).start()
        self._acknowledged(self._answer())
        for _, line in list(self.unsure):
            self._say(line)
            self._acknowledged(self._answer())

    def _read(self, pipe, answers):
        for line in pipe:
            if line.startswith(b"up "):
                _, shard, payload = line.split(b" ", 2)
                self.ups.append((int(shard), json.loads(payload)))
            else:
                answers.put(line.decode())
        answers.put(None)

    def _answer(self):
        line = self.answers.get(timeout=herd.WAIT_S)
        if line is None:
            raise herd.Failed("gate_alone ended: see %s/log" % self.dir)
        return line

    def _acknowledged(self, line):
        lane = int(line.split()[1])
        self.unsure = [u for u in self.unsure if u[0] > lane]

    def _say(self, line):
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def order(self, line):
        self._say(line)
        answer = self._answer()
        if answer.startswith("ok"):
            self._acknowledged(answer)
        return answer

    def event(self, name, d):
        """One dispatch of Discord; survives the gate's death."""
        self.lane += 1
        line = "%d %s" % (self.lane, json.dumps({"t": name, "s": self.lane,
            "op": 0, "d": d}))
        self.unsure.append((self.lane, line))
        return self.order(line)

    def messages(self, n, guilds=1, size=1):
        line = "burst %d %d %d %d" % (self.lane + 1, n, guilds, size)
        first = self.lane + 1
        self.lane += n
        self.unsure.append((self.lane, line))
        self.order(line)
        return list(range(first, self.lane + 1))

    def world(self, guilds, **more):
        self.event("READY", dict(v=10, user={"id": str(SELF), "username": "bot",
            "discriminator": "0", "avatar": None}, session_id="upstream",
            resume_gateway_url="wss://gateway.discord.example", shard=[0, 1],
            application={"id": str(SELF), "flags": 0}, private_channels=[],
            guilds=[{"id": str(guild_id(n)), "unavailable": True}
                for n in range(1, guilds + 1)], **more))
        for n in range(1, guilds + 1):
            self.event("GUILD_CREATE", guild(n))

    def stat(self):
        return json.loads(self.order("stat")[5:])

    def rows(self):
        """[client, state, s, acked_s, lag] of each session."""
        return json.loads(self.order("rows")[5:])

    def kill(self, sig=signal.SIGKILL):
        self.process.send_signal(sig)
        self.process.wait(herd.WAIT_S)
        self.process.stdin.close()

    def again(self, *settings):
        self.kill()
        self.start(*settings)

    def end(self):
        """Ends as a replaced gate does; its exit status."""
        self.process.stdin.close()
        return self.process.wait(herd.WAIT_S)


class Bot(Client):
    """A client as libraries are: counts s, keeps what it got."""

    def __init__(self, gate, name="a", query="v=10&encoding=json", **more):
        super().__init__(gate.url, query, **more)
        self.token, self.gate = "secret-" + name, gate
        self.numbers, self.gaps = [], []
        self.session = self.resume_url = None
        self.guilds = {}
        self.seq = None

    def receive(self):
        before = self.seq
        document = super().receive()
        s, name = document.get("s"), document.get("t")
        if s is not None and name != "RESUMED" and before is not None \
                and s != before + 1:
            self.gaps.append((before, s))
        if name == "READY":
            self.session = document["d"]["session_id"]
            self.resume_url = document["d"]["resume_gateway_url"]
        elif name == "GUILD_CREATE":
            self.guilds[document["d"]["id"]] = document["d"]
        elif name == "MESSAGE_CREATE":
            self.numbers.append(int(document["d"]["content"].split()[0]))
        return document

    def identify(self, token, shard=(0, 1), **changes):
        super().identify(token, shard, **dict({"intents": self.gate.intents},
            **changes))

    def come(self, shard=(0, 1), **more):
        """HELLO, IDENTIFY, READY; d of that."""
        self.until(10)
        self.identify(self.token, shard, **more)
        return self.until(0, "READY")["d"]

    def come_back(self, other, seq=None):
        """HELLO and RESUME of another connection's session."""
        self.session = other.session
        self.seq = other.seq if seq is None else seq
        self.until(10)
        self.resume(self.token, other.session, self.seq)

    def beat(self):
        self.send({"op": 1, "d": self.seq})
        return self.until(11)

    def until_number(self, n):
        while not self.numbers or self.numbers[-1] != n:
            self.receive()
        return self.numbers

    def until_guilds(self, n):
        while len(self.guilds) < n:
            self.receive()

    def leave(self, code):
        self.send_frame(8, bytes([code >> 8, code & 255]) if code else b"")
        return self.close_code()


def settle(gate, key, value, what):
    """Waits until a counter of the gate is that."""
    return herd.wait_until(lambda: gate.stat()[key] == value, what)


__all__ = ["GateAlone", "Bot", "Closed", "guild", "guild_id", "settle"]
