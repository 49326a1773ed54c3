# SPDX-License-Identifier: MIT
"""Calls of a plugin, made by a scenario."""
import json
import os
import select

from herd import ROOM, WAIT_S, Failed, own_plugin, wait_until


class Bridge:
    """bridge.py as a plugin of a fleet: bot("say", ...) is a call of it."""

    def __init__(self, fleet, name, **keys):
        self.keys = keys
        self.paths = [fleet.path(name + end) for end in
            (".in", ".out", ".seen")]
        for fifo in self.paths[:2]:
            os.mkfifo(fifo)
        # Open for both directions: neither ever ends.
        self.calls, self.answers = [os.open(fifo, os.O_RDWR)
            for fifo in self.paths[:2]]

    def config(self):
        return {"exec": " ".join([own_plugin("bridge.py"), *self.paths]),
            "events": "GUILD_CREATE, INTERACTION_CREATE", **self.keys}

    def ask(self, method, /, **params):
        os.write(self.calls, (json.dumps([method, params]) + "\n").encode())

    def answered(self):
        line = b""
        while not line.endswith(b"\n"):
            if not select.select([self.answers], [], [], ROOM * WAIT_S)[0]:
                raise Failed("a plugin's call was not answered")
            line += os.read(self.answers, 65536)
        return json.loads(line)

    def answer(self, method, params):
        self.ask(method, **params)
        return self.answered()

    def __call__(self, method, /, **params):
        answer = self.answer(method, params)
        if "result" not in answer:
            raise Failed("%s %r: %r" % (method, params, answer))
        return answer["result"]

    def code(self, method, /, **params):
        return self.answer(method, params).get("code")

    def seen(self, true, what):
        def found():
            if not os.path.exists(self.paths[2]):
                return None
            with open(self.paths[2], encoding="utf-8") as f:
                return [s for s in map(json.loads, f) if true(s)]
        return wait_until(found, what)
