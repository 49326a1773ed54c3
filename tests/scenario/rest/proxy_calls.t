#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Clients' calls through the REST proxy: what we answer, what Discord does, what
a client may not call, limits that are passed on, waited for or told, and the
lane of calls that need no token of ours."""
import json
import sys
import threading
import time

sys.path.append(sys.path[0] + "/../lib")
from front import FULL, GATEWAY, Front
from herd import scenario, wait_until

READ, NONE, BOUND = "read.client.token", "none.client.token", "bound.client.t"
SLOT = {FULL: 0, READ: 1, NONE: 2, BOUND: 3, None: 4}


def ours(t, front):
    bot = front.get("/gateway/bot", token=READ)
    t.equal(bot.json(), {"url": GATEWAY, "shards": 4, "session_start_limit":
        {"total": 1000, "remaining": 1000, "reset_after": 0,
        "max_concurrency": 4}}, "/gateway/bot is about our gateway")
    t.equal([front.get("/gateway", token=k).json() for k in (None, NONE)],
        [{"url": GATEWAY}] * 2, "so is /gateway")
    for api in "/api", "/api/v9", "/api/v10":
        t.equal(front.get("/gateway/bot", api=api).status, 200,
            "both at " + api)
    t.equal(front.get("/gateway/bot", token=None).status, 401,
        "/gateway/bot wants a token")
    for word in FULL, "Bot " + FULL:
        got = front.get("/users/@me", token=None,
            headers={"Authorization": word})
        t.equal(got.status, 200, "with or without Bot")
    t.ok("X-RateLimit-Bucket" in got.headers
        and got.headers["Via"] == "1.1 google"
        and got.headers["Content-Type"] == "application/json",
        "the head of Discord's answer goes through")


def scopes(t, sim, front, mine, other):
    """(guild, channel) pairs"""
    before = front.counts()["of"]
    for token, method, path, status in (
            (READ, "GET", "/guilds/" + mine[0], 200),
            (READ, "POST", "/channels/%s/messages" % mine[1], 403),
            (NONE, "GET", "/users/@me", 403),
            (BOUND, "GET", "/guilds/" + mine[0], 200),
            (BOUND, "GET", "/channels/" + mine[1], 200),
            (BOUND, "GET", "/users/@me", 200),
            (BOUND, "GET", "/guilds/" + other[0], 403),
            (BOUND, "GET", "/channels/" + other[1], 403),
            (BOUND, "GET", "/channels/123456789", 403),
            (BOUND, "GET", "/channels/123456789/messages", 403),
            (BOUND, "GET", "/users/@me/guilds", 403),
            ("wrong", "GET", "/users/@me", 401),
            (None, "GET", "/users/@me", 401)):
        got = front.call(method, path, token=token)
        t.equal(got.status, status, "%s %s by %s" % (method, path, token))
        if status != 200:
            t.ok(len(got.message()) > 10 and "code" in got.json(),
                "which is told: %s" % got.message())
    refused = [a["refused"] - b["refused"] for a, b in
        zip(front.counts()["of"], before)]
    seen = sim.report()["rest"]["requests"]
    got = front.call("POST", "/channels/%s/messages" % mine[1], {"content":
        "hm"}, token=BOUND)
    t.equal((got.status, sim.report()["rest"]["requests"] - seen), (200, 1),
        "Discord is asked once which guild a channel is in")
    t.equal(refused, [0, 1, 1, 5, 2], "each is counted as its client's")


def limits(t, sim, front, channel, guild):
    path = "/channels/%s/messages" % channel
    sim.ctl("rest", "POST " + path, "429", "shared", "retry-after=1",
        "count=1")
    got = front.call("POST", path, {"content": "a"})
    t.equal((got.status, got.headers["X-RateLimit-Scope"]), (429, "shared"),
        "Discord's 429 is passed on")
    began = time.monotonic()
    got = front.call("POST", path, {"content": "a"})
    t.ok(got.status == 200 and time.monotonic() - began > 0.5,
        "and the next call waits for it")
    for n in range(8):
        got = front.call("POST", path, {"content": str(n)})
        t.equal(got.status, 200, "a full bucket is waited for, %d" % n)

    path = "/guilds/%s/roles" % guild
    sim.ctl("rest", "GET " + path, "429", "shared", "retry-after=30",
        "count=1")
    t.equal(front.get(path).status, 429, "one of 30 s")
    seen = sim.report()["rest"]["by_status"]
    got = front.get(path)
    body = got.json()
    t.equal((got.status, got.headers["X-RateLimit-Scope"], sorted(body)),
        (429, "shared", ["global", "message", "retry_after"]),
        "what would be held too long gets a 429 of ours")
    t.ok(20 < int(got.headers["Retry-After"]) <= 30
        and 20 < body["retry_after"] <= 30 and not body["global"]
        and got.headers["Via"] == "1.1 shardherd",
        "as Discord would word it: %r" % got.body)
    t.equal(sim.report()["rest"]["by_status"], seen,
        "of which Discord knows nothing")
    count = front.of()
    t.equal((count["limited_ours"], count["limited_discord"]), (1, 2),
        "both kinds are counted")


def lane(t, sim, front, guild):
    """All other calls wait for the global limit; those with a token of their
    own do not, and carry none of ours."""
    sim.ctl("rest", "GET /users/@me", "429", "global", "retry-after=40",
        "count=1")
    t.equal(front.get("/users/@me").headers["X-RateLimit-Scope"], "global",
        "the global limit is met")
    got = front.get("/guilds/" + guild)
    t.ok(got.status == 429 and got.headers["Via"] == "1.1 shardherd",
        "everything is held")
    for token in None, FULL:
        got = front.call("POST", "/interactions/5/tok/callback", {"type": 1},
            token=token)
        t.equal((got.status, got.json()["code"]), (404, 10062),
            "but a callback, by %s" % token)
    got = front.call("POST", "/webhooks/5/tok", {"content": "a"}, token=None)
    t.equal((got.status, got.json()["code"]), (404, 10015),
        "and a webhook's")
    t.equal(front.of(SLOT[None])["calls"], 6,
        "calls without a token are counted as nobody's")


def fair(t, sim, front, guild, other):
    """One that has many calls open does not keep another one waiting."""
    sim.ctl("rest", "GET /guilds/*", "ok", "pass", "delay=2")
    many = [threading.Thread(target=front.get, args=("/guilds/%s/channels"
        % guild,)) for _ in range(40)]
    for thread in many:
        thread.start()
    wait_until(lambda: front.of()["now"] == 40, "one client has 40 calls open")
    got = front.get("/guilds/%s/channels" % guild, token=READ)
    left = front.of()["now"]
    t.ok(got.status == 200 and left > 10,
        "another one's call of that bucket went before %d of them" % left)
    for thread in many:
        thread.join()
    sim.ctl("rest", "clear")


def token_of_ours(t, sim, front):
    sim.ctl("token", "reset")
    got = front.get("/users/@me")
    t.ok(got.status == 503 and "shardherd has" in got.message(),
        "when Discord refuses our token no client is told that it is its own")


def main(t):
    sim = t.sim(shards=1, guilds=2, plain=True, token="bot.token.x")
    rows = json.loads(sim.ctl("guilds", "--json"))["rows"]
    mine, other = [(str(g["id"]), str(g["channel"])) for g in rows[:2]]
    front = Front(t, sim.urls["SIM_API"], "bot.token.x", (
        FULL + ":1:full:all", READ + ":4:read:all", NONE + ":1:none:all",
        BOUND + ":1:full:" + mine[0]))
    ours(t, front)
    scopes(t, sim, front, mine, other)
    limits(t, sim, front, mine[1], mine[0])
    fair(t, sim, front, mine[0], other[0])
    lane(t, sim, front, mine[0])
    front.end()
    front = Front(t, sim.urls["SIM_API"], "bot.token.x")
    token_of_ours(t, sim, front)
    t.equal(front.end(), 0, "it ends in order")
    with open(front.log, encoding="utf-8") as f:
        log = f.read()
    t.ok(not any(word in log for word in (FULL, READ, "bot.token.x", "/tok")),
        "no token is in its log")


scenario(main)
