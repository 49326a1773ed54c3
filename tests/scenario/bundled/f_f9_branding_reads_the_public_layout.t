#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Branding reads repositories as the public one is laid out: a folder "events"
among others, meta.md with start_date and end_date, several banners and
server_icons; as a folder, over HTTP, and from GitHub's contents API."""
import collections
import datetime
import hashlib
import json
import os
import sys
import urllib.parse

sys.path.append(sys.path[0] + "/../lib")
import web
from branded import PNG, Town, serve, write
from herd import ROOT, scenario, wait_until

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(ROOT, "handler", "plugins"))
from branding import calendar, repository

# Invented; as many as the public repository has, and as they are written.
YEAR = [("kite_day", "April 3", "April 3"), ("leap_fair", "February 20",
    "February 29"), ("turn_of_the_year", "December 30", "January 2"),
    ("harvest", "September 1", "September 4")] + [("day_of_%s" % month.lower(),
    "%s 05" % month, "%s 11" % month) for month in calendar.MONTHS[:11]]


def lay_out(root, more=()):
    """16 events in the public layout, beside what is not ours."""
    write(root, "README.md", "Not an event.")
    write(root, "emotes/icons/smile.png", PNG)
    write(root, ".github/meta.md", "---\nstart: 01-01\n---\n")
    write(root, "events/README.md", "Nor is this.")
    write(root, "events/plain/meta.md",
        "---\nfallback: true\n---\n\n**Plain**\n\nAs ever.\n")
    for name, first, last in YEAR + list(more):
        write(root, "events/%s/meta.md" % name, "---\nstart_date: %s\n"
            "end_date: %s\n---\n\n**%s**\n\nIt is [on](https://x.invalid).\n"
            % (first, last, name))
    for name in ["plain"] + [e[0] for e in YEAR + list(more)]:
        folder = "events/" + name
        write(root, folder + "/assets/source.svg", "<svg/>")
        for n in range(3):
            write(root, "%s/server_icons/%d.png" % (folder, n),
                PNG + b"icon %d of %s" % (n, name.encode()))
            write(root, "%s/banners/%d.png" % (folder, n),
                PNG + b"banner %d of %s" % (n, name.encode()))
    return root


def judge(t, what, source):
    events, wrong = repository.read_events(source, {})
    t.equal((len(events), wrong), (16, []), what + ": 16 events, none wrong")
    t.equal({(len(e.icons), len(e.banners)) for e in events.values()},
        {(3, 3)}, what + ": with all their pictures")
    off, day = [], datetime.date(2026, 1, 1)
    while day.year < 2029:
        if day.year != 2027 and (calendar.current(events.values(), day).name
                != expected(day)):
            off.append(day)
        day += datetime.timedelta(1)
    t.equal(off, [], what + ": each day has its own")
    path, sha = sorted(events["harvest"].banners.items())[0]
    t.equal(source.read(path, sha, repository.IMAGE_MAX),
        PNG + b"banner 0 of harvest", what + ": a picture")
    return events


def expected(day):
    at = datetime.date(2020, day.month, day.day)
    for name, *dates in YEAR:
        first, last = [datetime.datetime.strptime(d + " 2020", "%B %d %Y")
            .date() for d in dates]
        if first <= at <= last or (last < first and (at >= first
                or at <= last)):
            return name
    return "plain"


# ---- GitHub -------------------------------------------------------------

class Hub(web.Answering):
    """The contents API of one repository, and where its files are."""

    def do_GET(self):
        hub, url = self.server, urllib.parse.urlsplit(self.path)
        path = urllib.parse.unquote(url.path)
        if path.startswith("/raw/"):
            hub.raw[path] += 1
            with open(os.path.join(hub.root, path[5:]), "rb") as f:
                return self.answer(200, f.read())
        hub.asked.append((path, url.query, self.headers["Authorization"]))
        if hub.left == 0:
            return self.answer(403, b"{}", [("X-RateLimit-Remaining", "0")])
        hub.left -= 1
        full = os.path.join(hub.root, path.removeprefix(
            "/repos/town/brand/contents").strip("/"))
        if os.path.isdir(full):
            return self.answer(200, json.dumps([self.entry(full, name)
                for name in sorted(os.listdir(full))]).encode())
        if os.path.isfile(full) and "raw" in self.headers["Accept"]:
            with open(full, "rb") as f:
                return self.answer(200, f.read())
        self.answer(404, b"{}")

    def entry(self, folder, name):
        full = os.path.join(folder, name)
        path = os.path.relpath(full, self.server.root)
        if os.path.isdir(full):
            return dict(type="dir", name=name, path=path, size=0,
                sha=tree(full), download_url=None)
        with open(full, "rb") as f:
            data = f.read()
        return dict(type="file", name=name, path=path, size=len(data),
            sha=blob(data), download_url="%s/raw/%s"
            % (self.server.url, path))


def blob(data):
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def tree(folder):
    """Some hash that changes with what is below."""
    all = hashlib.sha1()
    for at, _, names in sorted(os.walk(folder)):
        for name in sorted(names):
            with open(os.path.join(at, name), "rb") as f:
                all.update((at + name).encode() + f.read())
    return all.hexdigest()


def hub_of(root):
    hub = web.serve(Hub)
    hub.root, hub.left = root, 60
    hub.asked, hub.raw = [], collections.Counter()
    hub.api = hub.url + "/repos/town/brand/contents"
    return hub


def refusal(source):
    try:
        source.index()
    except repository.Failure as e:
        return str(e)
    return ""


def github(t, root):
    hub = hub_of(root)
    source = repository.open_repository(hub.api + "?ref=main")
    judge(t, "GitHub", source)
    t.ok(len(hub.asked) <= 60, "GitHub: 60 requests are enough")
    t.equal({(q, token) for _, q, token in hub.asked}, {("ref=main", None)},
        "GitHub: of this branch, without a token")
    hub.left = 1
    t.equal(len(source.index()[0]), 16 * 7, "GitHub: what has not changed is "
        "not asked for again")
    t.match(refusal(source), "no more requests.*github_token",
        "GitHub: its limit is named")
    hub.left, hub.asked[:] = 5000, []
    source = repository.open_repository(hub.api, "s3cret")
    judge(t, "GitHub with a token", source)
    t.equal({token for _, _, token in hub.asked}, {"Bearer s3cret"},
        "GitHub: the token is shown")
    hub.shutdown()
    url = repository.open_repository("https://github.com/town/brand/tree/next"
        "/art").url("events")
    t.equal(url, "https://api.github.com/repos/town/brand/contents/art/events"
        "?ref=next", "GitHub: a page's address will do")


# ---- a guild --------------------------------------------------------------

def on_today():
    today = datetime.datetime.now(datetime.timezone.utc).date()
    return [("midwinter_feast", *[(today + datetime.timedelta(n)).strftime(
        "%B %d") for n in (-2, 2)])]


def guild(t, root):
    """As an operator sees it; and several banners take turns."""
    town = Town(t)
    lay_out(root)
    write(root, "events/day_of_may/meta.md", "---\nstart_date: May\n---\n")
    now, = on_today()
    write(root, "events/midwinter_feast/meta.md", "---\nstart_date: %s\n"
        "end_date: %s\nauthor: somebody\n---\n**The Feast**\n\nEat.\n"
        % now[1:])
    for name in "server_icons", "banners":
        for n in range(2):
            write(root, "events/midwinter_feast/%s/%d.png" % (name, n),
                PNG + b"%s %d" % (name.encode(), n))
    town.again(repository=root, guild=town.guilds[True]["id"],
        channel=town.channel, rank=0)
    wait_until(lambda: town.guild()["icon"] and town.guild()["banner"],
        "icon and banner are there")
    # No title: its text has one.
    wait_until(lambda: town.announced() == [None], "the announcement")
    about = town.use("about")
    for words in ("\\*\\*The Feast", "events/midwinter_feast/server_icons/",
            "events/midwinter_feast/banners/"):
        t.match(about, words, "about: " + words)
    t.match(town.use("calendar"), "(?s)Midwinter Feast: [^\n]*now.*Otherwise",
        "calendar: names, not folders")
    t.match(town.use("sync"), '(?s)day_of_may is left out: "May" is no day.*'
        '"author" is none of', "sync says what it passed over")
    town.fleet.stop()


def main(t):
    root = lay_out(os.path.join(t.dir, "public"))
    judge(t, "a folder", repository.open_repository(root))
    judge(t, "its events", repository.open_repository(root + "/events"))
    github(t, root)
    judge(t, "HTTP", repository.open_repository(serve(root)))
    guild(t, os.path.join(t.dir, "faulty"))


scenario(main)
