# SPDX-License-Identifier: MIT
"""As much of JSON Schema as our own schemas use; another word is an error."""

KNOWN = {"$schema", "$id", "$defs", "$ref", "title", "description", "type",
    "properties", "required", "additionalProperties", "items", "enum",
    "minimum", "const"}
TYPES = {"object": dict, "array": list, "string": str, "boolean": bool,
    "null": type(None)}


def is_type(value, name):
    if name == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if name == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, TYPES[name])


def check(value, schema, root=None, at="$", closed=False):
    """The first thing that is wrong, or None; closed: a field that the schema
    does not name is wrong, too."""
    root = root or schema
    if unknown := set(schema) - KNOWN:
        return "%s: the schema has %s, which is not checked" % (at, unknown)
    if "$ref" in schema:
        name = schema["$ref"].removeprefix("#/$defs/")
        return check(value, root["$defs"][name], root, at, closed)
    types = schema.get("type", [])
    types = [types] if isinstance(types, str) else types
    if types and not any(is_type(value, name) for name in types):
        return "%s: %r is no %s" % (at, value, " or ".join(types))
    if "enum" in schema and value not in schema["enum"]:
        return "%s: %r is none of %s" % (at, value, schema["enum"])
    if "const" in schema and value != schema["const"]:
        return "%s: %r is not %r" % (at, value, schema["const"])
    if "minimum" in schema and is_type(value, "number") and \
            value < schema["minimum"]:
        return "%s: %r is below %r" % (at, value, schema["minimum"])
    if isinstance(value, dict):
        return check_object(value, schema, root, at, closed)
    if isinstance(value, list) and "items" in schema:
        for i, one in enumerate(value):
            if why := check(one, schema["items"], root, "%s[%d]" % (at, i),
                    closed):
                return why
    return None


def check_object(value, schema, root, at, closed):
    properties = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in value:
            return "%s: lacks %s" % (at, name)
    for name, one in value.items():
        other = schema.get("additionalProperties", not (closed and properties))
        if name in properties:
            why = check(one, properties[name], root, at + "." + name,
                closed)
        elif other is False:
            why = "%s: has %s, which the schema lacks" % (at, name)
        elif isinstance(other, dict):
            why = check(one, other, root, at + "." + name, closed)
        else:
            continue
        if why:
            return why
    return None
