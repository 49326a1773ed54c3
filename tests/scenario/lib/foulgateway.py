# SPDX-License-Identifier: MIT
"""A server of nothing but foul text: REST and a gateway on one port, where
every string that somebody else chooses holds escapes, bells, newlines, NULs,
turned text and bytes that are no letters.  Plain HTTP, JSON, no compression:
as little of Discord as a fleet of one shard needs to come up."""
import base64
import hashlib
import json
import socket
import struct
import threading

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
# In JSON, and as bytes where no JSON is.
WORDS = "a\x1b[2J\x07\nb\x00\u202e\u0085\x7f|c" + "é漢" * 40
RAW = b"a\x1b]0;x\x07\xe9\xff\xe2\x80\xae\xc2\x85|c" + "é".encode() * 20
CUT = b"d\x1b[31m\x07|e\n" + "é".encode() * 56 + b"\xc3"	# of 123 bytes


class Connection:
    """One gateway connection, and what became of it."""

    def __init__(self, server, sock, data):
        self.server, self.sock, self.data = server, sock, data
        self.seq, self.resumed, self.ready = 0, False, threading.Event()

    def take(self, n):
        while len(self.data) < n:
            more = self.sock.recv(65536)
            if not more:
                raise EOFError
            self.data += more
        data, self.data = self.data[:n], self.data[n:]
        return data

    def frame(self, opcode, data):
        head = bytes([0x80 | opcode])
        if len(data) < 126:
            head += bytes([len(data)])
        elif len(data) < 65536:
            head += b"\x7e" + struct.pack("!H", len(data))
        else:
            head += b"\x7f" + struct.pack("!Q", len(data))
        self.sock.sendall(head + data)

    def send(self, op, d, t=None):
        seq = None
        if op == 0:
            self.seq += 1
            seq = self.seq
        self.frame(1, json.dumps({"op": op, "d": d, "s": seq, "t": t},
            ensure_ascii=seq is None or seq % 2 == 0).encode())

    def close(self, code, reason):
        self.frame(8, struct.pack("!H", code) + reason[:123])

    def hello(self):
        self.send(10, {"heartbeat_interval": 5000})

    def message(self):
        """The next one of the client, in JSON; pings are answered."""
        while True:
            head = self.take(2)
            n = head[1] & 127
            if n == 126:
                n = struct.unpack("!H", self.take(2))[0]
            elif n == 127:
                n = struct.unpack("!Q", self.take(8))[0]
            mask = self.take(4)
            data = bytes(c ^ mask[i & 3] for i, c in enumerate(self.take(n)))
            if head[0] & 15 == 8:
                raise EOFError
            if head[0] & 15 < 3:
                return json.loads(data)

    def serve(self):
        self.hello()
        while True:
            m = self.message()
            if m["op"] == 1:
                self.send(11, None)
            elif m["op"] == 2:
                self.seq = 0
                self.send(0, self.server.ready_d, "READY")
                self.send(0, self.server.guild, "GUILD_CREATE")
                self.ready.set()
            elif m["op"] == 6:
                self.resumed = True
                self.seq = m["d"]["seq"]
                self.send(0, {"_trace": [WORDS]}, "RESUMED")
                self.ready.set()


class Server:
    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.url = "ws://127.0.0.1:%d" % self.port
        self.api = "http://127.0.0.1:%d/api" % self.port
        self.connections, self.requests, self.refuse = [], [], None
        self.ready_d = {"v": 10, "session_id": "s\x1b[31m\u202e|\u0085",
            "resume_gateway_url": self.url, "guilds": [{"id": "7",
            "unavailable": True}], "shard": [0, 1], "_trace": [WORDS],
            "user": {"id": "1", "username": WORDS, "discriminator": "0",
            "bot": True, "global_name": WORDS},
            "application": {"id": "1", "flags": 0xffffff}}
        self.guild = {"id": "7", "name": WORDS, "member_count": 3,
            "owner_id": "2", "channels": [], "roles": [], "members": []}
        self.answers = {
            "/gateway/bot": {"url": self.url, "shards": 1,
                "session_start_limit": {"total": 1000, "remaining": 999,
                "reset_after": 80000000, "max_concurrency": 1}},
            "/users/@me": {"id": "1", "username": WORDS, "bot": True,
                "discriminator": WORDS},
            "/applications/@me": {"id": "1", "name": WORDS,
                "flags": 0xffffff, "description": WORDS,
                "interactions_endpoint_url": WORDS},
        }
        threading.Thread(target=self._accept, daemon=True).start()

    def last(self):
        return self.connections[-1]

    def _accept(self):
        while True:
            sock, _ = self.listener.accept()
            threading.Thread(target=self._one, args=(sock,),
                daemon=True).start()

    def _one(self, sock):
        try:
            data = b""
            while b"\r\n\r\n" not in data:
                more = sock.recv(65536)
                if not more:
                    return
                data += more
            head, data = data.split(b"\r\n\r\n", 1)
            lines = head.split(b"\r\n")
            fields = {k.strip().lower(): v.strip() for k, v in (l.split(b":",
                1) for l in lines[1:])}
            if b"upgrade" in fields:
                self._gateway(sock, fields, data)
            else:
                self._rest(sock, lines[0].decode(), fields, data)
        except (OSError, EOFError):
            pass
        finally:
            sock.close()

    def _gateway(self, sock, fields, data):
        if self.refuse:
            sock.sendall(self.refuse)
            return
        accept = base64.b64encode(hashlib.sha1(fields[b"sec-websocket-key"]
            + GUID).digest())
        sock.sendall(b"HTTP/1.1 101 Switching \x1b[31m\xe9\r\nUpgrade: "
            b"websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
            + accept + b"\r\nCF-RAY: " + RAW + b"\r\nServer: " + RAW
            + b"\r\n\r\n")
        c = Connection(self, sock, data)
        self.connections.append(c)
        c.serve()

    def _rest(self, sock, line, fields, data):
        n = int(fields.get(b"content-length", 0))
        while len(data) < n:
            more = sock.recv(65536)
            if not more:
                return
            data += more
        method, path = line.split()[:2]
        self.requests.append((method, path, data))
        status, body = 200, None
        for end, answer in self.answers.items():
            if path.split("?")[0].endswith(end):
                body = answer
        if body is None:
            status, body = 400, {"code": 50035, "message": WORDS, "errors": {
                "0": {"name": {"_errors": [{"code": WORDS, "message":
                WORDS}]}}}}
        if isinstance(body, tuple):
            status, body = body
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        sock.sendall(b"HTTP/1.1 %d \x1b[31m\xe9 odd\r\nCF-RAY: %s\r\nServer: "
            b"%s\r\nX-RateLimit-Bucket: %s\r\nContent-Type: "
            b"application/json\r\nContent-Length: %d\r\nConnection: close"
            b"\r\n\r\n" % (status, RAW, RAW, RAW, len(body)) + body)
