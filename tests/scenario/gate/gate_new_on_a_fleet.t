#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A gate that is given to a fleet that runs: its cache lacks the shards that had
their sessions before it, which status, check and an alert say until they have
new ones; then a bot gets every guild."""
import json
import sys

sys.path.append(sys.path[0] + "/../lib")
from gates import FleetBot, GATE, gate_url, wait_gate
from herd import scenario, wait_until


def main(t):
    sim = t.sim(rate=20, shards=2, guilds=8)
    fleet = t.fleet(sim, config={})
    fleet.start()
    t.equal(fleet.status()["gate"], None, "there is no gate")
    config = GATE()
    fleet.write_config(config)
    fleet.must("reload")
    fleet.wait_status(lambda s: s["gate"] is not None, "the config has a gate")
    wait_gate(fleet)
    fleet.wait_status(lambda s: s["gate"]["cache_missing"] == 2,
        "its cache lacks both shards")
    t.match(fleet.cli("status").stdout, r"\ngate [^\n]*\n? *cache lacks 2 shards",
        "status says it")
    wait_until(lambda: fleet.cli("check").returncode == 1, "check warns", 60)
    t.match(fleet.cli("check").stdout, r"the gate's cache: it lacks 2 shards",
        "and says why")
    wait_until(lambda: "Alert (cache)" in fleet.log_text(), "an alert tells it",
        60)

    # Discord lets both sessions go: each shard IDENTIFYs.
    sim.ctl("fault", "op9-on-resume", "false", "--shard", 0)
    sim.ctl("fault", "op9-on-resume", "false", "--shard", 1)
    for shard in (0, 1):
        sim.ctl("drop", shard)
    sim.wait("identifies>=4", timeout=90)
    fleet.wait_status(lambda s: s["gate"]["cache_missing"] == 0,
        "nothing is missing any more", 90)
    wait_until(lambda: "Alert over (cache)" in fleet.log_text(),
        "the alert is over", 60)
    token = json.loads(fleet.must("client", "token", "bot", "--json"))["token"]
    bot = FleetBot(gate_url(config))
    bot.come(token)
    bot.until_guilds(8)
    t.equal(len(bot.guilds), 8, "a bot gets every guild")
    t.match(fleet.cli("check").stdout, " OK ", "all is well")
    bot.drop()
    fleet.stop()


scenario(main)
