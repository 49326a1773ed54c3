# SPDX-License-Identifier: MIT
"""Fleets with a web process, and who asks it."""
import gzip
import http.client
import json

from gates import free_port
from herd import wait_until


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.raw = response.read()

    @property
    def text(self):
        data = self.raw
        if self.headers["Content-Encoding"] == "gzip":
            data = gzip.decompress(data)
        return data.decode()

    def json(self):
        return json.loads(self.text)


class Web:
    """The addresses of a fleet's web process: keys for its config."""

    def __init__(self, **keys):
        self.port, self.public = free_port(), free_port()
        self.keys = {"web.listen": "127.0.0.1:%d" % self.port,
            "web.public_listen": str(self.public), **keys}

    def ask(self, path, port=None, method="GET", **headers):
        """Headers by name, _ for -."""
        c = http.client.HTTPConnection("127.0.0.1", port or self.port,
            timeout=60)
        try:
            c.request(method, path, headers={name.replace("_", "-"): value
                for name, value in headers.items()})
            return Answer(c.getresponse())
        finally:
            c.close()

    def try_ask(self, path, port=None):
        try:
            return self.ask(path, port)
        except (OSError, http.client.HTTPException):
            return None

    def wait(self, path, true, what, port=None):
        def there():
            answer = self.try_ask(path, port)
            return answer is not None and true(answer) and answer
        return wait_until(there, what)


def web_pid(fleet):
    web = fleet.status()["web"]
    return web and web["pid"]


def samples(text):
    """{"name{labels}": value} of an exposition."""
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2])
        for line in text.splitlines() if line and line[0] != "#"}
