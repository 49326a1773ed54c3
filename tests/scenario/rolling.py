# SPDX-License-Identifier: MIT
"""Rollouts caught in the middle, for the scenarios of their accidents."""
from herd import alive, children, wait_until

SHARDS = 4
RATE = 400
LIMITS = {"limits.connect_timeout": "500ms", "limits.hello_timeout": "500ms",
    "limits.ready_timeout": "4s", "rollout.pause": "500ms",
    "log.level": "debug"}


def title(pid):
    try:
        with open("/proc/%d/cmdline" % pid, "rb") as f:
            return f.read().decode(errors="replace")
    except OSError:
        return ""


def successor(fleet, shard, supervisor):
    """The second process of a shard, once there is one."""
    old = fleet.shard_pids()[shard]

    def find():
        for pid in children(supervisor):
            if pid != old and alive(pid) and title(pid).startswith(
                    "shardherd: shard %d/" % shard):
                return pid
    return old, wait_until(find, "shard %d has a successor" % shard)


def dialling(t, sim, fleet, hello, *more):
    """A rollout whose first successor does not get HELLO for so long."""
    sim.ctl("fault", *hello)
    supervisor = fleet.status()["cluster"]["pid"]
    fleet.must("rollout", "--all", "--no-wait", *more)
    return successor(fleet, 0, supervisor)


def over(fleet):
    fleet.wait_status(lambda s: not s["cluster"]["rollout"]["under_way"],
        "the rollout is over")
    return fleet.status()["cluster"]["rollout"]["note"]


def well(t, sim, fleet, what):
    """All shards are ready and take events again."""
    sim.ctl("fault", "clear")
    fleet.wait_ready()
    sim.wait("handled>=%d" % (sim.totals()["handled"] + RATE // 2))
    t.ok(True, what + ": all shards are well")
