# SPDX-License-Identifier: MIT
"""REST as a bare bot calls it, and its session: for scenarios that look at what
the simulator answers, which a library would hide."""
import json
import time
import urllib.error
import urllib.request

from ws import Client

MARK = "shardherd-form-part"


class Answer:
    def __init__(self, status, headers, data):
        self.status = status
        self.headers = headers
        self.data = data

    @property
    def body(self):
        return json.loads(self.data) if self.data else None

    @property
    def code(self):
        """Discord's code of an error, or the status of what went well."""
        body = self.body
        return body.get("code") if isinstance(body, dict) and "code" in body \
            and self.status >= 400 else self.status

    @property
    def errors(self):
        """{path: code} of what is wrong with a form."""
        found = {}

        def walk(at, path):
            for key, value in at.items():
                if key == "_errors":
                    found[".".join(path)] = value[0]["code"]
                else:
                    walk(value, path + [key])
        walk((self.body or {}).get("errors", {}), [])
        return found


def multipart(payload, files):
    """payload_json and the parts {name: (filename, type, bytes)}."""
    parts = []
    if payload is not None:
        parts.append(b'Content-Disposition: form-data; name="payload_json"\r\n'
            b"Content-Type: application/json\r\n\r\n"
            + json.dumps(payload).encode())
    for name, value in files.items():
        if isinstance(value, str):
            parts.append(b'Content-Disposition: form-data; name="%s"\r\n\r\n%s'
                % (name.encode(), value.encode()))
            continue
        filename, kind, data = value
        parts.append(('Content-Disposition: form-data; name="%s"; '
            'filename="%s"\r\nContent-Type: %s\r\n\r\n' % (name, filename,
            kind)).encode() + data)
    mark = MARK.encode()
    return b"".join(b"--" + mark + b"\r\n" + p + b"\r\n" for p in parts) \
        + b"--" + mark + b"--\r\n"


class Bot:
    """The simulator's bot, with or without a session."""
    def __init__(self, sim, intents=None):
        with open(sim.urls["SIM_TOKEN_FILE"], encoding="utf-8") as f:
            self.token = f.read().strip()
        self.api = sim.urls["SIM_API"]
        self.guilds = []
        if intents is None:
            return
        self.client = Client(sim.urls["SIM_GATEWAY"])
        self.client.until(10)
        self.client.identify(self.token, (0, 1), intents=intents)
        self.ready = self.client.until(0, "READY")["d"]
        while len(self.guilds) < len(self.ready["guilds"]):
            self.guilds.append(self.client.until(0, "GUILD_CREATE")["d"])

    def event(self, name):
        """d of the next event of that name."""
        return self.client.until(0, name)["d"]

    def raw(self, method, url, data=None, headers=()):
        while True:
            request = urllib.request.Request(url, method=method, data=data,
                headers=dict(headers))
            try:
                with urllib.request.urlopen(request, timeout=120) as r:
                    answer = Answer(r.status, r.headers, r.read())
            except urllib.error.HTTPError as e:
                answer = Answer(e.code, e.headers, e.read())
            if answer.status != 429:
                return answer
            time.sleep(float(answer.body["retry_after"]))

    def __call__(self, method, path, body=None, files=None, **headers):
        headers = {"User-Agent": "DiscordBot (https://example.org, 1)",
            "Authorization": "Bot " + self.token, **headers}
        data = None
        if files is not None:
            data = multipart(body, files)
            headers["Content-Type"] = "multipart/form-data; boundary=" + MARK
        elif body is not None:
            data = json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        return self.raw(method, self.api + path, data, headers)

    def channels(self, guild, kind=0):
        return [c["id"] for c in guild["channels"] if c["type"] == kind]
