# SPDX-License-Identifier: MIT
"""A small gateway client for tests of the simulator: standard library only.

It is blocking and does what it is told, wrong things included; it is no bot.
"""
import base64
import json
import os
import socket
import ssl
import struct
import time
import urllib.parse
import zlib

PATIENCE_S = 300	# a deadline is for what never comes


class Closed(Exception):
    """The connection ended: code of the close frame, 1005 or 1006."""

    def __init__(self, code, reason=""):
        super().__init__("%s %s" % (code, reason))
        self.code, self.reason = code, reason


class Refused(Exception):
    """The upgrade was answered with something else than 101."""

    def __init__(self, status, head):
        super().__init__(str(status))
        self.status, self.head = status, head


class Client:
    def __init__(self, url, ca=None, compress=None, query=None, timeout=PATIENCE_S,
                 headers=None):
        u = urllib.parse.urlsplit(url)
        self.sock = socket.create_connection((u.hostname, u.port), timeout)
        if u.scheme == "wss":
            ctx = ssl.create_default_context(cafile=ca)
            self.sock = ctx.wrap_socket(self.sock, server_hostname=u.hostname)
        self.buf = b""
        self.inflater = zlib.decompressobj() if compress == "zlib-stream" \
            else None
        self.raw = b""      # last message as it travelled
        self.seq = None
        self.session = self.resume_url = None
        if query is None:
            query = "v=10&encoding=json"
            if compress:
                query += "&compress=" + compress
        self.upgrade(u.netloc, query, headers or {})

    def upgrade(self, host, query, headers):
        h = {"Host": host, "Upgrade": "websocket", "Connection": "Upgrade",
             "Sec-WebSocket-Version": "13",
             "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode()}
        h.update(headers)
        self.sock.sendall(("GET /?%s HTTP/1.1\r\n%s\r\n" % (
            query, "".join("%s: %s\r\n" % i for i in h.items() if i[1]))
            ).encode())
        while b"\r\n\r\n" not in self.buf:
            self.fill()
        head, self.buf = self.buf.split(b"\r\n\r\n", 1)
        status = int(head.split()[1])
        if status != 101:
            raise Refused(status, head.decode())

    def fill(self):
        try:
            data = self.sock.recv(65536)
        except (ConnectionResetError, ssl.SSLError, BrokenPipeError) as e:
            if isinstance(e, socket.timeout):
                raise
            raise Closed(1006, repr(e))
        if not data:
            raise Closed(1006, "EOF")
        self.buf += data

    def take(self, n):
        while len(self.buf) < n:
            self.fill()
        out, self.buf = self.buf[:n], self.buf[n:]
        return out

    def frame(self):
        a, b = self.take(2)
        n = b & 127
        if n == 126:
            n = struct.unpack("!H", self.take(2))[0]
        elif n == 127:
            n = struct.unpack("!Q", self.take(8))[0]
        return a, self.take(n)

    def message(self):
        """The bytes of the next whole message, inflated."""
        data = b""
        while True:
            a, part = self.frame()
            op = a & 15
            if op == 8:
                code = struct.unpack("!H", part[:2])[0] if part else 1005
                raise Closed(code, part[2:].decode())
            if op in (9, 10):
                continue
            data += part
            if a & 0x80:
                break
        if self.inflater:
            data = self.inflater.decompress(data)
        self.raw = data
        return data

    def recv(self):
        m = json.loads(self.message())
        if m["op"] == 0 and m.get("s") is not None:
            self.seq = m["s"]
        if m["op"] == 0 and m.get("t") == "READY":
            self.session = m["d"]["session_id"]
            self.resume_url = m["d"]["resume_gateway_url"]
        return m

    def until(self, fn, seconds=PATIENCE_S):
        """The first message for which fn(m) is true."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.sock.settimeout(max(0.05, end - time.monotonic()))
            m = self.recv()
            if fn(m):
                return m
        raise TimeoutError

    def until_event(self, t, seconds=PATIENCE_S):
        return self.until(lambda m: m.get("t") == t, seconds)

    def until_op(self, op, seconds=PATIENCE_S):
        return self.until(lambda m: m["op"] == op, seconds)

    def until_closed(self, seconds=PATIENCE_S):
        """The code the server closes with."""
        try:
            self.until(lambda m: False, seconds)
        except Closed as e:
            return e.code

    def send_frame(self, first, data, mask=True):
        n = len(data)
        head = bytes([first])
        bit = 0x80 if mask else 0
        if n < 126:
            head += bytes([bit | n])
        elif n < 65536:
            head += bytes([bit | 126]) + struct.pack("!H", n)
        else:
            head += bytes([bit | 127]) + struct.pack("!Q", n)
        key = os.urandom(4) if mask else b""
        if mask:
            data = bytes(b ^ key[i % 4] for i, b in enumerate(data))
        self.sock.sendall(head + key + data)

    def send(self, obj):
        if not isinstance(obj, (str, bytes)):
            obj = json.dumps(obj)
        self.send_frame(0x81, obj if isinstance(obj, bytes) else obj.encode())

    def identify(self, token, shard=(0, 1), intents=53575421, **more):
        d = {"token": token, "intents": intents, "shard": list(shard),
             "properties": {"os": "linux", "browser": "t", "device": "t"}}
        d.update(more)
        self.send({"op": 2, "d": {k: v for k, v in d.items()
                                  if v is not None}})

    def resume(self, token, session, seq):
        self.send({"op": 6, "d": {"token": token, "session_id": session,
                                  "seq": seq}})

    def close(self, code=None):
        """A close frame with code, or none at all and just the end of TCP."""
        if code is not None:
            self.send_frame(0x88, struct.pack("!H", code))
            self.until_closed(3)
        self.sock.close()
