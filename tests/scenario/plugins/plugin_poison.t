#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""I9: three odd events end a plugin that trusts what it reads: they become
dead letters with its last words, it gets everything else, another plugin gets
everything, and once it is mended the dead letters are delivered again."""
import json
import os
import sys

sys.path.append(sys.path[0] + "/../lib")
from files import executable
from herd import DATA, scenario, wait_until

ODD = ["message_member_without_joined_at", "message_without_author",
    "presence_user_id_only_wrong_types"]
NAIVE = """#!/usr/bin/python3
import json, os, sys
mended, seen = sys.argv[1:]
log = open(seen, "a")

def dies(kind, error, trace):
    print("%s: %s" % (kind.__name__, error), file=sys.stderr, flush=True)

sys.excepthook = dies
for line in sys.stdin:
    m = json.loads(line)
    e = (m.get("params") or {}).get("event")
    if m["method"] == "event" and e and not os.path.exists(mended):
        d = e["d"]
        if e["t"] == "MESSAGE_CREATE":
            d["author"]["id"]
            if "member" in d:
                d["member"]["joined_at"][:10]
        elif e["t"] == "PRESENCE_UPDATE":
            d["status"].upper()
    if m["method"] == "event":
        log.write("%d %d\\n" % (m["params"]["shard"], m["params"]["seq"]))
        log.flush()
    if "id" in m:
        print(json.dumps({"jsonrpc": "2.0", "id": m["id"], "result": None}),
            flush=True)
"""


def letters(fleet):
    return json.loads(fleet.must("deadletter", "list", "--json"))[
        "dead_letters"]


def main(t):
    sim = t.sim(shards=2, rate=100)
    fleet = t.fleet(sim)
    naive = fleet.path("naive.py")
    mended = fleet.path("mended")
    executable(naive, NAIVE)
    fleet.write_config({}, {"audit": fleet.audit(), "naive": dict(
        exec="%s %s %s" % (naive, mended, fleet.path("seen")),
        events="MESSAGE_CREATE, PRESENCE_UPDATE", window=4)})
    fleet.start()
    sim.wait("handled>=100")
    for name in ODD:
        sim.ctl("send", 1, os.path.join(DATA, "odd", name + ".json"))
    wait_until(lambda: len(letters(fleet)) == 3, "three dead letters")
    sim.wait("handled>=400")
    sim.settle()
    found = letters(fleet)
    t.equal({d["plugin"] for d in found}, {"naive"}, "all of the naive one")
    for word in ("subscriptable", "author", "upper"):
        t.ok(any(word in d["last_words"] for d in found),
            'the last words of one have "%s"' % word)
    t.ok(all(d["shard"] == 1 for d in found), "they came over shard 1")
    sim_totals = sim.totals()
    t.equal(sim_totals["pending"], 0, "the other plugin got all events")
    wait_until(lambda: fleet.plugins()["naive"]["waiting"] == 0
        and fleet.plugins()["naive"]["backlog_events"] == 0
        and fleet.plugins()["naive"]["outstanding"] == 0,
        "the naive plugin has caught up")
    shown = fleet.must("deadletter", "show", str(found[0]["id"]))
    t.match(shown, "naive", "one can be shown")

    # Mended: the same events are delivered again, to it alone.
    with open(mended, "w", encoding="utf-8"):
        pass
    fleet.must("deadletter", "replay", "all")
    wait_until(lambda: letters(fleet) == [], "no dead letter is left")
    with open(fleet.path("seen"), encoding="utf-8") as f:
        seen = [tuple(map(int, line.split())) for line in f]
    for d in found:
        t.ok((d["shard"], d["seq"]) in seen, "seq %d came again" % d["seq"])
    t.equal(sorted(set(seen)), sorted(seen), "it finished no event twice")
    t.nothing_lost(sim, 2)
    fleet.stop()


scenario(main)
