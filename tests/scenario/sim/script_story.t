#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Scripts that read like a story: lines run in their turn, each waits for what
it waits for, and one that fails names its number."""
import os
import subprocess
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import ROOT, scenario, wait_until

BOT = os.path.join(ROOT, "tests", "scenario", "lib", "tinybot.py")


def write(t, name, text):
    path = os.path.join(t.dir, name)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    return path


def start_bot(t, sim):
    with open(sim.urls["SIM_TOKEN_FILE"], encoding="utf-8") as f:
        token = f.read().strip()
    with open(os.path.join(t.dir, "bot.log"), "wb") as log:
        return subprocess.Popen([sys.executable, BOT], stdout=log, stderr=log,
            stdin=subprocess.DEVNULL, env=dict(os.environ,
            SIM_API=sim.urls["SIM_API"], SIM_GATEWAY=sim.urls["SIM_GATEWAY"],
            SIM_TOKEN=token))


def log(sim):
    with open(sim.log, encoding="utf-8") as f:
        return f.read()


def played(t, sim):
    good = write(t, "good.txt", """# A visit
join 0 visitor
say #general !ping --as visitor

await #general --says pong --wait 60
dm "!ping"
await dm --wait 60
""")
    done = sim.try_ctl("play", good)
    t.equal(done.returncode, 0, "a story is played")
    t.match(done.stdout, 'sim-bot  "pong"', "with what came")
    bad = write(t, "bad.txt", "say #general one\n\nsay #nowhere two\n"
        "say #general three\n")
    done = sim.try_ctl("play", bad)
    t.equal(done.returncode, 1, "a line fails")
    t.match(done.stderr, r"bad\.txt:3: this line failed: say #nowhere two",
        "and is named")
    t.ok("three" not in sim.ctl("said", "#general"), "no later line is played")
    late = write(t, "late.txt", "await #general --says never --wait 0.2\n")
    t.equal(sim.try_ctl("play", late).returncode, 99, "a time ran out")
    t.equal(sim.try_ctl("play", late + ".none").returncode, 64, "no file")
    done = sim.try_ctl("play", t.dir)
    t.equal(done.returncode, 64, "a folder")
    t.match(done.stderr, "cannot read .*Is a directory", "why")
    wide = write(t, "wide.txt", "say #general one\nsay #general %s\n" % (
        "x" * 65536))
    done = sim.try_ctl("play", wide)
    t.equal(done.returncode, 64, "a line too long")
    t.match(done.stderr, r"wide\.txt:2: a line has less than 65536", "why")


def scripted(t):
    story = write(t, "story.txt", """wait connected=1 --timeout 600
say #general !ping
await #general --says pong --wait 600
say #general done
say #nowhere x
say #general never
at 0s join 0 early
""")
    sim = t.sim(shards=1, guilds=1, plain=True, heartbeat_interval="1h",
        script=story)
    bot = start_bot(t, sim)
    try:
        wait_until(lambda: "story.txt:5: " in log(sim),
            "the line that fails is named in the log")
        said = sim.ctl("said", "#general")
        t.match(said, r'(?s)"!ping".*"pong".*"done"', "in their order")
        t.ok("never" not in said, "the story ends at what fails")
        t.match(sim.ctl("who", 0), "early", "lines with a time have it")
    finally:
        bot.terminate()
        bot.wait(60)


def main(t):
    sim = t.sim(shards=1, guilds=1, plain=True, heartbeat_interval="1h")
    bot = start_bot(t, sim)
    try:
        sim.wait("connected=1")
        played(t, sim)
    finally:
        bot.terminate()
        bot.wait(60)
    scripted(t)


scenario(main)
