#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Foreign bytes (a close reason, a plugin's stderr and the name of its event,
what a hook prints) are text in every window: status, why, shard, check, logs,
deadletter, plugin list, their --json, and the log in all its formats."""
import json
import subprocess
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario, wait_until

# A reason may have 123 bytes; this one is cut in the middle of a letter, too.
REASON = b"a\x1b[2J\x07b\xe2\x80\xaec" + "é".encode() * 52
DIRTY = """#!/usr/bin/python3
import json, os, sys
for line in sys.stdin.buffer:
    m = json.loads(line)
    if m.get("method") == "event":
        os.write(2, b"caf\\xe9 \\x1b]0;x\\x07 \\xff\\xe2\\x80\\xae " +
            "漢".encode() * 700 + b"\\n" + b"y\\0z\\n" +
            b"L\\xe9\\x1b[31m" + "é".encode() * 300 + b"\\n")
        sys.exit(3)
    if "id" in m:
        print(json.dumps({"jsonrpc": "2.0", "id": m["id"],
            "result": None}), flush=True)
"""
BAD = [chr(c) for c in [*range(0x00, 0x0a), *range(0x0b, 0x20),
    *range(0x7f, 0xa0), 0x202e, 0x2028]]


def foul(raw):
    """What is wrong with these bytes, None when they are text."""
    try:
        words = raw.decode("utf-8")
    except UnicodeDecodeError as e:
        return "no UTF-8: %s" % e
    found = [hex(ord(c)) for c in BAD if c in words]
    return "has %s" % found if found else None


def look(t, fleet, args, when):
    done = subprocess.run([fleet.binary, "-c", fleet.config, *args],
        stdin=subprocess.DEVNULL, capture_output=True, cwd=fleet.dir)
    if foul(done.stdout) or foul(done.stderr):
        t.ok(False, "%s %s: %s" % (" ".join(args), when,
            foul(done.stdout) or foul(done.stderr)))
    elif "--json" in args:
        for line in done.stdout.decode().splitlines():
            json.loads(line)
    return done.stdout.decode("utf-8", "replace")


WINDOWS = [["status"], ["why", "0"], ["shard", "0"], ["check"],
    ["plugin", "list"], ["deadletter", "list"], ["logs", "-n", "2000"]]


def look_around(t, fleet, when):
    all_of_it = ""
    for window in WINDOWS:
        all_of_it += look(t, fleet, window, when)
        look(t, fleet, [*window, "--json"], when)
    return all_of_it


def one_format(t, sim, form):
    fleet = t.fleet(sim)
    dirty = fleet.program("dirty.py", DIRTY)
    fleet.write_config({"log.format": form, "limits.restart_min": "1s"},
        {"dirty": dict(exec=dirty, events="MESSAGE_CREATE")})
    fleet.start()
    before = fleet.shard(0)["connects"]
    sim.ctl("close", 0, 4000, REASON)
    # It shows the reason while it waits; nobody can be sure to see that.
    wait_until(lambda: look_around(t, fleet, "after the close")
        and fleet.shard(0)["connects"] > before, "the shard came back")
    fleet.wait_ready()
    sim.ctl("message", 0, "hello")
    wait_until(lambda: '"id"' in look(t, fleet, ["deadletter", "list",
        "--json"], "while it dies"), "a dead letter")
    seen = look_around(t, fleet, "after the plugin's last words")
    look(t, fleet, ["deadletter", "show", "1"], "shown")
    shown = look(t, fleet, ["deadletter", "show", "1", "--json"], "shown")
    t.match(shown, r"L\\\\xe9\\\\x1b\[31mé+", "its last words are readable")
    t.match(seen, "漢", "letters stay letters")
    fleet.stop()
    with open(fleet.path("log", "shardherd.log"), "rb") as f:
        raw = f.read()
    t.equal(foul(raw), None, "the log (%s) is text" % form)
    t.ok(b"a\\x1b[2J\\x07b\\u202ec" in raw.replace(b"\\\\", b"\\"),
        "and says what the reason was")
    if form == "json":
        for line in raw.decode().splitlines():
            json.loads(line)
    t.ok(True, "every window was text (%s)" % form)


def main(t):
    sim = t.sim(shards=1)
    for form in ("text", "logfmt", "json"):
        one_format(t, sim, form)


scenario(main)
