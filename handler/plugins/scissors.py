#!/usr/bin/python3
# ✂ on a message of the bot deletes it: for rank 100 (config.rank of its section),
# and for whom the message answers.  See man 7 shardherd-plugin, BUNDLED PLUGINS.
import shardherd

bot = shardherd.Plugin()
bot.configure(lambda: bot.rank("rank", 100))  # what is no rank is refused now

def answers(m):
    """The user whose interaction or message it answers."""
    return ((m.get("interaction_metadata") or {}).get("user")
        or (m.get("referenced_message") or {}).get("author") or {}).get("id")

@bot.command("scissors", "Deletes what answers you", roads=["reaction"], emoji="\u2702")
def cut(cmd):
    user, path = cmd.user["id"], "/channels/%s/messages/%s" % (cmd.channel_id, cmd.message_id)
    try:
        if cmd.rank >= bot.rank("rank", 100) or answers(bot.rest("GET", path)) == user:
            return bot.rest("DELETE", path)
        bot.log("notice", "denied to cut %s to %s" % (path, user))
    except shardherd.Error as e:
        if (e.data or {}).get("status") != 404:  # it is gone already
            bot.log("warn", "cannot cut %s for %s: %s" % (path, user, e))
bot.run()
