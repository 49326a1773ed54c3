#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Misbehaviours of discord-protocol.md section 8 that befall one shard: each
row on a shard of its own, all at the same time, so that none of them may
disturb another.

Simulated: 8.3 by `mute` (the simulator reads on and says nothing), 8.29 by
SIGSTOP of the shard for longer than two heartbeats; the clock that goes on
while the host sleeps is tested in tests/unit/shard/session/test_session.c.
"""
import os
import signal
import sys
import threading

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario, wait_until
from ordeal import Ordeal, ctl, each, healthy, never_ended_by_us, run
from processes import kill

# A busy machine alone must make no heartbeat and no answer late.
HEARTBEAT_S = 12.0
READY_S = 8		# ready_timeout, before a heartbeat's ACK prolongs it
LARGE = 6000000		# bytes: more than any READY a bot has reported


def fault(*words):
    return ctl("fault", *words, "--shard", "SHARD")


def zombies(number):
    def check(t, before, after, status):
        t.equal(status["zombies"], number, "shard %d: %d dead connections"
            % (status["id"], number))
        t.equal(after["connects"] - before["connects"], number,
            "shard %d: %d new connections" % (status["id"], number))
    return check


def failed(number):
    def check(t, before, after, status):
        t.equal(after["resumes_failed"] - before["resumes_failed"], number,
            "shard %d: %d RESUMEs failed" % (status["id"], number))
    return check


def one_connection(t, before, after, status):
    t.equal(after["connects"] - before["connects"], 1,
        "8.14: one new connection, however often it was told to go")


def sleeps(sim, fleet, shard):
    """Stopped for longer than the simulator waits for a heartbeat."""
    pid = fleet.shard(shard)["pid"]
    os.kill(pid, signal.SIGSTOP)
    threading.Timer(3 * HEARTBEAT_S, kill, (pid, signal.SIGCONT)).start()


def asked_while_resuming(sim, fleet, shard):
    sim.ctl("fault", "no-ready", "--shard", shard)
    resumes = sim.report()["shards"][shard]["resumes"]
    sim.ctl("drop", shard)
    wait_until(lambda: sim.report()["shards"][shard]["resumes"] > resumes,
        "shard %d sends RESUME" % shard)
    sim.try_ctl("op", shard, 7)


def broken_dispatch(sim, fleet, shard):
    """A dispatch that no parser likes takes a place in the sequence; the
    connection ends right behind it."""
    path = fleet.path("broken.json")
    with open(path, "w", encoding="utf-8") as f:
        f.write('{"t":"MESSAGE_CREATE","s":%d,"op":0,"d":{"author":17,'
            '"member":[],"content":null}}'
            % (sim.report()["shards"][shard]["seq"] + 1))
    sim.ctl("send", shard, path, "--raw")
    sim.ctl("drop", shard)


def huge(size):
    return each(fault("huge-message", size), ctl("message", "SHARD", "after"))


ROWS = (
    Ordeal("8.1 RST", ctl("drop", "SHARD"), within=3, resumes=1),
    Ordeal("8.1 FIN", ctl("eof", "SHARD"), within=3, resumes=1),
    Ordeal("8.3 half-open", ctl("mute", "SHARD", "on"), talk=False,
        within=2 * HEARTBEAT_S + 2, check=zombies(1)),
    Ordeal("8.5 RESUME unanswered", each(fault("no-ready"),
        ctl("drop", "SHARD")), within=READY_S + 6, check=failed(1)),
    Ordeal("8.5 IDENTIFY unanswered", each(fault("no-ready"),
        ctl("op", "SHARD", 9, "false")), cost=2, within=READY_S + 14),
    Ordeal("8.6 poisoned session", each(fault("close-on-resume", 1005,
        "--count", 3), ctl("drop", "SHARD")), cost=1, talk=False, within=12,
        resumes=3),
    Ordeal("8.8 op 9 true on a live session", ctl("op", "SHARD", 9, "true"),
        within=7, resumes=1),
    Ordeal("8.8 op 9 false on a live session", ctl("op", "SHARD", 9, "false"),
        cost=1, within=8),
    Ordeal("8.8 op 9 false after RESUME", each(fault("op9-on-resume", "false"),
        ctl("drop", "SHARD")), cost=1, within=9, resumes=1),
    Ordeal("8.8 op 9 true after RESUME", each(fault("op9-on-resume", "true"),
        ctl("drop", "SHARD")), within=8, resumes=2),
    Ordeal("8.8 op 9 after IDENTIFY, twice", each(fault("op9-on-identify",
        "--count", 2), ctl("op", "SHARD", 9, "false")), cost=3, within=22),
    Ordeal("8.9 very large message", huge(LARGE), stays=True, within=15),
    Ordeal("8.9 a message in three frames", each(fault("fragment"),
        ctl("message", "SHARD", "in three")), stays=True, within=3),
    Ordeal("8.9 half a message, then the end", each(fault("half-message"),
        ctl("message", "SHARD", "half")), within=3, resumes=1),
    Ordeal("8.9 half a message, then silence", each(fault("half-message",
        "hang"), ctl("message", "SHARD", "half")), within=2 * HEARTBEAT_S + 3,
        resumes=1),
    Ordeal("8.9 decompression bomb", fault("bomb"), within=8, resumes=1),
    Ordeal("8.10 broken fields", broken_dispatch, within=3, resumes=1),
    Ordeal("8.13 stale ACK flag", fault("no-ack"), within=2 * HEARTBEAT_S + 2,
        check=zombies(1)),
    Ordeal("8.14 told to go three times", each(ctl("mute", "SHARD", "on"),
        ctl("op", "SHARD", 7), ctl("op", "SHARD", 7), ctl("op", "SHARD", 9,
        "true"), ctl("mute", "SHARD", "off")), within=3,
        check=one_connection),
    Ordeal("8.15 op 7 while resuming", asked_while_resuming, within=READY_S + 4,
        resumes=2),
    Ordeal("8.15 op 1", ctl("op", "SHARD", 1), stays=True, within=3),
    Ordeal("8.18 1011 on a shard", each(fault("close-on-resume", 1011),
        ctl("close", "SHARD", 1011)), within=24, resumes=2),
    Ordeal("8.19 a flood of guilds", fault("flood-guilds", 300), stays=True,
        within=20, check=zombies(0)),
    Ordeal("8.19 a late ACK", each(fault("delay-ack",
        int(HEARTBEAT_S * 700)), ctl("message", "SHARD", "late")), stays=True,
        within=3, check=zombies(0)),
    Ordeal("8.29 the host slept", sleeps, talk=False,
        within=3 * HEARTBEAT_S + 4, resumes=1),
    Ordeal("8.30 broken compression", each(fault("bad-deflate"),
        ctl("message", "SHARD", "spoilt")), within=3, resumes=1),
    Ordeal("8.30 dies amid the replay", each(fault("drop-mid-replay", 1),
        ctl("mute", "SHARD", "on"), ctl("message", "SHARD", "unheard"),
        ctl("drop", "SHARD")), within=6, resumes=2),
)


def main(t):
    sim = t.sim(shards=len(ROWS), max_concurrency=len(ROWS),
        guilds=8 * len(ROWS), heartbeat_interval="%dms" % (HEARTBEAT_S * 1000),
        identify_interval="500ms")
    fleet = t.fleet(sim, {"limits.ready_timeout": "%ds" % READY_S})
    fleet.start()
    spent = run(t, sim, fleet, ROWS)
    # The stopped shard could send no heartbeat: that violation is the test's.
    t.nothing_lost(sim, identifies=len(ROWS) + spent, allow=("violations",))
    asleep = [r.shard for r in ROWS if r.name.startswith("8.29")]
    t.equal([v for v in sim.report()["violations"]
        if v["shard"] not in asleep], [], "no other rule was broken")
    never_ended_by_us(t, sim)
    t.ok("4900" in sim.totals()["closes"], "8.16: ours close with 4900")
    healthy(t, fleet)
    fleet.stop()


scenario(main)
