#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A cache that is damaged, cut or of another version: it is told in status and
by the CLI, mended with what the gate's log has, and costs no session; what is
lacking comes by an order, for one IDENTIFY that the budget must allow."""
import json
import os
import struct
import sys

sys.path.append(sys.path[0] + "/../lib")
from gates import FleetBot, GATE, gate_pid, gate_url, wait_gate
from herd import scenario, wait_until
from mutating import INTENTS, World, created
from processes import kill

GUILDS = 6


def stat(fleet):
    return json.loads(fleet.cli("cache", "stat", "--json").stdout)


def flip(path, at):
    """Pages there say something else."""
    with open(path, "r+b") as f:
        for page in at:
            f.seek(page * 4096)
            f.write(b"\xff" * 64)


def pages(path):
    return os.path.getsize(path) // 4096


def cli(t, sim, fleet):
    s = stat(fleet)
    t.equal((s["state"], s["guilds"], s["available"], s["shards"]), ("fine",
        GUILDS, GUILDS, 2), "cache stat")
    t.ok(s["file_bytes"] > 10000 and s["kinds"]["roles"]["fragments"] > GUILDS
        and s["kinds"]["channels"]["bytes"] > 1000, "what there is of each kind")
    wait_until(lambda: stat(fleet)["behind"] == 0, "it is behind nothing")
    text = fleet.must("cache", "stat")
    t.match(text, r"(?s)state +fine.*guilds +6 known, 6 .*roles +\d+", "as text")
    guild = list(created(sim).values())[0]
    got = json.loads(fleet.must("cache", "show", guild["id"], "--kind",
        "channels"))
    t.equal(sorted(c["id"] for c in got), sorted(c["id"] for c in
        guild["channels"]), "cache show, of one kind")
    t.equal(json.loads(fleet.must("cache", "show", guild["id"], "--kind",
        "core"))["name"], guild["name"], "of the guild itself")
    t.sentence(fleet.cli("cache", "show", "77"), 1, "no contents of guild 77",
        "one that is not known")
    t.sentence(fleet.cli("cache", "show", guild["id"], "--kind", "x"), 64,
        "--kind is one of core, roles", "a kind that is none")
    t.sentence(fleet.cli("cache", "show", "x"), 64, "is no guild id", "no id")
    t.sentence(fleet.cli("cache", "rebuild"), 0, "whole, and has all 6 guilds",
        "nothing to rebuild")
    for words in (("show",), ("stat", "more"), ("stat", "--shard", "1"),
            ("rebuild", "--kind", "core")):
        t.equal(fleet.cli("cache", *words).returncode, 64, "usage: %s"
            % " ".join(words))


def main(t):
    sim = t.sim(rate=50, mix="MESSAGE_CREATE=1", shards=2, guilds=GUILDS)
    config = {**GATE(members="voice"), "bot.intents": INTENTS,
        "limits.reserve": 30}
    fleet = t.fleet(sim, config=config)
    fleet.start()
    t.sentence(fleet.cli("cache", "show", "77"), 1, "no guild cache"
        if not os.path.exists(fleet.path("state", "cache", "data.mdb"))
        else "no contents", "before there is any")
    wait_gate(fleet)
    world = World(sim, 1)
    world.same(t, fleet, "at the start")
    cli(t, sim, fleet)
    path = fleet.path("state", "cache", "data.mdb")
    token = json.loads(fleet.must("client", "token", "bot", "--json"))["token"]
    bot = FleetBot(gate_url(config))
    bot.come(token)
    bot.until_guilds(GUILDS)
    bot.hear(10)

    def mended(harm, what):
        """Done to a cache whose gate is dead: the next one mends it."""
        nonlocal bot
        pid = gate_pid(fleet)
        os.kill(fleet.supervisor_pid(), 19)
        kill(pid)
        harm()
        done = fleet.cli("cache", "stat", "--json")
        t.equal((done.returncode, json.loads(done.stdout)["state"]),
            (1, "damaged"), what + ": cache stat says so")
        os.kill(fleet.supervisor_pid(), 18)
        wait_gate(fleet, other_than=pid)
        world.same(t, fleet, what + ": the log has it all again")
        bot = bot.go_on(token)
        bot.hear(10)

    mended(lambda: flip(path, range(2, pages(path))), "bytes that flipped")
    mended(lambda: os.truncate(path, 4096 * 3), "a cut file")

    def other_version():
        with open(path, "r+b") as f:
            data = f.read()
            at = 16 + 4		# behind the page's header and the magic
            for page in (0, 4096):
                f.seek(page + at)
                f.write(struct.pack("<I", 999))
        assert data
    mended(other_version, "another version")
    t.match(fleet.log_text(), "guild cache .* is (damaged|of another version)",
        "the log says what happened")

    # While the gate runs, and does not notice: an order looks.
    pid = gate_pid(fleet)
    flip(path, range(2, pages(path)))
    wait_until(lambda: gate_pid(fleet) not in (None, pid)
        or fleet.cli("cache", "rebuild").returncode == 0, "cache rebuild")
    wait_gate(fleet, other_than=pid)
    world.same(t, fleet, "under a gate that runs: all is there again")
    bot = bot.go_on(token)
    bot.hear(10)
    t.equal((bot.gaps, bot.doubled), ([], 0), "the bot missed nothing")
    t.equal(sim.totals()["identifies"], 2, "and no session was lost")

    # Lost for good: neither cache nor log.
    fleet.stop()
    kept = fleet.path("state", "cache")
    for name in os.listdir(kept):
        os.unlink(os.path.join(kept, name))
    t.sentence(fleet.cli("cache", "stat"), 1, "no guild cache",
        "a fleet that is down, without one")
    fleet.start()
    wait_gate(fleet)
    fleet.wait_status(lambda s: s["gate"]["cache_cold"], "status: it is cold")
    t.equal(stat(fleet)["state"], "cold", "so does cache stat")
    t.sentence(fleet.cli("cache", "rebuild"), 1, "only 0 of 0 guilds and no "
        "READY", "rebuild says what is lacking")
    for shard in (0, 1):
        wait_until(lambda: fleet.cli("cache", "rebuild", "--shard",
            str(shard)).returncode == 0, "shard %d gives its session up"
            % shard)
    world.same(t, fleet, "its guilds come again")
    t.equal(sim.totals()["identifies"], 4, "for one IDENTIFY each")
    sim.ctl("set", "remaining", 30)
    wait_until(lambda: fleet.cli("budget", "--ask").returncode == 1,
        "the budget is at the reserve")
    t.sentence(fleet.cli("cache", "rebuild", "--shard", "0"), 75,
        "30 IDENTIFYs are left, and 30 are kept", "then it is refused")
    t.sentence(fleet.cli("cache", "rebuild", "--shard", "7"), 64,
        "no shard 7", "as is a shard that is none")
    t.equal(sim.totals()["identifies"], 4, "and nothing is spent")
    fleet.stop()
    t.equal(stat(fleet)["state"], "fine", "it can be looked at without a fleet")


scenario(main)
