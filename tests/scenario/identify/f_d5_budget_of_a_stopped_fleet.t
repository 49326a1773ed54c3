#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""`budget` of a stopped fleet says what was known last, and that it is
stopped; sessions an operator ended are attributed to the operator, and slow
nobody down."""
import json
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario

SHARDS = 16


def main(t):
    sim = t.sim(shards=SHARDS, max_concurrency=16)
    fleet = t.fleet(sim)
    fleet.start()
    for life in range(2):
        fleet.stop("--end-sessions")
        text = fleet.cli("budget").stdout
        t.match(text, r"(?m)^fleet +stopped", "it says that it is stopped")
        t.match(text, r"(?m)^left +\d+ of 1000", "and what was left")
        t.ok("slowed" not in text and "not known" not in text,
            "and nothing that is not so")
        if not t.ok(not json.loads(fleet.cli("budget", "--json").stdout)
                ["budget"]["braked"], "in JSON alike"):
            t.note(text)
        fleet.start()
        causes = json.loads(fleet.cli("budget", "--json").stdout)["causes"]
        t.equal(sum(causes["ended by an operator"].values()), (life + 1)
            * SHARDS, "the IDENTIFYs after it are an operator's")
    t.equal(sum(causes["no session"].values()), SHARDS, "only the first ones "
        "had no session")
    t.ok("nobody asked" not in fleet.cli("status").stdout
        + fleet.log_text(), "nobody says that nobody asked for them")
    t.nothing_lost(sim, identifies=3 * SHARDS)
    fleet.stop()


scenario(main)
