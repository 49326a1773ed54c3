# SPDX-License-Identifier: MIT
"""How often processes wake up, and how many system calls they make."""
import os
import subprocess
import time

from measure import median


def voluntary(pids):
    """Times that they went to sleep, which are the times they woke."""
    total = 0
    for pid in pids:
        for task in os.listdir("/proc/%d/task" % pid):
            with open("/proc/%d/task/%s/status" % (pid, task),
                    encoding="ascii") as f:
                total += sum(int(line.split()[1]) for line in f
                    if line.startswith("voluntary"))
    return total


def calls(pids, seconds):
    """System calls of theirs in that time; None: perf may not count them."""
    done = subprocess.run(["perf", "stat", "-x,", "-e",
        "raw_syscalls:sys_enter", "-p", ",".join(map(str, pids)), "sleep",
        str(seconds)], capture_output=True, text=True)
    for line in done.stderr.splitlines():
        fields = line.split(",")
        if len(fields) > 2 and fields[2].startswith("raw_syscalls"):
            return int(fields[0]) if fields[0].isdigit() else None
    return None


def switches(server, fleet, o, name, table, pace):
    """Of shard and handler for each event, at that pace."""
    parts = {k: v for k, v in fleet.parts().items()
        if k in ("shard", "handler")}
    for part, pids in parts.items():
        woken, called = [], []
        for _ in range(o.rounds):
            server.say("pace", pace)
            time.sleep(0.3)
            sent, before = server.group(fleet.group)["sent"], voluntary(pids)
            time.sleep(o.seconds)
            now = voluntary(pids)
            woken.append((now - before) / (server.group(fleet.group)["sent"]
                - sent))
            sent = server.group(fleet.group)["sent"]
            n = calls(pids, o.seconds)
            if n is not None:
                called.append(n / (server.group(fleet.group)["sent"] - sent))
            server.say("stop")
        for what, values in (("wake-ups", woken), ("system calls", called)):
            if values:
                table.add("%s: %s of the %s an event" % (name, what, part),
                    dict(median=round(median(values), 2), least=round(
                    min(values), 2), most=round(max(values), 2), unit=""))
            else:
                table.note(name, "perf can't count system calls here")
