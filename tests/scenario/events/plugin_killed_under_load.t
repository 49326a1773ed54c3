#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""I2, I9: a plugin that is killed gets its unanswered events again, and it
alone: the other plugin and the handler do not notice."""
import contextlib
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import Failed, own_plugin, scenario, wait_until
from processes import children, kill

KEEP = own_plugin("keep.py")


def plugin_pid(fleet):
    """keep.py's, 0 while there is none."""
    for pid in children(fleet.handler_pid()):
        try:
            with open("/proc/%d/cmdline" % pid, "rb") as f:
                if KEEP.encode() in f.read():
                    return pid
        except OSError:
            pass
    return 0


def kept(fleet):
    """(shard, session, seq) of every event keep.py wrote down."""
    with open(fleet.path("kept"), "rb") as f:
        return [tuple(line.split(b" ", 3)[:3]) for line in f
            if line.endswith(b"\n")]


def known(events):
    return {e for e in events if e[2] != b"None"}


def main(t):
    sim = t.sim(rate=1000, shards=4)
    fleet = t.fleet(sim)
    fleet.write_config({}, {"audit": fleet.audit(), "keep": dict(
        exec="%s %s %s" % (sys.executable, KEEP, fleet.path("kept")),
        events="*", window=64)})
    fleet.start()
    handler = fleet.handler_pid()
    for _ in range(2):
        pid = wait_until(lambda: plugin_pid(fleet), "keep.py runs")
        seen = len(kept(fleet))
        wait_until(lambda: len(kept(fleet)) >= seen + 1000,
            "keep.py gets events")
        kill(pid)
        wait_until(lambda: plugin_pid(fleet) not in (0, pid),
            "keep.py was started again")
    sim.settle()
    t.nothing_lost(sim, identifies=4)		# as audit saw it
    # READY is an event as well, of which the simulator counts none.
    all_of_them = sim.totals()["sent"] + 4
    # What waited for it on disk may take it longer than the other one.
    with contextlib.suppress(Failed):
        wait_until(lambda: len(known(kept(fleet))) >= all_of_them,
            "keep.py has every event")
    events = kept(fleet)
    t.equal(len(known(events)), all_of_them, "keep.py saw every event")
    again = len(events) - len(known(events))
    t.ok(again <= 2 * 64, "at most its window again: %d" % again)
    t.equal(fleet.handler_pid(), handler, "the handler is the same process")
    fleet.stop()


scenario(main)
