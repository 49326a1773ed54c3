# SPDX-License-Identifier: MIT
"""A bot of discord.py that answers, rolls dice and counts presses."""
import os
import random

import discord
import yarl
from discord import app_commands
from discord.gateway import DiscordWebSocket
from discord.http import Route

if "SIM_API" in os.environ:
    Route.BASE = os.environ["SIM_API"]
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(os.environ["SIM_GATEWAY"])


class Again(discord.ui.View):
    @discord.ui.button(label="Again", custom_id="again")
    async def again(self, interaction, button):
        await interaction.response.edit_message(content="You rolled %d again"
            % random.randint(1, 6))


class Bot(discord.Client):
    def __init__(self):
        intents = discord.Intents.default()
        intents.message_content = True
        super().__init__(intents=intents)
        self.tree = app_commands.CommandTree(self)

    async def setup_hook(self):
        await self.tree.sync()

    async def on_message(self, message):
        if message.content == "!ping":
            await message.reply("pong")


bot = Bot()


@bot.tree.command(description="Rolls a die")
async def roll(interaction: discord.Interaction,
        sides: app_commands.Range[int, 2, 100] = 6):
    await interaction.response.send_message("You rolled %d"
        % random.randint(1, sides), view=Again())


bot.run(os.environ["DISCORD_TOKEN"])
