# SPDX-License-Identifier: MIT
"""A fleet with branding, and what people see of it."""
import functools
import hashlib
import json
import os
from http.server import SimpleHTTPRequestHandler

import web
from bridging import Bridge
from herd import ROOT, wait_until

PNG = b"\x89PNG\r\n\x1a\n"
BRANDING = os.path.join(ROOT, "handler", "plugins", "branding.py")


def write(root, path, data):
    full = os.path.join(root, path)
    os.makedirs(os.path.dirname(full), exist_ok=True)
    with open(full, "wb") as f:
        f.write(data if isinstance(data, bytes) else data.encode())


def shown(message):
    """All that a message says, a line each."""
    lines = [message["content"]]
    for embed in message["embeds"]:
        lines += [embed.get("title"), embed.get("description")]
        lines += ["%s: %s" % (f["name"], f["value"])
            for f in embed.get("fields", [])]
        lines.append((embed.get("footer") or {}).get("text"))
    return "\n".join(filter(None, lines))


class Files(web.Silent, SimpleHTTPRequestHandler):
    """What lies in a folder."""


def serve(root):
    """Its URL; with the list that man 7 shardherd-branding asks for."""
    sums = b""
    for folder, _, names in os.walk(root):
        for name in names:
            full = os.path.join(folder, name)
            with open(full, "rb") as f:
                sums += ("%s  %s\n" % (hashlib.sha256(f.read()).hexdigest(),
                    os.path.relpath(full, root))).encode()
    write(root, "SHA256SUMS", sums)
    return web.serve(functools.partial(Files, directory=root)).url + "/"


class Town:
    """The fleet with branding and a bridge to look through."""

    def __init__(self, t):
        self.t = t
        self.sim = t.sim(shards=1, guilds=2)
        self.fleet = t.fleet(self.sim)
        self.eye = Bridge(self.fleet, "eye")
        self.start()
        guilds = wait_until(lambda: (lambda all: len(all) > 1 and all)(
            self.eye.seen(lambda s: s.get("t") == "GUILD_CREATE", "guilds")),
            "both guilds")
        self.guilds = {"BANNER" in s["d"]["features"]: s["d"] for s in guilds}
        self.channel = [c["id"] for c in self.guilds[True]["channels"]
            if c["type"] == 0][0]

    def start(self, **config):
        plugins = {"eye": self.eye.config()}
        if config:
            plugins["branding"] = {"exec": BRANDING,
                "events": "INTERACTION_CREATE",
                **{"config." + key: value for key, value in config.items()}}
        self.fleet.write_config({}, plugins)
        self.fleet.start()

    def again(self, **config):
        self.fleet.stop()
        self.start(**config)

    def guild(self, banner=True):
        return self.eye("rest", method="GET", path="/guilds/"
            + self.guilds[banner]["id"])["body"]

    def announced(self):
        """Titles; answers to commands are in the channel, too."""
        return [m["embeds"][0].get("title") for m in self.eye("rest",
            method="GET", path="/channels/%s/messages" % self.channel)["body"]
            if m["embeds"] and m["content"]]

    def use(self, *path, **options):
        """What the subcommand answers."""
        last = [dict(type=3, name=k, value=v) for k, v in options.items()]
        for name in reversed(path):
            last = [dict(type=1 if name == path[-1] else 2, name=name,
                options=last)]
        def answered():
            return self.sim.report()["rest"]["interactions"]["answered"]
        before = answered()
        number = self.sim.ctl("interaction", self.guilds[True]["id"],
            "branding", json.dumps(last)).split()[-1]
        d = self.eye.seen(lambda s: s.get("t") == "INTERACTION_CREATE"
            and s["d"]["id"] == number, "the interaction")[0]["d"]
        self.user = d["member"]["user"]["id"]
        path = "/webhooks/%s/%s/messages/@original" % (d["application_id"],
            d["token"])

        # Until then there is nothing to look at: that would be a 401.
        wait_until(lambda: answered() > before, "an answer")

        def text():
            answer = self.eye.answer("rest", dict(method="GET", path=path))
            return "result" in answer and shown(answer["result"]["body"])
        return wait_until(text, "an answer")
