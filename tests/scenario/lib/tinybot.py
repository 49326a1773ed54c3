# SPDX-License-Identifier: MIT
"""A bot without a library, for scenarios about people: it answers "!ping",
offers commands, buttons, a selection and a form, and tells in its answers what
it was sent.  Started as a program, it serves until it is ended; its Discord is
in the environment: SIM_API, SIM_GATEWAY, SIM_TOKEN."""
import json
import os
import sys
import time
import urllib.error
import urllib.request

sys.path.append(os.path.dirname(os.path.abspath(__file__)))
from ws import Client

INTENTS = 53608447
ROW, BUTTON, SELECT, TEXT, USERS, CHANNELS, LABEL = 1, 2, 3, 4, 5, 8, 18
COMMANDS = [
    {"name": "greet", "description": "Greets", "options": [
        {"name": "who", "type": 6, "description": "Whom", "required": True},
        {"name": "times", "type": 4, "description": "How often",
            "min_value": 1, "max_value": 3},
        {"name": "lang", "type": 3, "description": "In what language",
            "choices": [{"name": "German", "value": "de"},
                {"name": "Dutch", "value": "nl"}]}]},
    {"name": "form", "description": "Opens a form"},
    {"name": "later", "description": "Takes its time"},
    {"name": "silent", "description": "Never answers"},
    {"name": "secret", "description": "For who manages the guild",
        "default_member_permissions": "32"},
    {"name": "inguild", "description": "Not in direct messages",
        "contexts": [0]},
    {"name": "mine", "description": "For who installed it",
        "integration_types": [1]},
    {"name": "find", "description": "Finds", "options": [
        {"name": "text", "type": 3, "description": "What",
            "autocomplete": True}]},
    {"name": "upload", "description": "Takes a file", "options": [
        {"name": "file", "type": 11, "description": "It",
            "required": True}]},
    {"name": "set", "description": "Sets", "options": [
        {"name": "color", "type": 1, "description": "The color", "options": [
            {"name": "to", "type": 3, "description": "Which",
                "required": True}]}]},
    {"name": "Info", "type": 2},
    {"name": "Quote", "type": 3},
]
BOARD = [
    {"type": ROW, "components": [
        {"type": BUTTON, "style": 1, "label": "Yes", "custom_id": "y"},
        {"type": BUTTON, "style": 2, "label": "No", "custom_id": "n",
            "disabled": True},
        {"type": BUTTON, "style": 5, "label": "Web",
            "url": "https://example.org"}]},
    {"type": ROW, "components": [
        {"type": SELECT, "custom_id": "pick", "max_values": 2, "options": [
            {"label": "Red", "value": "r"}, {"label": "Blue", "value": "b"},
            {"label": "Green", "value": "g"}]}]},
    {"type": ROW, "components": [{"type": USERS, "custom_id": "who"}]},
]
FORM = {"custom_id": "form-1", "title": "Form", "components": [
    {"type": ROW, "components": [{"type": TEXT, "custom_id": "name",
        "label": "Your name", "style": 1, "max_length": 5}]},
    {"type": LABEL, "label": "Pet", "component": {"type": SELECT,
        "custom_id": "pet", "options": [{"label": "Cat", "value": "c"},
            {"label": "Dog", "value": "d"}]}},
    {"type": LABEL, "label": "Place", "component": {"type": CHANNELS,
        "custom_id": "place", "channel_types": [0], "required": False}}]}


class Bot:
    def __init__(self):
        self.api, self.token = os.environ["SIM_API"], os.environ["SIM_TOKEN"]
        self.client = Client(os.environ["SIM_GATEWAY"])
        self.client.socket.settimeout(None)
        self.client.until(10)
        self.client.identify(self.token, (0, 1), intents=INTENTS)
        ready = self.client.until(0, "READY")["d"]
        self.application = ready["application"]["id"]
        self.call("PUT", "/applications/%s/commands" % self.application,
            COMMANDS)

    def call(self, method, path, body, bot=True):
        headers = {"User-Agent": "DiscordBot (https://example.org, 1)",
            "Content-Type": "application/json"}
        if bot:
            headers["Authorization"] = "Bot " + self.token
        request = urllib.request.Request(self.api + path, method=method,
            headers=headers, data=json.dumps(body).encode())
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as e:
            print(method, path, e.code, e.read().decode(), flush=True)
            return None

    def answer(self, d, kind, data=None):
        self.call("POST", "/interactions/%s/%s/callback" % (d["id"],
            d["token"]), {"type": kind, "data": data or {}}, bot=False)

    def original(self, d, body):
        self.call("PATCH", "/webhooks/%s/%s/messages/@original" % (
            self.application, d["token"]), body, bot=False)

    def tell(self, t, d):
        """What it was sent, for the scenario to read in its output."""
        print("%s %s" % (t, json.dumps(d)), flush=True)

    def message(self, d):
        if d["author"].get("bot"):
            return
        text = {"!ping": "pong", "!board": "board"}.get(d["content"])
        if text:
            self.call("POST", "/channels/%s/messages" % d["channel_id"],
                {"content": text, "components": BOARD if text == "board"
                    else [], "message_reference": {"message_id": d["id"]}})

    def interaction(self, d):
        data = d["data"]
        name = data.get("name", data.get("custom_id"))
        if d["type"] == 4:
            typed = data["options"][0]["value"]
            self.answer(d, 8, {"choices": [{"name": typed + " one",
                "value": "1"}]})
        elif name == "form":
            self.answer(d, 9, FORM)
        elif name == "later":
            self.answer(d, 5)
            time.sleep(0.3)
            self.original(d, {"content": "at last"})
        elif name == "y":
            self.answer(d, 7, {"content": "pressed", "components": []})
        elif name != "silent":
            self.answer(d, 4, {"content": "%s by %s" % (name, (d.get("user")
                or d["member"]["user"])["username"]), "flags": 64})

    def serve(self):
        while True:
            m = self.client.receive()
            if m["op"] == 1:
                self.client.send({"op": 1, "d": self.client.seq})
            if m["op"] != 0:
                continue
            self.tell(m["t"], m["d"])
            if m["t"] == "MESSAGE_CREATE":
                self.message(m["d"])
            elif m["t"] == "INTERACTION_CREATE":
                self.interaction(m["d"])


if __name__ == "__main__":
    Bot().serve()
