# SPDX-License-Identifier: MIT
"""A bare gateway client for scenarios that break the protocol on purpose:
plain TCP, JSON, no compression.  Not a library: it does what the simulator's
strictness tests need and fails loudly on all else."""
import base64
import json
import os
import socket
import struct
import urllib.parse

WAIT_S = 300		# for each piece: nobody waits for nothing to come


class Closed(Exception):
    def __init__(self, code, reason):
        super().__init__("%s %s" % (code, reason))
        self.code = code


class Client:
    def __init__(self, url, query="v=10&encoding=json", path="/", more=""):
        part = urllib.parse.urlsplit(url)
        self.socket = socket.create_connection((part.hostname, part.port),
            WAIT_S)
        self.buffer = b""
        self.seq = None
        self._upgrade(part, path, query, more)

    def _upgrade(self, part, path, query, more):
        self.socket.sendall(("GET %s?%s HTTP/1.1\r\nHost: %s\r\n%s"
            "Upgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n\r\n" % (
            path, query, part.netloc, more, base64.b64encode(os.urandom(16)).decode()))
            .encode())
        while b"\r\n\r\n" not in self.buffer:
            self._more()
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        self.status, self.head = int(head.split()[1]), head.decode()

    def _more(self):
        data = self.socket.recv(65536)
        if not data:
            raise Closed(None, "no close frame")
        self.buffer += data

    def _take(self, n):
        while len(self.buffer) < n:
            self._more()
        data, self.buffer = self.buffer[:n], self.buffer[n:]
        return data

    def send_frame(self, opcode, data):
        mask = os.urandom(4)
        size = len(data)
        head = struct.pack("!B", 0x80 | opcode)
        if size < 126:
            head += struct.pack("!B", 0x80 | size)
        elif size < 65536:
            head += struct.pack("!BH", 0x80 | 126, size)
        else:
            head += struct.pack("!BQ", 0x80 | 127, size)
        self.socket.sendall(head + mask + bytes(
            b ^ mask[i % 4] for i, b in enumerate(data)))

    def send(self, document):
        if not isinstance(document, bytes):
            document = json.dumps(document).encode()
        self.send_frame(1, document)

    def receive(self):
        """The next document; Closed when the server ends the connection."""
        message = b""
        while True:
            first, size = struct.unpack("!BB", self._take(2))
            if size == 126:
                size, = struct.unpack("!H", self._take(2))
            elif size == 127:
                size, = struct.unpack("!Q", self._take(8))
            data = self._take(size)
            if first & 15 == 8:
                raise Closed(struct.unpack("!H", data[:2])[0] if data else
                    1005, data[2:].decode())
            if first & 15 == 9:
                self.send_frame(10, data)
            elif first & 15 <= 2:
                message += data
                if first & 0x80:
                    break
        document = json.loads(message)
        if document.get("s") is not None:
            self.seq = document["s"]
        return document

    def until(self, op, name=None):
        """Reads up to the first document with this op (and t)."""
        for _ in range(10000):
            document = self.receive()
            if document["op"] == op and name in (None, document.get("t")):
                return document
        raise AssertionError("no op %d %s" % (op, name))

    def close_code(self):
        """Reads to the end of the connection: its close code."""
        try:
            for _ in range(10000):
                self.receive()
        except Closed as e:
            return e.code
        except ConnectionResetError:
            return None
        raise AssertionError("the connection does not end")

    def identify(self, token, shard=(0, 1), **changes):
        d = dict(token=token, intents=33281, shard=list(shard), properties=dict(
            os="linux", browser="scenario", device="scenario"))
        d.update(changes)
        self.send({"op": 2, "d": {k: v for k, v in d.items()
            if v is not None}})

    def resume(self, token, session, seq):
        self.send({"op": 6, "d": dict(token=token, session_id=session,
            seq=seq)})

    def drop(self):
        self.socket.close()
