#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The judge of the simulator's objects finds what is missing, null or of
another kind, and nothing in an object that is complete."""
import copy
import glob
import json
import os
import sys

sys.path.append(sys.path[0] + "/../lib")
from discord_types import LIST, problems
from herd import DATA, scenario

# Samples of what Discord does not send, or no longer.
ODD = ("SOME_FUTURE_EVENT", "MESSAGE_UPDATE.legacy")


def sample(name):
    with open(os.path.join(DATA, "events", name + ".json"),
            encoding="utf-8") as f:
        return json.load(f)


def changed(name, path, value=None, gone=False):
    """What is said when one place of a sample is otherwise."""
    document = sample(name)
    d = at = copy.deepcopy(document["d"])
    for key in path[:-1]:
        at = at[key]
    if gone:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return problems(document["t"], d)


def finds(t):
    cases = (
        ("missing", "READY", ("user", "id"), None, True,
            "user.id is missing, .*snowflake"),
        ("null", "READY", ("session_id",), None, False,
            "session_id is null and not string"),
        ("a number for a snowflake", "MESSAGE_CREATE", ("id",), 5, False,
            "^id is 5 and not snowflake"),
        ("true for a number", "MESSAGE_CREATE", ("type",), True, False,
            "type is true and not number"),
        ("an object for a list", "GUILD_CREATE", ("roles",), {}, False,
            "roles is an object and not a list"),
        ("in a list", "GUILD_CREATE", ("roles", 0, "permissions"), 8, False,
            r"roles\[0\].permissions is 8 and not bits"),
        ("a channel of no type", "CHANNEL_UPDATE", ("type",), 77, False,
            "^type is 77 and not [0-9]"),
        ("of the right type of channel", "CHANNEL_UPDATE", ("position",),
            "1", False, 'position is "1" and not number'),
        ("a map's", "INTERACTION_CREATE.user_command", ("data", "resolved"),
            {"users": {"1": {}}}, False,
            r"data.resolved.users\[1\].username is missing"),
        ("owners", "INTERACTION_CREATE", ("authorizing_integration_owners",),
            None, True, "authorizing_integration_owners is missing"),
        ("guild", "INTERACTION_CREATE", ("guild",), None, True,
            "guild is missing, so its features too"),
        ("features", "INTERACTION_CREATE", ("guild", "features"), None, True,
            "guild.features is missing"),
        ("a member's user", "MESSAGE_CREATE", ("member", "user"),
            {"id": "1"}, False, "member.user is there, which no"),
    )
    for what, name, path, value, gone, pattern in cases:
        t.match("\n".join(changed(name, path, value, gone)), pattern,
            "found: " + what)
    t.match(problems("NO_SUCH", {})[0], "there is no NO_SUCH",
        "a type that the list lacks is told")
    t.match("\n".join(problems("[]APIUser", [{}])), r"^\[0\].avatar is missing",
        "a list of what is named")


def main(t):
    t.match(LIST["from"], r"^discord-api-types [0-9.]+, API v10$",
        "the list says where it is from: " + LIST["from"])
    finds(t)
    wrong, judged = [], 0
    for path in sorted(glob.glob(os.path.join(DATA, "events", "*.json"))):
        name = os.path.basename(path)
        if name.startswith(ODD):
            continue
        document = sample(name[:-5])
        judged += 1
        wrong += ["%s: %s" % (name, p) for p in
            problems(document["t"], document["d"])]
    t.equal(wrong, [], "nothing is found in %d complete samples" % judged)


scenario(main)
