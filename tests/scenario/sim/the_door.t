#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The simulator takes what Discord takes, as released libraries send it: what
is odd is counted and told in words, and only what Discord refuses is refused."""
import struct
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario
from ws import Client

PRESENCE = {"since": None, "activities": [], "status": "online", "afk": False}


def odd(sim):
    """What was odd, in words."""
    return [v["what"] for v in sim.report()["violations"]
        if v["class"] == "odd"]


def presence(**changes):
    return {k: v for k, v in dict(PRESENCE, **changes).items() if v != "gone"}


# What is added to an IDENTIFY, and what the report says of it.
TAKEN = [
    ("a plain one", {}, None),
    ("no presence", {"presence": None}, None),
    ("since absent", {"presence": presence(since="gone")}, "since is absent"),
    ("since 0.0", {"presence": presence(since=0.0)}, "since is no integer"),
    ("since an object", {"presence": presence(since={"secs_since_epoch": 1,
        "nanos_since_epoch": 0})}, "since is an object"),
    ("activities null", {"presence": presence(activities=None)},
        "activities is null"),
    ("no activities", {"presence": presence(activities="gone")},
        "activities is absent"),
    ("no status", {"presence": presence(status="")}, "status is empty"),
    ("afk absent", {"presence": presence(afk="gone")}, "afk is absent"),
    ("compress a string", {"compress": "zlib-stream"}, "compress is a string"),
    ("compress false", {"compress": False}, None),
    ("a threshold of 10", {"large_threshold": 10}, "large_threshold"),
    ("properties with $", {"properties": {"$os": "linux", "$browser": "x",
        "$device": "x"}}, None),
    ("no device", {"properties": {"os": "linux", "browser": "x"}}, "device"),
]
REFUSED = [
    ("an unknown status", {"presence": presence(status="busy")}, 4001),
    ("since a word", {"presence": presence(since="now")}, 4001),
    ("an activity without a type", {"presence": presence(activities=[
        {"name": "x"}])}, 4001),
    ("properties no object", {"properties": "linux"}, 4001),
    ("compress a list", {"compress": []}, 4001),
]


def identifies(t, sim, url, token):
    for what, changes, words in TAKEN:
        before = odd(sim)
        client = Client(url)
        client.until(10)
        client.identify(token, **changes)
        t.ok(client.until(0, "READY"), what)
        fresh = [w for w in odd(sim) if w not in before]
        t.equal([words is not None and words in w for w in fresh],
            [True] if words else [], "%s: odd %r" % (what, words))
        client.drop()
    for what, changes, code in REFUSED:
        client = Client(url)
        client.until(10)
        client.identify(token, **changes)
        t.equal(client.close_code(), code, "%s: %d" % (what, code))
        client.drop()


def tokens(t, sim, url, token):
    client = Client(url)
    client.until(10)
    client.identify("Bot " + token, shard=(0, 1))
    ready = client.until(0, "READY")["d"]
    t.equal(ready["shard"], [0, 1], "IDENTIFY with \"Bot \"")
    client.drop()
    for name in (token, "Bot " + token):
        client = Client(ready["resume_gateway_url"])
        client.until(10)
        client.send({"op": 1, "d": 1})
        client.until(11)
        client.resume(name, ready["session_id"], 1)
        t.ok(client.until(0, "RESUMED"), "RESUME as " + name[:4].strip())
        client.drop()
    client = Client(url)
    client.until(10)
    client.identify("Bot Bot " + token)
    t.equal(client.close_code(), 4004, "but not with two: 4004")


def single(t, url, token):
    """Without a shard key, and after heartbeats that came before."""
    client = Client(url)
    client.until(10)
    for d in (None, 0):
        client.send({"op": 1, "d": d})
        client.until(11)
    client.send({"op": 2, "d": {"token": token, "intents": 1, "properties": {
        "os": "x", "browser": "x", "device": "x"}}})
    t.equal(client.until(0, "READY")["d"]["shard"], [0, 1],
        "no shard key is [0, 1]")
    client.drop()


def after_op9(t, sim, url, token):
    """As Eris does: IDENTIFY again on the same socket, the resume host's."""
    client = Client(sim.urls["SIM_RESUME"])
    client.until(10)
    client.resume(token, "f" * 32, 1)
    t.equal(client.until(9)["d"], False, "RESUME of nothing: op 9 false")
    client.identify(token)
    t.ok(client.until(0, "READY"), "IDENTIFY on the resume host after it")
    t.ok(any("on the resume host" in w for w in odd(sim)), "which is odd")
    client.send({"op": 3, "d": presence(since="gone", afk="gone")})
    client.send({"op": 1, "d": client.seq})
    client.until(11)
    t.ok("op 3: since is absent, afk is absent" in odd(sim),
        "op 3 is read as in IDENTIFY")
    client.drop()


def closes(t, sim, url, token):
    """With a code that came after RFC 6455, as discordgo does."""
    for code, whole in ((1012, True), (1014, True), (1015, False),
            (1016, False)):
        before = sim.totals()["violations"]
        client = Client(url)
        client.until(10)
        client.identify(token)
        ready = client.until(0, "READY")["d"]
        client.send_frame(8, struct.pack("!H", code) + b"again")
        client.close_code()
        t.equal(sim.totals()["violations"] - before, 0 if whole else 1,
            "closed with %d: %s" % (code, "taken" if whole else "broken"))
        client = Client(ready["resume_gateway_url"])
        client.until(10)
        client.resume(token, ready["session_id"], 1)
        t.ok(client.until(0, "RESUMED"), "and its session lives")
        client.drop()


def in_haste(t, sim, url, token):
    """Who does not wait for HELLO gets it all the same, and first."""
    client = Client(url)
    client.identify(token)
    t.equal(client.receive()["op"], 10, "HELLO comes before READY")
    ready = client.until(0, "READY")["d"]
    client.drop()
    client = Client(ready["resume_gateway_url"])
    client.resume(token, ready["session_id"], 1)
    t.equal(client.receive()["op"], 10, "and before RESUMED")
    t.ok(client.until(0, "RESUMED"), "which comes then")
    client.drop()


def urls(t, sim, url, token):
    for path, query, taken in (("/", "v=10&encoding=json", True),
            ("/x", "v=10&encoding=json", True), ("/x/", "v=10", True),
            ("//", "encoding=json&v=10&shard=7&", True),
            ("/gateway/bot", "v=9&encoding=json", True),
            ("/", "compress=br&v=10", True), ("/", "", True),
            ("/", "v=5", False), ("/", "v=10&encoding=xml", False)):
        client = Client(url, query, path)
        if taken:
            t.ok(client.until(10), "taken: %s?%s" % (path, query))
        else:
            t.equal(client.close_code(), 4012, "4012: %s?%s" % (path, query))
        client.drop()
    client = Client(url, more="Sec-WebSocket-Extensions: permessage-deflate; "
        "client_max_window_bits\r\n")
    t.ok("extensions" not in client.head.lower(),
        "permessage-deflate is declined")
    t.ok(client.until(10), "and HELLO is plain")
    client.drop()


def glued(t, sim, url):
    sim.ctl("fault", "hello-glued")
    client = Client(url)
    t.ok(client.buffer, "HELLO in the TCP segment of the 101")
    t.equal(client.until(10)["op"], 10, "it is whole")
    client.drop()


def main(t):
    sim = t.sim(shards=1, guilds=4, plain=True, identify_interval="0s")
    url = sim.urls["SIM_GATEWAY"]
    with open(sim.urls["SIM_TOKEN_FILE"], encoding="utf-8") as f:
        token = f.read().strip()
    identifies(t, sim, url, token)
    tokens(t, sim, url, token)
    single(t, url, token)
    after_op9(t, sim, url, token)
    closes(t, sim, url, token)
    in_haste(t, sim, url, token)
    urls(t, sim, url, token)
    glued(t, sim, url)
    totals = sim.totals()
    t.equal(totals["violations"], len(REFUSED) + 5,
        "only what was refused is a broken rule")
    t.ok(totals["odd"] >= 10, "what was odd is counted beside it")
    t.match(sim.ctl("report"), r"\nodd of shard 0/1: IDENTIFY: on the resume "
        "host\n", "and told to people")


scenario(main)
