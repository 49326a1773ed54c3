#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The fleet runs a bot's process."""
import sys

sys.path.append(sys.path[0] + "/../lib")
from execs import Bots, exec_config
from gates import wait_gate
from herd import scenario, wait_until


def main(t):
    sim = t.sim(rate=100, shards=2, guilds=16)
    fleet = t.fleet(sim)
    bots = Bots(fleet)
    config = exec_config(bots.place)
    fleet.write_config(config)
    fleet.start()
    wait_gate(fleet)
    first = bots.wait_ready()
    t.note(str(bots.said(first)[:3]))
    bots.wait_messages(first, 50)
    done = fleet.cli("client", "restart", "bot")
    t.note(done.stdout + done.stderr)
    second = bots.wait_ready(other_than=(first,))
    bots.wait_messages(second, 50)
    t.note(str(bots.said(first)[-1]) + str(bots.said(second)[:5]))
    t.note(fleet.must("client", "why", "bot"))
    t.note(fleet.must("status"))
    fleet.stop()
    t.note(fleet.log_text()[-3000:])


scenario(main)
