#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Op 4 puts the bot into voice channels as Discord does, without a voice
server behind them; op 3 is seen by who has the intent."""
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario, wait_until
from ws import Client

VOICE, STAGE = 2, 13
ALL = 53608447


def session(sim, token, shard=(0, 1), intents=ALL):
    client = Client(sim.urls["SIM_GATEWAY"])
    client.until(10)
    client.identify(token, shard, intents=intents)
    client.ready = client.until(0, "READY")["d"]
    client.guilds = [client.until(0, "GUILD_CREATE")["d"]
        for _ in client.ready["guilds"]]
    return client


def move(client, guild, channel, **changes):
    d = dict(guild_id=guild["id"], channel_id=channel, self_mute=False,
        self_deaf=False)
    d.update(changes)
    client.send({"op": 4, "d": {k: v for k, v in d.items() if v != "gone"}})


def of_kind(guild, *kinds):
    return [c["id"] for c in guild["channels"] if c["type"] in kinds]


def broken(sim):
    return [v["what"] for v in sim.report()["violations"]
        if v["class"] == "rule"]


def main(t):
    sim = t.sim(shards=1, guilds=3, plain=True, identify_interval="0s",
        flags=565248 | 1 << 12, guild_bytes=20000)
    with open(sim.urls["SIM_TOKEN_FILE"], encoding="utf-8") as f:
        token = f.read().strip()
    bot = session(sim, token)
    watcher = session(sim, token, intents=1 | 1 << 7)
    deaf = session(sim, token, intents=1)
    guild, other = bot.guilds[:2]
    me = bot.ready["user"]["id"]
    room = of_kind(guild, VOICE)
    t.ok(len(room) >= 1, "there is a voice channel")

    move(bot, guild, room[0], self_deaf=True)
    state = bot.until(0, "VOICE_STATE_UPDATE")["d"]
    t.equal((state["guild_id"], state["channel_id"], state["user_id"],
        state["session_id"], state["self_deaf"], state["self_mute"],
        state["member"]["user"]["id"]), (guild["id"], room[0], me,
        bot.ready["session_id"], True, False, me), "joined")
    server = bot.until(0, "VOICE_SERVER_UPDATE")["d"]
    t.equal((server["guild_id"], bool(server["token"]),
        server["endpoint"].endswith(".invalid:443")), (guild["id"], True,
        True), "and where the voice would be")
    t.equal(watcher.until(0, "VOICE_STATE_UPDATE")["d"], state,
        "others with the intent see it")
    late = session(sim, token)
    now = [s for s in late.guilds[0]["voice_states"] if s["user_id"] == me]
    t.equal([s["channel_id"] for s in now], [room[0]],
        "GUILD_CREATE has it for who comes later")

    move(bot, guild, room[0], self_mute=True)
    state = bot.until(0, "VOICE_STATE_UPDATE")["d"]
    t.equal((state["self_mute"], state["self_deaf"]), (True, False), "muted")
    if len(room) > 1:
        move(bot, guild, room[1])
        state = bot.until(0, "VOICE_STATE_UPDATE")["d"]
        t.equal(state["channel_id"], room[1], "moved")
        t.ok(bot.until(0, "VOICE_SERVER_UPDATE"), "to another server")
    move(bot, guild, None, self_mute="gone", self_deaf="gone")
    state = bot.until(0, "VOICE_STATE_UPDATE")["d"]
    t.equal(state["channel_id"], None, "left, with the flags left out")
    move(bot, guild, None)
    bot.send({"op": 1, "d": bot.seq})
    m = bot.receive()
    t.equal(m["op"], 11, "to leave again is to do nothing")

    seq = bot.seq
    for what, channel in (("a channel that is none", "123456"),
            ("another guild's", of_kind(other, VOICE)[0]),
            ("a text channel", of_kind(guild, 0)[0])):
        before = len(broken(sim))
        move(bot, guild, channel)
        bot.send({"op": 1, "d": bot.seq})
        bot.until(11)
        t.equal((bot.seq, len(broken(sim))), (seq, before + 1),
            "%s: nothing but a violation" % what)
    for what, changes in (("a channel that is a word", {"channel_id": "x"}),
            ("self_mute a word", {"self_mute": "yes"}),
            ("no channel_id", {"channel_id": "gone"}),
            ("no guild", {"guild_id": None})):
        c = session(sim, token, intents=1)
        move(c, guild, room[0], **changes)
        t.equal(c.close_code(), 4001, what + ": 4001")

    bot.send({"op": 3, "d": {"since": None, "activities": [{"name": "chess",
        "type": 0, "created_at": "0001-01-01T00:00:00Z", "party": {}}],
        "status": "idle", "afk": False}})
    seen = [late.until(0, "PRESENCE_UPDATE")["d"] for _ in bot.guilds]
    activity = seen[0]["activities"][0]
    t.equal(({p["guild_id"] for p in seen}, {p["status"] for p in seen},
        activity["name"], seen[0]["user"]["id"]),
        ({g["id"] for g in bot.guilds}, {"idle"}, "chess", me),
        "a presence is seen in each guild")
    t.equal((sorted(activity), type(activity["created_at"])),
        (["created_at", "name", "type"], int),
        "of its activity what Discord keeps, and when it was made")

    move(bot, guild, room[0], self_mute=True, self_deaf=True)
    bot.until(0, "VOICE_SERVER_UPDATE")
    state = {}
    while not (state.get("self_mute") and state.get("self_deaf")):
        state = watcher.until(0, "VOICE_STATE_UPDATE")["d"]
    bot.send_frame(8, b"\x03\xe8")
    bot.drop()
    state = watcher.until(0, "VOICE_STATE_UPDATE")["d"]
    t.equal((state["user_id"], state["channel_id"]), (me, None),
        "when its session ends it has left")
    deaf.send({"op": 1, "d": None})
    got = []
    while True:
        m = deaf.receive()
        if m["op"] == 11:
            break
        got.append(m["t"])
    t.equal(got, [], "who has no intent saw nothing of all that")

    sim.ctl("fault", "no-ready")
    limbo = Client(sim.urls["SIM_GATEWAY"])
    limbo.until(10)
    limbo.identify(token)
    move(limbo, guild, room[0])
    limbo.send({"op": 8, "d": {"guild_id": guild["id"], "query": "",
        "limit": 0}})
    limbo.send({"op": 1, "d": None})
    t.ok(limbo.until(11), "nobody listens before READY, and it lives")
    wait_until(lambda: sim.report()["connected"], "the world is unharmed")


scenario(main)
