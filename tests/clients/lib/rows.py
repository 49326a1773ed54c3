# SPDX-License-Identifier: MIT
"""The clients: how each is installed and started, and what it can't do."""
import collections

# kind: see install.py; modes: the first gets every step, the other the short
# table; cannot: {step: why}; odd: its own ways, in the simulator's words;
# refused: 429s at most, of many messages at once; example: whether the
# libraries for tests have a bot of it (example.py); disorder: when the bot's
# code does not see in order what comes in order, and why; pair: two of the
# others, at once on one gate.
Row = collections.namedtuple("Row",
    "name kind modes cannot odd refused example disorder pair",
    defaults=(("plain", "tls"), {}, (), 0, False, {}, ()))

# After op 9 false; Discord takes it.
RESUME_HOST = "on the resume host"
# When a window ends, its sleepers each begin it anew: a second five may go.
TWICE_WOKEN = 5
START, ALWAYS = "messages in order while it starts", "messages in order"
LATE_QUEUE = {START: "what came before it was ready is handled between what "
    "comes then"}
NO_CACHE = {"caches equal to the world": "keeps none"}

ROWS = [
    Row("discord.js", "npm", example=True, disorder=LATE_QUEUE),
    Row("discordjs-ws", "npm", ("tls", "plain"), NO_CACHE),
    Row("eris", "npm", ("tls",),
        {"op 9 true": "identifies anew in the same breath"},
        (RESUME_HOST, "activities is null")),
    Row("discord.py", "pip", odd=(RESUME_HOST,), refused=TWICE_WOKEN,
        example=True),
    Row("discord.py-debian", "debian", odd=(RESUME_HOST,),
        refused=TWICE_WOKEN),
    Row("discordeno", "npm", ("plain", "tls"), dict(NO_CACHE, **{
        "12 messages at once": "leaves limits to Discord's own host, or to "
        "a proxy"}), (RESUME_HOST, "before HELLO")),
    Row("discordgo", "go", ("plain", "tls"),
        {"op 9 true": "identifies anew in the same breath"},
        ("activities is absent", "status is empty", "guild_id is a list")),
    # After op 9 false its first heartbeat still has the old session's number.
    Row("jda", "maven", odd=("before HELLO",
        "heartbeat with seq N, which was never sent")),
    # Its gateway trusts the web's authorities alone.
    Row("serenity", "cargo", ("plain",), {
        "12 messages at once": "leaves limits to a proxy"},
        ("since is an object",),
        disorder={ALWAYS: "hands each event to a task of its own"}),
    # Built without TLS.  Who asked while a window ended goes as well.
    Row("twilight", "cargo", ("plain",), refused=TWICE_WOKEN),
    Row("two-bots", None, odd=(RESUME_HOST,),
        disorder=LATE_QUEUE, pair=("discord.js", "discord.py")),
]
BY_NAME = {row.name: row for row in ROWS}
