#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The Python module for tests of bots: starts the simulator and a bot, acts as
people, waits, and fails clearly."""
import os
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
    failure(t, "a bot that ends", "ended with 3", lambda: sim.start(
        [sys.executable, "-c", "raise SystemExit(3)"], shards=2))
    sim.expect_nothing("#general", 0.2)


def main(t):
    os.environ["SHARDHERD_SIM"] = SIMULATOR
    with Simulator(heartbeat_interval="1h") as sim:
        bot = sim.start([sys.executable, BOT])
        talk(t, sim)
        failures(t, sim)
        path = sim.dir
        t.equal(sim.report()["totals"]["violations"], 0, "no violation")
    t.ok(bot.poll() is not None, "the bot has ended")
    t.ok(not os.path.exists(path), "nothing is left")


scenario(main)
