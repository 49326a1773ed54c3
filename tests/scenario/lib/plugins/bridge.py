#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A plugin for the scenarios: makes the calls it finds, a JSON line each, in
the fifo IN and writes what came of them to the fifo OUT; what the handler
asks of it is written to the file SEEN.  A method of HELPERS is the helper's
own."""
import json
import os
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)),
    "..", "..", "..", "..", "handler", "plugins"))
import shardherd

IN, OUT, SEEN = sys.argv[1:4]
bot = shardherd.Plugin(workers=1)


HELPERS = {
    "helper.config": lambda: bot.config,
    "helper.members": lambda **params: [m["user"]["id"] for m in
        bot.members(**params)],
    "helper.log": lambda **params: bot.log(**params),
}


def serve():
    with open(os.open(IN, os.O_RDWR), encoding="utf-8") as calls:
        for line in calls:
            method, params = json.loads(line)
            try:
                answer = {"result": HELPERS[method](**params) if method in
                    HELPERS else bot.call(method, **params)}
            except shardherd.Error as e:
                answer = {"code": e.code, "message": str(e), "data": e.data}
            with open(OUT, "w", encoding="utf-8") as out:
                out.write(json.dumps(answer) + "\n")


@bot.on("*")
def event(d, event):
    if event["event"]["t"] in ("GUILD_CREATE", "INTERACTION_CREATE",
            "MESSAGE_CREATE", "CHANNEL_CREATE", "CHANNEL_UPDATE"):
        seen(event["event"])


@bot.timer("wake")
def wake(timer):
    seen(timer)


def seen(what):
    with open(SEEN, "a", encoding="utf-8") as f:
        f.write(json.dumps(what) + "\n")


@bot.start_up
def begin():
    threading.Thread(target=serve, daemon=True).start()


bot.run()
