#!/usr/bin/python3
# Counts "!count" per channel, and forgets it all at midnight (UTC).
import shardherd

bot = shardherd.Plugin(workers=1)

@bot.on("MESSAGE_CREATE")
def count(d, event):
    if d["content"] == "!count":
        number = bot.kv.get(d["channel_id"], 0) + 1
        bot.kv.set(d["channel_id"], number)
        bot.reply(d, "%d times today" % number)

@bot.timer("midnight", daily="00:00")
def midnight(timer):
    for key, _ in list(bot.kv.items()):
        bot.kv.delete(key)

bot.run()
