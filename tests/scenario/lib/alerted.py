# SPDX-License-Identifier: MIT
"""What a hook of [alerts] exec that appends to a file was told."""
import json


def alerted(path, kind=None):
    """The documents that are there as a whole, in order; of that kind only: a
    busy machine is told of, too."""
    try:
        with open(path, encoding="utf-8") as f:
            text = f.read().lstrip()
    except OSError:
        return []
    every = []
    while text:
        try:
            document, end = json.JSONDecoder().raw_decode(text)
        except ValueError:
            break
        text = text[end:].lstrip()
        every.append(document)
    return [d for d in every if kind is None or d["kind"] == kind]
