# SPDX-License-Identifier: MIT
"""What people see of branding: Discord's embeds, within Discord's limits.
Text that is too long ends with a word, a list with a whole line."""

BLUE, GREEN, RED = 0x7289da, 0x68c290, 0xcd6d6d
MESSAGE_MAX = 2000      # characters, as all of these
TITLE_MAX = 256
VALUE_MAX = 1024        # of a field
FIELDS_MAX = 25
TOTAL_MAX = 6000        # of all embeds of a message
TEXT_PART = 3000        # of it for one text; Discord takes up to 4096
WRONG_PART = 2800


def cut(text, most):
    if len(text) <= most:
        return text
    head = text[:most - 1]
    if not text[most - 1].isspace() and any(c.isspace() for c in head):
        head = head[:max(i for i, c in enumerate(head) if c.isspace())]
    return head.rstrip() + "\u2026"


def listed(lines, most):
    """As many whole lines as fit, and how many more there are."""
    lines = [cut(line, most // 2) for line in lines if line]
    text = "\n".join(lines)
    left = len(lines)
    while len(text) > most:
        left -= 1
        text = "\n".join(lines[:left] + ["and %d more" % (len(lines) - left)])
    return text


def note(title, lines, colour):
    return dict(title=cut(title, TITLE_MAX), color=colour,
        description=listed(lines, TEXT_PART))


def field(name, lines):
    return dict(name=name, value=listed(lines, VALUE_MAX))


def event(event):
    embed = dict(description=cut(event.description, TEXT_PART), color=BLUE,
        footer=dict(text=event.dates()))
    if event.heading():
        embed["title"] = cut(event.heading(), TITLE_MAX)
    return embed


def calendar(events, now):
    """A field for each event but the fallback."""
    dated = sorted((e for e in events if not e.fallback),
        key=lambda e: (e.start, e.name))
    embed = dict(title="Current event calendar", color=BLUE, fields=[])
    left = TOTAL_MAX - TEXT_PART
    for e in dated[:FIELDS_MAX]:
        name = cut(e.named(), TITLE_MAX)
        value = e.dates() + (" (now)" if e is now else "")
        left -= len(name) + len(value)
        if left < 0:
            break
        embed["fields"].append(dict(name=name, value=value, inline=True))
    more = len(dated) - len(embed["fields"])
    embed["footer"] = dict(text=("And %d more. " % more if more else "")
        + "Otherwise, the fallback is used.")
    return embed


def troubles(lines):
    """Beside another embed, when there are any."""
    return [dict(title="What is wrong", color=RED,
        description=listed(lines, WRONG_PART))] if lines else []
