# SPDX-License-Identifier: MIT
"""A bare bot for scenarios of the simulator's routes: a gateway session with
every intent, and REST calls that wait when they are told to."""
import json
import time
import urllib.error
import urllib.parse
import urllib.request

from ws import Client

INTENTS = 53608447		# every documented bit


class Bot:
    def __init__(self, sim):
        with open(sim.urls["SIM_TOKEN_FILE"], encoding="utf-8") as f:
            self.token = f.read().strip()
        self.api = sim.urls["SIM_API"]
        self.client = Client(sim.urls["SIM_GATEWAY"])
        self.client.until(10)
        self.client.identify(self.token, (0, 1), intents=INTENTS)
        ready = self.client.until(0, "READY")["d"]
        self.user = ready["user"]
        self.application = ready["application"]["id"]
        self.guilds = [self.client.until(0, "GUILD_CREATE")["d"]
            for _ in ready["guilds"]]

    def call(self, method, path, body=None, auth=True, headers=()):
        """(status, body) of one call; waits out a 429."""
        request = urllib.request.Request(
            self.api + urllib.parse.quote(path, safe="/?&=@:%"),
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"User-Agent": "DiscordBot (https://example.org, 1)",
                "Content-Type": "application/json", **dict(headers)})
        if auth:
            request.add_header("Authorization", "Bot " + self.token)
        while True:
            try:
                with urllib.request.urlopen(request, timeout=60) as r:
                    return r.status, json.loads(r.read() or b"null")
            except urllib.error.HTTPError as e:
                answer = json.load(e)
                if e.code != 429:
                    return e.code, answer
                time.sleep(answer["retry_after"])

    def must(self, method, path, body=None, **more):
        """The body of a call that succeeds."""
        status, answer = self.call(method, path, body, **more)
        assert status // 100 == 2, (method, path, status, answer)
        return answer

    def code(self, method, path, body=None, **more):
        """(status, Discord's code) of a call that is refused."""
        status, answer = self.call(method, path, body, **more)
        return status, (answer or {}).get("code")

    def event(self, name, **want):
        """d of the next event of that name that has these; what comes before
        is passed."""
        while True:
            d = self.client.until(0, name)["d"]
            if all(d.get(key) == value for key, value in want.items()):
                return d

    def channel(self, name, guild=0):
        return next(c["id"] for c in self.guilds[guild]["channels"]
            if c["name"] == name)

    def role(self, name, guild=0):
        return next(r["id"] for r in self.guilds[guild]["roles"]
            if r["name"] == name)
