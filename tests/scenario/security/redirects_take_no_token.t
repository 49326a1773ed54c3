#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""An answer that sends the asker elsewhere is no answer: neither the handler nor
the supervisor follows it, and nobody else gets to see the token."""
import sys

sys.path.append(sys.path[0] + "/../lib")
from bridging import Bridge
from herd import scenario
from rest_proxy import Proxy
from web import Answering, serve


def elsewhere():
    """A server of somebody else's, and the headers it was sent."""
    seen = []

    class Foreign(Answering):
        def do_any(self):
            seen.append(dict(self.headers))
            self.answer(200, b'{"id": "1", "url": "wss://127.0.0.1:1"}')
        do_GET = do_POST = do_PUT = do_PATCH = do_any
    return serve(Foreign).url, seen


def main(t):
    url, seen = elsewhere()
    sim = t.sim(shards=1, guilds=2, plain=True)
    fleet = t.fleet(sim)
    proxy = Proxy(sim)
    bot = Bridge(fleet, "bot")
    fleet.write_config({"gateway.api": proxy.api}, {"bot": bot.config()})
    fleet.start()
    guild = bot.seen(lambda s: s.get("t") == "GUILD_CREATE",
        "a guild")[0]["d"]
    channel = next(c["id"] for c in guild["channels"] if c["type"] == 0)
    for status in 301, 302, 303, 307, 308:
        rule = proxy.answer("*", "*", status, "", headers={"Location": url})
        got = bot.answer("say", dict(channel_id=channel, content="where?"))
        t.equal(got.get("code"), -32000, "%d: the call fails" % status)
        before = len(proxy.requests("GET", "*/users/@me"))
        fleet.cli("token", "check")
        t.ok(len(proxy.requests("GET", "*/users/@me")) > before,
            "%d: token check was answered so as well" % status)
        proxy.drop(rule)
    t.equal(seen, [], "nobody was led elsewhere")
    fleet.stop()
    proxy.answer("GET", "*/gateway/bot", 302, "", headers={"Location": url},
        count=1)
    fleet.start()
    t.ok(proxy.requests("GET", "*/gateway/bot", ruled=True),
        "the supervisor was answered so, too")
    t.equal(seen, [], "and went nowhere else")
    fleet.stop()


if __name__ == "__main__":
    scenario(main)
