#!/usr/bin/env python3
# @NAME@: a plugin of shardherd.
#
#   shardherd plugin test .     tries it in the simulator
#   man 7 shardherd-plugin      has every method and event
#
# What print() writes goes into the log, as standard error does.
import shardherd

# One event after the other, so that the count below is right.  Without
# workers=1 they are worked on in 8 threads.
bot = shardherd.Plugin(workers=1)


# The command /@NAME@, and with "prefix = !" in [handler] !@NAME@ as well.
# It must answer within 3 seconds.
@bot.command("@NAME@", help="Says hello, and counts how often it did")
def hello(cmd):
    count = bot.kv.get("count", 0) + 1  # stored on disk, survives restarts
    bot.kv.set("count", count)
    bot.answer(cmd, "Hello! That makes %d." % count)


# An event.  Reading messages takes the intents GUILD_MESSAGES and
# MESSAGE_CONTENT, and MESSAGE_CREATE in this plugin's events.
@bot.on("MESSAGE_CREATE")
def message(d, event):
    if d.get("content") == "good bot":
        bot.reply(d, "Thank you!")


bot.run()
