#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The status page of a fleet that runs, by HTTP: it tells what a member of the
bot's community would notice while it is so, which shard a server is on, and
nothing that is not theirs; its history is on disk and outlives the process."""
import base64
import hashlib
import os
import re
import signal
import sys
import urllib.parse

sys.path.append(sys.path[0] + "/../lib")
from asking import Web, web_pid
from browser import Browser, chromium
from herd import CAGED, kill, scenario

SHARDS = 2


def outages(page):
    return re.search(r'data-outages="([^"]*)"', page.text)[1].split()


def told(web, words, what):
    return web.wait("/", lambda a: outages(a) == words, "the page tells that "
        + what)


def at_rest(t, web, fleet, guild):
    page = told(web, [], "all is well")
    t.match(page.text, "Everything works", "it says that everything works")
    t.match(page.text, "All %d connections to Discord are up" % SHARDS,
        "and how many connections there are")
    t.match(page.text, "<title>Marvin &amp; friends</title>", "its title")
    style = re.search(r"<style>(.*?)</style>", page.text, re.S)[1]
    policy = page.headers["Content-Security-Policy"]
    t.ok("'sha256-%s'" % base64.b64encode(hashlib.sha256(style.encode())
        .digest()).decode() in policy and "default-src 'none'" in policy
        and "unsafe" not in policy, "the policy is of this style and no other")
    for asked in (guild, "%%20%s+" % guild):
        answer = web.ask("/?guild=" + asked, web.public)
        t.match(answer.text, r"Server %s is on <strong>shard %d</strong> of %d"
            r"\. That shard has been ready since <time" % (guild,
            (int(guild) >> 22) % SHARDS, SHARDS), "it finds a server's shard")
    for asked in ("cats", "<script>alert(1)</script>", "9" * 7000, "\x01\xff",
            "1" * 30):
        answer = web.ask("/?guild=" + urllib.parse.quote(asked), web.public)
        t.ok(answer.status == 200 and "is not the ID of a server" in
            answer.text and "<script" not in answer.text,
            "it is kind to %.20r" % asked)
    if chromium() and not CAGED:
        with Browser() as browser:
            browser.open("http://127.0.0.1:%d/" % web.public)
            t.equal(browser.complaints(), [], "a browser has no complaint")
            t.ok(browser.run("getComputedStyle(document.querySelector("
                "'main')).display === 'grid'"), "and takes the style")


def secrets(t, web, fleet):
    """Of the page with and without trouble."""
    status = fleet.status()
    pids = [status["cluster"]["pid"], status["handler"]["pid"],
        *(s["pid"] for s in status["shards"])]
    for port in web.port, web.public:
        text = web.ask("/", port).text
        t.equal([word for word in (fleet.dir, "audit", "127.0.0.1", "shardherd",
            *(str(p) for p in pids if p)) if re.search(r"\b%s\b" %
            re.escape(word), text)], [], "no name, path or pid is on the page")


def in_trouble(t, web, fleet, sim, guild):
    os.kill(fleet.handler_pid(), signal.SIGSTOP)
    page = told(web, ["handler"], "nobody answers")
    t.match(page.text, "<h2 id=\"now\">The bot is connected, but the part of "
        "it that answers is not at work", "a stopped handler: in words")
    t.match(web.ask("/?guild=" + guild).text, "It is not the connection, then",
        "and to who asks for a server")
    secrets(t, web, fleet)
    os.kill(fleet.handler_pid(), signal.SIGCONT)
    told(web, [], "all is well again")
    sim.ctl("fault", "upgrade-status", 503, "--count", "forever")
    shard = (int(guild) >> 22) % SHARDS
    fleet.must("shard", shard, "reconnect")
    page = told(web, ["shards"], "a shard is away")
    t.match(page.text, "Some servers are not reached: 1 of 2 connections to "
        "Discord is not up", "in words")
    t.match(web.ask("/?guild=" + guild).text, "class=\"answer lost\".*That "
        "shard has been (waiting|connecting) since", "it is one's own server")
    sim.ctl("fault", "clear")
    told(web, [], "it is back")


def history(t, web, fleet):
    path = os.path.join(fleet.dir, "state", "web", "history")
    known = r"For (\d+ (second|minute)s?) of the last 90 days it is known"
    web.wait("/", lambda a: re.search(known, a.text), "time is known")
    size = os.path.getsize(path)
    t.ok(size < 300000, "the history has %d bytes" % size)
    pid = web_pid(fleet)
    kill(pid)
    fleet.wait_status(lambda s: s["web"]["pid"] not in (None, pid),
        "another web is there")
    page = web.wait("/", lambda a: a.status == 200, "it serves")
    t.match(page.text, known, "it knows what the one before knew")
    t.equal(os.path.getsize(path), size, "and the file is as large")
    t.ok("history" not in "".join(line for line in
        fleet.log_text().splitlines() if "damaged" in line),
        "nothing of it was damaged")


def gone(t, web, fleet):
    handler, shards = fleet.handler_pid(), fleet.shard_pids().values()
    fleet.kill_supervisor()
    page = told(web, ["unwatched"], "nobody looks after it")
    t.match(page.text, "All 2 connections to Discord are up",
        "the shards still work, and it says so")
    kill(handler)
    told(web, ["handler", "unwatched"], "nobody answers")
    for pid in shards:
        kill(pid)
    page = told(web, ["stopped"], "the bot is not running")
    t.match(page.text, "<h2 id=\"now\">The bot is not running.", "in words")


def main(t):
    sim = t.sim(rate=20, shards=SHARDS, guilds=8)
    web = Web(**{"web.title": "Marvin & friends"})
    fleet = t.fleet(sim, web.keys)
    fleet.start()
    guild = "197038439483310086"
    at_rest(t, web, fleet, guild)
    secrets(t, web, fleet)
    in_trouble(t, web, fleet, sim, guild)
    history(t, web, fleet)
    gone(t, web, fleet)
    fleet.must("ensure")
    fleet.wait_ready()
    told(web, [], "all is well with the next supervisor")
    fleet.stop()


scenario(main)
