# SPDX-License-Identifier: MIT
"""The world of soak: how it is built, when it is whole, what an ordinary day
brings, and what its bots must have got."""
import contextlib
import os

import harm
import herd
import orders
from files import replace
from gates import GATE, client_token, free_port, wait_gate
from keepingbots import KeepingBots
from world import World, programs_of


def killed(kind):
    def do(w, dice):
        pid = w.pid(kind, dice)
        if pid:
            w.kill(kind, pid)
    return do


def ordered(name):
    return lambda w, dice: orders.order(w, dice, name)


def cut(w, dice):
    who = dice.choice(["all", *range(w.shards)])
    w.sim.ctl("drop", who)
    return who


# How each is done.
DAY = {"kill " + kind: killed(kind) for kind in ("shard", "handler", "plugin",
    "gate", "web")}
DAY.update((name, ordered(name)) for name in ("reload", "rollout", "upgrade",
    "plugin restart", "shard reconnect", "shard restart"))
DAY.update({"kill bot": harm.kill_bot, "cut": cut, "broken reload":
    orders.broken_reload})
# Every third day: a long life hides nothing.
SELDOM = {"kill supervisor": killed("supervisor")}


def build(t, sim, plugin, config):
    """A fleet on sim with gate, web, and a bot of two processes, whole; audit
    and the plugin of these keys are there, which is called as that of chaos is,
    for its orders.  The world, and the bot's token."""
    config = {"log.level": "info", "handler.probation": "2s",
        "bot.token_file": "token", "web.listen": "127.0.0.1:%d" % free_port(),
        **GATE(heartbeat="2s"), **config}
    fleet = t.fleet(sim)
    with open(sim.urls["SIM_TOKEN_FILE"], encoding="utf-8") as f:
        replace(fleet.path("token"), f.read())
    fleet.write_config(config, {"audit": fleet.audit(), "tally": plugin})
    fleet.start()
    bot = client_token(fleet, "bot")
    wait_gate(fleet)
    bots = KeepingBots(t.dir, config, bot, 2)
    bots.wait_live()
    return World(t, sim, fleet, bots, programs_of(fleet)), bot


def whole(w):
    w.fleet.wait_ready(120)
    wait_gate(w.fleet)
    before = w.sim.totals()["handled"]
    w.sim.wait("handled>%d" % before, 120)
    w.bots.wait_live(120)


def judge_bots(t, w, sent):
    """They have each message, so many, in order and once."""
    total = {}

    def complete():
        total.update(w.bots.verdict()[0])
        return total["messages"] >= sent
    with contextlib.suppress(herd.Failed):
        herd.wait_until(complete, "the bots have everything", 60)
    t.note("the bots: " + ", ".join("%d %s" % (n, k)
        for k, n in sorted(total.items())))
    t.equal(total["messages"], sent, "the bots have every message")
    for name in ("gaps", "reordered", "twice"):
        t.equal(total.get(name, 0), 0, "the bots: %s 0" % name)


def secrets(w, bot):
    with open(w.fleet.path("token"), encoding="utf-8") as f:
        return [f.read().strip(), bot]


def disk_kb(folder):
    """What its files take of the disk."""
    total = 0
    for at, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(FileNotFoundError):	# rotated just now
                total += os.lstat(os.path.join(at, name)).st_blocks
    return total // 2


def private_kb(pid):
    with open("/proc/%d/smaps_rollup" % pid, encoding="ascii") as f:
        return sum(int(line.split()[1]) for line in f
            if line.startswith("Private_"))
