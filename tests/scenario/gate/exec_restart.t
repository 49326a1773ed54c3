#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The fleet runs a bot's process: it has what it needs and nothing else of
ours, is started again when it dies, replaced under load by `client restart`
and by a reload without a message missed or an IDENTIFY spent, and ends with the
fleet.  A new one that is broken, or does not come up in time, leaves the old
one in service."""
import http.client as http_client
import os
import sys

sys.path.append(sys.path[0] + "/../lib")
from execs import Bots, Judge, exec_config
from gates import gate_url, wait_gate
from herd import scenario, wait_until
from processes import alive, kill
from ws import Client, Closed

RATE = 100


def taken(config, token):
    """What REST says to it, and the gateway: a close code, None: RESUMEd, or
    told to begin anew."""
    http = http_client.HTTPConnection(config["gate.rest_listen"], timeout=300)
    http.request("GET", "/api/v10/gateway/bot", headers={
        "Authorization": "Bot " + token})
    answer = http.getresponse().status
    http.close()
    client = Client(gate_url(config))
    client.until(10)
    client.resume(token, "0" * 32, 1)
    try:
        client.until(9)
        return answer, None
    except Closed as e:
        return answer, e.code
    finally:
        client.drop()


def main(t):
    sim = t.sim(rate=RATE, shards=2, guilds=16)
    fleet = t.fleet(sim)
    bots = Bots(fleet)
    config = exec_config(bots.place)
    # A second client, which is no process of ours, tells what there was.
    config['client "other".rest'] = "none"
    fleet.write_config(config)
    fleet.start()
    wait_gate(fleet)
    first = bots.wait_ready()
    start = bots.has(first, "start")[0]

    t.equal(sorted(set(start) - {"PATH", "HOME", "LANG", "LC_CTYPE"}),
        ["DISCORD_API", "DISCORD_GATEWAY", "DISCORD_TOKEN",
        "SHARDHERD_CLIENT", "SHARDHERD_PROCESS"],
        "its environment is what the manual says")
    with open(sim.urls["SIM_TOKEN_FILE"], encoding="utf-8") as f:
        secret = f.read().strip()
    t.ok(secret not in str(start) and start["DISCORD_TOKEN"].count(".") == 2,
        "its token is one of ours, not Discord's")
    t.equal(bots.said(first)[0]["fds"], [0, 1, 2, 3],
        "no descriptor of ours leaked to it (3 is its own look)")
    t.equal(bots.said(first)[0]["cwd"], os.path.dirname(fleet.config),
        "it runs in the config's directory")
    gateway = bots.has(first, "gateway")[0]
    t.equal(gateway["url"], start["DISCORD_GATEWAY"],
        "its token counts for REST, too")
    wait_until(lambda: "client bot: the bot runs: " in fleet.log_text(),
        "what it prints is in the log")
    t.ok("\x1b" not in fleet.log_text()
        and start["DISCORD_TOKEN"] not in fleet.log_text(),
        "as text, and its token is not there")

    judge = Judge(fleet, config, "other")
    bots.wait_messages(first, RATE)
    before = judge.heard()
    kill(first)
    second = bots.wait_ready(other_than=(first,))
    bots.wait_messages(second, RATE)
    t.ok("SIGKILL" in bots.row()["last_end"] or "signal 9" in
        bots.row()["last_end"], "its death is told as it was")
    t.equal(bots.row()["starts"], 2, "and it was started again")
    t.equal((taken(config, start["DISCORD_TOKEN"]),
        taken(config, bots.has(second, "start")[0]["DISCORD_TOKEN"])),
        ((401, 4004), (200, None)), "its token has ended with it")
    t.match(fleet.must("client", "why", "bot"), r"(?s)process started.*"
        r"connection ended: .*signal 9.*process started",
        "client why has it all, in order")

    done = fleet.cli("client", "restart", "bot")
    t.match(done.stdout, r"(?s)A new process starts.*READY at the gate.*"
        "Client bot runs as process", "client restart tells each step")
    third = bots.wait_ready(other_than=(first, second))
    wait_until(lambda: not alive(second), "the one before has ended")
    t.equal(bots.has(second, "end"), ["SIGTERM"], "asked by SIGTERM")
    bots.wait_messages(third, RATE)

    bots.mode("broken")
    done = fleet.cli("client", "restart", "bot")
    t.sentence(done, 1, r"did not come up: .*exited with code 1.*the new code "
        r"is broken.*goes on as it was", "a broken one is refused its place")
    t.equal(bots.pid(), third, "the old one goes on")
    bots.wait_messages(third, RATE)
    bots.mode("mute")
    config['client "bot".start_timeout'] = "1s"
    fleet.write_config(config)
    fleet.must("reload")
    done = fleet.cli("client", "restart", "bot")
    t.sentence(done, 1, r"not READY at the gate in time.*goes on as it was",
        "one that never comes is ended in time")
    t.equal(bots.pid(), third, "the old one goes on")
    bots.wait_messages(third, RATE)
    wait_until(lambda: [p for p in bots.pids() if alive(p)] == [third],
        "none but it runs")

    bots.mode("broken")
    before_it = bots.pids()
    config['client "bot".start_timeout'] = "60s"
    config['client "bot".exec'] += " changed"
    config["handler.probation"] = "0"
    fleet.write_config(config)
    fleet.must("reload")
    tries = wait_until(lambda: bots.pids() != before_it and len(bots.pids()),
        "a reload with another exec starts a new one")
    wait_until(lambda: "goes on as it was. \"shardherd reload\"" in
        fleet.log_text(), "which is broken: that is told")
    bots.wait_messages(third, RATE)
    t.equal((bots.pid(), len(bots.pids())), (third, tries),
        "the old one goes on, and it is not tried again by itself")
    bots.mode("")
    fleet.must("reload")
    fourth = bots.wait_ready(other_than=(first, second, third))
    t.equal(bots.said(fourth)[0]["argv"][2:], ["changed"],
        "a reload with another exec brings the next one")
    wait_until(lambda: not alive(third), "the one before has ended")
    bots.wait_messages(fourth, RATE)
    t.equal(sim.totals()["identifies"], 2, "no IDENTIFY was spent")
    wanted = judge.end() - before
    wait_until(lambda: wanted <= set(bots.messages()),
        "the bot's processes together heard all")
    t.ok(len(wanted) > 5 * RATE, "of %d messages none was missed" % len(wanted))

    t.sentence(fleet.cli("client", "restart", "other"), 64,
        "client other has no exec", "without exec there is nothing to restart")
    t.sentence(fleet.cli("client", "restart", "nobody"), 64,
        "here is no .*client.* .nobody", "nor without a client")

    why = fleet.must("client", "why", "bot")
    for words in ("restart asked for by", "took over", "did not come up",
            "new code is broken", "came with IDENTIFY: READY",
            "another connection of the client"):
        t.ok(words in why, "client why knows: " + words)
    done = fleet.must("client", "kick", "bot")
    t.match(done, "1 connections of client bot", "kick has it reconnect")
    wait_until(lambda: bots.has(fourth, "resumed"), "it RESUMEs")
    ready = len(bots.has(fourth, "ready"))
    done = fleet.must("client", "kick", "bot", "--end")
    t.match(done, "1 sessions ended", "kick --end ends its session")
    wait_until(lambda: len(bots.has(fourth, "ready")) > ready,
        "it IDENTIFYs at the gate")
    t.equal(bots.pid(), fourth, "as the same process")

    config['client "bot".exec'] = None
    config['client "bot".rest'] = "full"
    fleet.write_config(config)
    fleet.must("reload")
    wait_until(lambda: not alive(fourth), "without exec its process ends")
    config['client "bot".exec'] = exec_config(bots.place)['client "bot".exec']
    fleet.write_config(config)
    fleet.must("reload")
    last = bots.wait_ready(other_than=(first, second, third, fourth))
    bots.mode("mute")
    config['client "bot".exec'] += " again"
    fleet.write_config(config)
    fleet.must("reload")
    wait_until(lambda: len([p for p in bots.pids() if alive(p)]) > 1,
        "another one is to take over")
    fleet.stop()
    t.equal([p for p in bots.pids() if alive(p)], [],
        "stop ends both, in the middle of a change")
    t.equal(bots.has(last, "end"), ["SIGTERM"], "in order")


scenario(main)
