# SPDX-License-Identifier: MIT
"""Ordeals: each shard of one fleet suffers something else at the same time,
and each is held to its own account: IDENTIFYs spent, time until it is back,
events lost or out of order, processes replaced.

An Ordeal is a row.  do(sim, fleet, shard) makes it happen; cost is the number
of IDENTIFYs it may spend; within the seconds, once all have happened, after
which the shard must be back: connected again, and ready by its own account.
With talk the shard's session is expected to survive: a person speaks before,
while the shard is away, and after, and all three must arrive, once and in order.
"""
import time

from herd import in_time, quiet, wait_until

POLL_S = 0.1
GRACE_S = 2.0		# on top of every deadline: two looks take that long


class Ordeal:
    def __init__(self, name, do, cost=0, within=5, talk=True, stays=False,
            check=None, resumes=None):
        self.name, self.do, self.cost, self.within = name, do, cost, within
        self.talk = talk and not cost
        self.stays = stays		# the connection must not end
        self.check = check		# check(t, before, after, status)
        self.resumes = resumes		# RESUMEs it must have taken
        self.shard = self.took = None


def ctl(*words):
    """One command about the shard: "SHARD" stands for its number."""
    def do(sim, fleet, shard):
        sim.ctl(*[shard if w == "SHARD" else w for w in words])
    return do


def each(*steps):
    def do(sim, fleet, shard):
        for step in steps:
            step(sim, fleet, shard)
    return do


def by_id(items):
    return {item["id"]: item for item in items}


def is_back(row, before, now, status):
    if not now["connected"] or status["state"] != "ready":
        return False
    if row.stays:
        return now["handled"] > before["handled"]
    return now["connects"] > before["connects"] and (
        now["identifies"] - before["identifies"] >= row.cost)


def wait_back(sim, fleet, rows, before, began):
    while any(r.took is None and in_time(began, r.within + GRACE_S)
            for r in rows):
        now = by_id(sim.report()["shards"])
        status = by_id(fleet.status()["shards"])
        for r in rows:
            if r.took is None and is_back(r, before[r.shard], now[r.shard],
                    status[r.shard]):
                r.took = quiet(began)
        time.sleep(POLL_S)


def say(sim, rows, text):
    for r in rows:
        if r.talk:
            sim.ctl("message", r.shard, text)


def judge(t, rows, before, after, status):
    for r in rows:
        t.ok(r.took is not None and r.took <= r.within + GRACE_S,
            "%s: back within %g s%s" % (r.name, r.within,
            "" if r.took is None else " (%.1f s of a quiet machine)" % r.took))
        b, a = before[r.shard], after[r.shard]
        t.equal(a["identifies"] - b["identifies"], r.cost,
            "%s: %d IDENTIFYs" % (r.name, r.cost))
        if r.stays:
            t.equal(a["connects"], b["connects"],
                "%s: the connection stays" % r.name)
        if r.resumes is not None:
            t.equal(a["resumes"] - b["resumes"], r.resumes,
                "%s: %d RESUMEs" % (r.name, r.resumes))
        t.equal((a["lost"], a["reordered"], a["repeated"], a["corrupt"],
            a["pending"]), (0, 0, 0, 0, 0),
            "%s: %d events, none lost, out of order, twice or changed" % (
                r.name, a["sent"]))
        if r.check:
            r.check(t, b, a, status[r.shard])


def run(t, sim, fleet, rows, first=0, keep_pids=True):
    """The rows on shards first, first + 1, ...; judged when all are back."""
    for i, r in enumerate(rows):
        r.shard = first + i
    pids = fleet.shard_pids()
    say(sim, rows, "before")
    sim.settle()
    before = by_id(sim.report()["shards"])
    for r in rows:
        r.do(sim, fleet, r.shard)
    say(sim, rows, "meanwhile")
    began = time.monotonic()	# nobody looked before
    wait_back(sim, fleet, rows, before, began)
    say(sim, rows, "after")
    sim.settle()
    judge(t, rows, before, by_id(sim.report()["shards"]),
        by_id(fleet.status()["shards"]))
    if keep_pids:
        t.equal(fleet.shard_pids(), pids, "no shard process was replaced")
    return sum(r.cost for r in rows)


def never_ended_by_us(t, sim, theirs=()):
    """8.16: 1000 or 1001 from us would end the session for good."""
    ours = {"1000", "1001"} & set(sim.totals()["closes"]) - set(theirs)
    t.equal(ours, set(), "8.16: none of our closes was 1000 or 1001")


def healthy(t, fleet, code=0):
    """The exit code an operator's script sees when all is over."""
    wait_until(lambda: fleet.cli("status").returncode == code,
        "status ends with %d" % code)
    t.equal(fleet.cli("status").returncode, code,
        "status: exit code %d" % code)
