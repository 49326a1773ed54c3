#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""branding against the simulator: icon, banner and announcement from a folder
and over HTTP, nothing done twice, a 503 ridden out, a guild without the
feature BANNER, and the commands."""
import datetime
import functools
import hashlib
import http.server
import json
import os
import threading

from bridging import Bridge
from herd import ROOT, scenario, wait_until

PNG = b"\x89PNG\r\n\x1a\n"
BRANDING = os.path.join(ROOT, "handler", "plugins", "branding.py")


def write(root, path, data):
    full = os.path.join(root, path)
    os.makedirs(os.path.dirname(full), exist_ok=True)
    with open(full, "wb") as f:
        f.write(data)


def repository(root, name):
    """A fallback, and one event that is on for some days around today."""
    today = datetime.datetime.now(datetime.timezone.utc).date()
    first, last = [(today + datetime.timedelta(n)).strftime("%m-%d")
        for n in (-3, 3)]
    write(root, "always/meta.json", b'{"fallback": true}')
    write(root, "always/icons/a.png", PNG + b"always")
    write(root, name + "/meta.md", ("---\ntitle: The %s\nstart: %s\nend: %s\n"
        "---\nIt is on.\n" % (name, first, last)).encode())
    write(root, name + "/icons/1.png", PNG + b"icon of " + name.encode())
    write(root, name + "/banner.png", PNG + b"banner of " + name.encode())
    write(root, "odd/meta.md", b"---\nstart: 02-30\n---\n")
    return root


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


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
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0),
        functools.partial(Quiet, directory=root))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return "http://127.0.0.1:%d/" % server.server_port


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
        return [e["title"] for m in self.eye("rest", method="GET",
            path="/channels/%s/messages" % self.channel)["body"]
            for e in m["embeds"]]

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
            return "result" in answer and answer["result"]["body"]["content"]
        return wait_until(text, "an answer")


def folder(t, town, root):
    config = dict(repository=repository(root, "fair"),
        guild=town.guilds[True]["id"], channel=town.channel)
    town.again(**config)
    wait_until(lambda: town.guild()["icon"] and town.guild()["banner"],
        "icon and banner are there")
    wait_until(lambda: town.announced() == ["The fair"], "the announcement")
    t.match(town.use("about"), r"\*\*The fair\*\*(.|\n)*fair/icons/1.png"
        r"(.|\n)*fair/banner.png", "about")
    t.match(town.use("calendar"), "(?s)The fair.*now.*odd is left out: there "
        "is no 30 February", "calendar, and what is wrong with it")
    t.match(town.use("daemon", "status"), "(?s)enabled.*Next run", "daemon")
    before = town.guild()
    town.again(**config)
    t.match(town.use("sync"), "needs rank 100", "sync is not for everybody")
    town.fleet.must("rank", "set", "user", town.user, "100")
    t.equal(town.use("sync"), "Everything is as it should be.",
        "a restart and a sync later nothing is to be done")
    t.equal((town.guild()["icon"], town.guild()["banner"], town.announced()),
        (before["icon"], before["banner"], ["The fair"]), "and nothing is")


def failing(t, town, root):
    before = town.guild()["banner"]
    write(root, "fair/banner.png", PNG + b"another")
    t.match(town.use("sync", mode="dry-run"), "Would set the banner",
        "a dry run says what it would do")
    t.equal(town.guild()["banner"], before, "and does not")
    town.sim.ctl("rest", "PATCH /guilds/*", "503", "json")
    t.match(town.use("sync"), "(?s)HTTP 503.*again in a while", "a 503")
    t.match(town.use("daemon", "status"), "Another try", "is tried again")
    town.sim.ctl("rest", "clear")
    t.match(town.use("sync"), "the banner is now", "and the next goes well")
    t.ok(town.guild()["banner"] != before, "the banner has changed")
    t.ok("Another try" not in town.use("daemon", "status"), "that was it")
    town.use("daemon", "disable")
    t.match(town.use("daemon", "status"), "disabled", "daemon disable")
    town.use("daemon", "enable")
    write(root, "later/meta.md", b"---\nstart: 12-24\n---\n")
    t.match(town.use("calendar", do="refresh"), "later: 24 December",
        "calendar refresh")


def over_http(t, town, root):
    before = town.guild()["icon"]
    url = serve(repository(root, "web"))
    town.again(repository=url, guild=town.guilds[True]["id"],
        channel=town.channel)
    wait_until(lambda: town.announced() == ["The web", "The fair"],
        "the other repository's event")
    t.ok(town.guild()["icon"] not in (None, before), "its icon is up")
    town.again(repository=url, guild=town.guilds[False]["id"])
    wait_until(lambda: town.guild(False)["icon"], "the other guild's icon")
    wait_until(lambda: "lacks Discord's feature BANNER" in
        town.fleet.log_text(), "why it gets no banner")
    t.equal(town.guild(False)["banner"], None, "nor is it tried")
    t.equal({s for s in town.sim.report()["rest"]["by_status"]
        if s[0] == "4" and s != "404"}, set(), "no call was out of order")


def main(t):
    town = Town(t)
    root = town.fleet.path("events")
    folder(t, town, root)
    failing(t, town, root)
    over_http(t, town, town.fleet.path("web"))
    town.fleet.stop()


scenario(main)
