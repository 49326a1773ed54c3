#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""`members`: collected and streamed, over the right shard, and whole after
what may come between: RATE_LIMITED, a lost request, RESUME, a new session."""
import sys

sys.path.append(sys.path[0] + "/../lib")
from bridging import Bridge
from herd import scenario, wait_until

NINE = 9  # members of each guild: eight people and the bot


def ids(members):
    return sorted(int(m["user"]["id"]) for m in members)


def shard_of(guild):
    return (int(guild) >> 22) % 2


def collected(t, sim, bot, guilds):
    sim.ctl("set", "chunk-size", 2)
    sim.ctl("set", "members", 8 + 5)
    for guild in (guilds[0][0], guilds[1][0]):
        got = bot("members", guild_id=guild, presences=False)
        t.equal((got["guild_id"], got["chunks"], got["count"],
            len(set(ids(got["members"])))), (guild, 7, NINE + 5, NINE + 5),
            "all members over shard %d" % shard_of(guild))
    got = bot("members", guild_id=guilds[0][0], limit=3)
    t.equal((got["count"], got["chunks"]), (3, 2), "so many of them")
    everybody = bot("helper.members", guild_id=guilds[0][1])
    t.equal(len(set(everybody)), NINE + 5, "streamed")
    return got["members"][0]["user"]["id"]


def too_many(t, sim, bot, guilds):
    sim.ctl("set", "members", 8 + 30000)
    sim.ctl("set", "chunk-size", 1000)
    answer = bot.answer("members", dict(guild_id=guilds[0][2]))
    t.equal(answer.get("code"), -32000, "too many for one answer")
    t.match(answer["message"], "stream", "it says what to do")
    got = bot("helper.members", guild_id=guilds[1][2])
    t.equal((len(got), len(set(got))), (NINE + 30000, NINE + 30000),
        "but not for a stream")
    sim.ctl("set", "members", 8)


def between(t, sim, fleet, bot, guild, user):
    """Each time the answer is whole, whatever came first."""
    shard = shard_of(guild)

    def whole(what):
        answer = bot.answered()
        t.equal([m["user"]["id"] for m in answer.get("result", {}).get(
            "members", [])], [user], what)
        if "result" not in answer:
            t.note(repr(answer))

    def ask():
        bot.ask("members", guild_id=guild, user_ids=[user])

    sim.ctl("fault", "limit-members", 800, "--shard", shard)
    ask()
    whole("RATE_LIMITED: asked again")
    sim.ctl("fault", "limit-members", 300000, "--shard", shard)
    refused = bot.answer("members", dict(guild_id=guild, user_ids=[user]))
    t.equal((refused.get("code"), (refused["data"] or {}).get("retry_after")),
        (-32001, 300), "RATE_LIMITED for long: an error that says how long")

    sim.ctl("mute", shard, "on")
    sent = sim.totals()["sent"]
    ask()
    sim.wait("sent>%d" % sent)
    sim.ctl("drop", shard)
    whole("RESUME: the chunk is replayed")

    sim.ctl("fault", "lose-members", "--shard", shard)
    ask()
    wait_until(lambda: "lose-members" not in sim.ctl("fault", "list"),
        "it is lost")
    sim.ctl("drop", shard)
    whole("RESUME after a lost request: asked again")

    sim.ctl("fault", "lose-members", "--shard", shard)
    ask()
    wait_until(lambda: "lose-members" not in sim.ctl("fault", "list"),
        "it is lost")
    sim.ctl("expire", shard)
    whole("a new session: asked again")


def main(t):
    sim = t.sim(shards=2, guilds=8)
    fleet = t.fleet(sim)
    bot = Bridge(fleet, "bot")
    fleet.write_config({"bot.intents": "GUILDS, GUILD_MEMBERS",
        "handler.probation": "100ms"}, {"bot": bot.config()})
    fleet.start()
    wait_until(lambda: len(bot.seen(lambda s: s.get("t") == "GUILD_CREATE",
        "a guild")) == 8, "all guilds")
    seen = bot.seen(lambda s: s.get("t") == "GUILD_CREATE", "guilds")
    guilds = [[s["d"]["id"] for s in seen if shard_of(s["d"]["id"]) == n]
        for n in (0, 1)]
    user = collected(t, sim, bot, guilds)
    too_many(t, sim, bot, guilds)
    between(t, sim, fleet, bot, guilds[0][0], user)
    t.equal(sim.totals()["violations"], 0, "Discord had nothing to say")
    t.equal(fleet.status()["handler"]["plugin_restarts"], 0,
        "no plugin had to be restarted")
    fleet.stop()


scenario(main)
