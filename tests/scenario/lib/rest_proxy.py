# SPDX-License-Identifier: MIT
"""REST between a fleet and its simulator, where somebody answers instead of
Discord: rules of method, path, words of the body, status, headers and body.
What passed is kept, so a scenario can ask what was sent."""
import fnmatch
import http.client
import json
import threading
import time
import urllib.parse

from bridging import Bridge
from web import Answering, serve

JSON = {"Content-Type": "application/json"}
HOP = ("transfer-encoding", "content-length", "connection")


class Request:
    """One that came: what was asked, and whether a rule answered."""

    def __init__(self, method, path, headers, body):
        self.method, self.path, self.headers = method, path, headers
        self.body, self.rule = body, None

    def json(self):
        return json.loads(self.body)


class Rule:
    """raw is all that is written, headers too, and then the connection ends;
    wait is seconds before."""

    def __init__(self, method, path, status, body="", headers=None, match=None,
            count=None, raw=None, wait=0):
        self.method, self.path, self.status = method, path, status
        self.body = body if isinstance(body, str) else json.dumps(body)
        self.headers = headers if headers is not None else (
            {} if isinstance(body, str) else JSON)
        self.match, self.count = match, count
        self.raw, self.wait = raw, wait

    def fits(self, r):
        return (self.count != 0 and self.method in ("*", r.method)
            and fnmatch.fnmatch(r.path, self.path) and (self.match is None
                or self.match in r.body.decode("utf-8", "replace")))


class Proxy:
    """For a simulator started with plain=True; api is what a config needs."""

    def __init__(self, sim):
        self.to = urllib.parse.urlsplit(sim.urls["SIM_API"])
        self.rules, self.seen = [], []
        self.lock = threading.Lock()
        self.api = serve(self._handler()).url + self.to.path

    def answer(self, method, path, status, body="", **more):
        """Instead of Discord, from now on; the newest rule that fits counts."""
        rule = Rule(method, path, status, body, **more)
        with self.lock:
            self.rules.insert(0, rule)
        return rule

    def drop(self, *rules):
        with self.lock:
            self.rules = [r for r in self.rules if rules and r not in rules]

    def requests(self, method="*", path="*", ruled=None):
        with self.lock:
            return [r for r in self.seen if method in ("*", r.method)
                and fnmatch.fnmatch(r.path, path)
                and (ruled is None or (r.rule is not None) == ruled)]

    def _take(self, request):
        with self.lock:
            self.seen.append(request)
            for rule in self.rules:
                if rule.fits(request):
                    if rule.count is not None:
                        rule.count -= 1
                    request.rule = rule
                    return rule
        return None

    def _forward(self, request):
        c = http.client.HTTPConnection(self.to.hostname, self.to.port,
            timeout=300)
        c.request(request.method, request.path, request.body,
            {k: v for k, v in request.headers.items()
                if k.lower() not in ("host", "connection", "accept-encoding")})
        r = c.getresponse()
        body = r.read()
        c.close()
        return r.status, [(k, v) for k, v in r.getheaders()
            if k.lower() not in HOP], body

    def _handler(self):
        proxy = self

        class Handler(Answering):
            protocol_version = "HTTP/1.1"

            def do(self):
                request = Request(self.command, self.path,
                    dict(self.headers.items()), self.body())
                rule = proxy._take(request)
                if rule and rule.wait:
                    time.sleep(rule.wait)
                if rule and rule.raw is not None:
                    self.wfile.write(rule.raw)
                    self.close_connection = True
                    return
                if rule:
                    status, body = rule.status, rule.body.encode()
                    headers = list(rule.headers.items())
                else:
                    status, headers, body = proxy._forward(request)
                self.answer(status, body, headers)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do

        return Handler


def proxied(t):
    """A fleet of one shard whose REST goes through a proxy, with a plugin
    that does what it is told: (fleet, proxy, bot), started."""
    sim = t.sim(shards=1, guilds=2, plain=True)
    fleet = t.fleet(sim)
    proxy = Proxy(sim)
    bot = Bridge(fleet, "bot")
    fleet.write_config({"gateway.api": proxy.api}, {"bot": bot.config()})
    fleet.start()
    return fleet, proxy, bot
