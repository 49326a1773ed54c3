#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A world is kept in a file and begun with: what a bot changed and what was
said is there again; a file that holds no world is refused with a sentence."""
import json
import os
import subprocess
import sys
import urllib.request

sys.path.append(sys.path[0] + "/../lib")
from herd import SIMULATOR, scenario
from ws import Client


def ask(sim, token, method, path, body=None):
    request = urllib.request.Request(sim.urls["SIM_API"] + path, method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"User-Agent": "DiscordBot (https://example.org, 1)",
            "Content-Type": "application/json",
            "Authorization": "Bot " + token})
    with urllib.request.urlopen(request, timeout=60) as r:
        return json.load(r)


def token_of(sim):
    with open(sim.urls["SIM_TOKEN_FILE"], encoding="utf-8") as f:
        return f.read().strip()


def first_guild(sim):
    client = Client(sim.urls["SIM_GATEWAY"])
    client.until(10)
    client.identify(token_of(sim), (0, 1))
    guild = client.until(0, "GUILD_CREATE")["d"]
    client.drop()
    return guild


def main(t):
    sim = t.sim(shards=1, guilds=2, plain=True)
    guild = first_guild(sim)
    channel = [c for c in guild["channels"] if c["type"] == 0][0]["id"]
    token = token_of(sim)
    ask(sim, token, "PATCH", "/guilds/" + guild["id"], {"name": "Kept <&> "})
    ask(sim, token, "PATCH", "/guilds/" + guild["id"], {"name": None})
    ask(sim, token, "PATCH", "/channels/" + channel, {"topic": "of old"})
    said = ask(sim, token, "POST", "/channels/%s/messages" % channel,
        {"content": "hello again"})
    ask(sim, token, "PATCH", "/applications/@me", {"tags": ["old"]})
    world = sim.ctl("world")
    path = os.path.join(sim.dir, "world.json")
    with open(path, "w", encoding="utf-8") as f:
        f.write(world)

    again = t.sim(shards=1, guilds=1, plain=True, world=path)
    now = first_guild(again)
    t.equal((now["id"], now["name"]), (guild["id"], "Kept <&> "),
        "the guild has its name")
    t.equal([c["topic"] for c in now["channels"] if c["id"] == channel],
        ["of old"], "the channel its topic")
    messages = ask(again, token_of(again), "GET",
        "/channels/%s/messages" % channel)
    t.equal([(m["id"], m["content"]) for m in messages],
        [(said["id"], "hello again")], "and what was said is there")
    t.equal(ask(again, token_of(again), "GET", "/applications/@me")["tags"],
        ["old"], "the application its tags")
    t.equal(json.loads(again.ctl("world"))["changed"],
        json.loads(world)["changed"], "saved again it is the same")

    for what, text in (("no JSON", "{"), ("no world", "{}"), ("a world cut",
            json.dumps(dict(json.loads(world), messages=[{}]))), ("an application that is none", json.dumps(dict(
            json.loads(world), applications={"1": {"skus": 1}})))):
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        done = subprocess.run([SIMULATOR, "run", "--dir",
            os.path.join(sim.dir, "bad"), "--world", path],
            capture_output=True, text=True, timeout=60)
        t.ok(done.returncode == 64 and done.stderr.count("\n") == 1
            and "--world" in done.stderr, "%s is refused: %s" % (what,
            done.stderr.strip()))


scenario(main)
