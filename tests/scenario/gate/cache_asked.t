#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Plugins ask the gate's cache over the handler: guilds, channels, members,
permissions; what was told is in the answer; without a gate, or while it is
away, they are told so at once.  A client's REST calls find a channel's guild
there, without a question to Discord."""
import json
import os
import signal
import sys
import urllib.error
import urllib.request

sys.path.append(sys.path[0] + "/../lib")
from bridging import Bridge
from gates import GATE, free_port, gate_pid, wait_gate
from herd import scenario, wait_until
from mutating import INTENTS, World, created, difference, in_order
from processes import kill

NOT_CACHED, NO_CACHE = -32007, -32008


def methods(t, bot, world, guild):
    here = {"guild_id": guild["id"]}
    t.equal(difference(in_order(bot("guild.get", **here)), in_order(guild)),
        [], "guild.get is what Discord would send")
    channel = [c for c in guild["channels"] if c["type"] == 0][0]
    t.equal(bot("channel.get", channel_id=channel["id"]), dict(channel,
        guild_id=guild["id"]), "channel.get, with its guild")
    thread = guild["threads"][0]["id"] if guild["threads"] else None
    if thread is not None:
        t.equal(bot("channel.get", channel_id=thread)["id"], thread,
            "a thread too")
    own = world.sim_bot(guild)
    t.equal(bot("member.get", **here)["user"]["id"], own,
        "member.get, of the bot")
    t.equal(bot("member.get", user_id=own, **here)["user"]["id"], own,
        "by its id")
    other = world.rest("GET", "/guilds/%s/members?limit=50" % guild["id"])[1]
    other = [m for m in other if m["user"]["id"] not in [guild["owner_id"]]
        + [x["user"]["id"] for x in guild["members"]]][0]
    t.equal(bot.code("member.get", user_id=other["user"]["id"], **here),
        NOT_CACHED, "of others by config only")
    t.equal(bot.code("permissions", user_id=other["user"]["id"], **here),
        NOT_CACHED, "whose permissions nobody knows")
    for how in ({"roles": other["roles"]}, {"member": other}):
        got = bot("permissions", user_id=other["user"]["id"],
            channel_id=channel["id"], **how)
        t.ok(int(got["permissions"]) & 1 << 10 and not got["all"],
            "but for who says its %s: %s" % (list(how)[0], got))
    for wrong in ({"channel_id": "x"}, {}, dict(here, channel_id="1"),
            dict(here, roles="1"), dict(here, roles=["x"]),
            dict(here, member={}), dict(here, member=other, roles=[]),
            dict(here, user_id=5)):
        t.equal(bot.code("permissions", **wrong), -32602, "refused: %.60s"
            % wrong)
    for method, params in (("guild.get", {"guild_id": "77"}),
            ("channel.get", {"channel_id": "77"}),
            ("permissions", {"channel_id": "77"})):
        t.equal(bot.code(method, **params), NOT_CACHED, method + " of nothing")


def follows(t, bot, world, guild):
    """What a call has changed, and the plugin was told of, is in the answer:
    the event was on its way to the gate before the question."""
    for number in range(10):
        _, made = world.rest("POST", "/guilds/%s/channels" % guild["id"],
            {"name": "follows-%d" % number, "type": 0})
        bot.seen(lambda e: e["d"].get("id") == made["id"],
            "the plugin hears of it")
        got = bot.answer("channel.get", {"channel_id": made["id"]})
        if got.get("result", {}).get("name") != made["name"]:
            t.ok(False, "channel %d: %r" % (number, got))
        world.rest("PUT", "/channels/%s/permissions/%s" % (made["id"],
            guild["id"]), {"type": 0, "allow": "0", "deny": "2048"})
        bot.seen(lambda e: e["t"] == "CHANNEL_UPDATE" and
            e["d"]["id"] == made["id"], "and of its overwrite")
        got = bot("permissions", channel_id=made["id"], roles=[],
            user_id="123")
        if int(got["permissions"]) & 2048:
            t.ok(False, "overwrite %d: %r" % (number, got))
    t.ok(True, "what the plugin was told is in what it asks")


def away(t, bot, fleet, guild):
    """A gate that hangs, that dies, that is there again."""
    here = {"guild_id": guild["id"]}
    pid = gate_pid(fleet)
    os.kill(pid, signal.SIGSTOP)
    t.equal(bot.code("guild.get", **here), NO_CACHE, "a gate that hangs")
    os.kill(pid, signal.SIGCONT)
    wait_until(lambda: "result" in bot.answer("guild.get", here),
        "it goes on")
    os.kill(pid, signal.SIGSTOP)
    bot.ask("guild.get", **here)
    kill(pid)
    t.equal(bot.answered().get("code"), NO_CACHE, "one that dies meanwhile")
    wait_gate(fleet, other_than=pid)
    wait_until(lambda: "result" in bot.answer("guild.get", here),
        "the next one answers")


def by_rest(t, sim, fleet, config, guild):
    """A client bound to a guild: its channel calls go through, and Discord is
    not asked where the channel is."""
    done = fleet.must("client", "token", "bot", "--json")
    token = json.loads(done)["token"]
    url = "http://%s/api/v10/channels/" % config["gate.rest_listen"]

    def call(channel):
        request = urllib.request.Request(url + channel, headers={
            "Authorization": "Bot " + token,
            "User-Agent": "DiscordBot (https://example.org, 1)"})
        try:
            with urllib.request.urlopen(request, timeout=60) as r:
                return r.status
        except urllib.error.HTTPError as e:
            return e.code

    def asked():
        return sim.report()["rest"]["requests"]
    mine = [c["id"] for c in guild["channels"] if c["type"] == 0]
    other = [c["id"] for g in created(sim).values() if g["id"] != guild["id"]
        for c in g["channels"] if c["type"] == 0]
    before = asked()
    t.equal([call(c) for c in mine[:2]], [200, 200], "its guild's channels")
    t.equal(asked() - before, 2, "one call each reached Discord")
    before = asked()
    t.equal(call(other[0]), 403, "another guild's is refused")
    t.equal(asked() - before, 0, "and Discord heard nothing of it")


def main(t):
    sim = t.sim(rate=0, shards=2, guilds=4)
    first = list(created(sim).values())[0]
    config = {**GATE(members="self", rest_listen="127.0.0.1:%d" % free_port()),
        "bot.intents": INTENTS, 'client "bot".guilds': first["id"]}
    fleet = t.fleet(sim)
    bot = Bridge(fleet, "bot", events="CHANNEL_CREATE, CHANNEL_UPDATE")
    plugins = {"audit": fleet.audit(), "bot": bot.config()}
    fleet.write_config({"bot.intents": INTENTS}, plugins)
    fleet.start()
    said = bot.answer("guild.get", {"guild_id": first["id"]})
    t.equal(said.get("code"), NO_CACHE, "without a gate: %s" % said)
    fleet.write_config(config, plugins)
    fleet.must("reload")
    wait_gate(fleet)
    said = bot.answer("guild.get", {"guild_id": first["id"]})
    t.equal(said.get("code"), NO_CACHE, "a gate that begins is cold: %s" % said)
    t.equal(fleet.status()["gate"]["cache_cold"], True, "status says so")
    for shard in (0, 1):
        wait_until(lambda: fleet.cli("cache", "rebuild", "--shard",
            str(shard)).returncode == 0, "shard %d IDENTIFYs" % shard)
    wait_until(lambda: fleet.cli("cache", "stat").returncode == 0,
        "the cache is filled")
    world = World(sim, 1)
    wait_until(lambda: all("result" in bot.answer("guild.get", {"guild_id": g})
        for g in created(sim)), "and has every guild")
    guild = created(sim)[first["id"]]
    self_only = dict(guild, members=[m for m in guild["members"]
        if m["user"].get("bot")])
    methods(t, bot, world, self_only)
    follows(t, bot, world, guild)
    by_rest(t, sim, fleet, config, guild)
    away(t, bot, fleet, guild)
    t.equal(sim.totals()["identifies"], 4, "two to start, one for each order")
    fleet.stop()


scenario(main)
