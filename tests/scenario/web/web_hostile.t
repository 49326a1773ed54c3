#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Strangers who send garbage, open a thousand connections, say nothing or read
nothing: the others are answered, a flood of the public address is nothing to
the private one, memory and descriptors stay bounded, and the fleet loses
nothing.  An address that is somebody else's is told of in status."""
import contextlib
import os
import random
import resource
import socket
import sys

sys.path.append(sys.path[0] + "/../lib")
from asking import Web, web_pid
from herd import scenario, wait_until

MANY = 1000

GARBAGE = [
    b"", b"\r\n\r\n", b"\0" * 4096, b"GET", b"GET / HTTP/9.9\r\n\r\n",
    b"GET  /  HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03",
    b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"b" * 100000 + b"\r\n\r\n",
    b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 5000 + b"\r\n",
    b"GET /%00%ff%zz/../../etc/passwd HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"GET /?guild=%00%ff%3Cscript%3E HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"GET /metrics?shards=worst:99999999999999999999 HTTP/1.1\r\n"
        b"Host: 127.0.0.1\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99999999999\r\n\r\n"
        + b"x" * 100000,
    b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"ffffffffffffffff\r\n",
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nIf-None-Match: \"" + b"," * 3000
        + b"\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: gzip;q=nan,,;=\r\n"
        b"\r\n",
] + [b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 200]


def throw(port, data):
    """What came back; a reset is an answer, too."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as s, \
            contextlib.suppress(OSError):
        s.settimeout(0.2)
        s.sendall(data)
        return s.recv(65536)
    return b""


def private_kb(pid):
    with open("/proc/%d/smaps_rollup" % pid, encoding="ascii") as f:
        return sum(int(line.split()[1]) for line in f
            if line.startswith("Private"))


def garbage(t, web):
    chance = random.Random(4711)
    for data in GARBAGE + [chance.randbytes(chance.randrange(3000))
            for _ in range(60)]:
        for port in web.port, web.public:
            got = throw(port, data)
            if got[:9] == b"HTTP/1.1 " and got[9:10] not in b"245":
                t.ok(False, "%r is answered %r" % (data[:60], got[:60]))
    t.equal(web.ask("/healthz").text, "ok\n", "after garbage it answers")
    page = web.ask("/?guild=%3Cscript%3Ealert(1)%3C/script%3E", web.public)
    t.ok("<script>alert" not in page.text, "a script in the query is none")


def heard(s):
    """All that comes until the connection is closed."""
    data = b""
    with contextlib.suppress(ConnectionError):
        while True:
            more = s.recv(65536)
            if not more:
                break
            data += more
    return data


def kept(t, web):
    """A connection is good for more than one request, and not for ever; what
    follows a head as its body is never a request."""
    ask = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n%s\r\n"
    last = ask % b"Connection: close\r\n"
    with socket.create_connection(("127.0.0.1", web.port), 60) as s:
        s.sendall(ask % b"" * 199 + last)
        t.equal(heard(s).count(b"HTTP/1.1 200"), 200,
            "200 requests on one connection have 200 answers")
    for head in (b"POST /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            b"Content-Length: %d\r\n\r\n" % len(last),
            b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            b"Content-Length: %d\r\n\r\n" % len(last),
            b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(last)):
        with socket.create_connection(("127.0.0.1", web.port), 60) as s:
            s.sendall(head + last)
            got = heard(s)
        t.ok(got.count(b"HTTP/1.1") <= 1 and got.lower().count(
            b"connection: close") == got.count(b"HTTP/1.1"),
            "behind a head with a body the connection ends")
    with socket.create_connection(("127.0.0.1", web.port), 60) as s:
        s.sendall(ask % b"")
        got = heard(s)
    t.ok(got.endswith(b"ok\n") and b"close" not in got.lower(),
        "one that asks no more is closed after a while")


def crowd(port, data=b""):
    """MANY connections, that say as much; those that could be made."""
    made = []
    for _ in range(MANY):
        s = socket.socket()
        s.setblocking(False)
        s.connect_ex(("127.0.0.1", port))
        made.append(s)
    for s in made:
        with contextlib.suppress(OSError):
            s.send(data)
    return made


def crowds(t, web, fleet):
    pid = web_pid(fleet)
    before = private_kb(pid)
    for data, what in ((b"", "say nothing"),
            (b"GET / HTTP/1.1\r\nHost: 127.0", "stop in their request"),
            (b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 100,
                "read nothing")):
        made = crowd(web.public, data)
        t.equal(web.ask("/healthz").status, 200,
            "%d strangers %s: the private address answers" % (MANY, what))
        web.wait("/status.json", lambda a: a.status == 200,
            "and so does the public one", web.public)
        t.ok(len(os.listdir("/proc/%d/fd" % pid)) < 450,
            "descriptors are bounded")
        for s in made:
            s.close()
    wait_until(lambda: len(os.listdir("/proc/%d/fd" % pid)) < 40,
        "those that left are gone")
    t.ok(private_kb(pid) - before < 96 * 1024, "memory is bounded")
    t.equal(web_pid(fleet), pid, "the process is the same")


def taken(t, web, fleet):
    with socket.create_server(("127.0.0.1", 0)) as other:
        fleet.write_config({**web.keys, "web.listen": "127.0.0.1:%d"
            % other.getsockname()[1]})
        fleet.must("reload")
        wait_until(lambda: "The web goes on as it is" in fleet.log_text(),
            "a taken address: what runs goes on")
        t.equal(web.ask("/healthz").status, 200, "as it was")
        done = fleet.cli("check")
        t.equal(done.returncode, 1, "check does not take it for done")
        t.match(done.stdout, "web goes on as it is: .*can't listen",
            "and says why")
        os.kill(web_pid(fleet), 9)
        fleet.wait_status(lambda s: "can't listen" in
            (s["web"]["last_end"] or "") or s["web"]["pid"],
            "what ended is told, or another one runs")
    fleet.write_config(web.keys)
    fleet.must("reload")
    web.wait("/healthz", lambda a: a.status == 200, "with the old one it serves")


def taken_at_the_start(t, web, fleet):
    """The fleet starts, web as soon as the address is free."""
    with socket.create_server(("127.0.0.1", web.port)):
        fleet.start()
        found = fleet.wait_status(lambda s: [p for p in s["cluster"]["problems"]
            if p["code"] == "web-down"] and s, "status says that web is down")
        t.match(str(found["cluster"]["problems"]), "can't listen at 127.0.0.1",
            "and why")
        t.equal(fleet.cli("check").returncode, 1, "check warns")
    web.wait("/healthz", lambda a: a.status == 200,
        "it comes when the address is free")
    fleet.wait_status(lambda s: not [p for p in s["cluster"]["problems"]
        if p["code"] == "web-down"], "and nothing is said of it any more")


def main(t):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    sim = t.sim(rate=100, shards=2, guilds=8)
    web = Web()
    fleet = t.fleet(sim, web.keys)
    fleet.start()
    web.wait("/healthz", lambda a: a.status == 200, "it serves")
    garbage(t, web)
    kept(t, web)
    crowds(t, web, fleet)
    taken(t, web, fleet)
    sim.settle()
    t.nothing_lost(sim, identifies=2)
    fleet.stop()
    taken_at_the_start(t, web, fleet)
    fleet.stop()


scenario(main)
