# SPDX-License-Identifier: MIT
"""Rollouts caught in the middle, for the scenarios of their accidents."""
from herd import wait_until
from processes import alive, children

SHARDS = 4
RATE = 400
SLOW_HELLO_MS = 4000	# for what a scenario does meanwhile
LIMITS = {"limits.connect_timeout": "1s", "limits.hello_timeout": "8s",
    "limits.ready_timeout": "6s", "rollout.pause": "500ms",
    "log.level": "debug"}


def title(pid):
    try:
        with open("/proc/%d/cmdline" % pid, "rb") as f:
            return f.read().decode(errors="replace")
    except OSError:
        return ""


def successor(shard, supervisor, old):
    """The second process of a shard, once there is one."""
    def find():
        for pid in children(supervisor):
            if pid != old and alive(pid) and title(pid).startswith(
                    "shardherd: shard %d/" % shard):
                return pid
    return wait_until(find, "shard %d has a successor" % shard)


def dialling(t, sim, fleet, hello, *more):
    """A rollout whose first successor does not get HELLO for so long: the
    old process, the successor, and the supervisor.  All that takes time on a
    busy machine is done before."""
    sim.ctl("fault", *hello)
    status = fleet.status()
    supervisor, old = status["cluster"]["pid"], status["shards"][0]["pid"]
    fleet.must("rollout", "--all", "--no-wait", *more)
    return old, successor(0, supervisor, old), supervisor


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
