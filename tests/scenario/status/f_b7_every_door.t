#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""B7: whatever text comes from outside, by whichever door, is text in every
window.  Doors: a close reason, headers (CF-RAY, Server) and status lines of
the gateway and of REST, the bot's and the application's names, guild names,
READY's session id and urls, names of events and dispatches, REST's error
messages, a plugin's name, stderr, log calls, errors, methods, command names,
broken lines, and who asks at the control socket.  Windows: the terminal,
--json, the log in three forms, the check line (one bar), systemd's STATUS, an
alert's webhook and program, deadletters, what the handler tells plugins."""
import json
import os
import socket
import subprocess
import sys
import threading

sys.path.append(sys.path[0] + "/../lib")
from foulgateway import CUT, RAW, WORDS, Server
from herd import scenario, wait_until
from web import Answering, serve

BAD = [chr(c) for c in [*range(0x00, 0x0a), *range(0x0b, 0x20),
    *range(0x7f, 0xa0), 0x202e, 0x2028]]
PLUGIN = """#!/usr/bin/python3
import json, os, sys
WORDS, RAW = json.loads(%r), %r
def out(**m):
    os.write(1, (json.dumps({"jsonrpc": "2.0", **m}) + "\\n").encode())
for line in sys.stdin.buffer:
    m = json.loads(line)
    if m.get("method") == "initialize":
        out(id=m["id"], result={"api": 1, "commands": [
            {"name": "c" + WORDS, "help": "h"}, {"name": "ok", "help": "h"},
            {"name": WORDS[:9], "type": 2}, {"name": "d\\x1b[1m", "help": "h",
            "usage": 5}]})
        os.write(2, RAW + b"\\n" + RAW * 40000 + b"\\n")
        for level in "debug", "info", "warn", "error":
            out(id=level, method="log", params={"level": level, "text": WORDS
                * 3, "fields": {"a": WORDS, "b": WORDS[:5]}})
        out(id=1, method="log", params={"level": WORDS, "text": "x"})
        out(id=2, method="log", params={"text": "x", "fields": {WORDS: 1}})
        out(id=3, method=WORDS.replace(chr(0), ''), params={})
        out(id=WORDS, method="cluster", params={WORDS: WORDS})
        out(id=4, method="rest", params={"method": WORDS, "path": WORDS})
        out(id=5, method="rest", params={"method": "GET", "path": "/guilds/1",
            "reason": WORDS})
        out(id=6, method="rest", params={"method": "POST", "path":
            "/channels/1/messages", "body": {"content": WORDS}})
        out(id=7, method="timer.set", params={"name": WORDS, "in": 1})
        out(id=8, method="kv.set", params={"key": WORDS, "value": WORDS})
    elif m.get("method") == "event":
        os.write(2, RAW + WORDS.encode() + b"\\n")
        t = m["params"]["event"].get("t") or ""
        if t.startswith("MESSAGE"):
            os.write(1, RAW + b"\\n")
            sys.exit(3)
        out(id=m["id"], error={"code": 1, "message": WORDS, "data": WORDS})
    elif "method" not in m:
        with open(%r, "ab") as f:
            f.write(line)
    elif m.get("method") == "shutdown":
        break
    elif "id" in m:
        out(id=m["id"], result=None)
"""
WINDOWS = [["status"], ["status", "--all"], ["why", "0"], ["shard", "0"],
    ["check"], ["plugin", "list"], ["deadletter", "list"], ["budget"],
    ["logs", "-n", "5000"], ["db", "stat"], ["db", "dump"], ["config",
    "show"], ["token", "check"], ["rank"], ["probe"]]


def foul(raw):
    """What is wrong with these bytes, None when they are text."""
    try:
        words = raw.decode("utf-8")
    except UnicodeDecodeError as e:
        return "no UTF-8: %s, in %r" % (e, raw[max(0, e.start - 60):e.end + 20])
    for c in BAD:
        if c in words:
            at = words.index(c)
            return "has %r in %r" % (c, words[max(0, at - 60):at + 20])
    return None


def without_tabs(window, raw):
    """db dump is a table for programs, of columns with tabs between."""
    return raw.replace(b"\t", b" ") if window[:2] == ["db", "dump"] else raw


def strings(o):
    """Each in a JSON document; there escapes are decoded."""
    if isinstance(o, str):
        yield o
    elif isinstance(o, dict):
        for k, v in o.items():
            yield k
            yield from strings(v)
    elif isinstance(o, list):
        for v in o:
            yield from strings(v)


class Webhook:
    def __init__(self):
        self.bodies = []
        seen = self.bodies

        class Handler(Answering):
            def do_POST(self):
                seen.append(self.body())
                self.send_response_only(500, RAW.decode("latin-1"))
                self.end_headers()

        self.url = serve(Handler).url + "/"


class Town:
    """A fleet at the foul server, and all that looks at it."""

    def __init__(self, t, sim, form):
        self.t, self.form = t, form
        self.server, self.hook = Server(), Webhook()
        self.fleet = fleet = t.fleet(sim)
        self.told = []
        self.seen = set()
        self.shown = ""
        for name, text, mode in (("dirty.py", PLUGIN % (json.dumps(WORDS), RAW,
                fleet.path("answers")), 0o755), ("url", self.hook.url, 0o600),
                ("hook", "#!/bin/sh\ncat >> %s\nprintf '\\033[31m\\351\\n' >&2\n"
                "exit 3\n" % fleet.path("hooked"), 0o755)):
            with open(fleet.path(name), "w", encoding="utf-8") as f:
                f.write(text)
            os.chmod(fleet.path(name), mode)
        fleet.write_config({"gateway.api": self.server.api,
            "log.format": form, "limits.restart_min": "1s",
            "alerts.webhook_file": fleet.path("url"),
            "alerts.exec": fleet.path("hook"), "gateway.shards": 1,
            "gateway.compress": "none"},
            {"dirty": dict(exec=fleet.path("dirty.py"), events="*")})
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(fleet.path("notify"))
        self.notify.settimeout(0.2)
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        while True:
            try:
                self.told.append(self.notify.recv(65536))
            except TimeoutError:
                continue
            except OSError:
                return

    def bad(self, what, raw):
        """Says once for each window that it was foul."""
        why = foul(raw)
        if why and what not in self.seen:
            self.seen.add(what)
            self.t.ok(False, "%s (%s): %s" % (what, self.form, why))
        return why

    def look(self, when):
        for window in WINDOWS:
            for args in (window, [*window, "--json"]):
                done = subprocess.run([self.fleet.binary, "-c",
                    self.fleet.config, *args], stdin=subprocess.DEVNULL,
                    capture_output=True, cwd=self.fleet.dir, timeout=60)
                what = " ".join(args) + " " + when
                self.shown += done.stdout.decode("utf-8", "replace")
                self.bad(what, without_tabs(args, done.stdout))
                self.bad(what + " (stderr)", done.stderr)
                if args == ["check"]:
                    if done.stdout.count(b"|") != 1:
                        self.t.ok(False, "one bar in %r" % done.stdout)
                elif "--json" in args and done.returncode < 64:
                    for line in done.stdout.decode().splitlines():
                        for s in strings(json.loads(line)):
                            self.bad(what + " (its strings)",
                                s.encode("utf-8", "surrogatepass"))
        return True


def ready(fleet):
    return fleet.status().get("cluster", {}).get("shards_ready")


def ask_foully(fleet):
    """What no CLI of ours would send."""
    path = fleet.path("run", "control.sock")
    for line in (json.dumps({"verb": "status", "by": WORDS, WORDS: WORDS}),
            json.dumps({"verb": WORDS, "by": WORDS}),
            json.dumps({"verb": "reconnect", "shard": 0, "by": WORDS}),
            WORDS, "{" * 5000):
        for raw in (line.encode() + b"\n", RAW + b"\n"):
            with socket.socket(socket.AF_UNIX) as s:
                s.settimeout(300)
                s.connect(path)
                s.sendall(raw)
                s.shutdown(socket.SHUT_WR)
                answer = b""
                try:
                    while more := s.recv(65536):
                        answer += more
                except OSError:
                    pass
                yield answer


def one_form(t, sim, form):
    town = Town(t, sim, form)
    fleet, server = town.fleet, town.server
    env = dict(os.environ, NOTIFY_SOCKET=fleet.path("notify"))
    log = open(fleet.path("run.log"), "wb")
    run = subprocess.Popen([fleet.binary, "-c", fleet.config, "run"], env=env,
        stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=fleet.dir)
    wait_until(lambda: ready(fleet) == 1, "it is up")
    town.look("when it is up")
    c = server.last()
    c.send(0, {"content": WORDS}, "ODD_" + WORDS)
    c.send(0, {"id": "9", "guild_id": "7", "content": WORDS,
        "author": {"id": "2", "username": WORDS}}, "MESSAGE_CREATE")
    c.send(0, {"opcode": 8, "retry_after": WORDS, "meta": {WORDS: WORDS}},
        "RATE_LIMITED")
    c.send(77, WORDS)
    wait_until(lambda: b'"id"' in subprocess.run([fleet.binary, "-c",
        fleet.config, "deadletter", "list", "--json"], cwd=fleet.dir,
        capture_output=True).stdout, "a dead letter", timeout=60)
    town.look("after a dead letter")
    for answer in ask_foully(fleet):
        town.bad("an answer at the control socket", answer)
    # Reasons: with all there is, cut in a letter, and one that ends the fleet.
    for code, reason in ((4000, CUT), (4009, RAW), (1001, WORDS.encode()),
            (4999, b"\xff" * 123)):
        n = len(server.connections)
        server.last().close(code, reason)
        town.look("after the close with %d" % code)
        wait_until(lambda: len(server.connections) > n
            and server.last().ready.wait(0.1), "it came back", timeout=60)
    server.refuse = (b"HTTP/1.1 403 \x1b[31m\xe9\r\nCF-RAY: " + RAW
        + b"\r\nServer: " + RAW + b"\r\nRetry-After: " + RAW
        + b"\r\nContent-Length: 5\r\n\r\n" + RAW[:5])
    server.last().close(4000, CUT)
    wait_until(lambda: ready(fleet) == 0, "it is out")
    wait_until(lambda: "CF-RAY" in fleet.log_text(), "it was refused",
        timeout=60)
    town.look("while it is refused")
    server.refuse = RAW + b"\r\n\r\n"
    town.look("while it is answered with nonsense")
    for answer in ((429, {"message": WORDS, "retry_after": WORDS}),
            {"url": "wss://" + WORDS, "shards": 1, "session_start_limit": 5},
            RAW, (500, RAW)):
        server.answers["/gateway/bot"] = answer
    server.answers["/users/@me"] = (401, {"message": WORDS, "code": 0})
    server.refuse = None
    wait_until(lambda: server.last().ready.wait(0.1)
        and ready(fleet) == 1, "it is back", timeout=90)
    server.last().close(4004, CUT)
    wait_until(lambda: fleet.cli("check").returncode == 2
        and "held" in fleet.cli("status").stdout, "it is held", timeout=60)
    town.look("while it is held")
    wait_until(lambda: town.hook.bodies and os.path.exists(fleet.path(
        "hooked")), "an alert was sent", timeout=90)
    wait_until(lambda: "webhook" in fleet.log_text(), "and that it failed is "
        "told", timeout=60)
    town.look("after alerts")
    fleet.cli("stop")
    town.look("when it is down")
    run.wait(60)
    log.close()
    # What a plugin is told is JSON; it may say to it what it said itself.
    with open(fleet.path("answers"), "rb") as f:
        t.ok(len([json.loads(line) for line in f]) > 10, "plugins are told")
    for path in (fleet.path("run.log"), fleet.path("hooked"), fleet.path("log",
            "shardherd.log")):
        with open(path, "rb") as f:
            raw = f.read()
        t.equal(town.bad(path, raw), None, "%s (%s) is text" % (
            os.path.basename(path), form))
        if form == "json" and path.endswith("shardherd.log"):
            for line in raw.decode().splitlines():
                json.loads(line)
    text = (fleet.log_text() + town.shown).replace("\\\\", "\\")
    for word in ("CF-RAY a\\x1b]0;x\\x07\\xe9\\xff\\u202e\\x85|c",
            "belongs to a\\x1b[2J\\x07\\x0ab", "4000, unknown error: d\\x1b[31m\\x07|e\\x0a\u00e9",
            "4009, session timed out: a\\x1b]0;x\\x07\\xe9\\xff",
            "plugin dirty: a\\x1b]0;x\\x07\\xe9"):
        t.ok(word in text, "%s came by its door (%s)" % (word, form))
    for body in town.hook.bodies:
        town.bad("a webhook's body", body)
        for s in strings(json.loads(body)):
            town.bad("a webhook's text", s.encode())
    for told in town.told:
        town.bad("what systemd is told", told)
    t.ok(any(b"STATUS" in told for told in town.told), "systemd was told")
    t.ok(not town.seen, "every window was text (%s)" % form)


def main(t):
    sim = t.sim(shards=1)
    for form in ("text", "logfmt", "json"):
        one_form(t, sim, form)


scenario(main, limit=900)
