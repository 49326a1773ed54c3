#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The compose example, as far as it can be tried without containers: what its
head says to do is done, each word of `docker compose` by the program alone, until
a client comes with the token that the last prints; and the file has only what
the Compose Specification knows, in the form it has there."""
import os
import re
import subprocess
import sys

sys.path.append(sys.path[0] + "/../lib")
from gates import FleetBot, free_port, wait_gate
from herd import CAGED, ROOM, ROOT, SHARDHERD, Fleet, scenario, skip

DOCKER = """#!/bin/sh -e
case "$2 $3" in
"run --rm") shift 4
	exec shardherd "$@" --api "$SIM_API" ${SIM_CA:+--ca-file $SIM_CA} \\
	    --token-file "$SIM_TOKEN_FILE" --set gateway.identify_interval=200ms \\
	    --set bot.intents="GUILDS, GUILD_MESSAGES, MESSAGE_CONTENT" ;;
"up -d") shardherd run >run.log 2>&1 </dev/null &
	until shardherd check >/dev/null; do sleep .1; done ;;
"exec shardherd") shift 4; exec shardherd "$@" ;;
*)	echo "what is docker $*?" >&2
	exit 1 ;;
esac
"""
# The Compose Specification, of a service: what it says of those that are used.
SERVICE = {"image": str, "build": str, "volumes": list, "restart": str,
    "stop_grace_period": str, "read_only": bool, "cap_drop": list,
    "security_opt": list, "ulimits": dict, "environment": dict,
    "secrets": list}
RESTART = "no", "always", "on-failure", "unless-stopped"


def read():
    with open(os.path.join(ROOT, "conf", "compose.yaml"), encoding="utf-8") as f:
        return f.read()


def form(t):
    try:
        import yaml
    except ImportError:
        t.note("python3-yaml is not here: the form of the file is not looked at")
        return
    said = yaml.safe_load(read())
    t.equal(set(said), {"services", "secrets"}, "services and their secrets")
    for name, s in said["services"].items():
        t.equal([k for k, v in s.items() if not isinstance(v, SERVICE.get(k, ()))],
            [], "%s: keys and their types" % name)
        t.ok("image" in s or "build" in s, "%s: comes from somewhere" % name)
        t.ok(s["restart"] in RESTART, "%s: restart" % name)
        t.equal([n for n in s.get("secrets", []) if n not in said["secrets"]],
            [], "%s: its secrets are there" % name)
    herd = said["services"]["shardherd"]
    t.match(herd["stop_grace_period"], r"^\d+s$", "a time to stop in")
    t.ok(all(type(n) is int for n in herd["ulimits"].values()), "limits")
    with open(os.path.join(ROOT, "Containerfile"), encoding="utf-8") as f:
        image = f.read()
    t.equal([v.split(":")[1] for v in herd["volumes"]],
        re.findall(r"(?m)^VOLUME (\S+)$", image), "the image's volume")
    t.ok("/".join(["", "data", "shardherd.conf"]) in image,
        "the image reads the config init writes")


def first_steps(t):
    sim = t.sim(shards=1, guilds=2)
    data = t.dir + "/compose/data"
    os.mkdir(t.dir + "/compose")
    path = t.dir + "/compose/docker"
    with open(path, "w", encoding="utf-8") as f:
        f.write(DOCKER)
    os.chmod(path, 0o755)
    script = "\n".join(re.findall(r"(?m)^#\t(.*)$", read()))
    ports = free_port(), free_port()
    for number, port in zip(("7780", "7781"), ports):
        t.ok(number in script, "it names port " + number)
        script = script.replace(number, str(port))
    # Whoever runs this may be nobody who may give a folder away.
    script = re.sub(r" && chown \d+:\d+ data", "", script)
    script = script.replace("0.0.0.0", "127.0.0.1").replace("/data ",
        data + " ")
    done = subprocess.run(["bash", "-e"], input=script, text=True,
        cwd=t.dir + "/compose", capture_output=True, timeout=ROOM * 100,
        env={**os.environ, **sim.urls, "SHARDHERD_CONF": data
        + "/shardherd.conf", "PATH": "%s:%s:%s" % (t.dir + "/compose",
        os.path.dirname(SHARDHERD), os.environ["PATH"])})
    t.note(done.stderr.strip())
    t.equal(done.returncode, 0, "its commands run to their end")
    token = re.search(r"(?m)([\w-]{20,}\.[\w-]+\.[\w-]{40,})", done.stdout)
    t.ok(token is not None, "the last prints the bot's token")
    fleet = Fleet(data, sim)
    fleet.config = data + "/shardherd.conf"
    try:
        wait_gate(fleet)
        bot = FleetBot("ws://127.0.0.1:%d" % ports[0])
        bot.come(token.group(1))
        bot.until_guilds(2)
        t.equal(len(bot.guilds), 2, "which opens the gate")
        bot.drop()
    finally:
        fleet.cli("stop")


def main(t):
    form(t)
    first_steps(t)


if CAGED:
    skip("the words of a shell are tried where there is one")
scenario(main)
