#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The bundled plugins admin and scissors: every command by slash and typed, to
whom it is allowed and to nobody else; latencies that are measured; ranks that
count at once and outlive a restart; and what may be cut, and what not."""
import json
import os
import re
import shutil
import ssl
import sys
import types
import urllib.error
import urllib.request

sys.path.append(sys.path[0] + "/../lib")
from herd import ROOT, scenario, wait_until

PLUGINS = os.path.join(ROOT, "handler", "plugins")
BOSS, STAFF, OTHER = "9000", "9001", "9002"	# the owner; of rank 100; of none
SLOW_MS = 900
CUT = {"id": None, "name": "\u2702"}
WATCH = """#!/usr/bin/python3
import json, sys
import shardherd

bot = shardherd.Plugin(workers=1)
seen = open(sys.argv[1], "a", buffering=1)

@bot.on("*")
def watch(d, event):
    seen.write(json.dumps([event["event"]["t"], d, event["shard"]]) + "\\n")

bot.run()
"""


class Rig:
    def __init__(self, t):
        self.sim = t.sim(shards=2, guilds=8, heartbeat_interval="3s")
        self.fleet = t.fleet(self.sim)
        for name in ("shardherd.py", "admin.py", "scissors.py"):
            shutil.copy(os.path.join(PLUGINS, name), self.fleet.dir)
        self.fleet.program("watch.py", WATCH)
        self.users = 10000

    def config(self, **own):
        self.fleet.write_config({"handler.prefix": "!", "bot.owners": BOSS,
            "handler.probation": "1s",
            "bot.intents": "GUILDS, GUILD_MESSAGES, GUILD_MESSAGE_REACTIONS, "
            "MESSAGE_CONTENT"}, {
            "admin": dict(exec=self.fleet.path("admin.py"), permissions="ranks",
                events="INTERACTION_CREATE", **own),
            "scissors": dict(exec=self.fleet.path("scissors.py"),
                events="MESSAGE_REACTION_ADD"),
            "watch": dict(exec=self.fleet.path("watch.py") + " "
                + self.fleet.path("watch.out"))})

    def events(self, *names):
        try:
            with open(self.fleet.path("watch.out"), encoding="utf-8") as f:
                lines = [json.loads(line) for line in f]
        except FileNotFoundError:
            lines = []
        return [(d, shard) for t, d, shard in lines if t in names]

    def guild_of(self, shard):
        return wait_until(lambda: [d for d, s in self.events("GUILD_CREATE")
            if s == shard], "a guild of shard %d" % shard)[0]

    def look_around(self):
        guild = self.guild_of(1)
        self.guild, self.members = guild["id"], guild["members"]
        # Discord takes 5 messages in 5 s per channel: in turn.
        self.channels = [c["id"] for c in guild["channels"] if c["type"] == 0]
        self.bot = re.search(r"token belongs to .* \((\d+)\)",
            self.fleet.log_text()).group(1)

    def turn(self):
        self.channels.append(self.channels.pop(0))
        return self.channels[0]

    # typed: by whom it is needed, in a message of the simulator's

    def say(self, text, user=None, roles=(), **more):
        channel = self.turn()
        message = self.sim.ctl("message", 1, "(something)", "--channel",
            channel).strip()
        self.users += 1
        self.send("MESSAGE_CREATE", {"id": message, "type": 0, "content": text,
            "channel_id": channel, "guild_id": self.guild,
            "author": {"id": user or str(self.users)},
            "member": {"roles": list(roles)}, **more})
        return message

    def send(self, event, d):
        path = self.fleet.path("event.json")
        with open(path, "w", encoding="utf-8") as f:
            json.dump({"t": event, "s": 1, "op": 0, "d": d}, f)
        self.sim.ctl("send", 1, path)

    def replies(self, message):
        """What was replied to it, as it reads now."""
        return [d["content"] for d, _ in self.events("MESSAGE_CREATE",
            "MESSAGE_UPDATE") if (d.get("message_reference") or {})
            .get("message_id") == message and d["content"] != "Pong ..."]

    def asks(self, text, user=None, roles=()):
        message = self.say(text, user, roles)
        return wait_until(lambda: self.replies(message), "a reply to " + text
            )[-1]

    # slash: by the one whom the simulator lets do it

    def uses(self, name, *options, number=None):
        """The answer to the command, whether others see it or not; in another
        guild it is another user, of no rank."""
        before = len(self.events("INTERACTION_CREATE"))
        self.sim.ctl("interaction", self.number if number is None
            else number, name,
            *([json.dumps(options)] if options else []))
        d = wait_until(lambda: self.events("INTERACTION_CREATE")[before:],
            "the interaction")[0][0]
        if number is None:
            self.user = d["member"]["user"]["id"]
        return wait_until(lambda: self.original(d), "an answer to /" + name)

    def original(self, d):
        """The answer as it reads now, and whether only the asker sees it."""
        url = urllib.request.Request("%s/webhooks/%s/%s/messages/@original" % (
            self.sim.urls["SIM_API"], d["application_id"], d["token"]),
            headers={"User-Agent": "DiscordBot (https://example.org, 1)"})
        context = ssl.create_default_context(
            cafile=self.sim.urls.get("SIM_CA"))
        try:
            with urllib.request.urlopen(url, timeout=300, context=context) as r:
                m = json.load(r)
        except urllib.error.HTTPError:
            return None
        return (m["content"], bool(m["flags"] & 64)) \
            if m["content"] != "Pong ..." else None

    def find_guild(self):
        """The simulator's number of our guild; its user has rank 100."""
        for self.number in range(8):
            self.uses("version")
            d = self.events("INTERACTION_CREATE")[-1][0]
            if d["guild_id"] == self.guild:
                return self.fleet.must("rank", "set", "user", self.user, "100")


def pings(t, rig):
    """Measured, not made up: what the simulator delays is longer."""
    pattern = (r"^Pong: gateway (\d+) ms \(shard 1\), REST (\d+) ms, shard to "
        r"plugin (\d+) ms\.$")
    wait_until(lambda: rig.fleet.shard(1)["heartbeat_rtt_ms"] is not None,
        "a heartbeat is acknowledged")
    text = rig.asks("!ping", OTHER)
    t.match(text, pattern, "!ping, by anybody: " + text)
    text, hidden = rig.uses("ping")
    t.match(text, pattern, "/ping: " + text)
    t.ok(not hidden, "for all to see")
    rig.sim.ctl("fault", "delay-ack", SLOW_MS, "--shard", 1, "--count",
        "forever")
    wait_until(lambda: rig.fleet.shard(1)["heartbeat_rtt_ms"] >= SLOW_MS,
        "the ACKs are late")
    for way, path in (("!ping", "POST /channels/*/messages"),
            ("/ping", "POST /interactions/*")):
        rig.sim.ctl("rest", path, "ok", "delay=%g" % (SLOW_MS / 1000))
        text = rig.uses("ping")[0] if way == "/ping" else rig.asks(way)
        found = re.search(pattern, text)
        t.ok(found and int(found[1]) >= SLOW_MS and int(found[2]) >= SLOW_MS,
            "%s with the delays of the simulator: %s" % (way, text))
        rig.sim.ctl("rest", path, "ok")
    rig.sim.ctl("fault", "clear")
    rtt = rig.fleet.shard(0)["heartbeat_rtt_ms"]
    guild = rig.guild_of(0)
    t.ok(guild["id"] != rig.guild and rtt < SLOW_MS,
        "another shard's heartbeat was as before: %d ms" % rtt)


STATE = (
    ("shards", r"(?s)^2 of 2 shards here are ready, with 8 guilds\. .*"
        r"shard +state +since.*\n0 +ready .*\n1 +ready .* 4 +\d+\n"),
    ("plugins", r"(?s)^3 of 3 plugins are up\..*\nadmin +up .*\nscissors +up "),
    ("budget", r"(?s)^998 of 1000 IDENTIFYs are left, \d+ of them in reserve\. "
        r"They are reset in .*\nIn 24 h 2 were sent by this fleet and 0 by "
        r"something else"),
    ("rank list", r"(?s)^Ranks; .*` 100` <@%s>" % STAFF))


def states(t, rig):
    """What is for staff: by both roads, and denied by both."""
    others = [n for n in range(8) if n != rig.number]
    for name, pattern in STATE:
        word, *sub = name.split()
        text = rig.asks("!" + name, STAFF)
        t.match(text, pattern, "!%s" % name)
        t.ok(len(text) <= 2000, "fits into a message")
        t.match(rig.asks("!" + name), "^Sorry, !%s is not for you: it needs "
            "rank 100, and yours is 0" % word, "denied to others")
        sub = [dict(type=1, name=s, options=[]) for s in sub]
        text, hidden = rig.uses(word, *sub)
        t.match(text, pattern, "/%s" % name)
        t.ok(hidden, "for no other to see")
        others.append(others.pop(0))
        text, hidden = rig.uses(word, *sub, number=others[0])
        t.ok(hidden and text.startswith("Sorry, /%s is not for you" % word),
            "denied to others")
    for name in ("about", "version"):
        pattern = (r"^\*\*herd\*\* runs on shardherd \S+ \(handler \S+ plugin "
            r"API 1\), for \d+ .*: 2 of 2 shards, 8 guilds, 3 of 3 plugins\.$")
        t.match(rig.asks("!" + name), pattern, "!" + name)
        text, hidden = rig.uses(name)
        t.match(text, pattern, "/" + name)


class Alone:
    """What admin.py takes for the helper: a fleet of 300 shards."""
    Error = KeyError

    def __init__(self):
        self.commands, self.said = {}, []
        self.row = dict(since_s=86399.9, heartbeat_rtt_ms=None, ack_age_s=12.5,
            guilds=2500, events=123456789)

    def Plugin(self):
        return self

    def command(self, name, help, **more):
        return lambda fn: self.commands.setdefault(name, fn)

    def call(self, method, first=0, limit=0):
        if method == "cluster":
            return {"shards": dict(ready=299, here=300, guilds=7, rtt_mean_ms=1,
                rtt_worst_ms=2)}
        return {"next": first + 100 if first < 200 else None, "shards": [
            dict(self.row, id=i, state="deaf" if i == 222 else "ready")
            for i in range(first, first + 100)]}

    def answer(self, cmd, text, ephemeral):
        self.said.append(text)

    def run(self):
        pass


def pages(t):
    """More shards than a message holds: on pages of less than 2000."""
    alone = sys.modules["shardherd"] = Alone()
    with open(os.path.join(PLUGINS, "admin.py"), encoding="utf-8") as f:
        exec(compile(f.read(), "admin.py", "exec"), {})
    page, last = 1, 1
    while page <= last:
        alone.commands["shards"](types.SimpleNamespace(options={"page": page}))
        last = int(re.search(r"\nPage %d of (\d+)$" % page,
            alone.said[-1])[1])
        page += 1
    t.ok(last > 5 and all(len(text) <= 2000 for text in alone.said),
        "300 shards are on %d pages" % last)
    ids = [int(i) for text in alone.said
        for i in re.findall(r"(?m)^(\d+) +(?:deaf|ready)", text)]
    t.equal(ids, [222] + [i for i in range(300) if i != 222],
        "each of them once, the one that is not ready first")
    t.match(alone.said[0], r"\n222 +deaf +23 h 59 min +- +12 s +2500 +1234",
        "a row of the table")
    alone.commands["shards"](types.SimpleNamespace(options={"page": 99}))
    t.equal(alone.said[-1], alone.said[-2], "a page too far is the last one")


def helps(t, rig):
    text = rig.asks("!help")
    t.match(text, r"(?m)^\*\*admin\*\*\n`/ping`, `!ping`: How long the bot takes "
        r"to answer$", "help names what all may use")
    t.match(text, "\u2702 on a message of mine: Deletes what answers you",
        "the scissors, too")
    t.ok("/shards" not in text, "and nothing else")
    text = rig.asks("!help rank", STAFF)
    t.match(text, r"`/rank show\|set\|unset\|list \[who\] \[rank\]`, `!rank show",
        "help on rank has its usage")


def sub(name, **options):
    types = {"who": 9, "rank": 4, "page": 4}
    return dict(type=1, name=name, options=[dict(type=types[k], name=k,
        value=v) for k, v in options.items()])


def ranks(t, rig):
    """Set by a command, in force with the next one; nobody gets above whom
    gives, by user or by role."""
    member = [m for m in rig.members if m["user"]["id"] not in (rig.user,
        rig.bot)][0]
    her, role = member["user"]["id"], member["roles"][0]
    t.match(rig.asks("!shards", her), "yours is 0", "without a rank")
    t.equal(rig.asks("!rank set <@%s> 100" % her, BOSS),
        "<@%s> has rank 100." % her, "!rank set, by the owner")
    t.match(rig.asks("!shards", her), "^2 of 2", "counts at once")
    t.equal(rig.asks("!rank show <@!%s>" % her, STAFF),
        "<@%s> has rank 100." % her, "!rank show")
    t.equal(rig.asks("!rank show", STAFF), "<@%s> has rank 100." % STAFF,
        "one's own, when nobody is named")
    t.equal(rig.asks("!rank unset <@%s>" % her, STAFF), "Sorry, that did not "
        "work: your rank is 100 and this one's 100: only who is below may be "
        "changed.", "who is not below is not touched")
    t.equal(rig.uses("rank", sub("set", who=her, rank=5))[0][:35],
        "Sorry, that did not work: your rank", "nor by slash")
    t.equal(rig.asks("!rank unset <@%s>" % her, BOSS),
        "<@%s> has rank 0." % her, "!rank unset")
    t.match(rig.asks("!shards", her), "yours is 0", "counts at once")
    t.equal(rig.uses("rank", sub("set", who=her, rank=99)),
        ("<@%s> has rank 99." % her, True), "/rank set, seen by the asker only")
    t.match(rig.uses("rank", sub("set", who=her, rank=100))[0],
        "your rank is 100: it can give less than that", "not what one has")
    t.equal(rig.uses("rank", sub("unset", who=her))[0],
        "<@%s> has rank 0." % her, "/rank unset")
    t.equal(rig.asks("!rank show <@&%s>" % role, STAFF),
        "<@&%s> gives no rank." % role, "a role without one")
    t.equal(rig.asks("!rank set <@&%s> 300" % role, BOSS),
        "<@&%s> gives rank 300." % role, "!rank set for a role")
    t.match(rig.asks("!shards", her, [role]), "^2 of 2", "counts at once")
    t.equal(rig.asks("!rank show %s" % her, STAFF),
        "<@%s> has rank 300." % her, "and for who has it")
    for way in ("!", "/"):
        text = rig.asks("!rank set <@%s> -1" % her, STAFF) if way == "!" else \
            rig.uses("rank", sub("set", who=her, rank=-1))[0]
        t.match(text, "this one's 300", "who has it by role is above, too: "
            + way)
    t.match(rig.uses("rank", sub("unset", who=role))[0], "this one's 300",
        "as is the role")
    t.equal(rig.asks("!rank set <@&%s> 50" % role, BOSS),
        "<@&%s> gives rank 50." % role, "changed")
    t.equal(rig.uses("rank", sub("show", who=role))[0],
        "<@&%s> gives rank 50." % role, "/rank show of a role")
    t.equal(rig.uses("rank", sub("set", who=role, rank=60))[0],
        "<@&%s> gives rank 60." % role, "/rank set of a role")
    t.match(rig.asks("!rank set <@%s> 1000" % her, BOSS), "^rank must be a "
        "number|^rank must be a whole number within its bounds", "1000 is none")
    t.equal(rig.asks("!rank set <@12345> 7", BOSS), "<@12345> has rank 7.",
        "also who is no member any more")
    for i in range(64):
        rig.fleet.must("rank", "set", "user", str(770000000000000000 + i), "3")
    one, two = (rig.asks("!rank list" + page, STAFF) for page in ("", " 2"))
    t.match(one, r"(?s)^Ranks; .*\n` 100` .*\n`  60` <@&%s>.*\nPage 1 of 2$"
        % role, "rank list, the highest first")
    t.match(two, "(?s)\n`   3` <@7700.*Page 2 of 2$", "on two pages")
    t.equal(len(re.findall("<@&?[0-9]+>", one + two)), 64 + 4,
        "together all of them")
    t.match(rig.fleet.log_text(), "plugin admin: user %s has set the rank of "
        "the role %s from 50 to 60" % (rig.user, role), "the log has it")
    return role


def restarted(t, rig, role):
    """What was given stays; what each command needs is configured."""
    rig.fleet.stop()
    rig.config(**{"config.rank_ping": "60", "config.rank_about": "-1"})
    rig.fleet.start()
    t.match(rig.asks("!ping", OTHER), "needs rank 60, and yours is 0",
        "config.rank_ping")
    t.match(rig.asks("!ping", OTHER, [role]), "^Pong: ",
        "the role's rank outlived the restart")
    rig.config(**{"config.rank_ping": "much"})
    done = rig.fleet.cli("reload")
    t.ok(done.returncode != 0, "a rank that is none is refused by reload")
    wait_until(lambda: 'config.rank_ping must be a rank, -1 to 999, not "much"'
        in rig.fleet.log_text(), "the log says why")
    rig.config()
    rig.fleet.must("reload")


def messages(rig, place):
    return [d["id"] for d, _ in rig.events("MESSAGE_DELETE")].count(place)


def reacts(rig, user, message, emoji=CUT):
    d = [d for d, _ in rig.events("MESSAGE_CREATE") if d["id"] == message][-1]
    rig.send("MESSAGE_REACTION_ADD", {"user_id": user, "type": 0,
        "channel_id": d["channel_id"], "guild_id": rig.guild,
        "message_id": message, "message_author_id": d["author"]["id"],
        "burst": False, "emoji": emoji,
        "member": {"user": {"id": user}, "roles": []}})


def reply_to(rig, message):
    return wait_until(lambda: [d["id"] for d, _ in rig.events("MESSAGE_CREATE")
        if (d.get("message_reference") or {}).get("message_id") == message],
        "a reply")[0]


def scissors(t, rig):
    def gone(message, what):
        wait_until(lambda: messages(rig, message), what)
        t.ok(True, what)

    asked = rig.say("!version", STAFF)
    answer = reply_to(rig, asked)
    denied = rig.fleet.log_text().count("denied to cut")
    reacts(rig, OTHER, answer)
    wait_until(lambda: rig.fleet.log_text().count("denied to cut") > denied,
        "a denial is logged")
    t.equal(messages(rig, answer), 0, "of no rank: it stays")
    reacts(rig, STAFF, answer, emoji={"id": None, "name": "\u2702\ufe0f"})
    gone(answer, "of rank 100, and with the variation selector")
    reacts(rig, STAFF, answer)

    # Whoever asked: the simulator's own people, as it knows who said what.
    asked = rig.sim.ctl("message", 1, "!version", "--channel",
        rig.turn()).strip()
    author = wait_until(lambda: [d["author"]["id"] for d, _ in
        rig.events("MESSAGE_CREATE") if d["id"] == asked], "the message")[0]
    answer = reply_to(rig, asked)
    rig.fleet.cli("rank", "unset", "user", author)
    reacts(rig, author, answer)
    gone(answer, "an answer to one's own message, without a rank")

    before = len(rig.events("MESSAGE_CREATE"))
    rig.uses("version")
    rig.fleet.cli("rank", "unset", "user", rig.user)
    answer = wait_until(lambda: [d["id"] for d, _ in
        rig.events("MESSAGE_CREATE")[before:] if d["author"]["id"] == rig.bot],
        "the answer")[0]
    reacts(rig, OTHER, answer)
    wait_until(lambda: rig.fleet.log_text().count("denied to cut")
        > denied + 1, "another denial")
    reacts(rig, rig.user, answer)
    gone(answer, "an answer to one's own slash command")

    foreign = rig.say("keep me", OTHER)
    mine = reply_to(rig, rig.say("!version", OTHER))
    reacts(rig, BOSS, foreign)
    reacts(rig, BOSS, mine, emoji={"id": None, "name": "\U0001f525"})
    last = reply_to(rig, rig.say("!version", STAFF))
    reacts(rig, BOSS, last)
    gone(last, "the owner cuts")
    t.equal((messages(rig, foreign), messages(rig, mine)), (0, 0),
        "messages of others stay, as does what other emojis are put on")
    t.ok("cannot cut" not in rig.fleet.log_text(), "what is gone is no error")


def main(t):
    rig = Rig(t)
    rig.config()
    rig.fleet.start()
    rig.look_around()
    rig.fleet.must("rank", "set", "user", STAFF, "100")
    wait_until(lambda: "Discord has the new list" in rig.fleet.log_text(),
        "the commands are registered")
    rig.find_guild()
    pages(t)
    pings(t, rig)
    states(t, rig)
    helps(t, rig)
    role = ranks(t, rig)
    restarted(t, rig, role)
    scissors(t, rig)
    odd = {s for s in rig.sim.report()["rest"]["by_status"] if s[0] != "2"}
    t.ok("404" in odd and odd <= {"404", "429"}, "Discord refused only what "
        "was gone, or too early for a new handler: %s" % sorted(odd))
    t.equal(rig.sim.report()["rest"]["interactions"]["wrong"], 0,
        "and no answer")
    t.equal([p["state"] for p in rig.fleet.plugins().values()], ["up"] * 3,
        "all plugins are up")
    rig.fleet.stop()


scenario(main)
