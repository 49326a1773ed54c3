#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The web process serves a fleet's metrics, health and status; it is replaced
by a reload, an upgrade and after its death, taken over by the next supervisor,
says so when the supervisor or the handler is gone, and ends with the fleet."""
import os
import signal
import sys

sys.path.append(sys.path[0] + "/../lib")
from asking import Web, samples, web_pid
from herd import alive, kill, scenario, wait_until


def answers(t, web, fleet):
    t.equal(web.ask("/healthz").text, "ok\n", "/healthz is well")
    ready = web.wait("/readyz", lambda a: a.status == 200, "/readyz is well")
    t.match(ready.text, "^ready: 2 of 2 shards ready", "and says how many")
    full = web.ask("/status.json").json()
    t.equal(full["cluster"]["shards_ready"], 2, "/status.json is status --json")
    told = fleet.status()
    t.equal(sorted(full), sorted(told), "with all its parts")
    t.equal([full["cluster"][k] for k in ("user", "unit", "name", "config")],
        [told["cluster"][k] for k in ("user", "unit", "name", "config")],
        "from within its cage, too")
    with open("/proc/%d/status" % web_pid(fleet), encoding="ascii") as f:
        t.match(f.read(), r"(?m)^CapPrm:\t0+\nCapEff:\t0+\n",
            "it has no capability, not even root's")
    page = web.ask("/")
    t.equal((page.status, page.headers["Content-Type"]), (200,
        "text/html; charset=utf-8"), "/ is the status page")
    public = web.ask("/status.json", web.public)
    t.equal(sorted(public.json()), ["at_ms", "schema", "shard_count", "shards",
        "shards_ready", "state", "title", "watched"],
        "in public it is short")
    for path in "/metrics", "/readyz", "/nothing":
        t.equal(web.ask(path, web.public).status, 404,
            "the public has no %s" % path)
    t.ok(str(fleet.supervisor_pid()) not in public.text
        and fleet.dir not in public.text, "and nothing of the machine")


def manners(t, web):
    t.equal([web.ask("/", method=m).status for m in ("POST", "PUT", "OPTIONS")],
        [405] * 3, "nothing can be written")
    t.equal(web.ask("/", method="HEAD").raw, b"", "HEAD has no body")
    t.equal(web.ask("/metrics", Host="evil.example.org").status, 421,
        "a name of somebody's is refused")
    t.equal(web.ask("/metrics", Host="localhost:%d" % web.port).status, 200,
        "localhost is not")
    t.equal(web.ask("/healthz", Host="mon.example.org").status, 200,
        "nor one of allow_host")
    t.equal(web.ask("/", web.public, Host="evil.example.org").status, 200,
        "the public may ask by any")
    first = web.ask("/", web.public)
    same = web.ask("/", web.public, If_None_Match=first.headers["ETag"])
    t.ok(same.status in (200, 304) and "no-cache" in
        first.headers["Cache-Control"], "the public page is tagged")
    zipped = web.ask("/metrics", Accept_Encoding="gzip")
    t.equal(zipped.headers["Content-Encoding"], "gzip", "gzip is spoken")
    t.match(zipped.text, "shardherd_shards 2", "and can be read")
    t.equal(web.ask("/metrics?shards=few").status, 400, "a query is checked")


def replaced(t, web, fleet):
    pid = web_pid(fleet)
    kill(pid)
    fleet.wait_status(lambda s: s["web"]["pid"] not in (None, pid),
        "it is started again after its death")
    web.wait("/healthz", lambda a: a.status == 200, "and serves")
    pid = web_pid(fleet)
    fleet.write_config({**web.keys, "web.title": "Renamed"})
    fleet.must("reload")
    fleet.wait_status(lambda s: s["web"]["pid"] not in (None, pid),
        "a reload replaces it when its config changed")
    public = web.wait("/status.json", lambda a: a.json()["title"] == "Renamed",
        "the new one has the new title", web.public)
    t.equal(public.status, 200, "it serves")
    pid = web_pid(fleet)
    fleet.must("reload")
    t.equal(web_pid(fleet), pid, "another reload leaves it alone")
    so_far = len(fleet.log_text())
    fleet.write_config({})
    fleet.must("reload")
    fleet.wait_status(lambda s: s["web"] is None or s["web"]["pid"] is None,
        "switched off it ends")
    fleet.write_config({**web.keys, "web.title": "Renamed"})
    fleet.must("reload")
    web.wait("/healthz", lambda a: a.status == 200, "switched on it is there")
    t.ok("Alert (web)" not in fleet.log_text()[so_far:]
        and "web-down" not in str(fleet.status()["cluster"]["problems"]),
        "and nobody was told that it is down")
    fleet.must("upgrade")
    web.wait("/healthz", lambda a: a.status == 200, "it serves after an upgrade")


def orphaned(t, web, fleet):
    pid = web_pid(fleet)
    os.kill(fleet.handler_pid(), signal.SIGSTOP)
    web.wait("/readyz", lambda a: "handler" in a.text,
        "a stopped handler: /readyz says so")
    os.kill(fleet.handler_pid(), signal.SIGCONT)
    supervisor = fleet.supervisor_pid()
    os.kill(supervisor, signal.SIGSTOP)
    web.wait("/healthz", lambda a: a.status == 503 and "hangs" in a.text,
        "a stopped supervisor: /healthz says so")
    os.kill(supervisor, signal.SIGCONT)
    web.wait("/healthz", lambda a: a.status == 200, "it goes on")
    handler = fleet.handler_pid()
    fleet.kill_supervisor()
    kill(handler)
    gone = web.wait("/healthz", lambda a: a.status == 503,
        "both killed: /healthz says so")
    t.match(gone.text, "supervisor is gone", "in words")
    t.match(web.ask("/readyz").text, "supervisor is gone", "so does /readyz")
    t.equal(samples(web.ask("/metrics").text)["shardherd_supervisor_up"], 0,
        "and /metrics")
    t.equal(web.ask("/status.json").json()["cluster"]["pid"], None,
        "and /status.json")
    t.equal(web.ask("/status.json", web.public).json()["watched"], False,
        "and the public one")
    t.equal(web.ask("/").status, 200, "the page answers")
    fleet.must("ensure")
    web.wait("/healthz", lambda a: a.status == 200, "the next supervisor is there")
    fleet.wait_ready()
    t.equal(web_pid(fleet), pid, "and took it over")
    fleet.kill_supervisor()
    wait_until(lambda: alive(pid), "it lives on")
    fleet.stop()
    t.ok(not alive(pid), "stop without a supervisor ends it")


def unknown(t, web, fleet):
    """The page is lost with the supervisor: nobody can be taken over, and web is
    not told to be down for an address that its predecessor has yet."""
    fleet.start()
    pid = web_pid(fleet)
    fleet.kill_supervisor()
    os.unlink(fleet.path("state", "stats"))
    before = len(fleet.log_text())
    fleet.must("start")
    seen = []
    fleet.wait_status(lambda s: seen.append(str(s["cluster"]["problems"]))
        or s["web"] and s["web"]["pid"] not in (None, pid),
        "there is another web process")
    t.ok("web-down" not in "".join(seen), "nobody is told that it is down")
    web.wait("/healthz", lambda a: a.status == 200, "which serves")
    t.ok(not alive(pid), "the one before has left")
    t.ok("web could not be started" not in fleet.log_text()[before:],
        "and was in nobody's way")
    fleet.stop()


def main(t):
    sim = t.sim(rate=50, shards=2, guilds=8)
    web = Web(**{"web.allow_host": "mon.example.org"})
    fleet = t.fleet(sim, web.keys)
    fleet.start()
    web.wait("/healthz", lambda a: a.status == 200, "it serves")
    sim.wait("handled>=100")
    answers(t, web, fleet)
    manners(t, web)
    replaced(t, web, fleet)
    orphaned(t, web, fleet)
    unknown(t, web, fleet)


scenario(main)
