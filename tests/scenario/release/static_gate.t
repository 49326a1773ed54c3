#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The static binary's gate: a bot goes on through the SIGKILL of the gate,
streams are compressed truly in both formats, and REST calls of clients pass."""
import ctypes
import ctypes.util
import http.client
import json
import sys
import zlib

sys.path.append(sys.path[0] + "/../lib")
import herd
from gates import (FleetBot, GATE, INTENTS, client_token, free_port, gate_pid,
    gate_url, wait_gate)
from processes import kill
from ws import Client

GUILDS = 16


class ZstdBuffer(ctypes.Structure):
    _fields_ = [("p", ctypes.c_void_p), ("size", ctypes.c_size_t),
        ("at", ctypes.c_size_t)]


class Zstd:
    """The system's library, as Python has none of its own."""

    def __init__(self, name):
        self.lib = ctypes.CDLL(name)
        self.lib.ZSTD_createDStream.restype = ctypes.c_void_p
        self.lib.ZSTD_decompressStream.restype = ctypes.c_size_t
        self.stream = ctypes.c_void_p(self.lib.ZSTD_createDStream())
        self.room = ctypes.create_string_buffer(1 << 20)

    def decompress(self, data):
        given = ctypes.create_string_buffer(data, len(data))
        from_, text = ZstdBuffer(ctypes.addressof(given), len(data), 0), b""
        while True:
            to = ZstdBuffer(ctypes.addressof(self.room), len(self.room), 0)
            left = self.lib.ZSTD_decompressStream(self.stream,
                ctypes.byref(to), ctypes.byref(from_))
            if self.lib.ZSTD_isError(ctypes.c_size_t(left)):
                raise AssertionError("no zstd stream")
            text += self.room.raw[:to.at]
            if to.at < to.size and from_.at == from_.size:
                return text


class Packed(Client):
    def __init__(self, url, kind, unpack):
        super().__init__(url, "v=10&encoding=json&compress=" + kind)
        self.unpack, self.packed, self.plain = unpack, 0, 0

    def _take(self, n):
        data = super()._take(n)
        if self.body:
            self.packed += len(data)
            data = self.unpack.decompress(data)
            self.plain += len(data)
        return data

    def receive(self):
        """One frame is one message here."""
        self.body = False
        size = super()._take(2)[1]
        if size > 125:
            size = int.from_bytes(super()._take(2 if size == 126 else 8),
                "big")
        self.body = True
        document = json.loads(self._take(size))
        if document.get("s") is not None:
            self.seq = document["s"]
        return document


def compressed(t, url, token):
    zstd = ctypes.util.find_library("zstd")
    kinds = [("zlib-stream", zlib.decompressobj())]
    if zstd:
        kinds.append(("zstd-stream", Zstd(zstd)))
    for kind, unpack in kinds:
        bot = Packed(url, kind, unpack)
        bot.until(10)
        bot.identify(token, intents=INTENTS)
        for _ in range(GUILDS):
            bot.until(0, "GUILD_CREATE")
        t.ok(bot.packed < bot.plain / 3, "%s: %d bytes in %d" % (kind,
            bot.plain, bot.packed))
        bot.drop()


def call(port, token):
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    line.request("GET", "/api/v10/users/@me", headers={"Authorization":
        "Bot " + token})
    answer = line.getresponse()
    answer.read()
    line.close()
    return answer.status


def main(t):
    sim = t.sim(rate=50, shards=2, guilds=GUILDS)
    rest = free_port()
    config = GATE(("bot", "far"), rest_listen="127.0.0.1:%d" % rest)
    config['client "far".compress'] = "real"
    fleet = t.fleet(sim, config)
    fleet.start()
    wait_gate(fleet)
    token, far = (client_token(fleet, name) for name in ("bot", "far"))
    bot = FleetBot(gate_url(config))
    bot.come(token)
    bot.until_guilds(GUILDS)
    bot.hear(50)
    pid = gate_pid(fleet)
    kill(pid)
    bot = bot.go_on(token)
    bot.hear(50)
    t.equal((bot.gaps, bot.doubled), ([], 0), "SIGKILL of the gate: the bot "
        "RESUMEs, nothing missed, nothing twice")
    wait_gate(fleet, other_than=pid)
    compressed(t, gate_url(config), far)
    t.equal(call(rest, token), 200, "a REST call passes")
    t.equal(call(rest, token[:-1] + "!"), 401, "not with a wrong token")
    t.equal(sim.totals()["identifies"], 2, "no IDENTIFY was spent")
    bot.drop()
    fleet.stop()


herd.need_static()
herd.SHARDHERD = herd.STATIC
herd.scenario(main)
