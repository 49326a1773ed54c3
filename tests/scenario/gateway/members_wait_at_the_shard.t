#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""8.28: two requests for one guild's member list: the first goes out, the
other waits for Discord's 30 s at the shard, so that Discord never has to say
RATE_LIMITED."""
import sys
import time

sys.path.append(sys.path[0] + "/../lib")
from herd import own_plugin, scenario, wait_until
from ordeal import healthy

PLUGIN = own_plugin("askmembers.py")
TIMES = 2


def main(t):
    sim = t.sim(shards=2)
    fleet = t.fleet(sim)
    path = fleet.path("told")
    fleet.write_config({"bot.intents": "GUILDS, GUILD_MEMBERS"}, {
        "audit": fleet.audit(), "ask": dict(exec="%s %s %s %d" % (
        sys.executable, PLUGIN, path, TIMES), events="GUILD_CREATE, "
        "GUILD_MEMBERS_CHUNK, RATE_LIMITED")})
    fleet.start()
    began = time.monotonic()

    def told():
        with open(path, encoding="utf-8") as f:
            return f.read().splitlines()

    def answered(number):
        for words in map(str.split, told()):
            if words[:3] == ["answer", str(number), "ok"]:
                return int(words[3]) / 1000
    first = wait_until(lambda: answered(0), "the first request goes out")
    t.soon(began, 5, "8.28: the first goes out at once", first - began)
    last = wait_until(lambda: answered(TIMES - 1),
        "the last request goes out", 45 * TIMES)
    t.ok(last - first >= 25, "8.28: the next one waits for its 30 s (%.0f s)"
        % (last - first))
    wait_until(lambda: [x for x in told() if x.startswith(
        "event GUILD_MEMBERS_CHUNK n%d" % (TIMES - 1))], "the last chunks come")
    t.equal([x for x in told() if "RATE_LIMITED" in x], [],
        "8.28: Discord had nothing to limit")
    sim.settle()
    t.nothing_lost(sim, identifies=2)
    healthy(t, fleet)
    fleet.stop()


scenario(main)
