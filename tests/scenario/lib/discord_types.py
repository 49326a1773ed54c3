# SPDX-License-Identifier: MIT
"""Is an object as Discord sends it?  Says what is missing, null or of another
kind than the list in tests/data/discord_types.json has it, which
tests/data/types/freeze took from the package discord-api-types, and what the
protocol reference (sections 6.4 and 6.6) knows beyond it."""
import json
import os

DATA = os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "..",
    "data", "discord_types.json")
with open(DATA, encoding="utf-8") as _file:
    LIST = json.load(_file)
OBJECTS = LIST["objects"]
TOO_MANY = 20		# sentences about one object; more say nothing new

# What there is beyond the list, or must not be: an event or a type; where in
# it, "*" being each of a list or map; is it there?; and when it is asked: what
# else must, or with "!" must not, be there.
PLACES = (
    ("MESSAGE_CREATE", "channel_type", True, ()),
    ("MESSAGE_UPDATE", "channel_type", True, ()),
    ("MESSAGE_CREATE", "member", True, ("guild_id", "!webhook_id")),
    ("MESSAGE_UPDATE", "member", True, ("guild_id", "!webhook_id")),
    ("MESSAGE_CREATE", "member.user", False, ()),
    ("MESSAGE_UPDATE", "member.user", False, ()),
    ("MESSAGE_CREATE", "mentions.*.member.user", False, ()),
    ("MESSAGE_CREATE", "member", False, ("webhook_id",)),
    ("INTERACTION_CREATE", "context", True, ()),
    ("INTERACTION_CREATE", "guild.features", True, ("guild_id",)),
    ("INTERACTION_CREATE", "guild.locale", True, ("guild_id",)),
    ("INTERACTION_CREATE", "guild_locale", True, ("guild_id",)),
    ("INTERACTION_CREATE", "channel.permissions", True, ("guild_id",)),
    ("INTERACTION_CREATE", "user", False, ("guild_id",)),
    ("INTERACTION_CREATE", "member", False, ("!guild_id",)),
    ("MESSAGE_REACTION_ADD", "member.user", True, ("guild_id",)),
    ("TYPING_START", "member.user", True, ("guild_id",)),
    ("VOICE_STATE_UPDATE", "member.user", True, ("guild_id",)),
    ("GUILD_CREATE", "voice_states.*.guild_id", False, ()),
    ("PRESENCE_UPDATE", "guild_id", True, ()),
    ("GUILD_CREATE", "members.*.user.primary_guild", True, ()),
    # Declared as maybe absent, but always sent, and read unasked.
    ("GUILD_CREATE", "stickers", True, ()),
    ("GUILD_CREATE", "unavailable", True, ()),
    ("GUILD_CREATE", "max_members", True, ()),
    ("GUILD_CREATE", "channels.*.permission_overwrites", True, ()),
    ("GUILD_CREATE", "threads.*.owner_id", True, ()),
    ("GUILD_CREATE", "threads.*.thread_metadata", True, ()),
    ("CHANNEL_CREATE", "permission_overwrites", True, ()),
    ("CHANNEL_UPDATE", "permission_overwrites", True, ()),
    ("APIMessage", "components", True, ()),
    ("APIMessage", "flags", True, ()),
    ("MESSAGE_CREATE", "components", True, ()),
    ("MESSAGE_CREATE", "flags", True, ()),
    ("READY", "shard", True, ()),
    ("APIGuildMember", "avatar", True, ()),
    ("APIGuildMember", "communication_disabled_until", True, ()),
    ("APIGuildMember", "nick", True, ()),
    ("APIGuildMember", "pending", True, ()),
    ("APIGuildMember", "premium_since", True, ()),
    ("APIRole", "icon", True, ()),
    ("APIRole", "unicode_emoji", True, ()),
    ("APIDMChannel", "recipients.*.id", True, ()),
)

# Where Discord itself is known to send less than the list asks, or null.
LOOSE = {
    ("APIDMChannel", "name"),
    ("GatewayPresenceUpdate", "guild_id"),	# in those of GUILD_CREATE
    ("APIStageInstance", "guild_scheduled_event_id"),
    ("APIAuditLogEntry", "options"),
    ("GatewayGuildAuditLogEntryCreateDispatchData", "options"),
    ("GatewayMessageCreateDispatchData", "nonce"),
    ("GatewayMessageCreateDispatchData", "application_id"),
}


def _kind_of(value):
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    return json.dumps(value)[:40]


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_snowflake(value):
    return isinstance(value, str) and value.isascii() and value.isdigit() \
        and int(value) < 1 << 64


PLAIN = {
    "any": lambda value: True,
    "null": lambda value: value is None,
    "string": lambda value: isinstance(value, str),
    "number": _is_number,
    "boolean": lambda value: isinstance(value, bool),
    "snowflake": _is_snowflake,
    "bits": _is_snowflake,
}


def _same(value, known):
    return isinstance(value, bool) == isinstance(known, bool) \
        and value == known


def _fits(value, kind):
    """Could the value be meant as this kind?  What is inside comes later."""
    if isinstance(kind, str):
        return PLAIN[kind](value)
    if "is" in kind:
        return any(_same(value, known) for known in kind["is"])
    if "array" in kind:
        return isinstance(value, list)
    if "one_of" in kind:
        return any(_fits(value, each) for each in kind["one_of"])
    if not isinstance(value, dict):
        return False
    return "map" in kind or _told(kind["object"], value)


def _told(name, value):
    """An object is told from others by what has one value only: its type say,
    or that of its data."""
    for key, kind in OBJECTS[name]["required"].items():
        inside = value.get(key)
        if not isinstance(kind, dict):
            continue
        if "is" in kind and not _fits(inside, kind):
            return False
        if "object" in kind and isinstance(inside, dict) \
                and not _told(kind["object"], inside):
            return False
    return True


def _words(kind):
    if isinstance(kind, str):
        return kind
    for key, text in (("array", "a list"), ("map", "a map")):
        if key in kind:
            return text
    if "is" in kind:
        return " or ".join(json.dumps(v) for v in kind["is"])
    if "object" in kind:
        return "an object " + kind["object"]
    return " or ".join(_words(each) for each in kind["one_of"][:6])


def _inside(at, name):
    return "%s.%s" % (at, name) if at else name


def _object(name, value, at):
    of = OBJECTS[name]
    found = []
    for key, kind in of["required"].items():
        if key in value:
            found += _property(name, key, kind, value, at)
        elif (name, key) not in LOOSE:
            found.append("%s is missing, which every %s has: %s" % (
                _inside(at, key), name, _words(kind)))
    for key, kind in of["optional"].items():
        if key in value:
            found += _property(name, key, kind, value, at)
    return found + _places(name, value, at)


def _property(name, key, kind, value, at):
    if value[key] is None and (name, key) in LOOSE:
        return []
    return _check(kind, value[key], _inside(at, key))


def _one_of(kinds, value, at):
    """Several may fit, or of objects none: the one with the least wrong was
    meant."""
    meant = [each for each in kinds if _fits(value, each)] or [each
        for each in kinds if "object" in each and isinstance(value, dict)]
    if not meant:
        return ["%s is %s and not %s" % (at or "it", _kind_of(value),
            _words({"one_of": kinds}))]
    return min((_check(each, value, at) for each in meant), key=len)


def _check(kind, value, at):
    if isinstance(value, dict) and "object" in kind:
        return _object(kind["object"], value, at)
    if isinstance(value, dict) and "one_of" in kind:
        return _one_of(kind["one_of"], value, at)
    if not _fits(value, kind):
        return ["%s is %s and not %s" % (at or "it", _kind_of(value),
            _words(kind))]
    if isinstance(kind, str) or "is" in kind:
        return []
    if "one_of" in kind:
        return _one_of(kind["one_of"], value, at)
    found = []
    for key, each in enumerate(value) if "array" in kind else value.items():
        found += _check(kind.get("array", kind.get("map")), each,
            "%s[%s]" % (at, key))
        if len(found) > TOO_MANY:
            break
    return found


def _all_at(value, path):
    """Each value at a path that ends in a name, by who should have it."""
    if not path[1:]:
        return [value] if isinstance(value, dict) else []
    if path[0] == "*":
        inside = value if isinstance(value, list) else value.values() \
            if isinstance(value, dict) else []
    else:
        inside = [value[path[0]]] if isinstance(value, dict) \
            and path[0] in value else []
    return [each for one in inside for each in _all_at(one, path[1:])]


def _asked(value, when):
    return all((name.lstrip("!") in value) != name.startswith("!")
        for name in when)


def _places(name, value, at):
    found = []
    for of, place, there, when in PLACES:
        if of != name or not _asked(value, when):
            continue
        path = place.split(".")
        holders = _all_at(value, path)
        if there and not holders:
            found.append("%s is missing, so its %s too" % (
                _inside(at, ".".join(path[:-1])), path[-1]))
        for holder in holders:
            if (path[-1] in holder) != there:
                found.append("%s is %s" % (_inside(at, place), "missing"
                    if there else "there, which no %s has" % name))
    return found


def known(name):
    """The kind of an event, a REST result, a type or an object; "[]" before a
    name: a list of those; None: there is none of that name."""
    if name.startswith("[]"):
        inside = known(name[2:])
        return inside and {"array": inside}
    for part in ("events", "results", "types"):
        if name in LIST[part]:
            return LIST[part][name]
    return {"object": name} if name in OBJECTS else None


def problems(name, value):
    """Sentences about what is wrong with a value; none: it is complete."""
    kind = known(name)
    if kind is None:
        return ["there is no %s in the list" % name]
    if name == "INTERACTION_CREATE" and isinstance(value, dict):
        kind = known("APIGuildInteraction" if "guild_id" in value
            else "APIDMInteraction")
    if name == "GUILD_CREATE" and isinstance(value, dict) \
            and value.get("unavailable") is True:
        return problems("APIUnavailableGuild", value)
    found = _check(kind, value, "")
    if name in LIST["events"] and isinstance(value, dict):
        found += _places(name, value, "")
    return found[:TOO_MANY]
