#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""F-B10: shard and handler are killed together.  Discord replays what plugins
had handled already; all of it says again, up to the first event that nobody
has seen."""
import os
import signal

from herd import kill, scenario, wait_until

KEEP = os.path.join(os.path.dirname(os.path.realpath(__file__)), "keep.py")
BEFORE, MEANWHILE, AFTER = 18, 5, 3


def kept(fleet):
    """[(seq, again)] of the messages, in the order they were handed out."""
    out = []
    try:
        with open(fleet.path("kept"), "rb") as f:
            for line in f:
                _, _, seq, flags, raw = line.rstrip(b"\n").split(b" ", 4)
                if b'"MESSAGE_CREATE"' in raw:
                    out.append((int(seq), flags[1:] == b"a"))
    except OSError:
        pass
    return out


def say(sim, n):
    for i in range(n):
        sim.ctl("message", 0, "number %d" % i)


def main(t):
    sim = t.sim(shards=1, guilds=2)
    fleet = t.fleet(sim)
    fleet.write_config({}, {"keep": dict(exec="%s %s %s" % (KEEP,
        fleet.path("kept"), fleet.path("gate")), events="MESSAGE_CREATE")})
    fleet.start()
    # One is handed out and held; the others are on their way to the plugin.
    open(fleet.path("gate"), "w", encoding="utf-8").close()
    say(sim, 1)
    wait_until(lambda: len(kept(fleet)) == 1, "the first is handled")
    fleet.wait_status(lambda s: s["shards"][0]["seq"]
        == s["shards"][0]["acked_seq"], "and acknowledged")
    os.unlink(fleet.path("gate"))
    say(sim, BEFORE)
    wait_until(lambda: len(kept(fleet)) == 2, "the second is in work")
    fleet.wait_status(lambda s: s["shards"][0]["seq"] - s["shards"][0]
        ["acked_seq"] == BEFORE, "%d are not acknowledged" % BEFORE)

    boss = fleet.status()["cluster"]["pid"]
    pids = [fleet.shard(0)["pid"], fleet.handler_pid()]
    kill(boss, signal.SIGSTOP)
    for pid in pids:
        kill(pid)
    handled = kept(fleet)
    say(sim, MEANWHILE)
    open(fleet.path("gate"), "w", encoding="utf-8").close()
    kill(boss, signal.SIGCONT)
    fleet.wait_ready(60)
    say(sim, AFTER)
    total = 2 + BEFORE + MEANWHILE + AFTER
    wait_until(lambda: len(kept(fleet)) >= total, "all is handed out", 60)

    now = kept(fleet)[len(handled):]
    t.equal([again for _, again in now], [True] * BEFORE
        + [False] * (MEANWHILE + AFTER), "again up to the first new event")
    t.equal([seq for seq, _ in now], list(range(now[0][0], now[0][0]
        + BEFORE + MEANWHILE)) + [seq for seq, _ in now[-AFTER:]],
        "in order, none left out")
    t.equal(sim.totals()["identifies"], 1, "one IDENTIFY in all")

    # Without the page nobody knows how much had left: all may be handled.
    os.unlink(fleet.path("gate"))
    say(sim, 1)
    wait_until(lambda: len(kept(fleet)) == total + 1, "one more in work")
    seen = total + 1
    pids = [fleet.status()["cluster"]["pid"], fleet.shard(0)["pid"],
        fleet.handler_pid()]
    for pid in pids:
        kill(pid)
    os.unlink(fleet.path("state", "stats"))
    say(sim, 2)
    open(fleet.path("gate"), "w", encoding="utf-8").close()
    fleet.must("start")
    fleet.wait_ready(60)
    last = sim.report()["shards"][0]["seq"]
    wait_until(lambda: len(kept(fleet)) > seen
        and kept(fleet)[-1][0] >= last - 1, "the rest is handed out", 60)
    now = kept(fleet)[seen:]
    t.equal([again for _, again in now], [True] * len(now),
        "what may have been handled says again")
    wait_until(lambda: say(sim, 1) or not kept(fleet)[-1][1],
        "a new event does not", 60)
    t.equal(sim.totals()["identifies"], 1, "and no IDENTIFY for it")
    fleet.stop()


scenario(main)
