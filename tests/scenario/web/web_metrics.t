#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""/metrics is OpenMetrics to the letter, and tells what happens; what the alert
rules and the board ask for is there; /status.json is as the schemas say; the
status is pushed, to a receiver that fails, and its URL is in no log."""
import json
import os
import re
import shutil
import subprocess
import sys

sys.path.append(sys.path[0] + "/../lib")
import openmetrics
from asking import Web, samples, web_pid
from herd import ROOT, kill, scenario, wait_until
from schema import check
from web import Answering, serve

OPEN = "application/openmetrics-text; version=1.0.0"
CONF = os.path.join(ROOT, "conf")
SECRET = "push-secret-4711"


class Receiver(Answering):
    got, status = [], 200

    def do_POST(self):
        Receiver.got.append((self.path, self.body()))
        self.answer(Receiver.status)


def conf(name):
    with open(os.path.join(CONF, name), encoding="utf-8") as f:
        return f.read()


def format_is_kept(t, web):
    answer = web.ask("/metrics", Accept=OPEN)
    t.match(answer.headers["Content-Type"], "^application/openmetrics-text",
        "OpenMetrics for who asks")
    try:
        families = openmetrics.parse(answer.text)
    except ValueError as e:
        t.ok(False, "the exposition is valid: %s" % e)
        return {}
    t.ok(True, "the exposition is valid")
    old = web.ask("/metrics")
    t.match(old.headers["Content-Type"], "^text/plain; version=0.0.4",
        "else the text format")
    if shutil.which("promtool"):
        lint = subprocess.run(["promtool", "check", "metrics"], text=True,
            input=old.text, capture_output=True)
        t.equal((lint.returncode, lint.stderr), (0, ""), "promtool accepts it")
    else:
        t.note("promtool is not here (tools/setup prometheus): its lint is "
            "left out")
    return families


def numbers_are_true(t, sim, fleet, web):
    def there(a):
        s = samples(a.text)
        return s.get("shardherd_fleet_state{state=\"ready\"}") == 1 and \
            s.get("shardherd_event_age_seconds_count", 0) >= 100 and s
    s = there(web.wait("/metrics", there, "events were counted"))
    t.equal((s["shardherd_shards"], s["shardherd_shards_ready"]), (2, 2),
        "two shards are ready")
    t.equal(sum(v for k, v in s.items() if 'state="ready"' in k
        and k.startswith("shardherd_shard_state")), 2, "each says so")
    t.ok(s['shardherd_events_total{event_type="MESSAGE_CREATE"}'] >= 100,
        "messages are counted by type")
    t.equal(sum(v for k, v in s.items()
        if k.startswith("shardherd_shard_identifies_total")), 2,
        "an IDENTIFY each")
    t.ok(s['shardherd_plugin_events_total{plugin="audit",result="ok"}'] >= 100
        and s['shardherd_plugin_duration_seconds_count{plugin="audit"}'] >= 100,
        "and what the plugin did")
    t.ok(s['shardherd_shard_received_bytes_total{shard="0",encoding="raw"}']
        > s['shardherd_shard_received_bytes_total{shard="0",encoding="wire"}']
        > 0, "bytes on the wire and after it")
    t.equal(s["shardherd_budget_remaining"],
        fleet.status()["budget"]["remaining"], "the budget is that of status")
    few = samples(web.ask("/metrics?shards=worst:1").text)
    t.equal(len([k for k in few if k.startswith("shardherd_shard_guilds")]), 1,
        "worst:1 has one shard")


def nothing_else_is_asked_for(t, fleet, families):
    """Every metric of the rules and the board is one that the manual has."""
    with open(os.path.join(CONF, "..", "man", "shardherd-web.7"),
            encoding="utf-8") as f:
        known = set(re.findall(r"^\.It Li (shardherd_\w+)$", f.read(), re.M))
    bare = {re.sub("_(total|info)$", "", name) for name in known}
    t.ok(set(families) <= bare | {n for n in families if n[:8] == "process_"},
        "every metric is in the manual")
    for name in ("shardherd-alerts.rules.yml", "shardherd-dashboard.json"):
        asked = set(re.findall(r"shardherd_\w+", conf(name)))
        asked = {re.sub("_(bucket|sum|count)$", "", n) for n in asked}
        t.equal(sorted(asked - known), [], "%s asks for what there is" % name)
    codes = set(re.findall(r'code=~?\\?"([^"\\]+)', conf(
        "shardherd-alerts.rules.yml")))
    with open(os.path.join(CONF, "..", "man", "shardherd.1"),
            encoding="utf-8") as f:
        manual = f.read()
    for code in sorted("|".join(codes).split("|")):
        t.ok(code in manual, "the code %s is one" % code)
    asked = board_is_one(t)
    if not shutil.which("promtool"):
        t.note("promtool is not here: the rules are not tried")
        return
    board_can_be_asked(t, fleet, asked)
    for what in (["check", "rules", "shardherd-alerts.rules.yml"],
            ["test", "rules", "shardherd-alerts.test.yml"]):
        done = subprocess.run(["promtool", *what], cwd=CONF, text=True,
            capture_output=True)
        t.equal(done.returncode, 0, "promtool %s rules%s" % (what[0],
            "" if done.returncode == 0 else ": " + done.stdout + done.stderr))


def panels_of(board):
    """All of them, those in rows that are folded too."""
    for panel in board["panels"]:
        yield panel
        yield from panel.get("panels", [])


def board_is_one(t):
    """What Grafana would refuse or draw over another: it is not here to ask."""
    board = json.loads(conf("shardherd-dashboard.json"))
    panels = list(panels_of(board))
    ids = [p["id"] for p in panels]
    t.equal(len(set(ids)), len(ids), "the board: each panel has its own id")
    taken = set()
    for p in panels:
        g = p["gridPos"]
        cells = {(x, y) for x in range(g["x"], g["x"] + g["w"])
            for y in range(g["y"], g["y"] + g["h"])}
        if cells & taken or g["x"] + g["w"] > 24:
            t.ok(False, "the panel \"%s\" has a place" % p.get("title"))
        taken |= cells
    names = {v["name"] for v in board["templating"]["list"]}
    used = set(re.findall(r"\$\{?(\w+)", json.dumps(board)))
    t.equal(sorted(v for v in used - names if v[:2] != "__"), [],
        "its variables are there")
    asked = [target["expr"] for p in panels for target in p.get("targets", [])]
    t.ok(len(asked) >= 20, "it asks for something")
    return asked


def board_can_be_asked(t, fleet, asked):
    """Each of its queries is one: as a rule, for promtool has no other way."""
    path = fleet.path("board.yml")
    with open(path, "w", encoding="utf-8") as f:
        json.dump({"groups": [{"name": "board", "rules": [{"record": "b:%d" % i,
            "expr": e.replace("$instance", ".*")} for i, e in
            enumerate(asked)]}]}, f)
    done = subprocess.run(["promtool", "check", "rules", path], text=True,
        capture_output=True)
    t.equal(done.returncode, 0, "promtool takes the board's queries%s" % (""
        if done.returncode == 0 else ": " + done.stdout + done.stderr))


def documents(t, web):
    for port, name in ((web.port, "shardherd-status.schema.json"),
            (web.public, "shardherd-status-public.schema.json")):
        document = web.ask("/status.json", port).json()
        schema = json.loads(conf(name))
        t.equal(check(document, schema, closed=True), None,
            "%s is what it says" % name)
        document["schema"] = "1"
        t.ok(check(document, schema) is not None, "and no other")


def pushed(t, fleet, web):
    wait_until(lambda: Receiver.got, "the status is pushed")
    path, body = Receiver.got[-1]
    t.equal(path, "/" + SECRET, "to the URL of the file")
    t.ok("cluster" in json.loads(body), "all of it")
    Receiver.status = 500
    wait_until(lambda: "could not be pushed" in fleet.log_text(),
        "a failure is told")
    before = len(Receiver.got)
    wait_until(lambda: len(Receiver.got) >= before + 2, "it is tried again")
    Receiver.status = 200
    wait_until(lambda: "is pushed again" in fleet.log_text(),
        "and when it works again")
    t.equal(fleet.log_text().count("could not be pushed"), 1,
        "the failures were told once")
    fleet.write_config({**web.keys, "web.push_public": "yes"})
    fleet.must("reload")
    wait_until(lambda: "cluster" not in json.loads(Receiver.got[-1][1]),
        "push_public: the short one")
    pid = web_pid(fleet)
    with open("/proc/%d/environ" % pid, "rb") as f:
        t.ok(SECRET.encode() not in f.read(), "its environment has no URL")
    t.ok(SECRET not in fleet.log_text() + json.dumps(fleet.status()),
        "log and status have none either")


def main(t):
    receiver = serve(Receiver)
    sim = t.sim(rate=100, shards=2, guilds=8)
    web = Web(**{"web.push_interval": "1s"})
    fleet = t.fleet(sim, web.keys)
    web.keys["web.push_file"] = fleet.path("push")
    with open(fleet.path("push"), "w", encoding="utf-8") as f:
        f.write("%s/%s\n" % (receiver.url, SECRET))
    os.chmod(fleet.path("push"), 0o600)
    fleet.write_config(web.keys)
    fleet.start()
    sim.wait("handled>=200")
    numbers_are_true(t, sim, fleet, web)
    nothing_else_is_asked_for(t, fleet, format_is_kept(t, web))
    documents(t, web)
    pushed(t, fleet, web)
    fleet.stop()
    t.ok(web.try_ask("/healthz") is None, "with the fleet it is gone")


scenario(main)
