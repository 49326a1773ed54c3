# SPDX-License-Identifier: MIT
"""What is asked of every client library: the table STEPS, in its order, each
with the function that does it.  A step fails by an exception; it may use what
an earlier one left in Run."""
import collections
import re

from herd import Failed, wait_until
from people import People
from rows import ALWAYS
from world import World

THUMB = "\N{THUMBS UP SIGN}"
TEXT = "Soup at noon: gr\u00fc\u00df Gott, \u96e8"
FILE = "one line\nand another \u2603\n"
GREET, ASK = "greet", "ask"
COMMANDS = [
    dict(name=GREET, description="Says hello", type=1, options=[
        dict(name="who", description="whom", type=3, required=True,
            autocomplete=True)]),
    dict(name=ASK, description="Opens a form", type=1),
]
BUTTON = [dict(type=1, components=[dict(type=2, style=1, label="Go",
    custom_id="go")])]
FORM = dict(title="A form", custom_id="form", components=[dict(type=1,
    components=[dict(type=4, custom_id="text", label="Text", style=1,
        required=True)])])


class Run:
    """One client and the simulator it is pointed at, by itself or over a fleet
    of so many shards."""

    def __init__(self, sim, client, row, shards=1):
        self.sim, self.client, self.row = sim, client, row
        self.shards = shards
        self.world = World(sim)
        self.guild, self.channel = first_guild(sim)
        self.people = People(sim, self.channel)
        self.bot = self.world.own("/users/@me")
        self.person = self.said = self.own = self.answer = None

    def of(self, step, name):
        """What that step left."""
        if getattr(self, name) is None:
            raise Failed("there is nothing to do it with, as %s failed" % step)
        return getattr(self, name)


def first_guild(sim):
    """Its id, and the channel that people talk in."""
    line = sim.ctl("guilds", 1).splitlines()[1].split()
    return line[1], line[2]


def same(got, expected, what):
    if got != expected:
        raise Failed("%s: got %r, expected %r" % (what, got, expected))


def holds(true, what):
    if not true:
        raise Failed(what)


# ---- login and caches -------------------------------------------------

def login(run):
    ready = run.client.sees("ready", timeout=60)
    same(ready["user"], run.bot["id"], "the bot's id")
    same(ready["name"], run.bot["username"], "the bot's name")
    run.sim.wait("connected=%d" % run.shards)
    same(run.sim.totals()["identifies"], run.shards, "IDENTIFYs")


def caches(run):
    """Guilds, channels, roles, members' count, names."""
    there = {g["id"]: g for g in run.client.do("world")}
    lines = run.sim.ctl("guilds", 100).splitlines()[1:]
    same(sorted(there), sorted(line.split()[1] for line in lines), "guilds")
    for guild, cached in there.items():
        truth = run.world.get("/guilds/%s?with_counts=true" % guild)
        channels = run.world.get("/guilds/%s/channels" % guild)
        members = run.world.members(guild)
        same(cached["name"], truth["name"], "the guild's name")
        same(sorted(map(tuple, cached["channels"])),
            sorted((c["id"], c["name"]) for c in channels), "channels")
        same(sorted(map(tuple, cached["roles"])),
            sorted((r["id"], r["name"]) for r in truth["roles"]), "roles")
        same(cached["members"], len(members), "count of members")
        for user, name in cached["users"]:
            same(name, members[user]["user"]["username"], "a member's name")


# ---- messages ---------------------------------------------------------

def message(run):
    run.said = run.people.say(TEXT)
    seen = run.client.sees("message", id=run.said)
    author = run.world.message(run.channel, run.said)["author"]
    same(seen["text"], TEXT, "text")
    same((seen["author"], seen["name"]), (author["id"], author["username"]),
        "author")
    same((seen["guild"], seen["channel"]), (run.guild, run.channel), "place")
    run.person = author["id"]


def reply(run):
    run.own = run.client.do("reply", channel=run.channel, message=run.of("message", "said"),
        text="A reply")
    there = run.world.message(run.channel, run.own)
    same(there["content"], "A reply", "text in the world")
    same(there["message_reference"]["message_id"], run.said, "reference")
    same(there["referenced_message"]["content"], TEXT, "what is replied to")
    seen = run.client.sees("message", id=run.own)
    same((seen["text"], seen["reference"], seen["author"]),
        ("A reply", run.said, run.bot["id"]), "the client's own message")


def file(run):
    own = run.client.do("file", channel=run.channel, name="notes.txt",
        data=FILE)
    files = run.world.message(run.channel, own)["attachments"]
    same([f["filename"] for f in files], ["notes.txt"], "files in the world")
    same(files[0]["size"], len(FILE.encode()), "size")
    same((run.world.fetch(files[0]["url"]) or b"").decode(), FILE,
        "the file as fetched from its url")
    same(run.client.sees("message", id=own)["files"], ["notes.txt"],
        "files the client saw")


def reaction(run):
    run.client.do("react", channel=run.channel, message=run.of(
        "message", "said"), emoji=THUMB)
    run.client.sees("reaction", message=run.said, user=run.bot["id"],
        emoji=THUMB)
    there = run.world.message(run.channel, run.said)["reactions"]
    same([(r["emoji"]["name"], r["count"]) for r in there], [(THUMB, 1)],
        "reactions in the world")
    run.people.react(run.said, THUMB)
    run.client.sees("reaction", message=run.said, user=run.person,
        emoji=THUMB)


def edit(run):
    run.client.do("edit", channel=run.channel, message=run.of("reply", "own"),
        text="Better")
    there = run.world.message(run.channel, run.own)
    same(there["content"], "Better", "text in the world")
    holds(there["edited_timestamp"], "it has no edited_timestamp")
    run.client.sees("edit", id=run.own, text="Better")
    run.people.edit(run.said, "Soup at one")
    run.client.sees("edit", id=run.said, text="Soup at one")


def delete(run):
    run.client.do("delete", channel=run.channel, message=run.of("reply",
        "own"))
    same(run.world.message(run.channel, run.own), None, "it in the world")
    run.client.sees("delete", id=run.own)
    run.people.delete(run.said)
    run.client.sees("delete", id=run.said)


def burst(run):
    """Twelve at once: all are made, and by the library's own pacing none is
    refused, or no more than its row says."""
    def limited():
        return run.sim.report()["rest"]["rate_limited"]
    texts = ["one of many %d" % n for n in range(12)]
    before = limited()
    made = run.client.do("burst", channel=run.channel, texts=texts)
    refused = limited() - before
    holds(refused <= run.row.refused, "%d of them drew a 429" % refused)
    same(len(set(made)), 12, "messages made")
    for one in made:
        run.client.sees("message", id=one)


# ---- interactions -----------------------------------------------------

def command(run):
    names = run.client.do("commands", guild=run.guild, list=COMMANDS)
    same(sorted(names), [ASK, GREET], "commands the client made")
    app = run.world.own("/applications/@me")["id"]
    same(sorted(c["name"] for c in run.world.commands(app, run.guild)),
        [ASK, GREET], "commands in the world")
    used = run.people.use(GREET, who="Ann")
    seen = run.client.sees("command", id=used)
    same((seen["name"], seen["options"]), (GREET, {"who": "Ann"}), "command")
    same((seen["user"], seen["channel"]), (run.person, run.channel),
        "who and where")
    run.client.do("answer", interaction=used, how="reply", text="Hello Ann",
        components=BUTTON)
    there = run.world.last(run.channel)
    same(there["content"], "Hello Ann", "answer in the world")
    run.answer = there["id"]


def button(run):
    used = run.people.press(run.of("slash command", "answer"), "go")
    seen = run.client.sees("button", id=used)
    same((seen["custom"], seen["message"]), ("go", run.answer), "button")
    run.client.do("answer", interaction=used, how="update", text="Pressed")
    there = run.world.message(run.channel, run.answer)
    same((there["content"], there["components"]), ("Pressed", []),
        "the message in the world")


def modal(run):
    used = run.people.use(ASK)
    run.client.sees("command", id=used, name=ASK)
    run.client.do("answer", interaction=used, how="modal", modal=FORM)
    sent = run.people.submit(text="written here")
    seen = run.client.sees("modal", id=sent)
    same((seen["custom"], seen["fields"]), ("form", {"text": "written here"}),
        "form")
    run.client.do("answer", interaction=sent, how="reply", text="Thank you",
        components=[])
    same(run.world.last(run.channel)["content"], "Thank you",
        "answer in the world")


def autocomplete(run):
    def counts():
        return run.sim.report()["rest"]["interactions"]
    before = counts()["answered"]
    typed = run.people.type(GREET, "who", "An")
    seen = run.client.sees("autocomplete", id=typed)
    same((seen["name"], seen["typed"]), (GREET, "An"), "what is typed")
    run.client.do("answer", interaction=typed, how="choices", choices=[
        dict(name="Ann", value="Ann"), dict(name="Anton", value="Anton")])
    wait_until(lambda: counts()["answered"] > before, "it is answered")


# ---- over the gateway -------------------------------------------------

def members(run):
    """Op 8 for all of a guild."""
    got = run.client.do("members", guild=run.guild)
    missing = set(run.world.members(run.guild)) - set(got)
    same(missing, set(), "members it was not told of")


def presence(run):
    before = run.sim.totals()["presences"]
    run.client.do("presence", text="with a test")
    wait_until(lambda: run.sim.totals()["presences"] > before,
        "the presence arrives")


def voice(run):
    """No voice server: the state's echo."""
    channel = next(c["id"] for c in run.world.get("/guilds/%s/channels"
        % run.guild) if c["type"] == 2)
    run.client.do("voice", guild=run.guild, channel=channel)
    run.client.sees("voice", user=run.bot["id"], channel=channel)
    run.client.do("voice", guild=run.guild, channel=None)
    run.client.sees("voice", user=run.bot["id"], channel=None)


# ---- moderation -------------------------------------------------------

def others(run):
    """Members that one can moderate: neither owner, bot nor who spoke."""
    owner = run.world.get("/guilds/%s" % run.guild)["owner_id"]
    return [m for user, m in sorted(run.world.members(run.guild).items())
        if user not in (owner, run.person) and not m["user"].get("bot")]


def timeout(run):
    user = others(run)[0]["user"]["id"]
    run.client.do("timeout", guild=run.guild, user=user, seconds=600)
    holds(run.world.member(run.guild, user)["communication_disabled_until"],
        "the world knows of no timeout")
    run.client.sees("member", user=user, timeout=True)


def role(run):
    member = others(run)[0]
    user = member["user"]["id"]
    roles = run.world.get("/guilds/%s/roles" % run.guild)
    new = min((r for r in roles if r["id"] != run.guild and not r["managed"]
        and r["id"] not in member["roles"]), key=lambda r: r["position"])["id"]
    run.client.do("role", guild=run.guild, user=user, role=new)
    holds(new in run.world.member(run.guild, user)["roles"],
        "the world knows of no new role")
    wait_until(lambda: any(m["user"] == user and new in m["roles"]
        for m in run.client.seen["member"]), "the client sees the new role")


def kick(run):
    user = others(run)[1]["user"]["id"]
    run.client.do("kick", guild=run.guild, user=user)
    same(run.world.member(run.guild, user), None, "the member in the world")
    run.client.sees("leave", guild=run.guild, user=user)


def ban(run):
    user = others(run)[1]["user"]["id"]
    run.client.do("ban", guild=run.guild, user=user)
    same(run.world.member(run.guild, user), None, "the member in the world")
    holds(run.world.get("/guilds/%s/bans/%s" % (run.guild, user)),
        "the world knows of no ban")
    run.client.sees("ban", guild=run.guild, user=user)


def thread(run):
    new = run.client.do("thread", channel=run.channel, name="aside")
    there = run.world.get("/channels/%s" % new)
    same((there["type"], there["name"], there["parent_id"]),
        (11, "aside", run.channel), "thread in the world")
    run.client.sees("thread", id=new, parent=run.channel, name="aside")


# ---- cuts -------------------------------------------------------------

def after_cut(run, *act):
    """What is said while it is away arrives once and in order, and so does
    what is said then."""
    run.sim.wait("connected=1")
    before = run.sim.totals()
    start = run.client.count("message")
    run.sim.ctl(*act)
    texts = ["%s, missed %d" % (" ".join(act), n) for n in range(3)]
    said = [run.people.say(text) for text in texts]
    run.client.sees("message", start, 60, id=said[-1])
    said.append(run.people.say("%s, later" % " ".join(act)))
    for message in said:
        run.client.sees("message", start, 60, id=message)
    seen = [m["id"] for m in run.client.seen["message"][start:]
        if m["author"] == run.person]
    if ALWAYS in run.row.disorder:
        seen.sort(key=int)
    same(seen, said, "messages, in order")
    return before, run.sim.totals()


def cut(*act):
    def step(run):
        before, after = after_cut(run, *act)
        same(after["identifies"], before["identifies"], "IDENTIFYs")
        same(after["resumes_ok"], before["resumes_ok"] + 1, "RESUMEs")
    return step


def ended(run):
    """Op 9 false: a new session; what was said meanwhile is lost on Discord
    too."""
    run.sim.wait("connected=1")
    before = run.sim.totals()
    run.sim.ctl("op", "all", "9", "false")
    wait_until(lambda: run.sim.totals()["identifies"]
        == before["identifies"] + 1, "it identifies again", 60)
    run.sim.wait("connected=1")
    start = run.client.count("message")
    said = run.people.say("after a new session")
    run.client.sees("message", start, 60, id=said)
    same(sum(m["id"] == said for m in run.client.seen["message"]), 1,
        "times it was seen")


def told_to_both(runs):
    """What one of two bots of one application does, and what people do, is
    seen by both."""
    one = runs[0]
    for run in runs:
        run.said = None
    message(one)
    reply(one)
    one.client.do("react", channel=one.channel, message=one.said, emoji=THUMB)
    one.people.edit(one.said, "Soup at one")
    new = one.client.do("thread", channel=one.channel, name="aside")
    one.people.delete(one.said)
    for run in runs:
        run.client.sees("message", id=one.said, text=TEXT)
        run.client.sees("message", id=one.own, reference=one.said)
        run.client.sees("reaction", message=one.said, user=run.bot["id"])
        run.client.sees("edit", id=one.said, text="Soup at one")
        run.client.sees("thread", id=new, name="aside")
        run.client.sees("delete", id=one.said)


# short: also in the other mode (TLS or plain); gate: also through the gate.
Step = collections.namedtuple("Step", "name act short gate", defaults=(True,))
STEPS = [Step(*row) for row in (
    ("login", login, True),
    ("caches equal to the world", caches, True),
    ("message", message, True),
    ("reply", reply, True),
    ("file", file, True),
    ("reaction", reaction, False),
    ("edit", edit, False),
    ("delete", delete, False),
    ("slash command", command, True),
    ("button", button, False),
    ("modal", modal, False),
    ("autocomplete", autocomplete, False),
    ("members request", members, False),
    ("presence", presence, False),
    ("voice", voice, False),
    ("timeout", timeout, False),
    ("role", role, False),
    ("kick", kick, False),
    ("ban", ban, False),
    ("thread", thread, False),
    ("12 messages at once", burst, False),
    ("drop", cut("drop", "all"), True, False),
    ("eof", cut("eof", "all"), False, False),
    ("close 4000", cut("close", "all", "4000"), False, False),
    ("op 7", cut("op", "all", "7"), False, False),
    ("op 9 true", cut("op", "all", "9", "true"), False, False),
    ("op 9 false", ended, False, False),
)]


def own_way(violation, allowed):
    """What its row names: word for word, with N for a number, or each of the
    oddities."""
    what = violation["what"].rpartition(": ")[2]
    return re.sub(r"[0-9]+", "N", what) in allowed or (
        violation.get("class") == "odd"
        and set(what.split(", ")) <= set(allowed))


def verdict(run):
    """The simulator's last word: violations but for the oddities of the row,
    and interactions that went wrong."""
    report = run.sim.report()
    bad = [v for v in report["violations"] if not own_way(v, run.row.odd)]
    same(bad, [], "violations")
    counts = report["rest"]["interactions"]
    same({k: counts[k] for k in ("unanswered", "twice", "late", "wrong")
        if counts[k]}, {}, "interactions gone wrong")
