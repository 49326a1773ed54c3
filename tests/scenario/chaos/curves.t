#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What soak judges by: a curve that grows is found, noise and a saw-tooth are
not, nor what fills at the begin."""
import os
import random
import sys

sys.path[:0] = [os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.realpath(__file__)))), *path) for path in (("scenario", "lib"),
    ("chaos", "lib"))]
from curves import Curves, Trend	# noqa: E402
import herd		# noqa: E402

N = 60


def trend(value, name="x_kb"):
    return Trend(name, [(float(i), value(i)) for i in range(N)])


def main(t):
    dice = random.Random(1)
    noise = [dice.gauss(0, 40) for _ in range(N)]
    t.ok(trend(lambda i: 1000 + 10 * i + noise[i]).grows,
        "10 KiB a minute of 1 000, in noise, is found")
    t.ok(trend(lambda i: 1000 + 10 * i + 60 * (i % 7)).grows,
        "in a saw-tooth as well")
    t.ok(trend(lambda i: 20 + i // 12, "x_fds").grows,
        "and a descriptor every 12 minutes")
    t.ok(not any(trend(lambda i, d=random.Random(seed): 1000 + d.gauss(0, 200))
        .grows for seed in range(200)), "noise is none, 200 times")
    t.ok(not trend(lambda i: 1000 + 300 * (i % 7)).grows,
        "a saw-tooth is none")
    t.ok(not trend(lambda i: min(20000, 2000 * i)).grows,
        "what is full after the warm-up is none")
    t.ok(not trend(lambda i: 1000 + 0.5 * i).grows,
        "what is sure and of no size is none")
    t.ok(not trend(lambda i: 5000 - 20 * i + noise[i]).grows,
        "nor what falls")
    curves = Curves()
    for i in range(N):
        curves.add(i, {"a_kb": 1000 + 10 * i, "b_kb": None if i % 3 else 5})
    t.equal(curves.grown(), ["a_kb"], "of two curves the one that grows")
    t.ok(any("a_kb" in line and "GROWS" in line for line in curves.lines()),
        "is named")


if __name__ == "__main__":
    herd.scenario(main)
