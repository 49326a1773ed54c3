#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Any bytes on the gateway's ports, and 10 000 connections: refused, counted,
and the bot that is served meanwhile notices nothing."""
import contextlib
import os
import random
import resource
import socket
import struct
import sys
import time
import urllib.parse

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario, wait_until
from ws import Client

MANY = 10000
SERVED = 8192		# GATEWAY_CONNS_MAX
SPARE = 200		# descriptors this process needs besides
KEY = b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
GOOD = (b"GET /?v=10&encoding=json HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
    b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" + KEY + b"\r\n")
NOISE = random.Random(12).randbytes(65536)


def frame(first, data, mask=True):
    """A websocket frame whose head is as the first byte says."""
    n = len(data)
    size = bytes([n]) if n < 126 else b"\x7e" + struct.pack("!H", n) \
        if n < 65536 else b"\x7f" + struct.pack("!Q", n)
    if not mask:
        return bytes([first]) + size + data
    return bytes([first, size[0] | 0x80]) + size[1:] + b"\0\0\0\0" + data


REQUESTS = [
    ("noise", NOISE),
    ("noise with an end", NOISE + b"\r\n\r\n"),
    ("zeros", b"\0" * 100000),
    ("a head without an end", b"GET / HTTP/1.1\r\nX: " + b"y" * 1000000),
    ("many headers", b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 5000),
    ("TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + NOISE[:512]
        + b"\r\n\r\n"),
    ("HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    ("POST", GOOD.replace(b"GET", b"POST")),
    ("HTTP/1.0", GOOD.replace(b"HTTP/1.1", b"HTTP/1.0")),
    ("a NUL", GOOD.replace(b"Host: x", b"Host: \0")),
    ("no key", GOOD.replace(KEY, b"")),
    ("two keys", GOOD.replace(KEY, KEY + KEY)),
    ("a bad key", GOOD.replace(b"dGhl", b"!!!!")),
    ("no upgrade", GOOD.replace(b"websocket", b"h2c")),
    ("a page", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
]
FRAMES = [
    ("noise", NOISE),
    ("unmasked", frame(0x81, b'{"op":1,"d":null}', mask=False)),
    ("reserved bits", frame(0xf1, b"{}")),
    ("a reserved opcode", frame(0x83, b"{}")),
    ("a frame of 2^63", b"\x81\xff" + b"\xff" * 8 + NOISE[:100]),
    ("a frame of 2^40", b"\x81\xff" + struct.pack("!Q", 1 << 40) + NOISE),
    ("a text of 2 MB", frame(0x81, b" " * 2000000)),
    ("a text of 100 KB", frame(0x81, b"[" * 100000)),
    ("fragments without an end", frame(0x01, b"[")
        + frame(0x00, b"[" * 60000) * 30),
    ("a continuation of nothing", frame(0x80, b"{}")),
    ("a fragmented ping", frame(0x09, b"x")),
    ("a ping of 126", frame(0x89, b"x" * 126)),
    ("no UTF-8", frame(0x81, b'{"op":"\xff\xfe"}')),
    ("binary", frame(0x82, NOISE[:100])),
    ("no JSON", frame(0x81, b"hello")),
    ("deep JSON", frame(0x81, b"[" * 4000)),
    ("an op of 2^64", frame(0x81, b'{"op":18446744073709551616}')),
    ("an op of a word", frame(0x81, b'{"op":"2"}')),
    ("d of a list", frame(0x81, b'{"op":2,"d":[1]}')),
    ("d of null", frame(0x81, b'{"op":6,"d":null}')),
    ("a close of one byte", frame(0x88, b"x")),
    ("a close of 5 MB", b"\x88\xff" + struct.pack("!Q", 5 << 20) + NOISE),
]


def ends(address, data):
    """Sends it all; does the other side end the connection?"""
    s = socket.create_connection(address, 60)
    s.settimeout(60)
    try:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            s.sendall(data)
        with contextlib.suppress(ConnectionResetError):
            while s.recv(65536):
                pass
        return True
    except socket.timeout:
        return False
    finally:
        s.close()


def addresses(sim):
    for key in ("SIM_GATEWAY", "SIM_RESUME"):
        url = urllib.parse.urlsplit(sim.urls[key])
        yield url.hostname, url.port


class Bot:
    """One that is served all the while."""

    def __init__(self, t, sim):
        with open(sim.urls["SIM_TOKEN_FILE"], encoding="utf-8") as f:
            self.token = f.read().strip()
        self.t, self.sim, self.said = t, sim, 0
        self.client = Client(sim.urls["SIM_GATEWAY"])
        self.client.until(10)
        self.client.identify(self.token)
        self.client.until(0, "GUILD_CREATE")

    def is_served(self, when):
        self.said += 1
        text = "number %d" % self.said
        self.sim.ctl("message", 0, text)
        got = self.client.until(0, "MESSAGE_CREATE")["d"]["content"]
        self.client.send({"op": 1, "d": self.client.seq})
        self.client.until(11)
        self.t.equal(got, text, "a bot is served: " + when)


def resident(sim):
    with open("/proc/%s/status" % sim.urls["SIM_PID"], encoding="utf-8") as f:
        return next(int(line.split()[1]) for line in f
            if line.startswith("VmRSS"))


def bytes_of_any_kind(t, sim, bot):
    main, back = addresses(sim)
    before = sim.totals()
    for address in (main, back):
        for what, data in REQUESTS:
            t.ok(ends(address, data), "refused: " + what)
    refused = sim.totals()["refused"] - before["refused"]
    t.equal(refused, 2 * len(REQUESTS), "each of them was counted")
    bot.is_served("after requests of all kinds")
    for what, data in FRAMES:
        before = sim.totals()["violations"]
        t.ok(ends(main, GOOD + data), "closed upon: " + what)
        t.equal(sim.totals()["violations"], before + 1, "and counted: " + what)
    bot.is_served("after frames of all kinds")


def pings(t, sim, bot):
    """Pings without end from one that reads nothing."""
    host, port = next(addresses(sim))
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    s.connect((host, port))
    s.settimeout(60)
    s.sendall(GOOD)
    block = frame(0x89, b"p" * 125) * 1000
    sent = 0
    try:
        while sent < 1 << 30:
            s.sendall(block)
            sent += len(block)
        t.ok(False, "who reads no pong is dropped")
    except (BrokenPipeError, ConnectionResetError):
        t.ok(True, "who reads no pong is dropped")
    wait_until(lambda: sim.totals()["unread"] == 1, "and counted")
    bot.is_served("after pings without end")


def connections(t, sim, bot):
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    many = min(MANY, most - SPARE)
    if many < MANY:
        t.note("%d connections, as the limit here is %d" % (many, most))
    main, back = addresses(sim)
    before, held, began = resident(sim), [], time.monotonic()
    refused = sim.totals()["refused"]
    for n in range(many):
        s = socket.socket()
        s.settimeout(60)
        with contextlib.suppress(ConnectionResetError):
            s.connect(back if n % 3 == 0 else main)
        held.append(s)
        if n == many // 2:
            bot.is_served("beside %d connections" % n)
    bot.is_served("beside %d connections" % many)
    took = time.monotonic() - began
    t.note("%d connections in %.1f s, %d MB more" % (many, took,
        (resident(sim) - before) // 1024))
    if many > SERVED + 100 and took < 10:
        t.ok(sim.totals()["refused"] - refused >= many - SERVED - 10,
            "those beyond %d are refused and counted" % SERVED)
    else:
        t.note("too slow or too few to have more than %d at once" % SERVED)
    t.ok(resident(sim) - before < 512 * 1024, "they cost bounded memory")
    for s in held:
        s.close()
    other = Client(sim.urls["SIM_GATEWAY"])
    t.equal(other.until(10)["op"], 10, "somebody new is served again")
    other.drop()


def slow_request(t, sim):
    """One that never ends its request is not waited for."""
    t.ok(ends(next(addresses(sim)), GOOD[:-2]), "half a request: refused")
    t.ok(any("no upgrade within" in v["what"]
        for v in sim.report()["violations"]), "in words")


def main(t):
    sim = t.sim(shards=1, guilds=2, plain=True, backlog=1 << 20)
    bot = Bot(t, sim)
    bytes_of_any_kind(t, sim, bot)
    pings(t, sim, bot)
    slow_request(t, sim)
    connections(t, sim, bot)
    t.equal([s["verdict"] for s in sim.report()["sessions"]], ["whole"],
        "its session is whole")
    sim.stop()

    tls = t.sim(shards=1, guilds=2)
    for address in addresses(tls):
        for what, data in REQUESTS[:3] + REQUESTS[-1:]:
            t.ok(ends(address, data), "refused at TLS: " + what)
    t.ok(tls.totals()["refused"] >= 8, "and counted")
    t.ok(os.path.exists("/proc/%s" % tls.urls["SIM_PID"]), "it lives")


scenario(main)
