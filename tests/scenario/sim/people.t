#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What persons do at the desk: each is told to the bot as Discord tells it,
judged by that person's permissions, and a typing error is told."""
import json
import os
import sys
import urllib.request

sys.path.append(sys.path[0] + "/../lib")
from herd import Failed, scenario
from ws import Client

ALL = 53608447


class Rig:
    def __init__(self, t):
        self.t = t
        self.sim = t.sim(shards=1, guilds=2, plain=True,
            heartbeat_interval="1h")
        with open(self.sim.urls["SIM_TOKEN_FILE"], encoding="utf-8") as f:
            self.token = f.read().strip()
        self.client = Client(self.sim.urls["SIM_GATEWAY"])
        self.client.until(10)
        self.client.identify(self.token, (0, 1), intents=ALL)
        for name in ("READY", "GUILD_CREATE", "GUILD_CREATE"):
            self.client.until(0, name)

    def post(self, body):
        """What the bot says in the first channel."""
        return self.call("/channels/%s/messages" % self.do("typing",
            "#general")["channel_id"], body)

    def call(self, path, body):
        request = urllib.request.Request(self.sim.urls["SIM_API"] + path,
            data=json.dumps(body).encode(), headers={
            "Authorization": "Bot " + self.token, "User-Agent":
            "DiscordBot (https://example.org, 1)", "Content-Type":
            "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def do(self, *words):
        """The row of what was made."""
        return json.loads(self.sim.ctl(*words, "--json"))["rows"][0]

    def event(self, name):
        return self.client.until(0, name)["d"]

    def refused(self, pattern, *words):
        done = self.sim.try_ctl(*words)
        self.t.ok(done.returncode in (1, 64, 75), "%s: refused" % words[0])
        self.t.match(done.stderr, pattern, "%s: why" % " ".join(
            map(str, words[:3])))


def talk(t, rig):
    m = rig.do("say", "#general", "hello @sim-bot and @plover_fox655")
    d = rig.event("MESSAGE_CREATE")
    t.equal((d["id"], d["content"]), (m["id"], m["content"]), "it is said")
    t.equal([u["username"] for u in d["mentions"]],
        ["sim-bot", "plover_fox655"], "names are mentions")
    t.match(d["content"], r"^hello <@\d+> and <@\d+>$", "as Discord has them")
    t.ok("user" not in d["member"] and d["guild_id"], "with the member")
    reply = rig.do("say", "#general", "and", "again", "--reply", m["id"],
        "--as", "plover_fox655")
    d = rig.event("MESSAGE_CREATE")
    t.equal((d["type"], d["message_reference"]["message_id"],
        d["referenced_message"]["id"], d["content"]), (19, m["id"], m["id"],
        "and again"), "an answer")
    t.equal(d["author"]["username"], "plover_fox655", "of somebody else")
    rig.do("edit", "last", "better", "--as", "plover_fox655")
    d = rig.event("MESSAGE_UPDATE")
    t.equal((d["id"], d["content"], bool(d["edited_timestamp"])),
        (reply["id"], "better", True), "edited")
    rig.refused("did not write", "edit", m["id"], "x", "--as",
        "plover_fox655")
    rig.refused("MANAGE_MESSAGES", "delete", m["id"], "--as", "gorse_fox262")
    rig.do("delete", reply["id"], "--as", "plover_fox655")
    t.equal(rig.event("MESSAGE_DELETE")["id"], reply["id"], "deleted")
    rig.do("typing", "#general")
    t.ok(rig.event("TYPING_START")["member"]["user"]["id"], "typing")
    rig.refused("did you mean general", "say", "#generl", "x")
    rig.refused("there is no guild", "say", "9#general", "x")
    rig.refused("no guild general.*did you mean '#general'", "say", "general",
        "x")
    rig.refused("not empty", "say", "#general", " ")
    rig.refused("up to 2000", "say", "#general", "x" * 2001)
    rig.refused("did you mean plover_fox655", "say", "#general", "x", "--as",
        "plover_fox65")
    rig.refused("usage: say", "say", "#general", "x", "--wth")


def marks(t, rig):
    m = rig.do("say", "#general", "mark me")
    rig.event("MESSAGE_CREATE")
    rig.do("react", m["id"], "\U0001f525", "--as", "plover_fox655")
    d = rig.event("MESSAGE_REACTION_ADD")
    t.equal((d["message_id"], d["emoji"]["name"], d["member"]["user"][
        "username"]), (m["id"], "\U0001f525", "plover_fox655"), "a reaction")
    rig.refused("already", "react", m["id"], "\U0001f525", "--as",
        "plover_fox655")
    rig.refused("no emoji fire.*given itself", "react", m["id"], "fire")
    rig.do("react", m["id"], "\U0001f525", "--remove", "--as",
        "plover_fox655")
    t.equal(rig.event("MESSAGE_REACTION_REMOVE")["message_id"], m["id"],
        "taken back")
    rig.do("pin", m["id"])
    t.equal(rig.event("MESSAGE_UPDATE")["pinned"], True, "pinned")
    t.ok(rig.event("CHANNEL_PINS_UPDATE")["last_pin_timestamp"], "and told")
    t.equal(rig.event("MESSAGE_CREATE")["type"], 6, "in the channel too")
    rig.refused("already", "pin", m["id"])
    rig.do("unpin", m["id"])
    t.equal(rig.event("MESSAGE_UPDATE")["pinned"], False, "unpinned")
    rig.refused("PIN_MESSAGES", "pin", m["id"], "--as", "gorse_fox262")
    rig.refused("no poll", "vote", m["id"], 1)
    poll = rig.post({"poll": {"question": {"text": "Tea?"}, "duration": 1,
        "answers": [{"poll_media": {"text": w}} for w in ("Yes", "No")]}})
    rig.do("vote", "last", "yes")
    d = rig.event("MESSAGE_POLL_VOTE_ADD")
    t.equal((d["message_id"], d["answer_id"]), (poll["id"], 1), "a vote")
    rig.refused("did you mean Yes|no such answer", "vote", "last", "Yse")
    rig.do("vote", "last", 1, "--remove")
    t.equal(rig.event("MESSAGE_POLL_VOTE_REMOVE")["answer_id"], 1,
        "taken back")


def files(t, rig):
    path = os.path.join(t.dir, "a.png")
    with open(path, "wb") as f:
        f.write(b"no picture")
    m = rig.do("say", "#general", "look", "--file", path)
    d = rig.event("MESSAGE_CREATE")
    t.equal(d["attachments"][0]["filename"], "a.png", "a file")
    with urllib.request.urlopen(d["attachments"][0]["url"], timeout=60) as f:
        t.equal(f.read(), b"no picture", "which is fetched")
    t.match(rig.sim.ctl("said", "#general", 1), "%s .*files a.png" % m["id"],
        "said names it")
    rig.refused("cannot read", "say", "#general", "x", "--file",
        path + ".none")


def members(t, rig):
    rig.do("join", 0, "newbie")
    d = rig.event("GUILD_MEMBER_ADD")
    t.equal(d["user"]["username"], "newbie", "somebody new joins")
    rig.refused("in there already", "join", 0, "newbie")
    rig.do("say", "#general", "hi", "--as", "newbie")
    rig.event("MESSAGE_CREATE")
    rig.do("role", "add", 0, "newbie", "moderators")
    t.equal(len(rig.event("GUILD_MEMBER_UPDATE")["roles"]), 1, "a role")
    rig.do("nick", 0, "newbie", "Nic")
    t.equal(rig.event("GUILD_MEMBER_UPDATE")["nick"], "Nic", "a nickname")
    rig.refused("no lower role", "kick", 0, "alder_fox0", "--as", "newbie")
    rig.refused("KICK_MEMBERS", "kick", 0, "newbie", "--as", "gorse_fox262")
    t.match(rig.sim.ctl("who", 0), r'newbie +"Nic"  @moderators', "who shows")
    rig.do("kick", 0, "cinder_brook786", "--as", "newbie")
    t.equal(rig.event("GUILD_MEMBER_REMOVE")["user"]["username"],
        "cinder_brook786", "a moderator kicks")
    rig.do("leave", 0, "--as", "newbie")
    rig.event("GUILD_MEMBER_REMOVE")
    rig.refused("is not in", "say", "#general", "x", "--as", "newbie")
    rig.refused("owns the guild", "leave", 0, "--as", "alder_fox0")
    rig.do("ban", 0, "newbie")
    t.equal(rig.event("GUILD_BAN_ADD")["user"]["username"], "newbie", "banned")
    rig.refused("banned there", "join", 0, "newbie")
    rig.do("unban", 0, "newbie")
    rig.event("GUILD_BAN_REMOVE")
    rig.do("join", 0, "newbie")
    rig.event("GUILD_MEMBER_ADD")
    rig.do("voice", "#Lounge", "--as", "newbie", "--mute")
    d = rig.event("VOICE_STATE_UPDATE")
    t.equal((d["member"]["user"]["username"], d["self_mute"],
        bool(d["channel_id"])), ("newbie", True, True), "in voice")
    rig.do("voice", "none", "--as", "newbie")
    t.equal(rig.event("VOICE_STATE_UPDATE")["channel_id"], None, "out again")
    rig.refused("no voice channel", "voice", "#general")
    t.match(rig.sim.ctl("who", 0), "alder_fox0 +owner", "people")


def dms_and_guilds(t, rig):
    m = rig.do("dm", "psst")
    d = rig.event("MESSAGE_CREATE")
    t.equal((d["id"], d["content"], d["channel_type"], "guild_id" in d),
        (m["id"], "psst", 1, False), "a direct message")
    t.match(rig.sim.ctl("said", "dm"), "psst", "it is seen there")
    g = rig.do("guild", "new", "My Place")
    rig.do("say", "My Place#general", "unheard")
    rig.do("bot", "join", "My Place")
    d = rig.event("GUILD_CREATE")
    t.equal((d["id"], d["name"]), (g["id"], "My Place"), "a guild of its own")
    rig.do("say", "My Place#general", "heard")
    t.equal(rig.event("MESSAGE_CREATE")["content"], "heard",
        "what was said without the bot it did not hear")
    rig.do("bot", "kick", "My Place")
    d = rig.event("GUILD_DELETE")
    t.equal((d["id"], "unavailable" in d), (g["id"], False), "thrown out")
    rig.do("guild", "delete", "My Place")
    rig.refused("there is no guild", "say", "My Place#general", "x")


def many_members(t):
    sim = t.sim(shards=1, guilds=1, members=400, plain=True)
    name = sim.ctl("who", 0, 401).splitlines()[-1].split()[1]
    sim.ctl("nick", 0, name, "Zebra")
    sim.ctl("say", "#general", "hello", "--as", "zebra")
    t.equal(sim.ctl("said", "#general", 1).split()[1], name,
        "a nickname, whoever has it of many")


def many_channels(t, rig):
    """What was heard of one channel is not forgotten over another: no part of
    their ids matters, and these have much in common."""
    guild = rig.sim.ctl("guilds", 1).split()[5]
    one, two = (rig.call("/guilds/%s/channels" % guild, {"name": name})["id"]
        for name in ("one", "two"))
    world = os.path.join(t.dir, "world.json")
    with open(world, "w", encoding="utf-8") as f:
        f.write(rig.sim.ctl("world").replace(two, str(int(one) + (1 << 40))))
    sim = t.sim(shards=1, plain=True, guilds=None, seed=None, world=world)
    for name in ("#one", "#two"):
        sim.ctl("say", name, "hello")
    for name in ("#one", "#two"):
        t.equal(sim.try_ctl("await", name, "--wait", 0.1).returncode, 99,
            name + " has nothing new")


def main(t):
    rig = Rig(t)
    talk(t, rig)
    marks(t, rig)
    files(t, rig)
    members(t, rig)
    dms_and_guilds(t, rig)
    t.equal(rig.sim.totals()["violations"], 0, "no violation")
    try:
        rig.sim.ctl("await", "#general", "--wait", 0.1, "--says", "nothing")
        t.ok(False, "await ends")
    except Failed as e:
        t.match(str(e), "99", "await has a deadline")
    many_members(t)
    many_channels(t, rig)


scenario(main)
