#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Bodies through the REST proxy: 20 MiB up and down, byte for byte, whole, in
chunks and compressed, without the proxy holding them; an answer that breaks off
breaks off for the client too; whoever leaves in the middle is left by us."""
import contextlib
import gzip
import hashlib
import http.client
import os
import random
import re
import shutil
import socket
import subprocess
import sys
import threading

sys.path.append(sys.path[0] + "/../lib")
from front import FULL, Front
from herd import BUILD, scenario, wait_until
from web import Silent, serve
from http.server import BaseHTTPRequestHandler

LONG = 20 << 20
PIECE = 64 << 10
BLOB = random.Random(13).randbytes(LONG)
WORDS = b"the same again and again " * 200000


class Discord(Silent, BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    seen, broken = [], 0
    taken = 0		# bytes of the body that is read now
    go = threading.Event()

    def pieces(self):
        if self.headers.get("Transfer-Encoding") == "chunked":
            while True:
                n = int(self.rfile.readline() or b"z", 16)
                data = self.rfile.read(n)
                self.rfile.readline()
                if n == 0:
                    return
                yield data
        left = int(self.headers.get("Content-Length") or 0)
        while left > 0:
            data = self.rfile.read(min(left, PIECE))
            if not data:
                raise ConnectionError("the body breaks off")
            left -= len(data)
            yield data

    def do_POST(self):
        digest, n = hashlib.sha256(), 0
        Discord.taken = 0
        if "wait" in self.path:
            Discord.go.wait()
        try:
            for data in self.pieces():
                digest.update(data)
                n += len(data)
                Discord.taken = n
        except (ConnectionError, ValueError):
            Discord.broken += 1
            self.close_connection = True
            return
        Discord.seen.append((self.path, dict(self.headers), n))
        with contextlib.suppress(ConnectionError):
            self.answer(digest.hexdigest().encode())

    def do_GET(self):
        if "chunks" in self.path:
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for at in range(0, LONG, PIECE):
                self.wfile.write(b"%x\r\n%s\r\n" % (PIECE,
                    BLOB[at:at + PIECE]))
            self.wfile.write(b"0\r\n\r\n")
        elif "gzip" in self.path:
            self.answer(gzip.compress(WORDS),
                **{"Content-Encoding": "gzip"})
        elif "cut" in self.path:
            self.send_response(200)
            self.send_header("Content-Length", str(LONG))
            self.end_headers()
            self.wfile.write(BLOB[:1 << 20])
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
        else:
            try:
                self.answer(BLOB)
            except ConnectionError:
                Discord.broken += 1
                self.close_connection = True

    def answer(self, body, **headers):
        self.send_response(200)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def resident(front):
    with open("/proc/%d/status" % front.process.pid, encoding="ascii") as f:
        return int(re.search(r"VmHWM:\s+(\d+) kB", f.read()).group(1)) << 10


def up(t, front):
    want = hashlib.sha256(BLOB).hexdigest().encode()
    kinds = {"Content-Type": "multipart/form-data; boundary=x",
        "X-Audit-Log-Reason": "a%20reason", "Cookie": "a=b"}
    r = front.call("POST", "/channels/1/messages?q=a%2Fb", BLOB,
        headers=kinds)
    t.equal((r.status, r.body), (200, want), "20 MiB went up as they are")
    path, headers, n = Discord.seen[-1]
    t.equal(path, "/api/v10/channels/1/messages?q=a%2Fb", "to its address")
    t.equal((headers["Authorization"], headers["Content-Type"],
        headers["X-Audit-Log-Reason"], headers.get("Cookie"), n),
        ("Bot bot.token", kinds["Content-Type"], "a%20reason", None, LONG),
        "with our token, its own type and reason, and no cookie")
    r = front.call("POST", "/channels/1/messages",
        iter(BLOB[at:at + PIECE] for at in range(0, LONG, PIECE)),
        headers=kinds, api="/api/v9")
    t.equal((r.status, r.body), (200, want), "and so did 20 MiB in chunks")
    t.equal(Discord.seen[-1][0], "/api/v9/channels/1/messages", "by v9")
    Discord.go.clear()


def down(t, front):
    for query in "", "?chunks":
        r = front.get("/guilds/1/blob" + query)
        t.ok((r.status, r.body == BLOB) == (200, True),
            "20 MiB came down as they are %s" % query)


def compressed(t, front):
    r = front.get("/guilds/1/gzip", headers={"Accept-Encoding": "gzip"})
    t.ok(r.status == 200 and r.body == WORDS
        and "Content-Encoding" not in r.headers,
        "a compressed answer comes unpacked, and says so")


def slow_reader(t, front):
    """Whoever fills a window has to wait: nothing piles up in between but in
    the kernel's buffers."""
    before = front.of()["bytes_down"]
    conn = front.connect()
    conn.connect()
    conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    conn.putrequest("GET", "/api/v10/guilds/1/blob")
    conn.putheader("Authorization", FULL)
    conn.endheaders()
    got = conn.getresponse()
    first = got.read(PIECE)
    wait_until(lambda: front.of()["bytes_down"] > before, "it flows")
    moved = front.of()["bytes_down"] - before
    t.ok(moved < 12 << 20,
        "an answer that is not read waits at Discord (%d)" % moved)
    t.ok(first + got.read() == BLOB, "and comes in full when it is")
    conn.close()


def early_end(t, front):
    conn = front.connect()
    conn.request("GET", "/api/v10/guilds/1/cut", headers={
        "Authorization": FULL})
    got = conn.getresponse()
    try:
        n = len(got.read())
        whole = True
    except http.client.IncompleteRead as e:
        n, whole = len(e.partial), False
    t.ok(not whole and n <= 1 << 20,
        "an answer that breaks off is not made whole (%d)" % n)


def client_leaves(t, front):
    cut = front.of()["cut"]
    head = (b"POST /api/v10/channels/1/messages HTTP/1.1\r\nHost: x\r\n"
        b"Authorization: %s\r\nContent-Length: %d\r\n\r\n"
        % (FULL.encode(), LONG))
    s = front.socket(head, BLOB[:5 << 20])
    wait_until(lambda: Discord.taken > 1 << 20, "Discord gets the upload")
    broken = Discord.broken
    s.close()
    wait_until(lambda: Discord.broken == broken + 1,
        "an upload whose client left breaks off at Discord")
    s = front.socket(b"GET /api/v10/guilds/1/blob HTTP/1.1\r\nHost: x\r\n"
        b"Authorization: %s\r\n\r\n" % FULL.encode())
    s.recv(1000)
    broken = Discord.broken
    s.close()
    wait_until(lambda: Discord.broken == broken + 1,
        "so does an answer")
    # Before there is an answer at all: the server leaves it alone then.
    s = front.socket(b"POST /api/v10/channels/2/wait HTTP/1.1\r\nHost: x\r\n"
        b"Authorization: %s\r\nContent-Length: 1\r\n\r\nx" % FULL.encode())
    wait_until(lambda: front.of()["now"] == 1, "its call waits")
    s.close()
    wait_until(lambda: front.counts()["busy"] == 0
        and front.counts()["rest"] == 0, "a call whose client left is over")
    t.equal(front.of()["cut"], cut + 3, "three were cut")
    Discord.go.set()


def over_tls(t, api):
    cert, key = os.path.join(t.dir, "cert"), os.path.join(t.dir, "key")
    if shutil.which("openssl") is None:
        t.note("no openssl here to make a certificate: TLS is not tried")
        return
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes",
        "-keyout", key, "-out", cert, "-days", "2", "-subj", "/CN=127.0.0.1",
        "-addext", "subjectAltName=IP:127.0.0.1"], check=True,
        capture_output=True)
    front = Front(t, api, "bot.token", tls=(cert, key))
    t.ok(front.get("/guilds/1/blob").body == BLOB
        and front.call("POST", "/channels/1/messages", BLOB).body
        == hashlib.sha256(BLOB).hexdigest().encode(),
        "20 MiB come down and go up over TLS")
    front.end()


def main(t):
    discord = serve(Discord)
    front = Front(t, discord.url + "/api/v10", "bot.token")
    front.get("/guilds/1/chunks")	# what it needs once
    before = resident(front)
    up(t, front)
    down(t, front)
    slow_reader(t, front)
    grown = resident(front) - before
    if not BUILD.endswith("-asan"):	# which keeps what was freed
        t.ok(grown < 4 << 20, "of 100 MiB no more than %.1f were held"
            % (grown / (1 << 20)))
    compressed(t, front)
    early_end(t, front)
    client_leaves(t, front)
    r = front.get("/guilds/1/blob")
    t.ok(r.body == BLOB, "others go on")
    t.equal(front.counts()["busy"], 0, "nothing is left open")
    t.equal(front.end(), 0, "and it ends in order")
    over_tls(t, discord.url + "/api/v10")


scenario(main)
