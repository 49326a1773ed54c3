#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Misbehaviours of discord-protocol.md section 8 around starts and budgets:
8.12 session starts run low, 8.20 guilds that never arrive, 8.25 a shard that
hangs for good, 8.26 one slow shard.  The hours and days of 8.12, 8.18 and 8.22
pass on the fake clock, in test_permit.c and test_backoff.c of tests/unit."""
import datetime
import os
import signal
import sys
import time

sys.path.append(sys.path[0] + "/../lib")
from herd import DATA, scenario, wait_until
from ordeal import healthy


def connected(sim):
    return {s["id"] for s in sim.report()["shards"] if s["connected"]}


def hangs(t):
    """8.25: begins; judged at the end, as the watchdog is patient."""
    sim = t.sim(shards=2, heartbeat_interval="3s")
    fleet = t.fleet(sim)
    fleet.start()
    sim.settle()
    pid = fleet.shard(1)["pid"]
    os.kill(pid, signal.SIGSTOP)
    return sim, fleet, pid, time.time()


def restarted(t, sim, fleet, pid, began):
    sim.ctl("message", 1, "to a shard that hangs")
    fleet.wait_status(lambda s: s["shards"][1]["pid"] not in (0, pid)
        and s["shards"][1]["state"] == "ready", "8.25: another process", 60)
    # Other ordeals ran meanwhile: the log knows when.  Three heartbeats and
    # 30 s is the promise; the last ACK may be one heartbeat old.
    killed = [line for line in fleet.log_text().splitlines()
        if "shard 1" in line and " is killed: " in line]
    if t.equal(len(killed), 1, "8.25: it was killed once"):
        at = datetime.datetime.fromisoformat(killed[0].split()[0].replace(
            "Z", "+00:00")).timestamp()
        t.ok(at - began >= 30, "8.25: not before its time (%.1f s)"
            % (at - began))
    sim.settle()
    t.nothing_lost(sim, identifies=2, allow=("violations",))
    t.equal(fleet.shard(1)["crashes"].get("hung"), 1, "8.25: and counted")
    healthy(t, fleet)
    fleet.stop()


def runs_low(t):
    """8.12: of 40 starts 16 are left, 10 are the reserve.  Two of four shards
    get through, two wait for the reset, and the token lives."""
    sim = t.sim(shards=4, total=40, remaining=16)
    sim.ctl("set", "reset-after", "600s")
    fleet = t.fleet(sim)
    fleet.start()
    sim.settle()
    sim.ctl("expire", "all")
    fleet.wait_status(lambda s: s["cluster"]["shards_ready"] == 2
        and [x["state"] for x in s["shards"]].count("queued") == 2,
        "two wait")
    t.equal(sim.report()["session_starts"]["remaining"], 10,
        "8.12: the reserve is not touched")
    t.equal(fleet.cli("status").returncode, 1, "8.12: status is degraded")
    t.match(fleet.cli("status").stdout, "(?i)reserve", "8.12: and says why")
    began = time.monotonic()
    sim.ctl("set", "reset-after", "5s")
    fleet.cli("budget", "--ask")
    sim.wait("connected=4", 40)
    fleet.wait_ready()
    t.soon(began, 17, "8.12: all back after the reset")
    sim.settle()
    t.nothing_lost(sim, identifies=8)
    t.equal(sim.report()["token_resets"], 0, "8.12: the token was not reset")
    healthy(t, fleet)
    fleet.stop()


def one_is_slow(t):
    """8.26: shard 0 gets no READY; its key is held, the others go on."""
    sim = t.sim(shards=8, max_concurrency=4, identify_interval="500ms",
        heartbeat_interval="3s")
    sim.ctl("fault", "no-ready", "--shard", 0)
    fleet = t.fleet(sim, {"limits.ready_timeout": "4s",
        "gateway.identify_interval": "1s"})
    began = time.monotonic()
    fleet.start(ready=False)
    wait_until(lambda: connected(sim) >= {1, 2, 3, 5, 6, 7},
        "8.26: the others are up")
    # 4 s for READY, then 30 s and up to a quarter more to the next IDENTIFY.
    fleet.wait_ready(60)
    t.soon(began, 50, "8.26: it is up in the end")
    at = [s["identified_ms"] for s in sim.report()["shards"]]
    t.ok(max(at[i] for i in (1, 2, 3, 5, 6, 7)) < at[0], "8.26: no other key "
        "waited for the slow shard, which IDENTIFYs again (at %d of %s ms)"
        % (at[0], at))
    sim.settle()
    t.nothing_lost(sim, identifies=9)
    healthy(t, fleet)
    fleet.stop()


def guilds_missing(t):
    """8.20: no guild of READY ever comes, as without GUILDS; an outage takes
    one away.  The shards are ready, and nothing waits."""
    sim = t.sim(shards=2)
    fleet = t.fleet(sim, {"bot.intents": "GUILD_MESSAGES"})
    began = time.monotonic()
    fleet.start()
    t.soon(began, 10, "8.20: ready without a guild")
    for name in sorted(os.listdir(os.path.join(DATA, "events"))):
        if name.startswith("GUILD_DELETE"):
            sim.ctl("send", 0, os.path.join(DATA, "events", name))
    sim.ctl("message", 0, "goes on")
    sim.settle()
    healthy(t, fleet)
    sim.ctl("drop", "all")
    sim.wait("resumes_ok=2")
    fleet.wait_ready()
    t.nothing_lost(sim, identifies=2)
    healthy(t, fleet)
    fleet.stop()


def main(t):
    hung = hangs(t)
    one_is_slow(t)
    guilds_missing(t)
    runs_low(t)
    restarted(t, *hung)


scenario(main)
