#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""C2: a plugin that runs as the fleet's own user reads neither the token file
nor the handler's memory, and cannot command the fleet; all else works for it as
before.  With sandbox = off it is told that it can."""
import json
import os
import sys

sys.path.append(sys.path[0] + "/../lib")
from files import executable
from herd import ROOT, scenario, wait_until

SPY = """#!/usr/bin/python3
import json, os, socket, sys
LOG, TOKEN, CONF, STATE, RUN, DIR = sys.argv[1:]
def attempt(fn):
    try:
        return fn()
    except OSError as e:
        return "refused: " + e.strerror
def read(path):
    with open(path, "rb") as f:
        return f.read(1 << 20).decode("latin-1")
def memory(pid):
    with open("/proc/%d/maps" % pid) as f:
        spans = [l.split()[0].split("-") for l in f if " rw" in l]
    with open("/proc/%d/mem" % pid, "rb") as f:
        f.seek(int(spans[0][0], 16))
        return "read %d bytes" % len(f.read(16))
def command(name):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    s.connect(os.path.join(RUN, name))
    return "connected"
def write(path, text):
    with open(path, "w") as f:
        f.write(text)
    return read(path)
def rename():
    os.makedirs(DIR + "/sub", exist_ok=True)
    write(DIR + "/made", "x")
    os.rename(DIR + "/made", DIR + "/sub/made")
    return read(DIR + "/sub/made")
def parent(pid):
    with open("/proc/%d/stat" % pid) as f:
        return int(f.read().rpartition(")")[2].split()[1])
handler = os.getppid()
report = {
    "token": attempt(lambda: read(TOKEN)),
    "conf": attempt(lambda: read(CONF)),
    "state": attempt(lambda: sorted(os.listdir(STATE))),
    "kv": attempt(lambda: read(STATE + "/db/data.mdb")),
    "handler": attempt(lambda: memory(handler)),
    "supervisor": attempt(lambda: memory(parent(handler))),
    "environ": attempt(lambda: read("/proc/%d/environ" % handler)),
    "root": attempt(lambda: os.listdir("/proc/%d/root%s" % (handler, STATE))),
    "control": attempt(lambda: command("control.sock")),
    "unmount": attempt(lambda: os.system("umount %s 2>/dev/null" % STATE)),
    "again": attempt(lambda: os.listdir(STATE)),
    "new": attempt(lambda: write(DIR + "/beside-the-config", "mine")),
    "rename": attempt(rename),
    "uid": os.getuid(), "cwd": os.getcwd(),
    "resolv": attempt(lambda: len(read("/etc/passwd")) > 0),
}
with open(LOG + ".new", "w") as f:
    json.dump(report, f)
os.rename(LOG + ".new", LOG)
for line in sys.stdin:
    m = json.loads(line)
    if "id" in m:
        print(json.dumps({"jsonrpc": "2.0", "id": m["id"], "result": None}),
            flush=True)
"""


def spy(fleet, name, token, **more):
    path, log = fleet.path(name + ".py"), fleet.path(name + ".log")
    executable(path, SPY)
    # Not as words of the exec line: what is named there stays in sight.
    conf = [log, token, fleet.path("shardherd.conf"), fleet.path("state"),
        fleet.path("run"), fleet.dir]
    fleet.program(name, "#!/bin/sh\nexec %s %s\n" % (path, " ".join(conf)))
    return dict(exec=fleet.path(name), events="MESSAGE_CREATE", **more), log


def report(log):
    wait_until(lambda: os.path.exists(log), "the plugin's report")
    with open(log, encoding="utf-8") as f:
        return json.load(f)


def heap_holds(pid, word):
    with open("/proc/%d/maps" % pid, encoding="utf-8") as f:
        heap = [l.split()[0].split("-") for l in f if l.endswith("[heap]\n")]
    with open("/proc/%d/mem" % pid, "rb") as f:
        for low, high in heap:
            f.seek(int(low, 16))
            if word in f.read(int(high, 16) - int(low, 16)):
                return True
    return False


def wiped(t, sim, fleet, token):
    """What the handler has used the token for leaves no copy on its heap."""
    before = fleet.status()["handler"]["rest_calls"]
    for _ in range(3):
        sim.ctl("message", "0", "!ping")
    fleet.wait_status(lambda s: s["handler"]["rest_calls"] >= before + 3,
        "calls with the token")
    fleet.wait_status(lambda s: s["handler"]["lag_events"] < 20, "all done")
    try:
        held = heap_holds(fleet.handler_pid(), token.encode())
    except PermissionError:
        return  # not for us to see here
    t.ok(not held, "no copy of the token is left on the handler's heap")


def main(t):
    sim = t.sim(rate=20, shards=2)
    fleet = t.fleet(sim)
    path = sim.urls["SIM_TOKEN_FILE"]
    with open(path, encoding="utf-8") as f:
        token = f.read().strip()
    caged, caged_log = spy(fleet, "caged", path)
    free, free_log = spy(fleet, "free", path, sandbox="off")
    fleet.write_config({}, {"audit": fleet.audit(), "caged": caged,
        "free": free, "pong": dict(exec=os.path.join(ROOT,
            "handler/plugins/pong.py"), events="MESSAGE_CREATE")})
    check = fleet.cli("config", "check")
    t.match(check.stderr, 'plugin "free".*sandbox is off.*can read the token',
        "config check tells what sandbox = off means")
    fleet.start()
    seen = report(free_log)
    t.ok(token in seen["token"], "without the sandbox the token is read")
    t.match(seen["control"], "connected", "and the control socket reached")
    if "can read the token file and command" in check.stderr.replace(
            "sandbox is off: the plugin can read the token and command", ""):
        t.match(fleet.log_text(), "can read the token file",
            "where nothing can be hidden the log says so")
        fleet.stop()
        return
    seen = report(caged_log)
    for key in "token", "conf", "kv":
        t.ok(token not in str(seen[key]) and (seen[key] == ""
            or "refused" in seen[key]), "%s: %r" % (key, seen[key][:60]))
    t.equal(seen["state"], [], "state_dir is empty for it")
    for key in "handler", "supervisor", "environ", "root", "control":
        t.match(str(seen[key]), "^refused", key + " is out of reach")
    t.equal(seen["again"], [], "it can't uncover what is hidden")
    t.equal((seen["new"], seen["rename"], seen["cwd"], seen["resolv"]),
        ("mine", "x", fleet.dir, True), "all else works as before")
    t.equal(seen["uid"], os.getuid(), "as its user")
    wiped(t, sim, fleet, token)
    sim.settle()
    t.nothing_lost(sim, 2)
    fleet.stop()


scenario(main)
