#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""--json of every verb that prints: one line, one shape, the same facts as
people read; a text that is that very word is a text."""
import json
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario
from ws import Client


def main(t):
    sim = t.sim(shards=1, guilds=3, plain=True)
    with open(sim.urls["SIM_TOKEN_FILE"], encoding="utf-8") as f:
        token = f.read().strip()
    client = Client(sim.urls["SIM_GATEWAY"])
    client.until(10)
    client.identify(token, (0, 1))
    client.until(0, "GUILD_CREATE")

    def rows(*words, code=0):
        done = sim.try_ctl(*words, "--json")
        t.equal(done.returncode, code, " ".join(map(str, words)))
        o = json.loads(done.stdout)
        t.equal((sorted(o), o["schema"], o["verb"], done.stdout.count("\n")),
            (["rows", "schema", "verb"], 1, words[0], 1), "its shape")
        return o["rows"]

    guilds = rows("guilds")
    t.equal([g["number"] for g in guilds], [0, 1, 2], "guilds")
    t.equal([g["id"] for g in rows("guilds", 2)],
        [l.split()[1] for l in sim.ctl("guilds", 2).splitlines()[1:3]],
        "as people read them")
    said = rows("message", 0, 'a "word"', "--channel", guilds[0]["channel"])
    last = rows("said", guilds[0]["channel"], 1)
    t.equal((last[0]["id"], last[0]["content"]), (said[0]["id"], 'a "word"'),
        "what was said, as the object REST shows")
    t.ok(sim.ctl("message", 0, "--json").strip().isdigit(),
        "a text may be --json")
    journal = rows("journal", 0)
    t.equal([str(e["number"]) for e in journal], [l.split()[0] for l in
        sim.ctl("journal", 0).splitlines()], "the journal")
    t.ok(all(e["session"] and e["bytes"] > 0 and len(e["crc"]) == 8
        for e in journal), "each entry whole")

    t.ok({"no-ack", "bomb"} <= {f["name"] for f in rows("fault")}, "faults")
    t.equal(rows("fault", "no-ack", "--shard", 0, "--count", 2), [], "one set")
    t.equal(rows("fault", "list"), [{"name": "no-ack", "argument": 0,
        "shard": 0, "count": 2}], "and listed")
    t.equal(rows("rest", "GET /a\"b", 500, "count=2"), [], "one of REST")
    t.equal([(f["pattern"], f["status"], f["count"])
        for f in rows("rest", "list")], [("GET /a\"b", 500, 2)], "listed")
    t.equal(rows("wait", "connected=1"), [], "what is so")
    t.equal(rows("wait", "connected=7,sent>=0", "--timeout", 0, code=99),
        [{"name": "connected", "is": 1}], "what is not")
    t.ok("handled" in rows("settle", "--timeout", 0, code=99)[0], "settle")
    t.ok(len(rows("token", "other")[0]["token"]) > 20, "a token")
    t.equal(rows("pause"), [], "nothing to say")
    t.equal(rows("expire", "all"), [{"expired": 1}], "expired")
    for words, code in ((("fault", "zzz"), 64), (("said", 999), 1),
            (("pause", "x"), 64)):
        done = sim.try_ctl(*words, "--json")
        t.equal((done.returncode, done.stdout, done.stderr.count("\n")),
            (code, "", 1), "%s: a sentence" % words[0])
    client.drop()


scenario(main)
