#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What a browser sees at / of the REST port: the world, what was said,
sessions, violations and calls; foreign text stays text, every link leads
somewhere, every page is whole."""
import html.parser
import json
import os
import re
import sys
import urllib.error
import urllib.parse
import urllib.request

sys.path.append(sys.path[0] + "/../lib")
from herd import ROOT, scenario
from ws import Client

VOID = {"meta", "link", "br", "hr", "img"}
PAGES_MAX = 150
EVIL = "<script>alert('x')</script>&\"<b>"


class Page(html.parser.HTMLParser):
    """Its links, tags and text; what was never closed."""

    def __init__(self, text):
        super().__init__()
        self.links, self.open, self.faults, self.text = [], [], [], []
        self.tags, self.ids = [], set()
        self.feed(text)
        self.close()
        self.faults += ["<%s> is never closed" % t for t in self.open]
        self.text = "".join(self.text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags.append((tag, attrs))
        if "id" in attrs:
            if attrs["id"] in self.ids:
                self.faults.append("two of id " + attrs["id"])
            self.ids.add(attrs["id"])
        if tag in ("a", "link") and not attrs["href"].startswith("data:"):
            self.links.append(attrs["href"])
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.faults.append("</%s> closes another" % tag)

    def handle_data(self, data):
        self.text.append(data)


class Browser:
    def __init__(self, base):
        self.base = base

    def ask(self, path, method="GET"):
        request = urllib.request.Request(self.base + path, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as r:
                return r.status, r.headers, r.read().decode()
        except urllib.error.HTTPError as e:
            return e.code, e.headers, e.read().decode()

    def page(self, path):
        return Page(self.ask(path)[2])


class Bot:
    def __init__(self, sim):
        self.api = sim.urls["SIM_API"]
        with open(sim.urls["SIM_TOKEN_FILE"], encoding="utf-8") as f:
            self.token = f.read().strip()
        self.client = Client(sim.urls["SIM_GATEWAY"])
        self.client.until(10)
        self.client.identify(self.token, (0, 1))
        self.ready = self.client.until(0, "READY")["d"]
        self.guild = self.client.until(0, "GUILD_CREATE")["d"]

    def call(self, method, path, body=None):
        request = urllib.request.Request(self.api + path, method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"User-Agent": "DiscordBot (https://example.org, 1)",
                "Content-Type": "application/json",
                "Authorization": "Bot " + self.token})
        try:
            with urllib.request.urlopen(request, timeout=60) as r:
                return r.status, json.loads(r.read() or b"null")
        except urllib.error.HTTPError as e:
            return e.code, json.loads(e.read() or b"null")


def lacking():
    """The pattern of a route that Discord has and the simulator has not."""
    with open(os.path.join(ROOT, "tools/sim/routes/routes_absent.c"),
            encoding="utf-8") as f:
        found = re.findall(r'ABSENT\("GET",\s*"([^"*]+)"\)', f.read())
    return found[0] if found else None


def play(t, sim, bot):
    """Something to see.  The channel it is in."""
    guild = bot.guild["id"]
    channel = next(c["id"] for c in bot.guild["channels"] if c["type"] == 0)
    t.equal(bot.call("PATCH", "/guilds/" + guild, {"name": EVIL})[0], 200,
        "a guild's name")
    t.equal(bot.call("POST", "/channels/%s/messages" % channel, {
        "content": EVIL, "embeds": [{"title": "E1" + EVIL, "description":
        "E2\nsecond line \x01\x9b", "fields": [{"name": "F1", "value": "F2"}],
        "footer": {"text": "E3"}}], "components": [{"type": 1, "components":
        [{"type": 2, "style": 1, "label": "Press", "custom_id": "p1"}]}],
        })[0] // 100, 2, "a message")
    t.equal(bot.call("PUT", "/applications/%s/commands"
        % bot.ready["application"]["id"], [{"name": "hello",
        "description": "Says hello"}])[0], 200, "a command")
    sim.ctl("interaction", 0, "hello")
    d = bot.client.until(0, "INTERACTION_CREATE")["d"]
    t.equal(bot.call("POST", "/interactions/%s/%s/callback" % (d["id"],
        d["token"]), {"type": 4, "data": {"content": "for one only",
        "flags": 64}})[0] // 100, 2, "an ephemeral answer")
    bot.call("GET", "/no/such/thing")
    lacks = lacking()
    if lacks:
        t.equal(bot.call("GET", re.sub(":[a-z_]+", guild, lacks))[0], 501,
            "a route that is lacking: " + lacks)
    sim.ctl("say", channel, "ask @sim-bot in <#%s> or <@1>, <@" % channel)
    sim.ctl("pin", sim.ctl("say", channel, "keep this").strip())
    sim.ctl("message", 0, "said by a person", "--channel", channel)
    return channel


def looks(t, sim, web, bot, channel):
    status, headers, text = web.ask("/")
    t.equal(status, 200, "/ is there")
    t.equal(headers["Content-Type"], "text/html; charset=utf-8", "its type")
    t.match(headers["Content-Security-Policy"], "default-src 'none'",
        "it loads nothing from elsewhere")
    page = web.page("/channels/" + channel)
    t.ok(EVIL in page.text, "what was said is text")
    t.ok("E1" + EVIL in page.text and "F2" in page.text, "and its embed")
    t.ok("second line \ufffd\ufffd" in page.text, "no control gets through")
    t.match(page.text, r"Press\s*p1", "a button and its custom_id")
    t.match(page.text, "ephemeral.*answers.*\n.*for one only",
        "an ephemeral answer is shown, and marked")
    t.match(page.text, r"ask @sim-bot in #\S+ or <@1>, <@\n", "names are seen")
    t.match(page.text, r"about \d+.*\npinned a message", "so is what was done")
    t.match(web.page("/guilds/" + bot.guild["id"]).text, "owner alder_fox0",
        "a guild's owner")
    t.ok(page.text.rindex("said by a person") > page.text.index("Press"),
        "the newest comes last")
    t.ok(EVIL in web.page("/guilds/" + bot.guild["id"]).text,
        "a guild's name is text")
    one = web.page("/sessions/" + bot.ready["session_id"])
    t.match(one.text, "GUILD_CREATE", "a session shows its events")
    t.match(web.page("/sessions").text, "live", "it is live")
    t.match(web.page("/requests?absent=1").text, "/no/such/thing",
        "a route that is not here is seen")
    if lacking():
        t.ok("1GET " + lacking() in web.page("/requests?absent=1").text,
            "and one that is lacking, by name")
    t.ok(bot.token not in text + "".join(web.ask(p)[2] for p in ("/sessions",
        "/requests", "/sessions/" + bot.ready["session_id"])),
        "the token is on no page")


def refused(t, web):
    for path in ("/x", "/guilds/1", "/guilds/x/y", "/channels/<b>",
            "/channels/", "/sessions/%00", "/style.css/", "/../etc/passwd"):
        status, _, text = web.ask(path)
        t.equal((status, Page(text).faults), (404, []), "no page " + path)
    status, headers, _ = web.ask("/", "POST")
    t.equal((status, headers["Allow"]), (405, "GET, HEAD"), "POST")
    status, headers, text = web.ask("/guilds", "HEAD")
    t.equal((status, text), (200, ""), "HEAD has no body")
    t.ok(int(headers["Content-Length"]) > 1000, "but its length")
    t.ok(("meta", {"http-equiv": "refresh", "content": "5"})
        in web.page("/?refresh=5").tags, "?refresh=5 looks again")
    page = web.page("/guilds?page=99999999999999999999")
    t.equal(page.faults, [], "a number that is none")
    page = web.page("/guilds?page=999999")
    t.match(page.text, "before", "a page too far leads back")


def crawl(t, web):
    """Every page that can be reached from the first one."""
    todo, seen, bad = ["/"], set(), []
    while todo and len(seen) < PAGES_MAX:
        path = todo.pop(0)
        if path in seen:
            continue
        seen.add(path)
        status, _, text = web.ask(path)
        if status != 200:
            bad.append("%s: %d" % (path, status))
        if path.endswith(".css"):
            continue
        page = Page(text)
        bad += ["%s: %s" % (path, f) for f in page.faults]
        bad += [path + ": a script" for tag, attrs in page.tags
            if tag == "script" or any(a.startswith("on") for a in attrs)]
        todo += [urllib.parse.urljoin(path, l) for l in page.links
            if "refresh=" not in l]
    t.equal(bad, [], "every link leads to a whole page")
    t.ok(len(seen) > 20, "%d pages were looked at" % len(seen))
    for path in ("/guilds", "/guilds?page=1"):
        rows = [tag for tag, _ in web.page(path).tags].count("tr")
        t.ok(rows <= 51, "%s is bounded: %d rows" % (path, rows))


def main(t):
    sim = t.sim(shards=1, guilds=70, plain=True)
    web = Browser(sim.urls["SIM_API"].removesuffix("/api/v10"))
    t.match(web.page("/").text, "No bot has sent an IDENTIFY",
        "before a bot comes")
    bot = Bot(sim)
    channel = play(t, sim, bot)
    before = sim.report()["rest"]["requests"]
    looks(t, sim, web, bot, channel)
    refused(t, web)
    crawl(t, web)
    t.equal(sim.report()["rest"]["requests"], before,
        "looking is no call of the bot")
    bot.client.drop()
    sim = t.sim(shards=1, guilds=1, plain=True, bots=2)
    two = Browser(sim.urls["SIM_PAGE"].rstrip("/"))
    t.match(two.page("/").text, r"The bots are sim-bot \d+, sim-bot-2 \d+\.",
        "two bots")
    bot = Bot(sim)
    t.match(two.page("/").text, "0 of 1sim-bot" + bot.ready["session_id"],
        "whose session it is")
    t.equal(two.page("/").faults, [], "in a whole page")
    bot.client.drop()


scenario(main)
