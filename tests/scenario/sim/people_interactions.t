#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What the bot offers, used by persons: only what is registered, there and
allowed; the bot is told in Discord's form, and its answer is waited for."""
import json
import os
import subprocess
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import ROOT, scenario, wait_until

BOT = os.path.join(ROOT, "tests", "scenario", "lib", "tinybot.py")


class Rig:
    def __init__(self, t):
        self.t = t
        self.sim = t.sim(shards=1, guilds=2, plain=True,
            heartbeat_interval="1h")
        urls = self.sim.urls
        with open(urls["SIM_TOKEN_FILE"], encoding="utf-8") as f:
            token = f.read().strip()
        self.out = os.path.join(t.dir, "bot.log")
        with open(self.out, "wb") as log:
            self.bot = subprocess.Popen([sys.executable, BOT], stdout=log,
                stderr=log, stdin=subprocess.DEVNULL, env=dict(os.environ,
                SIM_API=urls["SIM_API"], SIM_GATEWAY=urls["SIM_GATEWAY"],
                SIM_TOKEN=token))
        self.sim.wait("connected=1")
        wait_until(lambda: self.sim.try_ctl("use", "/set").returncode == 1,
            "the bot's commands are registered")

    def do(self, *words):
        """The answer, in rows."""
        return json.loads(self.sim.ctl(*words, "--json", "--wait", 60))[
            "rows"][0]

    def last(self):
        """The last interaction the bot was told of."""
        with open(self.out, encoding="utf-8") as f:
            lines = [x for x in f if x.startswith("INTERACTION_CREATE ")]
        return json.loads(lines[-1].split(" ", 1)[1])

    def refused(self, pattern, *words):
        done = self.sim.try_ctl(*words)
        self.t.ok(done.returncode in (1, 64, 75), "%s: refused" % words[0])
        self.t.match(done.stderr, pattern, "%s: why" % " ".join(
            map(str, words[:3])))


def commands(t, rig):
    a = rig.do("use", "/greet", "who=@plover_fox655", "times=2",
        "lang=German")
    t.equal((a["kind"], a["message"]["content"], a["message"]["flags"]),
        ("message", "greet by alder_fox0", 64), "an ephemeral answer")
    d = rig.last()
    t.equal([(o["name"], o["type"], o["value"]) for o in d["data"]["options"]
        if o["name"] != "who"], [("times", 4, 2), ("lang", 3, "de")],
        "options in their types")
    who = d["data"]["options"][0]["value"]
    t.equal((d["data"]["resolved"]["users"][who]["username"],
        "user" in d["data"]["resolved"]["members"][who]),
        ("plover_fox655", False), "a name is resolved")
    t.equal(d["authorizing_integration_owners"], {"0": d["guild_id"]},
        "whose installation")
    t.ok(d["member"]["permissions"].isdigit() and d["guild"]["features"],
        "permissions and features")
    t.match(rig.sim.ctl("said", "#general"), "greet by alder_fox0.*ephemeral",
        "the one it is for sees it")
    t.ok("greet by" not in rig.sim.ctl("said", "#general", "--as",
        "plover_fox655"), "nobody else does")
    rig.refused("did you mean greet", "use", "/gret")
    t.equal(rig.sim.try_ctl("use", "/gret").returncode, 75,
        "it may be registered later")
    rig.refused("who is required", "use", "/greet")
    rig.refused("no option lnag; did you mean lang", "use", "/greet",
        "who=@sim-bot", "lnag=x")
    rig.refused("at most 3", "use", "/greet", "who=@sim-bot", "times=4")
    rig.refused("a whole number", "use", "/greet", "who=@sim-bot", "times=x")
    rig.refused("no choice french", "use", "/greet", "who=@sim-bot",
        "lang=french")
    rig.refused("given twice", "use", "/greet", "who=@sim-bot",
        "who=@sim-bot")
    rig.refused("MANAGE_GUILD", "use", "/secret", "--as", "gorse_fox262")
    t.equal(rig.do("use", "/secret")["kind"], "message", "the owner may")
    rig.refused("not offered in direct", "use", "/inguild", "--in", "dm")
    rig.refused("user-install", "use", "/mine")
    rig.do("use", "/mine", "--user-install")
    d = rig.last()
    t.equal(d["authorizing_integration_owners"],
        {"1": d["member"]["user"]["id"]}, "installed by the user")
    rig.do("use", "/greet", "who=@sim-bot", "--in", "dm")
    d = rig.last()
    t.equal((d["context"], "member" in d, d["user"]["username"],
        d["authorizing_integration_owners"]), (1, False, "alder_fox0",
        {"0": "0"}), "in a direct message")
    a = rig.do("use", "/later")
    t.equal((a["kind"], a["message"]["content"]), ("deferred", "at last"),
        "a deferred answer is waited for")
    done = rig.sim.try_ctl("use", "/silent", "--wait", 60)
    t.match(done.stderr, "did not respond", "no answer in time is told")
    rig.do("use", "/set", "color", "to=red")
    t.equal(rig.last()["data"]["options"][0]["options"][0]["value"], "red",
        "a subcommand")
    rig.refused("did you mean color", "use", "/set", "colr")
    path = os.path.join(t.dir, "x.txt")
    with open(path, "w", encoding="utf-8") as f:
        f.write("text")
    rig.refused("--file", "use", "/upload")
    rig.do("use", "/upload", "--file", path)
    d = rig.last()["data"]
    t.equal(d["resolved"]["attachments"][d["options"][0]["value"]][
        "filename"], "x.txt", "a file in an option")
    a = rig.do("complete", "/find", "text=ab")
    t.equal(a["choices"], [{"name": "ab one", "value": "1"}], "completed")
    t.equal(rig.last()["data"]["options"][0]["focused"], True, "the one typed")
    rig.refused("no autocomplete", "complete", "/greet", "who=a")
    rig.do("menu", "Info", "user", "plover_fox655")
    d = rig.last()["data"]
    t.ok(d["target_id"] in d["resolved"]["users"], "a user's menu")
    m = rig.sim.ctl("say", "#general", "quote me").strip()
    rig.do("menu", "Quote", "message", m)
    d = rig.last()["data"]
    t.equal(d["resolved"]["messages"][m]["content"], "quote me",
        "a message's menu")


def components(t, rig):
    rig.sim.ctl("say", "#general", "!board")
    m = json.loads(rig.sim.ctl("await", "#general", "--says", "board",
        "--from", "sim-bot", "--wait", 60, "--json"))["rows"][0]
    rig.refused("did you mean Yes", "press", "last", "Yess")
    rig.refused("disabled", "press", m["id"], "No")
    rig.refused("a link", "press", m["id"], "Web")
    rig.refused("no option Pink", "choose", m["id"], "pick", "Pink")
    rig.refused("1 to 2 values", "choose", m["id"], "pick", "r", "b", "g")
    a = rig.do("choose", m["id"], "pick", "Red", "b")
    d = rig.last()
    t.equal((d["data"]["values"], d["data"]["component_type"],
        d["message"]["id"]), (["r", "b"], 3, m["id"]), "chosen")
    t.equal(a["message"]["content"], "pick by alder_fox0", "and answered")
    rig.do("choose", m["id"], "who", "@plover_fox655")
    d = rig.last()["data"]
    t.ok(d["values"][0] in d["resolved"]["users"], "a user is chosen")
    a = rig.do("press", "last", "Yes", "--as", "gorse_fox262")
    t.equal((a["kind"], a["message"]["id"], a["message"]["content"]),
        ("update", m["id"], "pressed"), "pressed, and the message changes")
    rig.refused("no button", "press", m["id"], "Yes")


def forms(t, rig):
    rig.refused("opened no form", "submit", "name=x")
    a = rig.do("use", "/form")
    t.equal((a["kind"], a["modal"]["custom_id"]), ("modal", "form-1"),
        "a form opens")
    rig.refused("did you mean name", "submit", "nam=x")
    rig.refused("too long", "submit", "name=toolong", "pet=Cat")
    rig.refused("none of its options; there are Cat, Dog", "submit", "name=Bob",
        "pet=Cow")
    rig.refused("more values|required", "submit", "name=Bob")
    rig.refused("field Your name: it is required", "submit", "pet=Cat")
    rig.refused("no channel of the type of Lounge", "submit", "name=Bob",
        "pet=Cat", "place=Lounge")
    rig.do("submit", "Your name=Bob", "pet=Dog", "place=general")
    d = rig.last()
    row, label, place = d["data"]["components"]
    t.equal(place["component"]["values"], list(d["data"]["resolved"][
        "channels"]), "with the channel it names")
    t.equal((d["type"], d["data"]["custom_id"], row["type"],
        row["components"][0]["value"], label["type"],
        label["component"]["values"]), (5, "form-1", 1, "Bob", 18, ["d"]),
        "sent as it was opened")
    rig.refused("opened no form", "submit", "name=x")


def main(t):
    rig = Rig(t)
    try:
        commands(t, rig)
        components(t, rig)
        forms(t, rig)
        t.equal(rig.sim.report()["rest"]["interactions"]["wrong"], 0,
            "no answer of a wrong kind")
    finally:
        rig.bot.terminate()
        rig.bot.wait(60)


scenario(main)
