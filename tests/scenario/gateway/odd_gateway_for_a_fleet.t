#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Misbehaviours of discord-protocol.md section 8 that befall a whole fleet,
one after the other: storms, mute and refusing hosts, /gateway/bot out of
order, a dead supervisor.  None of them costs an IDENTIFY, an event or a
shard process (but for the last, which ends them all)."""
import os
import sys
import time

sys.path.append(sys.path[0] + "/../lib")
from herd import DATA, scenario, wait_until
from ordeal import healthy, never_ended_by_us
from processes import alive, children, kill

SHARDS = 8
SPIN_S = 4.0


class Storm:
    def __init__(self, t):
        self.t = t
        self.sim = t.sim(shards=SHARDS, guilds=8 * SHARDS,
            heartbeat_interval="6s")
        self.fleet = t.fleet(self.sim, {"limits.hello_timeout": "1s",
            "limits.connect_timeout": "2s"})
        self.fleet.start()
        self.sim.settle()
        self.pids = self.fleet.shard_pids()

    def say(self, text):
        for shard in range(SHARDS):
            self.sim.ctl("message", shard, text)

    def begins(self):
        self.before = self.sim.totals()
        self.began = time.monotonic()

    def heals(self, what, within, same=True):
        """Waits until all are back, counted from begins()."""
        before = self.before
        self.say(what)
        self.sim.wait("resumes_ok>=%d,connected=%d" % (before["resumes_ok"]
            + SHARDS, SHARDS), within + 5)
        self.fleet.wait_ready()
        self.t.soon(self.began, within + 2, what + ": all back")
        self.sim.settle()
        after = self.sim.totals()
        self.t.equal(after["identifies"], SHARDS, "%s: 0 IDENTIFYs" % what)
        self.t.equal((after["lost"], after["pending"], after["reordered"],
            after["repeated"]), (0, 0, 0, 0), "%s: nothing lost, "
            "late, out of order or twice" % what)
        if same:
            self.t.equal(self.fleet.shard_pids(), self.pids,
                "%s: the same processes" % what)
        self.sim.ctl("fault", "clear")

    def does(self, *words):
        self.sim.ctl(*words)

    def after(self, what, within, *commands):
        self.begins()
        for words in commands:
            self.does(*words)
        self.heals(what, within)


def odd_hello(s, name):
    s.after("8.15 " + name, 8, ("fault", "hello", os.path.join(DATA, "odd",
        name), "--count", SHARDS, "--host", "resume"), ("drop", "all"))


def attempts(fleet):
    return {x["id"]: x["connects"] for x in fleet.status()["shards"]}


def refused_for_long(s):
    """8.23, 8.24: 520 from both hosts, as long as it takes to see a spin."""
    s.begins()
    tried = attempts(s.fleet)
    s.does("fault", "upgrade-status", 520, "--count", "forever")
    s.does("drop", "all")
    wait_until(lambda: time.monotonic() - s.began > SPIN_S,
        "some time passes", 2 * SPIN_S)
    spent = attempts(s.fleet)
    took = time.monotonic() - s.began
    most = max(spent[i] - tried[i] for i in tried)
    s.t.ok(1 <= most <= 5 * took, "8.24: at most %d attempts in %.1f s" % (
        most, took))
    s.does("fault", "clear")
    # After so many refusals the next try may be that far away.
    s.heals("8.23 HTTP 520 at the upgrade", took + 5 + 2 ** (most - 1))


def rate_limited(s):
    """8.23: what Retry-After asks for is kept to, by both hosts alike."""
    s.begins()
    s.does("fault", "upgrade-status", 429, "retry-after", 3, "--count",
        2 * SHARDS)
    s.does("drop", "all")
    s.heals("8.23 HTTP 429 at the upgrade", 8)
    s.t.ok(time.monotonic() - s.began >= 3, "8.23: Retry-After was kept to")


def gateway_bot(s, what, *words):
    """8.22: resumes need no /gateway/bot."""
    s.fleet.stop()
    s.begins()
    s.does("gateway-bot", *words)
    s.fleet.start(ready=False)
    s.heals("8.22 /gateway/bot: " + what, 8, same=False)
    s.does("gateway-bot", "ok")


def orphans(s):
    """8.27: shards go on without their supervisor, and the next one takes
    them over: there are never two of one."""
    supervisor = s.fleet.supervisor_pid()
    family = children(supervisor)
    kill(supervisor)
    s.say("to orphans")
    s.sim.settle()
    s.t.ok(True, "8.27: orphans deliver")
    s.begins()
    s.fleet.start()
    s.say("to those that were taken over")
    s.sim.settle()
    s.t.equal([p for p in family if not alive(p)], [], "8.27: every one of "
        "them lives")
    s.t.equal(s.sim.totals()["connects"], s.before["connects"],
        "8.27: no shard reconnected")


def main(t):
    s = Storm(t)
    s.after("8.2 a storm of 1001", 3, ("fault", "1001-storm"))
    s.after("8.2 op 7 to all", 3, ("op", "all", 7))
    s.after("8.4 no HELLO", 8, ("fault", "no-hello", "--count", SHARDS),
        ("drop", "all"))
    s.after("8.15 op 7 instead of HELLO", 8, ("fault", "op7-instead-of-hello",
        "--count", SHARDS), ("op", "all", 7))
    for name in sorted(os.listdir(os.path.join(DATA, "odd"))):
        if "hello" in name.lower() and "huge" not in name:
            odd_hello(s, name)
    s.after("8.7 the resume host resets, the main host too for a while", 12,
        ("fault", "connect-refuse", "--count", 3 * SHARDS), ("drop", "all"))
    rate_limited(s)
    refused_for_long(s)
    gateway_bot(s, "429 for 23 h", 429, "retry-after=82800")
    gateway_bot(s, "403 from the edge", 403, "html")
    gateway_bot(s, "503", 503)
    gateway_bot(s, "garbage", 200, "garbage")
    orphans(s)
    t.nothing_lost(s.sim, identifies=SHARDS)
    t.equal(s.sim.totals()["resumes_failed"], 0, "no RESUME failed")
    never_ended_by_us(t, s.sim, theirs=("1001",))
    healthy(t, s.fleet)
    s.fleet.stop()


scenario(main)
