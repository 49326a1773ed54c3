#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""C9: a number in the body of a REST call goes to Discord as the plugin wrote
it, of any length."""
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario
from rest_proxy import proxied

BIG = 123456789012345678901234567890


def main(t):
    fleet, proxy, bot = proxied(t)
    proxy.answer("POST", "*/channels/*", 200, '{"n":%d}' % BIG,
        headers={"Content-Type": "application/json"})
    got = bot("rest", method="POST", path="/channels/1/messages",
        body={"a": BIG, "b": [-BIG, 18446744073709551616], "c": 0.1})
    sent = proxy.requests("POST", "*/messages")[-1].body.decode()
    for number in (str(BIG), str(-BIG), "18446744073709551616", "0.1"):
        t.ok(number in sent, number + " goes out")
    t.equal(got["body"]["n"], BIG, "and comes back")
    fleet.stop()


scenario(main)
