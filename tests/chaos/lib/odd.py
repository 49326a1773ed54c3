# SPDX-License-Identifier: MIT
"""Deeds of Discord and of the way to it.  ODD is section 8 of the protocol's
reference by row, what can befall a fleet of it; the rows that are not here are
other deeds (8.1 cut, 8.3 mute, 8.12 crash loop, 8.17 cut, 8.25 and 8.29 of
harm.py), or what the judge holds all of it against (8.16, 8.21: IDENTIFYs)."""
import contextlib
import json
import os
import time

import herd
from ws import Client, Closed
from world import HEARTBEAT_S

# Events of a shape that no reader of them likes: which of tests/data/odd, whether
# as it is, and the cost.
SHAPES = (("dispatch_d_not_object", 0, 0), ("dispatch_null_d", 0, 0),
    ("guild_id_as_integer", 0, 0), ("dispatch_keys_reordered", 0, 0),
    ("dispatch_extra_top_level_keys", 0, 0), ("deep_nesting_512", 0, 0),
    ("presence_user_id_only_wrong_types", 0, 0), ("unknown_op", 1, 0),
    ("invalid_session_null_d", 1, 1))


def cut(w, dice):
    who = dice.choice(["all", *range(w.shards)])
    w.sim.ctl(*dice.choice((("drop", who), ("eof", who), ("op", who, 7),
        ("close", who, dice.choice((1000, 1001, 1005, 1006, 1011, 4000, 4008,
        4900))))))
    return who


def slow_line(w, dice):
    who = dice.choice(["all", dice.randrange(w.shards)])
    w.sim.try_ctl("line", who, "latency", "%dms" % dice.randrange(5, 200),
        "bandwidth", dice.choice((200000, 1000000)), "segment",
        dice.choice((100, 1400)))
    time.sleep(1 + 2 * dice.random())	# so long it is slow
    w.sim.try_ctl("line", who, "default")	# it may be cut already
    return who


def mute(w, dice):
    """Half-open, until the shard has found out: at its second heartbeat at
    the latest."""
    shard = dice.randrange(w.shards)
    before = w.fleet.shard(shard)["connects"]
    w.sim.ctl("mute", shard, "on")
    try:
        w.fleet.wait_status(lambda s: s["shards"][shard]["state"] != "ready"
            or s["shards"][shard]["connects"] != before,
            "the shard whose connection is half-open notices",
            2 * HEARTBEAT_S + 2)
    finally:
        w.sim.try_ctl("mute", shard, "off")	# it may be a new one by now
    return shard


def expire(w, dice):
    shard = dice.randrange(w.shards)
    w.sim.ctl("expire", shard)
    w.sim.try_ctl("drop", shard)	# it may be cut already
    w.spent += 1
    return shard


# ---- section 8, row by row ----------------------------------------------

class Row:
    """Words of `fault` for that shard, or for any connection; then what makes
    the shard meet it.  cost: IDENTIFYs, at most."""

    def __init__(self, row, *words, cost=0, then=("drop",), anybody=False):
        self.row, self.words, self.cost = row, words, cost
        self.then, self.anybody = then, anybody

    def __call__(self, w, dice, shard):
        whom = () if self.words == ("1001-storm",) else (
            ("--host", dice.choice(("resume", "main"))) if self.anybody else
            ("--shard", shard))
        times = dice.randrange(1, 4) if self.anybody else 1
        w.sim.ctl("fault", *self.words, *whom,
            *(("--count", times) if self.anybody else ()))
        if self.then:		# it may be between two connections already
            w.sim.try_ctl(self.then[0], shard, *self.then[1:])
        w.spent += self.cost
        return " ".join(map(str, self.words))


def shape(w, dice, shard):
    """8.10: it takes its place in the sequence."""
    name, raw, cost = dice.choice(SHAPES)
    w.sim.try_ctl("send", shard, os.path.join(herd.DATA, "odd", name + ".json"),
        *(("--raw",) if raw else ()))
    w.spent += cost
    return name


def told_thrice(w, dice, shard):
    """8.14: one new connection, however often it is told to go."""
    for words in (("mute", "on"), ("op", 7), ("op", 7), ("op", 9, "true"),
            ("mute", "off")):
        w.sim.try_ctl(words[0], shard, *words[1:])
    return "told to go three times"


def outage(w, dice, shard):
    """8.20: a guild is unavailable, and comes back."""
    path = os.path.join(w.fleet.dir, "outage.json")
    made = json.loads(w.sim.ctl("created", dice.randrange(2 * w.shards))
        .splitlines()[0])
    for name, d in (("GUILD_DELETE", {"id": made["id"], "unavailable": True}),
            ("GUILD_CREATE", made)):
        with open(path, "w", encoding="utf-8") as f:
            json.dump({"t": name, "s": 1, "op": 0, "d": d}, f)
        w.sim.try_ctl("send", (int(made["id"]) >> 22) % w.shards, path)
    return "guild %s" % made["id"]


def gateway_bot(w, dice, shard):
    """8.22: nobody can be asked as a supervisor starts: RESUMEs need no
    answer."""
    words = dice.choice(((429, "retry-after=82800"), (403, "html"), (503,),
        (200, "garbage"), (500, "empty"), ("ok", "delay=3"), (429, "global"),
        (200, "cut")))
    w.sim.ctl("gateway-bot", *words)
    try:
        w.kill("supervisor", w.pid("supervisor", dice))
    finally:
        w.sim.ctl("gateway-bot", "ok")
    return "gateway-bot %s" % " ".join(map(str, words))


def rest(w, dice, shard):
    """Every route of REST, for as many calls, while the handler is new."""
    words = dice.choice(((500, "html"), (429, "shared"), (502, "empty"),
        (200, "garbage"), ("ok", "delay=2"), (503, "cut")))
    w.sim.ctl("rest", "*", *words, "count=%d" % dice.randrange(1, 9))
    pid = w.pid("handler", dice)
    if pid:
        w.kill("handler", pid)
    w.sim.ctl("rest", "clear")
    return "rest %s" % " ".join(map(str, words))


def held(w, dice, shard):
    """8.11: 4014 holds everybody back at once, and is taken back."""
    w.sim.try_ctl("close", shard, 4014)
    w.spent += 1
    herd.wait_until(lambda: w.fleet.status()["cluster"]["state"] == "held",
        "4014 holds the fleet", 60)
    herd.wait_until(lambda: w.fleet.cli("release").returncode == 0 or
        w.fleet.status()["cluster"]["state"] != "held", "it is released", 120)
    return "4014"


def members(w, dice, shard):
    """8.28: a client of the gate asks for members, is answered not at all or
    told to wait, and leaves in the middle of it."""
    w.sim.ctl("fault", *dice.choice((("lose-members",), ("limit-members",
        1000))), "--shard", shard)
    with contextlib.suppress(Closed, OSError, AssertionError):
        guest = Client(w.bots.url)
        guest.until(10)
        guest.identify(w.guest)
        ready = guest.until(0, "READY")["d"]
        for guild in ready["guilds"][:8]:
            guest.send({"op": 8, "d": {"guild_id": guild["id"], "query": "",
                "limit": 0, "nonce": "n"}})
        for _ in range(dice.randrange(8)):
            guest.receive()
        guest.drop()
    return "a guest"


ODD = (
    Row("8.2", "1001-storm", then=()),
    Row("8.4", "no-hello", anybody=True), Row("8.4", "slow-hello", 700,
        anybody=True),
    Row("8.5", "no-ready"),
    Row("8.5", "no-ready", cost=2, then=("op", 9, "false")),
    Row("8.6", "close-on-resume", 1005, "--count", 3, cost=1),
    Row("8.7", "connect-refuse", anybody=True),
    Row("8.8", "op9-on-resume", "true"),
    Row("8.8", "op9-on-resume", "false", cost=1),
    Row("8.8", "op9-on-identify", cost=2, then=("op", 9, "false")),
    Row("8.8", "close-on-resume", 4000),
    Row("8.8", "close-on-resume", 4009, cost=1),
    Row("8.9", "huge-message", 6000000, then=()),
    Row("8.9", "half-message", then=()),
    Row("8.9", "half-message", "hang", then=()),
    Row("8.9", "fragment", then=()), Row("8.9", "bomb", then=()),
    shape, shape, held,
    Row("8.13", "no-ack", then=()), told_thrice,
    Row("8.15", "op7-instead-of-hello", anybody=True),
    Row("8.15", "hello-glued", anybody=True),
    Row("8.15", "no-ready", then=("op", 7)),
    Row("8.18", "close-on-resume", 1011, then=("close", 1011)),
    Row("8.19", "flood-guilds", 20, then=()),
    Row("8.19", "delay-ack", 700 * HEARTBEAT_S, then=()),
    outage, gateway_bot, rest,
    Row("8.23", "upgrade-status", 520, anybody=True),
    Row("8.23", "upgrade-status", 403, anybody=True),
    Row("8.23", "upgrade-status", 429, "retry-after", 2, anybody=True),
    members,
    Row("8.30", "bad-deflate", then=()), Row("8.30", "drop-mid-replay", 3),
)


def fault(w, dice):
    shard = dice.randrange(w.shards)
    row = dice.choice(ODD)
    what = row(w, dice, shard)
    return "%s%s, shard %s" % (row.row + " " if isinstance(row, Row) else "",
        what, shard)
