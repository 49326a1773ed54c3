#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""I1, I2, I4: `rollout` puts another process in the place of each shard under
load: one RESUME each, a gap below three round trips, nothing lost or handled
twice, no IDENTIFY; and `rollout undo` goes back."""
import sys
import time

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario

SHARDS = 8
RATE = 800
RTT_MS = 250
RTTS = 3
QUICK = ("--pause", "1s", "--parallel", "4")


def edit(fleet, **changes):
    """The config file with other values: section__key=value."""
    fleet.write_config({k.replace("__", "."): v for k, v in changes.items()})


def refused(t, fleet):
    """What would end sessions is named with its price, and nothing is done."""
    before = fleet.shard_pids()
    edit(fleet, gateway__shards="4", gateway__compress="none",
        bot__intents="GUILDS")
    done = fleet.cli("rollout")
    t.equal(done.returncode, 78, "shards and intents: exit status")
    t.match(done.stderr, r'\[gateway\] shards: .*not by a rollout.*cost %d '
        'IDENTIFYs of the .* that is for "shardherd stop" and' % SHARDS,
        "the number of shards is refused with its price")
    t.match(done.stderr, r"\[bot\] intents: .*not by a rollout",
        "so are the intents")
    t.equal(fleet.shard_pids(), before, "nothing was changed")


def looked_at(t, fleet):
    edit(fleet, gateway__compress="none", log__files="3",
        bot__presence='{"status":"idle"}')
    before = fleet.shard_pids()
    done = fleet.cli("rollout", "--dry-run")
    t.equal(done.returncode, 0, "rollout --dry-run: exit status")
    t.match(done.stdout, r'\[gateway\] compress: "auto" -> "none"\n',
        "what shards take over")
    t.match(done.stdout, r"\[log\] files: .*shardherd reload", "what is "
        "reload's")
    t.match(done.stdout, "Would replace %d shards" % SHARDS, "what it would do")
    t.equal(fleet.shard_pids(), before, "it did nothing")
    t.match(fleet.must("reload", "--check"), r"compress: .*shardherd rollout",
        "reload names the command")


def compression(fleet, shard):
    s = fleet.shard(shard)
    return s["bytes_raw"] / max(s["bytes_wire"], 1)


def rolled_out(t, sim, fleet, verb=(), code=0):
    before, began = fleet.shard_pids(), time.monotonic()
    handler = fleet.handler_pid()
    at = sim.totals()
    done = fleet.cli("rollout", *verb, *QUICK, timeout=60)
    t.equal(done.returncode, code, "rollout: exit status")
    if done.returncode != code:
        t.note(done.stdout + done.stderr)
    t.match(done.stdout, r"shard 0 is replaced, \d of %d\.\n" % SHARDS,
        "progress")
    t.match(done.stdout, "%d of %d shards were replaced and are well" % (
        SHARDS, SHARDS), "how it ended")
    after = fleet.shard_pids()
    t.equal([i for i in after if after[i] == before[i]], [],
        "every shard is another process")
    t.equal(fleet.handler_pid(), handler, "the handler is not")
    now = sim.totals()
    t.equal(now["resumes"] - at["resumes"], SHARDS, "one RESUME each")
    t.equal(now["resumes_failed"], 0, "none of them failed")
    t.equal(now["presences"] - at["presences"], SHARDS, "each shows the "
        "changed presence")
    sim.wait("handled>=%d" % (now["handled"] + RATE))
    gaps = [s["gap_ms"] for s in sim.report()["shards"]]
    t.note("gaps of %s ms at a round trip of %d ms" % (gaps, RTT_MS))
    t.soon(began, RTTS * RTT_MS / 1000, "each gap is below %d round trips"
        % RTTS, max(gaps) / 1000)
    t.ok(min(gaps) >= RTT_MS, "and no shorter than the one it must take")
    crashes = [s["crashes"] for s in fleet.status()["shards"]]
    t.equal(crashes, [{}] * SHARDS, "nothing counts as a crash")
    t.equal(fleet.cli("rollout", "status").returncode, 0, "rollout status: "
        "every shard is up to date")


def waited_too_short(t, fleet):
    done = fleet.cli("rollout", "--all", "--pause", "60s", "--timeout", "0.2")
    t.sentence(done, 99, "still under way", "--timeout")
    t.equal(fleet.cli("rollout").returncode, 75, "of two at once one waits")
    t.equal(fleet.cli("reload").returncode, 75, "so does a reload")
    status = fleet.status()["cluster"]["rollout"]
    t.ok(status["under_way"] and status["total"] == SHARDS,
        "status says that it is under way")
    t.equal(fleet.cli("rollout", "status").returncode, 1,
        "rollout status: exit status")
    t.equal(fleet.cli("rollout", "stop").returncode, 0, "it can be stopped")
    fleet.wait_status(lambda s: not s["cluster"]["rollout"]["under_way"],
        "the rollout has stopped")
    t.match(fleet.status()["cluster"]["rollout"]["note"],
        "an operator stopped it", "and says why")


def main(t):
    sim = t.sim(rate=RATE, shards=SHARDS, guilds=32, latency="%dms" % RTT_MS)
    fleet = t.fleet(sim)
    fleet.start()
    sim.wait("handled>=%d" % RATE)
    t.match(fleet.must("rollout"), "Every shard runs this program",
        "nothing to do")
    t.equal(fleet.cli("rollout", "undo").returncode, 1, "nothing to undo")
    refused(t, fleet)
    looked_at(t, fleet)
    t.ok(compression(fleet, 3) > 1.5, "the shards' streams are compressed")
    rolled_out(t, sim, fleet)
    t.ok(compression(fleet, 3) > 1, "the counters go on")
    raw = fleet.shard(3)
    sim.wait("handled>=%d" % (sim.totals()["handled"] + RATE))
    now = fleet.shard(3)
    t.ok(now["bytes_wire"] - raw["bytes_wire"] > now["bytes_raw"]
        - raw["bytes_raw"], "and the streams are plain by now")
    rolled_out(t, sim, fleet, verb=("undo",))
    raw = fleet.shard(3)
    sim.wait("handled>=%d" % (sim.totals()["handled"] + RATE))
    now = fleet.shard(3)
    t.ok(now["bytes_wire"] - raw["bytes_wire"] < now["bytes_raw"]
        - raw["bytes_raw"], "undo: they are compressed again")
    waited_too_short(t, fleet)
    sim.settle()
    t.nothing_lost(sim, identifies=SHARDS)
    fleet.stop()


scenario(main)
