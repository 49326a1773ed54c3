#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Slash commands: declared by plugins, registered when something changed and
at no other time, and answered."""
import os
import re
import shutil
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import ROOT, scenario, wait_until

PLUGINS = os.path.join(ROOT, "handler", "plugins")
REGISTERED = "Discord has the new list"
UNCHANGED = "slash commands: nothing has changed"


def registered(fleet):
    return fleet.log_text().count(REGISTERED)


def answer(t, sim, text):
    """The simulator's own view: the interaction was answered by a 2xx."""
    before = sim.report()["rest"]["by_status"].get("204", 0)
    sim.ctl("interaction", 0, "roll")
    wait_until(lambda: sim.report()["rest"]["by_status"].get("204", 0)
        > before, text)
    t.ok(True, text)


def ranks(t, sim, fleet, dice):
    """Who may not is told so; a rank set by the operator counts at once."""
    fleet.stop()
    with open(dice, encoding="utf-8") as f:
        text = f.read()
    t.ok("rank=10" not in text, "no rank was needed so far")
    with open(dice, "w", encoding="utf-8") as f:
        f.write(text.replace('"Rolls one die", ', '"Rolls one die", rank=10, '))
    fleet.start()
    answer(t, sim, "a user without the rank gets an answer")
    wait_until(lambda: "denied /roll, which needs rank 10" in
        fleet.log_text(), "the denial is logged")
    user = re.search(r"to (\d+) of rank 0", fleet.log_text()).group(1)
    t.ok(user, "and is logged")
    fleet.must("rank", "set", "user", user, "10")
    t.match(fleet.must("rank", "list"), r"user +%s +10" % user, "rank list")
    denied = fleet.log_text().count("denied /roll")
    answer(t, sim, "the rank lets the user in")
    t.equal(fleet.log_text().count("denied /roll"), denied, "without denial")
    fleet.must("rank", "set", "user", user, "-1")
    answer(t, sim, "and -1 shuts the user out")
    wait_until(lambda: "of rank -1" in fleet.log_text(), "which is logged")
    fleet.must("rank", "unset", "user", user)
    t.sentence(fleet.cli("rank", "unset", "user", user), 1, "no rank",
        "a second unset")
    t.sentence(fleet.cli("rank", "set", "role", user, "1000"), 64,
        "is no rank", "a rank too high")
    t.equal(fleet.must("rank", "list").split(), ["KIND", "ID", "RANK"],
        "the list is empty again")


def warnings(t, fleet):
    """What config check finds odd but does not refuse."""
    fleet.write_config({"handler.prefix": "!", "bot.intents": "GUILD_MESSAGES"},
        {"a": dict(exec="/bin/true", events="MESSAGE_CREAT, SOME_NEW_EVENT")})
    done = fleet.cli("config", "check")
    t.equal(done.returncode, 0, "an unknown event is no error")
    t.match(done.stderr, "warning: .*MESSAGE_CREAT is no event .*did you mean "
        "MESSAGE_CREATE", "but a warning, with what may be meant")
    t.match(done.stderr, "SOME_NEW_EVENT", "also without such")
    t.match(done.stderr, "without MESSAGE_CONTENT in .bot. intents",
        "and so is a prefix without its intent")
    fleet.write_config({}, {"a": dict(exec="/bin/true", permissions="rank")})
    t.sentence(fleet.cli("config", "check"), 78, "did you mean .ranks.",
        "a permission there is not")


def another_bot(t, fleet, dice):
    """Another token on the same state_dir: what is known is of another bot."""
    done = registered(fleet)
    fleet.sim = t.sim(shards=1, guilds=2, seed=7)
    fleet.write_config({}, {"dice": dict(exec=dice, events="GUILD_CREATE")})
    fleet.start()
    wait_until(lambda: registered(fleet) == done + 1, "its commands, too, are "
        "registered")
    answer(t, fleet.sim, "another bot gets its commands registered")
    fleet.stop()
    fleet.sim = t.sims[0]
    fleet.write_config({}, {"dice": dict(exec=dice, events="GUILD_CREATE")})
    fleet.start()
    wait_until(lambda: fleet.log_text().count("Slash commands: Discord has "
        "them as they are") == 1, "the first one's are compared")
    t.equal(registered(fleet), done + 1, "and not registered again")
    fleet.stop()


def main(t):
    sim = t.sim(shards=1, guilds=2)
    fleet = t.fleet(sim)
    for name in ("shardherd.py", "dice.py"):
        shutil.copy(os.path.join(PLUGINS, name), fleet.dir)
    dice = fleet.path("dice.py")
    fleet.write_config({}, {"dice": dict(exec=dice,
        events="GUILD_CREATE")})
    fleet.start()
    wait_until(lambda: registered(fleet) == 1, "the command is registered")
    t.ok(True, "the command is registered")
    answer(t, sim, "and answered")
    fleet.stop()

    # From here on any call about commands would be met by a fault.
    sim.ctl("rest", "*/commands", "500", "json")
    sim.ctl("rest", "GET /applications/*/commands", "500", "json")
    before = fleet.log_text().count(UNCHANGED)
    fleet.start()
    answer(t, sim, "a restart leaves it working")
    wait_until(lambda: fleet.log_text().count(UNCHANGED) > before,
        "the commands are compared")
    fleet.must("stop")
    t.equal(sim.report()["rest"]["faulted"], 0,
        "an unchanged deploy spends no call on commands")
    sim.ctl("rest", "clear")

    with open(dice, encoding="utf-8") as f:
        text = f.read()
    with open(dice, "w", encoding="utf-8") as f:
        f.write(text.replace("Rolls a die", "Rolls one die"))
    fleet.start()
    wait_until(lambda: registered(fleet) == 2, "the change is registered")
    t.ok(True, "a changed help text is registered")
    ranks(t, sim, fleet, dice)
    t.equal(registered(fleet), 2, "a rank is no business of Discord's")
    t.equal({s for s in sim.report()["rest"]["by_status"] if s[0] != "2"},
        set(), "every call was in order")
    fleet.stop()
    another_bot(t, fleet, dice)
    warnings(t, fleet)


scenario(main)
