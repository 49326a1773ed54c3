#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""B5: what /gateway/bot is answered is judged by its status and headers
whatever its body is: compressed without being asked for, numbers as floats, a
page longer than anybody reads; and a 5xx that says to wait a day is asked
again before."""
import gzip
import json
import re
import subprocess
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario, wait_until
from rest_proxy import Proxy

PAGE = "<html>" + 600000 * "x" + "</html>"


def raw(status, headers, body):
    return "\r\n".join(["HTTP/1.1 " + status, *headers, "Content-Length: %d"
        % len(body), "Connection: close", "", ""]).encode() + body


def told(t, sim, pattern, *answer, **more):
    """A start that waits says so, and comes up when it is over."""
    fleet = t.fleet(sim)
    proxy = Proxy(sim)
    fleet.write_config({"gateway.api": proxy.api}, {})
    proxy.answer("GET", "*/gateway/bot", *answer, **more)
    starting = subprocess.Popen([fleet.binary, "-c", fleet.config, "start"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, cwd=fleet.dir)
    found = wait_until(lambda: re.search(pattern, fleet.cli("check").stdout),
        pattern)
    starting.wait()
    fleet.stop()
    return found


def main(t):
    sim = t.sim(shards=1, guilds=2, plain=True)
    fleet = t.fleet(sim)
    proxy = Proxy(sim)
    fleet.write_config({"gateway.api": proxy.api}, {})
    good = json.dumps({"url": sim.urls["SIM_GATEWAY"], "shards": 1.0,
        "session_start_limit": {"total": 1000.0, "remaining": 1000.0,
        "reset_after": 14400000.5, "max_concurrency": 16.0}}).encode()
    proxy.answer("GET", "*/gateway/bot", 200, raw=raw("200 OK",
        ["Content-Type: application/json", "Content-Encoding: gzip"],
        gzip.compress(good)))
    fleet.start()
    t.ok(proxy.requests("GET", "*/gateway/bot", ruled=True), "it was asked")
    t.ok(True, "compressed and with floats, it is an answer")
    fleet.stop()

    t.ok(told(t, sim, "answered 403, probably a block", 403, PAGE),
        "a long page of 403 is a 403")
    t.ok(told(t, sim, r"rate limited at Cloudflare; asking again in 4\d s",
        429, PAGE, headers={"Retry-After": "40"}),
        "a long page of 429 is a 429, with its Retry-After")
    t.ok(told(t, sim, r"HTTP 503\); asking again in 30\d s", 503, "<html>",
        headers={"Retry-After": "86400"}), "a 503 is asked again before long")


scenario(main)
