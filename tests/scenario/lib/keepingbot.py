# SPDX-License-Identifier: MIT
"""A bot of the gate that is a process, so that it can be killed: as libraries
do it RESUMEs when its connection ends and IDENTIFYs when it starts, and it
writes down what it got before it says so in a heartbeat.

    python3 keepingbot.py URL TOKEN_FILE SHARD COUNT FILE

A line of FILE for each thing: "+" it has begun, "i TIME" it IDENTIFYs, "r"
RESUMED, "9" op 9, "b" a heartbeat leaves, "h TIME" that one was answered, "g S1
S2" a gap in s, "o NUMBER" a message out of its guild's order, and for each
message its number, which is what its content ends with.  keepingbots.py reads
it.
"""
import json
import os
import re
import select
import sys
import time

from ws import Client, Closed

NUMBER = re.compile(r"\((\d+)\)$")
INTENTS = 1 << 0 | 1 << 9 | 1 << 15	# as herd.py has them
AGAIN_S = 0.2		# between two attempts to connect


class Lines(Client):
    """A connection that gives what has come, many documents at once."""

    def __init__(self, url):
        super().__init__(url, "v=10&encoding=json")
        self.buffer = bytearray(self.buffer)

    def documents(self, wait_s):
        found, at = [], 0
        if not self.buffer and not select.select([self.socket], [], [],
                wait_s)[0]:
            return found
        if select.select([self.socket], [], [], 0)[0]:
            data = self.socket.recv(1 << 18)
            if not data:
                raise Closed(None, "no close frame")
            self.buffer += data
        while True:
            head = self.buffer[at:at + 10]
            if len(head) < 2:
                break
            size, skip = head[1], 2
            if size == 126:
                size, skip = int.from_bytes(head[2:4], "big"), 4
            elif size == 127:
                size, skip = int.from_bytes(head[2:10], "big"), 10
            if len(head) < skip or len(self.buffer) < at + skip + size:
                break
            data = bytes(self.buffer[at + skip:at + skip + size])
            at += skip + size
            if head[0] & 15 == 8:
                raise Closed(int.from_bytes(data[:2], "big"), "")
            if head[0] & 15 == 9:
                self.send_frame(10, data)
            elif head[0] & 15 <= 2:
                found.append(json.loads(data))
        del self.buffer[:at]
        if not found and self.buffer:	# the rest of a frame is on its way
            select.select([self.socket], [], [], wait_s)
        return found


class Bot:
    def __init__(self, url, token, shard, file):
        self.url, self.token, self.shard = url, token, shard
        self.session = self.seq = None
        self.last = {}		# guild: number
        self.file = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self.lines = []
        self.note("+")
        self.write()

    def note(self, line):
        self.lines.append(line)

    def write(self):
        if self.lines:
            os.write(self.file, ("\n".join(self.lines) + "\n").encode())
        self.lines.clear()

    def dispatch(self, document):
        s, name, d = document["s"], document["t"], document["d"]
        if name == "READY":
            self.session = d["session_id"]
        elif name == "RESUMED":
            self.note("r")
        elif self.seq is not None and s != self.seq + 1:
            self.note("g %d %d" % (self.seq, s))
        self.seq = s
        if name == "MESSAGE_CREATE":
            number = int(NUMBER.search(d["content"])[1])
            if number <= self.last.get(d["guild_id"], 0):
                self.note("o %d" % number)
            self.last[d["guild_id"]] = number
            self.note("%d" % number)

    def enter(self, line):
        if self.session is not None:
            line.resume(self.token, self.session, self.seq)
            return
        self.note("i %.3f" % time.time())
        self.write()
        self.seq, self.last = None, {}
        line.identify(self.token, self.shard, intents=INTENTS)

    def act(self, line, document):
        """False: this connection is over."""
        op = document["op"]
        if op == 0:
            self.dispatch(document)
        elif op == 10:
            self.every = document["d"]["heartbeat_interval"] / 1000
            self.next, self.answered = time.monotonic(), True
            self.enter(line)
        elif op == 11:
            self.answered = True
            self.note("h %.3f" % time.time())
        elif op == 9:
            self.note("9")
            if not document["d"]:
                self.session = None
            self.enter(line)
        return op != 7

    def beat(self, line):
        if time.monotonic() < self.next:
            return True
        if not self.answered:
            return False	# as libraries do: a dead connection
        self.next = time.monotonic() + self.every
        self.answered = False
        self.note("b")
        line.send({"op": 1, "d": self.seq})
        return True

    def connection(self):
        line = Lines(self.url)
        self.next = time.monotonic() + 60
        self.answered = True
        try:
            while all([self.act(line, d) for d in line.documents(0.1)]):
                self.write()
                if not self.beat(line):
                    break
        finally:
            self.write()
            line.drop()

    def run(self):
        while True:
            try:
                self.connection()
            except (Closed, OSError):
                pass
            time.sleep(AGAIN_S)


if __name__ == "__main__":
    with open(sys.argv[2], encoding="ascii") as f:
        TOKEN = f.read()
    Bot(sys.argv[1], TOKEN, (int(sys.argv[3]), int(sys.argv[4])),
        sys.argv[5]).run()
