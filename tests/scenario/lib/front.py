# SPDX-License-Identifier: MIT
"""The REST proxy by itself (tests/front/rest_front.c) between clients that a
scenario plays and a simulator, or whatever it puts in Discord's place."""
import http.client
import json
import os
import queue
import socket
import ssl
import subprocess
import threading

from herd import BUILD, Failed, ROOM, WAIT_S

FULL = "full.client.token"
GATEWAY = "ws://127.0.0.1:7780"


class Reply:
    def __init__(self, got):
        self.status, self.headers = got.status, got.headers
        self.body = got.read()

    def json(self):
        return json.loads(self.body)

    def message(self):
        return self.json()["message"]


class Front:
    tls = None

    """clients: "TOKEN:SHARDS:full|read|none:all|GUILD,..." in the order of
    their counters; the last of counts() is of whoever has no token."""

    def __init__(self, t, api, bot, clients=(FULL + ":1:full:all",),
            channels=(), tls=None):
        argv = [os.path.join(BUILD, "front", "rest_front"), api, GATEWAY,
            "token=" + bot] + ["client=" + c for c in clients] + [
            "channel=%s:%s" % c for c in channels]
        if tls:
            argv += ["cert=" + tls[0], "key=" + tls[1]]
            self.tls = ssl.create_default_context(cafile=tls[0])
        # The log goes with those of the scenario.
        self.log = os.path.join(t.dir, "front.log")
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(argv, stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=log, text=True)
        self.said = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        self.port = int(self.line().split()[1])

    def _read(self):
        for line in self.process.stdout:
            self.said.put(line.rstrip("\n"))
        self.said.put(None)

    def line(self):
        line = self.said.get(timeout=ROOM * WAIT_S)
        if line is None:
            raise Failed("the proxy ended")
        return line

    def tell(self, order):
        self.process.stdin.write(order + "\n")
        self.process.stdin.flush()

    def counts(self):
        self.tell("counts")
        return json.loads(self.line())

    def of(self, slot=0):
        return self.counts()["of"][slot]

    def end(self):
        self.process.stdin.close()
        return self.process.wait(ROOM * WAIT_S)

    def connect(self):
        if self.tls:
            return http.client.HTTPSConnection("127.0.0.1", self.port,
                timeout=ROOM * WAIT_S, context=self.tls)
        return http.client.HTTPConnection("127.0.0.1", self.port,
            timeout=ROOM * WAIT_S)

    def socket(self, *pieces):
        s = socket.create_connection(("127.0.0.1", self.port), ROOM * WAIT_S)
        for piece in pieces:
            s.sendall(piece)
        return s

    def call(self, method, path, body=None, token=FULL, headers=None,
            api="/api/v10"):
        more = dict(headers or {})
        if token is not None:
            more["Authorization"] = "Bot " + token
        if isinstance(body, (dict, list)):
            body = json.dumps(body).encode()
            more.setdefault("Content-Type", "application/json")
        conn = self.connect()
        try:
            conn.request(method, api + path, body, more)
            return Reply(conn.getresponse())
        finally:
            conn.close()

    def get(self, path, **more):
        return self.call("GET", path, **more)


def closed(s):
    """Everything that comes until the other side closes."""
    got = b""
    try:
        while True:
            piece = s.recv(65536)
            if not piece:
                return got
            got += piece
    except ConnectionResetError:
        return got
