#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Commands by every road, slash, prefix, mention and reaction: to the plugin
that declares them and to nobody of too low a rank, however the plugin is doing;
with help, usage and denials from the handler."""
import json
import os
import re
import shutil
import sys
import time

sys.path.append(sys.path[0] + "/../lib")
from herd import ROOT, scenario, wait_until

PLUGINS = os.path.join(ROOT, "handler", "plugins")
PLUGIN = """#!/usr/bin/python3
import json, os, sys
import shardherd

bot = shardherd.Plugin(workers=1)
said = open(sys.argv[1], "a", buffering=1)

def note(cmd):
    line = dict(vars(cmd), again=cmd.event["again"])
    del line["event"]
    if cmd.text == "die" and not cmd.event["again"]:
        os._exit(1)
    said.write(json.dumps(line) + "\\n")
    bot.answer(cmd, "%s noted %s" % (cmd.name, cmd.options))

bot.command("note", help="Notes how often", options=[
    dict(type=3, name="text", description="What", required=True),
    dict(type=4, name="times", description="How often")])(note)
bot.command("list", help="Its parts", options=[
    dict(type=1, name="add", description="Adds", options=[
        dict(type=6, name="who", description="Whom")]),
    dict(type=1, name="show", description="Shows")])(note)
bot.command("secret", help="For few", usage="<anything>", rank=10)(note)
bot.command("cut", help="Cuts", rank=5, emoji="\\u2702",
    roads=["reaction"])(note)
bot.run()
"""
WATCH = """#!/usr/bin/python3
import json, sys
import shardherd

bot = shardherd.Plugin(workers=1)
seen = open(sys.argv[1], "a", buffering=1)

@bot.on("MESSAGE_CREATE", "GUILD_CREATE")
def watch(d, event):
    seen.write(json.dumps([event["event"]["t"], d]) + "\\n")

@bot.command("note", help="The second of that name")
def never(cmd):
    seen.write(json.dumps(["NEVER", {}]) + "\\n")

bot.run()
"""


class Rig:
    def __init__(self, t):
        self.users = 0
        self.sim = t.sim(shards=1, guilds=2)
        self.fleet = t.fleet(self.sim)
        shutil.copy(os.path.join(PLUGINS, "shardherd.py"), self.fleet.dir)
        for name, text in (("notes", PLUGIN), ("watch", WATCH)):
            path = self.fleet.program(name + ".py", text)

    def config(self, **changes):
        self.fleet.write_config({"handler.prefix": "!",
            "limits.restart_min": "100ms", **changes},
            {"notes": dict(exec=self.fleet.path("notes.py") + " "
                + self.fleet.path("notes.out"), events="INVITE_CREATE"),
            "watch": dict(exec=self.fleet.path("watch.py") + " "
                + self.fleet.path("watch.out"),
                events="MESSAGE_CREATE, GUILD_CREATE")})

    def lines(self, name):
        try:
            with open(self.fleet.path(name), encoding="utf-8") as f:
                return [json.loads(line) for line in f]
        except FileNotFoundError:
            return []

    def commands(self, n):
        wait_until(lambda: len(self.lines("notes.out")) >= n,
            "%d commands are noted" % n)
        return self.lines("notes.out")

    def messages(self):
        return [d for t, d in self.lines("watch.out")
            if t == "MESSAGE_CREATE"]

    def say(self, text, user=None, **more):
        """By a user nobody heard of before, unless it is said by whom: a
        message that there is comes again with these words."""
        message = self.sim.ctl("message", 0, "(something)", "--channel",
            self.channel).strip()
        self.users += 1
        self.send("MESSAGE_CREATE", {"id": message, "type": 0, "content": text,
            "channel_id": self.channel, "guild_id": self.guild,
            "author": {"id": user or str(5000 + self.users)},
            "member": {"roles": []}, **more})
        return message

    def reply(self, message):
        """What was replied to it."""
        def found():
            return [m["content"] for m in self.messages() if (m.get(
                "message_reference") or {}).get("message_id") == message]
        return wait_until(found, "a reply to %s" % message)[0]

    def asks(self, text, user=None):
        return self.reply(self.say(text, user))

    def settled(self):
        """Everything before this has been seen."""
        message = self.say("the end")
        wait_until(lambda: (message, "the end") in [(m["id"], m["content"])
            for m in self.messages()],
            "the last message is seen")

    def answers(self):
        return self.sim.report()["rest"]["by_status"].get("204", 0)

    def answered(self, before):
        wait_until(lambda: self.answers() > before, "it is answered")

    def send(self, event, d):
        path = self.fleet.path("event.json")
        with open(path, "w", encoding="utf-8") as f:
            json.dump({"t": event, "s": 1, "op": 0, "d": d}, f)
        self.sim.ctl("send", 0, path)


def typed(t, rig):
    t.equal(rig.asks('!note "two words" 3'),
        "note noted {'text': 'two words', 'times': 3}",
        "a typed command is answered by a reply")
    one = rig.commands(1)[0]
    t.equal([one[k] for k in ("name", "road", "args", "options", "rank",
        "sub")], ["note", "prefix", ["two words", "3"],
        {"text": "two words", "times": 3}, 0, ""], "the plugin is told all")
    t.equal(rig.asks("<@%s>  NOTE x" % rig.bot),
        "note noted {'text': 'x'}", "a mention is a prefix, too")
    t.equal(rig.asks("!list add <@!123>"), "list noted {'who': '123'}",
        "sub-commands and users are understood")
    t.equal(rig.commands(3)[2]["sub"], "add", "and named")
    for text, pattern in (
            ("!note", r"^text is missing.  Usage: `!note <text> \[times\]`$"),
            ("!note x many", "^times must be a whole number"),
            ("!list", "^it takes one of: add, show.")):
        t.match(rig.asks(text), pattern, "wrong usage: " + text)
    before = len(rig.lines("notes.out"))
    for text in ("note x", "!", "! note x", "!notes x", "x !note y",
            "<@1> note x"):
        rig.say(text)
    rig.say("!note x", webhook_id="5")
    rig.say("!note x", author={"id": "5", "bot": True})
    rig.settled()
    t.equal(len(rig.lines("notes.out")), before, "nothing else is a command")


def interaction(t, rig):
    before = len(rig.lines("notes.out"))
    answered = rig.answers()
    rig.sim.ctl("interaction", 0, "note", "hear")
    rig.answered(answered)
    one = rig.commands(before + 1)[-1]
    t.equal([one[k] for k in ("name", "road", "args", "options")],
        ["note", "slash", ["hear"], {"text": "hear"}],
        "the slash command comes in the same form")
    t.ok(one["answer"]["params"]["token"] not in rig.fleet.log_text(),
        "its token is not in the log")
    rig.user = one["user"]["id"]


def ranks(t, rig):
    answered, before = rig.answers(), len(rig.lines("notes.out"))
    rig.sim.ctl("interaction", 0, "secret")
    rig.answered(answered)
    wait_until(lambda: "denied /secret, which needs rank 10, to %s of rank 0"
        % rig.user in rig.fleet.log_text(), "the denial is logged")
    t.ok(True, "who has no rank is told so, and it is logged")
    t.equal(rig.asks("!secret x", "42"), "Sorry, !secret is not for you: it needs "
        "rank 10, and yours is 0.", "and the same when it is typed")
    rig.fleet.must("rank", "set", "user", "42", "10")
    t.match(rig.asks("!secret x", "42"), "^secret noted", "the rank lets in")
    rig.fleet.must("rank", "set", "user", "42", "-1")
    t.match(rig.asks("!note x", "42"), "yours is -1", "-1 shuts out from all")
    rig.fleet.must("rank", "unset", "user", "42")
    t.equal(len(rig.lines("notes.out")), before + 1,
        "the plugin saw none but the one allowed")
    begin = time.monotonic()
    asked = [rig.say("!secret flood", "43") for _ in range(20)]
    rig.reply(asked[2])
    rig.settled()
    most = 3 * (1 + (time.monotonic() - begin) // 10)
    t.ok(sum((m.get("message_reference") or {}).get("message_id") in asked
        for m in rig.messages()) <= most, "20 refused ones are answered "
        "3 times in 10 s")


def reaction(t, rig):
    mine = [m for m in rig.messages() if m["author"]["id"] == rig.bot][-1]
    member = {"user": {"id": "77", "username": "r"}, "roles": ["900"]}
    d = {"user_id": "77", "channel_id": rig.channel, "member": member,
        "guild_id": rig.guild, "message_id": mine["id"], "type": 0,
        "message_author_id": rig.bot, "burst": False,
        "emoji": {"id": None, "name": "\u2702\ufe0f"}}
    before = len(rig.lines("notes.out"))
    rig.send("MESSAGE_REACTION_ADD", d)
    wait_until(lambda: "denied cut, which needs rank 5, to 77" in
        rig.fleet.log_text(), "a reaction is denied")
    rig.fleet.must("rank", "set", "role", "900", "5")
    for change in ({"message_author_id": "78"}, {"user_id": rig.bot},
            {"emoji": {"id": None, "name": "\U0001f525"}}, {}):
        rig.send("MESSAGE_REACTION_ADD", dict(d, **change))
    rig.settled()
    noted = rig.commands(before + 1)[before:]
    t.equal([(c["name"], c["road"], c["rank"], c["message_id"])
        for c in noted], [("cut", "reaction", 5, mine["id"])],
        "a reaction on a message of the bot, by who has the rank by role")
    t.ok(not [m for m in rig.messages() if "cut is not for you"
        in m["content"]], "who may not react is not bothered")


def help_(t, rig):
    text = rig.asks("!help")
    t.match(text, r"^\*\*notes\*\*\n`/note <text> \[times\]`, "
        r"`!note <text> \[times\]`: Notes how often\n", "help")
    t.ok("secret" not in text and "cut" not in text,
        "shows what the asker may use")
    t.ok("second of that name" not in text, "and of two of a name the first")
    rig.fleet.must("rank", "set", "user", "44", "10")
    t.match(rig.asks("!help secret", "44"), r"(?s)^\*\*secret\*\*: For few\n"
        r"`/secret <anything>`.*rank 10; yours is 10", "help on one command")
    rig.fleet.must("rank", "unset", "user", "44")
    t.match(rig.asks("!help secret", "44"), "no command \"secret\" that you may",
        "not for others")
    answered = rig.answers()
    rig.sim.ctl("interaction", 0, "help")
    rig.answered(answered)
    t.ok(True, "/help is answered")


def once(t, rig):
    """A command that ends the plugin comes again, with its command."""
    before = len(rig.lines("notes.out"))
    t.equal(rig.asks("!note die"), "note noted {'text': 'die'}",
        "a plugin that died of a command gets it again")
    t.equal([c["again"] for c in rig.commands(before + 1)[before:]], [True],
        "once, and is told so")
    rig.fleet.must("plugin", "unload", "notes")
    for i in range(3):
        rig.say("!note kept%d" % i)
    rig.settled()
    rig.fleet.stop()
    rig.fleet.start()
    rig.fleet.must("plugin", "load", "notes")
    noted = rig.commands(before + 4)[before + 1:]
    t.equal([c["options"].get("text") for c in noted],
        ["kept0", "kept1", "kept2"], "those of a plugin that is away wait for "
        "it, across a restart of the fleet")
    wait_until(lambda: len([m for m in rig.messages()
        if "noted {'text': 'kept" in m["content"]]) == 3, "and are answered")
    t.ok(True, "and are answered")


def main(t):
    rig = Rig(t)
    rig.config()
    rig.fleet.start()
    d = wait_until(lambda: [d for t, d in rig.lines("watch.out")
        if t == "GUILD_CREATE"], "a guild")[0]
    rig.guild = d["id"]
    rig.channel = [c["id"] for c in d["channels"] if c["type"] == 0][0]
    rig.bot = re.search(r"token belongs to .* \((\d+)\)",
        rig.fleet.log_text()).group(1)
    typed(t, rig)
    interaction(t, rig)
    ranks(t, rig)
    reaction(t, rig)
    help_(t, rig)
    once(t, rig)
    t.match(rig.fleet.log_text(), 'plugin watch: its command "note" is left '
        "out: it is that of the plugin before it", "two of a name are told")
    t.equal([1 for t, _ in rig.lines("watch.out") if t == "NEVER"], [],
        "and the second is never asked")
    rig.fleet.stop()


scenario(main)
