#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A plugin for the scenarios: once it has seen COUNT channels it makes CALLS
REST calls as fast as it may, posts ("say") or reads ("get") in turn over these
channels, and writes what became of them to a file.  It says in OUT.ready that
it could, and does once the file GO is there: of two none is alone at first."""
import json
import os
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)),
    "..", "..", "..", "..", "handler", "plugins"))
import shardherd

KIND, OUT = sys.argv[1], sys.argv[2]
COUNT, CALLS, GO = int(sys.argv[3]), int(sys.argv[4]), sys.argv[5]
bot = shardherd.Plugin(workers=2)
channels, lock = [], threading.Lock()


def flood():
    with open(OUT + ".ready", "w", encoding="utf-8"):
        pass
    while not os.path.exists(GO):
        time.sleep(0.05)
    begin, futures, codes = time.monotonic(), [], {}
    for i in range(CALLS):
        channel = channels[i % COUNT]
        if KIND == "say":
            futures.append(bot.start("say", channel_id=channel,
                content="call %d" % i, nonce="n%d" % i))
        else:
            futures.append(bot.start("rest", method="GET",
                path="/channels/" + channel))
    for future in futures:
        error = future.exception()
        code = str(getattr(error, "code", 0) if error else 0)
        codes[code] = codes.get(code, 0) + 1
    with open(OUT + ".new", "w", encoding="utf-8") as f:
        json.dump({"seconds": time.monotonic() - begin, "codes": codes}, f)
    os.rename(OUT + ".new", OUT)


@bot.on("GUILD_CREATE")
def guild(d, event):
    with lock:
        before = len(channels)
        channels.extend(c["id"] for c in d["channels"] if c["type"] == 0)
        if before < COUNT <= len(channels):
            threading.Thread(target=flood, daemon=True).start()


bot.run()
