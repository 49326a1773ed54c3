#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""I3: 4014, 4004 or a 401 hold the whole fleet at once: no IDENTIFY any more,
sessions that live are left alone, the supervisor stays and says what to fix;
`release` checks that before it lets go."""
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario, wait_until

PRIVILEGED = 1 << 18		# MESSAGE_CONTENT for the application


def held(status):
    return status["cluster"]["state"] == "held"


def intents(t):
    sim = t.sim(shards=4)
    fleet = t.fleet(sim)
    fleet.start()
    sim.ctl("set", "flags", 0)
    sim.ctl("close", 0, 4014)
    fleet.wait_status(held, "4014 holds the fleet")
    fleet.wait_status(lambda s: "MESSAGE_CONTENT" in (s["cluster"]["note"] or ""),
        "the note names the intent")
    done = fleet.cli("status")
    t.equal(done.returncode, 2, "4014: status exits 2")
    t.match(done.stdout, "(?i)developer portal", "4014: status says what to do")
    t.equal(fleet.status()["budget"]["held_code"], 4014, "the code is there")
    # Others that lose their session now wait.
    sim.ctl("expire", 1)
    fleet.wait_status(lambda s: s["shards"][1]["state"] == "queued",
        "shard 1 queues")
    t.equal(sim.totals()["identifies"], 4, "4014: no IDENTIFY was spent")
    t.sentence(fleet.cli("release"), 1, "MESSAGE_CONTENT",
        "release finds the cause still there")
    t.ok(held(fleet.status()), "so it stays")
    sim.ctl("set", "flags", PRIVILEGED)
    t.equal(fleet.cli("release").returncode, 0, "fixed: release lets go")
    fleet.wait_ready()
    t.equal(sim.totals()["identifies"], 6, "an IDENTIFY for each session that "
        "ended")
    t.equal(fleet.cli("status").returncode, 0, "all is well again")
    t.sentence(fleet.cli("release"), 1, "not on hold", "nothing to release")
    fleet.stop()


def token(t):
    sim = t.sim(shards=4)
    fleet = t.fleet(sim)
    fleet.start()
    sim.ctl("close", 2, 4004)
    fleet.wait_status(held, "4004 holds the fleet")
    t.match(fleet.cli("status").stdout, "token_file", "4004: what to do")
    t.equal([s["state"] for s in fleet.status()["shards"]].count("ready"), 3,
        "4004: the others live on")
    t.equal(fleet.cli("release").returncode, 0, "the API takes the token: "
        "release lets go")
    fleet.wait_ready()
    t.equal(sim.totals()["identifies"], 5, "4004: one IDENTIFY for "
        "the session that ended")

    # One answer alone is no proof (B2).
    sim.ctl("gateway-bot", 401)
    sim.ctl("rest", "GET /users/@me", 401, "json")
    fleet.wait_status(lambda s: fleet.cli("budget", "--ask").returncode != 75,
        "Discord is asked", timeout=60)
    fleet.wait_status(held, "401 holds the fleet")
    t.match(fleet.cli("status").stdout, "401", "401: status says so")
    t.equal([s["state"] for s in fleet.status()["shards"]].count("ready"), 4,
        "401: all sessions live on")
    sim.ctl("close", 1, 4000)
    wait_until(lambda: sim.totals()["resumes_ok"] == 1,
        "401: resumes go on")
    asked = sim.report()["rest"]["requests"]
    t.equal(fleet.cli("budget", "--ask").returncode, 78, "401: nothing is "
        "asked with it")
    t.equal(sim.report()["rest"]["requests"], asked, "not even once")
    t.sentence(fleet.cli("release"), 1, "token", "401 again: it stays held")
    sim.ctl("gateway-bot", "ok")
    sim.ctl("rest", "clear")
    t.equal(fleet.cli("release").returncode, 0, "the token is good: released")
    fleet.wait_ready()
    t.equal(sim.totals()["identifies"], 5, "401: no IDENTIFY was spent")
    fleet.stop()


def main(t):
    intents(t)
    token(t)


scenario(main)
