#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A bot's process that the fleet runs outlives supervisor, handler and gate: it
is taken over after the SIGKILL of the supervisor and after an upgrade, runs on
while the gate is replaced, misses nothing and spends no IDENTIFY; it ends when
its parent is killed, and one that takes no SIGTERM ends all the same."""
import sys

sys.path.append(sys.path[0] + "/../lib")
from execs import Bots, Judge, exec_config
from gates import gate_pid, wait_gate
from herd import scenario, wait_until
from processes import alive, kill

RATE = 100


def parent(pid):
    with open("/proc/%d/stat" % pid, encoding="utf-8") as f:
        return int(f.read().rpartition(")")[2].split()[1])


def main(t):
    sim = t.sim(rate=RATE, shards=2, guilds=16)
    fleet = t.fleet(sim)
    bots = Bots(fleet)
    config = exec_config(bots.place)
    config['client "other".rest'] = "none"
    config["limits.stop_timeout"] = "3s"
    fleet.write_config(config)
    fleet.start()
    wait_gate(fleet)
    bot = bots.wait_ready()
    judge = Judge(fleet, config, "other")
    bots.wait_messages(bot, RATE)
    before = judge.heard()

    def still_there(what):
        bots.wait_messages(bot, RATE)
        wait_until(lambda: bots.pid() == bot, "status shows it")
        t.equal([p for p in bots.pids() if alive(p)], [bot], what
            + ": the bot runs on, once")

    fleet.kill_supervisor()
    bots.wait_messages(bot, RATE)
    fleet.start()
    still_there("SIGKILL of the supervisor")
    t.ok("processes of 1 clients" in fleet.log_text(), "it was taken over")
    said = len(bots.has(bot, "resumed"))
    kill(gate_pid(fleet))
    wait_until(lambda: len(bots.has(bot, "resumed")) > said, "it RESUMEs")
    still_there("SIGKILL of the gate")
    kill(fleet.handler_pid())
    still_there("SIGKILL of the handler")
    fleet.must("upgrade", fleet.binary)
    still_there("an upgrade")
    config["gate.session_life"] = "11m"
    config["handler.probation"] = "0"
    old = gate_pid(fleet)
    fleet.write_config(config)
    fleet.must("reload")
    wait_gate(fleet, other_than=old)
    still_there("a reload that replaces the gate")
    # The supervisor of now has not made its token.
    done = fleet.cli("client", "restart", "bot")
    t.match(done.stdout, "READY at the gate", "it can be replaced after that")
    second = bots.wait_ready(other_than=(bot,))
    bots.wait_messages(second, RATE)
    t.equal(sim.totals()["identifies"], 2, "no IDENTIFY was spent")
    wanted = judge.end() - before
    wait_until(lambda: wanted <= set(bots.messages()),
        "the bot's processes together heard all")
    t.ok(len(wanted) > 5 * RATE, "of %d messages none was missed" % len(wanted))

    bots.mode("stubborn")
    kill(parent(second))
    wait_until(lambda: not alive(second), "without its parent the bot ends")
    third = bots.wait_ready(other_than=(bot, second))
    t.equal([p for p in bots.pids() if alive(p)], [third],
        "another one follows, and it alone")
    fleet.kill_supervisor()
    fleet.stop()
    t.ok(not alive(third),
        "stop without a supervisor ends one that takes no SIGTERM")
    t.equal(bots.has(third, "end"), [], "as it did not")


scenario(main)
