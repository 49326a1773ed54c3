#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Two bots in one world: each logs in as itself, with its own session starts;
each hears of the other; a session is nobody else's, and who is thrown out of
a guild hears nothing more of it while the other goes on."""
import json
import os
import re
import sys
import urllib.error
import urllib.request

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario
from ws import Client

INTENTS = 33283	# guilds, members, messages and their content


class Bot:
    def __init__(self, sim, name):
        self.sim = sim
        with open(os.path.join(sim.dir, name), encoding="utf-8") as f:
            self.token = f.read().strip()
        self.client = Client(sim.urls["SIM_GATEWAY"])
        self.client.until(10)
        self.client.identify(self.token, (0, 1), intents=INTENTS)
        self.ready = self.client.until(0, "READY")["d"]
        self.id = self.ready["user"]["id"]
        self.guilds = [self.client.until(0, "GUILD_CREATE")["d"]
            for _ in self.ready["guilds"]]

    def ask(self, method, path, body=None):
        request = urllib.request.Request(self.sim.urls["SIM_API"] + path,
            method=method, data=None if body is None else
            json.dumps(body).encode(), headers={"User-Agent":
            "DiscordBot (https://example.org, 1)", "Content-Type":
            "application/json", "Authorization": "Bot " + self.token})
        try:
            with urllib.request.urlopen(request, timeout=60) as r:
                return r.status, json.loads(r.read() or b"null")
        except urllib.error.HTTPError as e:
            return e.code, json.load(e)


def starts(bot):
    return bot.ask("GET", "/gateway/bot")[1]["session_start_limit"][
        "remaining"]


def main(t):
    sim = t.sim(shards=1, guilds=2, plain=True, bots=2, total=100)
    one, two = Bot(sim, "token"), Bot(sim, "token.2")
    t.ok(one.id != two.id, "each is itself")
    for bot in one, two:
        t.equal(bot.ask("GET", "/users/@me")[1]["id"], bot.id,
            "as it is for REST")
        t.equal(bot.ask("GET", "/oauth2/applications/@me")[1]["id"],
            bot.ready["application"]["id"], "with its own application")
        t.ok(bot.id in [m["user"]["id"] for m in bot.guilds[0]["members"]],
            "a member of the guild")
        t.equal(starts(bot), 99, "one session start is spent")

    guild = two.guilds[0]
    channel = [c["id"] for c in guild["channels"] if c["type"] == 0][0]
    said = two.ask("POST", "/channels/%s/messages" % channel,
        {"content": "hello"})[1]
    t.equal(said["author"]["id"], two.id, "what the second says is its own")
    for bot in one, two:
        heard = bot.client.until(0, "MESSAGE_CREATE")["d"]
        t.equal((heard["id"], heard["author"]["id"]), (said["id"], two.id),
            "both hear it")
    t.equal(one.ask("PATCH", "/channels/%s/messages/%s" % (channel,
        said["id"]), {"content": "mine"})[0], 403, "the other cannot edit it")

    user = guild["voice_states"][0]["user_id"]
    dms = [bot.ask("POST", "/users/@me/channels", {"recipient_id": user})[1]
        ["id"] for bot in (one, two)]
    t.ok(dms[0] != dms[1], "each has a DM of its own")
    two.ask("POST", "/channels/%s/messages" % dms[1], {"content": "secret"})
    two.ask("POST", "/channels/%s/messages" % channel, {"content": "open"})
    t.equal(one.client.until(0, "MESSAGE_CREATE")["d"]["content"], "open",
        "the first one hears nothing of the second's")

    thief = Client(sim.urls["SIM_GATEWAY"])
    thief.until(10)
    thief.resume(one.token, two.ready["session_id"], two.client.seq)
    t.equal(thief.until(9)["d"], False, "a session is not another bot's")
    thief.drop()

    app = two.ready["application"]["id"]
    t.equal(one.ask("PUT", "/applications/%s/commands" % app, [])[0], 404,
        "commands are nobody else's")
    t.equal(two.ask("PUT", "/applications/%s/commands" % app, [{"name":
        "hello", "description": "Says hello"}])[0], 200, "two has a command")
    sim.ctl("use", "/hello", "--in", channel)
    used = two.client.until(0, "INTERACTION_CREATE")["d"]
    t.equal(used["application_id"], app, "whose use it is told of")
    t.equal(two.ask("POST", "/interactions/%s/%s/callback" % (used["id"],
        used["token"]), {"type": 4, "data": {"content": "hi"}})[0], 204,
        "and answers")
    heard = one.client.until(0, "MESSAGE_CREATE")["d"]
    t.equal((heard["content"], heard["author"]["id"]), ("hi", two.id),
        "the first one hears the answer, and of the use nothing")

    t.equal(one.ask("PUT", "/applications/%s/commands" % one.ready[
        "application"]["id"], [{"name": "hello", "description": "Says it"}])[0],
        200, "one has it too")
    for bot, word in (one, "/hello@sim-bot"), (two, "/hello@sim-bot-2"):
        sim.ctl("use", word, "--in", channel)
        t.equal(bot.client.until(0, "INTERACTION_CREATE")["d"][
            "application_id"], bot.ready["application"]["id"], word)
        dm = "dm@" + word.split("@")[1]
        sim.ctl("say", dm, "to " + dm)
        t.equal(re.findall('"(to .*)"', sim.ctl("said", dm)), ["to " + dm],
            dm)
    t.match(sim.try_ctl("use", "/hello@sim-bot-3", "--in", channel).stderr,
        "no bot sim-bot-3; did you mean sim-bot-2", "a bot that is none")
    t.match(sim.try_ctl("use", "/hallo@sim-bot", "--in", channel).stderr,
        "no command /hallo@sim-bot .*there are hello", "a command")
    t.match(sim.try_ctl("say", "dm@nobody", "x").stderr, "no bot nobody; "
        "there are sim-bot, sim-bot-2", "nor a DM")

    t.equal(one.ask("DELETE", "/users/@me/guilds/" + guild["id"])[0], 204,
        "the first leaves a guild")
    t.equal(one.client.until(0, "GUILD_DELETE")["d"]["id"], guild["id"],
        "and is told")
    t.equal(two.client.until(0, "GUILD_MEMBER_REMOVE")["d"]["user"]["id"],
        one.id, "the second sees it go")
    two.ask("POST", "/channels/%s/messages" % channel, {"content": "alone"})
    other = [c["id"] for c in two.guilds[1]["channels"] if c["type"] == 0][0]
    two.ask("POST", "/channels/%s/messages" % other, {"content": "together"})
    t.equal(one.client.until(0, "MESSAGE_CREATE")["d"]["content"], "together",
        "of that guild it hears no more")
    t.equal(one.ask("GET", "/guilds/" + guild["id"])[0], 404,
        "nor can it look")


scenario(main)
