#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""F-B8: /gateway/bot says that no IDENTIFY is left and that the reset is now,
for ever.  It is asked less and less often, the operator is told, and the first
better answer starts the fleet."""
import sys

sys.path.append(sys.path[0] + "/../lib")
from gatewaybot import Answers
from herd import scenario, wait_until

QUESTIONS = 5		# in a row, after the first few
LEAST_S = 0.45		# between two of them


def main(t):
    sim = t.sim(shards=1, plain=True)
    answers = Answers(sim)
    answers.left = answers.reset_after_ms = 0
    fleet = t.fleet(sim)
    fleet.write_config({"gateway.api": answers.api})
    fleet.must("start")
    wait_until(lambda: len(answers.asked) >= 3 + QUESTIONS,
        "it goes on asking", 140)
    spans = [b - a for a, b in zip(answers.asked[2:], answers.asked[3:])]
    # A slow machine can only make them longer.
    t.ok(all(s >= LEAST_S for s in spans), "no two questions at once")
    t.note("seconds between: %s" % " ".join("%.1f" % s for s in spans))
    t.equal(sim.totals()["identifies"], 0, "nothing IDENTIFYs meanwhile")
    t.match(fleet.status()["cluster"]["note"] or "", "the reset is now",
        "status says what it waits for")
    answers.left = 1000
    wait_until(lambda: sim.totals()["identifies"] == 1, "one IDENTIFY", 100)
    fleet.wait_ready(60)
    fleet.stop()


scenario(main)
