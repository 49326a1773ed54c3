#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Discord allows 3 s for the answer to an interaction: behind a backlog it
overtakes what came before it, once, and everything else keeps its order."""
import json
import signal
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import Failed, own_plugin, scenario, wait_until
from processes import kill

KEEP = own_plugin("keep.py")
BULK = 3 << 20		# more than the sockets between them hold


def lines(fleet):
    with open(fleet.path("kept"), "rb") as f:
        return [line.split(b" ", 4) for line in f if line.endswith(b"\n")]


def kept(fleet):
    """(seq, is it the interaction) of every event, as they came."""
    return [(int(words[2]), b"INTERACTION_CREATE" in words[4])
        for words in lines(fleet) if words[2] != b"None"]


def a_guild(fleet):
    for words in lines(fleet):
        event = json.loads(words[4])
        if event["t"] == "GUILD_CREATE":
            return event["d"]["id"]
    raise Failed("no GUILD_CREATE came")


def main(t):
    sim = t.sim(shards=1, rate=1000)
    fleet = t.fleet(sim, plugins={})
    # It is stopped for as long as looks take here, not for dead.
    fleet.write_config({"handler.silence": "10m"}, {"audit": fleet.audit(), "keep": dict(
        exec="%s %s %s" % (sys.executable, KEEP, fleet.path("kept")),
        events="*", window=64)})
    fleet.start()
    sim.wait("handled>=1000")
    handler = fleet.handler_pid()
    kill(handler, signal.SIGSTOP)
    fleet.wait_status(lambda s: s["shards"][0]["queue_bytes"] > BULK,
        "a backlog is there")
    sim.ctl("pause")
    sim.ctl("interaction", a_guild(fleet))
    fleet.wait_status(lambda s: s["shards"][0]["express"] == 1,
        "the interaction is sent ahead")
    kill(handler, signal.SIGCONT)
    sim.settle()
    t.nothing_lost(sim, identifies=1, allow=("reordered",))
    events = wait_until(lambda: len(kept(fleet)) > sim.totals()["sent"]
        and kept(fleet), "keep.py has everything")
    place = [i for i, event in enumerate(events) if event[1]]
    t.equal(len(place), 1, "the interaction came once")
    behind = [seq for seq, _ in events[place[0]:] if seq < events[place[0]][0]]
    t.ok(len(behind) > 100, "and overtook %d events" % len(behind))
    rest = [seq for seq, own in events if not own]
    t.equal(rest, sorted(rest), "the others came in order")
    fleet.stop()


scenario(main)
