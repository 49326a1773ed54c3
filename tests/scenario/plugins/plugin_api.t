#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""shardherd-plugin(7) against the real handler: every method it names is
there, every method there is named, its examples work as written, and what one
plugin may not do is refused with a clear error."""
import json
import os
import re
import shutil
import sys

sys.path.append(sys.path[0] + "/../lib")
from bridging import Bridge
from herd import ROOT, Failed, scenario, wait_until, which
from processes import alive

PLUGINS = os.path.join(ROOT, "handler", "plugins")
MAN = os.path.join(ROOT, "man", "shardherd-plugin.7")
SECTIONS = ("REQUESTS OF THE PLUGIN", "STORAGE", "TIMERS")


def page():
    with open(MAN, encoding="utf-8") as f:
        return f.read()


def documented():
    names = []
    for section in re.split(r"^\.Sh ", page(), flags=re.M):
        if section.split("\n")[0] in SECTIONS:
            for line in re.findall(r"^\.Ss (.*)$", section, flags=re.M):
                names += line.split(", ")
    return names


def examples():
    """The JSON examples and the programs."""
    texts = re.findall(r"^\.Bd -literal.*?\n(.*?)^\.Ed", page(),
        flags=re.M | re.S)
    texts = [t.replace("\\e", "\\") for t in texts]
    calls = [json.loads(t) for t in texts if t.startswith("{")
        and "..." not in t]
    return ({c["method"]: c["params"] for c in calls if "method" in c},
        [t for t in texts if t.startswith("#!")])


def methods(t, bot):
    unknown = bot.answer("no.such", {})
    t.equal(unknown["code"], -32601, "there is no such method")
    t.equal(sorted(documented()), sorted(unknown["data"]["methods"]),
        "the page names every method that there is")
    t.equal({m for m in documented() if bot.code(m, no_such=1) != -32602},
        set(), "every method is there and knows its parameters")


def log(t, bot, fleet, example):
    t.equal(bot("log", **example), True, "the example of log")
    wait_until(lambda: 'plugin bot: icon changed guild=123 tries=2 '
        'why="new event"' in fleet.log_text(), "the line with its fields")
    bot("log", level="info", text="a\n<3>forged", fields={"k":
        "b\nerror forged", "none": None, "so": True})
    wait_until(lambda: 'plugin bot: a\\x0a<3>forged k="b\\nerror forged" '
        'none=null so=true' in fleet.log_text(), "the other line")
    t.equal([x for x in fleet.log_text().splitlines() if "forged" in x
        and "plugin bot: a" not in x], [], "no line can be forged")
    for wrong in (dict(level="loud"), dict(fields=[]), dict(fields={"a b": 1}),
            dict(fields={"a": {}}), dict(fields={"a": "x" * 1900}),
            dict(fields={str(n): n for n in range(33)})):
        t.equal(bot.code("log", **dict(dict(level="info", text="x"),
            **wrong)), -32602, "refused: %.40s" % wrong)


def own_config(t, bot, fleet):
    t.equal(bot("config"), {"colour": "red"}, "config")
    t.equal(bot("helper.config"), {"colour": "red"}, "and in initialize")
    rewrite(fleet, "config.colour = red", "config.colour = s3cret\n"
        "config.size = 2 ; 3")
    pid = fleet.plugins()["bot"]["pid"]
    fleet.must("plugin", "restart", "bot")
    wait_until(lambda: not alive(pid), "the old process is gone")
    t.equal(bot("config"), {"colour": "s3cret", "size": "2 ; 3"},
        "a change comes with plugin restart")
    rewrite(fleet, "config.size = 2 ; 3", "config.new = 1")
    rewrite(fleet, "s3cret", "s3cret2")
    said = fleet.must("reload", "--check")
    for words in ("colour: another value", "size: taken out", "new: new"):
        t.match(said, r'\[plugin "bot"\] config\.%s\n' % words,
            "reload --check: " + words)
    fleet.must("reload")
    t.equal(bot("config"), {"colour": "s3cret2", "new": "1"},
        "and with reload")
    t.ok("s3cret" not in fleet.log_text() + said, "values are not shown")
    rewrite(fleet, "config.new", "confg.new")
    t.sentence(fleet.cli("config", "check"), 78, "confg.new: unknown key",
        "a misspelt one")
    rewrite(fleet, "confg.new", "config.new")


def rewrite(fleet, before, after):
    with open(fleet.config, encoding="utf-8") as f:
        text = f.read()
    if before not in text:
        raise Failed("no %r in the config" % before)
    with open(fleet.config, "w", encoding="utf-8") as f:
        f.write(text.replace(before, after, 1))


def cluster(t, bot, fleet):
    c, status = bot("cluster"), fleet.status()
    t.equal((c["name"], c["version"], c["api"]), (status["cluster"]["name"],
        status["cluster"]["version"], 1), "cluster")
    t.equal(c["shards"]["ready"], 1, "its shards")
    t.equal(c["shards"]["guilds"], 2, "its guilds")
    t.equal({k: c["budget"][k] for k in ("total", "remaining")},
        {k: status["budget"][k] for k in ("total", "remaining")},
        "its budget")
    t.equal((c["plugin"]["name"], c["plugin"]["state"]), ("bot", "up"),
        "the plugin's own entry")
    shards = bot("cluster.shards")
    t.equal([(s["id"], s["state"]) for s in shards["shards"]],
        [(0, "ready")], "cluster.shards")
    t.equal(shards["next"], None, "and no more")
    t.ok(isinstance(wait_until(lambda: bot("cluster.shards")["shards"][0]
        ["heartbeat_rtt_ms"], "a heartbeat"), int), "with its latency")
    t.equal(bot.code("cluster.shards", first=-1), -32602, "a bad number")
    t.equal([p["name"] for p in bot("cluster.plugins")["plugins"]][:2],
        ["bot", "other"], "cluster.plugins")


def gateway(t, sim, bot, guild, example):
    t.equal(bot("presence", **example), {"sent": 1, "failed": 0},
        "the example of presence")
    t.equal(bot("presence", shard=0, status="dnd"), True, "of one shard")
    t.equal(bot.code("presence", status="busy"), -32602, "no such status")
    channel = [c["id"] for c in guild["channels"] if c["type"] == 2][0]
    t.equal(bot("voice", guild_id=guild["id"], channel_id=channel), True,
        "voice")
    t.equal(bot("voice", guild_id=guild["id"], channel_id=None), True,
        "and out again")
    t.equal(bot.code("voice", guild_id=guild["id"]), -32602,
        "without a channel")
    for payload in ({"op": 2, "d": {}}, {"op": 3, "d": {"status": "online"}},
            {"op": 4, "d": {"guild_id": guild["id"]}}, {"op": 8, "d": {}},
            {"op": 31, "d": {}}, {"op": 43, "d": None}, {"op": 8}):
        t.equal(bot.code("gateway", shard=0, payload=payload), -32602,
            "not sent: %s" % payload)
    t.equal(bot("gateway", guild_id=guild["id"], payload={"op": 43, "d": {
        "guild_id": guild["id"], "fields": ["status"]}}), True, "gateway")
    user = guild["members"][0]["user"]["id"]
    got = bot("members", guild_id=guild["id"], user_ids=[user, "42"])
    t.equal(([m["user"]["id"] for m in got["members"]], got["not_found"],
        got["count"]), ([user], ["42"], 1), "members by id")
    t.equal(bot.code("members", guild_id=guild["id"]), -32602,
        "all members without the intent")
    t.equal(sim.totals()["violations"], 0, "Discord had nothing to say")


def storage(t, bot, other, example):
    bot("kv.set", key="coins", value=3)
    bot("kv.set", key="lent", value=True)
    t.equal(bot("kv.txn", **example), {"done": True, "results": [True, True,
        {"found": False, "value": None}, True]}, "the example of kv.txn")
    t.equal(bot("kv.txn", **example), {"done": False, "failed": 0},
        "and once more, when the comparison fails")
    t.equal(bot("kv.list")["items"], [{"key": "coins", "value": 2}],
        "kv.list shows what is left")
    t.equal(other("kv.get", key="coins")["found"], False,
        "another plugin does not see it")
    t.equal(other("kv.list", prefix="../")["items"], [],
        "and finds no way to it")
    t.equal(other.code("kv.get", key="coins", plugin="bot"), -32602,
        "asking for it by name is an error")
    t.equal(other.code("kv.set", key="big", value="x" * 3000), -32004,
        "its own quota is kept")


def messages(t, sim, bot, example):
    guild = bot.seen(lambda s: s.get("t") == "GUILD_CREATE", "a guild")[0]["d"]
    channel = [c["id"] for c in guild["channels"] if c["type"] == 0][0]
    here = dict(channel_id=channel)
    first = bot("say", content="one @everyone", **here)
    t.equal(first["content"], "one @everyone", "say")
    t.equal(first["mention_everyone"], False, "pings nobody")
    there = dict(here, message_id=first["id"])
    t.equal(bot("reply", content="two", **there)["message_reference"]
        ["message_id"], first["id"], "reply")
    t.equal(bot("edit", content="three", **there)["content"], "three", "edit")
    t.equal(bot("react", emoji="\u2702", **there), True, "react")
    t.equal(bot("typing", **here), True, "typing")
    t.equal(bot("get_channel", **here)["id"], channel, "get_channel")
    t.equal(bot("get_guild", guild_id=guild["id"])["id"], guild["id"],
        "get_guild")
    t.equal(bot("rest", method="GET", path="/users/@me")["status"], 200,
        "rest")
    upload(t, sim, bot, example, channel)
    t.equal(bot("delete", **there), True, "delete")
    again = bot.answer("delete", there)
    t.equal((again["code"], again["data"]["status"]), (-32000, 404),
        "a refusal tells Discord's status")
    whisper(t, bot, guild)
    return guild


def upload(t, sim, bot, example, channel):
    example = json.loads(json.dumps(example))
    example["channel_id"] = channel
    sent = bot("upload", **example)["attachments"]
    t.equal([(a["filename"], a["size"]) for a in sent],
        [("hello.txt", 6), ("icon.png", 8)], "the example of upload")
    path = bot.paths[2] + ".png"
    with open(path, "wb") as f:
        f.write(b"eight it")
    sent = bot("upload", **dict(example, files=[{"path": path}]))
    t.equal([(a["filename"], a["size"]) for a in sent["attachments"]],
        [(os.path.basename(path), 8)], "the helper reads a file")
    for fault in ("429", "502"):
        sim.ctl("rest", "POST /channels/*/messages", fault, "count=2")
        again = dict(example, content=fault, nonce="again" + fault)
        sent = bot("upload", **again)
        t.equal((sent["content"], [a["size"] for a in sent["attachments"]]),
            (fault, [6, 8]), "each try after %s sends all of it" % fault)
    by_status = sim.report()["rest"]["by_status"]
    t.equal(by_status.get("502", 0), 2, "these were tries")
    t.equal(bot.code("upload", **dict(example, files=[{"name": "x",
        "base64": "A" * 15380000}])), -32602, "more than 11 MiB")
    for wrong in ("YQ", "YQ=", "Y===", "=", "YQ==YQ==", " YQ==", "YQ==\n",
            "YWE-", "YQ--", "Y\u00e4==", "YW E"):
        t.equal(bot.code("upload", **dict(example, files=[{"name": "x",
            "base64": wrong}])), -32602, "no base64: %r" % wrong)
    sent = bot("upload", **dict(example, files=[{"name": "x",
        "base64": ""}, {"name": "y", "base64": "AP8="}]))
    t.equal([a["size"] for a in sent["attachments"]], [0, 2],
        "an empty file, and two bytes")


def whisper(t, bot, guild):
    user = [m["user"]["id"] for m in guild["members"]
        if not m["user"].get("bot")][0]
    first = bot("whisper", user_id=user, content="psst")
    second = bot("whisper", user_id=user, content="psst again")
    t.equal(first["channel_id"], second["channel_id"], "whisper")
    t.equal(bot("get_user", user_id=user)["id"], user, "get_user")


def interaction(t, sim, bot, fleet, guild):
    sim.ctl("interaction", guild["id"], "ping")
    d = bot.seen(lambda s: s.get("t") == "INTERACTION_CREATE",
        "the interaction")[-1]["d"]
    first = dict(id=d["id"], token=d["token"])
    after = dict(application_id=d["application_id"], token=d["token"])
    t.equal(bot("interaction.defer", ephemeral=True, **first), True, "defer")
    t.equal(bot("interaction.edit_original", content="now", **after)
        ["content"], "now", "edit_original")
    t.equal(bot("interaction.followup", content="more", **after)["content"],
        "more", "followup")
    t.equal(bot("interaction.delete_original", **after), True,
        "delete_original")
    t.equal(bot.answer("interaction.respond", dict(first, content="late"))
        ["data"]["code"], 40060, "a second answer is refused by Discord")
    t.ok(d["token"] not in fleet.log_text(), "the token is not in the log")


def timers(t, bot, fleet):
    bot("timer.set", name="wake", after=0.2, payload={"n": 1})
    fired = bot.seen(lambda s: s.get("name") == "wake", "the timer fires")
    t.equal((fired[0]["payload"], fired[0]["late"]), ({"n": 1}, False),
        "a timer fires, with its payload")
    bot("timer.set", name="daily", daily="00:05")
    bot("timer.set", name="wake", after=1.5, payload={"n": 2})
    fleet.stop()
    fleet.start()
    fired = bot.seen(lambda s: s.get("payload") == {"n": 2},
        "the timer fires after a restart")
    t.equal(len(fired), 1, "once")
    t.equal([x["name"] for x in bot("timer.list")["timers"]], ["daily"],
        "the other one is still there")
    t.equal(bot("kv.get", key="coins"), {"found": True, "value": 2},
        "and so is what was stored")


def programs(fleet, texts):
    """The page's programs as plugins, beside the helpers they import."""
    for helper in ("shardherd.py", "shardherd.js"):
        shutil.copy(os.path.join(PLUGINS, helper), fleet.dir)
    plugins = {}
    for i, text in enumerate(texts):
        node = "node" in text.split("\n")[0]
        if node and not which("node"):
            continue
        path = fleet.program("example%d.%s" % (i, "js" if node else "py"), text)
        plugins["example%d" % i] = dict(exec=path,
            events="MESSAGE_CREATE, INTERACTION_CREATE")
    plugins["counter"] = dict(exec=os.path.join(PLUGINS, "counter.py"),
        events="MESSAGE_CREATE")
    return plugins


def ranks(t, bot, other, fleet, example):
    fleet.must("rank", "set", "user", example["actor_id"], "11")
    t.equal(bot("rank.set", **example), {"rank": 10, "was": None},
        "the example of rank.set")
    t.equal(bot("rank", user_id=example["id"]), {"rank": 10}, "rank")
    t.equal(bot.code("rank.set", **dict(example, rank=11)), -32006,
        "nobody gives the own rank")
    t.equal(other.code("rank.set", **example), -32006,
        "only a plugin that may sets ranks")
    t.equal(other.code("rank.list"), -32006, "or sees them")
    fleet.must("rank", "set", "role", example["roles"][0], "11")
    t.equal(bot("rank.unset", kind="user", id=example["id"],
        actor_id=example["actor_id"]), {"rank": None, "was": 10},
        "rank.unset")
    t.equal([(r["kind"], r["rank"]) for r in bot("rank.list")["ranks"]],
        [("user", 11), ("role", 11)], "rank.list")


def answered(t, sim, text, reply, bot, guild):
    channel = [c["id"] for c in guild["channels"] if c["type"] == 0][0]
    sim.ctl("message", 0, text, "--channel", channel)

    def contents():
        return [m["content"] for m in bot("rest", method="GET",
            path="/channels/%s/messages" % channel)["body"]]
    wait_until(lambda: reply in contents(), "an answer to " + text)
    t.ok(True, "%s is answered" % text)


def slash(t, sim, fleet):
    def answers():
        return sim.report()["rest"]["by_status"].get("204", 0)
    before = answers()
    sim.ctl("interaction", 0, "hear")
    wait_until(lambda: answers() > before, "/hear is answered")
    t.ok(True, "/hear is answered")
    wait_until(lambda: "Discord has the new list" in fleet.log_text(),
        "the page's commands are registered")


def main(t):
    sim = t.sim(shards=1, guilds=2, heartbeat_interval="2s")
    fleet = t.fleet(sim)
    bot = Bridge(fleet, "bot", **{"config.colour": "red"})
    other = Bridge(fleet, "other")
    calls, texts = examples()
    fleet.write_config({"handler.prefix": "!", "handler.probation": "100ms"}, {
        "bot": dict(bot.config(), permissions="ranks"),
        "other": dict(other.config(), storage=2048), **programs(fleet, texts)})
    fleet.start()
    methods(t, bot)
    storage(t, bot, other, calls["kv.txn"])
    log(t, bot, fleet, calls["log"])
    cluster(t, bot, fleet)
    guild = messages(t, sim, bot, calls["upload"])
    interaction(t, sim, bot, fleet, guild)
    gateway(t, sim, bot, guild, calls["presence"])
    timers(t, bot, fleet)
    ranks(t, bot, other, fleet, calls["rank.set"])
    answered(t, sim, "!ping", "pong", bot, guild)
    answered(t, sim, "!hello", "Hello!", bot, guild)
    answered(t, sim, "!count", "1 times today", bot, guild)
    if which("node"):
        answered(t, sim, "!echo hear this", "hear this", bot, guild)
        answered(t, sim, "!repeat hear that", "hear that", bot, guild)
    answered(t, sim, "!hear", "I hear you.", bot, guild)
    slash(t, sim, fleet)
    t.equal(fleet.status()["handler"]["plugin_restarts"], 0,
        "no plugin had to be restarted")
    own_config(t, bot, fleet)
    fleet.stop()


scenario(main)
