#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Everything a person can do with a bot, in the simulator: each kind comes
as Discord sends it, takes an answer of its own types, once, in 3 seconds; and
messages are empty without MESSAGE_CONTENT, where Discord leaves them so."""
import sys

sys.path.append(sys.path[0] + "/../lib")
from bridging import Bridge
from herd import scenario, wait_until

MODAL = {"custom_id": "form", "title": "A form", "components": [{"type": 18,
    "label": "Text", "component": {"type": 4, "custom_id": "text",
        "style": 1}}]}
CHOICES = {"choices": [{"name": "git", "value": "git"}]}
MESSAGE = {"content": "Here."}

# as, (interaction type, what data holds), a wrong answer, the right answers
KINDS = (
    ("slash", (2, {"type": 1, "name": "x"}), (7, MESSAGE), ((4, MESSAGE),
        (5, {}), (9, MODAL))),
    ("user", (2, {"type": 2, "name": "x"}), (8, CHOICES), ((4, MESSAGE),)),
    ("message", (2, {"type": 3, "name": "x"}), (6, {}), ((4, MESSAGE),)),
    ("button", (3, {"custom_id": "x", "component_type": 2}), (8, CHOICES),
        ((7, MESSAGE), (6, {}), (9, MODAL))),
    ("select", (3, {"custom_id": "x", "component_type": 3, "values":
        ["a", "b"]}), (8, CHOICES), ((4, MESSAGE),)),
    ("autocomplete", (4, {"type": 1, "name": "x"}), (4, MESSAGE),
        ((8, CHOICES), (8, {"choices": []}))),
    ("modal", (5, {"custom_id": "x"}), (7, MESSAGE), ((4, MESSAGE),)),
)


def used(sim, bot, guild, kind, *more):
    number = sim.ctl("interaction", guild, "x", "a,b", "--as", kind,
        *more).strip()
    return bot.seen(lambda s: s.get("t") == "INTERACTION_CREATE"
        and s["d"]["id"] == number, "the interaction")[0]["d"]


def respond(bot, d, kind, data):
    answer = bot.answer("interaction.respond", dict(id=d["id"],
        token=d["token"], type=kind, data=data))
    return answer.get("result", (answer.get("data") or {}).get("code"))


def kinds(t, sim, bot, guild, said):
    for name, (kind, data), wrong, right in KINDS:
        d = used(sim, bot, guild, name)
        t.equal((d["type"], {k: d["data"].get(k) for k in data}),
            (kind, data), "%s: its event" % name)
        t.equal(respond(bot, d, *wrong), 50035,
            "%s: takes no answer of type %d" % (name, wrong[0]))
        for answer in right:
            t.equal(respond(bot, d, *answer), True,
                "%s: takes type %d" % (name, answer[0]))
            t.equal(respond(bot, d, *answer), 40060, "%s: once" % name)
            d = used(sim, bot, guild, name)
        respond(bot, d, *right[0])
    d = used(sim, bot, guild, "modal", "--target", said["id"])
    t.equal(d["message"]["id"], said["id"], "a form of a message")
    t.equal(respond(bot, d, 7, {"content": "changed"}), True, "changes it")
    t.equal(bot("rest", method="GET", path="/channels/%s/messages/%s" % (
        said["channel_id"], said["id"]))["body"]["content"], "changed",
        "so it is changed")


def counted(t, sim, bot, guild):
    before = sim.report()["rest"]["interactions"]
    t.equal((before["unanswered"], before["late"]), (0, 0),
        "all were answered in time")
    t.equal(before["wrong"], len(KINDS), "wrong answers are counted")
    d = used(sim, bot, guild, "button")
    wait_until(lambda: sim.report()["rest"]["interactions"]["unanswered"] == 1,
        "3 seconds without an answer")
    late = bot.answer("rest", dict(method="POST", path="/interactions/%s/%s/"
        "callback" % (d["id"], d["token"]), body={"type": 6}))
    t.equal(late["data"]["code"], 10062, "then it is unknown")
    t.equal(sim.report()["rest"]["interactions"]["late"], 1,
        "which is counted, too")
    t.ok(sim.try_ctl("interaction", guild, "x", "--as", "wish").returncode,
        "there is no other kind")


def content(t, sim, bot, guild, channel):
    """The intents are without MESSAGE_CONTENT."""
    me = bot("rest", method="GET", path="/users/@me")["body"]["id"]
    dm = bot("whisper", user_id=[m["user"]["id"] for m in guild["members"]
        if m["user"]["id"] != me][0], content="psst")["channel_id"]
    mine = bot("say", channel_id=channel, content="my own")["id"]

    def text_of(number):
        return bot.seen(lambda s: s.get("t") == "MESSAGE_CREATE"
            and s["d"]["id"] == number, "the message")[0]["d"]["content"]

    def said(text, where):
        return text_of(sim.ctl("message", 0, text, "--channel",
            where).strip())
    t.equal(said("secret", channel), "", "others' messages are empty")
    t.equal(said("hello <@%s>" % me, channel), "hello <@%s>" % me,
        "those that mention the bot are not")
    t.equal(said("between us", dm), "between us", "nor direct ones")
    t.equal(text_of(mine), "my own", "nor its own")


def main(t):
    sim = t.sim(shards=1, guilds=2)
    fleet = t.fleet(sim)
    bot = Bridge(fleet, "bot", events="GUILD_CREATE, INTERACTION_CREATE, "
        "MESSAGE_CREATE")
    fleet.write_config({"bot.intents": "GUILDS, GUILD_MESSAGES, "
        "DIRECT_MESSAGES"}, {"bot": bot.config()})
    fleet.start()
    guild = bot.seen(lambda s: s.get("t") == "GUILD_CREATE", "a guild")[0]["d"]
    channel = [c["id"] for c in guild["channels"] if c["type"] == 0][0]
    said = bot("say", channel_id=channel, content="Press", components=[{
        "type": 1, "components": [{"type": 2, "style": 1, "label": "Press",
            "custom_id": "x"}]}])
    sim.ctl("message", 0, "something to bookmark", "--channel", channel)
    kinds(t, sim, bot, guild["id"], said)
    counted(t, sim, bot, guild["id"])
    content(t, sim, bot, guild, channel)
    t.match(sim.ctl("guilds"), r"(?m)^\d +%s +(%s) +\S" % (guild["id"],
        "|".join(c["id"] for c in guild["channels"])),
        "ctl guilds names what the others want to know")
    t.match(sim.ctl("said", channel), '(?m)  sim-bot  "my own"$',
        "ctl said shows what the bot has posted")
    first = sim.ctl("guilds", 1).splitlines()[1].split()
    t.equal(sim.ctl("said", first[1]), sim.ctl("said", first[0]),
        "of a guild by its id or number")
    t.equal(sim.totals()["violations"], 0, "Discord had nothing to say")
    fleet.stop()


scenario(main)
