#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Every object that the simulator sends, over the gateway or as an answer of
REST, has all that Discord's has: a bare bot calls every route it knows, people
do what they can, and each object is held against the list in tests/data."""
import collections
import json
import socket
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

sys.path.append(sys.path[0] + "/../lib")
from discord_calls import ABSENT, File, ROWS, fill, form, has_row, routes
from discord_types import LIST, known, problems
from herd import ROOT, Failed, scenario, wait_until
from ws import Client, Closed

ALL = 53608447		# intents
GENERATED = ("MESSAGE_CREATE", "MESSAGE_UPDATE", "MESSAGE_DELETE",
    "TYPING_START", "PRESENCE_UPDATE", "MESSAGE_REACTION_ADD",
    "VOICE_STATE_UPDATE", "GUILD_MEMBER_UPDATE", "CHANNEL_UPDATE")
# What must have been seen; all else that comes is judged as well.
EVENTS = GENERATED + ("READY", "RESUMED", "GUILD_CREATE", "GUILD_UPDATE",
    "GUILD_MEMBERS_CHUNK", "RATE_LIMITED", "SOUNDBOARD_SOUNDS", "CHANNEL_INFO",
    "INTERACTION_CREATE", "MESSAGE_DELETE_BULK", "MESSAGE_REACTION_REMOVE",
    "MESSAGE_REACTION_REMOVE_ALL", "MESSAGE_REACTION_REMOVE_EMOJI",
    "WEBHOOKS_UPDATE")
# The types say "optional", but twilight takes no READY without mfa_enabled.
OWN = ("email", "flags", "mfa_enabled", "verified")


class Bot:
    """One session, read all the time, and calls of REST."""

    def __init__(self, t, sim):
        self.t, self.api = t, sim.urls["SIM_API"]
        with open(sim.urls["SIM_TOKEN_FILE"], encoding="utf-8") as f:
            self.token = f.read().strip()
        self.events, self.wrong = [], None
        self.acks = 0
        self.client = Client(sim.urls["SIM_GATEWAY"])
        self.client.until(10)
        self.client.identify(self.token, (0, 1), intents=ALL)
        self.read()
        self.ready = self.event("READY", 0)
        self.ids = {}

    def read(self):
        self.client.socket.settimeout(None)
        threading.Thread(target=self._read, args=(self.client,),
            daemon=True).start()

    def _read(self, client):
        try:
            while True:
                document = client.receive()
                self.acks += document["op"] == 11
                if document["op"] == 0:
                    self.events.append((document["t"], document["d"]))
        except (Closed, OSError, ValueError) as e:
            self.wrong = e

    def event(self, name, since):
        """The next one of this name, from an index on."""
        def come():
            return next((d for t, d in self.events[since:] if t == name), None)
        wait_until(lambda: come() is not None or self.wrong, name + " comes")
        if come() is None:
            raise Failed("the session ended: %s" % self.wrong)
        return come()

    def sync(self):
        """All that was sent before is read."""
        acks = self.acks
        self.client.send({"op": 1, "d": self.client.seq})
        wait_until(lambda: self.acks > acks or self.wrong, "a heartbeat's ACK")

    def resume(self):
        self.sync()
        self.client.socket.shutdown(socket.SHUT_RDWR)	# wakes the reader
        wait_until(lambda: self.wrong, "the connection is gone")
        self.client.drop()
        self.wrong, seq, since = None, self.client.seq, len(self.events)
        self.client = Client(self.ready["resume_gateway_url"])
        self.client.until(10)
        self.client.resume(self.token, self.ready["session_id"], seq)
        self.read()
        self.event("RESUMED", since)

    def call(self, method, path, body):
        """The status and the answer's document; a 429 is waited out."""
        data, kind = None, "application/json"
        if isinstance(body, File):
            data, kind = form(body)
        elif body is not None:
            data = json.dumps(body).encode()
        request = urllib.request.Request(self.api + path, data, {
            "User-Agent": "DiscordBot (https://example.org, 1)",
            "Authorization": "Bot " + self.token, "Content-Type": kind},
            method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as r:
                text = r.read()
                if r.headers["Content-Type"] == "image/png":
                    return r.status, None
                return r.status, json.loads(text) if text else None
        except urllib.error.HTTPError as e:
            status, answer = e.code, json.loads(e.read() or b"null")
        if status != 429:
            return status, answer
        time.sleep(answer["retry_after"])
        return self.call(method, path, body)


def keep(bot, document, places):
    for name, place in places.items():
        value = document
        for key in place.split("."):
            value = value[int(key) if key.isdigit() else key]
        bot.ids[name] = value


def act(t, sim, bot, words, event):
    """What a person does, and its event, which is judged with all others."""
    since = len(bot.events)
    done = sim.try_ctl(*words.split()[1:])
    if not t.equal(done.returncode, 0, "a person can: " + words):
        t.note(done.stdout + done.stderr)
        return None
    return bot.event(event, since)


def answered(t, bot, call, path, result, body):
    """Judges one call; its answer's document, None when it failed."""
    status, answer = bot.call(call.split()[0], path, body)
    if status == 501 or call in ABSENT and not 200 <= status < 300:
        t.note("%s: absent, %d" % (call, status))
        return None
    if call in ABSENT:
        t.note("%s answers: take it out of ABSENT" % call)
    if not t.ok(200 <= status < 300, "%s: %d" % (call, status)):
        t.note(json.dumps(answer))
        return None
    if result == "none" or LIST["results"].get(result) == "none":
        t.ok(status == 204 and answer is None, "%s: 204, nothing" % call)
        return {}
    t.equal(problems(result, answer), [], "%s: a complete %s" % (call, result))
    return answer


def walk(t, sim, bot):
    lacking = set()		# ids that an absent route would have made
    for call, result, body, places in ROWS:
        try:
            path, body = fill(call, bot.ids).split(" ", 1)[1], fill(body,
                bot.ids)
        except KeyError as e:
            lacking.update(places)
            if not e.args[0] in lacking:
                t.ok(False, "%s: nobody made its %s" % (call, e))
            continue
        if call.startswith("ctl "):
            answer = act(t, sim, bot, "ctl " + path, result)
        else:
            answer = answered(t, bot, call, path, result, body)
        if answer is None:
            lacking.update(places)
        else:
            keep(bot, answer, places)


def ask(bot, guild):
    """What only op 4, 8, 31 and 43 bring."""
    since = len(bot.events)
    members = {"op": 8, "d": {"guild_id": guild, "query": "", "limit": 0,
        "presences": True, "nonce": "n"}}
    bot.client.send(members)
    bot.event("GUILD_MEMBERS_CHUNK", since)
    bot.client.send(members)
    bot.event("RATE_LIMITED", since)
    bot.client.send({"op": 31, "d": {"guild_ids": [guild]}})
    bot.event("SOUNDBOARD_SOUNDS", since)
    bot.client.send({"op": 43, "d": {"guild_id": guild,
        "fields": ["status", "voice_start_time"]}})
    bot.event("CHANNEL_INFO", since)
    bot.client.send({"op": 4, "d": {"guild_id": guild, "channel_id":
        bot.ids["voice"], "self_mute": False, "self_deaf": False}})


def world(bot):
    """The ids that rows begin with, as GUILD_CREATE has them."""
    wait_until(lambda: sum(t == "GUILD_CREATE" for t, _ in bot.events)
        == len(bot.ready["guilds"]), "all guilds")
    first, second = [d for t, d in bot.events if t == "GUILD_CREATE"][:2]
    def channel(kind, n=0):
        return [c["id"] for c in first["channels"] if c["type"] == kind][n]
    members = bot.call("GET", "/guilds/%s/members?limit=100" % first["id"],
        None)[1]
    others = [m["user"]["id"] for m in members if m["user"]["id"] not in (
        bot.ready["user"]["id"], first["owner_id"])]
    bot.ids.update(guild=first["id"], second=second["id"],
        app=bot.ready["application"]["id"], bot=bot.ready["user"]["id"],
        channel=channel(0), other=channel(0, 1), news=channel(5),
        voice=channel(2), category=channel(4), role=first["roles"][1]["id"],
        sku="1088510058284990888", user=others[0], kicked=others[1],
        banned=others[2])


def generate(sim, bot):
    since = len(bot.events)
    sim.ctl("rate", 100)
    wait_until(lambda: {t for t, _ in bot.events[since:]} >= set(GENERATED),
        "every kind that is generated")
    sim.ctl("rate", 0)


def judge(t, bot):
    """One line for each kind of event that came."""
    by_name = collections.defaultdict(list)
    for name, d in bot.events:
        by_name[name].append(d)
    for name in sorted({*by_name, *EVENTS}):
        wrong = sorted({p for d in by_name[name] for p in problems(name, d)})
        t.equal(wrong, [], "%s: %d seen, complete" % (name,
            len(by_name[name])))
        t.ok(by_name[name], "%s was seen" % name)


def every_route(t):
    """A route that nothing here calls could answer with anything."""
    there = routes(ROOT + "/tools/sim")
    t.ok(len(there) > 40, "the simulator has %d routes" % len(there))
    t.equal(["%s %s" % each for each in there if not has_row(*each)], [],
        "each has a row in discord_calls.py")
    t.equal([row[:2] for row in ROWS if row[1] != "none" and not known(row[1])],
        [], "each of %d rows has a type of the list" % len(ROWS))
    t.equal(sorted(ABSENT - {row[0] for row in ROWS}), [],
        "what is absent are rows")


def main(t):
    every_route(t)
    sim = t.sim(shards=1, guilds=4, plain=True, heartbeat_interval="600s",
        guild_bytes=60000, mix=",".join(GENERATED))
    bot = Bot(t, sim)
    t.equal([k for k in OWN if k not in bot.ready["user"]], [],
        "READY has the bot as only it sees itself")
    world(bot)
    generate(sim, bot)
    walk(t, sim, bot)
    ask(bot, bot.ids["guild"])
    bot.resume()
    bot.sync()
    judge(t, bot)


scenario(main)
