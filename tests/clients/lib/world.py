# SPDX-License-Identifier: MIT
"""The simulator's own word on what there is, over its REST API: as a second
bot sees it, so that no limit of the client's is spent on it."""
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
        file = sim.urls["SIM_TOKEN_FILE"]
        with open(file, encoding="utf-8") as f:
            self.client = f.read().strip()
        with open(file + ".2", encoding="utf-8") as f:
            self.judge = f.read().strip()

    def _bytes(self, url, token):
        request = urllib.request.Request(url, headers={
            "Authorization": "Bot " + token,
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

    def _json(self, path, token):
        body = self._bytes(self.api + path, token)
        return None if body is None else json.loads(body)

    def get(self, path):
        """None when there is no such thing."""
        return self._json(path, self.judge)

    def own(self, path):
        """What Discord shows to the client's bot alone."""
        return self._json(path, self.client)

    def fetch(self, url):
        return self._bytes(url, self.judge)

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
        return self.own("/applications/%s/guilds/%s/commands" % (app, guild))
