#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What scripts rely on: the fields of status --json and the exit codes."""
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario

FIELDS = {
    "cluster": "name state pid version uptime_s shard_count shards_ready",
    "budget": "total remaining reset_after_s max_concurrency reserve "
        "identifies_24h foreign_24h forecast_exhausted_in_s",
    "handler": "state generation pid events lag_events dead_letters",
    "probe": "scheduled age_s code shard rest_ms gateway_ms handler_ms "
        "done_ms total_ms runs failures text",
    "shards": "id state since_s pid seq acked_seq heartbeat_rtt_ms ack_age_s "
        "dispatch_age_s events bytes_wire bytes_raw connects identifies "
        "resumes resumes_failed zombies closes crashes spool_events rss_kb "
        "uss_kb fds fd_limit guilds",
}


def fields(t, status):
    t.equal(status.get("schema"), 1, "schema 1")
    for part, names in FIELDS.items():
        have = status[part][0] if part == "shards" else status[part]
        t.equal([n for n in names.split() if n not in have], [],
            "%s has every field" % part)


def main(t):
    sim = t.sim(shards=4, guilds=40, rate=100)
    fleet = t.fleet(sim)
    t.equal(fleet.cli("status").returncode, 2, "never started: down")
    fleet.start()
    sim.wait("handled>=100")
    t.equal(fleet.cli("status").returncode, 0, "ready: fine")
    t.match(fleet.cli().stdout, "(?m)^SHARD +STATE", "no verb means status")
    sim.settle()
    status = fleet.status()
    fields(t, status)
    t.equal(status["cluster"]["shard_count"], 4, "4 shards")
    t.equal(status["budget"]["total"], 1000, "budget as Discord said")
    t.equal(status["budget"]["max_concurrency"], 16, "max_concurrency")
    t.equal(sum(s["guilds"] for s in status["shards"]), 40, "40 guilds")
    t.equal(status["shards"][0]["seq"], status["shards"][0]["acked_seq"],
        "everything is acknowledged")
    fleet.wait_status(lambda s: all(i["rss_kb"] for i in s["shards"]),
        "memory is sampled")
    t.equal(fleet.cli("nonsense").returncode, 64, "unknown verb: usage")
    fleet.stop()
    t.equal(fleet.cli("status").returncode, 2, "stopped: down")
    t.equal(fleet.cli("stop").returncode, 0, "stop of a stopped fleet: fine")


scenario(main)
