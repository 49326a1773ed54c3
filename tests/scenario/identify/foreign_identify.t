#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""I3: something else IDENTIFYs with our token.  Discord's count tells, at the
next comparison and to the one; the alert reaches the webhook and the hook once,
and status and budget show it.  A webhook that fails at first is tried again."""
import json
import os
import sys

sys.path.append(sys.path[0] + "/../lib")
from alerted import alerted
from herd import scenario, wait_until
from simclient import Client
from web import Answering, serve


class Receiver:
    """A webhook: keeps what it is sent, and fails the first time."""

    def __init__(self):
        self.got, self.asked = [], 0
        receiver = self

        class Handler(Answering):
            def do_POST(self):
                body = self.body()
                receiver.asked += 1
                if receiver.asked > 1:
                    receiver.take(self.path, json.loads(body))
                self.answer(204 if receiver.asked > 1 else 500)

        self.url = serve(Handler).url

    def take(self, path, alert):
        """On a busy machine there is more to tell of."""
        if alert["kind"] == "foreign":
            self.got.append((path, alert))


def write(path, text, mode):
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    os.chmod(path, mode)


def identify_elsewhere(sim, times):
    with open(sim.urls["SIM_TOKEN_FILE"], encoding="utf-8") as f:
        token = f.read().strip()
    for _ in range(times):
        client = Client(sim.urls["SIM_GATEWAY"], ca=sim.urls["SIM_CA"])
        client.until_op(10)
        client.identify(token, shard=(0, 4), intents=1)
        client.until(lambda m: m.get("t") == "READY" or m["op"] == 9)
        client.close()


def ask(fleet):
    """`budget --ask`, as soon as it may be asked again."""
    def answered():
        done = fleet.cli("budget", "--ask", "--json")
        return json.loads(done.stdout) if done.returncode == 0 else None
    return wait_until(answered, "Discord is asked for its count")


def main(t):
    receiver = Receiver()
    sim = t.sim(shards=4)
    fleet = t.fleet(sim)
    write(fleet.path("hook-url"), receiver.url + "/alert\n", 0o600)
    write(fleet.path("pager"), "#!/bin/sh\ncat >>%s\n"
        % fleet.path("paged"), 0o755)
    fleet.write_config({"alerts.webhook_file": "hook-url",
        "alerts.exec": "pager --now"})
    os.chmod(fleet.path("hook-url"), 0o644)
    t.sentence(fleet.cli("config", "check"), 78, "chmod 600", "a webhook that "
        "others can read")
    os.chmod(fleet.path("hook-url"), 0o600)
    fleet.start()
    budget = ask(fleet)["budget"]
    t.equal(budget["foreign_24h"], 0, "our own are our own")
    t.equal(budget["remaining"], 996, "4 of 1000 are spent")

    identify_elsewhere(sim, 3)
    budget = ask(fleet)["budget"]
    t.equal(budget["foreign_24h"], 3, "3 foreign at the next comparison")
    t.equal(budget["remaining"], 993, "and what is left")
    t.equal(ask(fleet)["budget"]["foreign_24h"], 3, "they are counted once")

    wait_until(lambda: receiver.got, "the webhook has the alert")
    path, alert = receiver.got[0]
    t.equal(path, "/alert", "the webhook's path")
    t.equal((alert["kind"], alert["state"], alert["fleet"]),
        ("foreign", "alert", "herd"), "kind, state, fleet")
    t.match(alert["text"], r"^3 IDENTIFYs .* second copy", "how many, and "
        "what to check")
    paged = wait_until(lambda: alerted(fleet.path("paged"), "foreign"),
        "the hook ran")
    t.equal([d["text"] for d in paged], [alert["text"]],
        "the hook has the same document, once")
    t.equal(len(receiver.got), 1, "the webhook has it once")

    t.match(fleet.cli("budget").stdout, r"(?m)^foreign +3 in 24 h",
        "budget says so")
    status = fleet.status()
    t.equal(status["budget"]["foreign_24h"], 3, "status counts them")
    t.match(status["cluster"]["note"], "3 IDENTIFYs", "status says so")
    t.ok(receiver.url not in fleet.log_text(), "the webhook's URL is not "
        "in the log")

    # A restart of everything neither forgets nor repeats it.
    fleet.stop()
    fleet.start()
    t.equal(ask(fleet)["budget"]["foreign_24h"], 3, "after a restart too")
    identify_elsewhere(sim, 1)
    t.equal(ask(fleet)["budget"]["foreign_24h"], 4, "and goes on from there")
    t.equal(len(receiver.got), 1, "it stands: the webhook is not told again")
    t.equal(sim.totals()["identifies"], 8, "none of ours beyond the start")
    fleet.stop()


scenario(main)
