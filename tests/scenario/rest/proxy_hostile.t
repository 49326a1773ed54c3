#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Clients of the REST proxy that are slow, broken or hostile: each is closed or
slowed down, and a good one is served all the while."""
import contextlib
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler

sys.path.append(sys.path[0] + "/../lib")
from front import FULL, Front, closed
from herd import scenario, wait_until
from web import Silent, serve

OTHER = "other.client.token"
BLOB = bytes(20 << 20)
HEAD = ("GET /api/v10%s HTTP/1.1\r\nHost: x\r\nAuthorization: %s\r\n\r\n")


class Discord(Silent, BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    go = threading.Event()

    def do_GET(self):
        if "wait" in self.path:
            Discord.go.wait()
        body = BLOB if "blob" in self.path else b"{}"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with contextlib.suppress(ConnectionError):
            self.wfile.write(body)

    def do_POST(self):
        with contextlib.suppress(ConnectionError):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()


class Good:
    """A client that is served all the while, one call after the other."""

    def __init__(self, front):
        self.front, self.on, self.bad, self.n = front, True, [], 0
        self.thread = threading.Thread(target=self.work)
        self.thread.start()

    def work(self):
        while self.on:
            try:
                got = self.front.get("/guilds/7", token=OTHER)
                if got.status != 200:
                    self.bad.append(got.body)
            except OSError as e:
                self.bad.append(repr(e))
            self.n += 1

    def end(self, t, what):
        n = self.n
        wait_until(lambda: self.n > n + 1, "the good client is served")
        self.on = False
        self.thread.join()
        t.equal(self.bad, [], "a good client was served meanwhile (%d): %s"
            % (self.n, what))


def garbage(t, front):
    for bytes_ in (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 40,
            b"GET\r\n\r\n", b"\r\n" * 5000 + b"\0" * 100,
            b"GET /api/v10/users/@me HTTP/1.1\r\nA: " + b"b" * 100000,
            b"GET /api/v10/users/@me HTTP/1.1\r\n" + b"A: b\r\n" * 20000,
            b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\n\r\n",
            b"POST /api/v10/channels/1/messages HTTP/1.1\r\nHost: x\r\n"
            b"Authorization: " + FULL.encode() + b"\r\n"
            b"Transfer-Encoding: chunked\r\n\r\nZZZ\r\n"):
        s = front.socket()
        with contextlib.suppress(ConnectionError):
            s.sendall(bytes_)
        got = closed(s)
        t.ok(b" 200 " not in got, "%r... is closed: %r" % (bytes_[:20],
            got[:30]))
        s.close()


def wrong_tokens(t, front):
    for n in range(200):
        s = front.socket((HEAD % ("/users/@me", "wrong%d" % n)).encode())
        got = closed(s)
        if not got.startswith(b"HTTP/1.1 401 "):
            t.equal(got, b"", "a wrong token is refused")
    t.equal(front.of(-1)["refused"], 200,
        "200 wrong tokens were refused, each connection closed")


def unread(t, front):
    """What is refused is refused before its body is sent."""
    head = ("POST /api/v10/channels/1/messages HTTP/1.1\r\nHost: x\r\n"
        "Authorization: %s\r\nContent-Length: %d\r\n%s\r\n")
    for token, length, more, status in ((FULL, 40 << 20, "", b"413"),
            ("wrong", 5 << 20, "", b"401"),
            ("wrong", 10, "Expect: 100-continue\r\n", b"401"),
            (FULL, 10 ** 30, "", b"413")):
        s = front.socket((head % (token, length, more)).encode())
        got = closed(s)
        t.ok(got.startswith(b"HTTP/1.1 " + status)
            and (b'"code":' in got or length > 1 << 60),
            "%d bytes by %s: %r" % (length, token, got[:40]))
        s.close()


def crowd(t, front):
    """Connections that say nothing keep nobody out."""
    many = []
    for _ in range(700):
        with contextlib.suppress(OSError):
            many.append(front.socket())
    got = front.get("/guilds/7", token=OTHER)
    t.equal(got.status, 200, "700 silent connections keep nobody out")
    for s in many:
        s.close()


def trickle(t, front):
    """A head, and a body, that come byte by byte; an answer nobody reads."""
    began = time.monotonic()
    cut = front.of()["cut"]
    head = front.socket(b"GET /api/v10/users/@me HTTP/1.1\r\nA: ")
    body = front.socket(b"POST /api/v10/channels/1/messages HTTP/1.1\r\n"
        b"Host: x\r\nAuthorization: " + FULL.encode()
        + b"\r\nContent-Length: 1000000\r\n\r\n")
    deaf = front.socket()
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    deaf.sendall((HEAD % ("/guilds/1/blob", FULL)).encode())
    left = {"head": head, "body": body}

    def over():
        for name, s in list(left.items()):
            try:
                s.send(b"x")
            except OSError:
                del left[name]
        return not left and front.of()["cut"] == cut + 2

    wait_until(over, "a slow head, a slow body and a deaf client are cut")
    t.soon(began, 60, "whoever is slow is cut, and counted")
    wait_until(lambda: front.counts()["rest"] == 0 or front.of()["now"] == 0,
        "nothing of them is left")
    deaf.close()


def too_many(t, front):
    ours = front.of()["limited_ours"]
    many = [front.socket((HEAD % ("/channels/%d/wait" % n, FULL)).encode())
        for n in range(1, 161)]
    wait_until(lambda: front.of()["limited_ours"] >= ours + 32,
        "32 of 160 calls at once are too many")
    t.ok(front.of()["now"] <= 160, "of one client 128 are open at most")
    got = front.get("/guilds/7", token=OTHER)
    t.equal(got.status, 200, "another one's call goes its way")
    Discord.go.set()
    for s in many:
        s.close()
    wait_until(lambda: front.counts()["busy"] <= 1
        and front.counts()["rest"] <= 1, "all of them are over")


def stop(t, front):
    Discord.go.clear()
    s = front.socket((HEAD % ("/channels/5/wait", FULL)).encode())
    wait_until(lambda: front.of()["now"] == 1, "a call is under way")
    front.tell("stop")
    front.counts()		# it has read the order
    refused = None
    try:
        front.socket()
    except ConnectionRefusedError as e:
        refused = e
    t.ok(refused is not None, "one that stops takes no connection")
    Discord.go.set()
    got = closed(s)
    t.ok(got.startswith(b"HTTP/1.1 200 ") and b"onnection: close" in got
        and got.endswith(b"{}"), "and answers what is under way")
    t.equal(front.end(), 0, "it ends in order")


def killed(t, api):
    """The proxy dies in the middle: the client is told by the end."""
    front = Front(t, api, "bot.token.x")
    s = front.socket((HEAD % ("/guilds/1/blob", FULL)).encode())
    first = s.recv(1000)
    front.process.kill()
    got = first + closed(s)
    t.ok(0 < len(got) < len(BLOB), "an answer ends with the proxy, %d"
        % len(got))


def main(t):
    discord = serve(Discord)
    discord.handle_error = lambda *_: None	# clients that leave
    api = discord.url + "/api/v10"
    front = Front(t, api, "bot.token.x", (FULL + ":1:full:all",
        OTHER + ":1:full:all"))
    for hostile in (garbage, wrong_tokens, unread, crowd, trickle,
            too_many):
        good = Good(front)
        hostile(t, front)
        good.end(t, hostile.__name__)
    t.equal(front.of(1)["refused"], 0, "its calls were never refused")
    stop(t, front)
    killed(t, api)


scenario(main)
