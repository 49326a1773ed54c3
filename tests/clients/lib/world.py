# SPDX-License-Identifier: MIT
"""The simulator's own word on what there is, over its REST API."""
import json
import ssl
import time
import urllib.error
import urllib.request

from herd import Failed


class World:
    def __init__(self, sim):
        self.api = sim.urls["SIM_API"]
        self.ssl = ssl.create_default_context(cafile=sim.urls["SIM_CA"]) \
            if sim.urls.get("SIM_CA") else None
        with open(sim.urls["SIM_TOKEN_FILE"], encoding="utf-8") as f:
            self.token = f.read().strip()

    def _bytes(self, url):
        request = urllib.request.Request(url, headers={
            "Authorization": "Bot " + self.token,
            "User-Agent": "DiscordBot (the judge, 1)"})
        for _ in range(20):
            try:
                with urllib.request.urlopen(request, timeout=60,
                        context=self.ssl) as answer:
                    return answer.read()
            except urllib.error.HTTPError as e:
                if e.code == 404:
                    return None
                if e.code != 429:
                    raise Failed("GET %s: %d %s" % (url, e.code,
                        e.read()[:300])) from None
                time.sleep(float(e.headers.get("Retry-After") or 1))
            except OSError as e:
                raise Failed("GET %s: %s" % (url, e)) from None
        raise Failed("GET %s: 429 for ever" % url)

    def get(self, path):
        """None when there is no such thing."""
        body = self._bytes(self.api + path)
        return None if body is None else json.loads(body)

    def fetch(self, url):
        return self._bytes(url)

    def message(self, channel, message):
        return self.get("/channels/%s/messages/%s" % (channel, message))

    def last(self, channel):
        return self.get("/channels/%s/messages?limit=1" % channel)[0]

    def member(self, guild, user):
        return self.get("/guilds/%s/members/%s" % (guild, user))

    def members(self, guild):
        return {m["user"]["id"]: m for m in self.get(
            "/guilds/%s/members?limit=1000" % guild)}

    def commands(self, app, guild):
        return self.get("/applications/%s/guilds/%s/commands" % (app, guild))
