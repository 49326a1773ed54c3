#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""B7: what Discord bounds in characters is counted in characters: reasons for
the audit log (512), nonces (25), names of files (260), content (2000)."""
import base64
import sys
import urllib.parse

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario
from rest_proxy import proxied

WIDE = "\u6f22"		# 3 bytes, 9 when encoded in a header
WIDER = "\U0001f600"	# 4 bytes


def main(t):
    fleet, proxy, bot = proxied(t)
    guild = bot.seen(lambda s: s.get("t") == "GUILD_CREATE",
        "a guild")[0]["d"]
    channel = next(c["id"] for c in guild["channels"] if c["type"] == 0)
    path = "/channels/" + channel

    for reason in (WIDE * 200, WIDER * 512, "x" * 512):
        proxy.answer("PATCH", "*" + path, 200, {})
        got = bot.answer("rest", dict(method="PATCH", path=path,
            body=dict(name="x"), reason=reason))
        t.ok("result" in got, "a reason of %d characters" % len(reason))
        head = proxy.requests("PATCH", "*" + path)[-1].headers
        t.equal(urllib.parse.unquote(head.get("X-Audit-Log-Reason", "")),
            reason, "arrives whole")
    t.equal(bot.code("rest", method="PATCH", path=path, body={},
        reason=WIDE * 513), -32602, "513 are refused")

    proxy.drop()
    proxy.answer("POST", "*/messages", 200, {"id": "1"})
    for what, good, bad in (
            ("nonce", dict(content="x", nonce=WIDE * 25),
                dict(content="x", nonce=WIDE * 26)),
            ("content", dict(content=WIDER * 2000),
                dict(content="x" * 2001))):
        t.ok("result" in bot.answer("say", dict(good, channel_id=channel)),
            what + " up to the limit")
        t.equal(bot.code("say", channel_id=channel, **bad), -32602,
            what + " beyond it")

    data = base64.b64encode(b"data").decode()
    for n, code in ((250, None), (261, -32602)):
        t.equal(bot.code("upload", channel_id=channel, content="x",
            files=[dict(name=WIDE * n, base64=data)]), code,
            "a file's name of %d characters" % n)
    t.ok((WIDE * 250).encode() in proxy.requests("POST", "*/messages")[-1]
        .body, "arrives whole")
    fleet.stop()


scenario(main)
