# SPDX-License-Identifier: MIT
"""discord.py as a reader of tools/bench-peers, of all intents and with nobody who
listens; what it caches of guilds that it does not know is nothing."""
import sys

import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

api, token, _ = sys.argv[1:]
Route.BASE = api
DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(
    api.replace("https", "wss").rpartition("/api")[0])
discord.Client(intents=discord.Intents.all()).run(token, log_handler=None)
