#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A gate that takes all of [limits] memory_gate is told, and gives its place to
another one, once: its client RESUMEs and misses nothing."""
import json
import sys

sys.path.append(sys.path[0] + "/../lib")
from gates import FleetBot, GATE, gate_pid, gate_url, wait_gate
from herd import scenario, wait_until

RATE = 100


def main(t):
    sim = t.sim(rate=RATE, shards=2, guilds=16)
    config = GATE()
    fleet = t.fleet(sim, config=config)
    fleet.start()
    wait_gate(fleet)
    wait_until(lambda: fleet.cli("client", "token", "bot").returncode == 0,
        "the bot's id is known")
    token = json.loads(fleet.must("client", "token", "bot", "--json"))["token"]
    bot = FleetBot(gate_url(config))
    bot.come(token)
    bot.hear(RATE)
    fleet.wait_status(lambda s: s["gate"]["anon_kb"] > 1024,
        "its memory is looked at")
    pid = gate_pid(fleet)

    config["limits.memory_gate"] = "1M"	# less than any takes
    fleet.write_config(config)
    fleet.must("reload")
    bot = wait_until(lambda: gate_pid(fleet) != pid and bot.go_on(token),
        "another gate serves the bot")
    wait_gate(fleet, other_than=pid)
    bot.hear(RATE)
    t.equal((bot.gaps, bot.doubled), ([], 0), "nothing missed, nothing twice")
    t.match(fleet.log_text(), r"The gate takes \d+ of 1 MiB of memory .* "
        "another one takes its place", "the log says why")
    t.match(fleet.log_text(), r"The gate takes \d+ of 1 MiB of memory \(\d+ %\)",
        "and warned of it")
    t.match(fleet.log_text(), r"Alert \(limits\): .*The gate takes",
        "an alert tells it")

    # The next one is above the limit, too, and stays.
    second = gate_pid(fleet)
    seen = fleet.status()["gate"]["events"]
    wait_until(lambda: fleet.status()["gate"]["events"] > seen + 5 * RATE,
        "it goes on")
    t.equal(gate_pid(fleet), second, "no other one takes its place at once")
    t.equal(fleet.log_text().count("another one takes its place"), 1,
        "and that was the only time")
    t.equal(sim.totals()["identifies"], 2, "no IDENTIFY was spent")
    bot.drop()
    fleet.stop()


scenario(main)
