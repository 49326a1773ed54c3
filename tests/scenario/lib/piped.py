# SPDX-License-Identifier: MIT
"""A plugin's process, and the test as its handler."""
import json
import os
import select
import subprocess

from herd import ROOM, WAIT_S, Failed


class Piped:
    def __init__(self, argv, env=None, config=None):
        self.process = subprocess.Popen(argv, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0,
            env={**os.environ, "SHARDHERD_PLUGIN": "p", **(env or {})})
        self.have, self.lines, self.calls = b"", [], []
        self.config, self.number = config or {}, 0

    def send(self, **message):
        self.process.stdin.write(json.dumps({"jsonrpc": "2.0", **message},
            ensure_ascii=False).encode() + b"\n")

    def line(self):
        while b"\n" not in self.have:
            if not select.select([self.process.stdout], [], [], ROOM * WAIT_S)[0]:
                raise Failed("the plugin says nothing")
            data = os.read(self.process.stdout.fileno(), 65536)
            if not data:
                raise Failed("the plugin ended: " + self.end()[1])
            self.have += data
        line, self.have = self.have.split(b"\n", 1)
        self.lines.append(line)
        return json.loads(line)

    def answer_to(self, number):
        """Of the request of this number; every call gets a result."""
        while True:
            message = self.line()
            if "method" not in message:
                if message["id"] == number:
                    return message
                continue
            self.calls.append((message["method"], message["params"]))
            self.send(id=message["id"], result={"found": False,
                "value": None, "body": None})

    def start(self):
        self.send(id=0, method="initialize", params={"api": 1, "plugin": "p",
            "version": "0", "config": self.config})
        return self.answer_to(0)

    def event(self, t, d, **more):
        self.number += 1
        self.send(id=self.number, method="event", params={"event": {"t": t,
            "d": d}, "again": False, **more})
        return self.answer_to(self.number)

    def end(self):
        """Its exit status and what it wrote to standard error."""
        try:
            self.process.stdin.close()
            self.process.stdin = None
            _, said = self.process.communicate(timeout=ROOM * WAIT_S)
            return self.process.returncode, said.decode("utf-8")
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.communicate()
