# SPDX-License-Identifier: MIT
"""A bare bot for scenarios of the simulator's REST side: one gateway session
(ws.py), calls by urllib, and looking at what each call was answered and which
events came of it."""
import base64
import json
import urllib.error
import urllib.parse
import urllib.request

from ws import Client

INTENTS = 0x331FFFF  # all there are
PNG = "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\n"
    + b"\0" * 16).decode()


class Answer:
    def __init__(self, status, body):
        self.status = status
        self.body = body

    def code(self):
        """HTTP status and Discord's code."""
        return self.status, self.body.get("code") if isinstance(self.body,
            dict) else None

    def errors(self):
        """{dotted path: code} of a form that was refused."""
        found = {}

        def walk(o, path):
            for key, value in o.items():
                if key == "_errors":
                    found[".".join(path)] = value[0]["code"]
                else:
                    walk(value, path + [key])
        walk(self.body.get("errors", {}), [])
        return found


class Bot:
    def __init__(self, t, sim, intents=INTENTS):
        self.t = t
        self.sim = sim
        with open(sim.urls["SIM_TOKEN_FILE"], encoding="utf-8") as f:
            self.token = f.read().strip()
        self.api = sim.urls["SIM_API"]
        self.client = Client(sim.urls["SIM_GATEWAY"])
        self.client.until(10)
        self.client.identify(self.token, (0, 1), intents=intents)
        self.ready = self.client.until(0, "READY")["d"]
        self.id = self.ready["user"]["id"]
        self.guilds = {}
        for _ in self.ready["guilds"]:
            guild = self.client.until(0, "GUILD_CREATE")["d"]
            self.guilds[guild["id"]] = guild

    def call(self, what, body=None, reason=None):
        """call("PATCH /users/@me", {...}): an Answer.  A bucket that is used
        up is filled again, not waited for."""
        answer = self._call(what, body, reason)
        if answer.status == 429:
            self.sim.ctl("rest", "clear")
            answer = self._call(what, body, reason)
        return answer

    def _call(self, what, body, reason):
        method, path = what.split(" ", 1)
        headers = {"User-Agent": "DiscordBot (https://example.org, 1)",
            "Authorization": "Bot " + self.token,
            "Content-Type": "application/json"}
        if reason is not None:
            headers["X-Audit-Log-Reason"] = urllib.parse.quote(reason)
        request = urllib.request.Request(self.api + path, method=method,
            headers=headers, data=None if body is None
            else json.dumps(body).encode())
        try:
            with urllib.request.urlopen(request, timeout=60) as r:
                return Answer(r.status, json.loads(r.read() or b"null"))
        except urllib.error.HTTPError as e:
            return Answer(e.code, json.load(e))

    def ok(self, what, body=None, status=200, reason=None):
        """The body of a call that must succeed."""
        answer = self.call(what, body, reason)
        if not self.t.equal(answer.status, status, "%s: %d" % (what, status)):
            self.t.note(repr(answer.body))
        return answer.body

    def refused(self, what, code, body=None, why=""):
        """The call gets this status and code of Discord's."""
        answer = self.call(what, body)
        if not self.t.equal(answer.code(), code, "%s: %s %s" % (what, code[1],
                why)):
            self.t.note(repr(answer.body))

    def wrong(self, what, body, **errors):
        """The form is refused for these, a path with '__' for '.': code."""
        answer = self.call(what, body)
        self.t.equal((answer.code(), answer.errors()), ((400, 50035),
            {k.replace("__", "."): v for k, v in errors.items()}),
            "%s: %s" % (what, ", ".join(errors)))

    def events(self, *names):
        """d of the next events, which must be these."""
        got = []
        for name in names:
            e = self.client.receive()
            while e["op"] != 0:
                e = self.client.receive()
            self.t.equal(e["t"], name, "event " + name)
            got.append(e["d"])
        return got if len(got) != 1 else got[0]
