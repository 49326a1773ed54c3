# SPDX-License-Identifier: MIT
"""A REST side for the scenarios that want to say themselves what /gateway/bot
answers: where the gateway is, how many IDENTIFYs are left."""
import json
import time

from web import Answering, serve


class Answers:
    def __init__(self, sim):
        self.asked = []		# when, time.monotonic()
        self.left, self.reset_after_ms = 1000, 86400000
        self.shards = sim.options["shards"]
        self.at(sim)
        self.api = serve(self._handler()).url + "/api/v10"

    def at(self, sim):
        """From now on the gateway is this simulator's."""
        self.url = sim.urls["SIM_GATEWAY"]

    def answer(self, path):
        if not path.endswith("/gateway/bot"):
            return {"id": "1", "username": "bot", "flags": 565248}
        self.asked.append(time.monotonic())
        return {"url": self.url, "shards": self.shards,
            "session_start_limit": {"total": 1000, "remaining": self.left,
                "reset_after": self.reset_after_ms, "max_concurrency": 16}}

    def _handler(answers):
        class Handler(Answering):
            def do_GET(self):
                self.answer(200, json.dumps(answers.answer(self.path)).encode(),
                    [("Content-Type", "application/json")])

        return Handler
