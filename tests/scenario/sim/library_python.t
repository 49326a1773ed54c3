#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The Python module for tests of bots: starts the simulator and a bot, acts as
people, waits, and fails clearly."""
import os
import re
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import ROOT, SIMULATOR, scenario

sys.path.append(os.path.join(ROOT, "tools", "sim", "lib", "python"))
from shardherd_sim import Failure, Refused, Simulator

BOT = os.path.join(ROOT, "tests", "scenario", "lib", "tinybot.py")
WAIT_S = 60


def failure(t, what, pattern, call, kind=Failure):
    try:
        call()
        t.ok(False, what)
    except kind as e:
        t.match(str(e), pattern, what)


def talk(t, sim):
    sim.say("#general", "!ping")
    m = sim.expect("#general", "pong", wait=WAIT_S)
    t.equal((m.text, m.author), ("pong", "sim-bot"), "expected, and said")
    alice = sim.join("alice")
    alice.say("#general", "!board")
    board = alice.expect("#general", "board", wait=WAIT_S)
    answer = board.press("Yes", wait=WAIT_S)
    t.equal((answer.kind, answer.text), ("update", "pressed"), "pressed")
    t.equal(board.reload().text, "pressed", "and it is so")
    answer = alice.use("/greet", who="alice", times=2, wait=WAIT_S)
    t.equal((answer.text, answer.ephemeral), ("greet by alice", True), "used")
    t.ok(any(m.ephemeral for m in alice.said("#general")), "alice sees it")
    t.ok(not any(m.ephemeral for m in sim.said("#general")),
        "the owner does not")
    t.equal(sim.complete("/find", text="ab", wait=WAIT_S), ["ab one"],
        "completed")
    t.equal(sim.use("/form", wait=WAIT_S).modal["title"], "Form", "a form")
    t.match(sim.submit(name="Bob", pet="Cat", wait=WAIT_S).text, "form-1",
        "sent")
    alice.dm("!ping")
    t.equal(alice.expect("dm", "pong", wait=WAIT_S).text, "pong", "by DM")


def failures(t, sim):
    failure(t, "what nobody says", r"nobody said 'never' in #general(?s:.*)"
        r"said there:(?s:.*)pong", lambda: sim.expect("#general", "never",
        wait=0.2))
    failure(t, "a typing error", "did you mean general", lambda:
        sim.say("#generl", "x"), Refused)
    failure(t, "no answer", "did not respond", lambda: sim.use("/silent",
        wait=WAIT_S))
    failure(t, "a bot that ends", r"ended with 3(?s:.*)bot-2.log:\nfarewell$",
        lambda: sim.start([sys.executable, "-c", "import sys; "
        "print('farewell'); sys.exit(3)"]))
    failure(t, "a program that is none", "does not start: .*nonesuch",
        lambda: sim.start(["/nonesuch"]))
    failure(t, "a command in one word", "list of words", lambda: sim.start(
        "python3 bot.py"), TypeError)
    failure(t, "a text too long for a program", "too long", lambda: sim.say(
        "#general", "x" * 300000), Refused)
    sim.expect_nothing("#general", 0.2)
    failure(t, "silence where there is no channel", "no channel nowhere",
        lambda: sim.expect_nothing("#nowhere", 0.2), Refused)


def things(t, sim):
    """What the library gave is taken where a name is."""
    carol = sim.join("carol")
    t.equal(sim.use("/greet", who=carol, wait=WAIT_S).text,
        "greet by alder_fox0", "a person as an option")
    t.equal(sim.use("/set color", to="red", wait=WAIT_S).text,
        sim.use("/set", "color", to="red", wait=WAIT_S).text,
        "a subcommand in one word or two")
    carol.say("#general", "!ping")
    t.equal(sim.expect("#general", re.compile("^po.g$"), wait=WAIT_S).text,
        "pong", "a pattern")
    sim.say("#bots", "!board")
    t.equal(sim.expect("#bots", re.compile("^Yes$"), wait=WAIT_S).text,
        "board", "a pattern, on a button")
    failure(t, "a pattern that nothing matches", "nobody said 'po.k'", lambda:
        sim.expect("#general", re.compile("po.k"), wait=0.2))
    sim.kick([m for m in sim.people() if m["user"]["username"] == "carol"][0])
    failure(t, "a member by the object", "is not in", lambda: carol.say(
        "#general", "x"), Refused)


def second(t, sim):
    bot = sim.start([sys.executable, BOT], bot=2)
    sim.say("#general", "!ping")
    t.equal({sim.expect("#general", "pong", wait=WAIT_S).author
        for _ in range(2)}, {"sim-bot", "sim-bot-2"}, "two bots")
    bot.kill()
    bot.wait()
    failure(t, "a bot that is gone", r"the bot has ended with -9\nbot-4.log:",
        lambda: sim.expect("#general", "never", wait=0.2))
    sim.stop_bot(bot)
    failure(t, "a bot too many", r"no bot 3: Simulator\(bots=3\)", lambda:
        sim.start([sys.executable, BOT], bot=3))


def main(t):
    os.environ["SHARDHERD_SIM"] = SIMULATOR
    with Simulator(heartbeat_interval="1h", bots=2) as sim:
        bot = sim.start([sys.executable, BOT])
        for part in (talk, failures, things, second):
            part(t, sim)
        path = sim.dir
        t.equal(sim.report()["totals"]["violations"], 0, "no violation")
    t.ok(bot.poll() is not None, "the bot has ended")
    t.ok(not os.path.exists(path), "nothing is left")


scenario(main)
