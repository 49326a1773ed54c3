#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A bot's process that the fleet runs: it stays when the fleet is planned anew
with another number of shards, keeps its place against an older process and,
with on_second = refuse, against others; and it leaves when no supervisor comes
back."""
import sys

sys.path.append(sys.path[0] + "/../lib")
from execs import Bots, exec_config
from gates import FleetBot, INTENTS, gate_url, wait_gate
from herd import scenario, wait_until
from processes import alive
from ws import Closed


def turned_away(t, config, token, code, what):
    """IDENTIFY with that token ends with this code."""
    bot = FleetBot(gate_url(config))
    bot.until(10)
    bot.identify(token, (0, 1), intents=INTENTS)
    try:
        bot.until(0, "READY")
        t.ok(False, what)
    except Closed as e:
        t.equal(e.code, code, what)
    bot.drop()


def main(t):
    sim = t.sim(shards=2, rate=50, guilds=16)
    fleet = t.fleet(sim)
    bots = Bots(fleet)
    config = exec_config(bots.place, on_second="refuse")
    config["limits.orphan_time"] = "3s"
    fleet.write_config(config)
    fleet.start()
    wait_gate(fleet)
    first = bots.wait_ready()
    done = fleet.must("client", "restart", "bot")
    t.match(done, "READY at the gate", "a new process is not refused")
    bot = bots.wait_ready(other_than=(first,))
    wait_until(lambda: not alive(first), "the one before ends")
    turned_away(t, config, bots.has(first, "start")[0]["DISCORD_TOKEN"], 4004,
        "one that was replaced does not take the place back")
    own = fleet.must("client", "add", "bot").split()[0]
    turned_away(t, config, own, 4000,
        "nor does another of the bot's, by its config")
    bots.wait_messages(bot, 50)

    sim.ctl("set", "shards", 4)
    sim.ctl("close", 1, 4011)
    fleet.shards = 4
    fleet.wait_ready(timeout=60)
    wait_gate(fleet)
    t.equal(fleet.status()["cluster"]["shard_count"], 4, "4 shards now")
    bots.wait_messages(bot, 50)
    wait_until(lambda: bots.pid() == bot, "status shows the bot")
    t.equal([p for p in bots.pids() if alive(p)], [bot],
        "the bot's process is the one it was")
    done = fleet.must("client", "restart", "bot")
    t.match(done, "READY at the gate", "and can be replaced")
    last = bots.wait_ready(other_than=(first, bot))

    fleet.kill_supervisor()
    wait_until(lambda: not alive(last), "alone, it ends after orphan_time")
    t.equal(bots.has(last, "end"), ["SIGTERM"], "in order")
    fleet.cli("stop")


scenario(main)
