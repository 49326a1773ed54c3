#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""`plugin test` tries what a plugin is made for: commands that are only typed,
its own config keys, messages, what it asks the gate's cache, an interpreter with
arguments, and a section of a shardherd.conf as it stands."""
import json
import os
import shutil
import subprocess
import sys

sys.path.append(sys.path[0] + "/../lib")
from files import executable
from herd import ROOM, ROOT, SHARDHERD, scenario

SECONDS = 200

TYPED = """#!/usr/bin/python3
import shardherd
bot = shardherd.Plugin()

@bot.command("old", help="Is typed", roads=["prefix"], options=[
    dict(type=3, name="first", description="x", required=True,
        choices=[dict(name="a", value="two words")]),
    dict(type=4, name="second", description="x", min_value=7)])
def old(cmd):
    bot.answer(cmd, "%s and %d" % (cmd.options["first"],
        cmd.options["second"]))

@bot.command("deep", help="Has parts", roads=["prefix"], options=[
    dict(type=1, name="part", description="x", options=[
        dict(type=5, name="yes", description="x")])])
def deep(cmd):
    bot.answer(cmd, "%s %s" % (cmd.sub, cmd.options))

@bot.command("mute", help="Says nothing", roads=["prefix"])
def mute(cmd):
    pass
bot.run()
"""

OWN = """#!/usr/bin/python3
import os, sys
import shardherd
bot = shardherd.Plugin()

@bot.timer("midnight", daily="00:00")
def midnight(timer):
    pass

@bot.configure
def needs():
    if "colour" not in bot.config:
        raise ValueError("config.colour is missing")

@bot.on("MESSAGE_CREATE")
def message(d, event):
    if d["content"] == "what?":
        bot.reply(d, "%s %s %s" % (sorted(bot.config.items()), sys.argv[1:],
            os.path.exists("mark")))
    elif d["content"] == "fail":
        raise RuntimeError("it failed")
bot.run()
"""


ASKS = """#!/usr/bin/python3
import shardherd
bot = shardherd.Plugin()

@bot.on("MESSAGE_CREATE")
def message(d, event):
    if d["content"] != "may I?":
        return
    here = dict(channel_id=d["channel_id"])
    guild = bot.call("guild.get", guild_id=d["guild_id"])
    channel = bot.call("channel.get", **here)
    me = bot.call("member.get", guild_id=d["guild_id"])
    mine = bot.call("permissions", **here)
    yours = bot.call("permissions", user_id=d["author"]["id"],
        member=d["member"], **here)
    bot.reply(d, "%s %s %s %d %d" % (guild["id"] == d["guild_id"],
        channel["guild_id"] == d["guild_id"], me["user"]["bot"],
        int(mine["permissions"]) >> 10 & 1, int(yours["permissions"]) >> 10 & 1))
bot.run()
"""


def write(t, name, text):
    path = os.path.join(t.dir, name)
    executable(path, text)
    return path


def checks(t, *words, code=0):
    """[check, "RESULT text"] of each, of plugin test with these words."""
    done = subprocess.run([SHARDHERD, "plugin", "test", "--json",
        "--slow", str(ROOM), *words],
        cwd=t.dir, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=ROOM * SECONDS)
    if not t.equal(done.returncode, code, " ".join(map(os.path.basename,
            words)) + ": exit status"):
        t.note(done.stdout + done.stderr)
    return [] if not done.stdout.startswith("{") or "checks" not in \
        done.stdout else [(c["check"], c["result"] + " " + c["text"])
        for c in json.loads(done.stdout)["checks"]]


def typed(t):
    said = dict(checks(t, write(t, "typed.py", TYPED), code=1))
    t.match(said.get("commands", ""), "PASS 3 are declared", "none of them is "
        "for Discord's list, and that is fine")
    t.match(said.get("!old", ""), 'PASS answers "two words and 7"',
        "a command that is only typed is tried with its words")
    t.match(said.get("!deep", ""), "PASS answers \"part .*True", "with its parts")
    t.match(said.get("!mute", ""), "FAIL .*nothing is said",
        "and has to answer")


def own_keys(t):
    path = write(t, "own.py", OWN)
    said = dict(checks(t, path, code=1))
    t.match(said.get("start", ""), "config.colour is missing",
        "without its key it refuses to start")
    got = checks(t, path, "--config", "colour=a red; one", "--config",
        "config.size=2", "--say", "what?", "--say", "grüß dich")
    t.match(str(got), r"PASS \"what\?\" answers .*colour.*a red; one.*size.*2",
        "with them it has them, and a message is answered")
    t.match(str(got), "NOTE \"grüß dich\" is handled, and nothing",
        "one that nobody minds is handled")
    t.match(dict(got).get("timers", ""), "NOTE 1 is set, the first is midnight",
        "a timer that is not due is not tried, and said to be")
    said = dict(checks(t, path, "--config", "colour=1", "--say", "fail",
        code=1))
    t.match(said.get("say", ""), "FAIL .*it failed", "one that fails is told")


def asks(t):
    got = checks(t, write(t, "asks.py", ASKS), "--say", "may I?")
    t.match(str(got), r'PASS "may I\?" answers .*True True True 1 1',
        "what it asks the gate's cache is answered")


def lines(t):
    """What the interpreter finds is relative to where one is."""
    write(t, "mark", "")
    for words in (["--", "python3", "-B", "own.py", "--loud", "a b"],
            ["python3 -B own.py --loud 'a b'"]):
        got = checks(t, "--config", "colour=1", "--say", "what?", *words)
        t.match(str(got), r"--loud.*a b.*True", "a line: %d words"
            % len(words))
    checks(t, "no-such-program", "own.py", code=64)


def sections(t):
    write(t, "shardherd.conf", "[bot]\ntoken_file = nowhere\nintents = 1\n"
        "[handler]\nprefix = ?\n"
        '[plugin "mine"]\nexec = own.py --there\nevents = MESSAGE_CREATE\n'
        "config.colour = green\nconfig.size = 5\n"
        '[plugin "typed"]\nexec = typed.py\nevents = INTERACTION_CREATE\n')
    got = checks(t, "--conf", "shardherd.conf", "mine", "--config", "size=6",
        "--say", "what?")
    t.match(str(got), r"colour.*green.*size.*6.*--there", "a section: its "
        "keys, its arguments, and what is given by hand")
    got = checks(t, "--conf", os.path.join(t.dir, "shardherd.conf"), "typed",
        code=1)
    t.ok("?old" in dict(got), "commands have the prefix of the file")
    checks(t, "--conf", "shardherd.conf", "other", code=64)
    checks(t, "--conf", "nowhere.conf", "mine", code=78)


def mistakes(t):
    for words in (["own.py", "--config", "colour"], ["own.py", "--config",
            "=1"], ["own.py", "--config", "a b=1"], []):
        checks(t, *words, code=64)


def main(t):
    shutil.copy(os.path.join(ROOT, "handler/plugins/shardherd.py"), t.dir)
    typed(t)
    own_keys(t)
    asks(t)
    lines(t)
    sections(t)
    mistakes(t)


scenario(main)
