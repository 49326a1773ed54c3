#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Alerts of the gate, each told and taken back: a client that is away while
the log fills up, one that missed what the log let go, a gate that stands still,
a cache that cannot be had."""
import json
import os
import signal
import sys

sys.path.append(sys.path[0] + "/../lib")
from alerted import alerted
from gates import FleetBot, GATE, gate_pid, gate_url, wait_gate
from herd import scenario, wait_until
from processes import kill

SLOW = 90	# seconds that an alert, or its end, may take


def told(fleet):
    """(kind, state, text) of each, in order."""
    return [(d["kind"], d["state"], d["text"])
        for d in alerted(fleet.path("told"))]


def wait_told(fleet, kind, state):
    def found():
        return [text for k, s, text in told(fleet) if (k, s) == (kind, state)]
    wait_until(found, "alert %s is %s" % (kind, state), SLOW)
    return found()[-1]


def come(config, token):
    bot = FleetBot(gate_url(config))
    bot.come(token)
    bot.hear(5)
    bot.send({"op": 1, "d": bot.seq})
    bot.until(11)
    return bot


def clients(t, sim, fleet, config, token):
    come(config, token).drop()
    t.match(wait_told(fleet, "client away", "alert"),
        r"client bot \w+ for \d+ s: it is away for \d+ s", "who is away is told")
    fleet.wait_status(lambda s: s["gate"]["clients"][0]["state"] == "losing",
        "the log lets go of what it missed", SLOW)
    done = fleet.cli("check")
    t.equal(done.returncode, 1, "check: warning")
    t.match(done.stdout, "client bot losing", "check says it")
    # Or the log, of five seconds, would overtake it again while it catches up.
    sim.ctl("rate", "20")
    bot = come(config, token)
    t.match(wait_told(fleet, "overrun", "alert"),
        "client bot fell off the log", "that it missed some is told")
    row = fleet.status()["gate"]["clients"][0]
    t.equal(row["overruns"], 1, "and counted once")
    t.ok(row["overrun_s"] is not None, "since when is known")
    t.match(fleet.cli("check").stdout, "client bot fell off the log",
        "check says that, too")
    wait_told(fleet, "client away", "recovered")
    t.ok(True, "it is here again: that is over")
    return bot


def stands_still(t, fleet):
    pid = gate_pid(fleet)
    os.kill(pid, signal.SIGSTOP)
    t.match(wait_told(fleet, "gate", "alert"),
        r"The gate serves no client for \d+ s", "it is told")
    t.match(fleet.cli("check").stdout, "gate hung", "check says it")
    t.match(fleet.cli("status").stdout, "(?m)^gate    silent", "so does status")
    os.kill(pid, signal.SIGCONT)
    wait_told(fleet, "gate", "recovered")
    t.equal(gate_pid(fleet), pid, "it goes on: that is over")


def no_cache(t, fleet):
    where = fleet.path("state", "cache")
    os.rename(where, where + ".away")
    with open(where, "w", encoding="utf-8"):
        pass
    pid = gate_pid(fleet)
    kill(pid)
    wait_gate(fleet, other_than=pid)
    t.match(wait_told(fleet, "cache", "alert"), "there is none",
        "that there is no cache is told")
    t.match(fleet.cli("check").stdout, "the gate's cache: there is none",
        "check says it")
    t.match(fleet.cli("status").stdout, "cache none", "so does status")
    os.unlink(where)
    os.rename(where + ".away", where)
    pid = gate_pid(fleet)
    kill(pid)
    wait_told(fleet, "cache", "recovered")
    t.ok(True, "one that is there again ends it")


def main(t):
    sim = t.sim(rate=300, shards=1, guilds=4)
    config = GATE(log_bytes="1M")
    fleet = t.fleet(sim, config=config)
    fleet.program("tell",
        '#!/bin/sh\n(cat; echo) >>"%s"\n' % fleet.path("told"))
    config.update({"alerts.exec": "tell", "alerts.gate": "1s"})
    fleet.write_config(config)
    fleet.start()
    wait_gate(fleet)
    wait_until(lambda: fleet.cli("client", "token", "bot").returncode == 0,
        "the bot's id is known")
    token = json.loads(fleet.must("client", "token", "bot", "--json"))["token"]
    bot = clients(t, sim, fleet, config, token)
    bot.drop()
    sim.ctl("pause")
    stands_still(t, fleet)
    no_cache(t, fleet)
    t.equal(sim.totals()["identifies"], 1, "no IDENTIFY was spent")
    fleet.stop()


scenario(main, 400)
