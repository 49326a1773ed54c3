#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""branding against the simulator: icon, banner and announcement from a folder
and over HTTP, nothing done twice, a 503 ridden out, a guild without the
feature BANNER, and the commands."""
import datetime
import sys

sys.path.append(sys.path[0] + "/../lib")
from branded import PNG, Town, serve, write
from herd import scenario, wait_until


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


def folder(t, town, root):
    config = dict(repository=repository(root, "fair"),
        guild=town.guilds[True]["id"], channel=town.channel)
    town.again(**config)
    wait_until(lambda: town.guild()["icon"] and town.guild()["banner"],
        "icon and banner are there")
    wait_until(lambda: town.announced() == ["The fair"], "the announcement")
    t.match(town.use("about"), r"The fair(.|\n)*fair/icons/1.png"
        r"(.|\n)*fair/banner.png", "about")
    t.match(town.use("calendar"), "(?s)The fair.*now.*odd is left out: there "
        "is no 30 February", "calendar, and what is wrong with it")
    t.match(town.use("daemon", "status"), "(?s)enabled.*Next run", "daemon")
    before = town.guild()
    town.again(**config)
    t.match(town.use("sync"), "needs rank 100", "sync is not for everybody")
    town.fleet.must("rank", "set", "user", town.user, "100")
    t.match(town.use("sync"), "(?s)Synchronisation successful.*as they should "
        "be.*odd is left out", "a restart and a sync later nothing is to be "
        "done, and what is left out is said")
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
    t.match(town.use("calendar", do="refresh"), "Later: December 24",
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
