#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""F-B10: shard and handler are killed together.  Discord replays what plugins
had handled already; all of it says again, and what happened meanwhile does
not.  When nobody knows how much had left the shard, all that is replayed
does."""
import os
import signal
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import own_plugin, scenario, wait_until
from processes import kill

SLOW = own_plugin("slow.py")
RATE = 100
ANSWER_S = 0.7		# less than what moves an event to the backlog
MEANWHILE = 5


def kept(fleet):
    """[((epoch, seq), again, content)] as they were handed out."""
    out = []
    try:
        with open(fleet.path("kept"), encoding="utf-8") as f:
            for line in f:
                if line.endswith("\n"):
                    epoch, seq, again, text = line.split(" ", 3)
                    out.append(((epoch, int(seq)), again == "again", text))
    except OSError:
        pass
    return out


def say(sim, text):
    for i in range(MEANWHILE):
        sim.ctl("message", 0, "%s %d" % (text, i))


def said(lines, text):
    return [again for _, again, content in lines if text in content]


def repeated(lines, handled):
    """again of those that had been handled before."""
    before = {key for key, _, _ in handled}
    return [again for key, again, _ in lines if key in before]


def struck(fleet, sim, victims, text):
    """Kills them in the flow of events, and some are sent meanwhile; what
    was handed out up to then."""
    sim.ctl("resume")
    seen = len(kept(fleet))
    wait_until(lambda: len(kept(fleet)) > seen + RATE, "events flow", 60)
    for pid in victims:
        kill(pid)
    sim.ctl("pause")
    say(sim, text)
    return kept(fleet)


def main(t):
    sim = t.sim(shards=1, guilds=2, rate=RATE, ping_every=0)
    fleet = t.fleet(sim)
    fleet.write_config({}, {"slow": dict(exec="%s %s %g" % (SLOW,
        fleet.path("kept"), ANSWER_S), window=10000,
        events="MESSAGE_CREATE")})
    fleet.start()
    boss = fleet.supervisor_pid()
    kill(boss, signal.SIGSTOP)
    handled = struck(fleet, sim, [fleet.shard(0)["pid"],
        fleet.handler_pid()], "meanwhile")
    kill(boss, signal.SIGCONT)
    fleet.wait_ready(60)
    wait_until(lambda: len(said(kept(fleet), "meanwhile")) == MEANWHILE,
        "the rest is handed out", 60)
    lines = kept(fleet)[len(handled):]
    again = repeated(lines, handled)
    t.ok(again, "%d come again" % len(again))
    t.ok(all(again), "each of them says so")
    t.equal(said(lines, "meanwhile"), [False] * MEANWHILE,
        "what happened meanwhile does not")

    # Without the page nobody knows how much had left.
    status = fleet.status()
    handled = struck(fleet, sim, [boss, status["shards"][0]["pid"],
        status["handler"]["pid"]], "unknown")
    os.unlink(fleet.path("state", "stats"))
    fleet.must("start")
    fleet.wait_ready(60)
    wait_until(lambda: len(said(kept(fleet), "unknown")) >= MEANWHILE,
        "the rest is handed out", 60)
    lines = kept(fleet)[len(handled):]
    again = repeated(lines, handled)
    t.ok(again, "%d come again" % len(again))
    t.ok(all(again), "each of them says so")
    t.equal(said(lines, "unknown"), [True] * MEANWHILE, "what may be one, too")
    wait_until(lambda: say(sim, "later") or not all(said(kept(fleet),
        "later")), "new events do not", 60)
    t.equal(sim.totals()["identifies"], 1, "one IDENTIFY in all")
    fleet.stop()


scenario(main)
