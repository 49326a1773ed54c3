#!/usr/bin/python3
# Answers the slash command /roll.
import random

import shardherd

bot = shardherd.Plugin()


@bot.command("roll", help="Rolls a die", options=[
    dict(type=4, name="sides", description="How many sides it has", min_value=2)])
def roll(d, event):
    options = {o["name"]: o["value"] for o in d["data"].get("options", [])}
    sides = int(options.get("sides", 6))
    bot.respond(d, "You roll %d of %d." % (random.randint(1, sides), sides))


bot.run()
