#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What an interaction's token opens, as Discord has it: a webhook that is
unknown before the first answer, known after it, and of no other token."""
import json
import sys
import urllib.error
import urllib.request

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario
from ws import Client


def ask(url, method="GET", body=None, **headers):
    """The status and the answer's body."""
    request = urllib.request.Request(url, method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"User-Agent": "DiscordBot (https://example.org, 1)",
            "Content-Type": "application/json", **headers})
    try:
        with urllib.request.urlopen(request, timeout=60) as r:
            return r.status, json.loads(r.read() or b"null")
    except urllib.error.HTTPError as e:
        return e.code, json.load(e)


def main(t):
    sim = t.sim(shards=1, guilds=1, plain=True)
    with open(sim.urls["SIM_TOKEN_FILE"], encoding="utf-8") as f:
        token = f.read().strip()
    client = Client(sim.urls["SIM_GATEWAY"])
    client.until(10)
    client.identify(token, (0, 1))
    ready = client.until(0, "READY")["d"]
    client.until(0, "GUILD_CREATE")
    api = sim.urls["SIM_API"]
    t.equal(ask("%s/applications/%s/commands" % (api,
        ready["application"]["id"]), "PUT", [{"name": "hello",
        "description": "Says hello"}], Authorization="Bot " + token)[0], 200,
        "a command")
    sim.ctl("interaction", 0, "hello")
    d = client.until(0, "INTERACTION_CREATE")["d"]

    hook = "%s/webhooks/%s/%s" % (api, d["application_id"], d["token"])
    status, answer = ask(hook + "/messages/@original")
    t.equal((status, answer["code"]), (404, 10015), "before an answer")
    status, answer = ask(hook, "POST", {"content": "too early"})
    t.equal((status, answer["code"]), (404, 10015), "nor can one follow up")
    status, answer = ask(hook + "x/messages/@original")
    t.equal((status, answer["code"]), (401, 50027), "a token that is none")
    t.equal(ask("%s/interactions/%s/%s/callback" % (api, d["id"], d["token"]),
        "POST", {"type": 4, "data": {"content": "here"}})[0], 204, "an answer")
    status, answer = ask(hook + "/messages/@original")
    t.equal((status, answer.get("content")), (200, "here"), "it is read")
    t.equal(ask(hook, "POST", {"content": "more"})[0] // 100, 2, "followed up")

    sim.ctl("interaction", 0, "hello")
    late = client.until(0, "INTERACTION_CREATE")["d"]
    t.equal(ask("%s/channels/%s" % (api, late["channel_id"]), "DELETE",
        Authorization="Bot " + token)[0], 200, "its channel is deleted")
    status, answer = ask("%s/interactions/%s/%s/callback" % (api, late["id"],
        late["token"]), "POST", {"type": 4, "data": {"content": "where?"}})
    t.equal((status, answer["code"]), (404, 10003), "which cannot be answered")
    status, answer = ask(hook, "POST", {"content": "more"})
    t.equal((status, answer["code"]), (404, 10003), "nor followed up")


scenario(main)
