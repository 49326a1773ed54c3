#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""B5: Cloudflare's 429 (a page, no headers of Discord's) and 403 with code
40333 are of the address: all calls stop, it is told, and it ends; a 429 that
says to wait for nothing is not obeyed to the letter."""
import json
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario, wait_until
from rest_proxy import proxied

PAGE = "<html><title>Access denied</title>error code: 1015</html>"


def fine(s):
    return s["handler"]["rest"] == "fine"


def blocked(t, fleet, proxy, bot, guild, what, *answer, **more):
    """Nothing gets through, and then it does."""
    begin = len(proxy.requests())
    proxy.answer("*", "*", *answer, **more)
    for path in ("", "/roles", "/channels", "/emojis", "/bans"):
        got = bot.answer("rest", dict(method="GET", path="/guilds/" + guild
            + path))
        t.ok(got.get("code") == -32001, what + ": the call fails")
    t.ok(fleet.status()["handler"]["rest"] == "blocked", what + ": blocked")
    t.match(fleet.cli("status").stdout, r"(?m)^rest +blocked for .*Cloudflare",
        what + ": status says by whom")
    t.equal(fleet.cli("check").returncode, 1, what + ": check warns")
    t.ok(len(proxy.requests()) - begin <= 4, what + ": %d requests" % (
        len(proxy.requests()) - begin))


def main(t):
    fleet, proxy, bot = proxied(t)
    guild = bot.seen(lambda s: s.get("t") == "GUILD_CREATE",
        "a guild")[0]["d"]["id"]

    path = "/channels/1/pins"
    proxy.answer("GET", "*" + path, 429, json.dumps({"message": "slow down",
        "retry_after": 0.0, "global": False}), headers={"Retry-After": "0",
        "Content-Type": "application/json"})
    got = bot.answer("rest", dict(method="GET", path=path))
    t.equal(got.get("code"), -32001, "a 429 of no wait is given up")
    t.equal(len(proxy.requests("GET", "*" + path)), 5, "after 5 tries")
    proxy.drop()

    # It says how long: else it would be a minute.
    blocked(t, fleet, proxy, bot, guild, "429", 429, PAGE,
        headers={"Content-Type": "text/html", "Retry-After": "40"})
    wait_until(lambda: "Alert (rest)" in fleet.log_text(), "an alert")
    text = fleet.log_text()
    t.equal((text.count("REST: Cloudflare in front of Discord blocks this "
        "address"), text.count("Alert (rest): REST blocked for ")), (1, 1),
        "said once, and once by the alert")
    proxy.drop()
    fleet.wait_status(fine, "it is over by itself", timeout=60)
    t.equal(bot("rest", method="GET", path="/guilds/" + guild)["status"], 200,
        "calls go on")
    fleet.stop()

    fleet.start()
    blocked(t, fleet, proxy, bot, guild, "40333", 403,
        {"message": "internal network error", "code": 40333})
    proxy.drop()
    fleet.stop()


scenario(main)
