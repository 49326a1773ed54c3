#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What status, check and client list say of the gate and its clients: who is
here, what they got, missed and were refused, by reason; counters go on over
the SIGKILL of the gate; and the lines that client add prints lead to it."""
import json
import re
import sys
import urllib.request

sys.path.append(sys.path[0] + "/../lib")
from gates import (FleetBot, GATE, INTENTS, free_port, gate_pid, gate_url,
    wait_gate)
from herd import scenario, wait_until
from processes import kill
from ws import Client

FIELDS = """state silent_s pid version lanes events repeated unreadable too_big
    log_first log_last log_used log_size log_lost cache_behind cache_cold
    cache_damaged cache_lost accepted resume_lost refused refused_minute ends
    waiting backlog_events dropped lag_ms rss_kb uss_kb anon_kb fds fd_limit
    last_end note clients rest"""
CLIENT = """name state sessions connected lag_events log_percent heard_s away_s
    overrun_s events replayed caught_up overruns expired identifies resumes
    refused note"""
COUNTERS = "events replayed caught_up overruns expired identifies resumes " \
    "refused"


def client(fleet, name="bot"):
    return next(c for c in fleet.status()["gate"]["clients"]
        if c["name"] == name)


def wait_client(fleet, true, what, name="bot"):
    wait_until(lambda: true(client(fleet, name)), what)
    return client(fleet, name)


def come(fleet, config, token, **more):
    bot = FleetBot(gate_url(config))
    bot.until(10)
    bot.identify(token, **{"shard": (0, 1), "intents": INTENTS, **more})
    return bot


def refused(t, fleet, config, token):
    """By reason, and as the client's where it is known."""
    for shard in ((2, 2), (3, 2)):
        bot = come(fleet, config, token, shard=shard)
        t.equal(bot.close_code(), 4010, "an impossible shard is refused")
    row = wait_client(fleet, lambda c: c["refused"] == 2,
        "both count as the client's")
    t.match(row["note"], "impossible shard", "its note says why")
    t.equal(fleet.status()["gate"]["ends"]["shard"], 2, "and by reason")
    t.equal(fleet.cli("check").returncode, 0, "two are no reason to worry")
    for number in range(12):
        bot = come(fleet, config, "x" * 60 + str(number))
        t.equal(bot.close_code(), 4004, "a wrong token is refused")
    fleet.wait_status(lambda s: s["gate"]["ends"]["token"] == 12
        and s["gate"]["refused_minute"] >= 10, "all are counted")
    done = fleet.cli("check")
    t.equal(done.returncode, 1, "check: warning")
    t.match(done.stdout, r"refuses clients again and again.*wrong token",
        "check says so, and why")
    t.match(fleet.cli("status").stdout,
        r"refused 14 connections, most: wrong token", "status counts them")
    t.equal(client(fleet)["refused"], 2, "a wrong token is nobody's")
    page = Client(gate_url(config), more="Origin: http://evil.example\r\n")
    t.equal(page.status, 403, "a web page is refused")
    fleet.wait_status(lambda s: s["gate"]["ends"]["origin"] == 1,
        "that counts, too")


def caught_up(t, sim, fleet, config, token, bot):
    """A bot whose process died: what it missed is counted, and what was too
    old to be answered."""
    before = client(fleet)
    guild = next(iter(bot.guilds))
    bot.send({"op": 1, "d": bot.seq})
    bot.until(11)
    bot.drop()
    row = wait_client(fleet, lambda c: c["state"] == "away", "it is away")
    t.equal(row["connected"], 0, "none of its sessions is connected")
    t.ok(row["away_s"] is not None, "since when is known")
    t.equal(fleet.cli("check").returncode, 1, "(the refusals are not over)")
    for _ in range(3):
        sim.ctl("interaction", guild, "x")
    wait_until(lambda: client(fleet)["lag_events"] >= 200,
        "it falls behind, and is seen to")
    sim.wait("handled>=%d" % sim.totals()["sent"])
    old = client(fleet)["away_s"] + 5
    wait_until(lambda: client(fleet)["away_s"] > old,
        "the interactions are too old to be answered")
    bot = come(fleet, config, token)
    bot.until(0, "READY")

    def reads_on(row):
        bot.send({"op": 1, "d": bot.seq})
        bot.until(11)
        return row["state"] == "here" and row["lag_events"] < 100
    row = wait_client(fleet, reads_on, "it is here again")
    t.equal(row["identifies"], before["identifies"] + 1, "IDENTIFYs count")
    t.ok(row["caught_up"] >= 100, "so does what it caught up (%d)"
        % row["caught_up"])
    t.equal(row["expired"], 3, "and what was too old")
    t.equal(row["overruns"], 0, "it fell off nothing")
    return bot


def counters(fleet):
    return {k: client(fleet)[k] for k in COUNTERS.split()}


def goes_on(t, fleet, token, bot):
    """Another process of the gate counts on."""
    before, all_before = counters(fleet), fleet.status()["gate"]
    bot.until_guilds(1)
    bot.hear(1)
    pid = gate_pid(fleet)
    kill(pid)
    bot = bot.go_on(token)
    bot.hear(50)
    wait_gate(fleet, other_than=pid)
    row = wait_client(fleet, lambda c: c["resumes"] == before["resumes"] + 1,
        "the RESUME counts")
    after = counters(fleet)
    t.equal([k for k in after if after[k] < before[k]], [],
        "no counter of a client went back")
    t.ok(after["events"] > before["events"], "events go on")
    t.equal(row["expired"], 3, "nothing is counted twice")
    now = fleet.status()["gate"]
    t.equal([k for k in now["ends"] if now["ends"][k]
        < all_before["ends"][k]], [], "no reason's counter went back")
    t.ok(now["accepted"] > all_before["accepted"], "connections go on")
    return bot


def shown(t, fleet):
    """Text: 80 columns, worst first, the rest is counted."""
    text = fleet.cli("status").stdout
    t.equal([l for l in text.splitlines()[1:] if len(l) > 80], [],
        "status fits 80 columns")
    t.match(text, r"(?m)^gate    ready  pid \d+  clients 1/6 connected  log "
        r"\d+/64 MiB", "the gate has a line")
    rows = re.findall(r"(?m)^(bot|c\d)\s+(\w+)\s+(\d+/\d+)", text)
    t.equal(rows[0], ("bot", "here", "1/1"), "the one that was here is first")
    t.equal(len(rows), 4, "4 have rows")
    t.match(text, r"2 more clients, 0 of them not well", "2 are counted")
    text = fleet.cli("client").stdout
    t.equal(len(re.findall(r"(?m)^(bot|c\d)\s", text)), 6,
        "client list has all")
    t.match(text, r"(?m)no token: \"shardherd client add c1\"",
        "and says which has no token")
    rows = json.loads(fleet.must("client", "--json"))
    t.equal([(r["name"], r["token"]) for r in rows[:2]],
        [("bot", True), ("c1", False)], "for scripts as well")
    t.equal([n for n in CLIENT.split() if n not in rows[0]], [],
        "with every field")


def lines_lead_here(t, fleet, config):
    """The addresses in the lines are the gate's."""
    done = json.loads(fleet.must("client", "add", "c1", "--json"))
    t.equal(sorted(done["lines"]), sorted(["discord.js", "discord.py", "Eris",
        "JDA", "discordgo", "twilight", "serenity"]), "lines for seven")
    rest = config["gate.rest_listen"]
    for library, text in done["lines"].items():
        t.ok(rest in text or rest.replace(":", ", '").split(", ")[0] in text
            and rest.split(":")[1] in text, library + ": where REST goes")
        t.ok("@" not in text.replace("@Override", ""),
            library + ": every place is filled in")
    for library in "discord.py", "JDA", "twilight":
        t.ok(gate_url(config) in done["lines"][library],
            library + ": where the gateway is")
    bot = FleetBot(done["gateway"])
    bot.come(done["token"])
    t.ok(bot.session, "the token and the gateway printed are good")
    bot.send({"op": 1, "d": bot.seq})
    bot.until(11)
    bot.drop()
    asked = urllib.request.Request(done["rest"] + "/api/v10/gateway/bot",
        headers={"Authorization": "Bot " + done["token"]})
    with urllib.request.urlopen(asked, timeout=300) as answer:
        t.equal(json.load(answer)["url"], done["gateway"],
            "so is the REST server, which names the gateway")
    t.match(fleet.cli("client", "add", "c2").stdout,
        r"(?s)\A[\w.-]{50,}\n\nThis is the token.*discord\.js:.*serenity:",
        "the text has the token first, then the lines")
    t.match(fleet.cli("client", "lines", "ERIS").stdout,
        r"\AEris:\n", "the lines of one library, later")
    t.sentence(fleet.cli("client", "lines", "perl"), 64,
        "No lines are known for perl", "what is not known is said")


def main(t):
    sim = t.sim(rate=100, shards=2, guilds=8)
    config = GATE(clients=("bot", "c1", "c2", "c3", "c4", "c5"),
        rest_listen="127.0.0.1:%d" % free_port())
    fleet = t.fleet(sim, config=config)
    fleet.start()
    wait_gate(fleet)
    wait_until(lambda: fleet.cli("client", "token", "bot").returncode == 0,
        "the bot's id is known")
    token = json.loads(fleet.must("client", "token", "bot", "--json"))["token"]

    status = fleet.status()["gate"]
    t.equal([n for n in FIELDS.split() if n not in status], [], "every field")
    t.equal([n for n in CLIENT.split() if n not in status["clients"][0]], [],
        "every field of a client")
    t.equal(client(fleet)["state"], "never", "it was never here")
    t.equal(fleet.cli("check").returncode, 0, "which is no reason to worry")

    bot = FleetBot(gate_url(config))
    bot.come(token)
    bot.until_guilds(8)
    bot.hear(100)
    bot.send({"op": 1, "d": bot.seq})
    bot.until(11)
    row = wait_client(fleet, lambda c: c["state"] == "here"
        and c["events"] >= 100, "it is here, and its events count")
    t.equal((row["sessions"], row["connected"], row["identifies"]), (1, 1, 1),
        "one session, connected, one IDENTIFY")
    t.ok(row["heard_s"] is not None, "when it was heard is known")
    refused(t, fleet, config, token)
    bot = caught_up(t, sim, fleet, config, token, bot)
    bot = goes_on(t, fleet, token, bot)
    shown(t, fleet)
    lines_lead_here(t, fleet, config)
    t.equal(sim.totals()["identifies"], 2, "no IDENTIFY was spent")
    bot.drop()
    fleet.stop()
    t.equal({c["state"] for c in fleet.status()["gate"]["clients"]
        if c["name"] == "bot"}, {"away"}, "nobody is connected any more")


scenario(main)
