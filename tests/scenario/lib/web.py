# SPDX-License-Identifier: MIT
"""Web servers on loopback, where a scenario plays somebody else's side."""
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Silent:
    def log_message(self, *_):
        pass


class Answering(Silent, BaseHTTPRequestHandler):
    def body(self):
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def answer(self, status, body=b"", headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def serve(handler):
    """A server with such handlers, which runs; its url has no path."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    server.url = "http://127.0.0.1:%d" % server.server_port
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
