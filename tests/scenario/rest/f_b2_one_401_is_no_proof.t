#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""B2: a call that Discord answers 401 with a good token (/oauth2/@me) ends no
other call; when GET /users/@me says the same, all REST stops, and log, status,
check and an alert say so."""
import sys

sys.path.append(sys.path[0] + "/../lib")
from bridging import Bridge
from herd import scenario, wait_until
from rest_proxy import Proxy

NO = {"message": "401: Unauthorized", "code": 0}


def main(t):
    sim = t.sim(shards=1, guilds=2, plain=True)
    fleet = t.fleet(sim)
    proxy = Proxy(sim)
    bot = Bridge(fleet, "bot")
    fleet.write_config({"gateway.api": proxy.api}, {"bot": bot.config()})
    # The supervisor's own first question, too: it asks again.
    proxy.answer("GET", "*/gateway/bot", 401, NO, count=1)
    fleet.start()
    t.match(fleet.log_text(), "401, but GET /users/@me is not refused",
        "a 401 to /gateway/bot alone is no bad token")
    guild = bot.seen(lambda s: s.get("t") == "GUILD_CREATE",
        "a guild")[0]["d"]
    channel = next(c["id"] for c in guild["channels"] if c["type"] == 0)

    own = proxy.answer("GET", "*/oauth2/@me", 401, NO)
    t.equal(bot.answer("rest", dict(method="GET", path="/oauth2/@me"))
        ["data"]["status"], 401, "that call is refused")
    bot("say", channel_id=channel, content="still there")
    t.ok(proxy.requests("GET", "*/users/@me", ruled=False), "what proves it "
        "was asked")
    t.equal(fleet.status()["handler"]["rest"], "fine", "REST is fine")
    t.equal(fleet.cli("check").returncode, 0, "check is OK")
    proxy.drop(own)

    proxy.answer("*", "*", 401, NO)
    bot.answer("rest", dict(method="GET", path="/guilds/" + guild["id"]))
    fleet.wait_status(lambda s: s["handler"]["rest"] == "token refused",
        "two calls say it: the token is refused")
    before = len(proxy.requests("POST"))
    t.equal(bot.answer("say", dict(channel_id=channel, content="?"))["data"]
        ["status"], 401, "the others are refused, too")
    t.equal(len(proxy.requests("POST")), before, "without a request")
    t.match(fleet.cli("status").stdout, r"(?ms)^rest +token refused for .*"
        r"token\s+reload", "status says it, since when, and what to do")
    done = fleet.cli("check")
    t.equal(done.returncode, 1, "check is a warning")
    t.match(done.stdout, "refuses the bot.s token", "which says why")
    wait_until(lambda: "Alert (rest)" in fleet.log_text(), "an alert")
    text = fleet.log_text()
    t.equal((text.count("REST: Discord refuses the bot"),
        text.count("Alert (rest): REST token refused for ")), (1, 1),
        "the log has it once, and once the alert")
    proxy.drop()
    fleet.stop()


scenario(main)
