# SPDX-License-Identifier: MIT
"""A REST side for the scenarios that want to say themselves what /gateway/bot
answers: where the gateway is, how many IDENTIFYs are left."""
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Answers:
    def __init__(self, sim):
        self.asked = []		# when, time.monotonic()
        self.left, self.reset_after_ms = 1000, 86400000
        self.shards = sim.options["shards"]
        self.at(sim)
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        self.api = "http://127.0.0.1:%d/api/v10" % self.server.server_port
        threading.Thread(target=self.server.serve_forever,
            daemon=True).start()

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
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                body = json.dumps(answers.answer(self.path)).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        return Handler
