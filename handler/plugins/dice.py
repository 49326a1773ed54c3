#!/usr/bin/python3
# Answers the command roll: /roll, or !roll with [handler] prefix = !
import random

import shardherd

bot = shardherd.Plugin()


@bot.command("roll", help="Rolls a die", options=[
    dict(type=4, name="sides", description="How many sides it has", min_value=2)])
def roll(cmd):
    sides = cmd.options.get("sides", 6)
    bot.answer(cmd, "You roll %d of %d." % (random.randint(1, sides), sides))


bot.run()
